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

__all__ = ["RunFolder", "RunFolders", "parse_knob", "parse_knobs", "rows_of_values"]


RunFolder = Annotated[Path, typer.Argument(help="Run folder, as latune train leaves it")]
RunFolders = Annotated[list[Path], typer.Argument(help="Run folder, as latune train leaves it; several for a studio")]


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


def parse_knobs(texts: Sequence[str]) -> dict[str, float | list[float]]:
    """Names and values of NAME=VALUE, or of NAME=VALUE,VALUE,... with one value per measure.

    Raises:
        InputError: One is not that, or a name occurs twice.
    """
    from latune.errors import InputError

    targets: dict[str, float | list[float]] = {}
    for text in texts:
        name, separator, values = text.partition("=")
        if name in targets:
            raise InputError(f"--knob {name} is given twice: choose one value.")
        numbers = [parse_knob(f"{name}{separator}{value}")[1] for value in values.split(",")]
        targets[name] = numbers if len(numbers) > 1 else numbers[0]
    return targets


def rows_of_values(names: Sequence[str], values: Values) -> list[dict[str, float | None]]:
    """A mapping per item from values (N, names); null where it lacks the attribute."""
    return [
        {name: value if value == value else None for name, value in zip(names, row, strict=True)}
        for row in values.tolist()
    ]
