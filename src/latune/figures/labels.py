"""Names at the ends of lines and beside points, instead of a legend: no two lie on each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy
from numpy.typing import NDArray

from latune.figures.style import MUTED, PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Label", "label_beside", "label_where_free", "spread"]

_GAP = 13.0  # points from line to line
_LEAD = 18.0  # points from a place to its name


@dataclass(frozen=True)
class Label:
    """A name for a place in a panel.

    Args:
        x: Place, in units of the data.
        y: Place, in units of the data.
        text: The name, one line.
        colour: Of the text.
    """

    x: float
    y: float
    text: str
    colour: str


def spread(places: Sequence[float] | NDArray[np.float64], gap: float) -> NDArray[np.float64]:
    """Move places (N,), from 0 to 1, apart until any two differ by `gap`: in the same order, as little as may be.

    Those at the ends stay within 0 and 1, unless there are more than fit.
    """
    if not len(places):
        return np.empty(0)
    order, steps = np.argsort(places, kind="stable"), gap * np.arange(len(places))
    # Without the steps, keeping apart means not to fall: the closest such places are the isotonic regression.
    lowest = scipy.optimize.isotonic_regression(np.asarray(places, float)[order] - steps).x
    moved = np.empty(len(order))
    moved[order] = np.clip(lowest, 0, max(0.0, 1 - steps[-1])) + steps
    return moved


def label_beside(axes: Axes, labels: Sequence[Label]) -> None:
    """Write names to the right of their places, moved up or down until none is on another, each with a thin line.

    Call it when the figure has its size and the panel its limits, which are on linear scales.
    """
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    size = _points(axes)
    up = spread([(label.y - bottom) / (top - bottom) for label in labels], _GAP / size[1])
    behind: Any = {"boxstyle": "square,pad=0.1", "facecolor": PAPER, "edgecolor": "none", "alpha": 0.7}
    line = {"arrowstyle": "-", "color": MUTED, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 1, "relpos": (0, 0.5)}
    for label, height in zip(labels, up, strict=True):
        across = (label.x - left) / (right - left) + _LEAD / size[0]
        axes.annotate(
            label.text,
            (label.x, label.y),
            (float(across), float(height)),
            "data",
            "axes fraction",
            color=label.colour,
            va="center",
            fontsize=9,
            bbox=behind,
            annotation_clip=False,
            arrowprops=line,
            zorder=4,
        )


def label_where_free(axes: Axes, labels: Sequence[Label], size: float = 8.0) -> None:
    """Write names on their places, in order, and leave out those that would lie on an earlier one.

    Call it when the figure has its size and the panel its limits, which are on linear scales.

    Args:
        axes: The panel.
        labels: The names.
        size: Of the type, in points.
    """
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    scale = _points(axes) / np.array([right - left, top - bottom])
    behind: Any = {"boxstyle": "square,pad=0.1", "facecolor": PAPER, "edgecolor": "none", "alpha": 0.7}
    look: Any = {"ha": "center", "va": "center", "fontsize": size, "bbox": behind, "zorder": 4}
    written: list[NDArray[np.float64]] = []  # middle and half the extent of each name, in points
    for label in labels:
        half = 0.6 * size * np.array([0.66 * len(label.text), 1.2])
        box = np.array([np.array([label.x, label.y]) * scale, half])
        if all((np.abs(box[0] - other[0]) > box[1] + other[1]).any() for other in written):
            axes.text(label.x, label.y, label.text, color=label.colour, **look)
            written.append(box)


def _points(axes: Axes) -> NDArray[np.float64]:
    """Width and height of a panel in points, about right before the layout."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    return np.asarray(72 * figure.get_size_inches() * axes.get_position().size)
