"""Several runs in one plane: what reconstruction costs in nats, and what separated codes cost in reconstruction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from latune.errors import InputError
from latune.figures.labels import Label, label_beside
from latune.figures.style import GRID, INK, LINE_COLOURS, new_figure, number, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Trained", "rate_distortion", "score_against_reconstruction"]

_MARKERS = "osD^vP"
_MARGIN = 0.12  # of the span of the points, around them
_LEVELS = 6  # lines of equal sum, about


@dataclass(frozen=True)
class Trained:
    """What is compared of a run, measured on held-out items.

    Args:
        method: How it was trained; runs of one method share a name and a colour.
        divergence: KL of the codes from the prior, nats per item: the rate.
        reconstruction: -ln p(x|z), nats per item: the distortion.
        score: FactorVAE score, 0 to 1, if it is known.
    """

    method: str
    divergence: float
    reconstruction: float
    score: float | None = None


def rate_distortion(runs: Sequence[Trained]) -> Figure:
    """Reconstruction against divergence: a point for each run, a name for each method, lines of equal bound.

    Raises:
        InputError: There is no run.
    """
    places = [(run.method, run.divergence, run.reconstruction) for run in runs]
    with styled():
        figure, axes = _scatter(places, "Further down is sharper, further left is simpler; dashed: equal sum of both")
        _draw_sums(axes)
        axes.set(xlabel="rate: KL from the prior (nats per item)", ylabel="distortion: reconstruction (nats per item)")
    return figure


def score_against_reconstruction(runs: Sequence[Trained]) -> Figure:
    """FactorVAE score against reconstruction: a point for each run that has a score, a name for each method.

    Raises:
        InputError: No run has a score.
    """
    places = [(run.method, run.reconstruction, run.score) for run in runs if run.score is not None]
    with styled():
        figure, axes = _scatter(places, "Further up the codes are better separated, further left pictures are sharper")
        axes.set(xlabel="reconstruction (nats per item)", ylabel="FactorVAE score")
    return figure


def _scatter(places: Sequence[tuple[str, float, float]], title: str) -> tuple[Figure, Axes]:
    """Points (method, x, y), those of a method alike and named once."""
    if not places:
        raise InputError("There is nothing to compare: expected at least one run with the measured values.")
    figure = new_figure(title, 5.2)
    axes = figure.subplots()
    values = np.array([place[1:] for place in places], float)
    spans = np.maximum(np.ptp(values, axis=0), 0.02 * np.abs(values).max(axis=0) + 1e-6)
    low, high = values.min(axis=0) - _MARGIN * spans, values.max(axis=0) + _MARGIN * spans
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    labels = []
    for place, method in enumerate(dict.fromkeys(name for name, _, _ in places)):
        own = np.array([point for name, *point in places if name == method])
        colour, marker = LINE_COLOURS[place % len(LINE_COLOURS)], _MARKERS[place % len(_MARKERS)]
        axes.scatter(own[:, 0], own[:, 1], s=55, color=colour, marker=marker, edgecolors=INK, linewidths=0.6, zorder=3)
        x, y = own[np.argmax(own[:, 0])]
        labels.append(Label(float(x), float(y), method, INK))
    label_beside(axes, labels)
    return figure, axes


def _draw_sums(axes: Axes) -> None:
    """Dashed lines along which rate and distortion have the same sum, the bound on -ln p(x)."""
    from matplotlib.ticker import MaxNLocator

    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    for level in MaxNLocator(_LEVELS).tick_values(left + bottom, right + top):
        axes.plot((left, right), (level - left, level - right), color=GRID, linewidth=1, linestyle="--", zorder=1)
        x = max(left, level - top)
        if x < right and level - x > bottom:
            axes.annotate(number(level, 0), (x, level - x), (3, -11), textcoords="offset points", fontsize=8)
