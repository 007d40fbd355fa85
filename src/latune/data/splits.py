"""Splits by group: no tune is cut, no transposition of a test tune is trained on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["assigned_groups", "count_overlap", "groups_by_split", "seen_before", "stratified"]


def groups_by_split(group_count: int, fractions: dict[str, float], seed: int) -> dict[str, NDArray[np.int64]]:
    """Deal groups out to splits at random.

    Args:
        group_count: Number of groups, numbered from 0.
        fractions: Share of groups per split, summing to 1; the last split takes what rounding leaves.
        seed: Seed of the shuffle.

    Returns:
        Sorted group numbers per split; together they cover every group once.
    """
    if abs(sum(fractions.values()) - 1) > 1e-9:
        raise ValueError(f"fractions must sum to 1, got {fractions}")
    order = np.random.default_rng(seed).permutation(group_count)
    ends = np.round(np.cumsum(list(fractions.values())) * group_count).astype(int)
    parts = np.split(order, ends[:-1])
    return {name: np.sort(part) for name, part in zip(fractions, parts, strict=True)}


def assigned_groups(
    group_count: int, fractions: dict[str, float], seed: int, one: str, several: str
) -> tuple[dict[str, NDArray[np.int64]], list[str]]:
    """Deal groups out to splits at random, none of which is empty.

    Args:
        group_count: Number of groups, numbered from 0.
        fractions: Share of groups per split, "train" among them.
        seed: Seed of the shuffle.
        one: What a group is called, such as "melody".
        several: The same of several.

    Returns:
        Sorted group numbers per split, and remarks where there are too few; fewer than there are splits are in all of
        them.
    """
    if group_count < len(fractions):
        few = f"1 {one}" if group_count == 1 else f"{group_count} {several}"
        return dict.fromkeys(fractions, np.arange(group_count)), [
            f"There is too little to hold anything back ({few}): every split holds all of it, and scores say nothing"
            " about others."
        ]
    assigned = groups_by_split(group_count, fractions, seed)
    for split in fractions:
        if len(assigned[split]) == 0:
            assigned[split], assigned["train"] = assigned["train"][:1], assigned["train"][1:]
    if group_count < 20:
        return assigned, [f"There are only {group_count} {several}: scores on the few held-out ones are rough."]
    return assigned, []


def stratified(
    classes: NDArray[np.integer[Any]], fractions: dict[str, float], seed: int
) -> dict[str, NDArray[np.int64]]:
    """Deal items out to splits at random, so that every split has the same share of each class.

    Args:
        classes: Class of each item (N,), from 0.
        fractions: Share of items per split, as in `groups_by_split`.
        seed: Seed of the shuffles, one per class.

    Returns:
        Sorted indices per split; together they cover every item once.
    """
    parts: dict[str, list[NDArray[np.int64]]] = {name: [np.empty(0, np.int64)] for name in fractions}
    for number in np.unique(classes):
        members = np.flatnonzero(classes == number)
        for name, chosen in groups_by_split(len(members), fractions, seed + int(number)).items():
            parts[name].append(members[chosen])
    return {name: np.sort(np.concatenate(members)) for name, members in parts.items()}


def seen_before(items: Iterable[NDArray[np.uint8]], reference: Iterable[NDArray[np.uint8]]) -> NDArray[np.bool_]:
    """Which items also occur, value for value, among the reference items.

    Args:
        items: N items: an array (N, ...), or one after the other.
        reference: M items.

    Returns:
        Booleans, shape (N,).
    """
    return np.isin(_digests(items), _digests(reference))


def _digests(items: Iterable[NDArray[np.uint8]]) -> NDArray[np.void]:
    """A 128-bit digest per item: half a million pictures are compared in seconds, without a copy of them."""
    digests = [hashlib.blake2b(item.tobytes(), digest_size=16).digest() for item in items]
    return np.array(digests, dtype="V16")


def count_overlap(rows: NDArray[np.uint8], splits: Mapping[str, NDArray[np.integer[Any]]]) -> dict[str, int]:
    """How many test items also occur in the training split, for `dataset.json`.

    Args:
        rows: Items (N, ...), as they are stored.
        splits: Indices by name, "train" and "test" among them.
    """
    digests = _digests(rows)
    seen = np.isin(digests[splits["test"]], digests[splits["train"]])
    return {"test_items": len(seen), "test_items_also_in_train": int(seen.sum())}
