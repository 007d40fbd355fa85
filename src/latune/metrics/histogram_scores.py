"""MIG and modularity of codes against factors, with information counted in histograms; SAP from covariances.

The scores of disentanglement studies (Locatello et al., *Challenging common assumptions in the unsupervised
learning of disentangled representations*, 2019). `evaluate` computes scores of the same names for continuous
attributes, with nearest neighbours instead of histograms: the two are not comparable.
"""

import numpy as np
from numpy.typing import ArrayLike

from latune.metrics.correlation import correlation_matrix
from latune.metrics.disentanglement import modularity, mutual_information_gap, separated_attribute_predictability
from latune.metrics.factors import (
    DEFAULT_BINS,
    check_codes_and_factors,
    discrete_entropies,
    discrete_information,
    histogram_bins,
)

__all__ = ["factor_mig", "factor_modularity", "factor_sap"]


def factor_mig(codes: ArrayLike, factors: ArrayLike, bins: int = DEFAULT_BINS) -> float:
    """Return the mutual information gap: is one code ahead of all others in information about a factor?

    The mean over factors of (best − second-best information) / entropy of the factor.

    Pitfalls: the number of bins and far-off items change it; a factor that two codes share, such as an angle as
    sine and cosine, counts near 0; it says nothing of what else a code holds.

    Args:
        codes: (N, D) codes.
        factors: (N, K) classes.
        bins: Bins of each code's histogram.

    Returns:
        From 0 to 1, higher is better.

    Source: Chen et al., *Isolating sources of disentanglement in VAEs*, 2018, section 4.
    """
    latent, classes = check_codes_and_factors(codes, factors)
    information = discrete_information(histogram_bins(latent, bins), classes)
    return float(mutual_information_gap(information, discrete_entropies(classes)))


def factor_modularity(codes: ArrayLike, factors: ArrayLike, bins: int = DEFAULT_BINS) -> float:
    """Return the modularity: does each code inform about a single factor?

    The mean over codes of 1 − (Σ I² − max I²) / ((K − 1) max I²); a code without any information counts 0.

    Pitfalls: information is overestimated by counting, so that noise does not score 0; several codes for one factor
    cost nothing; an unused code counts as much as any other.

    Args:
        codes: (N, D) codes.
        factors: (N, K) classes.
        bins: Bins of each code's histogram.

    Returns:
        From 0 to 1, higher is better; 1 for informative codes where there is a single factor.

    Source: Ridgeway and Mozer, *Learning deep disentangled embeddings with the f-statistic loss*, 2018.
    """
    latent, classes = check_codes_and_factors(codes, factors)
    return float(modularity(discrete_information(histogram_bins(latent, bins), classes)))


def factor_sap(codes: ArrayLike, factors: ArrayLike) -> float:
    """Return the separated attribute predictability: is one code ahead in the variance of a factor it explains?

    The mean over factors of best − second-best squared correlation, the class number being taken as a number.

    Pitfalls: the order of the classes matters, so it means nothing for a factor such as shape; two correlated codes
    make it small.

    Args:
        codes: (N, D) codes.
        factors: (N, K) classes.

    Returns:
        From 0 to 1, higher is better.

    Source: Kumar et al., *Variational inference of disentangled latent concepts from unlabeled observations*, 2018,
    section 3.
    """
    latent, classes = check_codes_and_factors(codes, factors)
    squared = correlation_matrix(latent, classes.astype(np.float64)) ** 2
    return float(separated_attribute_predictability(squared))
