"""Runs of several methods on several data sets: a box and a point per run, beside published medians."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.figures.study_hues import Hue, cross, hues_of, jitter, legend_below
from latune.figures.style import INK, new_figure, note_missing, panels, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["BOX_RUNS", "BoxPanel", "box_plots"]

BOX_RUNS = 5
"""From so many runs on a box is drawn; of fewer, the points and a line at their median."""

_WIDTH = 0.8  # of all methods of a data set together; the distance between data sets is 1
_WIDE = 8  # boxes in a panel from which it takes a whole row


@dataclass(frozen=True)
class BoxPanel:
    """One number of all runs.

    Args:
        title: What it is, with its unit.
        values: Values of the runs by (place on the x axis, method), each (n,).
        published: Published medians by the same.
        limits: Ends of the y axis; None: what the values need.
    """

    title: str
    values: Mapping[tuple[str, str], NDArray[np.float64]]
    published: Mapping[tuple[str, str], float] = field(default_factory=dict)
    limits: tuple[float, float] | None = None


def box_plots(contents: Sequence[BoxPanel], places: Sequence[str], methods: Sequence[str], title: str) -> Figure:
    """A panel for each number: places, such as data sets, side by side, and in each of them the methods.

    A box reaches from the first to the third quartile with a line at the median, whiskers to the last run within 1.5
    times its height; every run is a point, moved sideways only to be seen.

    Args:
        contents: The numbers.
        places: What stands on the x axis, in order.
        methods: What has a colour, in order.
        title: What to look at.

    Raises:
        InputError: There are more methods than can be told apart.
    """
    hues = hues_of(methods)
    wide = len(contents) == 1 or len(places) * len(methods) > _WIDE
    columns = 1 if wide else 2
    with styled():
        figure = new_figure(title, 1.1 + 2.6 * -(-len(contents) // columns))
        for axes, content in zip(panels(figure, len(contents), columns), contents, strict=True):
            _draw(axes, content, places, hues, columns)
        is_compared = any(content.published for content in contents)
        legend_below(figure, hues, others=[cross("published median")] if is_compared else [])
    return figure


def _draw(axes: Axes, content: BoxPanel, places: Sequence[str], hues: Mapping[str, Hue], columns: int) -> None:
    width = _WIDTH / len(hues)
    for number, place in enumerate(places):
        for order, (method, hue) in enumerate(hues.items()):
            x = number + (order - (len(hues) - 1) / 2) * width
            values = np.asarray(content.values.get((place, method), ()), float)
            _runs(axes, x, values[np.isfinite(values)], width, hue)
            if (place, method) in content.published:
                axes.plot(
                    x, content.published[place, method], "x", color=INK, markersize=7, markeredgewidth=1.6, zorder=5
                )
    letters = max(8, round(85 / columns / len(places)))
    axes.set_xticks(range(len(places)), [textwrap.fill(place, letters) for place in places])
    axes.set(xlim=(-0.5, len(places) - 0.5), title=content.title)
    axes.tick_params(axis="x", length=0)
    axes.grid(visible=False, axis="x")
    if content.limits is not None:
        axes.set_ylim(*content.limits)
    if not any(len(values) for values in content.values.values()):
        note_missing(axes)


def _runs(axes: Axes, x: float, values: NDArray[np.float64], width: float, hue: Hue) -> None:
    """The runs of one method in one place."""
    if len(values) >= BOX_RUNS:
        line: Any = {"color": hue.colour, "linewidth": 1.2}
        axes.boxplot(
            [values],
            positions=[x],
            widths=[0.72 * width],
            showfliers=False,
            manage_ticks=False,
            patch_artist=True,
            boxprops={"facecolor": hue.colour + "33", "edgecolor": hue.colour, "linewidth": 1.2},
            medianprops={"color": hue.colour, "linewidth": 2.2, "solid_capstyle": "butt"},
            whiskerprops=line,
            capprops=line,
        )
    elif len(values):
        reach = 0.36 * width
        axes.hlines(np.median(values), x - reach, x + reach, color=hue.colour, linewidth=2.2)
    sideways = jitter(len(values), 0.2 * width)
    look: Any = {"s": 16, "marker": hue.marker, "facecolors": hue.face, "edgecolors": INK, "linewidths": 0.4}
    axes.scatter(x + sideways, values, zorder=4, clip_on=False, **look)
