"""How much do the codes of a variational autoencoder carry? Active units, and divergence from the prior."""

import numpy as np
from numpy.typing import ArrayLike

from latune.errors import InputError
from latune.metrics.arrays import FloatArray, check_table

__all__ = ["ACTIVE_VARIANCE", "active_units", "check_scales", "divergence_per_item", "prior_divergence"]

ACTIVE_VARIANCE = 0.01
"""A unit is active where its mean varies by more than this over the items."""


def active_units(means: ArrayLike) -> int:
    """Return the number of active units: codes whose posterior mean has a variance above 0.01 over the items.

    Pitfall: the threshold belongs to a standard normal prior; codes of another scale are counted wrongly.

    Args:
        means: (N, D) means of the posterior, which are the codes of most models.

    Returns:
        From 0 to D; more is not better in itself.

    Source: Burda et al., *Importance weighted autoencoders*, 2015, section 5.2.
    """
    return int((check_table(means, "codes").var(axis=0) > ACTIVE_VARIANCE).sum())


def prior_divergence(means: ArrayLike, scales: ArrayLike) -> FloatArray:
    """Return the Kullback-Leibler divergence of each code from the standard normal prior, averaged over items.

    ½ (μ² + σ² − log σ² − 1), in nats: what the code may tell about an item, at most, on average.

    Pitfall: it is a bound on the information, not the information.

    Args:
        means: (N, D) means of the posterior.
        scales: (N, D) standard deviations of the posterior, above 0 (not variances, not their logarithms).

    Returns:
        (D,) nats, at least 0; the sum is the divergence of the loss.

    Source: Kingma and Welling, *Auto-encoding variational Bayes*, 2014, appendix B.
    """
    return np.asarray(divergence_per_item(means, scales).mean(axis=0))


def check_scales(scales: ArrayLike) -> FloatArray:
    """Return (N, D) standard deviations as float64, or refuse them."""
    spread = check_table(scales, "scales")
    if spread.min() <= 0:
        raise InputError(f"scales must be standard deviations above 0, but the smallest is {spread.min():g}.")
    return spread


def divergence_per_item(means: ArrayLike, scales: ArrayLike) -> FloatArray:
    """Return the divergence of every code of every item from the standard normal prior, (N, D) in nats."""
    centre, spread = check_table(means, "codes"), check_scales(scales)
    if centre.shape != spread.shape:
        raise InputError(f"scales must have the codes' shape {centre.shape}, not {spread.shape}.")
    return np.asarray(0.5 * (centre**2 + spread**2 - 1) - np.log(spread))
