"""The metric suite: every score that applies to given codes, with what it means and why others do not apply.

representation = Representation(codes, factors=factors)
result = score(representation, bootstrap=200)
result.scores["factor_mig"].estimate, result.skipped
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np

from latune.errors import InputError
from latune.metrics.bootstrap import Estimate
from latune.metrics.catalogue import METRICS, Metric
from latune.metrics.disentanglement import DisentanglementResult
from latune.metrics.representation import Representation, represent_items
from latune.metrics.workbench import Estimator, Score, Workbench

__all__ = ["SuiteResult", "score", "score_representation"]

Report = Callable[[int, int, str], None]


@dataclass(frozen=True)
class SuiteResult:
    """What the suite found.

    Attributes:
        scores: Score by key, in the order of the suite.
        skipped: Why a score is missing, in one sentence, by key.
        items: Number of items N; fitted scores use a part of them where no test items are given.
        test_items: Number of test items that were given.
        estimator: What the fitted scores were fitted with.
        bootstrap: Repetitions behind the intervals.
        seed: Seed of everything random.
        attribute_result: The five scores of `evaluate` with their matrices, where attributes were scored.
    """

    scores: Mapping[str, Score]
    skipped: Mapping[str, str]
    items: int
    test_items: int
    estimator: Estimator
    bootstrap: int
    seed: int
    attribute_result: DisentanglementResult | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python numbers, texts and dicts, for JSON."""
        return {
            "items": self.items,
            "test_items": self.test_items,
            "estimator": self.estimator,
            "bootstrap": self.bootstrap,
            "seed": self.seed,
            "scores": {key: found.to_dict() for key, found in self.scores.items()},
            "skipped": dict(self.skipped),
        }


def score(
    representation: Representation,
    metrics: Sequence[str] | None = None,
    *,
    estimator: Estimator = "fast",
    bootstrap: int = 0,
    seed: int = 0,
    report: Report | None = None,
) -> SuiteResult:
    """Compute all scores that apply, or those asked for.

    Intervals come from resampled items, and hold for the scores' mean over fresh samples of the same size; they are
    open (not a number) for scores that draw sets of items, sort them, or fit a model. In simulations (300 and 1500
    items, mixed codes and noise) the 95 % intervals of scores against factors and of codes alone held that mean in 88
    to 100 % of the cases: those of modularity are 10 to 20 % too narrow, those of scores near their bound too wide.

    Args:
        representation: Codes with what is known about the items.
        metrics: Keys of `METRICS`; all without.
        estimator: What the fitted scores are fitted with: "fast", or "reference" as published.
        bootstrap: Number of repetitions for 95 % intervals; 0 leaves them open.
        seed: Seed of everything random.
        report: Called with the scores done, all scores, and the title of the next.

    Returns:
        The scores, and why others are missing.

    Raises:
        InputError: A key or the estimator is unknown, or bootstrap is negative.
    """
    chosen = _chosen(metrics)
    if estimator not in get_args(Estimator):
        raise InputError(f"estimator must be {' or '.join(get_args(Estimator))}, not {estimator}.")
    if bootstrap < 0:
        raise InputError(f"bootstrap must be zero or more repetitions, not {bootstrap}.")
    bench = Workbench(representation, estimator, bootstrap, seed)
    scores: dict[str, Score] = {}
    skipped: dict[str, str] = {}
    for done, metric in enumerate(chosen):
        if report is not None:
            report(done, len(chosen), metric.title)
        reason = metric.missing(representation)
        if not reason:
            try:
                scores[metric.key] = _bounded(metric.compute(bench), metric)
            except InputError as error:
                reason = str(error)
        if reason:
            skipped[metric.key] = reason
    if report is not None:
        report(len(chosen), len(chosen), "")
    return SuiteResult(
        scores=scores,
        skipped=skipped,
        items=len(representation.codes),
        test_items=0 if representation.codes_test is None else len(representation.codes_test),
        estimator=estimator,
        bootstrap=bootstrap,
        seed=seed,
        attribute_result=bench.attribute_result if any(key.startswith("attribute_") for key in scores) else None,
    )


def score_representation(
    represent: Callable[[Any], Any],
    items: Any,
    *,
    factors: Any = None,
    attributes: Any = None,
    batch: int = 1024,
    metrics: Sequence[str] | None = None,
    estimator: Estimator = "fast",
    bootstrap: int = 0,
    seed: int = 0,
) -> SuiteResult:
    """Score a function that maps items to codes, such as an encoder.

    Args:
        represent: Maps a batch of items (n, ...) to their codes (n, D).
        items: (N, ...) items; anything that has a length and can be cut into slices.
        factors: Optional (N, K) classes of the items.
        attributes: Optional (N, A) continuous numbers of the items.
        batch: Items at a time.
        metrics: Keys of `METRICS`; all without.
        estimator: What the fitted scores are fitted with.
        bootstrap: Number of repetitions for intervals.
        seed: Seed of everything random.
    """
    codes = represent_items(represent, items, batch)
    representation = Representation(codes, factors=factors, attributes=attributes)
    return score(representation, metrics, estimator=estimator, bootstrap=bootstrap, seed=seed)


def _chosen(keys: Sequence[str] | None) -> list[Metric]:
    """Return the entries of these keys, in the order of the suite."""
    known = [metric.key for metric in METRICS]
    unknown = sorted(set(keys or ()) - set(known))
    if unknown:
        raise InputError(f"There is no metric {', '.join(unknown)}: choose from {', '.join(known)}.")
    return [metric for metric in METRICS if keys is None or metric.key in keys]


def _bounded(found: Score, metric: Metric) -> Score:
    """Return the score with an interval that stays in the metric's range."""
    low, high = np.clip([found.estimate.low, found.estimate.high], metric.low, metric.high)
    return replace(found, estimate=Estimate(found.estimate.value, float(low), float(high)))
