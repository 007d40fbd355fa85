"""The style of all figures: colours, type, and how a figure becomes a file.

Colours are those of Okabe and Ito, which people with any colour vision can tell apart; surfaces use viridis and
cividis, which are even to the eye. Files are the same byte by byte for the same input.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "BLUE",
    "DIVERGING",
    "GREEN",
    "GRID",
    "INK",
    "LINE_COLOURS",
    "MUTED",
    "ORANGE",
    "PAPER",
    "PURPLE",
    "SEQUENTIAL",
    "SHADE",
    "SKY",
    "THEME",
    "VERMILION",
    "WAY_COLOURS",
    "WIDTH",
    "decimals",
    "figure_svg",
    "logarithmic_where_wide",
    "new_figure",
    "note_missing",
    "number",
    "panels",
    "percent",
    "readable",
    "save_figure",
    "styled",
    "unit_words",
]

WIDTH = 10.0  # inches: the width of a report, at which the type below is readable

INK, MUTED, GRID, SHADE, PAPER = "#1b1f24", "#5b6470", "#d5d9de", "#eef0f3", "#fefefe"
BLUE, ORANGE, GREEN, VERMILION = "#0072b2", "#e69f00", "#009e73", "#d55e00"
PURPLE, SKY = "#cc79a7", "#56b4e9"
LINE_COLOURS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY)
WAY_COLOURS = {"alone": VERMILION, "joint": BLUE, "path": ORANGE, "exact": GREEN}
SEQUENTIAL, DIVERGING = "viridis", "RdBu_r"

THEME = {
    INK: "ink",
    MUTED: "muted",
    GRID: "grid",
    SHADE: "shade",
    PAPER: "paper",
    BLUE: "blue",
    ORANGE: "orange",
    GREEN: "green",
    VERMILION: "vermilion",
    PURPLE: "purple",
    SKY: "sky",
}
"""Name of each colour; a page may give them other values, for example in dark mode."""

_LOGARITHMIC_FROM = 4.0  # largest over smallest value
_SHORT_AXIS = 1000.0  # largest over smallest value from which powers of ten are labels enough
_DPI = 150  # of PNG files, and of what is stored as pixels in SVG files

_STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "text.color": INK,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.labelcolor": INK,
    "axes.labelsize": 10,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "xtick.major.width": 0.8,
    "ytick.major.width": 0.8,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "svg.fonttype": "none",
    "svg.hashsalt": "latune",
    "pdf.fonttype": 42,  # letters stay letters
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw and save in the style of latune; nothing outside is touched."""
    import matplotlib as mpl

    with mpl.rc_context(_STYLE):
        yield


def new_figure(title: str, height: float) -> Figure:
    """An empty figure with a sentence above it; call within `styled`.

    Args:
        title: What to look at, in one sentence; none if empty.
        height: Height in inches.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)  # type: ignore[union-attr, call-arg]
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    return figure


def panels(figure: Figure, count: int, columns: int, **options: Any) -> list[Axes]:
    """Axes in rows of `columns`; those that are not needed are left out."""
    if not count:
        return []
    rows = -(-count // columns)
    grid = figure.subplots(rows, columns, squeeze=False, **options)
    for unused in grid.flat[count:]:
        unused.remove()
    return list(grid.flat[:count])


def logarithmic_where_wide(axes: Axes, values: Sequence[float]) -> None:
    """Give a panel a logarithmic y axis where its values are above 0 and differ by a factor of 4 or more."""
    if min(values, default=0) <= 0 or max(values) / min(values) < _LOGARITHMIC_FROM:
        return
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    is_short = max(values) / min(values) < _SHORT_AXIS
    axes.yaxis.set_minor_formatter(_few_labels if is_short else "")
    axes.tick_params(axis="y", which="minor", labelsize=9)


def _few_labels(value: float, _position: float) -> str:
    """Label 2 and 5 between powers of ten, so that even a short logarithmic axis has numbers."""
    leading = value / 10 ** math.floor(math.log10(value))
    return f"{value:g}" if round(leading, 6) in (2.0, 5.0) else ""


def note_missing(axes: Axes) -> None:
    """Say in the middle of a panel that there was nothing to measure."""
    place: Any = {"transform": axes.transAxes, "ha": "center", "va": "center"}
    axes.text(0.5, 0.5, "nothing to measure here", color=MUTED, fontsize=9, **place)


def readable(name: str) -> str:
    """A name in snake_case as words."""
    return name.replace("_", " ")


def decimals(span: float) -> int:
    """Decimal places that tell apart values which differ by a twentieth of `span`."""
    return max(0, math.ceil(-math.log10(span / 20))) if span > 0 else 2


def number(value: float, places: int) -> str:
    """A number with a real minus sign, and without one for zero."""
    text = f"{value:.{places}f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "\N{MINUS SIGN}")


def percent(share: float) -> str:
    """A share as a whole percentage, with a decimal where that is nearly nothing or nearly all."""
    is_extreme = 0 < share < 0.01 or 0.99 < share < 1
    return f"{100 * share:.{int(is_extreme)}f} %"


def unit_words(unit: str) -> str:
    """A unit as a label; one that is a multiple, such as "26 semitones", reads "1 = 26 semitones"."""
    is_list = "," in unit  # such as "1 square, 2 ellipse"
    return f"1 = {unit}" if unit[:1].isdigit() and not is_list else unit


def figure_svg(figure: Figure) -> str:
    """The figure as an SVG element, without the XML header."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.StringIO()
    with _settled(figure):
        # The canvas itself: `Figure.savefig` would draw everything twice.
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(buffer, metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    return re.sub(r"<metadata>.*?</metadata>\s*", "", svg[svg.index("<svg") :], flags=re.DOTALL)


def save_figure(figure: Figure, path: Path, resolution: int = _DPI) -> None:
    """Write a figure as PNG, PDF or SVG, by the path's suffix, whole or not at all.

    Args:
        figure: The figure.
        path: The file.
        resolution: Dots per inch of a PNG file.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_pdf import FigureCanvasPdf

    temporary = path.with_name(f".{path.name}.tmp")
    canvas: Any
    if path.suffix == ".svg":
        temporary.write_text(figure_svg(figure), encoding="utf-8")
    elif path.suffix == ".pdf":
        with _settled(figure), temporary.open("wb") as file:
            canvas = FigureCanvasPdf(figure)
            canvas.print_pdf(file, metadata={"CreationDate": None, "Creator": None, "Producer": None})
    else:
        with _settled(figure, resolution), temporary.open("wb") as file:
            canvas = FigureCanvasAgg(figure)
            canvas.print_png(file, metadata={"Software": None})
    temporary.replace(path)


@contextmanager
def _settled(figure: Figure, resolution: int = _DPI) -> Iterator[None]:
    """Set the resolution, and lay the figure out once and for all: that takes longer than drawing."""
    with styled():
        figure.set_dpi(resolution)
        engine = figure.get_layout_engine()
        if engine is not None and figure.axes:
            engine.execute(figure)
            figure.set_layout_engine("none")
        yield
