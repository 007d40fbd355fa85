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
    "identity_rows",
    "rebuild_rows",
    "score_rows",
    "usual_way",
]

Estimate = Mapping[str, float | None]

_SCORES = {
    "interpretability": "How well a straight line through the knob's dimension tells the attribute (R², mean).",
    "scc": "How strictly the attribute rises along its dimension (rank correlation, mean).",
    "mig": "How much more the best dimension tells of an attribute than the second best.",
    "sap": "The same as a difference of straight-line fits.",
    "modularity": "Whether each dimension tells of one attribute only; noise scores high here too.",
}
_UNSEEN = "The same on the test items that do not occur in the training split."
_REBUILT = {
    "token_accuracy": ("Right elements", "Share of ticks that come back with the right symbol."),
    "token_accuracy_unseen_items": ("Right elements, new items", _UNSEEN),
    "exact_items": ("Exact items", "Share of items that come back without any error."),
    "onset_f1": (
        "Notes (F1)",
        "How well the notes come back, each at its place and pitch; missing and additional ones both count.",
    ),
    "nearest_melody": (
        "Like a melody",
        "Share of eighths that agree with the nearest melody of the set, whichever that is.",
    ),
    "pixel_accuracy": (
        "Right pixels",
        "Share of pixels that come back on the right side of half brightness; most of a picture is often background.",
    ),
    "pixel_accuracy_unseen_items": ("Right pixels, new pictures", _UNSEEN),
    "intersection_over_union": (
        "Overlap",
        "Bright pixels that picture and reconstruction share, of those that either has: background does not count.",
    ),
    "squared_error": (
        "Squared error",
        "Mean squared difference of brightness, from 0 (equal) to 1 (black for white); the smaller the better.",
    ),
}
_REBUILT_SONGS = {
    "token_accuracy": ("Right tokens", "Share of the tokens of all four tracks that come back right."),
    "onset_f1": (
        "Beginnings (F1)",
        "How well it comes back where notes begin, whatever their pitch, track by track; missing and additional ones"
        " both count.",
    ),
    "note_f1": ("Notes (F1)", "The same of notes whose pitch is right as well."),
    "exact_bars": ("Exact bars", "Share of bars that come back without any error, in all tracks."),
    "majority_baseline": (
        "Majority baseline",
        "What a model that always answers each track's most frequent token would get right: the floor, not 0.",
    ),
}
_BASELINES = {
    "token_accuracy": "What a model that always answers “hold” would get right: the floor, not 0.",
    "pixel_accuracy": "What one picture for all, bright where most training pictures are, would get right: the floor,"
    " not 0.",
}
_ACCURACIES = {
    "token_accuracy": "of elements come back right from the code",
    "pixel_accuracy": "of pixels come back right from the code",
}
_NO_SHARES = {"squared_error": 5}  # decimal places of what is not a share
_IDENTITY = {
    "classifier_accuracy": (
        "Test pictures as they are",
        "How often the classifier, which never saw a decoded picture, names the right class: the ceiling.",
    ),
    "reconstructed": ("What comes back", "The same on pictures decoded from samples of their codes, as published."),
    "interpolated": (
        "Along the sweeps",
        "The same while one knob's dimension is swept: does the picture stay what it was?",
    ),
    "turned": (
        "Knobs turned",
        "Each knob is set to 10 values over its own range by one joint movement; the average over knobs.",
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
    estimate: Estimate


@dataclass(frozen=True)
class RebuildRow:
    """A score of reconstruction, as text and as a number with its interval."""

    name: str
    meaning: str
    value: str
    estimate: Estimate


@dataclass(frozen=True)
class CertificateRow:
    """One way of setting one knob; `first` opens a knob's group of rows."""

    name: str
    detail: str
    way: str
    first: bool
    group: int
    cells: tuple[str, ...]


def interval(estimate: Estimate, as_share: bool = False, places: int = 3) -> str:
    """A value with its 95 % interval as text; a dash where it is not known.

    Args:
        estimate: "value", and "low" and "high" where there is an interval.
        as_share: Whether to write it as a percentage.
        places: Decimal places of what is not written as a percentage.
    """
    value, low, high = (estimate.get(key) for key in ("value", "low", "high"))
    if value is None:
        return "–"

    def text(value: float) -> str:
        return number(100 * value, 1) if as_share else number(value, places)

    shown = text(value) + (" %" if as_share else "")
    return shown if low is None or high is None else f"{shown} [{text(low)}, {text(high)}]"


def headlines(metrics: Mapping[str, Any] | None, certificate: Mapping[str, Any] | None) -> list[Headline]:
    """The numbers that open the page."""
    found = []
    if certificate is not None and certificate["knobs"]:
        tolerance = percent(certificate["tolerance"])
        usual = usual_way(certificate)
        words = {
            usual: f"of requests met by turning a knob, within {tolerance} of its range",
            "exact": "of requests met when latune searches for the value",
        }
        for way, beside in ((usual, "joint" if usual == "path" else "alone"), ("exact", usual)):
            rate, other = (percent(_mean_rate(certificate, one)) for one in (way, beside))
            found.append(Headline(rate, words[way], f"{other} when set “{beside}”"))
    if metrics is not None:
        means, ceiling = metrics["scores"]["means"], metrics["scores"]["ceiling"]
        value = means["interpretability"]["value"]
        beside = f"{number(ceiling['interpretability'], 3)} at most"
        found.append(Headline(number(value, 3), "interpretability of the knobs' dimensions", beside))
        found += _rebuilt_headlines(metrics)
    return found


def _rebuilt_headlines(metrics: Mapping[str, Any]) -> list[Headline]:
    """What comes back from the codes, and whether it stays what it was."""
    rebuilt, found = metrics["reconstruction"], []
    name = next((name for name in _ACCURACIES if name in rebuilt), None)
    if name is not None:
        floor = percent(rebuilt["majority_baseline"]["value"])
        found.append(Headline(interval(_only(rebuilt[name]), True), _ACCURACIES[name], f"{floor} without a model"))
    identity = metrics.get("identity", {})
    if "reconstructed" in identity:
        words = "of pictures are recognised as the same class when they come back"
        beside = f"{interval(_only(identity['interpolated']), True)} along sweeps" if "interpolated" in identity else ""
        found.append(Headline(interval(_only(identity["reconstructed"]), True), words, beside))
    return found


def _only(estimate: Estimate) -> Estimate:
    """The value without its interval."""
    return {"value": estimate["value"]}


def usual_way(certificate: Mapping[str, Any]) -> str:
    """The way that `latune edit` goes: the path; certificates of earlier versions have none."""
    return "path" if all("path" in knob for knob in certificate["knobs"].values()) else "joint"


def _mean_rate(certificate: Mapping[str, Any], way: str) -> float:
    rates = [knob[way]["hit_rate"]["value"] for knob in certificate["knobs"].values()]
    known = [rate for rate in rates if rate is not None]
    return float(sum(known) / max(len(known), 1))


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
            scores["means"][name],
        )
        for name, meaning in _SCORES.items()
    ]


