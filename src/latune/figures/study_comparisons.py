"""What differs and what goes together in a study: paired differences with intervals, rank correlations of metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.figures.certificate import draw_matrix
from latune.figures.style import BLUE, DIVERGING, INK, MUTED, PAPER, new_figure, panels, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["CorrelationPanel", "Difference", "DifferencePanel", "correlation_maps", "paired_differences"]


@dataclass(frozen=True)
class Difference:
    """A paired difference.

    Args:
        name: What minus what, and where.
        value: Its mean.
        low: Lower end of its 95 % interval.
        high: Upper end.
        pairs: How many pairs.
    """

    name: str
    value: float
    low: float
    high: float
    pairs: int


@dataclass(frozen=True)
class DifferencePanel:
    """Differences of one metric.

    Args:
        title: The metric, with its unit.
        differences: A row each.
        better: "higher" or "lower", if one of them is better.
    """

    title: str
    differences: Sequence[Difference]
    better: str | None = None


def paired_differences(contents: Sequence[DifferencePanel]) -> Figure:
    """A panel for each metric and a row for each difference: mean and interval, filled where that leaves out 0.

    Args:
        contents: The metrics.
    """
    tallest = max((len(content.differences) for content in contents), default=1)
    alike = len({tuple(_row_name(one) for one in content.differences) for content in contents}) == 1
    columns = min(3 if alike else 2, len(contents))
    with styled():
        title = "Differences between methods, seed by seed: filled where the 95 % interval leaves out 0"
        figure = new_figure(title, 0.9 + (0.75 + 0.3 * tallest) * -(-len(contents) // max(columns, 1)))
        for place, axes in enumerate(panels(figure, len(contents), columns)):
            _draw(axes, contents[place], named=not alike or place % columns == 0)
    return figure


def _row_name(one: Difference) -> str:
    return f"{one.name}  (n = {one.pairs})"


def _draw(axes: Axes, content: DifferencePanel, named: bool) -> None:
    axes.axvline(0, color=INK, linewidth=1, zorder=1)
    for row, one in enumerate(content.differences):
        sure = not one.low <= 0 <= one.high
        axes.hlines(row, one.low, one.high, color=BLUE, linewidth=1.8, zorder=2)
        look: Any = {
            "markersize": 6.5,
            "markerfacecolor": BLUE if sure else PAPER,
            "markeredgecolor": BLUE,
            "zorder": 3,
        }
        axes.plot(one.value, row, "o", **look)
    names = [_row_name(one) for one in content.differences]
    axes.set_yticks(range(len(names)), names if named else [""] * len(names), fontsize=8)
    axes.set(ylim=(len(names) - 0.4, -0.6), title=content.title)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.locator_params(axis="x", nbins=4)
    if content.better is not None:
        better = (
            "first is better \N{RIGHTWARDS ARROW}"
            if content.better == "higher"
            else "\N{LEFTWARDS ARROW} first is better"
        )
        axes.set_xlabel(better, fontsize=8, color=MUTED)


@dataclass(frozen=True)
class CorrelationPanel:
    """Rank correlations of K metrics over some runs.

    Args:
        title: Which runs, and how many.
        values: (K, K), not-a-number where there is none.
        low: Lower ends of the 95 % intervals, (K, K).
        high: Upper ends, (K, K).
    """

    title: str
    values: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def correlation_maps(contents: Sequence[CorrelationPanel], names: Sequence[str]) -> Figure:
    """A heat map for each set of runs; numbers are bold where the interval leaves out 0.

    Args:
        contents: The maps.
        names: Of the K metrics.
    """
    columns = min(2, len(contents))
    with styled():
        title = "Do the metrics rank the runs alike? Bold where the 95 % interval leaves out 0"
        figure = new_figure(title, 1.0 + (1.3 + 0.42 * len(names)) * -(-len(contents) // max(columns, 1)))
        for axes, content in zip(panels(figure, len(contents), columns), contents, strict=True):
            draw_matrix(axes, content.values, names, names, DIVERGING, (-1, 1))
            axes.set_title(content.title)
            sure = (content.low > 0) | (content.high < 0)
            for text, is_sure in zip(axes.texts, sure.flat, strict=True):
                text.set_fontsize(8)
                text.set_fontweight("bold" if is_sure else "normal")
    return figure
