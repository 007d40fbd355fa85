"""Pictures that are a full grid of factors, numbered with the last factor fastest: sprites and scenes.

A picture's number divided by a factor's base, modulo the factor's size, is its class.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latune.errors import InputError

__all__ = ["checked_numbers", "factor_classes", "factor_values"]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


def checked_numbers(indices: ArrayLike | None, count: int, what: str) -> Integers:
    """Numbers of pictures, checked.

    Args:
        indices: Numbers (N,); default: all.
        count: Pictures in the grid.
        what: What they show, in the plural, for errors.

    Raises:
        InputError: They are not integers (N,), or one is not in 0 to count - 1.
    """
    if indices is None:
        return np.arange(count)
    given = np.asarray(indices)
    if given.ndim != 1 or (given.size and not np.issubdtype(given.dtype, np.integer)):
        raise InputError(f"Indices of {what} must be integers (N,), got {given.dtype} {given.shape}.")
    if given.size and (given.min() < 0 or given.max() >= count):
        raise InputError(f"Indices of {what} must lie in 0..{count - 1}, got {given.min()} to {given.max()}.")
    return given.astype(np.int64)


def factor_classes(numbers: Integers, sizes: Sequence[int], bases: Sequence[int]) -> list[Integers]:
    """The class of each factor, counted from 0, of checked numbers (N,): one array (N,) per factor."""
    return [numbers // base % size for size, base in zip(sizes, bases, strict=True)]


def factor_values(numbers: Integers, sizes: Sequence[int], bases: Sequence[int], values: Sequence[Floats]) -> Floats:
    """The value of each factor of checked numbers (N,), (N, K).

    Args:
        numbers: Of pictures.
        sizes: Classes of each factor, (K,).
        bases: Numbers from one class of a factor to its next, (K,).
        values: What the classes of each factor stand for, (K,) arrays.
    """
    classes = factor_classes(numbers, sizes, bases)
    return np.stack([table[column] for table, column in zip(values, classes, strict=True)], axis=1)
