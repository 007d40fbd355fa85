"""Sweeps of music, ready to be drawn, engraved and played."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latune.attributes import Kind
from latune.control.editor import Editor
from latune.control.knobs import Knob
from latune.control.traverse import POSITIONS, traverse
from latune.data.codecs import Items
from latune.data.dataset import Dataset
from latune.data.dmelody_codec import DMelodyCodec
from latune.data.measure_codec import MeasureCodec
from latune.data.phrase_codec import PhraseCodec
from latune.data.splits import seen_before
from latune.errors import InputError, RunError
from latune.figures import piano_roll
from latune.figures.style import readable
from latune.music.engrave import engrave
from latune.music.measure import HOLD, REST, events_from_ticks, is_note
from latune.music.metre import Metre
from latune.music.spelling import estimate_fifths
from latune.music.tune import Tune, tune_from_ticks
from latune.report.sweeps import Setting, Sweep, starts_in_split

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["TEMPO", "MusicSweep", "choose_items", "make_sweeps"]

TEMPO = 100.0  # quarters per minute
_FEWEST_NOTES = 3  # of a measure that is worth listening to
_LINE = 3  # an item of so many measures or more gets a line of its own


@dataclass(frozen=True)
class MusicSweep(Sweep):
    """A sweep of a measure of music.

    Args:
        ticks: What came out, (P, M, T): items of M measures; one that begins with a held tick begins with a rest.
        fifths: Key signature of the tune that the start measure comes from.
        metre: Of the measures.
    """

    ticks: NDArray[np.int16]
    fifths: int
    metre: Metre

    @property
    def quarters(self) -> float:
        """Length of an item in quarter notes."""
        return float(self.ticks.shape[1] * self.metre.quarters)

    def score(self) -> str:
        """Staff notation as SVG, with the requested and the measured value above each item; needs verovio."""
        rest: list[str | None] = [None] * (self.ticks.shape[1] - 1)
        labels = [
            text
            for place, (asked, got) in enumerate(self.labels)
            for text in (f"{'own' if place == self.own else 'asked'} {asked}\ngot {got}", *rest)
        ]
        per_line = len(labels) if self.ticks.shape[1] < _LINE else self.ticks.shape[1]
        return engrave(replace(self.tune(), title=""), labels=labels, measures_per_line=per_line)

    def roll(self, title: str = "", prefix: str = "") -> Figure:
        """Piano roll and curve of values."""
        return piano_roll(
            self.ticks,
            self.measured,
            self.name,
            self.unit,
            self.limits,
            requested=self.requested,
            own=self.own,
            title=title,
            prefix=prefix,
            metre=self.metre,
            noun=self.noun,
        )

    @property
    def noun(self) -> str:
        """What an item is called."""
        return "measure" if self.ticks.shape[1] == 1 else "phrase"

    def tune(self) -> Tune:
        """The measures one after the other."""
        title = f"{readable(self.name)}, test {self.noun} {self.item}, {self.way}"
        return tune_from_ticks(self.ticks.reshape(-1, self.metre.ticks), title, TEMPO, self.fifths, self.metre)

    def notes(self) -> list[tuple[float, float, int]]:
        """Onset and duration in quarters and MIDI pitch of each note, numbered as in the piano roll."""
        return [
            (round(float(onset) + place * self.quarters, 4), round(float(duration), 4), int(pitch))
            for place, item in enumerate(self.ticks)
            for onset, duration, pitch in _rows(item, self.metre)
            if pitch >= 0
        ]


def _rows(item: NDArray[np.int16], metre: Metre) -> Iterator[tuple[float, float, int]]:
    events = events_from_ticks(item, metre)
    yield from zip(events.onsets, events.durations, events.pitches, strict=True)


def choose_items(dataset: Dataset, editor: Editor, count: int, seed: int) -> tuple[list[int], bool]:
    """Draw start measures from the test split at random.

    Measures with three notes or more that do not occur in the training split come first.

    Returns:
        Their numbers in the test split, and whether all of them are absent from the training split.
    """
    items = np.asarray(dataset.items[dataset.split("test")])
    is_rich = is_note(_ticks(editor, items)).sum(axis=(1, 2)) >= _FEWEST_NOTES
    is_new = ~seen_before(items, np.asarray(dataset.items[dataset.split("train")]))
    order = np.random.default_rng(seed).permutation(len(items))
    # A stable sort keeps the random order among equals.
    order = order[np.argsort(-(2 * is_rich + is_new)[order].astype(int), kind="stable")][:count]
    return sorted(order.tolist()), bool(is_new[order].all())


def make_sweeps(
    editor: Editor, dataset: Dataset, name: str, numbers: Sequence[int], way: Setting, seed: int
) -> list[MusicSweep]:
    """Turn one knob for each of the numbered items of the test split.

    Raises:
        DataError: The test split has no such item.
        InputError: There is no such knob.
    """
    if way == "code":
        raise InputError("Measures of music are not swept by code: choose alone, joint, path or exact.")
    indices = starts_in_split(dataset, numbers)
    knob, column = editor.knobs[name], dataset.table.index(name)
    positions = _positions(knob, dataset.table[name].kind)
    traversal = traverse(editor, np.asarray(dataset.items[indices]), name, positions, way, seed)
    return [
        MusicSweep(
            name,
            knob.unit,
            item,
            way,
            traversal.requested[row],
            traversal.values[row, :, column],
            int(traversal.own[row]),
            (knob.low, knob.high),
            _each_by_itself(_ticks(editor, traversal.items[row])),
            _fifths(editor, dataset, int(indices[row])),
            _codec(editor).metre,
        )
        for row, item in enumerate(numbers)
    ]


def _positions(knob: Knob, kind: Kind) -> int | list[float]:
    """How many values are asked for, or which: whole ones where nothing lies between them."""
    if kind == "continuous":
        return POSITIONS
    whole: list[float] = np.unique(np.round(np.linspace(knob.low, knob.high, POSITIONS))).tolist()
    return whole


def _codec(editor: Editor) -> MeasureCodec | PhraseCodec | DMelodyCodec:
    if not isinstance(editor.codec, MeasureCodec | PhraseCodec | DMelodyCodec):
        raise RunError("This run's items are not music: they cannot be engraved or played.")
    return editor.codec


def _ticks(editor: Editor, items: Items) -> NDArray[np.int16]:
    """N items as ticks of their measures, (N, M, T)."""
    codec = _codec(editor)
    return codec.ticks(items).reshape(len(items), -1, codec.metre.ticks)


def _each_by_itself(ticks: NDArray[np.int16]) -> NDArray[np.int16]:
    """Let no note sound on from the item before: here that is another version, not what came before."""
    ticks = ticks.copy()
    first = ticks[:, 0, 0]
    first[first == HOLD] = REST
    return ticks


def _fifths(editor: Editor, dataset: Dataset, index: int) -> int:
    """Key signature of the tune that an item belongs to, as far as the test split holds it."""
    members = dataset.split("test")
    members = members[dataset.groups[members] == dataset.groups[index]]
    metre = _codec(editor).metre
    measures = _ticks(editor, np.asarray(dataset.items[members])).reshape(-1, metre.ticks)
    events = events_from_ticks(measures, metre)
    return estimate_fifths(events.pitches, events.durations)
