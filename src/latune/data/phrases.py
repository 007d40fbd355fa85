"""From measures to phrases: windows of measures that follow each other within one sequence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latune.data.dataset import Dataset
from latune.data.measure_codec import MeasureCodec
from latune.data.phrase_codec import PhraseCodec
from latune.data.splits import count_overlap
from latune.errors import DataError, RecipeError

__all__ = ["phrase_dataset", "windows"]


def phrase_dataset(dataset: Dataset, measures: int, hop: int = 1) -> Dataset:
    """Phrases of a data set of measures; splits and groups are those of their measures.

    Sequences shorter than a phrase are left out, and so is what does not fill a window at the end of a sequence (with
    hop 1 there is none); `description["phrases"]` counts both. Nothing is padded.

    Args:
        dataset: Items (N, T) with `sequences`.
        measures: Measures M of a phrase, 2 to 16.
        hop: Measures from the start of one phrase to that of the next.

    Raises:
        RecipeError: The items are not measures, or there are too few or too many measures to a phrase.
        DataError: The data set does not know which measures follow each other.
    """
    if not isinstance(dataset.codec, MeasureCodec):
        raise RecipeError(f"data.measures: the items of '{dataset.name}' are not measures of music.")
    codec = PhraseCodec(dataset.codec, measures)
    if dataset.sequences is None:
        raise DataError(
            f"Data set '{dataset.name}' does not say which measures follow each other:"
            f" latune data prepare {dataset.name} --again."
        )
    sequences = np.asarray(dataset.sequences)
    members = windows(sequences, measures, hop)
    splits = {name: _inside(members, np.asarray(part)) for name, part in dataset.splits.items()}
    items = np.asarray(dataset.items)[members]
    attributes = codec.with_means(np.asarray(dataset.attributes)[members]).astype(np.float32)
    lengths = np.bincount(sequences)
    phrases = {
        "measures": measures,
        "hop": hop,
        "short_sequences_left_out": int(((lengths > 0) & (lengths < measures)).sum()),
        "measures_in_no_phrase": len(sequences) - len(np.unique(members)),
    }
    description = {**dataset.description, "phrases": phrases}
    if {"train", "test"} <= set(splits):
        description["overlap"] = count_overlap(items, splits)
    return Dataset(
        name=dataset.name,
        items=items,
        attributes=attributes,
        groups=np.asarray(dataset.groups)[members[:, 0]],
        splits=splits,
        codec=codec,
        description=description,
        plugins=dataset.plugins,
    )


def windows(sequences: NDArray[np.int32], measures: int, hop: int) -> NDArray[np.int64]:
    """Indices (W, M) of all windows of M items that lie in one sequence, every `hop` items from its start.

    Args:
        sequences: Number of the sequence of each item, (N,); items of a sequence stand side by side.
        measures: Items M of a window.
        hop: Items between the starts of two windows.
    """
    count = len(sequences)
    first = np.flatnonzero(np.diff(sequences, prepend=sequences[:1] - 1))
    place = np.arange(count) - np.repeat(first, np.diff(np.append(first, count)))
    starts = np.arange(max(count - measures + 1, 0))
    whole = place[starts + measures - 1] == place[starts] + measures - 1
    starts = starts[whole & (place[starts] % hop == 0)]
    return np.asarray(starts[:, None] + np.arange(measures))


def _inside(members: NDArray[np.int64], part: NDArray[np.integer]) -> NDArray[np.int64]:
    """Numbers of the windows (W, M) whose items all belong to a split."""
    return np.flatnonzero(np.isin(members, part).all(axis=1))
