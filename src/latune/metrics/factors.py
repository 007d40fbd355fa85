"""Factors: discrete classes of items, codes in histograms, and the information between the two.

A factor is what made an item, such as the shape or the position of a sprite: one of a few classes. Codes are
continuous; scores that count put each of them into the bins of a histogram first.
"""

from collections.abc import Sequence

import numpy as np
import scipy
from numpy.typing import ArrayLike

from latune.errors import InputError
from latune.metrics.arrays import FloatArray, IntArray, check_table

__all__ = [
    "MAXIMUM_CLASSES",
    "check_codes_and_factors",
    "check_factor_names",
    "check_factor_parts",
    "check_factors",
    "discrete_entropies",
    "discrete_information",
    "histogram_bins",
]

MAXIMUM_CLASSES = 1000
"""With more classes than this a column is taken for a continuous attribute."""

DEFAULT_BINS = 20
"""Bins of a code's histogram in the literature (Locatello et al. 2019)."""

_ROUNDING = 1e-12  # nats; information up to this is left by rounding


def check_factors(factors: ArrayLike, names: Sequence[str] | None = None) -> IntArray:
    """Return (N, K) classes numbered 0, 1, ... in the order of their values, per factor, or refuse them.

    Args:
        factors: (N, K) integers, or other numbers of few distinct values.
        names: Names of the factors; f0, f1, ... without.

    Returns:
        (N, K) class numbers from 0; every number up to a column's largest occurs.

    Raises:
        InputError: Not a table of finite numbers, a factor of a single class, of more than 1000, or of as many as
            there are items.
    """
    table = check_table(factors, "factors")
    labels = check_factor_names(names, table.shape[1])
    return np.column_stack([_numbered(column, label) for column, label in zip(table.T, labels, strict=True)])


def check_factor_names(names: Sequence[str] | None, count: int) -> tuple[str, ...]:
    """Return the factors' names; without any they are called f0, f1, and so on."""
    if names is None:
        return tuple(f"f{index}" for index in range(count))
    if len(names) != count or len(set(names)) != count:
        raise InputError(f"factor names must be {count} different ones, one for each factor, not {', '.join(names)}.")
    return tuple(names)


def check_factor_parts(
    train: ArrayLike, test: ArrayLike, names: Sequence[str] | None = None
) -> tuple[IntArray, IntArray]:
    """Return the classes of training and test items with the same numbers in both, or refuse them.

    Args:
        train: (N, K) classes of the items that a score is fitted on; each factor must vary here.
        test: (M, K) classes of other items; one may lack classes, or have some that the training items lack.
        names: Names of the factors; f0, f1, ... without.

    Returns:
        (N, K) and (M, K) class numbers from 0.
    """
    first, second = check_table(train, "factors_train"), check_table(test, "factors_test")
    if first.shape[1] != second.shape[1]:
        raise InputError(
            f"factors_train and factors_test must have the same factors, not {first.shape[1]} and {second.shape[1]}."
        )
    check_factors(first, names)
    both = check_factors(np.concatenate([first, second]), names)
    return both[: len(first)], both[len(first) :]


def check_codes_and_factors(
    codes: ArrayLike, factors: ArrayLike, names: Sequence[str] | None = None
) -> tuple[FloatArray, IntArray]:
    """Return (N, D) codes as float64 and (N, K) class numbers of the same items, or refuse them."""
    latent, classes = check_table(codes, "codes"), check_factors(factors, names)
    if len(latent) != len(classes):
        raise InputError(
            f"codes and factors must describe the same items, not {len(latent)} and {len(classes)} of them."
        )
    return latent, classes


def histogram_bins(codes: ArrayLike, bins: int = DEFAULT_BINS) -> IntArray:
    """Return the bin of each code, from 0: bins of equal width from the code's smallest to its largest value.

    The discretiser of Locatello et al., *Challenging common assumptions in the unsupervised learning of
    disentangled representations*, 2019. One far-off item widens all bins: the scores that use them then fall.

    Args:
        codes: (N, D) codes.
        bins: Number of bins, at least 2.

    Returns:
        (N, D) bin numbers from 0 to bins - 1; a constant code is in one bin.
    """
    latent = check_table(codes, "codes")
    if bins < 2:
        raise InputError(f"bins must be at least 2, not {bins}.")
    edges = (np.histogram_bin_edges(column, bins)[:-1] for column in latent.T)
    return np.column_stack([np.digitize(c, e) - 1 for c, e in zip(latent.T, edges, strict=True)])


def discrete_information(bins: IntArray, factors: IntArray, weights: FloatArray | None = None) -> FloatArray:
    """Return the mutual information of every binned code with every factor, by counting.

    Counting overestimates: independent columns of b bins and c classes have about (b − 1)(c − 1) / 2N nats.

    Args:
        bins: (N, D) numbers from 0, as from `histogram_bins`.
        factors: (N, K) class numbers from 0, as from `check_factors`.
        weights: Optional (B, N) item weights, each row with sum 1.

    Returns:
        (D, K), or (B, D, K) with weights: information in nats, at least 0.
    """
    code_entropies = discrete_entropies(bins, weights)
    factor_entropies = discrete_entropies(factors, weights)
    classes = factors.max(axis=0) + 1
    joint = [
        discrete_entropies(bins * n + column[:, None], weights) for n, column in zip(classes, factors.T, strict=True)
    ]
    information = code_entropies[..., :, None] + factor_entropies[..., None, :] - np.stack(joint, axis=-1)
    return np.where(information > _ROUNDING, information, 0.0)


def discrete_entropies(classes: IntArray, weights: FloatArray | None = None) -> FloatArray:
    """Return the entropy of each factor or binned code, by counting.

    Args:
        classes: (N, K) numbers from 0.
        weights: Optional (B, N) item weights, each row with sum 1.

    Returns:
        (K,), or (B, K) with weights: entropies in nats.
    """
    items, columns = classes.shape
    sizes = classes.max(axis=0) + 1
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    cells = (classes + starts).ravel()
    if weights is None:
        probabilities = np.bincount(cells, minlength=sizes.sum()) / items
    else:
        rows = np.arange(0, cells.size + 1, columns)
        members = scipy.sparse.csr_array((np.ones(cells.size), cells, rows), shape=(items, sizes.sum()))
        probabilities = np.asarray((members.T @ weights.T).T)
    return np.asarray(-np.add.reduceat(scipy.special.xlogy(probabilities, probabilities), starts, axis=-1))


def _numbered(column: FloatArray, label: str) -> IntArray:
    """Return the class number of each item (N,)."""
    values, classes = np.unique(column, return_inverse=True)
    if len(values) == 1:
        raise InputError(f"factor '{label}' must have at least two classes, but is {column[0]:g} for every item.")
    if len(values) == len(column) or len(values) > MAXIMUM_CLASSES:
        raise InputError(
            f"factor '{label}' must have fewer classes than items, at most {MAXIMUM_CLASSES}, but has {len(values)} "
            f"in {len(column)} items: give continuous numbers as attributes."
        )
    return classes.astype(np.int64)
