"""Attributes: named numbers of items, with unit and range."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from latune.errors import RecipeError

__all__ = ["Attribute", "AttributeTable", "Kind", "Measure"]

Kind = Literal["continuous", "ordinal", "categorical"]

Measure = Callable[[NDArray[np.int16]], NDArray[np.float64]]
"""A vectorised function from items (N, ...) to one value per item (N,)."""


@dataclass(frozen=True)
class Attribute:
    """A named number of an item.

    Args:
        name: How recipes, command line and reports call it, in snake_case.
        unit: Unit in words, such as "semitones" or "share of ticks".
        low: Smallest value the definition allows.
        high: Largest value the definition allows.
        description: One sentence for people.
        kind: "continuous", "ordinal" (ordered steps) or "categorical".
        measure: Function from items (N, ...) to values (N,), or None where the value is a label.
    """

    name: str
    unit: str
    low: float
    high: float
    description: str = ""
    kind: Kind = "continuous"
    measure: Measure | None = None


class AttributeTable:
    """The attributes of a data set, in the order of its columns.

    Args:
        attributes: The attributes, each with a name of its own.
    """

    def __init__(self, attributes: Sequence[Attribute]) -> None:
        self._attributes = tuple(attributes)
        self.names = tuple(attribute.name for attribute in self._attributes)
        if len(set(self.names)) != len(self.names):
            raise ValueError(f"attribute names must be unique, got {self.names}")

    def __len__(self) -> int:
        return len(self._attributes)

    def __iter__(self) -> Iterator[Attribute]:
        return iter(self._attributes)

    def __getitem__(self, name: str) -> Attribute:
        return self._attributes[self.index(name)]

    def index(self, name: str) -> int:
        """Column of the attribute `name`.

        Raises:
            RecipeError: There is no such attribute; the message names those that exist.
        """
        if name not in self.names:
            raise RecipeError(f"Unknown attribute '{name}': expected one of {', '.join(self.names)}.")
        return self.names.index(name)

    def measure(self, items: NDArray[np.int16], names: Sequence[str] | None = None) -> NDArray[np.float64]:
        """Measure attributes of every item.

        Args:
            items: Items in the form the measuring functions read, shape (N, ...).
            names: Which attributes; default: all.

        Returns:
            Values of shape (N, A), column order as in `names`.

        Raises:
            RecipeError: An attribute is a label and cannot be measured.
        """
        columns = []
        items = np.asfortranarray(items)  # measuring functions that work element by element need no copy of their own
        for attribute in self._attributes if names is None else [self[name] for name in names]:
            if attribute.measure is None:
                raise RecipeError(f"Attribute '{attribute.name}' is a label: it cannot be measured on items.")
            columns.append(attribute.measure(items))
        return np.stack(columns, axis=1) if columns else np.empty((len(items), 0))
