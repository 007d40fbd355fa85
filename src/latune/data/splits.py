"""Splits by group: no tune is cut, no transposition of a test tune is trained on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["groups_by_split", "seen_before"]


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


def seen_before(items: NDArray[np.uint8], reference: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which items also occur, value for value, among the reference items.

    Args:
        items: Shape (N, T).
        reference: Shape (M, T).

    Returns:
        Booleans, shape (N,).
    """
    row = np.dtype((np.void, items.shape[1] * items.itemsize))
    flat = np.ascontiguousarray(items).view(row).ravel()
    flat_reference = np.ascontiguousarray(reference).view(row).ravel()
    return np.isin(flat, flat_reference)
