"""Which latent dimensions are in use: the divergence of each from the prior while a model is trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.figures.labels import Label, label_beside
from latune.figures.style import GRID, INK, LINE_COLOURS, MUTED, new_figure, number, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["IN_USE", "divergence_curves"]

IN_USE = 0.1
"""Nats from which a latent dimension counts as in use."""

Floats = NDArray[np.floating[Any]]


def divergence_curves(steps: Sequence[float] | NDArray[Any], divergences: Floats) -> Figure:
    """KL(q(z_d|x) || p(z_d)) of each latent dimension against the step, the largest at the end named first.

    Args:
        steps: Steps of the training, (T,), increasing.
        divergences: Mean over items, in nats, (T, D).
    """
    last = divergences[-1]
    order = np.argsort(-last, kind="stable")
    used = [int(dimension) for dimension in order if last[dimension] >= IN_USE]
    unused = [int(dimension) for dimension in order if last[dimension] < IN_USE]
    with styled():
        title = f"What each latent dimension carries: {len(used)} of {len(last)} are in use at the end"
        figure = new_figure(title, 4.6)
        axes = figure.subplots()
        axes.set(xlabel="step", ylabel="KL from the prior (nats per item)")
        for dimension in unused:
            axes.plot(steps, divergences[:, dimension], color=GRID, linewidth=1.2, zorder=1)
        for place, dimension in enumerate(used):
            axes.plot(steps, divergences[:, dimension], color=_colour(place), linestyle=_dashes(place), zorder=3)
        axes.margins(x=0)
        axes.set_ylim(0, 1.06 * max(float(divergences.max()), IN_USE))
        _name_lines(axes, float(max(steps)), last, used, unused)
    return figure


def _name_lines(axes: Axes, end: float, last: Floats, used: Sequence[int], unused: Sequence[int]) -> None:
    labels = [
        Label(end, float(last[dimension]), f"dimension {dimension}: {number(float(last[dimension]), 2)}", INK)
        for dimension in used
    ]
    if unused:
        names = ", ".join(str(dimension) for dimension in sorted(unused))
        labels.append(Label(end, float(last[list(unused)].mean()), f"not in use: {names}", MUTED))
    label_beside(axes, labels)


def _colour(place: int) -> str:
    return LINE_COLOURS[place % len(LINE_COLOURS)]


def _dashes(place: int) -> str:
    """Where colours begin again, another pattern tells the lines apart."""
    return ("-", "--", ":")[place // len(LINE_COLOURS) % 3]
