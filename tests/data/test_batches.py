"""Batches: what a step sees depends on the seed and the step alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from latune.data import batches as batching
from latune.data.augmentation import Crossover
from latune.data.batches import Batches
from latune.data.dataset import Dataset
from latune.errors import DataError

CPU = torch.device("cpu")


@pytest.fixture
def batches(synthetic):
    return lambda seed=0, size=64, **options: Batches(synthetic, "train", size, seed, CPU, **options)


def same(left, right):
    return torch.equal(left.items, right.items) and torch.equal(left.attributes, right.attributes)


def test_the_order_of_asking_does_not_matter(batches):
    forward = batches()
    steps = list(range(2 * len(forward) + 2))
    seen = {step: forward.at(step) for step in steps}
    backward = batches()
    assert all(same(backward.at(step), seen[step]) for step in reversed(steps))


def test_seed_and_epoch_change_the_order(batches):
    first = batches()
    assert not same(first.at(0), batches(seed=1).at(0))
    assert not same(first.at(0), first.at(len(first)))


def test_the_global_random_state_is_neither_read_nor_moved(batches):
    expected = batches().at(0)
    torch.manual_seed(7)
    before = torch.get_rng_state()
    assert same(batches().at(0), expected)
    assert torch.equal(torch.get_rng_state(), before)


def test_an_epoch_holds_every_item_at_most_once(synthetic):
    numbered = Dataset(**{**vars(synthetic), "attributes": np.arange(500, dtype=np.float32)[:, None]})
    epoch = Batches(numbered, "train", 64, 0, CPU)
    seen = torch.cat([epoch.at(step).attributes[:, 0] for step in range(len(epoch))])
    assert len(epoch) == 350 // 64
    assert len(seen) == len(seen.unique()) == 64 * len(epoch)
    assert set(seen.int().tolist()) <= set(synthetic.splits["train"].tolist())


def test_items_and_attributes_belong_together(batches, synthetic):
    batch = batches().at(3)
    assert batch.items.dtype == torch.long
    assert np.allclose(synthetic.codec.measure(batch.items.numpy()), batch.attributes, atol=1e-6)


def test_prepare_is_applied(batches):
    plain, doubled = batches().at(2), batches(prepare=lambda attributes: 2 * attributes[:, :3]).at(2)
    assert torch.equal(doubled.attributes, 2 * plain.attributes[:, :3])
    assert torch.equal(doubled.items, plain.items)


def test_a_batch_is_never_larger_than_the_split(batches):
    large = batches(size=10_000)
    assert (len(large), large.batch_size) == (1, 350)


def test_crossed_batches_too_depend_on_seed_and_step_alone(batches, synthetic):
    crossover = Crossover(synthetic, "train", 0.5, seed=0)
    forward, backward = (batches(augmentation=crossover) for _ in range(2))
    steps = range(2 * len(forward) + 1)
    seen = {step: forward.at(step) for step in steps}
    assert all(same(backward.at(step), seen[step]) for step in reversed(steps))


def test_whole_split_is_mixed_and_always_the_same(batches, synthetic):
    once, again = (list(batches().whole()) for _ in range(2))
    joined = np.concatenate([piece.items for piece in once])
    stored = synthetic.items[synthetic.splits["train"]]
    assert len(once) > 1
    assert not np.array_equal(joined, stored)
    assert sorted(map(bytes, joined.astype(np.uint8))) == sorted(map(bytes, stored))
    assert all(torch.equal(left.items, right.items) for left, right in zip(once, again, strict=True))
    known = synthetic.attributes[synthetic.splits["train"]]
    rows = {item.tobytes(): values for item, values in zip(stored, known, strict=True)}
    for piece in once:
        for item, values in zip(piece.items.to(torch.uint8), piece.attributes, strict=True):
            assert np.array_equal(rows[item.numpy().tobytes()], values)


def test_unknown_and_empty_splits(synthetic):
    with pytest.raises(DataError, match="no split 'dev': expected train, validation, test"):
        synthetic.split("dev")
    empty = Dataset(**{**vars(synthetic), "splits": {"train": np.empty(0, np.int64)}})
    with pytest.raises(DataError, match="the split 'train' is empty"):
        empty.split("train")


def test_columns_of_different_length(synthetic):
    with pytest.raises(DataError, match="differ in length"):
        Dataset(**{**vars(synthetic), "groups": synthetic.groups[:-1]})


def test_classes_go_with_their_items(synthetic):
    classes = (np.asarray(synthetic.items)[:, 0] % 7).astype(np.int16)
    dataset = replace(synthetic, classes=classes)
    batch = Batches(dataset, "train", 64, 0, CPU).at(3)
    assert torch.equal(batch.classes, batch.items[:, 0] % 7)
    assert Batches(synthetic, "train", 64, 0, CPU).at(3).classes is None
    joined = Batches(dataset, "train", 64, 0, CPU, augmentation=Crossover(dataset, "train", 0.5, 0))
    assert joined.at(3).classes is None  # what is joined from two items has no class


def test_labels_go_with_their_items(synthetic):
    first = np.asarray(synthetic.items)[:, 0]
    labels = np.stack([first % 2, first % 3 == 0], axis=1).astype(np.uint8)
    dataset = replace(synthetic, labels=labels)
    batch = Batches(dataset, "train", 64, 0, CPU).at(3)
    assert batch.labels.dtype == torch.float32
    assert torch.equal(batch.labels[:, 0], (batch.items[:, 0] % 2).float())
    assert torch.equal(batch.labels[:, 1], (batch.items[:, 0] % 3 == 0).float())
    assert Batches(synthetic, "train", 64, 0, CPU).at(3).labels is None
    joined = Batches(dataset, "train", 64, 0, CPU, augmentation=Crossover(dataset, "train", 0.5, 0))
    assert joined.at(3).labels is None


def test_items_that_are_too_large_for_the_device_stay_in_their_file(synthetic, tmp_path, monkeypatch):
    np.save(tmp_path / "items.npy", synthetic.items)
    mapped = replace(synthetic, items=np.load(tmp_path / "items.npy", mmap_mode="r"))
    whole = Batches(mapped, "train", 64, 0, CPU)
    assert isinstance(whole._items, torch.Tensor)
    monkeypatch.setattr(batching, "MOST_BYTES", 1000)
    read = Batches(mapped, "train", 64, 0, CPU)
    assert not isinstance(read._items, torch.Tensor)
    assert isinstance(Batches(synthetic, "train", 64, 0, CPU)._items, torch.Tensor)  # is in memory already
    assert len(read) == len(whole)
    assert all(same(read.at(step), whole.at(step)) for step in (0, 3, len(whole) + 1))
    assert all(same(a, b) for a, b in zip(read.whole(), whole.whole(), strict=True))
