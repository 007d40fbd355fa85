"""How the runs of a study learned: the median over seeds and a band, per method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latune.figures.study_hues import hues_of, legend_below
from latune.figures.style import logarithmic_where_wide, new_figure, panels, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["CurvePanel", "SeedBand", "learning_curves", "seed_band"]


@dataclass(frozen=True)
class SeedBand:
    """A curve over several seeds.

    Args:
        steps: (T,).
        median: Over seeds, (T,).
        low: Smallest, (T,).
        high: Largest, (T,).
        seeds: How many.
    """

    steps: NDArray[np.float64]
    median: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    seeds: int


@dataclass(frozen=True)
class CurvePanel:
    """One loss on one data set, by method.

    Args:
        title: What it is.
        unit: Of the loss.
        bands: By method.
    """

    title: str
    unit: str
    bands: Mapping[str, SeedBand]


def seed_band(curves: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> SeedBand:
    """Median, smallest and largest value over seeds at every step that all of them reached.

    Args:
        curves: Steps (T,), rising, and values (T,) of each seed, at least one; between its steps a seed's values are
            joined by lines.
    """
    first = max(float(steps[0]) for steps, _ in curves)
    last = min(float(steps[-1]) for steps, _ in curves)
    steps = np.unique(np.concatenate([steps for steps, _ in curves]))
    steps = steps[(steps >= first) & (steps <= last)]
    values = np.stack([np.interp(steps, own, losses) for own, losses in curves])
    return SeedBand(steps, np.median(values, axis=0), values.min(axis=0), values.max(axis=0), len(curves))


def learning_curves(contents: Sequence[CurvePanel], methods: Sequence[str], columns: int = 2) -> Figure:
    """Losses on validation items against the step: a line at the median over seeds, a band from the best to the worst.

    Args:
        contents: The panels, row by row.
        methods: What has a colour, in order.
        columns: Panels in a row.

    Raises:
        InputError: There are more methods than can be told apart.
    """
    hues = hues_of(methods)
    with styled():
        title = "Validation losses: the line is the median over seeds, the band reaches from the lowest to the highest"
        figure = new_figure(title, 1.1 + 2.5 * -(-len(contents) // columns))
        for axes, content in zip(panels(figure, len(contents), columns), contents, strict=True):
            drawn: list[float] = []
            for method, band in content.bands.items():
                hue = hues[method]
                axes.fill_between(band.steps, band.low, band.high, color=hue.colour, alpha=0.22, linewidth=0)
                axes.plot(band.steps, band.median, color=hue.colour, linestyle=hue.dashes)
                drawn += [float(band.low.min()), float(band.high.max())]
            axes.set(title=content.title, xlabel="step", ylabel=content.unit)
            logarithmic_where_wide(axes, drawn)
        legend_below(figure, hues, lines=True)
    return figure
