"""The observatory: every metric of the suite on codes whose answers are known, and where it misleads.

A metric is read as the answer to a question (`QUESTION_OF`). Where the true answer is yes, a reader expects a value of
at least 0.7, where it is no one of at most 0.6, and in between from 0.2 to 0.9: wide ranges, so that only what is
clearly off counts as misleading. A metric that misleads is not broken: its definition asks for something else, and
what its definition demands is `Case.expected`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from latune.errors import InputError
from latune.metrics.battery import QUESTIONS, Answer, Case, Question, battery
from latune.metrics.catalogue import METRICS, Metric
from latune.metrics.expectations import Expectation, misleading_reason
from latune.metrics.representation import Representation
from latune.metrics.suite import score
from latune.metrics.workbench import Estimator

__all__ = ["QUESTIONS", "QUESTION_OF", "Case", "Expectation", "Finding", "Observatory", "battery", "observe"]

Status = Literal["as it should", "too low", "too high", "undefined"]

QUESTION_OF: Mapping[str, Question] = {
    "dci_disentanglement": "separate",
    "factor_modularity": "separate",
    "attribute_modularity": "separate",
    "infomec_modularity": "separate",
    "irs": "separate",
    "factor_vae": "separate",
    "beta_vae": "separate",
    "factor_mig": "separate",
    "attribute_mig": "separate",
    "factor_sap": "separate",
    "attribute_sap": "separate",
    "sap_classifier": "separate",
    "dci_completeness": "compact",
    "infomec_compactness": "compact",
    "attribute_interpretability": "followed",
    "attribute_scc": "followed",
    "dci_informativeness": "readable",
    "explicitness": "readable",
    "infomec_explicitness": "readable",
    "explicitness_size": "readable",
}
"""The question that each metric is read as an answer to, in the order of tables; others describe and are left out."""

ANSWERS: Mapping[Answer, tuple[float, float]] = {
    "yes": (0.7, float("inf")),
    "partly": (0.2, 0.9),
    "no": (float("-inf"), 0.6),
}
"""From which to which value a reader takes a score for each answer."""

_TRUTHS: Mapping[Question, Mapping[Answer, str]] = {
    "separate": {
        "yes": "each code that says anything speaks of one factor",
        "partly": "some codes mix factors, or codes mix them a little",
        "no": "no code speaks of one factor only",
    },
    "compact": {
        "yes": "each factor that is there is in one code",
        "partly": "some factors are in one code, others not",
        "no": "no factor is in one code",
    },
    "followed": {
        "yes": "one code tells each factor",
        "partly": "single codes tell factors in part",
        "no": "no single code tells a factor",
    },
    "readable": {
        "yes": "all factors can be read from the codes",
        "partly": "factors can be read in part",
        "no": "no factor can be read from the codes",
    },
}


@dataclass(frozen=True)
class Finding:
    """What a metric says of a case.

    Attributes:
        value: The score; None where it is not defined.
        status: Where it lies beside what a reader takes for the true answer to the metric's question.
        reason: Why, in one sentence.
    """

    value: float | None
    status: Status
    reason: str

    @property
    def misleads(self) -> bool:
        """Whether a reader who takes the value for the answer is wrong."""
        return self.status in ("too low", "too high")


@dataclass(frozen=True)
class Observatory:
    """What all metrics say of all cases.

    Attributes:
        cases: The rows.
        metrics: The columns, in the order of `QUESTION_OF`.
        findings: By key of case and key of metric.
    """

    cases: tuple[Case, ...]
    metrics: tuple[Metric, ...]
    findings: Mapping[tuple[str, str], Finding]

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers, texts and dicts, for JSON and for the figure."""
        return {
            "items": len(self.cases[0].codes) if self.cases else 0,
            "questions": dict(QUESTIONS),
            "metrics": [
                {"key": metric.key, "title": metric.title, "question": QUESTION_OF[metric.key]}
                for metric in self.metrics
            ],
            "cases": [self._case_dict(case) for case in self.cases],
        }

    def _case_dict(self, case: Case) -> dict[str, Any]:
        findings = {metric.key: self.findings[case.key, metric.key] for metric in self.metrics}
        return {
            "key": case.key,
            "title": case.title,
            "made": case.made,
            "truth": dict(case.truth),
            "findings": {
                key: {"value": finding.value, "status": finding.status, "reason": finding.reason}
                for key, finding in findings.items()
            },
        }


def observe(
    cases: Sequence[Case],
    report: Callable[[int, int, str], None] | None = None,
    *,
    metrics: Sequence[str] | None = None,
    estimator: Estimator = "fast",
    seed: int = 0,
) -> Observatory:
    """Score every case with every metric that is read as an answer to a question.

    Args:
        cases: What `battery` returns, or a part of it.
        report: Called with the scores done, all scores, and what comes next.
        metrics: Keys of metrics; all without.
        estimator: What the scores that fit a model are fitted with.
        seed: Seed of draws and fits.

    Raises:
        InputError: A key or the estimator is unknown.
    """
    columns = _columns(metrics)
    keys = [metric.key for metric in columns]
    total = len(cases) * len(columns)
    findings: dict[tuple[str, str], Finding] = {}
    for case in cases:
        start = len(findings)

        def scored(done: int, _: int, title: str, case: Case = case, start: int = start) -> None:
            if report is not None:
                report(start + done, total, f"{case.title}: {title}" if title else "")

        representation = Representation(case.codes, factors=case.factors, attributes=case.attributes)
        result = score(representation, keys, estimator=estimator, seed=seed, report=scored)
        for key in keys:
            found = result.scores.get(key)
            value = None if found is None else found.estimate.value
            findings[case.key, key] = _judge(case, key, value, result.skipped.get(key, ""))
    return Observatory(tuple(cases), columns, findings)


def _columns(keys: Sequence[str] | None) -> tuple[Metric, ...]:
    """Return the metrics with a question, in the order of tables."""
    known = {metric.key: metric for metric in METRICS if metric.key in QUESTION_OF}
    unknown = sorted(set(keys or ()) - set(known))
    if unknown:
        raise InputError(f"The observatory has no metric {', '.join(unknown)}: choose from {', '.join(known)}.")
    return tuple(known[key] for key in QUESTION_OF if key in known and (keys is None or key in keys))


def _judge(case: Case, key: str, value: float | None, skipped: str) -> Finding:
    """Say whether a reader who takes the value for the answer to the metric's question is right."""
    if value is None:
        return Finding(None, "undefined", skipped)
    question = QUESTION_OF[key]
    answer = case.truth[question]
    truth = _TRUTHS[question][answer]
    low, high = ANSWERS[answer]
    if low <= value <= high:
        return Finding(value, "as it should", f"{truth[0].upper()}{truth[1:]}.")
    status: Status = "too low" if value < low else "too high"
    cause = misleading_reason(key, case.key)
    return Finding(value, status, f"{status.capitalize()}, for {truth}" + (f": {cause}" if cause else "."))
