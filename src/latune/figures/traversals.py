"""Every latent dimension moved from end to end, the others kept where they are: what the decoder makes of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.figures.pixels import Pixels
from latune.figures.style import WIDTH, new_figure, number, panels, styled
from latune.images.sheets import sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["latent_traversals"]

_COLUMNS = 2
_GAP = 2  # pixels between pictures


def latent_traversals(
    sweeps: Mapping[str, Pixels],
    codes: NDArray[np.floating[Any]],
    dimensions: NDArray[np.integer[Any]],
    divergences: NDArray[np.floating[Any]],
) -> Figure:
    """A panel for each start, in it a row for each dimension and a column for each code.

    Args:
        sweeps: Pictures (R, P, H, W, C) by the name of their start: row r shows dimension `dimensions[r]` set to the
            codes in turn.
        codes: What it is set to, (P,).
        dimensions: The dimension of each row, (R,), usually sorted by divergence.
        divergences: KL of each of these dimensions in nats, (R,).
    """
    rows, positions, height, width, _ = next(iter(sweeps.values())).shape
    tall = WIDTH / _COLUMNS * 0.8 * (rows * height) / (positions * width)
    with styled():
        low, high = (number(float(end), 0) for end in (codes[0], codes[-1]))
        title = f"One dimension at a time from {low} to {high}; the further up, the more nats it carries"
        figure = new_figure(title, 0.6 + (tall + 0.7) * -(-len(sweeps) // _COLUMNS))
        for axes, (name, pictures) in zip(panels(figure, len(sweeps), _COLUMNS), sweeps.items(), strict=True):
            _draw(axes, pictures, codes)
            axes.set_title(name)
            names = [f"{d}: {number(float(nats), 2)}" for d, nats in zip(dimensions, divergences, strict=True)]
            axes.set_yticks((np.arange(rows) + 0.5) * (height + _GAP), names)
        for axes in figure.axes[::_COLUMNS]:
            axes.set_ylabel("latent dimension: nats")
    return figure


def _draw(axes: Axes, pictures: Pixels, codes: NDArray[np.floating[Any]]) -> None:
    page = sheet(np.moveaxis(pictures, -1, 2), _GAP)
    axes.imshow(page, cmap="gray", vmin=0, vmax=255)  # colours ignore the last three
    axes.grid(visible=False)
    axes.tick_params(length=0)
    for edge in ("left", "bottom"):
        axes.spines[edge].set_visible(False)
    places = (np.arange(len(codes)) + 0.5) * (pictures.shape[3] + _GAP)
    axes.set_xticks(places, [number(float(code), 1) for code in codes])
