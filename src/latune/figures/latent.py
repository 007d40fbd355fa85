"""Figures of the latent space: where items lie, and what the decoder makes of places between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.figures.style import INK, PAPER, SEQUENTIAL, new_figure, panels, readable, styled, unit_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["attribute_scatter", "latent_surfaces"]

Floats = NDArray[np.floating[Any]]

_PANEL = 3.6  # inches, height of one panel


def attribute_scatter(
    codes: Floats,
    values: Floats,
    names: Sequence[str],
    units: Sequence[str],
    dimensions: Sequence[tuple[int, int]],
) -> Figure:
    """Codes of items in two dimensions, coloured by an attribute; one panel per attribute.

    Args:
        codes: Codes of N items, (N, D).
        values: Their attributes, (N, A).
        names: Names of the A attributes.
        units: Their units.
        dimensions: For each attribute the two latent dimensions (x, y) to show.
    """
    with styled():
        title = "Where each knob works, its colour changes from left to right and not from bottom to top"
        columns = min(2, len(names))
        figure = new_figure(title, 0.5 + _PANEL * -(-len(names) // columns))
        for k, axes in enumerate(panels(figure, len(names), columns)):
            x, y = dimensions[k]
            points = axes.scatter(
                codes[:, x], codes[:, y], c=values[:, k], cmap=SEQUENTIAL, s=14, linewidths=0, alpha=0.8
            )
            points.set_rasterized(True)
            axes.set_xlabel(f"latent dimension {x}")
            axes.set_ylabel(f"latent dimension {y}")
            axes.set_title(readable(names[k]))
            _colour_bar(figure, axes, points, unit_label(names[k], units[k]))
    return figure


def latent_surfaces(
    x: Sequence[Floats],
    y: Sequence[Floats],
    values: Sequence[Floats],
    names: Sequence[str],
    units: Sequence[str],
    dimensions: Sequence[tuple[int, int]],
    centres: Sequence[tuple[float, float]],
) -> Figure:
    """An attribute, measured on what the decoder makes of a lattice of codes; one panel per attribute.

    Args:
        x: Codes along the first axis of each panel, (X,).
        y: Codes along the second axis, (Y,).
        values: Measured attribute, (Y, X) for each panel.
        names: Attribute of each panel.
        units: Its unit.
        dimensions: The two latent dimensions of each panel.
        centres: The item's own code in these dimensions.
    """
    with styled():
        title = "A knob that works alone makes vertical bands: smooth from left to right, even from bottom to top"
        columns = min(2, len(names))
        figure = new_figure(title, 0.5 + _PANEL * -(-len(names) // columns))
        for k, axes in enumerate(panels(figure, len(names), columns)):
            mesh = axes.pcolormesh(x[k], y[k], values[k], cmap=SEQUENTIAL, shading="nearest", rasterized=True)
            axes.grid(visible=False)
            axes.plot(*centres[k], "o", markersize=8, color=PAPER, markeredgecolor=INK, markeredgewidth=1.5)
            axes.set_xlabel(f"latent dimension {dimensions[k][0]}")
            axes.set_ylabel(f"latent dimension {dimensions[k][1]}")
            axes.set_title(readable(names[k]))
            _colour_bar(figure, axes, mesh, unit_label(names[k], units[k]))
    return figure


def _colour_bar(figure: Figure, axes: Axes, mappable: Any, label: str) -> None:
    bar = figure.colorbar(mappable, ax=axes, label=label, pad=0.02)
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.solids.set(alpha=1, rasterized=True)  # type: ignore[union-attr]
