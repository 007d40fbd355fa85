"""The checks that the metrics share.

A metric refuses bad input before it computes anything, with one sentence that names the array, what was
expected and what came.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latune.errors import InputError

__all__ = [
    "MINIMUM_ITEMS",
    "BoolArray",
    "FloatArray",
    "IntArray",
    "check_attributes",
    "check_codes_and_attributes",
    "check_names",
    "check_table",
    "constant_columns",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

MINIMUM_ITEMS = 10
"""Below this many items none of the scores means anything."""

_UNUSED_VARIANCE = 1e-12
"""A code with at most this variance carries nothing (the threshold of the published SAP score)."""


def check_table(values: ArrayLike, name: str) -> FloatArray:
    """Return a (N, K) table of finite numbers as float64, or refuse it.

    Args:
        values: What should be a two-dimensional array, one row per item.
        name: What the array is called in the error.
    """
    table = np.asarray(values)
    if table.ndim != 2 or table.shape[1] == 0:
        raise InputError(f"{name} must be two-dimensional (items, columns), not of shape {table.shape}.")
    if table.dtype.kind not in "biuf":
        raise InputError(f"{name} must hold real numbers, not values of type {table.dtype}.")
    if table.shape[0] < MINIMUM_ITEMS:
        raise InputError(f"{name} must have at least {MINIMUM_ITEMS} items, not {table.shape[0]}.")
    table = table.astype(np.float64)
    bad = ~np.isfinite(table)
    if bad.any():
        item, column = (int(index) for index in np.argwhere(bad)[0])
        raise InputError(f"{name} must be finite: {int(bad.sum())} values are not, first item {item}, column {column}.")
    return table


def check_names(names: Sequence[str] | None, count: int) -> tuple[str, ...]:
    """Return the attributes' names; without any they are called a0, a1, and so on."""
    if names is None:
        return tuple(f"a{index}" for index in range(count))
    if len(names) != count:
        raise InputError(f"names must have one entry for each of the {count} attributes, not {len(names)}.")
    if len(set(names)) != count:
        raise InputError(f"names must differ from each other: {', '.join(names)}.")
    return tuple(names)


def check_attributes(attributes: ArrayLike, names: Sequence[str] | None = None) -> FloatArray:
    """Return (N, A) attributes as float64; refuse one that never changes, no score is defined for it."""
    table = check_table(attributes, "attributes")
    labels = check_names(names, table.shape[1])
    unvarying = (table.min(axis=0) == table.max(axis=0)) | (table.std(axis=0) == 0)
    for index in np.flatnonzero(unvarying):
        raise InputError(
            f"attribute '{labels[index]}' must vary to be scored, but is {table[0, index]:g} for every item."
        )
    return table


def check_codes_and_attributes(
    codes: ArrayLike, attributes: ArrayLike, names: Sequence[str] | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return (N, D) codes and (N, A) attributes of the same items as float64, or refuse them."""
    latent = check_table(codes, "codes")
    table = check_attributes(attributes, names)
    if len(latent) != len(table):
        raise InputError(
            f"codes and attributes must describe the same items, not {len(latent)} and {len(table)} of them."
        )
    return latent, table


def constant_columns(table: FloatArray) -> BoolArray:
    """Say for each column of a (N, K) table whether it is unused: a variance of at most 1e-12."""
    equal = table.min(axis=0) == table.max(axis=0)
    return np.asarray(equal | (table.var(axis=0) <= _UNUSED_VARIANCE))
