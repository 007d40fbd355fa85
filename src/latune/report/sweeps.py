"""Sweeps: what a knob does to one held-out item. What an item looks like is up to its medium."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from latune.control.editor import Way
from latune.data.dataset import Dataset
from latune.errors import DataError
from latune.figures.style import decimals, number

__all__ = ["Setting", "Sweep", "starts_in_split"]

Setting = Way | Literal["code"]
"""How a knob is set; "code" puts its latent dimension to evenly spaced codes, as most published figures do."""

CODE_PLACES = 1  # decimal places of a code


@dataclass(frozen=True)
class Sweep:
    """One knob, one held-out item, one way of setting: P versions of the item in a row.

    Args:
        name: The knob.
        unit: Its unit.
        item: Number of the start item in the test split, from 0.
        way: How the knob was set.
        requested: Value that was asked for, (P,), or code; at `own` the value of the start item.
        measured: Value of what came out, (P,); not a number where an item has none.
        own: Position that shows the start item's own decode, if one does.
        limits: The knob's range.
    """

    name: str
    unit: str
    item: int
    way: Setting
    requested: NDArray[np.float64]
    measured: NDArray[np.float64]
    own: int | None
    limits: tuple[float, float]

    @property
    def stem(self) -> str:
        """Name of its files without suffix."""
        return f"{self.name}_{self.item}" + ("" if self.way == "path" else f"_{self.way}")

    @property
    def labels(self) -> list[tuple[str, str]]:
        """For each position the requested and the measured value as text."""
        places = decimals(self.limits[1] - self.limits[0])
        asked_places = CODE_PLACES if self.way == "code" else places
        pairs = zip(self.requested, self.measured, strict=True)
        return [(_shown(asked, asked_places), _shown(got, places)) for asked, got in pairs]


def _shown(value: float, places: int) -> str:
    return number(value, places) if math.isfinite(value) else "–"


def starts_in_split(dataset: Dataset, numbers: Sequence[int]) -> NDArray[np.int64]:
    """Indices into the data set of the numbered items of the test split.

    Raises:
        DataError: The test split has no such item.
    """
    indices = dataset.split("test")
    wrong = next((n for n in numbers if not 0 <= n < len(indices)), None)
    if wrong is not None:
        raise DataError(f"The test split of '{dataset.name}' has no item {wrong}: expected 0 to {len(indices) - 1}.")
    return np.asarray(indices[list(numbers)], dtype=np.int64)
