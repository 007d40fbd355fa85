"""Splits by group, and the search for items that were seen in training."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from latune.data.splits import groups_by_split, seen_before, stratified

FRACTIONS = {"train": 0.8, "validation": 0.05, "test": 0.15}


@given(st.integers(0, 500), st.integers(0, 2**32))
def test_every_group_is_dealt_once(count, seed):
    parts = groups_by_split(count, FRACTIONS, seed)
    assert list(parts) == list(FRACTIONS)
    assert np.array_equal(np.sort(np.concatenate(list(parts.values()))), np.arange(count))
    for name, fraction in FRACTIONS.items():
        assert abs(len(parts[name]) - fraction * count) <= 1


def test_the_seed_decides():
    first, again, other = (groups_by_split(100, FRACTIONS, seed) for seed in (3, 3, 4))
    assert all(np.array_equal(first[name], again[name]) for name in FRACTIONS)
    assert not np.array_equal(first["test"], other["test"])


@given(arrays(np.int16, st.integers(0, 60), elements=st.integers(0, 3)), st.integers(0, 2**32))
def test_every_class_is_dealt_by_its_share(classes, seed):
    parts = stratified(classes, FRACTIONS, seed)
    assert np.array_equal(np.sort(np.concatenate(list(parts.values()))), np.arange(len(classes)))
    for number in np.unique(classes):
        members = classes == number
        for name, fraction in FRACTIONS.items():
            assert abs(members[parts[name]].sum() - fraction * members.sum()) <= 1


def test_fractions_must_sum_to_one():
    with pytest.raises(ValueError, match="fractions must sum to 1"):
        groups_by_split(10, {"train": 0.8, "test": 0.1}, 0)


@given(arrays(np.uint8, (9, 2), elements=st.integers(0, 2)), arrays(np.uint8, (4, 2), elements=st.integers(0, 2)))
def test_seen_before_compares_whole_items(items, reference):
    known = {tuple(row) for row in reference.tolist()}
    assert seen_before(items, reference).tolist() == [tuple(row) in known for row in items.tolist()]
