"""What several commands read from their arguments, and tell about attributes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

__all__ = ["RunFolder", "parse_knob", "rows_of_values"]


RunFolder = Annotated[Path, typer.Argument(help="Run folder, as latune train leaves it")]


def parse_knob(text: str) -> tuple[str, float]:
    """Name and value of NAME=VALUE.

    Raises:
        InputError: It is not that.
    """
    from latune.errors import InputError

    name, separator, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not separator or not name or not abs(number) < float("inf"):
        raise InputError(f"--knob {text}: expected NAME=VALUE with a number, such as note_density=0.25.")
    return name, number


def rows_of_values(names: Sequence[str], values: Values) -> list[dict[str, float | None]]:
    """A mapping per item from values (N, names); null where it lacks the attribute."""
    return [
        {name: value if value == value else None for name, value in zip(names, row, strict=True)}
        for row in values.tolist()
    ]
