"""The Gaussians of regions, estimated from the codes of labelled items."""

from __future__ import annotations

import numpy as np
import scipy
import torch
from numpy.typing import NDArray

from latune.errors import DataError
from latune.models.mixture import Mixture

__all__ = ["fit_mixture"]

RIDGE = 1e-4  # variance that every direction has at least
NEAREST_SHARE = 1 / 3  # of the distance to the nearest mean: standard deviation where every region has one label

Array = NDArray[np.float64]


def fit_mixture(
    codes: NDArray[np.floating],
    regions: NDArray[np.integer],
    components: int,
    shrink: float = 0.1,
    pooled: bool = False,
) -> Mixture:
    """Fit one Gaussian per region to labelled codes: N(mean, shrink * covariance + 1e-4 I).

    Covariances are unbiased and shrunk (Ledoit and Wolf 2004, A well-conditioned estimator for large-dimensional
    covariance matrices). A region with n <= D labels has (n - 1) / D of its own and otherwise the covariance within all
    regions. With one label in every region there is none: covariances are isotropic, with a standard deviation of a
    third of the distance to the nearest other mean, divided by sqrt(D).

    Args:
        codes: Codes (N, D).
        regions: Region of each code (N,), from 0 to K - 1; codes of -1 (unlabelled) are left out.
        components: Number of regions K.
        shrink: What every covariance is multiplied with, 0.1 as published (gm_cov).
        pooled: Whether all regions get the same covariance, the one within regions.

    Raises:
        DataError: A region has no label, a label is no region, a code is not a number, or there is a single code.
    """
    labelled = regions != -1
    points, regions = codes[labelled].astype(np.float64), regions[labelled]
    counts = _counts(points, regions, components)
    means = np.zeros((components, points.shape[1]))
    np.add.at(means, regions, points)
    means /= counts[:, None]
    residuals = points - means[regions]
    if len(points) == components:
        covariances = _isotropic(means)
    elif pooled:
        covariances = _ledoit_wolf(residuals, len(points) - components)[None]
    else:
        covariances = _covariances(residuals, regions, counts)
    if pooled:
        covariances = np.repeat(covariances.mean(axis=0, keepdims=True), components, axis=0)
    factors = np.linalg.cholesky(shrink * covariances + RIDGE * np.eye(points.shape[1]))
    return Mixture(torch.from_numpy(means).float(), torch.from_numpy(factors).float())


def _counts(codes: Array, regions: NDArray[np.integer], components: int) -> NDArray[np.int64]:
    """Labels of every region (K,), all of them positive."""
    if not np.isfinite(codes).all():
        raise DataError("The codes of labelled items must be finite numbers to fit regions to them.")
    if len(regions) and not 0 <= regions.min() <= regions.max() < components:
        raise DataError(f"Labels must be regions from 0 to {components - 1}, got {regions.min()} to {regions.max()}.")
    counts = np.bincount(regions, minlength=components)
    if not counts.all():
        empty = ", ".join(map(str, np.flatnonzero(counts == 0)))
        raise DataError(f"Every region needs a labelled item, but there is none of region {empty} (of {components}).")
    return counts


def _covariances(residuals: Array, regions: NDArray[np.integer], counts: NDArray[np.int64]) -> Array:
    """Shrunk covariance of every region (K, D, D), of residuals (N, D) around the regions' means."""
    size = residuals.shape[1]
    pooled = _ledoit_wolf(residuals, len(residuals) - len(counts))
    weights = np.minimum(1, (counts - 1) / size)
    parts = np.split(residuals[np.argsort(regions, kind="stable")], np.cumsum(counts)[:-1])
    covariances = np.repeat(pooled[None], len(counts), axis=0)
    for region in np.flatnonzero(counts > 1):
        own = _ledoit_wolf(parts[region], counts[region] - 1)
        covariances[region] += weights[region] * (own - pooled)
    return covariances


def _ledoit_wolf(residuals: Array, freedom: int) -> Array:
    """Shrunk covariance (D, D) of centred residuals (N, D) with so many degrees of freedom."""
    from sklearn.covariance import ledoit_wolf

    covariance: Array = ledoit_wolf(residuals, assume_centered=True)[0]
    return covariance * (len(residuals) / freedom)


def _isotropic(means: Array) -> Array:
    """Covariances (K, D, D) of regions of which only the means (K, D) are known."""
    if len(means) == 1:
        raise DataError("A single labelled item of a single region does not say how large the region is.")
    between = scipy.spatial.distance.cdist(means, means)
    np.fill_diagonal(between, np.inf)
    size = means.shape[1]
    variances: Array = (NEAREST_SHARE * between.min(axis=1)) ** 2 / size
    return variances[:, None, None] * np.eye(size)
