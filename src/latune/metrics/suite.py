"""The metric suite: every score that applies to given codes, with what it means and why others do not apply.

representation = Representation(codes, factors=factors)
result = score(representation, bootstrap=200)
result.scores["factor_mig"].estimate, result.skipped
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np

from latune.errors import InputError
from latune.metrics.bootstrap import Estimate
from latune.metrics.disentanglement import DisentanglementResult
from latune.metrics.representation import Representation, represent_items
from latune.metrics.workbench import Estimator, Score, Workbench

__all__ = ["METRICS", "Metric", "Need", "SuiteResult", "score", "score_representation"]

Need = Literal["factors", "attributes", "scales"]
Report = Callable[[int, int, str], None]

_WHAT = {
    "factors": "factors, the classes of each item",
    "attributes": "attributes, continuous numbers of each item",
    "scales": "scales, the standard deviations of the codes",
}


@dataclass(frozen=True)
class Metric:
    """An entry of the suite.

    Attributes:
        key: Its name in results.
        title: Its name in tables.
        needs: What it needs beside codes.
        low: Its smallest value.
        high: Its largest value, which may be infinite.
        better: Whether more or less of it is better; None where it only describes.
        source: Paper.
        pitfall: What to beware of, in one sentence.
        compute: What computes it.
        fitted: Whether a model is fitted to training items and scored on test items.
        resampled: Whether a bootstrap gives its interval; else it stays open.
    """

    key: str
    title: str
    needs: tuple[Need, ...]
    low: float
    high: float
    better: Literal["higher", "lower"] | None
    source: str
    pitfall: str
    compute: Callable[[Workbench], Score]
    fitted: bool = False
    resampled: bool = True

    def missing(self, representation: Representation) -> str:
        """Say what it lacks, in one sentence; empty where it applies."""
        lacks = [_WHAT[need] for need in self.needs if need not in representation.has]
        return f"It needs {' and '.join(lacks)}." if lacks else ""


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


_LOCATELLO = "Locatello et al. 2019"
_PATI = "Pati and Lerch 2020"
_INFINITE = float("inf")

METRICS: tuple[Metric, ...] = (
    Metric(
        "attribute_interpretability",
        "interpretability (attributes)",
        ("attributes",),
        0,
        1,
        "higher",
        f"Adel et al. 2018; {_PATI}",
        "One code may serve several attributes and still score 1 for each.",
        Workbench.attribute_interpretability,
    ),
    Metric(
        "attribute_modularity",
        "modularity (attributes)",
        ("attributes",),
        0,
        1,
        "higher",
        f"Ridgeway and Mozer 2018; {_PATI}",
        "Noise does not score 0, and unused codes count like others: compare with chance.",
        Workbench.attribute_modularity,
    ),
    Metric(
        "attribute_mig",
        "MIG (attributes)",
        ("attributes",),
        0,
        1,
        "higher",
        f"Chen et al. 2018; {_PATI}",
        "It divides by an entropy that grows with the number of items: compare at equal numbers only.",
        Workbench.attribute_mig,
    ),
    Metric(
        "attribute_sap",
        "SAP (attributes)",
        ("attributes",),
        0,
        1,
        "higher",
        f"Kumar et al. 2018; {_PATI}",
        "Correlated attributes bound it from above: compare with the ceiling.",
        Workbench.attribute_sap,
    ),
    Metric(
        "attribute_scc",
        "SCC (attributes)",
        ("attributes",),
        0,
        1,
        "higher",
        _PATI,
        "The largest of many correlations is above 0 by chance.",
        Workbench.attribute_scc,
    ),
    Metric(
        "factor_mig",
        "MIG",
        ("factors",),
        0,
        1,
        "higher",
        "Chen et al. 2018, section 4",
        "A factor that takes two codes, such as an angle, counts near 0; far-off items widen the bins.",
        Workbench.factor_mig,
    ),
    Metric(
        "factor_modularity",
        "modularity",
        ("factors",),
        0,
        1,
        "higher",
        "Ridgeway and Mozer 2018",
        "Information is overestimated by counting, so noise does not score 0; unused codes count like others.",
        Workbench.factor_modularity,
    ),
    Metric(
        "factor_sap",
        "SAP (correlation)",
        ("factors",),
        0,
        1,
        "higher",
        "Kumar et al. 2018, section 3",
        "It takes class numbers for quantities: it means nothing for classes without order.",
        Workbench.factor_sap,
    ),
    Metric(
        "irs",
        "IRS",
        ("factors",),
        0,
        1,
        "higher",
        "Suter et al. 2019",
        "Noise scores well above 0, and one far-off item raises it.",
        Workbench.irs,
        resampled=False,
    ),
    Metric(
        "factor_vae",
        "FactorVAE score",
        ("factors",),
        0,
        1,
        "higher",
        "Kim and Mnih 2018, section 4",
        "Codes with a standard deviation below 0.05 are dropped; a code may hold further factors unseen.",
        Workbench.factor_vae,
        resampled=False,
    ),
    Metric(
        "beta_vae",
        "beta-VAE score",
        ("factors",),
        0,
        1,
        "higher",
        "Higgins et al. 2017, section 3",
        "Entangled codes reach 1 too; read it as a lower bar.",
        Workbench.beta_vae,
        resampled=False,
    ),
    Metric(
        "sap_classifier",
        "SAP (classifier)",
        ("factors",),
        0,
        1,
        "higher",
        "Kumar et al. 2018, section 3",
        "A line through one code separates only the outer of many ordered classes; small scales score lower.",
        Workbench.sap_classifier,
        fitted=True,
        resampled=False,
    ),
    Metric(
        "dci_disentanglement",
        "DCI disentanglement",
        ("factors",),
        0,
        1,
        "higher",
        "Eastwood and Williams 2018, section 2",
        "The model that is fitted decides the value; correlated codes share importance by chance.",
        Workbench.dci_disentanglement,
        fitted=True,
        resampled=False,
    ),
    Metric(
        "dci_completeness",
        "DCI completeness",
        ("factors",),
        0,
        1,
        "higher",
        "Eastwood and Williams 2018, section 2",
        "A factor that takes two codes, such as an angle, is punished; two codes that say the same may not be.",
        Workbench.dci_completeness,
        fitted=True,
        resampled=False,
    ),
    Metric(
        "dci_informativeness",
        "DCI informativeness",
        ("factors",),
        0,
        1,
        "higher",
        "Eastwood and Williams 2018, section 2",
        "An accuracy on test items: chance is the share of the largest class.",
        Workbench.dci_informativeness,
        fitted=True,
        resampled=False,
    ),
    Metric(
        "explicitness",
        "explicitness",
        ("factors",),
        0,
        1,
        "higher",
        "Ridgeway and Mozer 2018",
        "An area under curves: 0.5 is chance, and it says nothing of single codes.",
        Workbench.explicitness,
        fitted=True,
        resampled=False,
    ),
    Metric(
        "explicitness_size",
        "DCI-ES explicitness",
        ("factors",),
        -1,
        1,
        "higher",
        "Eastwood et al. 2023",
        "It says how simply, not how well, factors can be read: read DCI informativeness beside it.",
        Workbench.explicitness_size,
        fitted=True,
        resampled=False,
    ),
    Metric(
        "infomec_modularity",
        "InfoM",
        ("factors",),
        0,
        1,
        "higher",
        "Hsu et al. 2023",
        "Which codes count as active decides; an unused code that moves adds chance.",
        Workbench.infomec_modularity,
        fitted=True,
        resampled=False,
    ),
    Metric(
        "infomec_compactness",
        "InfoC",
        ("factors",),
        0,
        1,
        "higher",
        "Hsu et al. 2023",
        "Which codes count as active decides; a factor that takes two codes, such as an angle, is punished.",
        Workbench.infomec_compactness,
        fitted=True,
        resampled=False,
    ),
    Metric(
        "infomec_explicitness",
        "InfoE",
        ("factors",),
        0,
        1,
        "higher",
        "Hsu et al. 2023",
        "It is linear: an angle in one code, or ordered classes with a gap, cost it.",
        Workbench.infomec_explicitness,
        fitted=True,
        resampled=False,
    ),
    Metric(
        "total_correlation",
        "total correlation, nats",
        (),
        0,
        _INFINITE,
        "lower",
        _LOCATELLO,
        "It sees correlation only, and grows with the number of codes.",
        Workbench.total_correlation,
    ),
    Metric(
        "wasserstein_correlation",
        "Wasserstein correlation",
        (),
        0,
        _INFINITE,
        "lower",
        _LOCATELLO,
        "It grows with the square of the codes' scale.",
        Workbench.wasserstein_correlation,
    ),
    Metric(
        "wasserstein_correlation_normalised",
        "Wasserstein correlation / variance",
        (),
        0,
        2,
        "lower",
        _LOCATELLO,
        "It sees correlation only; codes of a large scale dominate.",
        Workbench.wasserstein_correlation_normalised,
    ),
    Metric(
        "active_units",
        "active units",
        (),
        0,
        _INFINITE,
        None,
        "Burda et al. 2015, section 5.2",
        "The threshold, a variance of 0.01, belongs to codes with a standard normal prior.",
        Workbench.active_units,
        resampled=False,
    ),
    Metric(
        "prior_divergence",
        "KL from the prior, nats",
        ("scales",),
        0,
        _INFINITE,
        None,
        "Kingma and Welling 2014, appendix B",
        "It bounds the information that codes carry from above.",
        Workbench.prior_divergence,
    ),
)
"""All scores, in the order of tables."""


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
