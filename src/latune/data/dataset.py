"""The data set: items, attributes, groups and named splits in memory-mapped arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.attributes import AttributeTable
from latune.data.codecs import Codec
from latune.errors import DataError

__all__ = ["Dataset"]


@dataclass(frozen=True)
class Dataset:
    """Items with their attributes.

    Args:
        name: Name under which it is stored.
        items: Tokens or pixels, shape (N, ...).
        attributes: Measured values, shape (N, A), columns as in `codec.table`.
        groups: Which tune (or base image) an item comes from, shape (N,); splits never cut a group.
        splits: Indices into `items` by name: "train", "validation", "test".
        codec: What the items are.
        description: Everything else worth knowing: source, licence, counts, rejected files.
    """

    name: str
    items: NDArray[np.uint8]
    attributes: NDArray[np.float32]
    groups: NDArray[np.int32]
    splits: dict[str, NDArray[np.int64]]
    codec: Codec
    description: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sizes = {len(self.items), len(self.attributes), len(self.groups)}
        if len(sizes) != 1:
            raise DataError(f"Data set '{self.name}': items, attributes and groups differ in length: {sizes}.")
        broken = ~np.isfinite(self.attributes).all(axis=0)
        if broken.any():
            name = self.codec.table.names[int(np.argmax(broken))]
            raise DataError(f"Data set '{self.name}': attribute '{name}' is not a finite number for every item.")

    @property
    def table(self) -> AttributeTable:
        """The attributes in column order."""
        return self.codec.table

    def split(self, name: str) -> NDArray[np.int64]:
        """Indices of a split.

        Raises:
            DataError: There is no such split, or it is empty.
        """
        if name not in self.splits:
            raise DataError(f"Data set '{self.name}' has no split '{name}': expected {', '.join(self.splits)}.")
        if len(self.splits[name]) == 0:
            raise DataError(f"Data set '{self.name}': the split '{name}' is empty.")
        return self.splits[name]
