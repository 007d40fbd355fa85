"""The data set: items, attributes, groups and named splits in memory-mapped arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.attributes import AttributeTable
from latune.data.codecs import Codec
from latune.data.packed_items import PackedItems
from latune.data.splits import seen_before
from latune.errors import DataError
from latune.plugins import Plugin

__all__ = ["Dataset"]


@dataclass(frozen=True)
class Dataset:
    """Items with their attributes.

    Args:
        name: Name under which it is stored.
        items: Tokens or pixels, shape (N, ...); binary pictures are packed and unpack where they are indexed.
        attributes: Measured values, shape (N, A), columns as in `codec.table`.
        groups: Which tune (or base image) an item comes from, shape (N,); splits never cut a group.
        splits: Indices into `items` by name: "train", "validation", "test"; 32 bits are enough on disk.
        codec: What the items are.
        description: Everything else worth knowing: source, licence, counts, rejected files.
        classes: What an item is (which digit), shape (N,), where the data set says so; a model never sees it. Items of
            no class have -1 and are in no split.
        sequences: Where items follow each other (the measures of one tune in one transposition): number of the
            sequence an item belongs to, shape (N,). The items of a sequence stand side by side, in order.
        labels: Which of several labels (genres) an item has, 0 or 1, shape (N, L), where the data set says so; any
            number of them may hold. Their names are `label_names` of the description.
        plugins: Where the user's own attributes among the columns come from.
        files: What else is kept beside the arrays, by file name: where it is now.
    """

    name: str
    items: NDArray[np.uint8] | PackedItems
    attributes: NDArray[np.float32]
    groups: NDArray[np.int32]
    splits: Mapping[str, NDArray[np.int64] | NDArray[np.int32]]
    codec: Codec
    description: dict[str, Any] = field(default_factory=dict)
    classes: NDArray[np.int16] | None = None
    sequences: NDArray[np.int32] | None = None
    plugins: tuple[Plugin, ...] = ()
    labels: NDArray[np.uint8] | None = None
    files: Mapping[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sizes = {len(self.items), len(self.attributes), len(self.groups)}
        sizes |= {len(array) for array in (self.classes, self.sequences, self.labels) if array is not None}
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
        return np.asarray(self.splits[name], np.int64)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes by number: as the description has them, or the numbers; none without classes."""
        if self.classes is None:
            return ()
        numbers = range(int(np.max(self.classes, initial=-1)) + 1)
        return tuple(self.description.get("class_names", map(str, numbers)))

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the labels in column order; none without labels."""
        return () if self.labels is None else tuple(self.description["label_names"])

    @property
    def rows(self) -> NDArray[np.uint8]:
        """Items as they are stored: packed where they are binary."""
        return self.items.rows if isinstance(self.items, PackedItems) else self.items

    def occur_in(self, indices: NDArray[np.int64], split: str) -> NDArray[np.bool_]:
        """Which of the items at `indices` also occur, value for value, in a split."""
        rows = self.rows  # maybe larger than memory: one is read after the other
        return seen_before((rows[k] for k in indices), (rows[k] for k in self.split(split)))
