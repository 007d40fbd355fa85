"""Figures of what was measured of a run of songs: accuracy of tracks, likeness to real phrases, style transfer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.figures.style import (
    BLUE,
    GRID,
    INK,
    MUTED,
    ORANGE,
    PAPER,
    VERMILION,
    new_figure,
    note_missing,
    percent,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["song_quality", "style_transfer", "track_accuracy"]

Floats = NDArray[np.floating[Any]]

_LOOKS: tuple[tuple[str, str], ...] = ((INK, "D"), (BLUE, "o"), (VERMILION, "s"))
_NARROWEST = 0.1  # of a measure's whole range: what an axis shows at least
_ROW = 0.62  # inches of a track, or of a measure


def track_accuracy(
    names: Sequence[str], accuracy: Floats, intervals: Floats, baseline: Floats, baseline_intervals: Floats
) -> Figure:
    """Share of right tokens of each track beside that of always saying its most frequent token.

    Args:
        names: The tracks.
        accuracy: (K,), 0 to 1; not a number where nothing was measured.
        intervals: Low and high end of each, (K, 2); not numbers where unknown.
        baseline: Of the most frequent token, (K,).
        baseline_intervals: The same of the baseline, (K, 2).
    """
    with styled():
        figure = new_figure("What a track gains over its most frequent token is what the code knows of it", 2.9)
        axes = figure.subplots()
        places = np.arange(len(names))[::-1].astype(float)
        axes.hlines(places, baseline, accuracy, GRID, linewidth=5, zorder=1)
        _draw_dots(axes, places, baseline, baseline_intervals, MUTED, "D", "most frequent token")
        _draw_dots(axes, places, accuracy, intervals, BLUE, "o", "from the code")
        for place, value in zip(places, accuracy, strict=True):
            if np.isfinite(value):
                axes.annotate(
                    percent(float(value)), (value, place), (0, 8), textcoords="offset points", ha="center", fontsize=9
                )
        axes.set(xlim=(0, 1), ylim=(-0.6, len(names) - 0.4), xlabel="share of tokens that are right")
        axes.set_yticks(places, list(names))
        _tidy(axes)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower right", ncols=2)
    return figure


def song_quality(
    values: Floats, intervals: Floats, measures: Sequence[str], kinds: Sequence[str], ranges: Floats
) -> Figure:
    """What phrases are like, a row for each measure, a dot for each kind of phrase; rows have scales of their own.

    Args:
        values: (M, K); not a number where nothing was measured.
        intervals: Low and high end of each, (M, K, 2); not numbers where unknown.
        measures: The M measures, with their units.
        kinds: The K kinds, at most three, of which the first one is real.
        ranges: Smallest and largest value that each measure can have, (M, 2).
    """
    with styled():
        title = "Dots that lie on the real ones: what is decoded is like real phrases in that respect"
        figure = new_figure(title, 0.9 + _ROW * len(measures) * 1.25)
        drawn = figure.subplots(len(measures), 1, squeeze=False)[:, 0]
        places = np.arange(len(kinds))[::-1] * 0.8
        for axes, name, row, ends, whole in zip(drawn, measures, values, intervals, ranges, strict=True):
            limits = _limits(np.concatenate([row, ends.ravel()]), whole)
            axes.set(xlim=limits, ylim=(-0.6, places[0] + 0.6))
            if np.isfinite(row[0]):
                axes.axvline(row[0], color=MUTED, linewidth=1, linestyle=(0, (3, 3)), zorder=1)
            for kind, (colour, marker) in zip(range(len(kinds)), _LOOKS, strict=False):
                part = slice(kind, kind + 1)
                _draw_dots(axes, places[part], row[part], ends[part], colour, marker, kinds[kind])
            axes.set_yticks([places.mean()], [name])
            axes.locator_params(axis="x", nbins=6)
            _tidy(axes)
            axes.tick_params(axis="x", labelsize=8, pad=2)
            if not np.isfinite(row).any():
                note_missing(axes)
        figure.legend(*drawn[0].get_legend_handles_labels(), loc="outside lower right", ncols=len(kinds))
    return figure


def style_transfer(
    probability: Floats, probability_intervals: Floats, kept: Floats, kept_intervals: Floats, arrived: float
) -> Figure:
    """Phrases carried into another genre: are they of that genre, and what stays of them?

    Args:
        probability: Of the wanted genre, by a classifier: before, after, and of a phrase drawn afresh, (3,).
        probability_intervals: (3, 2).
        kept: Share of the tokens and rank correlation of the pitches, (2, 2): a row each; of the carried phrase, and of
            the one drawn afresh.
        kept_intervals: (2, 2, 2).
        arrived: Share that the classifier takes for the wanted genre, 0 to 1; not a number where unknown.
    """
    with styled():
        figure = new_figure("Style transfer should arrive and yet keep more than a phrase drawn afresh", 2.9)
        left, right = figure.subplots(1, 2)
        looks = ((MUTED, "D", "before"), (BLUE, "o", "carried"), (ORANGE, "s", "drawn afresh"))
        for place, (colour, marker, name) in enumerate(looks):
            part = slice(place, place + 1)
            at = np.array([2.0 - place])
            _draw_dots(left, at, probability[part], probability_intervals[part], colour, marker, name)
        if np.isfinite(probability[:2]).all():
            arrow = {"arrowstyle": "-|>", "color": BLUE, "linewidth": 1.2, "shrinkA": 5, "shrinkB": 5}
            left.annotate("", (probability[1], 1.0), (probability[0], 2.0), arrowprops=arrow, zorder=1)
        left.set(xlim=(0, 1), ylim=(-0.6, 2.6), xlabel="probability of the wanted genre")
        left.set_yticks([2, 1, 0], [name for _, _, name in looks])
        left.set_title("Does it arrive?" + (f" {percent(arrived)} of the phrases do" if np.isfinite(arrived) else ""))
        places = np.array([1.0, 0.0])
        for column, (colour, marker, name) in enumerate(looks[1:]):
            at = places + 0.13 - 0.26 * column
            _draw_dots(right, at, kept[:, column], kept_intervals[:, column], colour, marker, name)
        low = min(0.0, _lowest(kept, kept_intervals) - 0.05)
        right.set(xlim=(low, 1), ylim=(-0.6, 1.6), xlabel="tokens: share that is equal; contour: rank correlation")
        right.set_yticks(places, ["tokens", "contour"])
        right.set_title("What stays of the phrase?")
        for axes in (left, right):
            _tidy(axes)
    return figure


def _draw_dots(
    axes: Axes, places: Floats, values: Floats, intervals: Floats, colour: str, marker: str, name: str
) -> None:
    """Dots (N,) with their intervals (N, 2) as thin lines; what is not known is left out."""
    known = np.isfinite(intervals).all(axis=1)
    axes.hlines(places[known], intervals[known, 0], intervals[known, 1], colour, linewidth=1.6, zorder=2)
    axes.plot(
        values,
        places,
        marker,
        color=colour,
        markersize=8,
        markeredgecolor=PAPER,
        markeredgewidth=1,
        clip_on=False,
        label=name,
        zorder=3,
    )


def _tidy(axes: Axes) -> None:
    """Rows need no lines of their own."""
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0, pad=10)
    axes.spines["left"].set_visible(False)


def _limits(values: Floats, whole: Floats) -> tuple[float, float]:
    """What an axis shows: all values with some room, but no less than a tenth of the whole range, and never beyond."""
    known = values[np.isfinite(values)]
    if not len(known):
        return float(whole[0]), float(whole[1])
    room = max(np.ptp(known) * 0.12, (_NARROWEST * (whole[1] - whole[0]) - np.ptp(known)) / 2)
    return float(max(whole[0], known.min() - room)), float(min(whole[1], known.max() + room))


def _lowest(values: Floats, intervals: Floats) -> float:
    known = np.concatenate([values.ravel(), intervals.ravel()])
    known = known[np.isfinite(known)]
    return float(known.min()) if len(known) else 0.0