def attribute_rows(metrics: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    """For each attribute its name, latent dimension and R²."""
    attributes = metrics["scores"]["means"]["attributes"]
    return [(readable(n), fit["dimension"], interval(fit["r_squared"])) for n, fit in attributes.items()]


def rebuild_rows(metrics: Mapping[str, Any]) -> list[RebuildRow]:
    """The scores of reconstruction; those that a run lacks are left out, unknown ones come last by their names."""
    rebuilt = metrics["reconstruction"]
    baseline = next((words for name, words in _BASELINES.items() if name in rebuilt), "The floor, not 0.")
    known = _REBUILT | {"majority_baseline": ("Majority baseline", baseline)}
    known |= _REBUILT_SONGS if "note_f1" in rebuilt else {}
    others = {key: (readable(key).capitalize(), "") for key in rebuilt if key not in known}
    return [
        RebuildRow(name, meaning, interval(rebuilt[key], key not in _NO_SHARES, _NO_SHARES.get(key, 3)), rebuilt[key])
        for key, (name, meaning) in (known | others).items()
        if isinstance(rebuilt.get(key), Mapping)
    ]


def identity_rows(metrics: Mapping[str, Any]) -> list[RebuildRow]:
    """How often a classifier recognises what a picture shows; empty where none was asked."""
    identity = metrics.get("identity", {})
    rows = [
        RebuildRow(name, meaning, interval(identity[key], as_share=True), identity[key])
        for key, (name, meaning) in _IDENTITY.items()
        if key in identity
    ]
    for name, share in identity.get("per_attribute", {}).items():
        estimate = share if isinstance(share, Mapping) else {"value": share}
        low, high = identity.get("range", (-4, 4))
        swept = f"The dimension of {readable(name)}" if name in identity.get("attributes", [name]) else "It"
        meaning = f"{swept} is swept from {low:g} to {high:g} in {identity.get('steps', 10)} steps."
        rows.append(
            RebuildRow(
                f"… {readable(name)}", meaning.replace("-", "\N{MINUS SIGN}"), interval(estimate, True), estimate
            )
        )
    for name, share in identity.get("turned_per_knob", {}).items():
        meaning = f"The knob {readable(name)} is turned over its range."
        estimate = {"value": share}
        rows.append(RebuildRow(f"… {readable(name)} turned", meaning, interval(estimate, as_share=True), estimate))
    return rows


def certificate_rows(certificate: Mapping[str, Any]) -> list[CertificateRow]:
    """Every knob in every way."""
    rows = []
    for name, knob in certificate["knobs"].items():
        places = decimals(knob["high"] - knob["low"])
        ends = f"{number(knob['low'], places)} to {number(knob['high'], places)}"
        detail = f"{ends}, {unit_words(knob['unit'])}; dimension {knob['dimension']}"
        if knob.get("items", certificate["items"]) < certificate["items"]:
            detail += f"; {knob['items']} of {certificate['items']} items have it"
        ways = [way for way in WAYS if way in knob]
        for place, way in enumerate(ways):
            part = {**knob[way], **knob[way].get("sweep", {})}
            cells = tuple(interval(part[key], key in _SHARES) if key in part else "–" for key in CERTIFICATE_COLUMNS)
            rows.append(CertificateRow(readable(name), detail, way, place == 0, len(ways), cells))
    return rows
