"""Where the codes of songs lie: a plane of the latent space, coloured by genre."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.figures.labels import Label, label_where_free
from latune.figures.style import INK, LINE_COLOURS, MUTED, PAPER, new_figure, readable, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["song_plane"]

Floats = NDArray[np.floating[Any]]

_MARKERS = "osD^vP*X"
_DEVIATIONS = 2  # of an outline


def song_plane(
    codes: Floats,
    genres: NDArray[np.integer[Any]],
    names: Sequence[str],
    axes_names: tuple[str, str],
    means: Floats | None = None,
    covariances: Floats | None = None,
) -> Figure:
    """Codes of phrases in a plane, a colour and a sign for each genre, and the petals that genres have in the prior.

    Args:
        codes: (N, 2).
        genres: Genre of each phrase, (N,); -1 where it has none, or several.
        names: The L genres.
        axes_names: What the two axes are.
        means: Mean of each genre's petal, (L, 2), where the prior has such; with `covariances` or not at all.
        covariances: Their covariances in the plane, (L, 2, 2); the outlines hold two standard deviations.
    """
    with styled():
        title = "Codes of test phrases" + (
            ": each genre should fill its own petal of the prior, outlined" if means is not None else " by their genre"
        )
        figure = new_figure(title, 5.6)
        axes = figure.subplots()
        axes.plot(*codes[genres < 0].T, ".", color=MUTED, markersize=4, alpha=0.5, label="_none or several")
        for place, name in enumerate(names):
            colour, marker = LINE_COLOURS[place % len(LINE_COLOURS)], _MARKERS[place % len(_MARKERS)]
            look: Any = {"markersize": 5, "alpha": 0.75, "markeredgewidth": 0, "label": readable(name)}
            axes.plot(*codes[genres == place].T, marker, color=colour, **look)
        tips = [] if means is None or covariances is None else _draw_petals(axes, means, covariances, names)
        axes.set(xlabel=axes_names[0], ylabel=axes_names[1])
        axes.set_aspect("equal", adjustable="datalim")
        if any(np.any(genres == place) for place in range(len(names))):
            figure.legend(*axes.get_legend_handles_labels(), loc="outside right upper")
        label_where_free(axes, tips)
    return figure


def _draw_petals(axes: Axes, means: Floats, covariances: Floats, names: Sequence[str]) -> list[Label]:
    """Means and outlines; returns the names, where the outlines are farthest from 0."""
    labels = []
    angles = np.linspace(0, 2 * np.pi, 73)
    circle = np.stack([np.cos(angles), np.sin(angles)])
    for place, name in enumerate(names):
        colour = LINE_COLOURS[place % len(LINE_COLOURS)]
        variances, directions = np.linalg.eigh(np.asarray(covariances[place], float))
        spread = directions * np.sqrt(np.maximum(variances, 0))
        outline = np.asarray(means[place], float)[:, None] + _DEVIATIONS * spread @ circle
        x, y = outline[:, np.linalg.norm(outline, axis=0).argmax()]
        labels.append(Label(float(x), float(y), readable(name), INK))
        axes.plot(*outline, color=colour, linewidth=1.2)
        axes.plot(*means[place], "P", color=colour, markersize=11, markeredgecolor=PAPER, markeredgewidth=1.2, zorder=4)
    return labels
