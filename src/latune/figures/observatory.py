"""The metric observatory as a table: what every metric says of codes whose answers are known."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from latune.figures.style import INK, MUTED, PAPER, VERMILION, new_figure, number, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["observatory_table"]

COLOURS = "Blues"
ANSWER_WIDTH, GAP = 1.5, 0.45  # of the column with a question's answers, and between questions, in cells
FEWEST = 20  # cells in the width of the figure
ROW = 0.27  # inches
TYPE = 7.5
LETTERS = 5.2  # in the width of a cell


def observatory_table(observatory: Mapping[str, Any]) -> Figure:
    """A row for each case and a column for each metric; what misleads has a frame.

    Metrics stand below the question that they are read as an answer to, behind the column with the true answers.

    Args:
        observatory: What `Observatory.to_dict` returns.
    """
    cases, count = observatory["cases"], len(observatory["metrics"])
    with styled():
        title = f"What {count} metrics say of codes whose answers are known: framed values mislead"
        figure = new_figure(title, 2.3 + ROW * len(cases))
        axes = figure.subplots()
        right = 0.0
        for question, words in observatory["questions"].items():
            metrics = [metric for metric in observatory["metrics"] if metric["question"] == question]
            if metrics:
                right = _draw_question(axes, right, question, words, metrics, cases) + GAP
        _settle_axes(axes, right - GAP, cases)
    return figure


def _draw_question(
    axes: Axes,
    left: float,
    question: str,
    words: str,
    metrics: Sequence[Mapping[str, Any]],
    cases: Sequence[Mapping[str, Any]],
) -> float:
    """The answers to a question, and a column for each metric; returns the right end."""
    first = left + ANSWER_WIDTH
    right = first + len(metrics)
    middle: Any = {"ha": "center", "va": "center", "fontsize": TYPE}
    for row, case in enumerate(cases):
        axes.text(left + ANSWER_WIDTH / 2, row, case["truth"][question], color=MUTED, **middle)
        for column, metric in enumerate(metrics):
            _draw_cell(axes, first + column, row, case["findings"][metric["key"]])
    axes.plot([left + 0.1, right - 0.1], [-0.62, -0.62], color=MUTED, linewidth=0.8)
    for column, metric in enumerate(metrics):
        place = (first + column + 0.5, len(cases) - 0.4)
        axes.text(*place, metric["title"], rotation=40, ha="right", va="top", rotation_mode="anchor", fontsize=8)
    lines = textwrap.wrap(words, int(LETTERS * (right - left)))
    axes.text(left + 0.1, -0.8, "\n".join(lines), ha="left", va="bottom", fontsize=8)
    return right


def _draw_cell(axes: Axes, left: float, row: int, finding: Mapping[str, Any]) -> None:
    """A value on its colour, with a frame where it misleads."""
    from matplotlib import colormaps
    from matplotlib.patches import Rectangle

    middle: Any = {"ha": "center", "va": "center", "fontsize": TYPE}
    value = finding["value"]
    if value is None:
        axes.text(left + 0.5, row, "–", color=MUTED, **middle)
        return
    # The darkest blue is too near to ink.
    colour = colormaps[COLOURS](0.8 * min(max(value, 0.0), 1.0))
    axes.add_patch(Rectangle((left, row - 0.5), 1, 1, facecolor=colour, edgecolor=PAPER, linewidth=1))
    if finding["status"] in ("too low", "too high"):
        frame: Any = {"facecolor": "none", "edgecolor": VERMILION, "linewidth": 1.4}
        axes.add_patch(Rectangle((left + 0.07, row - 0.43), 0.86, 0.86, zorder=3, **frame))
    axes.text(
        left + 0.5, row, number(value, 2 if value >= 0 else 1), color=PAPER if value > 0.6 else INK, zorder=4, **middle
    )


def _settle_axes(axes: Axes, right: float, cases: Sequence[Mapping[str, Any]]) -> None:
    """Names of the cases, and no lines around."""
    axes.set(xlim=(0, max(right, FEWEST)), ylim=(len(cases) - 0.4, -0.7))
    axes.grid(visible=False)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0)
    axes.set_xticks([])
    note = "Grey: the true answer\n–: needs an order of the classes"
    axes.text(-0.15, len(cases) - 0.2, note, ha="right", va="top", fontsize=8, color=MUTED)
    axes.set_yticks(range(len(cases)), [case["title"] for case in cases])
