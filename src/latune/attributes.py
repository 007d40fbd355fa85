"""Attributes: named numbers of items, with unit and range."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError, RecipeError

__all__ = ["OUTER_SHARE", "Attribute", "AttributeTable", "Kind", "Measure"]

OUTER_SHARE = 0.01
"""Share of the training items at either end of an attribute's values that does not count for a knob's range."""

Kind = Literal["continuous", "ordinal", "categorical"]

Measure = Callable[[NDArray[Any]], NDArray[np.float64]]
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
        own: Attributes of the user's own, which come last.
    """

    def __init__(self, attributes: Sequence[Attribute], own: Sequence[Attribute] = ()) -> None:
        self._attributes = (*attributes, *own)
        self.own = tuple(own)
        self.names = tuple(attribute.name for attribute in self._attributes)
        if len(set(self.names)) != len(self.names):
            raise ValueError(f"attribute names must be unique, got {self.names}")

    def __len__(self) -> int:
        return len(self._attributes)

    def __iter__(self) -> Iterator[Attribute]:
        return iter(self._attributes)

    def __getitem__(self, name: str) -> Attribute:
        return self._attributes[self.index(name)]

    @property
    def built_in(self) -> AttributeTable:
        """The attributes that are not the user's own."""
        return AttributeTable(self._attributes[: len(self) - len(self.own)])

    def extended(self, own: Sequence[Attribute]) -> AttributeTable:
        """This table with attributes of the user's own behind the others.

        Raises:
            InputError: There is an attribute of that name already.
        """
        if not own:
            return self
        for attribute in own:
            if attribute.name in self.names:
                raise InputError(
                    f"Your own attribute '{attribute.name}' has the name of another one: choose a new name."
                )
        return AttributeTable(tuple(self.built_in), (*self.own, *own))

    def index(self, name: str) -> int:
        """Column of the attribute `name`.

        Raises:
            RecipeError: There is no such attribute; the message names those that exist.
        """
        if name not in self.names:
            raise RecipeError(
                f"Unknown attribute '{name}': expected one of {', '.join(self.names)}, or your own of a --plugin."
            )
        return self.names.index(name)

    def measure(self, items: NDArray[Any], names: Sequence[str] | None = None) -> NDArray[np.float64]:
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
