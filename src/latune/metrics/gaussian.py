"""How far are codes from being independent of each other? Two distances that need no factors.

Both take the codes for Gaussian and read their covariance alone, so dependence without correlation stays unseen.
They say nothing of what the codes mean.

Source: Locatello et al., *Challenging common assumptions in the unsupervised learning of disentangled
representations*, 2019, which compares them across models.
"""

import numpy as np
from numpy.typing import ArrayLike

from latune.metrics.arrays import FloatArray, check_table, constant_columns

__all__ = [
    "gaussian_total_correlation",
    "gaussian_wasserstein_correlation",
    "total_correlation_of",
    "wasserstein_correlation_of",
    "weighted_covariance",
]


def gaussian_total_correlation(codes: ArrayLike) -> float:
    """Return the total correlation of Gaussian codes: ½ (Σ log Σ_dd − log det Σ), in nats.

    The divergence of the Gaussian with the codes' covariance from the one with independent codes. Scale does not
    matter; constant codes are left out.

    Pitfall: it grows with the number of codes and, by about D (D − 1) / 4N, with few items.

    Args:
        codes: (N, D) codes.

    Returns:
        0 for uncorrelated codes, lower is better, not bounded; infinite where codes depend on each other linearly.
    """
    return float(total_correlation_of(weighted_covariance(check_table(codes, "codes"))))


def gaussian_wasserstein_correlation(codes: ArrayLike, *, normalised: bool = False) -> float:
    """Return the squared 2-Wasserstein distance between Gaussian codes and independent ones of the same variances.

    With S = diag(Σ): 2 tr Σ − 2 tr (S^½ Σ S^½)^½.

    Pitfall: it grows with the square of the codes' scale; the normalised form does not.

    Args:
        codes: (N, D) codes.
        normalised: Whether to divide by the total variance tr Σ.

    Returns:
        0 for uncorrelated codes, lower is better; in squared units of the codes, or from 0 to 2 if normalised.
    """
    return float(wasserstein_correlation_of(weighted_covariance(check_table(codes, "codes")), normalised=normalised))


def weighted_covariance(codes: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Return the covariance (D, D) of codes, or (B, D, D) of weighted items; codes that do not vary are left out.

    Args:
        codes: (N, D) codes.
        weights: Optional (B, N) item weights, each row with sum 1. Without weights the estimate is unbiased (N − 1).
    """
    used = codes[:, ~constant_columns(codes)]
    centred = used - used.mean(axis=0)
    if weights is None:
        return np.asarray(centred.T @ centred / (len(used) - 1))
    mean = weights @ centred
    products = centred[:, :, None] * centred[:, None, :]
    flat = products.reshape(len(used), products.shape[1] ** 2)  # no -1: perhaps no code varies
    second = (weights @ flat).reshape(len(weights), *products.shape[1:])
    return np.asarray(second - mean[:, :, None] * mean[:, None, :])


def total_correlation_of(covariance: FloatArray) -> FloatArray:
    """Return the total correlation (...) in nats of Gaussians with covariances (..., D, D)."""
    scale = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    correlation = covariance / (scale[..., :, None] * scale[..., None, :])
    eigenvalues = np.linalg.eigvalsh(correlation)
    rounding = eigenvalues.shape[-1] * np.finfo(np.float64).eps
    singular = (eigenvalues <= rounding).any(axis=-1)
    logarithms = np.log(np.maximum(eigenvalues, rounding)).sum(axis=-1)
    return np.where(singular, np.inf, np.maximum(-0.5 * logarithms, 0.0))


def wasserstein_correlation_of(covariance: FloatArray, *, normalised: bool = False) -> FloatArray:
    """Return the squared 2-Wasserstein distance (...) of Gaussians with covariances (..., D, D) from independence."""
    variances = np.diagonal(covariance, axis1=-2, axis2=-1)
    scale = np.sqrt(variances)
    eigenvalues = np.linalg.eigvalsh(covariance * scale[..., :, None] * scale[..., None, :])
    total = variances.sum(axis=-1)
    distance = 2 * np.maximum(total - np.sqrt(np.maximum(eigenvalues, 0.0)).sum(axis=-1), 0.0)
    if not normalised:
        return np.asarray(distance)
    return np.asarray(np.divide(distance, total, out=np.zeros_like(distance), where=total > 0))
