"""What the metric suite says of a run's codes: the entry "representation" of `metrics.json`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.control.inference import Codes
from latune.metrics import METRICS, Representation, score

__all__ = ["score_codes"]

MOST_CLASSES = 64  # attributes of at most so many values count as factors
FEWEST_PER_CLASS = 4  # items on average; values that hardly repeat are no classes
MOST_ITEMS = 10_000  # as many as published scores are fitted on

Report = Callable[[int, int, str], None]


def score_codes(
    means: Codes,
    scales: Codes,
    labels: NDArray[np.float64] | None,
    names: Sequence[str],
    repetitions: int,
    seed: int,
    report: Report | None = None,
) -> dict[str, Any]:
    """Scores of codes alone (KL per dimension, active units, correlations), and against factors where there are such.

    Scores against factors are computed where attributes are labels, each of at most 64 values, such as the factors that
    pictures were drawn from. What is measured of items is scored elsewhere, see `latune.metrics.evaluate`.

    Args:
        means: Means of the codes, (N, D).
        scales: Their standard deviations, (N, D).
        labels: Attributes of the same items, (N, A), where they are labels.
        names: Names of the attributes.
        repetitions: Of the bootstrap, for intervals.
        seed: Seed of everything random, the choice of 10,000 items included.
        report: Told (done, total, what).

    Returns:
        The content of `SuiteResult.to_dict`, without what does not apply.
    """
    if len(means) > MOST_ITEMS:
        chosen = np.sort(np.random.default_rng(seed).choice(len(means), MOST_ITEMS, replace=False))
        means, scales, labels = means[chosen], scales[chosen], None if labels is None else labels[chosen]
    if labels is not None and not _are_classes(labels):
        labels = None
    names_of_factors = None if labels is None else tuple(names)
    representation = Representation(means, factors=labels, factor_names=names_of_factors, scales=scales)
    keys = [metric.key for metric in METRICS if not metric.missing(representation)]
    return score(representation, keys, bootstrap=repetitions, seed=seed, report=report).to_dict()


def _are_classes(labels: NDArray[np.float64]) -> bool:
    most = min(MOST_CLASSES, len(labels) // FEWEST_PER_CLASS)
    return all(2 <= len(np.unique(column)) <= most for column in labels.T)
