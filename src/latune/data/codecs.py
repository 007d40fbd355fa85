"""Codecs: what a data set's items are, how they are measured and compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from latune.attributes import Attribute, AttributeTable

__all__ = ["Codec", "Items", "KnowsLeastChange", "Scores", "measure_with_own"]

Items = NDArray[np.integer[Any]]

Element = TypeVar("Element", bound=np.integer[Any])

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

    def with_attributes(self, own: Sequence[Attribute]) -> Codec:
        """This codec with attributes of the user's own behind its others; `to_dict` leaves them out.

        Raises:
            InputError: There is an attribute of that name already.
        """
        ...

    def measure(self, items: Items, names: Sequence[str] | None = None) -> NDArray[np.float64]:
        """Measure attributes, by default all: items (N, ...) to values (N, A).

        A value that an item does not have (the orientation of a circle) is not a number.
        """
        ...

    def similarity(self, items: Items, others: Items) -> NDArray[np.float64]:
        """How much of an item's identity another one keeps: (N,), 0 to 1."""
        ...

    def empty(self, items: Items) -> NDArray[np.bool_]:
        """Which items show nothing at all, (N,): silent measures, black pictures. These meet no request."""
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


@runtime_checkable
class KnowsLeastChange(Protocol):
    """A codec that knows how much of an item cannot stay as it is."""

    def least_change(
        self, items: Items, name: str, targets: NDArray[np.float64], tolerance: float
    ) -> NDArray[np.float64]:
        """How much of each item must change at least, 1 minus the largest `similarity`, for an attribute to be met.

        Args:
            items: Items (N, ...).
            name: The attribute.
            targets: Wanted value per item, (N,).
            tolerance: How far from it is still a hit, in the attribute's unit.

        Returns:
            A lower bound, (N,), 0 to 1.
        """
        ...


def measure_with_own(
    table: AttributeTable,
    items: NDArray[Element],
    names: Sequence[str] | None,
    built_in: Callable[[NDArray[Element], Sequence[str]], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Measure attributes where a codec measures its built-in ones by other means than their functions.

    Args:
        table: All attributes.
        items: Items in the form that own functions read, (N, ...).
        names: Which attributes; default: all.
        built_in: Measures built-in attributes, given these items and names: (N, names).

    Returns:
        Values (N, A), column order as in `names`.

    Raises:
        RecipeError: There is no such attribute.
    """
    chosen = table.names if names is None else tuple(names)
    for name in chosen:
        table.index(name)
    names_of_own = {attribute.name for attribute in table.own}
    own = [name for name in chosen if name in names_of_own]
    if not own:
        return built_in(items, chosen)
    others = [name for name in chosen if name not in names_of_own]
    columns = dict(zip(own, table.measure(items, own).T, strict=True))
    if others:
        columns |= dict(zip(others, built_in(items, others).T, strict=True))
    return np.stack([columns[name] for name in chosen], axis=1)
