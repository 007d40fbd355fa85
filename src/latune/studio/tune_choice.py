"""Tunes of a gallery: whole held-out tunes, measure by measure or phrase by phrase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from latune.data.dataset import Dataset
from latune.data.measure_codec import MeasureCodec
from latune.data.own_attributes import with_plugins
from latune.data.store import load_dataset
from latune.music.measure import transposed
from latune.plugins import Plugin
from latune.recipes.items import items_of
from latune.recipes.recipe import DataConfig
from latune.report.choice import evenly

__all__ = ["TUNES", "Chosen", "Tune", "choose_tunes", "tune_names"]

TUNES = 12
_MOST_MEASURES = 64  # of a tune in the gallery: longer ones are cut


@dataclass(frozen=True)
class Tune:
    """Items of a gallery that follow each other.

    Args:
        title: What it is called.
        start: Place of its first item.
        count: How many items it has.
    """

    title: str
    start: int
    count: int


@dataclass(frozen=True)
class Chosen:
    """Items of a gallery (N, ...), their names, and which of them follow each other."""

    items: NDArray[np.uint8]
    names: tuple[str, ...]
    tunes: tuple[Tune, ...]


def choose_tunes(dataset: Dataset, data: DataConfig, plugins: Sequence[Plugin] = ()) -> Chosen:
    """Choose a dozen tunes of the test split, spread over it.

    With a run of phrases a tune is cut into phrases that do not overlap, and its last measures are left out where they
    fill none; the title says so.

    Args:
        dataset: The run's data, as it reads them.
        data: What the recipe says of them.
        plugins: Where the user's own attributes come from.
    """
    size = data.measures or 1
    # A data set of phrases does not say which follow each other: that is known of its measures.
    measures = dataset if data.measures is None else _measures(data, plugins)
    names = tune_names(measures)
    members = [part for part in _sequences(measures) if len(part) >= size]
    chosen = [members[place][:_MOST_MEASURES] for place in evenly(len(members), TUNES)[:TUNES]] if members else []
    items, titles, tunes, start = [], [], [], 0
    for number, part in enumerate(chosen, 1):
        title = names.get(_sequence_of(measures, part), f"held-out tune {number}")
        count = len(part) // size
        tokens = np.asarray(measures.items[part[: count * size]])
        items.append(tokens if data.measures is None else tokens.reshape(count, size, -1))
        noun = "measure" if data.measures is None else "phrase"
        titles += [f"{title}, {noun} {place}" for place in range(1, count + 1)]
        whole = count * size == len(part) and len(part) < _MOST_MEASURES
        tunes.append(Tune(title if whole else f"{title} (first {count * size} measures)", start, count))
        start += count
    joined = np.concatenate(items) if items else np.empty((0, *dataset.codec.item_shape), np.uint8)
    return Chosen(joined, tuple(titles), tuple(tunes))


def _measures(data: DataConfig, plugins: Sequence[Plugin]) -> Dataset:
    alone = data.model_copy(update={"measures": None})
    return items_of(with_plugins(load_dataset(data.name), tuple(plugins)), alone)


def _of_tune(dataset: Dataset) -> NDArray[np.int64]:
    """What the measures of one tune have in common: their sequence, where that is known, else their group."""
    return np.asarray(dataset.groups if dataset.sequences is None else dataset.sequences, np.int64)


def _sequences(dataset: Dataset) -> list[NDArray[np.int64]]:
    """Test items, tune by tune."""
    test = np.sort(dataset.split("test"))
    ends = np.flatnonzero(np.diff(_of_tune(dataset)[test])) + 1
    return np.split(test, ends)


def _sequence_of(dataset: Dataset, items: NDArray[np.int64]) -> int:
    return int(_of_tune(dataset)[items[0]])


def tune_names(dataset: Dataset) -> Mapping[int, str]:
    """The name of each sequence; empty where they cannot be told.

    A data set lists its tunes by name, but not which sequence is which: training tunes occur in several transpositions,
    each a semitone above the one before. They are counted; unless all tunes are found, no name is given.

    Args:
        dataset: Measures.
    """
    names, codec = dataset.description.get("tunes"), dataset.codec
    if dataset.sequences is None or not isinstance(codec, MeasureCodec) or not isinstance(names, list):
        return {}
    numbers = np.asarray(dataset.sequences)
    first = np.flatnonzero(np.diff(numbers, prepend=numbers[:1] - 1))
    ticks = codec.ticks(np.asarray(dataset.items))
    parts = np.split(ticks, first[1:])
    begins = [True, *(not _is_next_key(before, after) for before, after in pairwise(parts))]
    # A training tune of one key alone may be followed by itself a semitone higher: then the count is off.
    if sum(begins) != len(names):
        return {}
    tune_of = np.cumsum(begins) - 1
    return {int(numbers[start]): title(names[tune]) for start, tune in zip(first, tune_of.tolist(), strict=True)}


def _is_next_key(before: NDArray[np.int16], after: NDArray[np.int16]) -> bool:
    return len(before) == len(after) and bool(np.array_equal(transposed(before, 1), after))


def title(name: str) -> str:
    """The name of a tune as people read it."""
    last = name.rsplit("/", 1)[-1]
    return f"BWV {last[3:]}" if last.startswith("bwv") else last
