"""Request against result, of several methods side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.figures.style import (
    GRID,
    INK,
    MUTED,
    PAPER,
    SHADE,
    WAY_COLOURS,
    new_figure,
    note_missing,
    percent,
    readable,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Response", "requests_and_results"]

MARGIN = 0.08  # of the range, around it
ENDS = (0.0, 0.5, 1.0)
NAME_WIDTH = 18  # characters, beyond which a method's name takes another line
ALONG = {
    "alone": "its dimension only",
    "joint": "one movement, the others follow",
    "path": "the same, measured",
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
        title = "Ask and get: a knob obeys where its line lies on the dashed diagonal and its band is narrow"
        figure = new_figure(title, 1.15 + 1.9 * len(responses))
        grid = figure.subplots(len(responses), len(knobs), squeeze=False, sharex=True, sharey=True)
        for axes_row, (method, row) in zip(grid, responses.items(), strict=True):
            for axes, knob in zip(axes_row, knobs, strict=True):
                _draw_panel(axes, row.get(knob, {}), tolerance)
            axes_row[0].set_ylabel("measured")
            _name(axes_row[0], method)
        for axes, knob in zip(grid[0], knobs, strict=True):
            axes.set_title(readable(knob))
        for axes in grid[-1]:
            axes.set_xlabel("asked for")
        _legend(figure, ways, tolerance)
    return figure


def _name(axes: Axes, method: str) -> None:
    """The method's name to the left of its row."""
    text, place = "\n".join(wrap(method, NAME_WIDTH)), (-54, 0)
    axes.annotate(
        text,
        (0, 0.5),
        place,
        "axes fraction",
        "offset points",
        rotation=90,
        ha="right",
        va="center",
        multialignment="center",
        fontweight="bold",
    )


def _draw_panel(axes: Axes, panel: Mapping[str, Response], tolerance: float) -> None:
    ends = np.array([-MARGIN, 1 + MARGIN])
    axes.fill_between(ends, ends - tolerance, ends + tolerance, color=SHADE, linewidth=0, zorder=0)
    for way in (way for way in WAY_COLOURS if way in panel):
        response, colour = panel[way], WAY_COLOURS[way]
        axes.fill_between(response.asked, response.low, response.high, color=_pale(colour), linewidth=0, zorder=1)
        for edge in (response.low, response.high):
            axes.plot(response.asked, edge, color=colour, linewidth=0.7, alpha=0.8, zorder=2)
        axes.plot(response.asked, response.mean, color=colour, zorder=4)
    for offset in (-tolerance, tolerance):
        axes.plot(ends, ends + offset, color=MUTED, linewidth=0.4, zorder=3)
    axes.plot(ends, ends, color=INK, linewidth=0.8, linestyle=(0, (4, 3)), zorder=3)
    _draw_hits(axes, panel)
    labels = [percent(end) if end else "0" for end in ENDS]
    axes.set(xlim=ends, ylim=ends)
    axes.set_xticks(ENDS, labels)
    axes.set_yticks(ENDS, labels)
    if not any(np.isfinite(response.mean).any() for response in panel.values()):
        note_missing(axes)


def _draw_hits(axes: Axes, panel: Mapping[str, Response]) -> None:
    """How often each way met its requests, in the corner below the diagonal."""
    behind = {"boxstyle": "square,pad=0.1", "facecolor": PAPER, "edgecolor": "none", "alpha": 0.8}
    ways = [way for way in WAY_COLOURS if way in panel]
    for place, way in enumerate(reversed(ways)):
        height = 5 + 12 * place
        common: Any = {"xycoords": "axes fraction", "textcoords": "offset points", "fontsize": 9, "zorder": 6}
        axes.annotate(percent(panel[way].hits), (1, 0), (-4, height), ha="right", bbox=behind, **common)
        axes.annotate("\N{BLACK SQUARE}", (1, 0), (-37, height), ha="right", color=WAY_COLOURS[way], **common)


def _pale(colour: str) -> tuple[float, float, float]:
    """The colour of a band: opaque, or two bands on each other would look like a third colour."""
    from matplotlib.colors import to_rgb

    red, green, blue = (0.22 * own + 0.78 * paper for own, paper in zip(to_rgb(colour), to_rgb(PAPER), strict=True))
    return red, green, blue


def _legend(figure: Figure, ways: list[str], tolerance: float) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [Line2D([], [], color=WAY_COLOURS[way], label=f"{way}: {ALONG[way]}") for way in ways]
    handles.append(Patch(color=GRID, linewidth=0, label="bands: middle 80 % of items"))
    handles.append(Patch(color=SHADE, linewidth=0, label=f"requests met: within {percent(tolerance)}"))
    figure.legend(handles=handles, loc="outside lower left", ncols=len(handles), fontsize=9, columnspacing=1.4)
