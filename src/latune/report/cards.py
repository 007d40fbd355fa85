"""The cards of the page: one sweep that can be seen and heard."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latune.control.editor import Editor
from latune.control.traverse import Way
from latune.data.dataset import Dataset
from latune.errors import MissingExtraError
from latune.figures import figure_svg
from latune.figures.style import readable, unit_words
from latune.report.charts import page_svg
from latune.report.sweeps import Sweep, make_sweeps
from latune.report.tables import interval
from latune.report.traversals import FOLDER, Report, write_midi, write_score
from latune.training.run_folder import Run

__all__ = ["Card", "KnobSection", "make_cards"]

WAYS: tuple[Way, ...] = ("joint", "exact")
_SCORE_SCALE = 1.25  # of the engraver's size
_SCORE_HEAD = re.compile(r'<svg width="([\d.]+)" height="([\d.]+)"')


@dataclass(frozen=True)
class Card:
    """One sweep on the page.

    Args:
        key: Identifier on the page.
        item: Number of the start measure in the test split.
        way: How the knob was set.
        own: Position that shows the measure itself, from 0.
        labels: Requested and measured value of each position, as text.
        score: Staff notation, an SVG element, or None.
        roll: Piano roll, an SVG element.
        midi: The MIDI file as a data address, or None.
        file_name: What the MIDI file is called when it is saved.
        notes: Onset, duration (quarters) and pitch of each note.
    """

    key: str
    item: int
    way: Way
    own: int
    labels: list[tuple[str, str]]
    score: str | None
    roll: str
    midi: str | None
    file_name: str
    notes: list[tuple[float, float, int]]


@dataclass(frozen=True)
class KnobSection:
    """All cards of one knob, with what is known of it."""

    name: str
    unit: str
    description: str
    verdict: str
    cards: list[Card]


def make_cards(
    run: Run,
    dataset: Dataset,
    editor: Editor,
    items: Sequence[int],
    certificate: Mapping[str, Any] | None,
    report: Report,
) -> tuple[list[KnobSection], list[str]]:
    """Turn every knob of every start measure, write the files and make the cards.

    Returns:
        A section for each knob, and sentences about what could not be made.
    """
    folder = run.folder / FOLDER
    folder.mkdir(exist_ok=True)
    remarks: dict[str, None] = {}
    sections: list[KnobSection] = []
    total, done = len(editor.knobs.knobs) * len(WAYS) * len(items), 0
    for knob in editor.knobs.knobs:
        cards = []
        for way in WAYS:
            for sweep in make_sweeps(editor, dataset, knob.name, items, way, run.recipe.seed):
                report("hear and see", done, total)
                cards.append(_card(sweep, f"sweep-{done}", folder, remarks))
                done += 1
        cards.sort(key=lambda card: card.item)
        description = dataset.table[knob.name].description
        verdict = _verdict(certificate, knob.name)
        sections.append(KnobSection(readable(knob.name), unit_words(knob.unit), description, verdict, cards))
    report("hear and see", total, total)
    return sections, list(remarks)


def _card(sweep: Sweep, key: str, folder: Path, remarks: dict[str, None]) -> Card:
    score = midi = None
    try:
        score = _page_score(write_score(sweep, folder).read_text(encoding="utf-8"))
    except MissingExtraError as error:
        remarks[f"No scores. {error}"] = None
    try:
        data = write_midi(sweep, folder).read_bytes()
        midi = "data:audio/midi;base64," + base64.b64encode(data).decode()
    except MissingExtraError as error:
        remarks[f"No MIDI files. {error}"] = None
    pairs = ", ".join(f"{asked} gave {got}" for asked, got in sweep.labels)
    description = f"Piano roll of the measures, and {readable(sweep.name)} in each: asked for {pairs}."
    roll = page_svg(figure_svg(sweep.roll(prefix=key)), description)
    return Card(
        key, sweep.item, sweep.way, sweep.own, sweep.labels, score, roll, midi, f"{sweep.stem}.mid", sweep.notes()
    )


def _page_score(svg: str) -> str:
    """Give a score a size that follows the page, and its colour."""

    def head(match: re.Match[str]) -> str:
        width = float(match.group(1)) * _SCORE_SCALE
        return f'<svg class="engraved" role="img" aria-label="Score of the sweep" style="width:{width:.0f}px"'

    svg = svg[svg.index("<svg") :].replace('color="black"', 'color="currentColor"')
    return re.sub(r">\s+<", "><", _SCORE_HEAD.sub(head, svg, count=1))


def _verdict(certificate: Mapping[str, Any] | None, name: str) -> str:
    """How well the knob works, in a sentence."""
    if certificate is None or name not in certificate["knobs"]:
        return ""
    knob = certificate["knobs"][name]
    joint, exact = (interval(knob[way]["hit_rate"], as_share=True) for way in WAYS)
    return f"On held-out measures a request is met in {joint} of cases when set jointly, in {exact} by search."
