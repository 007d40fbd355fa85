"""What latent dimensions answer to: their means over the place, and against the size and the turn, of what is shown.

Source: Burgess et al. 2018 (arXiv 1804.03599), the figure of posterior means against the factors of dSprites.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.figures.style import DIVERGING, LINE_COLOURS, new_figure, number, readable, styled, unit_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

__all__ = ["factor_responses"]

Floats = NDArray[np.floating[Any]]

_PLACE = ("posx", "posy")
_CURVES = ("scale", "orientation")
_ROW = 0.95  # inches


def factor_responses(
    means: Floats,
    factors: Mapping[str, Floats],
    divergences: Floats,
    units: Mapping[str, str] | None = None,
    shapes: Sequence[str] = (),
) -> Figure:
    """A row for each latent dimension: its posterior mean over the place, and against scale and orientation by shape.

    Every point is a mean over all items that have the value. Colours and axes are the same for all dimensions, so one
    that says nothing is white and flat.

    Args:
        means: Posterior means of the items of a grid, (N, D).
        factors: "posx" and "posy", and if known "scale", "orientation" and "shape", each (N,); not a number where an
            item has none.
        divergences: KL of each dimension in nats, (D,): rows are sorted by it, the largest first.
        units: Unit of a factor, by name.
        shapes: Names of the shapes in the order of their numbers.

    Raises:
        InputError: There is no "posx" or "posy".
    """
    if not set(_PLACE) <= set(factors):
        raise InputError(f"The factors are {', '.join(factors)}: expected posx and posy among them.")
    curves = [name for name in _CURVES if name in factors]
    limit = float(np.abs(means).max(initial=0.0)) or 1.0
    with styled():
        title = "What each latent dimension answers to; one that is well separated answers to one thing only"
        figure = new_figure(title, 1.4 + _ROW * means.shape[1])
        widths = [1.0, *(8.0 / len(curves) for _ in curves)]
        grid = figure.subplots(means.shape[1], len(widths), squeeze=False, sharex="col", width_ratios=widths)
        for row, dimension in zip(grid, np.argsort(-divergences, kind="stable"), strict=True):
            values = means[:, dimension]
            image = _draw_place(row[0], values, factors, limit)
            name = f"dimension {dimension}\n{number(float(divergences[dimension]), 2)} nats"
            row[0].set_ylabel(name, rotation=0, ha="right", va="center", labelpad=8)
            for axes, name in zip(row[1:], curves, strict=True):
                _draw_curves(axes, values, factors[name], factors.get("shape"), shapes, limit)
        _label(figure, grid, curves, units or {}, image)
    return figure


def _group_means(values: Floats, *groups: Floats) -> tuple[list[Floats], NDArray[np.float64]]:
    """Mean of values (N,) for every combination of the values of groups (N,).

    Returns:
        The values of each group, increasing, and the means: an axis for each group, not a number where no item is.
    """
    known = np.all([np.isfinite(group) for group in groups], axis=0)
    levels, numbers = zip(*(np.unique(group[known], return_inverse=True) for group in groups), strict=True)
    shape = tuple(len(level) for level in levels)
    cells = np.ravel_multi_index(numbers, shape)
    count = np.bincount(cells, minlength=int(np.prod(shape)))
    total = np.bincount(cells, weights=values[known], minlength=len(count))
    return list(levels), np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0).reshape(shape)


def _draw_place(axes: Axes, values: Floats, factors: Mapping[str, Floats], limit: float) -> AxesImage:
    """The mean over the place, as the picture has it: x to the right, y down."""
    _, surface = _group_means(values, *(factors[name] for name in _PLACE))
    image = axes.imshow(surface.T, cmap=DIVERGING, vmin=-limit, vmax=limit, interpolation="nearest")
    axes.grid(visible=False)
    axes.set_xticks([])
    axes.set_yticks([])
    return image


def _draw_curves(
    axes: Axes, values: Floats, factor: Floats, shape: Floats | None, shapes: Sequence[str], limit: float
) -> None:
    """The mean against a factor, a line for each shape."""
    from matplotlib.ticker import MaxNLocator

    kinds, places = (np.zeros(1), np.zeros(len(values))) if shape is None else (np.unique(shape), shape)
    for place, kind in enumerate(kinds):
        of_kind = places == kind
        (levels,), curve = _group_means(values[of_kind], factor[of_kind])
        name = shapes[place] if place < len(shapes) else f"shape {number(float(kind), 0)}"
        axes.plot(levels, curve, color=LINE_COLOURS[place % len(LINE_COLOURS)], label=name, linewidth=1.5)
    axes.set_ylim(-1.05 * limit, 1.05 * limit)
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))


def _label(
    figure: Figure, grid: NDArray[Any], curves: Sequence[str], units: Mapping[str, str], image: AxesImage
) -> None:
    grid[0, 0].set_title("over the place")
    for column, name in enumerate(curves, start=1):
        unit = units.get(name, "")
        grid[0, column].set_title(f"against {readable(name)}")
        grid[-1, column].set_xlabel(readable(name) + (f" ({unit_words(unit)})" if unit else ""))
        if unit == "radians":
            grid[-1, column].set_xticks(np.arange(5) * np.pi / 2, ["0", "π/2", "π", "3π/2", "2π"])
    below = grid[-1, 0].inset_axes((0, -0.28, 1, 0.14))
    bar = figure.colorbar(image, cax=below, orientation="horizontal", label="posterior mean")
    bar.outline.set_visible(False)
    low, high = image.get_clim()
    bar.set_ticks([low, 0, high], labels=[number(low, 1), "0", number(high, 1)])
    handles, names = grid[0, -1].get_legend_handles_labels()
    if len(handles) > 1:
        figure.legend(handles, names, loc="outside lower right", ncols=len(names))
