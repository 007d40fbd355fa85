"""Figures of pictures: what a knob does to one of them, to several, and together with a second knob."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.figures.curve import draw_curve
from latune.figures.pixels import Pixels
from latune.figures.style import (
    BLUE,
    DIVERGING,
    GRID,
    INK,
    MUTED,
    ORANGE,
    WIDTH,
    decimals,
    new_figure,
    number,
    readable,
    styled,
    unit_words,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["PlaneAxis", "Strip", "picture_grid", "picture_plane", "picture_strip", "reconstructions"]

Values = NDArray[np.float64]

_TILE = 0.94  # share of its cell that a picture takes
_LABEL = 0.95  # inches of a row's name
_CURVE = 1.6  # inches, width of the curve beside a strip
_TEXT = 0.36  # inches, height of two lines of text below a picture


@dataclass(frozen=True)
class Strip:
    """One knob set to P values for one picture.

    Args:
        pixels: What came out, (P, H, W, C).
        requested: What was asked for, (P,): values of the attribute, or codes where `by_code`.
        measured: Value of what came out, (P,); not a number where a picture has none.
        own: The position that shows the picture unchanged, if one does.
        by_code: Whether `requested` are latent codes.
    """

    pixels: Pixels
    requested: Values
    measured: Values
    own: int | None
    by_code: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of a picture."""
        return int(self.pixels.shape[1]), int(self.pixels.shape[2])


@dataclass(frozen=True)
class PlaneAxis:
    """A knob of a plane: its name, its unit, and the values that were asked for."""

    name: str
    unit: str
    values: Values

    @property
    def label(self) -> str:
        """Name and unit."""
        return f"{readable(self.name)} ({unit_words(self.unit)})"


def picture_strip(sweep: Strip, name: str, unit: str, limits: tuple[float, float], title: str = "") -> Figure:
    """Pictures side by side with the requested and the measured value below each, and both as a curve.

    Args:
        sweep: The pictures.
        name: The attribute.
        unit: Its unit.
        limits: Lowest and highest value of the value axis; it grows where needed.
        title: A sentence above the figure, none if empty.
    """
    left, right, below = 0.12, _CURVE + 0.6, 0.5  # inches around the strip
    cell = (WIDTH - left - right) / len(sweep.pixels)
    height, width = sweep.shape
    tall = max(cell * height / width, 0.9)
    with styled():
        figure = new_figure(title, tall + below + 0.5)
        figure.set_layout_engine("none")  # the pictures' size is known, and stays so
        strip = _axes_at(figure, left, below, WIDTH - left - right, tall)
        curve = _axes_at(figure, WIDTH - _CURVE - 0.08, below, _CURVE, tall)
        _blank(strip, len(sweep.pixels), tall / cell)
        texts = _texts(sweep, decimals(limits[1] - limits[0]))
        for place, (picture, text) in enumerate(zip(sweep.pixels, texts, strict=True)):
            _place(strip, picture, place, 0, text, place == sweep.own)
        draw_curve(curve, sweep.measured, None if sweep.by_code else sweep.requested, sweep.own, limits, "picture")
        curve.set_title(f"{readable(name)}\n{unit_words(unit)}", fontsize=8.5, pad=4)
    return figure


def picture_grid(
    sweeps: Sequence[Strip], originals: Pixels, names: Sequence[str], limits: tuple[float, float], title: str
) -> Figure:
    """Several pictures below each other, each swept along its row; the first column shows them as they are.

    Args:
        sweeps: A sweep for each of N pictures, all with as many positions.
        originals: The pictures, (N, H, W, C).
        names: What to call each of them.
        limits: The knob's range.
        title: A sentence above the figure.
    """
    columns = len(sweeps[0].pixels) + 1.3
    height, width = sweeps[0].shape
    cell = (WIDTH - 0.9) / columns
    pitch = height / width + _TEXT / cell
    places = decimals(limits[1] - limits[0])
    with styled():
        figure = new_figure(title, 0.6 + pitch * cell * len(sweeps))
        axes = figure.subplots()
        _blank(axes, columns, pitch * len(sweeps))
        for row, (sweep, original, name) in enumerate(zip(sweeps, originals, names, strict=True)):
            _place(axes, original, 0, row * pitch, name, False)
            for place, (picture, text) in enumerate(zip(sweep.pixels, _texts(sweep, places), strict=True)):
                _place(axes, picture, place + 1.3, row * pitch, text, place == sweep.own)
    return figure


def picture_plane(
    pictures: Pixels, measured: Values, across: PlaneAxis, up: PlaneAxis, own: tuple[float, float], title: str
) -> Figure:
    """Pictures over a plane of two knobs that were set together, and where their measured values lie.

    Args:
        pictures: (Y, X, H, W, C), the lowest row of the figure first.
        measured: Values of the two attributes, (Y, X, 2); not a number where a picture has none.
        across: The knob that rises from left to right.
        up: The knob that goes from bottom to top.
        own: The two values of the picture that all started from.
        title: A sentence above the figure.
    """
    rows, columns, height, width, _ = pictures.shape
    ratio, left, below, side = height / width, 0.75, 0.6, 6.0
    tall = side * rows * ratio / columns
    with styled():
        figure = new_figure(title, tall + below + 0.5)
        figure.set_layout_engine("none")
        axes = _axes_at(figure, left, below, side, tall)
        _blank(axes, columns, rows * ratio)
        for row, column in np.ndindex(rows, columns):
            _place(axes, pictures[row, column], column, (rows - 1 - row) * ratio, "", False)
        axes.set_axis_on()
        axes.tick_params(length=0)
        for edge in ("left", "bottom"):
            axes.spines[edge].set_visible(False)
        axes.set_xticks(np.arange(columns) + _TILE / 2, _ticks(across.values))
        axes.set_yticks(ratio * (np.arange(rows)[::-1] + _TILE / 2), _ticks(up.values))
        axes.set_xlabel(f"asked for: {across.label}")
        axes.set_ylabel(f"asked for: {up.label}")
        free = WIDTH - left - side - 0.85
        _draw_lattice(
            _axes_at(figure, WIDTH - free - 0.1, below, free, min(tall, 1.1 * free)), measured, across, up, own
        )
    return figure


