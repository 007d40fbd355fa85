"""Attributes of the user's own as columns of a data set: measured when it is opened, part by part."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from latune.data.codecs import Codec
from latune.data.dataset import Dataset
from latune.errors import DataError
from latune.plugins import Plugin, own_attributes

__all__ = ["with_plugins"]

PART_ELEMENTS = 4_000_000  # elements of items at a time: bounds the memory, and progress is told often
TOLERANCE = 1e-3  # relative; sums of many numbers may differ a little with the number of items

Report = Callable[[int, int], None]


def with_plugins(dataset: Dataset, plugins: Sequence[Plugin], report: Report | None = None) -> Dataset:
    """A data set with a column for each attribute of the plugins.

    Columns are measured anew each time: a stored one would be stale as soon as anything that a plugin uses changes.

    Args:
        dataset: As it is stored.
        plugins: As `latune.plugins.load_plugins` gives them.
        report: Told (done, total) items.

    Raises:
        InputError: A name exists already, or a function fails or does not return one finite number per item.
        DataError: An item lacks an attribute, or its value depends on the other items it is measured with.
    """
    own = own_attributes(plugins)
    if not own:
        return dataset
    codec = dataset.codec.with_attributes(own)
    table, known = codec.table, dataset.table.names
    names = [name for name in table.names if name not in known]
    count = len(dataset.items)
    attributes = np.empty((count, len(table)), np.float32)
    attributes[:, [table.index(name) for name in known]] = dataset.attributes
    columns = [table.index(name) for name in names]
    size = max(1, PART_ELEMENTS // math.prod(codec.item_shape))
    for start in range(0, count, size):
        items = np.asarray(dataset.items[start : start + size])
        values = codec.measure(items, names)
        if start == 0:
            _refuse_joint(codec, items, values, names)
        _refuse_lacking(dataset.name, start, values, names)
        attributes[start : start + size, columns] = values
        if report is not None:
            report(min(start + size, count), count)
    return replace(dataset, attributes=attributes, codec=codec, plugins=(*dataset.plugins, *plugins))


def _refuse_joint(codec: Codec, items: NDArray[np.uint8], values: NDArray[np.float64], names: Sequence[str]) -> None:
    """An item's value must be its own: decoded items are measured in batches of any size."""
    alone = codec.measure(items[:1], names)[0]
    for name, one, among in zip(names, alone, values[0], strict=True):
        if not np.isclose(one, among, rtol=TOLERANCE, atol=1e-6, equal_nan=True):
            raise DataError(
                f"Attribute '{name}' of the first item is {one:g} measured alone and {among:g} among others: expected"
                " a number of each item by itself, the same every time."
            )


def _refuse_lacking(dataset: str, start: int, values: NDArray[np.float64], names: Sequence[str]) -> None:
    lacking = np.isnan(values)
    if lacking.any():
        item, column = np.argwhere(lacking)[0]
        raise DataError(
            f"Attribute '{names[column]}' of item {start + item} of data set '{dataset}' is not a number: expected a"
            " value for every item, such as 0 where there is nothing to measure."
        )
