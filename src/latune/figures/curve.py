"""The curve beside a sweep: what was asked for and what came out at each position."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latune.figures.style import BLUE, MUTED, ORANGE, PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_curve"]


def draw_curve(
    axes: Axes,
    values: NDArray[np.float64],
    requested: Sequence[float] | NDArray[np.float64] | None,
    own: int | None,
    limits: tuple[float, float],
    label: str,
) -> None:
    """Draw what came out, with what was asked for behind it and the item's own value in front.

    Args:
        axes: Where to draw.
        values: What came out at each position; not a number where nothing could be measured.
        requested: What was asked for, if anything.
        own: The position that shows the item unchanged.
        limits: Lowest and highest value of the value axis; it grows where needed.
        label: What a position is.
    """
    positions = np.arange(1, len(values) + 1)
    if requested is not None:
        axes.plot(
            positions, requested, "o--", color=MUTED, markerfacecolor=PAPER, linewidth=1, markersize=7, label="asked"
        )
    axes.plot(positions, values, "o-", color=BLUE, markersize=5, linewidth=1.5, label="got")
    if own is not None:
        axes.plot(positions[own], values[own], "o", color=ORANGE, markersize=6, zorder=5)
    shown = np.concatenate([values, limits] if requested is None else [values, limits, requested])
    shown = shown[np.isfinite(shown)]
    margin = 0.08 * max(float(np.ptp(shown)), 1e-9)
    axes.set(xlim=(0.5, len(values) + 0.5), ylim=(shown.min() - margin, shown.max() + margin), xlabel=label)
    axes.set_xticks(positions if len(positions) <= 6 else positions[::3])
    if requested is not None:
        axes.legend(fontsize=8, loc="best", handlelength=1.6, borderpad=0.1, labelspacing=0.2)
