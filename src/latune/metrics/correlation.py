"""Correlations of every code with every attribute, for many sets of item weights at once."""

import numpy as np

from latune.metrics.arrays import FloatArray, constant_columns

__all__ = ["average_ranks", "correlation_matrix", "standardised"]


def correlation_matrix(left: FloatArray, right: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Return the Pearson correlation of every left with every right column, optionally of weighted items.

    Args:
        left: (N, D) values; a column with a variance of at most 1e-12 correlates 0 with everything.
        right: (N, A) values.
        weights: Optional (B, N) item weights, each row with sum 1.

    Returns:
        (D, A), or (B, D, A) with weights; from −1 to 1.
    """
    x, y = standardised(left), standardised(right)
    x[:, constant_columns(left)] = 0.0
    w = np.full((1, len(x)), 1 / len(x)) if weights is None else weights
    mean_x, mean_y = w @ x, w @ y
    joint = np.stack([w @ (x * column[:, None]) for column in y.T], axis=-1)
    covariance = joint - mean_x[:, :, None] * mean_y[:, None, :]
    scale = np.sqrt(_variance(x, mean_x, w)[:, :, None] * _variance(y, mean_y, w)[:, None, :])
    correlation = np.divide(covariance, scale, out=np.zeros_like(covariance), where=scale > 0)
    correlation = np.clip(correlation, -1.0, 1.0)
    return correlation[0] if weights is None else correlation


def standardised(table: FloatArray) -> FloatArray:
    """Return the columns of a (N, K) table with mean 0 and standard deviation 1; unvarying ones become 0."""
    centred = table - table.mean(axis=0)
    scale = centred.std(axis=0)
    unvarying = table.min(axis=0) == table.max(axis=0)
    centred[:, unvarying] = 0.0
    scale[unvarying | (scale == 0)] = 1.0
    return np.asarray(centred / scale)


def average_ranks(table: FloatArray) -> FloatArray:
    """Return the rank (from 1) of each value in its column of a (N, K) table; ties share their mean rank."""
    ranks = np.empty_like(table)
    for column in range(table.shape[1]):
        _, position, counts = np.unique(table[:, column], return_inverse=True, return_counts=True)
        ranks[:, column] = (np.cumsum(counts) - (counts - 1) / 2)[position]
    return ranks


def _variance(columns: FloatArray, mean: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the (B, K) weighted variance of (N, K) columns; what is left by rounding is 0."""
    square = weights @ columns**2
    variance = square - mean**2
    return np.where(variance > 1e-12 * square, variance, 0.0)
