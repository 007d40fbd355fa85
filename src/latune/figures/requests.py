"""Request against result, of several methods side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latune.figures.style import MUTED, PAPER, SHADE, WAY_COLOURS, new_figure, note_missing, percent, readable, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Response", "requests_and_results"]

MARGIN = 0.08  # of the range, around it
ENDS = (0.0, 0.5, 1.0)
ALONG = {
    "alone": "the knob's dimension alone",
    "joint": "one joint movement",
    "path": "best of the path",
    "exact": "search",
}


@dataclass(frozen=True)
class Response:
    """What came out where values were asked for, all as share of the knob's range; P requests.

    Args:
        asked: Requested values, (P,), increasing.
        mean: Mean of what was measured, (P,); not a number where nothing could be.
        low: Value below which a tenth of the items lie, (P,).
        high: Value above which a tenth of the items lie, (P,).
        hits: Share of the requests that were met.
    """

    asked: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    hits: float


def requests_and_results(responses: Mapping[str, Mapping[str, Mapping[str, Response]]], tolerance: float) -> Figure:
    """A row for each method, a column for each knob; lines are means over items, bands hold the middle 80 %.

    Args:
        responses: By method, knob and way of setting it ("alone", "joint", "path", "exact"); a method may lack knobs.
        tolerance: Share of the range within which a request is met: the grey corridor.
    """
    knobs = list(dict.fromkeys(knob for row in responses.values() for knob in row))
    ways = [way for way in WAY_COLOURS if any(way in panel for row in responses.values() for panel in row.values())]
    with styled():
        title = f"Ask and get: a knob obeys where its line stays in the grey corridor of ±{percent(tolerance)}"
        figure = new_figure(title, 1.35 + 1.85 * len(responses))
        grid = figure.subplots(len(responses), len(knobs), squeeze=False, sharex=True, sharey=True)
        for axes_row, (method, row) in zip(grid, responses.items(), strict=True):
            for axes, knob in zip(axes_row, knobs, strict=True):
                _draw_panel(axes, row.get(knob, {}), tolerance)
            axes_row[0].set_ylabel(method, fontweight="bold")
        for axes, knob in zip(grid[0], knobs, strict=True):
            axes.set_title(readable(knob))
        figure.supxlabel("asked for, as share of the knob's range; upward: measured on what came out", fontsize=10)
        _legend(figure, ways)
    return figure


def _draw_panel(axes: Axes, panel: Mapping[str, Response], tolerance: float) -> None:
    ends = np.array([-MARGIN, 1 + MARGIN])
    axes.fill_between(ends, ends - tolerance, ends + tolerance, color=SHADE, linewidth=0, zorder=0)
    axes.plot(ends, ends, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    for way in (way for way in WAY_COLOURS if way in panel):
        response, colour = panel[way], WAY_COLOURS[way]
        axes.fill_between(response.asked, response.low, response.high, color=colour, alpha=0.18, linewidth=0, zorder=2)
        axes.plot(response.asked, response.mean, color=colour, zorder=3)
    for place, way in enumerate(way for way in reversed(WAY_COLOURS) if way in panel):
        axes.annotate(
            percent(panel[way].hits),
            (1, 0),
            xytext=(-4, 4 + 12 * place),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="right",
            color=WAY_COLOURS[way],
            fontsize=9,
            fontweight="bold",
            bbox={"boxstyle": "round,pad=0.12", "facecolor": PAPER, "edgecolor": "none", "alpha": 0.75},
            zorder=4,
        )
    labels = [f"{end:.0%}".replace("%", " %") if end else "0" for end in ENDS]
    axes.set(xlim=ends, ylim=ends)
    axes.set_xticks(ENDS, labels)
    axes.set_yticks(ENDS, labels)
    if not any(np.isfinite(response.mean).any() for response in panel.values()):
        note_missing(axes)


def _legend(figure: Figure, ways: list[str]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [Line2D([], [], color=WAY_COLOURS[way], label=f"{way}: {ALONG[way]}") for way in ways]
    band = Patch(color=MUTED, alpha=0.25, linewidth=0, label="middle 80 % of items")
    figure.legend(handles=[*handles, band], loc="outside lower left", ncols=len(handles) + 1)
