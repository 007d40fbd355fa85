"""How the methods of a study look in its figures: a colour and a marker each, and one legend for all panels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.figures.style import INK, LINE_COLOURS, PAPER

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MOST_HUES", "Hue", "cross", "hues_of", "jitter", "legend_below"]

_MARKERS = "oD"
_LEGEND_ROW, _LEGEND_MARK = 110, 6  # letters: of a row, and that a mark takes
MOST_HUES = len(LINE_COLOURS) * len(_MARKERS)
"""So many methods can be told apart."""


@dataclass(frozen=True)
class Hue:
    """How one method is drawn.

    Args:
        colour: Of its marks.
        marker: Of its points.
        dashes: Of its lines.
        face: What its points are filled with.
    """

    colour: str
    marker: str
    dashes: str
    face: str


def hues_of(names: Sequence[str]) -> dict[str, Hue]:
    """A look for each method: the first six have filled points, the others open ones and dashed lines.

    Raises:
        InputError: There are more than can be told apart.
    """
    if len(names) > MOST_HUES:
        raise InputError(f"A figure can tell {MOST_HUES} methods apart, not {len(names)}.")
    found = {}
    for place, name in enumerate(names):
        turn, colour = divmod(place, len(LINE_COLOURS))
        shade = LINE_COLOURS[colour]
        found[name] = Hue(shade, _MARKERS[turn], "--" if turn else "-", PAPER if turn else shade)
    return found


def jitter(count: int, reach: float) -> NDArray[np.float64]:
    """Sideways shifts (count,) within ± reach, spread evenly and in no order, always the same."""
    even = (np.arange(count) + 0.5) / max(count, 1) * 2 - 1
    return reach * np.random.default_rng(count).permutation(even)


def legend_below(figure: Figure, hues: dict[str, Hue], *, lines: bool = False, others: Sequence[Any] = ()) -> None:
    """Name every method once, below all panels.

    Args:
        figure: The figure.
        hues: Methods in order.
        lines: Whether they are lines rather than points.
        others: Further handles with labels, such as that of a cross.
    """
    from matplotlib.lines import Line2D

    handles: list[Any] = []
    for name, hue in hues.items():
        look: Any = {"color": hue.colour, "linestyle": hue.dashes} if lines else _points(hue)
        handles.append(Line2D([], [], label=name, **look))
    handles += others
    lengths = [len(handle.get_label()) + _LEGEND_MARK for handle in handles]
    fits_a_row = sum(lengths) <= _LEGEND_ROW
    columns = len(handles) if fits_a_row else max(1, _LEGEND_ROW // max(lengths))
    figure.legend(handles=handles, loc="outside lower left", ncols=columns)


def _points(hue: Hue) -> dict[str, Any]:
    look = {"linestyle": "none", "marker": hue.marker, "markersize": 7}
    return {**look, "markerfacecolor": hue.face, "markeredgecolor": hue.colour}


def cross(label: str) -> Any:
    """The handle of a published value."""
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle="none", marker="x", color=INK, markersize=7, markeredgewidth=1.6, label=label)
