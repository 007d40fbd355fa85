"""The numbers of a run as rows of tables, each with a plain sentence that says what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from latune.figures.certificate import WAYS
from latune.figures.style import decimals, number, percent, readable, unit_words

__all__ = [
    "CERTIFICATE_COLUMNS",
    "CertificateRow",
    "Headline",
    "RebuildRow",
    "ScoreRow",
    "attribute_rows",
    "certificate_rows",
    "headlines",
    "rebuild_rows",
    "score_rows",
]

Estimate = Mapping[str, float | None]

_SCORES = {
    "interpretability": "How well a straight line through the knob's dimension tells the attribute (R², mean).",
    "scc": "How strictly the attribute rises along its dimension (rank correlation, mean).",
    "mig": "How much more the best dimension tells of an attribute than the second best.",
    "sap": "The same as a difference of straight-line fits.",
    "modularity": "Whether each dimension tells of one attribute only; noise scores high here too.",
}
_REBUILT = {
    "token_accuracy": ("Right elements", "Share of ticks that come back with the right symbol."),
    "token_accuracy_unseen_items": (
        "Right elements, new items",
        "The same on the test items that do not occur in the training split.",
    ),
    "exact_items": ("Exact items", "Share of items that come back without any error."),
    "onset_f1": (
        "Notes (F1)",
        "How well the notes come back, each at its place and pitch; missing and additional ones both count.",
    ),
    "majority_baseline": (
        "Majority baseline",
        "What a model that always answers “hold” would get right: the floor, not 0.",
    ),
}
CERTIFICATE_COLUMNS = {
    "hit_rate": ("Hits", "requests met within the tolerance"),
    "hit_rate_half_tolerance": ("Close hits", "requests met within half the tolerance"),
    "rank_correlation": ("Rank correlation", "whether a higher request gives a higher value, item by item"),
    "identity_kept": ("Kept", "share of the item's elements that did not change"),
    "reachable_share": ("Reach", "share of the knob's range that a sweep covers, item by item"),
    "monotonicity": ("Monotonicity", "whether the value rises steadily over a sweep"),
}
_SHARES = ("hit_rate", "hit_rate_half_tolerance", "identity_kept", "reachable_share")


@dataclass(frozen=True)
class Headline:
    """A number that stands out: the number, what it is, and what to compare it with."""

    value: str
    words: str
    beside: str


@dataclass(frozen=True)
class ScoreRow:
    """A score of the codes between its chance level and its ceiling, as text and (for a bar) as numbers."""

    name: str
    meaning: str
    means: str
    samples: str
    ceiling: str
    chance: str
    marks: Mapping[str, float]


@dataclass(frozen=True)
class RebuildRow:
    """A score of reconstruction."""

    name: str
    meaning: str
    value: str


@dataclass(frozen=True)
class CertificateRow:
    """One way of setting one knob; `first` opens a knob's group of rows."""

    name: str
    detail: str
    way: str
    first: bool
    group: int
    cells: tuple[str, ...]


def interval(estimate: Estimate, as_share: bool = False) -> str:
    """A value with its 95 % interval as text; a dash where it is not known."""
    if estimate.get("value") is None:
        return "–"

    def text(value: float) -> str:
        return number(100 * value, 1) if as_share else number(value, 3)

    value, low, high = (estimate.get(key) for key in ("value", "low", "high"))
    assert value is not None
    shown = text(value) + (" %" if as_share else "")
    return shown if low is None or high is None else f"{shown} [{text(low)}, {text(high)}]"


def headlines(metrics: Mapping[str, Any] | None, certificate: Mapping[str, Any] | None) -> list[Headline]:
    """The numbers that open the page."""
    found = []
    if certificate is not None and certificate["knobs"]:
        tolerance = percent(certificate["tolerance"])
        rates = {way: _mean_rate(certificate, way) for way in WAYS}
        for way, beside in (("joint", "alone"), ("exact", "joint")):
            words = {
                "joint": f"of requests met by turning a knob, within {tolerance} of its range",
                "exact": "of requests met when latune searches for the value",
            }[way]
            found.append(Headline(percent(rates[way]), words, f"{percent(rates[beside])} when set “{beside}”"))
    if metrics is not None:
        means, ceiling = metrics["scores"]["means"], metrics["scores"]["ceiling"]
        value = means["interpretability"]["value"]
        beside = f"{number(ceiling['interpretability'], 3)} at most"
        found.append(Headline(number(value, 3), "interpretability of the knobs' dimensions", beside))
        rebuilt = metrics["reconstruction"]
        floor = percent(rebuilt["majority_baseline"]["value"])
        words = "of elements come back right from the code"
        found.append(Headline(interval(_only(rebuilt["token_accuracy"]), True), words, f"{floor} without a model"))
    return found


def _only(estimate: Estimate) -> Estimate:
    """The value without its interval."""
    return {"value": estimate["value"]}


def _mean_rate(certificate: Mapping[str, Any], way: str) -> float:
    rates = [knob[way]["hit_rate"]["value"] or 0.0 for knob in certificate["knobs"].values()]
    return float(sum(rates) / len(rates))


def score_rows(metrics: Mapping[str, Any]) -> list[ScoreRow]:
    """The scores of the codes."""
    scores = metrics["scores"]
    return [
        ScoreRow(
            "SCC" if name == "scc" else name.upper() if len(name) == 3 else name.capitalize(),
            meaning,
            interval(scores["means"][name]),
            interval(scores["samples"][name]),
            number(scores["ceiling"][name], 3),
            number(scores["chance"][name], 3),
            {
                "value": scores["means"][name]["value"],
                "ceiling": scores["ceiling"][name],
                "chance": scores["chance"][name],
            },
        )
        for name, meaning in _SCORES.items()
    ]


def attribute_rows(metrics: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    """For each attribute its name, latent dimension and R²."""
    attributes = metrics["scores"]["means"]["attributes"]
    return [(readable(n), fit["dimension"], interval(fit["r_squared"])) for n, fit in attributes.items()]


def rebuild_rows(metrics: Mapping[str, Any]) -> list[RebuildRow]:
    """The scores of reconstruction; those that a run lacks are left out."""
    rebuilt = metrics["reconstruction"]
    return [
        RebuildRow(name, meaning, interval(rebuilt[key], as_share=True))
        for key, (name, meaning) in _REBUILT.items()
        if key in rebuilt
    ]


def certificate_rows(certificate: Mapping[str, Any]) -> list[CertificateRow]:
    """Every knob in every way."""
    rows = []
    for name, knob in certificate["knobs"].items():
        places = decimals(knob["high"] - knob["low"])
        ends = f"{number(knob['low'], places)} to {number(knob['high'], places)}"
        detail = f"{ends}, {unit_words(knob['unit'])}; dimension {knob['dimension']}"
        ways = [way for way in WAYS if way in knob]
        for place, way in enumerate(ways):
            part = {**knob[way], **knob[way].get("sweep", {})}
            cells = tuple(interval(part[key], key in _SHARES) if key in part else "–" for key in CERTIFICATE_COLUMNS)
            rows.append(CertificateRow(readable(name), detail, way, place == 0, len(ways), cells))
    return rows
