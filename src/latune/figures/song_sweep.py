"""Which attributes follow which latent dimension of a run of songs, as matrices of correlations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latune.figures.style import DIVERGING, MUTED, SHADE, WIDTH, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["correlation_figure"]

_ROW, _ABOVE = 0.21, 1.9  # inches of a row, and of all that is above and below them
_LOWEST = 3.2


def correlation_figure(
    correlation: NDArray[np.float64], rows: Sequence[str], columns: Sequence[str], title: str = ""
) -> Figure:
    """Pearson's r as colours from -1 (blue) to 1 (red); grey where one of the two is constant.

    Args:
        correlation: Shape (R, C).
        rows: Names of the rows.
        columns: Names of the columns.
        title: A sentence above the figure, none if empty.
    """
    with styled():
        height = max(_LOWEST, _ABOVE + _ROW * len(rows))
        figure = new_figure(title, height)
        axes = figure.add_subplot()
        axes.set_facecolor(SHADE)
        image = axes.imshow(
            np.ma.masked_invalid(correlation), cmap=DIVERGING, vmin=-1, vmax=1, aspect="auto", interpolation="nearest"
        )
        axes.set_xticks(range(len(columns)), [name.replace("_", " ") for name in columns], rotation=90)
        axes.set_yticks(range(len(rows)), [name.replace("_", " ") for name in rows])
        axes.tick_params(length=0, labelsize=7.5, colors=MUTED)
        axes.grid(visible=False)
        for side in ("left", "bottom", "top", "right"):
            axes.spines[side].set_visible(False)
        bar = figure.colorbar(image, ax=axes, fraction=0.25 / WIDTH, pad=0.015, ticks=[-1, -0.5, 0, 0.5, 1])
        bar.outline.set_visible(False)
        bar.ax.tick_params(length=0, labelsize=7.5, colors=MUTED)
        bar.set_label("correlation", color=MUTED, fontsize=8)
    return figure
