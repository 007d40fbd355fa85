"""Piano rolls of phrases of songs: four tracks above each other, phrases below each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.figures.keys import BLACK_KEYS, key_name
from latune.figures.style import (
    BLUE,
    GREEN,
    GRID,
    INK,
    MUTED,
    PURPLE,
    SHADE,
    VERMILION,
    WIDTH,
    new_figure,
    styled,
)
from latune.music.songs.drums import KICK, drum_name
from latune.music.songs.song import Part
from latune.music.songs.tokens import DRUMS, SILENCE, STEPS_PER_BAR, TRACKS, onsets
from latune.music.songs.writing import song_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure

__all__ = ["song_roll"]

_COLOURS = (VERMILION, BLUE, GREEN, PURPLE)  # of the tracks
_BAR_LINE = "#aab1ba"  # between GRID and MUTED
_LEFT, _RIGHT, _TOP, _BOTTOM = 1.02, 0.12, 0.12, 0.44  # inches, margins of the figure
_TITLE, _HEADING, _GAP, _BETWEEN = 0.34, 0.27, 0.05, 0.3  # inches: above the figure, a phrase; below a track, a phrase
_ROW, _DRUM_ROW, _LOWEST_DRUM_ROW = 0.042, 0.135, 0.108  # inches of a semitone and of a drum
_LOWEST_TRACK, _HIGHEST_TRACK = 0.55, 1.4  # inches
_SEVERAL, _SMALLER = 3, 0.65  # more phrases than so many are drawn so much smaller
_SMALLEST_RANGE = 11  # semitones that are always shown
_LABEL = 0.1  # inches that a label needs
_NOTE_HEIGHT, _LOWEST_NOTE = 0.84, 0.068  # rows, but at least so many inches
_NOTE_GAP, _HIT_GAP, _HEAD = 0.12, 0.3, 0.25  # steps between notes, between hits; of a note's dark beginning
_BEATS, _BARS_PER_LINE = 4, 4

_Tokens = NDArray[np.integer[Any]]
_Values = NDArray[np.float64]
_Rows = NDArray[np.int64]
"""The pitches that the rows of a track stand for, from below."""


def song_roll(phrases: _Tokens, names: Sequence[str] = (), title: str = "", compare: bool = False) -> Figure:
    """Phrases below each other, each as four tracks: hits by drum, and notes by pitch.

    All phrases have the same rows. Notes have a dark head where they begin, black keys are shaded, thin lines are
    beats and thicker ones bar lines; every fourth bar line is dark. Compared with the first phrase, the notes that it
    has too are in colour, those that it has not are dark, and those that are missing are outlined.

    Args:
        phrases: Tokens (T, 4), or several of them, (P, T, 4).
        names: What each phrase is; written above it.
        title: A sentence above the figure, none if empty.
        compare: Whether the other phrases are compared with the first one.

    Raises:
        InputError: They are no such tokens, or there is not one name per phrase.
    """
    phrases = np.asarray(phrases)
    phrases = phrases[None] if phrases.ndim == 2 else phrases
    songs = [song_of(phrase) for phrase in phrases]
    if names and len(names) != len(phrases):
        raise InputError(f"Expected a name for each of the {len(phrases)} phrases, got {len(names)}.")
    rows = [_rows(phrases[..., place], place == DRUMS) for place in range(len(TRACKS))]
    scale = _SMALLER if len(phrases) > _SEVERAL else 1.0
    heights = [_height(track, place == DRUMS, scale) for place, track in enumerate(rows)]
    of_phrase = (_HEADING if names else 0) + sum(heights) + _GAP * (len(TRACKS) - 1)
    above = _TOP + (_TITLE if title else 0)
    height = above + len(phrases) * (of_phrase + _BETWEEN) - _BETWEEN + _BOTTOM
    with styled():
        figure = new_figure(title, height)
        figure.set_layout_engine("none")  # everything has its place
        for text in figure.texts:
            text.set_y(1 - 0.12 / height)
        top = above
        for index, song in enumerate(songs):
            if names:
                _write_heading(figure, names[index], top / height)
                top += _HEADING
            for place, track in enumerate(song.parts):
                axes = _axes(figure, top / height, heights[place] / height)
                others = songs[0].parts[place] if compare and index else None
                _draw_grid(axes, rows[place], track.is_drum, song.steps)
                _draw_notes(axes, track, others, rows[place], heights[place])
                _label_rows(axes, track, rows[place], heights[place])
                is_last = place == len(TRACKS) - 1
                _label_bars(axes, song.steps, is_last, is_last and index == len(songs) - 1)
                top += heights[place] + _GAP
            top += _BETWEEN - _GAP
    return figure


def _rows(tokens: _Tokens, is_drum: bool) -> _Rows:
    """The drums that are hit, or every pitch from the lowest to the highest note with some room around."""
    pitches = np.unique(tokens[onsets(tokens)]).astype(np.int64)
    if is_drum:
        return pitches if len(pitches) else np.array([KICK], np.int64)
    low, high = (int(pitches[0]), int(pitches[-1])) if len(pitches) else (60, 60)
    missing = max(0, _SMALLEST_RANGE - (high - low))
    return np.arange(low - 1 - missing // 2, high + 2 + (missing + 1) // 2)


def _height(rows: _Rows, is_drum: bool, scale: float) -> float:
    """Inches of a track."""
    row = max(scale * _DRUM_ROW, _LOWEST_DRUM_ROW) if is_drum else scale * _ROW
    return float(np.clip(len(rows) * row, scale * _LOWEST_TRACK, _HIGHEST_TRACK))


def _axes(figure: Figure, top: float, height: float) -> Axes:
    """Axes below `top`; both are shares of the figure."""
    place = (_LEFT / WIDTH, 1 - top - height, (WIDTH - _LEFT - _RIGHT) / WIDTH, height)
    return figure.add_axes(place)


def _write_heading(figure: Figure, name: str, top: float) -> None:
    figure.text(_LEFT / WIDTH, 1 - top, name, ha="left", va="top", fontsize=10, fontweight="bold", color=INK)


def _draw_grid(axes: Axes, rows: _Rows, is_drum: bool, steps: int) -> None:
    """Black keys, or every other drum; beats and bar lines."""
    axes.set(xlim=(0, steps), ylim=(-0.5, len(rows) - 0.5))
    axes.grid(visible=False)
    axes.tick_params(length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    every = np.arange(len(rows))
    shaded = every[every % 2 == 1 if is_drum else np.isin(rows % 12, BLACK_KEYS)]
    axes.add_collection(_drawn(_bands(shaded, steps), SHADE, 0))
    bars = np.arange(0, steps + 1, STEPS_PER_BAR)
    lines = (
        (np.arange(0, steps, STEPS_PER_BAR // _BEATS), GRID, 0.4),
        (bars, _BAR_LINE, 0.7),
        (bars[::_BARS_PER_LINE], MUTED, 1.0),
    )
    for places, colour, width in lines:
        axes.vlines(places, -0.5, len(rows) - 0.5, colour, linewidth=width, zorder=1)


def _draw_notes(axes: Axes, part: Part, first: Part | None, rows: _Rows, height: float) -> None:
    """The notes of a track `height` inches high, compared with those of the first phrase where there are such."""
    inches = height / len(rows)  # of a row
    tall = max(_NOTE_HEIGHT, _LOWEST_NOTE / inches)
    colour = _COLOURS[TRACKS.index(part.name)]
    boxes = _boxes(part, rows, tall)
    known = np.ones(len(boxes), bool) if first is None else np.isin(_places(part), _places(first))
    axes.add_collection(_drawn(boxes[known], colour, 3))
    axes.add_collection(_drawn(boxes[~known], INK, 3))
    if first is not None:
        missing = _boxes(first, rows, tall)[~np.isin(_places(first), _places(part))]
        axes.add_collection(_drawn(missing, "none", 2, edgecolor=colour, linewidth=0.8))
    if not part.is_drum:
        axes.add_collection(_drawn(_boxes(part, rows, tall, _HEAD)[known], INK, 4, alpha=0.6))


def _places(part: Part) -> NDArray[np.int64]:
    """When and which, as one number per note."""
    return np.asarray(part.start.astype(np.int64) * SILENCE + part.pitch)


def _boxes(part: Part, rows: _Rows, tall: float, longest: float = np.inf) -> _Values:
    """Corners of the notes, (N, 4, 2), in steps and rows; drums are hits of one step."""
    row, left = np.searchsorted(rows, part.pitch).astype(float), part.start.astype(float)
    length = 1 - _HIT_GAP if part.is_drum else part.end - part.start - _NOTE_GAP
    return _corners(left, left + np.minimum(length, longest), row - tall / 2, row + tall / 2)


def _bands(rows: _Rows, steps: int) -> _Values:
    """Corners of whole rows, (N, 4, 2)."""
    middle = rows.astype(float)
    return _corners(np.zeros(len(rows)), np.full(len(rows), float(steps)), middle - 0.5, middle + 0.5)


def _corners(left: _Values, right: _Values, low: _Values, high: _Values) -> _Values:
    return np.stack([left, low, right, low, right, high, left, high], axis=1).reshape(-1, 4, 2)


def _drawn(boxes: _Values, colour: str, zorder: int, **look: Any) -> PolyCollection:
    """Boxes as one element."""
    from matplotlib.collections import PolyCollection

    return PolyCollection(list(boxes), facecolor=colour, zorder=zorder, **{"linewidth": 0, **look})


def _label_rows(axes: Axes, part: Part, rows: _Rows, height: float) -> None:
    """Names of drums and pitches, as many as fit into `height` inches, and the name of the track."""
    inches = height / len(rows)
    if part.is_drum:
        shown = np.arange(0, len(rows), max(1, round(_LABEL / inches)))
        labels = [drum_name(pitch) for pitch in rows[shown].tolist()]
    else:
        shown = np.flatnonzero(np.isin(rows % 12, (0, 7) if 5 * inches >= _LABEL else (0,)))
        labels = [key_name(pitch) for pitch in rows[shown].tolist()]
    axes.set_yticks(shown, labels, fontsize=7)
    axes.annotate(
        part.name,
        (-(_LEFT - 0.12) / (WIDTH - _LEFT - _RIGHT), 0.5),
        xycoords="axes fraction",
        rotation=90,
        ha="center",
        va="center",
        fontsize=9,
        fontweight="bold",
        color=_COLOURS[TRACKS.index(part.name)],
    )


def _label_bars(axes: Axes, steps: int, shown: bool, is_last: bool) -> None:
    """Numbers of the bars below the last track, and what they are below the last phrase."""
    bars = np.arange(steps // STEPS_PER_BAR)
    middles = (bars + 0.5) * STEPS_PER_BAR
    axes.set_xticks(middles, [str(bar + 1) for bar in bars] if shown else ["" for _ in bars], fontsize=8)
    if is_last:
        axes.set_xlabel("bar", labelpad=2)
