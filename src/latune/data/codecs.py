"""Codecs: what a data set's items are, how they are measured and compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from latune.attributes import AttributeTable

__all__ = ["Codec", "Items", "Scores"]

Items = NDArray[np.integer[Any]]

Scores = dict[str, NDArray[np.float64]]
"""One value per item, by name."""


class Codec(Protocol):
    """What evaluation and control need to know of a kind of item, and nothing of the networks."""

    @property
    def table(self) -> AttributeTable:
        """The attributes in column order."""
        ...

    @property
    def cuts(self) -> tuple[int, ...]:
        """Positions where an item may be cut in two; empty if nowhere."""
        ...

    @property
    def symbols(self) -> int:
        """Number of values that one element of an item can take."""
        ...

    @property
    def item_shape(self) -> tuple[int, ...]:
        """Shape of one item."""
        ...

    @property
    def binary(self) -> bool:
        """Whether items are stored with eight elements to the byte."""
        ...

    @property
    def measurable(self) -> bool:
        """Whether every attribute can be measured on items that have no labels, such as decoded ones."""
        ...

    def measure(self, items: Items, names: Sequence[str] | None = None) -> NDArray[np.float64]:
        """Measure attributes, by default all: items (N, ...) to values (N, A).

        A value that an item does not have (the orientation of a circle) is not a number.
        """
        ...

    def similarity(self, items: Items, others: Items) -> NDArray[np.float64]:
        """How much of an item's identity another one keeps: (N,), 0 to 1."""
        ...

    def compare(self, decoded: Items, items: Items) -> Scores:
        """Scores of reconstruction, one value per item; the first one is the accuracy of elements."""
        ...

    def baseline(self, training: Items, items: Items) -> NDArray[np.float64]:
        """Accuracy (N,) of the best constant predictor: what a score of reconstruction must beat."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """A JSON form that `codec_from_dict` reads."""
        ...
