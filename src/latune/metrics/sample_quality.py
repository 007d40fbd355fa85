"""Are drawn items like real ones? Distance of two sets of features, and how evenly draws are spread over classes."""

import numpy as np
from numpy.typing import ArrayLike

from latune.errors import InputError
from latune.metrics.arrays import check_table

__all__ = ["class_balance", "frechet_distance"]


def frechet_distance(features: ArrayLike, others: ArrayLike) -> float:
    """Return the squared Fréchet (2-Wasserstein) distance of the Gaussians that fit two sets of features.

    |m - n|² + trace(C + D - 2 (C D)^½) of means m, n and covariances C, D.

    Pitfall: it is above 0 for two samples of one distribution, the more so the fewer there are; compare with that.

    Args:
        features: (N, F) features of one set.
        others: (M, F) features of another set.

    Returns:
        At least 0, in squared units of the features.

    Source: Heusel et al., *GANs trained by a two time-scale update rule converge to a local Nash equilibrium*, 2017.
    """
    first, second = check_table(features, "features"), check_table(others, "others")
    if first.shape[1] != second.shape[1]:
        raise InputError(f"features and others must have the same columns, not {first.shape[1]} and {second.shape[1]}.")
    one, other = (np.atleast_2d(np.cov(table.T, bias=True)) for table in (first, second))
    values, vectors = np.linalg.eigh(one)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ other @ root), 0)).sum()
    offset = ((first.mean(axis=0) - second.mean(axis=0)) ** 2).sum()
    return max(0.0, float(offset + np.trace(one) + np.trace(other) - 2 * shared))


def class_balance(shares: ArrayLike) -> float:
    """Return the entropy of the shares of classes (K,), as part of ln K: 1 where all are the same, 0 where one has all.

    A single class counts 1.
    """
    weights = np.asarray(shares, dtype=np.float64)
    if weights.ndim != 1 or weights.size == 0 or not (np.isfinite(weights) & (weights >= 0)).all() or not weights.any():
        raise InputError("shares must be one number of at least 0 per class, not all of them 0.")
    if weights.size == 1:
        return 1.0
    present = weights[weights > 0] / weights.sum()
    return float(-(present * np.log(present)).sum() / np.log(weights.size))
