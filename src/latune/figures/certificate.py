"""Figures of the control certificate: do the knobs work on the decoded items?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.figures.style import (
    DIVERGING,
    INK,
    MUTED,
    SHADE,
    WAY_COLOURS,
    new_figure,
    note_missing,
    number,
    percent,
    readable,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["cross_talk", "draw_matrix", "hit_rates", "response_curves"]

Certificate = Mapping[str, Any]

WAYS = {
    "alone": "its dimension only",
    "joint": "the others follow",
    "path": "the same, measured",
    "exact": "search",
}
"""The ways of setting a knob, with what they do in short."""


def response_curves(certificate: Certificate) -> Figure:
    """What came out against what was asked for: a row for each knob, a column for each way of setting it.

    The line is the mean over items, the band holds the middle 80 %, the grey stripe is the tolerance.

    Args:
        certificate: The content of `certificate.json`.
    """
    knobs = certificate["knobs"]
    ways = _ways(certificate)
    with styled():
        title = "A knob obeys where its line lies on the dashed diagonal and its band is narrow"
        figure = new_figure(title, 0.9 + 2.1 * len(knobs))
        grid = figure.subplots(len(knobs), len(ways), squeeze=False, sharex="row", sharey="row")
        for row, (name, knob) in zip(grid, knobs.items(), strict=True):
            for axes, way in zip(row, ways, strict=True):
                _draw_response(axes, knob, way, certificate["tolerance"])
            row[0].set_ylabel(f"{readable(name)}{_share_in_words(certificate, knob)}\nmeasured")
        for axes, way in zip(grid[0], ways, strict=True):
            axes.set_title(f"{way}: {WAYS[way]}")
        for axes in grid[-1]:
            axes.set_xlabel("asked for")
    return figure


def _share_in_words(certificate: Certificate, knob: Mapping[str, Any]) -> str:
    """How many items have the attribute, where not all do."""
    items = certificate.get("items")
    having = knob.get("items", items)
    return "" if having == items else f"\n({having} of {items} items)"


def _ways(certificate: Certificate) -> list[str]:
    """The ways of setting a knob that every knob was measured with."""
    return [way for way in WAYS if all(way in knob for knob in certificate["knobs"].values())]


def _draw_response(axes: Axes, knob: Mapping[str, Any], way: str, tolerance: float) -> None:
    targets, part, colour = np.array(knob["targets"], float), knob[way], WAY_COLOURS[way]
    # Where nothing could be measured the certificate has null, and the line a gap.
    mean, low, high = (np.array(part[f"measured_{name}"], float) for name in ("mean", "low", "high"))
    if not len(targets):
        targets = np.array([float(knob["low"]), float(knob["high"])])
        mean = low = high = np.full(2, np.nan)
    span = max(float(knob["high"]) - float(knob["low"]), 1e-12)
    ends = np.array([targets.min() - 0.04 * span, targets.max() + 0.04 * span])
    axes.fill_between(ends, ends - tolerance * span, ends + tolerance * span, color=SHADE, linewidth=0, zorder=0)
    axes.plot(ends, ends, color=MUTED, linewidth=1, linestyle="--", zorder=1)
    axes.fill_between(targets, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(targets, mean, color=colour, marker="o", markersize=4.5, zorder=3)
    axes.set_xlim(*ends)
    if not np.isfinite(mean).any():
        note_missing(axes)


def hit_rates(certificate: Certificate) -> Figure:
    """How often a request was met, with its interval, per knob and way of setting it.

    Args:
        certificate: The content of `certificate.json`.
    """
    knobs, ways = certificate["knobs"], _ways(certificate)
    height = 0.8 / max(len(ways), 1)
    with styled():
        share = percent(certificate["tolerance"])
        title = f"How often the decoded item has the requested value, within {share} of the knob's range"
        figure = new_figure(title, 1.3 + 0.23 * len(ways) * len(knobs))
        axes = figure.subplots()
        for place, way in enumerate(ways):
            rows = np.arange(float(len(knobs))) + (place - (len(ways) - 1) / 2) * height
            _draw_rates(axes, rows, [knob[way]["hit_rate"] for knob in knobs.values()], way, height)
        axes.set_yticks(range(len(knobs)), [readable(name) for name in knobs])
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.set(xlim=(0, 1.07), xlabel="share of requests met, with the 95 % interval")
        axes.set_xticks(np.linspace(0, 1, 6), [percent(value) for value in np.linspace(0, 1, 6)])
        figure.legend(loc="outside lower left", ncols=len(ways))
    return figure


def _draw_rates(
    axes: Axes, rows: NDArray[np.float64], rates: Sequence[Mapping[str, float | None]], way: str, height: float
) -> None:
    """Bars with intervals and numbers, one per knob."""
    values = [rate["value"] or 0.0 for rate in rates]
    axes.barh(rows, values, height * 0.86, color=WAY_COLOURS[way], label=f"{way}: {WAYS[way]}")
    for row, rate, value in zip(rows, rates, values, strict=True):
        ends = [rate["low"], rate["high"]]
        low, high = (value if end is None else end for end in ends)
        axes.plot([low, high], [row, row], color=INK, linewidth=1.4)
        text = "not measured" if rate["value"] is None else percent(value)
        axes.text(max(value, high) + 0.008, row, text, va="center", fontsize=9)


def cross_talk(certificate: Certificate, way: str = "joint") -> Figure:
    """What else changes when a knob is turned: beyond what real items lead to expect, and in all.

    Args:
        certificate: The content of `certificate.json`.
        way: Which way of setting knobs.
    """
    knobs, attributes = certificate["knobs"], certificate["attributes"]
    talk = {name: knob[way]["cross_talk"] for name, knob in knobs.items()}
    unexplained = np.full((len(knobs), len(attributes)), np.nan)
    response = np.full_like(unexplained, np.nan)
    for row, (name, part) in enumerate(talk.items()):
        for column, attribute in enumerate(attributes):
            response[row, column] = _known(part["response"][attribute])
            if attribute != name:
                unexplained[row, column] = _known(part["unexplained"][attribute]["value"])
    top = max(1.0, float(np.max(unexplained, initial=0.0, where=np.isfinite(unexplained))))
    with styled():
        title = f'Cross-talk ("{way}"): where the left is pale, nothing else moves without reason'
        figure = new_figure(title, 1.9 + 0.5 * len(knobs))
        left, right = figure.subplots(1, 2, sharey=True)
        draw_matrix(left, unexplained, list(knobs), attributes, "Blues", (0, top))
        left.set_title("unexplained change (standard deviations)")
        draw_matrix(right, response, list(knobs), attributes, DIVERGING, (-1, 1))
        right.set_title("response (change per change of the turned one)")
        left.set_ylabel("knob that is turned")
    return figure


def _known(value: float | None) -> float:
    return np.nan if value is None else value


def draw_matrix(
    axes: Axes,
    matrix: NDArray[np.float64],
    rows: Sequence[str],
    columns: Sequence[str],
    colours: str,
    limits: tuple[float, float],
) -> None:
    """Draw a heat map with its numbers, and a dash where there is none.

    Args:
        axes: The panel.
        matrix: (R, C), not-a-number where there is nothing.
        rows: Names of the rows, in snake_case or words.
        columns: Names of the columns.
        colours: A colour map of matplotlib.
        limits: Values that have the first and the last colour.
    """
    from matplotlib import colormaps
    from matplotlib.colors import Normalize

    scale, palette = Normalize(*limits, clip=True), colormaps[colours]
    axes.imshow(np.ma.masked_invalid(matrix), cmap=palette, norm=scale, aspect="auto", interpolation="nearest")
    axes.grid(visible=False)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0)
    axes.set_xticks(range(len(columns)), [readable(name) for name in columns], rotation=40, ha="right")
    axes.set_yticks(range(len(rows)), [readable(name) for name in rows])
    for (row, column), value in np.ndenumerate(matrix):
        if not np.isfinite(value):
            axes.text(column, row, "–", ha="center", va="center", fontsize=9, color=MUTED)
            continue
        red, green, blue, _ = palette(scale(value))
        is_dark = 0.30 * red + 0.59 * green + 0.11 * blue < 0.5
        colour = "white" if is_dark else "black"
        axes.text(column, row, number(value, 2), ha="center", va="center", fontsize=9, color=colour)
