"""What the page says of a run in words: its numbers, and facts about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from latune.control.moves import has_moves, open_mover
from latune.export.source import RunSource
from latune.figures.style import percent, readable
from latune.report.media import medium_of
from latune.report.tables import identity_rows, rebuild_rows, score_rows, usual_way
from latune.report.words import caveats, recipe_sentences

__all__ = ["MetricRow", "facts", "metric_rows"]

_MET = {
    "path": "Share of requests that are met at the best place of the knob's path",
    "joint": "Share of requests that are met by one joint movement",
    "exact": "Share of requests that are met by search",
}


@dataclass(frozen=True)
class MetricRow:
    """A number with its interval and what it says; None where it is not known."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    words: str

    def to_dict(self) -> dict[str, Any]:
        """A JSON form."""
        return asdict(self)


def metric_rows(source: RunSource) -> list[MetricRow]:
    """What was measured of a run, in the order in which it is read; empty where it was not evaluated."""
    metrics, certificate = source.metrics, source.certificate
    rows = [] if certificate is None else _of_knobs(certificate)
    if metrics is None:
        return rows
    rows += [_row(score.name, score.estimate, score.meaning) for score in score_rows(metrics)]
    rows += [_row(rebuilt.name, rebuilt.estimate, rebuilt.meaning) for rebuilt in rebuild_rows(metrics)]
    return rows + [_row(seen.name, seen.estimate, seen.meaning) for seen in identity_rows(metrics)]


def _row(name: str, estimate: Mapping[str, float | None], words: str) -> MetricRow:
    return MetricRow(name, estimate.get("value"), estimate.get("low"), estimate.get("high"), words)


def _of_knobs(certificate: Mapping[str, Any]) -> list[MetricRow]:
    """Hit rates of each knob, as it is usually turned and by search."""
    tolerance = percent(certificate["tolerance"])
    ways = dict.fromkeys((usual_way(certificate), "exact"))
    return [
        _row(
            f"{readable(name).capitalize()}, {way}",
            knob[way]["hit_rate"],
            f"{_MET[way]}, within {tolerance} of its range, on held-out items.",
        )
        for name, knob in certificate["knobs"].items()
        for way in ways
        if way in knob
    ]


def facts(source: RunSource, remark: str) -> list[tuple[str, str]]:
    """What a run is, as pairs of a word and a sentence.

    Args:
        source: A finished run.
        remark: What is to be said of its gallery; empty where nothing is.
    """
    recipe, known = source.run.recipe, source.data_words
    told = [("Recipe", f"{recipe.name}, seed {recipe.seed}")]
    told += [(name, str(known[key])) for name, key in (("Source", "source"), ("Licence", "licence")) if known.get(key)]
    told += _in_words(source)
    if has_moves(source.run) and open_mover(source.run).binary:
        told.append(("Moves", "Moves of this run take two pictures: they are for latune edit --move alone."))
    if remark:
        told.append(("Gallery", remark))
    return told


def _in_words(source: RunSource) -> list[tuple[str, str]]:
    """Sentences of the report, by what they are about; the data must be here for them."""
    dataset, recipe = source.dataset, source.run.recipe
    if dataset is None:
        data = f"'{recipe.data.name}', which is not prepared on the machine that wrote this."
        return [("Data", data), ("Network", recipe.model.name), ("Method", recipe.method.name)]
    told = []
    for sentence in recipe_sentences(recipe, dataset, source.finished):
        name, separator, words = sentence.partition(": ")
        told.append((name, words) if separator else ("Time", sentence))
    nouns = medium_of(dataset.codec).nouns
    known = caveats(recipe, dataset, source.editor, nouns, source.metrics, source.certificate)
    return told + [("Note", sentence) for sentence in known]
