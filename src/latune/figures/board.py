"""Pictures and words on a board that is measured in inches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.figures.style import GRID, INK, WIDTH, new_figure
from latune.images.sheets import sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["MARGIN", "Pictures", "board", "draw_pictures", "draw_rule", "row_height", "text_width", "write"]

Pictures = NDArray[np.uint8]
"""Brightness from 0 to 255, (..., C, H, W), with one channel or three."""

MARGIN = 0.12  # inches, at the edges of a board
_HEAD = 0.42  # inches, for the title
_GAP = 2  # pixels between pictures
_BRIGHTNESS = 213  # of the gaps, a light grey


def board(title: str, height: float) -> tuple[Figure, Axes]:
    """A figure of `height` inches below its title, and axes all over it whose unit is an inch.

    (0, 0) is at the left, just below the title; x goes to the right up to `WIDTH`, y down.
    """
    figure = new_figure(title, height + _HEAD)
    figure.set_layout_engine("none")  # everything has its place
    for text in figure.texts:
        text.set_y(1 - 0.1 / (height + _HEAD))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(height, -_HEAD), autoscale_on=False)
    axes.set_axis_off()
    return figure, axes


def row_height(pictures: Pictures, cell: float) -> float:
    """Inches from row to row where pictures (..., C, H, W) are drawn `cell` inches from column to column."""
    height, width = pictures.shape[-2:]
    return float(cell * (height + _GAP) / (width + _GAP))


def draw_pictures(axes: Axes, pictures: Pictures, left: float, top: float, cell: float) -> None:
    """Draw pictures (R, P, C, H, W) in rows and columns, each `cell` inches wide with its frame.

    Raises:
        InputError: They are no such pictures.
    """
    if pictures.ndim != 5 or pictures.shape[2] not in (1, 3) or pictures.dtype != np.uint8:
        raise InputError(
            f"Expected pictures of bytes, (rows, columns, 1 or 3 channels, height, width); got {pictures.dtype} of "
            f"shape {pictures.shape}."
        )
    rows, columns = pictures.shape[:2]
    half = cell * _GAP / (pictures.shape[-1] + _GAP) / 2  # the outer frame is shared with neighbours
    right, bottom = left + columns * cell, top + rows * row_height(pictures, cell)
    axes.imshow(
        sheet(pictures, _GAP, _BRIGHTNESS),
        extent=(left - half, right + half, bottom + half, top - half),
        cmap="gray",  # colours ignore this and the limits
        vmin=0,
        vmax=255,
        interpolation="none",
        aspect="auto",
    )


def draw_rule(axes: Axes, x: float, top: float, bottom: float) -> None:
    """A thin vertical line."""
    axes.plot((x, x), (top, bottom), color=GRID, linewidth=1.2)


def write(axes: Axes, x: float, y: float, text: str, size: float = 9, **look: Any) -> None:
    """Write a text, in ink and from the middle of its left edge where nothing else is said."""
    axes.text(x, y, text, fontsize=size, **{"color": INK, "va": "center", **look})


def text_width(text: str, size: float) -> float:
    """Inches that the longest line of a text takes, about."""
    return max(len(line) for line in text.split("\n")) * 0.62 * size / 72
