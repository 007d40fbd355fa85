"""Runs as points: every metric against every other one, and what the settings of a grid do."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.figures.study_hues import Hue, cross, hues_of, jitter, legend_below
from latune.figures.style import INK, MUTED, SEQUENTIAL, new_figure, panels, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

__all__ = ["GridPanel", "hyper_parameters", "pair_plot"]

_MEDIA = {"music": "o", "pictures": "s"}
_MOST_TICKS = 10  # of a colour bar
_SMALLEST, _LARGEST = 24.0, 260.0  # area of points, square points


def pair_plot(
    titles: Sequence[str], values: NDArray[np.float64], methods: Sequence[str], media: Sequence[str]
) -> Figure:
    """Every metric against every other one, a point per run; on the diagonal the runs of each method along the metric.

    Args:
        titles: Names of the K metrics.
        values: (R, K), not-a-number where a run lacks one.
        methods: Method of each run, (R,); it has the colour.
        media: "music" or "pictures" of each run, (R,); it has the marker.

    Raises:
        InputError: There are more methods than can be told apart.
    """
    count, hues = len(titles), hues_of(tuple(dict.fromkeys(methods)))
    of_method = {name: np.array([one == name for one in methods]) for name in hues}
    of_medium = {name: np.array([one == name for one in media]) for name in dict.fromkeys(media)}
    with styled():
        figure = new_figure("Do the metrics say the same? A point is a run", 1.0 + 1.42 * count)
        grid = figure.subplots(count, count, squeeze=False, sharex="col")
        for row in range(count):
            for column in range(count):
                axes = grid[row, column]
                if column > row:
                    axes.remove()
                elif column == row:
                    _strip(axes, values[:, row], of_method, hues)
                else:
                    _cloud(axes, values[:, column], values[:, row], of_method, of_medium, hues)
                    axes.locator_params(axis="y", nbins=4)
                if 0 < column < row:
                    axes.sharey(grid[row, 0])
                axes.tick_params(labelsize=7, labelleft=column == 0)
                axes.locator_params(axis="x", nbins=3)
            grid[row, 0].set_ylabel(_broken(titles[row]), fontsize=8)
            grid[-1, row].set_xlabel(_broken(titles[row]), fontsize=8)
        figure.align_ylabels([grid[row, 0] for row in range(count)])
        legend_below(figure, hues, others=[_medium(name) for name in of_medium] if len(of_medium) > 1 else [])
    return figure


def _cloud(
    axes: Axes,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    of_method: Mapping[str, NDArray[np.bool_]],
    of_medium: Mapping[str, NDArray[np.bool_]],
    hues: Mapping[str, Hue],
) -> None:
    for method, hue in hues.items():
        for medium, is_own in of_medium.items():
            chosen = of_method[method] & is_own
            look: Any = {"s": 16, "marker": _MEDIA.get(medium, "o"), "facecolors": hue.face, "edgecolors": hue.colour}
            axes.scatter(x[chosen], y[chosen], linewidths=0.8, alpha=0.8, **look)


def _strip(
    axes: Axes, values: NDArray[np.float64], of_method: Mapping[str, NDArray[np.bool_]], hues: Mapping[str, Hue]
) -> None:
    """Runs along one metric, a row for each method."""
    for row, (method, hue) in enumerate(hues.items()):
        own = values[of_method[method]]
        own = own[np.isfinite(own)]
        axes.plot(own, row + jitter(len(own), 0.25), "|", color=hue.colour, markersize=7, markeredgewidth=1.1)
    axes.set(ylim=(len(hues) - 0.5, -0.5))
    axes.set_yticks([])
    axes.grid(visible=False, axis="y")


def _broken(title: str) -> str:
    return textwrap.fill(title, 14, break_long_words=False)


def _medium(name: str) -> Any:
    from matplotlib.lines import Line2D

    look: Any = {"linestyle": "none", "markerfacecolor": "none", "markeredgecolor": MUTED, "markersize": 6}
    return Line2D([], [], marker=_MEDIA.get(name, "o"), label=name, **look)


@dataclass(frozen=True)
class GridPanel:
    """The runs of a grid on one data set.

    Args:
        title: The data set, and the method where there are several.
        x: First metric of each run, (R,).
        y: Second metric, (R,).
        colour: First setting, (R,).
        size: Second setting, (R,); None where the grid has one alone.
        crosses: Published values: x, y and what it is.
    """

    title: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    colour: NDArray[np.float64]
    size: NDArray[np.float64] | None = None
    crosses: Sequence[tuple[float, float, str]] = ()


def hyper_parameters(
    contents: Sequence[GridPanel], x_title: str, y_title: str, colour_title: str, size_title: str = ""
) -> Figure:
    """One metric against another, a point per run, coloured and sized by two settings of the grid.

    Settings that are all above 0 have logarithmic scales.

    Args:
        contents: A panel each.
        x_title: Name of the first metric.
        y_title: Name of the second.
        colour_title: Name of the first setting.
        size_title: Name of the second.
    """
    from matplotlib.cm import ScalarMappable

    columns = min(2, len(contents))
    colours = np.concatenate([content.colour for content in contents])
    sizes = [content.size for content in contents if content.size is not None]
    with styled():
        title = "Further right is better separated, further up comes back better"
        figure = new_figure(title, 1.2 + (4.2 if columns == 1 else 3.4) * -(-len(contents) // columns))
        scale = _scale(colours)
        all_axes = panels(figure, len(contents), columns)
        for axes, content in zip(all_axes, contents, strict=True):
            area = (
                np.full(len(content.x), 70.0) if content.size is None else _areas(content.size, np.concatenate(sizes))
            )
            look: Any = {"cmap": SEQUENTIAL, "norm": scale, "edgecolors": INK, "linewidths": 0.6}
            order = np.argsort(-area, kind="stable")  # small points over large ones
            axes.scatter(content.x[order], content.y[order], s=area[order], c=content.colour[order], zorder=3, **look)
            for x, y, _ in content.crosses:
                axes.plot(x, y, "x", color=INK, markersize=8, markeredgewidth=1.8, zorder=4)
            axes.set(title=content.title, xlabel=x_title, ylabel=y_title)
            axes.margins(0.1)
        bar = figure.colorbar(ScalarMappable(scale, SEQUENTIAL), ax=all_axes, pad=0.02, aspect=30)
        bar.set_label(colour_title)
        bar.outline.set_visible(False)
        settings = np.unique(colours)
        if len(settings) <= _MOST_TICKS:
            bar.set_ticks(settings.tolist())
        bar.ax.yaxis.set_major_formatter("{x:g}")
        bar.minorticks_off()
        _size_legend(figure, sizes, size_title, contents)
    return figure


def _size_legend(
    figure: Figure, sizes: Sequence[NDArray[np.float64]], title: str, contents: Sequence[GridPanel]
) -> None:
    from matplotlib.lines import Line2D

    handles: list[Any] = []
    if sizes:
        values = np.unique(np.concatenate(sizes))
        chosen = values[np.unique(np.linspace(0, len(values) - 1, min(len(values), 5)).round().astype(int))]
        look: Any = {"linestyle": "none", "marker": "o", "markerfacecolor": "none", "markeredgecolor": INK}
        for value, area in zip(chosen, _areas(chosen, values), strict=True):
            handles.append(Line2D([], [], markersize=float(np.sqrt(area)), label=f"{title} {value:g}", **look))
    crosses = dict.fromkeys(words for content in contents for _, _, words in content.crosses)
    handles += [cross(words) for words in crosses]
    if handles:
        figure.legend(handles=handles, loc="outside lower left", ncols=len(handles))


def _scale(values: NDArray[np.float64]) -> Normalize:
    from matplotlib.colors import LogNorm, Normalize

    low, high = float(values.min()), float(values.max())
    return LogNorm(low, high) if low > 0 and high > low else Normalize(low, high if high > low else low + 1)


def _areas(values: NDArray[np.float64], known: NDArray[np.float64]) -> NDArray[np.float64]:
    """Areas of points for values, along the scale of all that are known."""
    shares = np.asarray(_scale(known)(values), float)
    return _SMALLEST + (_LARGEST - _SMALLEST) * shares
