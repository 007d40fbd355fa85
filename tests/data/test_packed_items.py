"""Binary pictures with eight pixels to the byte."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from latune.data.batches import Batches
from latune.data.dataset import Dataset
from latune.data.packed_items import PackedItems, unpack_bits
from latune.data.picture_codec import PictureCodec
from latune.data.store import load_dataset, store_dataset
from latune.images.morphology import DIGIT_ATTRIBUTES


def pictures(count, shape, seed=0):
    return np.random.default_rng(seed).integers(0, 2, (count, *shape), dtype=np.uint8)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(0, 99))
def test_packing_and_back(count, height, width, seed):
    items = pictures(count, (1, height, width), seed)
    packed = PackedItems.pack(items)
    assert packed.shape == items.shape
    assert packed.rows.nbytes == count * -(-height * width // 8)
    assert np.array_equal(packed[np.arange(count)], items)
    assert np.array_equal(packed[0], items[0])
    assert np.array_equal(packed[: count // 2], items[: count // 2])
    assert torch.equal(unpack_bits(torch.from_numpy(packed.rows), items.shape[1:]), torch.from_numpy(items))


@pytest.fixture
def packed_set():
    items = pictures(30, (1, 8, 8))
    codec = PictureCodec((1, 8, 8), 1, "morphology", DIGIT_ATTRIBUTES)
    values, numbers = np.zeros((30, 6), np.float32), np.arange(30)
    splits = {"train": numbers[:20], "validation": numbers[20:25], "test": numbers[25:]}
    return items, Dataset("bits", PackedItems.pack(items), values, numbers.astype(np.int32), splits, codec)


def test_stored_packed_and_loaded_packed(packed_set, data_folder):
    items, dataset = packed_set
    folder = store_dataset(dataset)
    assert np.load(folder / "items.npy").shape == (30, 8)
    loaded = load_dataset("bits")
    assert isinstance(loaded.items, PackedItems)
    assert np.array_equal(loaded.items[np.arange(30)], items)


def test_batches_unpack_on_the_device(packed_set):
    items, dataset = packed_set
    batches = Batches(dataset, "train", 5, 0, torch.device("cpu"), lambda stored: stored.float())
    seen = torch.cat([batches.at(step).items for step in range(len(batches))])
    assert seen.shape == (20, 1, 8, 8)
    assert sorted(row.numpy().tobytes() for row in seen) == sorted(
        row.tobytes() for row in items[:20].astype(np.float32)
    )


def test_repeated_items_are_found_without_unpacking(packed_set):
    items, dataset = packed_set
    items[27] = items[3]
    dataset = Dataset(
        "bits", PackedItems.pack(items), dataset.attributes, dataset.groups, dataset.splits, dataset.codec
    )
    assert dataset.occur_in(dataset.split("test"), "train").tolist() == [False, False, True, False, False]
