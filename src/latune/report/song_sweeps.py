"""Sweeps of phrases of songs, ready to be drawn, played and written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latune.control.editor import Editor
from latune.control.traverse import traverse
from latune.data.dataset import Dataset
from latune.data.splits import seen_before
from latune.errors import InputError
from latune.figures import song_roll
from latune.figures.style import readable
from latune.music.songs.song import Song
from latune.music.songs.tokens import plain
from latune.music.songs.writing import song_of
from latune.report.sweeps import Setting, Sweep, starts_in_split

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["TEMPO", "PhraseSweep", "choose_phrases", "make_phrase_sweeps"]

TEMPO = 120.0  # quarters per minute

Tokens = NDArray[np.uint8]


@dataclass(frozen=True)
class PhraseSweep(Sweep):
    """A sweep of a phrase of a song.

    Args:
        tokens: What came out, (P, 256, 4).
    """

    tokens: Tokens

    @property
    def unturned(self) -> Tokens:
        """The start phrase as the model gives it back, (256, 4); the first version where none shows it."""
        return np.asarray(self.tokens[self.own or 0])

    def song(self) -> Song:
        """The versions one after the other."""
        return song_of(self.tokens, TEMPO)

    def roll(self) -> Figure:
        """The start phrase's own decode, and below it the other versions compared with it."""
        first = self.own or 0
        order = [first, *(place for place in range(len(self.tokens)) if place != first)]
        names = [
            f"{readable(self.name).capitalize()} asked {asked}, got {got}"
            if place != self.own
            else f"As the model gives it back: {readable(self.name)} {got}, the phrase itself {asked}"
            for place, (asked, got) in enumerate(self.labels)
        ]
        title = f"Turn {readable(self.name)} of test phrase {self.item}: dark notes are new, outlined ones are gone"
        return song_roll(self.tokens[order], [names[place] for place in order], title, compare=True)


def choose_phrases(dataset: Dataset, count: int, seed: int) -> tuple[list[int], bool]:
    """Draw start phrases from the test split at random, of different genres where the data set knows genres.

    Phrases that do not occur in the training split come first.

    Returns:
        Their numbers in the test split, and whether all of them are absent from the training split.
    """
    indices = dataset.split("test")
    is_new = ~seen_before(dataset.items[indices], dataset.items[dataset.split("train")])
    order = np.random.default_rng(seed).permutation(len(indices))
    order = order[np.argsort(~is_new[order], kind="stable")]
    # The first of each genre, then the second of each: a stable sort keeps the random order among equals.
    repeated = ~is_new[order] * len(order) + _occurrences(_first_labels(dataset, indices[order]))
    chosen = order[np.argsort(repeated, kind="stable")][:count]
    return sorted(chosen.tolist()), bool(is_new[chosen].all())


def _first_labels(dataset: Dataset, indices: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first genre of each item, 0 where nothing says so."""
    if dataset.labels is None or not dataset.labels.shape[1]:
        return np.zeros(len(indices), np.int64)
    return np.asarray(dataset.labels[indices].argmax(axis=1), np.int64)


def _occurrences(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often each value (N,) has occurred before its place, (N,)."""
    return np.array([np.count_nonzero(values[:place] == value) for place, value in enumerate(values)], np.int64)


def make_phrase_sweeps(
    editor: Editor, dataset: Dataset, name: str, numbers: Sequence[int], way: Setting, seed: int
) -> list[PhraseSweep]:
    """Turn one knob for each of the numbered phrases of the test split.

    Raises:
        DataError: The test split has no such item.
        InputError: There is no such knob, or the way is "code".
    """
    if way == "code":
        raise InputError("Phrases of songs are not swept by code: choose alone, joint, path or exact.")
    indices = starts_in_split(dataset, numbers)
    knob, column = editor.knobs[name], dataset.table.index(name)
    traversal = traverse(editor, np.asarray(dataset.items[indices]), name, way=way, seed=seed)
    return [
        PhraseSweep(
            name,
            knob.unit,
            item,
            way,
            traversal.requested[row],
            traversal.values[row, :, column],
            int(traversal.own[row]),
            (knob.low, knob.high),
            plain(traversal.items[row]),
        )
        for row, item in enumerate(numbers)
    ]
