"""The sections of the page: for each knob its sweeps, one card each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from latune.control.knobs import Knob
from latune.data.phrase_codec import PhraseCodec
from latune.figures.style import readable, unit_words
from latune.report.media import Card, Medium, Report, Subject
from latune.report.sweeps import Sweep
from latune.report.tables import interval
from latune.report.traversals import FOLDER

__all__ = ["KnobSection", "Shown", "make_cards"]


_MET = {
    "path": "in {} of cases at the best place of the path",
    "joint": "in {} by one joint movement",
    "exact": "in {} by search",
}


@dataclass(frozen=True)
class KnobSection:
    """All cards of one knob, with what is known of it."""

    name: str
    unit: str
    description: str
    verdict: str
    cards: list[Card]


@dataclass(frozen=True)
class Shown:
    """What the page shows of the knobs.

    Args:
        sections: One for each knob.
        extras: What the medium's template needs beside them.
        remarks: Sentences about what could not be made.
    """

    sections: list[KnobSection]
    extras: dict[str, Any]
    remarks: list[str]


def make_cards(medium: Medium, subject: Subject, certificate: Mapping[str, Any] | None, report: Report) -> Shown:
    """Turn every knob of every start item, write the files and make the cards."""
    folder = subject.run.folder / FOLDER
    folder.mkdir(exist_ok=True)
    remarks: dict[str, None] = {}
    sections: list[KnobSection] = []
    sweeps: dict[str, Sweep] = {}
    knobs = _knobs_on_page(subject)
    total = len(knobs) * len(medium.settings) * len(subject.items)
    for place, knob in enumerate(knobs):
        cards: list[Card] = []
        for way in medium.settings:
            report(medium.doing, place * total // len(knobs) + len(cards), total)
            for sweep in medium.sweeps(subject, knob.name, way):
                key = f"sweep-{len(sweeps)}"
                sweeps[key] = sweep
                cards.append(medium.card(sweep, key, folder, remarks))
        cards.sort(key=lambda card: card.item)
        description = subject.dataset.table[knob.name].description
        verdict = _verdict(certificate, knob.name, medium.nouns.item)
        sections.append(KnobSection(readable(knob.name), unit_words(knob.unit), description, verdict, cards))
    extras = medium.extras(subject, sweeps, folder)
    report(medium.doing, total, total)
    return Shown(sections, extras, list(remarks))


def _knobs_on_page(subject: Subject) -> Sequence[Knob]:
    """All knobs; of phrases those of the whole: their measures' are many, and each does the same to one measure."""
    knobs, codec = subject.editor.knobs.knobs, subject.dataset.codec
    if not isinstance(codec, PhraseCodec):
        return knobs
    return [knob for knob in knobs if knob.name in codec.measure_codec.table.names]


def _verdict(certificate: Mapping[str, Any] | None, name: str, item: str) -> str:
    """How well the knob works, in a sentence."""
    if certificate is None or name not in certificate["knobs"]:
        return ""
    knob = certificate["knobs"][name]
    ways = [way for way in ("path", "joint", "exact") if way in knob]
    rates = [knob[way]["hit_rate"] for way in ways]
    if any(rate["value"] is None for rate in rates):
        return f"No held-out {item} has a value of {readable(name)}: nothing is known of this knob."
    met = [_MET[way].format(interval(rate, as_share=True)) for way, rate in zip(ways, rates, strict=True)]
    lacking = certificate["items"] - knob.get("items", certificate["items"])
    sentence = f"On held-out {item}s a request is met {', '.join(met)}."
    return sentence + (f" {lacking} of the {certificate['items']} have no {readable(name)}." if lacking else "")
