"""What belongs together in real items: which attributes a knob has a reason to move, and which not.

An attribute counts as *independent* of the turned one if neither their correlation in real items, nor their partial
correlation given the attributes of the other knobs, nor their correlation ratio reaches 0.1. Correlations see straight
lines only: contour and note density do not correlate at all, and yet measures with a large contour, up or down, have
more notes. The correlation ratio sees such things.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["INDEPENDENT", "Relation", "relate"]

INDEPENDENT = 0.1  # absolute correlations of independent attributes are smaller
BINS = 20  # of equal counts, for the mean of one attribute at a value of another
SAME = 1e-6  # share of its standard deviation below which nothing remains of an attribute
FEWEST = 2 * BINS  # items, below which nothing is known

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Relation:
    """How an attribute goes with the turned one in real items.

    Args:
        correlation: Pearson's, −1 to 1.
        partial_correlation: That of what remains of both when their linear regression on other attributes is taken
            away; 0 where nothing remains.
        correlation_ratio: Share of the attribute's standard deviation that its mean at each value of the turned one
            explains, beyond chance: 0 to 1.
    """

    correlation: float
    partial_correlation: float
    correlation_ratio: float

    @property
    def independent(self) -> bool:
        """Whether none of the three reaches 0.1."""
        return self.uncorrelated and self.correlation_ratio < INDEPENDENT

    @property
    def uncorrelated(self) -> bool:
        """Whether neither correlation reaches 0.1."""
        return max(abs(self.correlation), abs(self.partial_correlation)) < INDEPENDENT


def relate(turned: Values, other: Values, given: Values) -> Relation | None:
    """Compare an attribute of real items with the turned one.

    Args:
        turned: The turned attribute, (N,).
        other: The other one, (N,).
        given: Attributes of the other knobs, (N, K); K may be 0.

    Returns:
        None where fewer than 40 items have all these attributes.
    """
    columns = np.column_stack([turned, other, given]).astype(float)
    columns = columns[np.isfinite(columns).all(axis=1)]
    if len(columns) < FEWEST:
        return None
    columns -= columns.mean(axis=0)
    pair, others = columns[:, :2], columns[:, 2:]
    remaining = pair - others @ np.linalg.lstsq(others, pair, rcond=None)[0]
    remaining[:, remaining.std(axis=0) <= SAME * pair.std(axis=0)] = 0
    return Relation(_correlation(*pair.T), _correlation(*remaining.T), _correlation_ratio(*pair.T))


def _correlation(left: Values, right: Values) -> float:
    if np.ptp(left) == 0 or np.ptp(right) == 0:
        return 0.0
    return float(np.corrcoef(left, right)[0, 1])


def _correlation_ratio(left: Values, right: Values) -> float:
    if np.ptp(left) == 0 or np.ptp(right) == 0:
        return 0.0
    edges = np.unique(np.quantile(left, np.linspace(0, 1, BINS + 1)[1:-1]))
    groups = np.searchsorted(edges, left, side="right")
    counts = np.bincount(groups)
    means = np.bincount(groups, weights=right) / np.maximum(counts, 1)
    # Variances with their degrees of freedom, or the ratio of unrelated attributes would not be 0 on average.
    within = float(np.sum((right - means[groups]) ** 2)) / (len(right) - np.count_nonzero(counts))
    return float(np.sqrt(max(1 - within / float(right.var(ddof=1)), 0.0)))
