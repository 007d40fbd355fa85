"""Batches: what a step sees depends on the seed and the step alone."""

import numpy as np
import pytest
import torch

from latune.data.augmentation import Crossover
from latune.data.batches import Batches
from latune.data.dataset import Dataset
from latune.errors import DataError, RecipeError

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


@pytest.fixture
def crossover(synthetic):
    return lambda share, seed=0: Crossover(synthetic, "train", share, seed)


def test_crossover_joins_a_beginning_to_a_neighbours_end(crossover, synthetic):
    originals = synthetic.items[synthetic.splits["train"]]
    items, attributes = crossover(0.5).epoch(3)
    assert np.allclose(attributes, synthetic.codec.measure(items), atol=1e-6)
    for row, item in enumerate(items):
        near = originals[max(0, row - 10) : row + 11]
        assert any(
            np.array_equal(item[:cut], originals[row, :cut]) and (near[:, cut:] == item[cut:]).all(axis=1).any()
            for cut in (6, 12, 18)
        )
    assert 0.2 < np.mean((items != originals).any(axis=1)) <= 0.5 + 0.1
    assert np.array_equal(crossover(0.0).epoch(3)[0], originals)


def test_crossover_depends_on_seed_and_epoch_alone(batches, crossover):
    forward, backward = (batches(crossover=crossover(0.5)) for _ in range(2))
    steps = range(2 * len(forward) + 1)
    seen = {step: forward.at(step) for step in steps}
    assert all(same(backward.at(step), seen[step]) for step in reversed(steps))
    first, other_epoch, other_seed = crossover(0.5).epoch(0), crossover(0.5).epoch(1), crossover(0.5, seed=1).epoch(0)
    assert not np.array_equal(first[0], other_epoch[0])
    assert not np.array_equal(first[0], other_seed[0])


def test_items_without_cuts_cannot_be_crossed(crossover, synthetic, monkeypatch):
    monkeypatch.setattr(type(synthetic.codec), "cuts", ())
    with pytest.raises(RecipeError, match=r"data.crossover: the items of 'chorales' cannot be cut\.$"):
        crossover(0.5)


def test_whole_split_in_order(batches, synthetic):
    assert np.array_equal(batches().whole().items, synthetic.items[synthetic.splits["train"]])


def test_unknown_and_empty_splits(synthetic):
    with pytest.raises(DataError, match="no split 'dev': expected train, validation, test"):
        synthetic.split("dev")
    empty = Dataset(**{**vars(synthetic), "splits": {"train": np.empty(0, np.int64)}})
    with pytest.raises(DataError, match="the split 'train' is empty"):
        empty.split("train")


def test_columns_of_different_length(synthetic):
    with pytest.raises(DataError, match="differ in length"):
        Dataset(**{**vars(synthetic), "groups": synthetic.groups[:-1]})
