"""Where relations lead: from which region to which, as a map for each relation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.figures.style import VERMILION, WIDTH, new_figure, panels, percent, readable, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["relation_maps"]

_MANY = 60  # regions from which a map gets half of the page
_COLOURS = "Blues"  # what is empty is white: nearly everything is


def relation_maps(
    shares: NDArray[np.floating[Any]],
    truths: NDArray[np.integer[Any]],
    names: Sequence[str],
    relation_names: Sequence[str],
    starts: Sequence[str] | None = None,
) -> Figure:
    """From which region each relation leads to which, with the regions that it should lead to framed.

    The title of a map says what share of the moves arrives, as a mean over the starts.

    Args:
        shares: Share of the moves from start s that reach region k, (R, S, K), 0 to 1.
        truths: Region to be reached from each start, (R, S); -1 where the relation has none.
        names: The K regions.
        relation_names: The R relations.
        starts: The S starts, such as pairs of operands; the regions where nothing is given.
    """
    rows = names if starts is None else starts
    columns = min(len(shares), 2 if len(names) > _MANY else 3)
    side = (WIDTH - 0.3) / columns - 0.75  # inches, about
    tall = side * min(len(rows) / len(names), 2.0)
    across, down = 72 * side / len(names), 72 * tall / len(rows)  # points a cell
    with styled():
        title = "Each relation leads where it should if all that is dark lies in the red frames"
        figure = new_figure(title, 1.4 + (tall + 0.95) * -(-len(shares) // columns))
        drawn = panels(figure, len(shares), columns)
        for axes, share, truth, name in zip(drawn, shares, truths, relation_names, strict=True):
            image = axes.imshow(share, cmap=_COLOURS, vmin=0, vmax=1, interpolation="nearest", aspect="auto")
            axes.grid(visible=False)
            known = np.flatnonzero(truth >= 0)
            _frame(axes, truth[known], known, width=float(np.clip(min(across, down) / 7, 0.35, 1.6)))
            arrived = percent(float(share[known, truth[known]].mean())) if len(known) else "none"
            axes.set_title(f"{readable(name)}: {arrived} arrive")
            _name_cells(axes.xaxis, names, across, rotation=90 if max(map(len, names)) > 2 else 0)
            _name_cells(axes.yaxis, rows, down)
        for axes in drawn[::columns]:
            axes.set_ylabel("start")
        for axes in drawn[-columns:]:
            axes.set_xlabel("region reached")
        look: Any = {"location": "bottom", "shrink": 0.35, "aspect": 30, "anchor": (0.0, 0.0)}
        bar = figure.colorbar(image, ax=drawn, label="share of the moves from a start", **look)
        bar.outline.set_visible(False)
    return figure


def _frame(axes: Axes, columns: NDArray[Any], rows: NDArray[Any], width: float) -> None:
    """Frame cells of a map, with lines of so many points."""
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    cells = [Rectangle((column - 0.5, row - 0.5), 1, 1) for column, row in zip(columns, rows, strict=True)]
    frames = PatchCollection(cells, facecolors="none", edgecolors=VERMILION, linewidths=width, clip_on=False)
    axes.add_collection(frames, autolim=False)


def _name_cells(axis: Any, names: Sequence[str], points: float, **look: Any) -> None:
    """Names along an axis with cells of so many points: all, or every so many as fit."""
    size = float(np.clip(points * 0.85, 5.5, 9))
    fitting = max(1, int(np.ceil(size * 1.1 / points)))
    step = next((step for step in range(fitting, len(names)) if len(names) % step == 0), len(names))
    axis.set_ticks(range(0, len(names), step), [readable(name) for name in names[::step]], fontsize=size, **look)
