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
    values: NDArray[np.float64],
    names: Sequence[str],
    repetitions: int,
    seed: int,
    report: Report | None = None,
) -> dict[str, Any]:
    """Scores of codes alone (KL per dimension, active units, correlations), and against factors where there are such.

    Scores against factors are computed where each of the attributes has at most 64 values, such as the factors that
    pictures were drawn from. What items measure continuously is scored elsewhere, see `latune.metrics.evaluate`.

    Args:
        means: Means of the codes, (N, D).
        scales: Their standard deviations, (N, D).
        values: Attributes of the same items, (N, A).
        names: Names of the attributes.
        repetitions: Of the bootstrap, for intervals.
        seed: Seed of everything random, the choice of 10,000 items included.
        report: Told (done, total, what).

    Returns:
        The content of `SuiteResult.to_dict`, without what does not apply.
    """
    if len(means) > MOST_ITEMS:
        chosen = np.sort(np.random.default_rng(seed).choice(len(means), MOST_ITEMS, replace=False))
        means, scales, values = means[chosen], scales[chosen], values[chosen]
    most = min(MOST_CLASSES, len(values) // FEWEST_PER_CLASS)
    against_factors = all(2 <= len(np.unique(column)) <= most for column in values.T)
    representation = Representation(
        means,
        factors=values if against_factors else None,
        factor_names=tuple(names) if against_factors else None,
        scales=scales,
    )
    keys = [metric.key for metric in METRICS if not metric.missing(representation)]
    return score(representation, keys, bootstrap=repetitions, seed=seed, report=report).to_dict()
