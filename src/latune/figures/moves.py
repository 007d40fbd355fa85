"""Figures of moves: what they do to pictures, and what formulas of pictures they compute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from latune.errors import InputError
from latune.figures.board import MARGIN, Pictures, board, draw_pictures, draw_rule, row_height, text_width, write
from latune.figures.style import (
    INK,
    MUTED,
    VERMILION,
    WIDTH,
    readable,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["move_rows", "symbol_triplets"]

_LARGEST = 1.6  # inches, a picture of a row
_CAPTION = 0.2  # inches, a line below a picture
_APART = 0.3  # inches, between what was got and what was wanted
_SIGN = 0.72  # inches, a picture in a formula
_OK: Mapping[str, Any] = {"color": INK}  # what was read is what was wanted
_WRONG: Mapping[str, Any] = {"color": VERMILION, "fontweight": "bold"}


def move_rows(
    sources: Pictures,
    chains: Pictures,
    truths: Pictures,
    names: Sequence[str],
    read: Sequence[Sequence[str]] | None = None,
    wanted: Sequence[Sequence[str]] | None = None,
) -> Figure:
    """A row for each of M moves: a picture, what comes of it after 1 to n applications, and what should have come.

    Args:
        sources: The pictures that are moved, (M, C, H, W).
        chains: Decoded after 1 to n applications, (M, n, C, H, W).
        truths: An example of the region to be reached, by the last application (M, C, H, W) or by each
            (M, n, C, H, W).
        names: The moves.
        read: Region that is read on each picture of `chains`, (M, n) names, written below it.
        wanted: Region that it should be, (M, n) names, written below `truths`: what was read is red where it differs.

    Raises:
        InputError: The arrays do not belong together.
    """
    shown = truths[:, None] if truths.ndim == 4 else truths
    if not len(sources) == len(chains) == len(shown) == len(names):
        numbers = ", ".join(str(len(part)) for part in (sources, chains, shown, names))
        raise InputError(f"Expected as many sources, chains, truths and names; got {numbers}.")
    steps = chains.shape[1]
    if shown.shape[1] not in (1, steps):
        raise InputError(f"Expected a truth for the last application or for each of {steps}; got {shown.shape[1]}.")
    words = MARGIN + 0.15 + max(text_width(readable(name), 10) for name in names)
    free = WIDTH - MARGIN - words - 1.5 * _APART
    cell = min(_LARGEST, free / (1 + steps + shown.shape[1]))
    pitch = row_height(chains, cell) + (_CAPTION if read or wanted else 0.08)
    got, truth = words + cell + _APART / 2, words + (1 + steps) * cell + 1.5 * _APART
    with styled():
        title = "Moves applied once, twice and so on, beside the real pictures that should have come"
        figure, axes = board(title, 0.4 + pitch * len(names))
        counts = [str(step) for step in range(1, steps + 1)]
        heads = ["wanted"] if shown.shape[1] == 1 else [f"wanted {count}" for count in counts]
        for left, texts in ((words, ["source"]), (got, counts), (truth, heads)):
            _write_row(axes, texts, left, 0.16, cell, [{"color": MUTED}] * len(texts))
        for row, name in enumerate(names):
            top = 0.32 + row * pitch
            write(axes, MARGIN, top + row_height(chains, cell) / 2, readable(name), 10)
            for left, pictures in ((words, sources[row : row + 1]), (got, chains[row]), (truth, shown[row])):
                draw_pictures(axes, pictures[None], left, top, cell)
            below = top + row_height(chains, cell) + 0.1
            if read:
                targets = wanted[row] if wanted else read[row]
                look = [_OK if name == target else _WRONG for name, target in zip(read[row], targets, strict=True)]
                _write_row(axes, read[row], got, below, cell, look)
            if wanted:
                targets = wanted[row][-shown.shape[1] :]
                _write_row(axes, targets, truth, below, cell, [_OK] * len(targets))
        draw_rule(axes, truth - _APART / 2, 0.05, 0.32 + pitch * len(names) - 0.1)
    return figure


def _write_row(
    axes: Axes, texts: Sequence[str], left: float, y: float, cell: float, look: Sequence[Mapping[str, Any]]
) -> None:
    """A text above or below the middle of each picture of a row, as large as fits."""
    size = min(9.0, 9 * 0.92 * cell / max(text_width(text, 9) for text in texts))
    for column, (text, own) in enumerate(zip(texts, look, strict=True)):
        write(axes, left + (column + 0.5) * cell, y, text, size, ha="center", **own)


def symbol_triplets(
    left: Pictures,
    operator: Pictures,
    right: Pictures,
    result: Pictures,
    wanted: Sequence[str],
    texts: Sequence[str],
    read: Sequence[str] | None = None,
) -> Figure:
    """Formulas of pictures: two operands and an operator, and the result that was generated from their codes.

    Args:
        left: Pictures of the left operands, (N, C, H, W).
        operator: Of the operators.
        right: Of the right operands.
        result: Of the results, decoded.
        wanted: Name of each result, such as "7".
        texts: The formulas in signs, such as "3 + 4".
        read: What is read on each result: red where something else was wanted.
    """
    half = WIDTH / 2
    pitch = row_height(left, _SIGN) + 0.1
    with styled():
        title = "The picture behind each equals sign is generated: it should show the wanted result"
        figure, axes = board(title, 0.1 + pitch * -(-len(wanted) // 2))
        formulas = np.stack([left, operator, right], axis=1)
        for place, (formula, text, target) in enumerate(zip(formulas, texts, wanted, strict=True)):
            x, top = MARGIN + half * (place % 2), 0.05 + pitch * (place // 2)
            middle, behind = top + row_height(left, _SIGN) / 2, x + 3 * _SIGN + 0.36
            draw_pictures(axes, formula[None], x, top, _SIGN)
            write(axes, x + 3 * _SIGN + 0.18, middle, "=", 16, ha="center")
            draw_pictures(axes, result[None, place : place + 1], behind, top, _SIGN)
            x = behind + _SIGN + 0.12
            write(axes, x, middle - 0.2, text, 10, fontweight="bold")
            write(axes, x, middle + 0.02, f"wanted {target}", 9)
            if read:
                look = _OK if read[place] == target else _WRONG
                write(axes, x, middle + 0.21, f"read {read[place]}", 9, **look)
    return figure
