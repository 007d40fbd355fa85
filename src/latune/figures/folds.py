"""Folds side by side: every fold's number, their mean, and how far that is certain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from latune.figures.style import BLUE, GRID, INK, decimals, new_figure, number, panels, readable, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Folded", "fold_summary"]

_COLUMNS = 3


@dataclass(frozen=True)
class Folded:
    """A number of each of K folds.

    Args:
        values: One for each fold, (K,).
        mean: Their mean.
        low: Lower end of its 95 % interval; None where the folds are too few for one.
        high: Upper end of the interval.
    """

    values: Sequence[float]
    mean: float
    low: float | None
    high: float | None


def fold_summary(metrics: Mapping[str, Folded]) -> Figure:
    """A panel for each number: a dot for each fold, a line at the mean, a band for the mean's 95 % interval.

    Args:
        metrics: The numbers, by name.
    """
    columns = min(_COLUMNS, max(len(metrics), 1))
    with styled():
        title = "Every fold is a model of its own: dots are folds, the line is their mean, the band its 95 % interval"
        figure = new_figure(title, 0.8 + 2.3 * -(-len(metrics) // columns))
        for axes, (name, folded) in zip(panels(figure, len(metrics), columns), metrics.items(), strict=True):
            _draw(axes, readable(name), folded)
    return figure


def _draw(axes: Axes, name: str, folded: Folded) -> None:
    folds = range(len(folded.values))
    places = decimals(max(folded.values) - min(folded.values))
    words = number(folded.mean, places)
    if folded.low is not None and folded.high is not None:
        axes.axhspan(folded.low, folded.high, color=GRID, linewidth=0, zorder=0)
        words += f" [{number(folded.low, places)}, {number(folded.high, places)}]"
    axes.axhline(folded.mean, color=INK, linewidth=1.2, zorder=2)
    axes.plot(folds, folded.values, "o", color=BLUE, markersize=6, zorder=3)
    axes.set_title(f"{name}\n{words}")
    axes.set_xticks(folds)
    axes.set(xlim=(-0.5, len(folds) - 0.5), xlabel="fold")
    axes.grid(visible=False, axis="x")
