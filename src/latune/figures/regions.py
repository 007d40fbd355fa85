"""Figures of regions: what they look like, where they lie, and what is between two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.figures.board import MARGIN, Pictures, board, draw_pictures, row_height, text_width, write
from latune.figures.labels import Label, label_where_free
from latune.figures.style import (
    INK,
    LINE_COLOURS,
    MUTED,
    SEQUENTIAL,
    WIDTH,
    new_figure,
    number,
    percent,
    readable,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["region_interpolation", "region_map", "region_sheet"]

Floats = NDArray[np.floating[Any]]

_WIDEST = 30  # regions side by side, at most
_BAND = 20  # regions side by side where there are more
_LARGEST = 1.1  # inches, a picture
_MAP = (9.0, 6.2)  # inches, the plane of a map, about
_DEVIATIONS = 2  # of an ellipse


def region_sheet(means: Pictures, samples: Pictures, names: Sequence[str]) -> Figure:
    """A column for each of K regions: its decoded mean above decoded samples of it; many regions take several bands.

    Args:
        means: (K, C, H, W).
        samples: S of each region, (K, S, C, H, W).
        names: The regions.
    """
    bands = 1 if len(names) <= _WIDEST else -(-len(names) // _BAND)
    columns = -(-len(names) // bands)
    words = MARGIN + 0.65
    cell = min(_LARGEST, (WIDTH - words - MARGIN) / columns)
    height = row_height(means, cell)
    longest = max(text_width(readable(name), 8) for name in names)
    is_upright = longest > cell
    head = longest + 0.1 if is_upright else 0.22
    band = head + height * (1 + samples.shape[1]) + 0.22
    with styled():
        title = "Every region should look like its name: the mean on top, samples below"
        figure, axes = board(title, 0.05 + band * bands)
        for place in range(bands):
            part = slice(place * columns, (place + 1) * columns)
            top = 0.05 + place * band + head
            _write_names(axes, names[part], words, top - 0.05, cell, is_upright)
            write(axes, MARGIN, top + height / 2, "mean")
            write(axes, MARGIN, top + 0.08 + height * 1.5, "samples")
            draw_pictures(axes, means[None, part], words, top, cell)
            draw_pictures(axes, samples[part].swapaxes(0, 1), words, top + height + 0.08, cell)
    return figure


def _write_names(axes: Axes, names: Sequence[str], left: float, bottom: float, cell: float, is_upright: bool) -> None:
    for column, name in enumerate(names):
        look = {"va": "bottom", "ha": "center", "rotation": 90 if is_upright else 0}
        write(axes, left + (column + 0.5) * cell, bottom, readable(name), 8, **look)


def region_interpolation(rows: Mapping[str, Pictures], names: Sequence[tuple[str, str]]) -> Figure:
    """Decoded pictures on the way from region to region, a group for each of N pairs and in it a row for each way.

    Args:
        rows: Pictures (N, P, C, H, W) by the name of their way, such as "linear" and "geodesic"; the P places are
            equally far from each other, the first and the last lie in the two regions.
        names: First and last region of each pair.

    Raises:
        InputError: The ways do not have as many pictures.
    """
    shapes = {pictures.shape for pictures in rows.values()}
    if len(shapes) != 1:
        raise InputError(f"Expected as many pictures for every way; got {', '.join(map(str, sorted(shapes)))}.")
    steps = next(iter(shapes))[1]
    titles = [f"{readable(first)} \N{RIGHTWARDS ARROW} {readable(last)}" for first, last in names]
    words = MARGIN + 0.2 + max(text_width(text, 9) for text in rows)
    cell = min(_LARGEST, (WIDTH - words - MARGIN) / steps)
    height = row_height(next(iter(rows.values())), cell)
    group = height * len(rows) + 0.34
    with styled():
        title = "On the way from one region to another: a way through other regions shows their pictures"
        figure, axes = board(title, 0.3 + group * len(names))
        for place, text in enumerate(titles):
            top = place * group + 0.3
            write(axes, words, top - 0.13, text, 10, fontweight="bold")
            for row, (way, pictures) in enumerate(rows.items()):
                write(axes, MARGIN, top + (row + 0.5) * height, way)
                draw_pictures(axes, pictures[place][None], words, top + row * height, cell)
        for column, share in enumerate(np.linspace(0, 1, steps)):
            x = words + (column + 0.5) * cell
            write(axes, x, group * len(names) + 0.1, number(float(share), 2), 8, ha="center", color=MUTED)
    return figure


def region_map(
    codes: Floats,
    regions: NDArray[np.integer[Any]],
    means: Floats,
    covariances: Floats,
    names: Sequence[str],
    groups: Sequence[str] | None = None,
) -> Figure:
    """Codes in the plane of their first two principal components, with an ellipse of each region's Gaussian.

    An ellipse is the outline of two standard deviations of the Gaussian's projection; it holds 86 % of it.

    Args:
        codes: (N, D), D at least 2; the components are fitted to them.
        regions: Region of each, (N,); -1 outside of all.
        means: (K, D).
        covariances: (K, D, D).
        names: The regions, written at their means where there is room.
        groups: What each region belongs to, such as its shape: regions of a group share a colour.

    Raises:
        InputError: Codes have fewer than two dimensions, or there are fewer than three.
    """
    if codes.ndim != 2 or codes.shape[0] < 3 or codes.shape[1] < 2:
        raise InputError(f"A map needs three codes or more, with two dimensions or more; got the shape {codes.shape}.")
    centre, components, explained = _principal_plane(codes)
    points, places = (codes - centre) @ components, (means - centre) @ components
    outlines = places[:, None] + _ellipses(components.T @ covariances @ components)
    colours = _colours(len(names), groups)
    with styled():
        title = "Regions that lie apart can be told apart; each ellipse is drawn at two standard deviations"
        figure = new_figure(title, 7.0)
        axes = figure.subplots()
        _set_limits(axes, np.concatenate([points, outlines.reshape(-1, 2)]))
        inside = regions >= 0
        look: Any = {"s": 7, "alpha": 0.55, "linewidths": 0, "rasterized": True}
        axes.scatter(points[~inside, 0], points[~inside, 1], color=MUTED, **look)
        axes.scatter(points[inside, 0], points[inside, 1], c=colours[regions[inside]], **look)
        for outline, colour in zip(outlines, colours, strict=True):
            axes.plot(*outline.T, color=colour, linewidth=1.3)
        for axis, order, share in zip((axes.xaxis, axes.yaxis), ("first", "second"), explained, strict=True):
            axis.set_label_text(f"{order} principal component ({percent(float(share))} of the variance)")
        labels = [Label(x, y, readable(name), INK) for (x, y), name in zip(places.tolist(), names, strict=True)]
        label_where_free(axes, labels, 10 if len(names) <= _WIDEST else 7.5)
        if groups is not None:
            for group in dict.fromkeys(groups):
                axes.plot([], [], "o", color=colours[list(groups).index(group)], label=group)
            figure.legend(loc="outside lower left", ncols=6)
    return figure


def _principal_plane(codes: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean of codes (N, D), their first two principal components (D, 2), and the share of variance of each."""
    centre = codes.mean(axis=0)
    variances, vectors = np.linalg.eigh(np.cov(codes, rowvar=False))
    plane = vectors[:, :-3:-1]
    # The sign of a component is arbitrary: here its largest entry is positive, so that figures can be compared.
    signs = np.sign(plane[np.abs(plane).argmax(axis=0), np.arange(2)])
    return centre, plane * signs, variances[:-3:-1] / max(float(variances.sum()), np.finfo(float).tiny)


