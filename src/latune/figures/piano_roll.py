"""The piano roll of a sweep, with the curve of its attribute beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.figures.curve import draw_curve
from latune.figures.keys import BLACK_KEYS, key_name
from latune.figures.style import (
    BLUE,
    GRID,
    INK,
    MUTED,
    ORANGE,
    SHADE,
    decimals,
    new_figure,
    number,
    readable,
    styled,
    unit_words,
)
from latune.music.measure import Events, events_from_ticks
from latune.music.metre import COMMON_TIME, Metre

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PatchCollection
    from matplotlib.figure import Figure

__all__ = ["piano_roll"]

_SMALLEST_RANGE = 12  # semitones that are always shown
_NOTE_HEIGHT = 0.84  # semitones
_NOTE_GAP = 0.04  # quarters between a note and the next
_ONSET_WIDTH = 0.07  # quarters

_Box = tuple[float, float, float, float]
"""Left, bottom, width, height in quarters and semitones."""


def piano_roll(
    ticks: NDArray[np.int16],
    values: Sequence[float] | NDArray[np.float64],
    name: str,
    unit: str,
    limits: tuple[float, float],
    requested: Sequence[float] | NDArray[np.float64] | None = None,
    own: int | None = None,
    title: str = "",
    prefix: str = "",
    metre: Metre = COMMON_TIME,
    noun: str = "measure",
) -> Figure:
    """Measures one after the other, and the value of an attribute in each.

    Notes are bars with a dark head where they begin, black keys are shaded, thin lines are beats, thick ones bar
    lines. With `own`, the item as it is stands out and its notes are outlined in every other measure.

    Args:
        ticks: Measures, (P, T), or items of M measures each, (P, M, T); each is drawn by itself.
        values: Measured attribute of each, (P,).
        name: The attribute.
        unit: Its unit.
        limits: Lowest and highest value of the value axis; it grows where needed.
        requested: What was asked for in each, (P,).
        own: The measure that shows the item unchanged.
        title: A sentence above the figure, none if empty.
        prefix: Begins the identifiers of the notes and of the roll in an SVG: "prefix-note-0", "prefix-roll".
        metre: Of the measures.
        noun: What an item is called.
    """
    with styled():
        figure = new_figure(title, 3.05 if title else 2.75)
        # Margins by hand: laying out by measuring every text takes longer than drawing.
        figure.set_layout_engine("none")
        top = 0.76 if title else 0.85
        margins = {"left": 0.055, "right": 0.995, "bottom": 0.17, "top": top, "wspace": 0.11}
        roll, curve = figure.subplots(1, 2, width_ratios=(4.8, 1), gridspec_kw=margins)
        if title:
            figure.suptitle(title, x=0.01, y=0.97, ha="left", fontsize=12, fontweight="bold")
        items = ticks.reshape(len(ticks), -1, ticks.shape[-1])
        quarters = items.shape[1] * metre.quarters  # of an item
        measures = [events_from_ticks(item, metre) for item in items]
        low, high = _pitch_limits(ticks)
        _draw_grid(roll, items.shape[:2], low, high, metre, noun)
        if own is not None:
            others = [index for index in range(len(ticks)) if index != own]
            outlines = [box for index in others for box in _boxes(measures[own], index * quarters)]
            roll.add_collection(_boxes_of_one_look(outlines, "none", zorder=2, edgecolor=MUTED, linestyle=":"))
        _draw_notes(roll, measures, own, prefix, quarters)
        places = decimals(limits[1] - limits[0])
        for index, value in enumerate(values):
            asked = None if requested is None else number(requested[index], places)
            _draw_heading(roll, (index + 0.5) * quarters, number(value, places), asked, index == own)
        if prefix:
            roll.patch.set_gid(f"{prefix}-roll")
        draw_curve(curve, np.asarray(values, float), requested, own, limits, noun)
        curve.set_title(f"{readable(name)}\n{unit_words(unit)}", fontsize=8.5, pad=4)
    return figure


def _pitch_limits(ticks: NDArray[np.int16]) -> tuple[int, int]:
    """Lowest and highest pitch that are drawn."""
    pitches = ticks[ticks >= 0]
    low, high = (int(pitches.min()), int(pitches.max())) if len(pitches) else (60, 72)
    missing = max(0, _SMALLEST_RANGE - (high - low))
    return low - 1 - missing // 2, high + 1 + (missing + 1) // 2


def _draw_grid(axes: Axes, shape: tuple[int, int], low: int, high: int, metre: Metre, noun: str) -> None:
    """Rows of keys, beats and bar lines of so many items of so many measures."""
    items, measures = shape[0], shape[0] * shape[1]
    length = measures * metre.quarters
    black = [pitch for pitch in range(low, high + 1) if pitch % 12 in BLACK_KEYS]
    rows = [(0.0, pitch - 0.5, float(length), 1.0) for pitch in black]
    axes.add_collection(_boxes_of_one_look(rows, SHADE, zorder=0))
    bar_lines = np.arange(measures + 1) * metre.quarters
    beats = np.arange(measures * metre.beats) * metre.quarters / metre.beats
    axes.vlines(np.setdiff1d(beats, bar_lines), low - 0.5, high + 0.5, GRID, linewidth=0.6, zorder=1)
    axes.vlines(bar_lines, low - 0.5, high + 0.5, INK, linewidth=1, zorder=1)
    axes.grid(visible=False)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    named = (0, 2, 4, 7, 9) if high - low <= 18 else (0, 4, 7) if high - low <= 26 else (0, 7)
    shown = [pitch for pitch in range(low, high + 1) if pitch % 12 in named]
    axes.set_yticks(shown, [key_name(pitch) for pitch in shown])
    middles = [(index + 0.5) * length / items for index in range(items)]
    axes.set_xticks(middles, [str(index + 1) for index in range(items)])
    axes.tick_params(length=0)
    axes.set(xlim=(-0.05, length + 0.05), ylim=(low - 0.5, high + 0.5), xlabel=noun)


def _boxes(events: Events, start: float) -> list[_Box]:
    """Where the notes of one measure that starts at so many quarters are drawn."""
    notes = events.pitches >= 0
    lefts, widths = start + events.onsets[notes], events.durations[notes] - _NOTE_GAP
    bottoms = events.pitches[notes] - _NOTE_HEIGHT / 2
    rows = zip(lefts.tolist(), bottoms.tolist(), widths.tolist(), strict=True)
    return [(left, bottom, width, _NOTE_HEIGHT) for left, bottom, width in rows]


def _boxes_of_one_look(boxes: Sequence[_Box], colour: str, zorder: int, **look: Any) -> PatchCollection:
    """Many boxes as one element, which draws faster."""
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    patches = [Rectangle((left, bottom), width, height) for left, bottom, width, height in boxes]
    return PatchCollection(patches, facecolor=colour, zorder=zorder, **{"linewidth": 0.0 if not look else 1.0, **look})


def _draw_notes(axes: Axes, measures: Sequence[Events], own: int | None, prefix: str, quarters: float) -> None:
    """Draw all notes, each with a name of its own where there is a prefix, and their heads."""
    from matplotlib.patches import Rectangle

    heads: list[_Box] = []
    for index, events in enumerate(measures):
        for left, bottom, width, height in _boxes(events, index * quarters):
            colour = ORANGE if index == own else BLUE
            note = Rectangle((left, bottom), width, height, facecolor=colour, linewidth=0, zorder=3)
            if prefix:
                note.set_gid(f"{prefix}-note-{len(heads)}")
            axes.add_patch(note)
            heads.append((left, bottom, _ONSET_WIDTH, height))
    axes.add_collection(_boxes_of_one_look(heads, INK, zorder=4))


def _draw_heading(axes: Axes, middle: float, value: str, asked: str | None, is_own: bool) -> None:
    """What was asked for and measured, above the measure."""
    text = value if asked is None else f"{'own' if is_own else 'asked'} {asked}\ngot {value}"
    axes.annotate(
        text,
        (middle, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 4),
        textcoords="offset points",
        ha="center",
        fontsize=8.5,
        fontweight="bold" if is_own else "normal",
    )
