"""Figures of the latent space: where items lie, and what the decoder makes of places between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.figures.style import (
    INK,
    MUTED,
    PAPER,
    SEQUENTIAL,
    new_figure,
    note_missing,
    panels,
    readable,
    styled,
    unit_words,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["ScatterPanel", "SurfacePanel", "attribute_scatter", "latent_surfaces"]

Floats = NDArray[np.floating[Any]]

_PANEL = 3.4  # inches, height of one panel


@dataclass(frozen=True)
class ScatterPanel:
    """Codes of N items in two dimensions with an attribute.

    Args:
        name: The attribute.
        unit: Its unit.
        dimensions: The two latent dimensions, counted from 0.
        codes: (N, 2).
        values: The attribute of each item, (N,).
        limits: Values of the darkest and of the lightest colour; choose the knob's range.
    """

    name: str
    unit: str
    dimensions: tuple[int, int]
    codes: Floats
    values: Floats
    limits: tuple[float, float]


@dataclass(frozen=True)
class SurfacePanel:
    """An attribute measured on what the decoder makes of a lattice of codes.

    Args:
        name: The attribute.
        unit: Its unit.
        dimensions: The two latent dimensions, counted from 0.
        x: Codes along the first, (X,).
        y: Codes along the second, (Y,).
        values: Measured attribute, (Y, X).
        centre: The code that the lattice was laid around.
        limits: Values of the darkest and of the lightest colour; choose the knob's range.
    """

    name: str
    unit: str
    dimensions: tuple[int, int]
    x: Floats
    y: Floats
    values: Floats
    centre: tuple[float, float]
    limits: tuple[float, float]


def attribute_scatter(scatters: Sequence[ScatterPanel]) -> Figure:
    """Codes of items in two dimensions, coloured by an attribute; one panel per attribute."""
    with styled():
        title = "An ordered dimension: the colour changes steadily from left to right"
        columns = min(2, len(scatters))
        figure = new_figure(title, 0.5 + _PANEL * -(-len(scatters) // columns))
        for axes, scatter in zip(panels(figure, len(scatters), columns), scatters, strict=True):
            x, y = scatter.codes[:, 0], scatter.codes[:, 1]
            points = axes.scatter(x, y, c=scatter.values, cmap=SEQUENTIAL, s=16, linewidths=0.4, edgecolors=MUTED)
            points.set(rasterized=True, clim=scatter.limits)
            _label(figure, axes, points, scatter)
    return figure


def latent_surfaces(surfaces: Sequence[SurfacePanel]) -> Figure:
    """An attribute over a plane of the latent space; one panel per attribute."""
    with styled():
        title = "A knob that works by itself makes vertical bands, smooth from left to right"
        columns = min(2, len(surfaces))
        figure = new_figure(title, 0.5 + _PANEL * -(-len(surfaces) // columns))
        for axes, surface in zip(panels(figure, len(surfaces), columns), surfaces, strict=True):
            mesh = axes.pcolormesh(
                surface.x,
                surface.y,
                np.ma.masked_invalid(surface.values),
                cmap=SEQUENTIAL,
                shading="nearest",
                rasterized=True,
            )
            mesh.set_clim(*surface.limits)
            if not np.isfinite(surface.values).any():
                note_missing(axes)
            axes.grid(visible=False)
            axes.plot(*surface.centre, "o", markersize=8, color=PAPER, markeredgecolor=INK, markeredgewidth=1.5)
            _label(figure, axes, mesh, surface)
    return figure


def _label(figure: Figure, axes: Axes, mappable: Any, panel: ScatterPanel | SurfacePanel) -> None:
    """Name the panel and its axes, and add the scale of its colours."""
    axes.set_title(readable(panel.name))
    axes.set_xlabel(f"latent dimension {panel.dimensions[0]}")
    axes.set_ylabel(f"latent dimension {panel.dimensions[1]}")
    bar = figure.colorbar(mappable, ax=axes, label=unit_words(panel.unit), pad=0.02)
    bar.outline.set_visible(False)
    if bar.solids is not None:
        bar.solids.set(alpha=1, rasterized=True)