def _ellipses(covariances: Floats) -> Floats:
    """Outlines around the origin of two standard deviations of covariances (K, 2, 2), (K, 73, 2)."""
    variances, vectors = np.linalg.eigh(covariances)
    turn = np.linspace(0, 2 * np.pi, 73)
    radii = _DEVIATIONS * np.sqrt(np.maximum(variances, 0))
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return np.asarray((circle * radii[:, None]) @ vectors.swapaxes(1, 2))


def _colours(count: int, groups: Sequence[str] | None) -> NDArray[Any]:
    """A colour for each region (K, 4): of its group, of its own, or along a scale where there are too many."""
    from matplotlib import colormaps
    from matplotlib.colors import to_rgba_array

    own = [str(place) for place in range(count)] if groups is None else list(groups)
    kinds = list(dict.fromkeys(own))
    if len(kinds) <= len(LINE_COLOURS):
        palette = to_rgba_array(LINE_COLOURS)
    else:
        palette = colormaps[SEQUENTIAL](np.linspace(0, 0.95, len(kinds)))
    return np.asarray(palette[[kinds.index(kind) for kind in own]])


def _set_limits(axes: Axes, points: Floats) -> None:
    """Show all points with a unit as long on both axes: distances count."""
    low, high = points.min(axis=0), points.max(axis=0)
    inch = 1.06 * float(np.max((high - low) / _MAP)) or 1.0
    (left, bottom), (right, top) = (low + high - inch * np.array(_MAP)) / 2, (low + high + inch * np.array(_MAP)) / 2
    axes.set(xlim=(left, right), ylim=(bottom, top))
    axes.set_aspect("equal")