def _draw_lattice(axes: Axes, measured: Values, across: PlaneAxis, up: PlaneAxis, own: tuple[float, float]) -> None:
    """The lattice that was asked for, dashed, and where its corners came out."""
    wanted = np.stack(np.meshgrid(across.values, up.values), axis=-1)
    for points, look in ((wanted, {"color": MUTED, "linestyle": "--", "linewidth": 0.5}), (measured, {"color": BLUE})):
        for line in (*points, *points.swapaxes(0, 1)):
            axes.plot(line[:, 0], line[:, 1], **{"linewidth": 0.9, **look})  # type: ignore[arg-type]
    axes.plot(*measured.reshape(-1, 2).T, "o", color=BLUE, markersize=3)
    axes.plot(*own, "o", color=ORANGE, markeredgecolor=INK, markersize=7, zorder=5)
    axes.set_title("dashed: asked for; blue: got;\norange: the picture as it is", fontsize=8.5)
    axes.set_xlabel(f"measured: {readable(across.name)}")
    axes.set_ylabel(f"measured: {readable(up.name)}")


def reconstructions(originals: Pixels, decoded: Pixels, names: Sequence[str] | None = None) -> Figure:
    """Pictures, what the model gives back of them, and the difference: red where it is too bright, blue where too dark.

    Args:
        originals: (N, H, W, C).
        decoded: The same shape.
        names: What to write below each column, if anything.
    """
    count, height, width, _ = originals.shape
    ratio, cell = height / width, (WIDTH - 0.4 - _LABEL) / count
    left = _LABEL / cell
    rows = {"picture": originals, "comes back": decoded, "difference": _differences(originals, decoded)}
    with styled():
        title = "Pictures, what comes back from their codes, and where that is too bright (red) or too dark (blue)"
        figure = new_figure(title, 0.75 + len(rows) * cell * ratio)
        axes = figure.subplots()
        _blank(axes, count + left, len(rows) * ratio + (0.2 / cell if names else 0))
        for row, (label, pictures) in enumerate(rows.items()):
            axes.text(0, (row + _TILE / 2) * ratio, label, va="center", fontsize=9, color=INK)
            for place, picture in enumerate(pictures):
                text = names[place] if names and row == len(rows) - 1 else ""
                _place(axes, picture, place + left, row * ratio, text, False)
    return figure


def _differences(originals: Pixels, decoded: Pixels) -> Pixels:
    """What was added to the brightness (mean of the channels) in the colours of differences, (N, H, W, 3)."""
    from matplotlib import colormaps

    added = (decoded.astype(float) - originals).mean(axis=-1)  # -255 to 255
    return np.asarray(colormaps[DIVERGING](added / 510 + 0.5, bytes=True)[..., :3])


def _axes_at(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes at a place in inches."""
    across, up = figure.get_size_inches()
    return figure.add_axes((left / across, bottom / up, width / across, height / up))


def _blank(axes: Axes, columns: float, rows: float) -> None:
    """Axes without lines whose unit is a picture's width; y points down."""
    axes.set(xlim=(-0.03, columns - 1 + _TILE + 0.03), ylim=(rows + 0.02, -0.03), aspect="equal", anchor="NW")
    axes.set_axis_off()
    axes.grid(visible=False)


def _place(axes: Axes, picture: Pixels, left: float, top: float, text: str, is_own: bool) -> None:
    """A picture with its pixels as squares, framed, and a text below."""
    from matplotlib.patches import Rectangle

    height, width = _TILE * picture.shape[0] / picture.shape[1], _TILE
    limits = axes.get_xlim(), axes.get_ylim()
    look: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 255} if picture.shape[-1] == 1 else {}
    shown = picture[..., 0] if picture.shape[-1] == 1 else picture
    axes.imshow(shown, extent=(left, left + width, top + height, top), interpolation="none", **look)
    axes.set(xlim=limits[0], ylim=limits[1])
    frame = Rectangle((left, top), width, height, fill=False, clip_on=False)
    frame.set(edgecolor=ORANGE if is_own else GRID, linewidth=2.4 if is_own else 0.8, zorder=3)
    axes.add_patch(frame)
    if text:
        axes.annotate(
            text,
            (left + width / 2, top + height),
            xytext=(0, -4),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=7.8,
            fontweight="bold" if is_own else "normal",
            color=INK,
            linespacing=1.15,
        )


def _texts(sweep: Strip, places: int) -> list[str]:
    """What was asked for and measured, for each position."""
    asked = [number(value, 1 if sweep.by_code else places) for value in sweep.requested]
    got = [number(value, places) if np.isfinite(value) else "–" for value in sweep.measured]
    word = "code" if sweep.by_code else "asked"
    return [
        f"{'own' if place == sweep.own else word} {pair[0]}\ngot {pair[1]}"
        for place, pair in enumerate(zip(asked, got, strict=True))
    ]


def _ticks(values: Values) -> list[str]:
    places = decimals(float(np.ptp(values)))
    return [number(value, places) for value in values]
