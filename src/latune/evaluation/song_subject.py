"""What the measures of a run of songs share: held-out phrases, their codes, and what is decoded of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latune.control.editor import Editor
from latune.control.genres import Genres
from latune.control.inference import Codes, encode_samples
from latune.data.dataset import Dataset
from latune.metrics import bootstrap_mean

__all__ = ["SongSubject", "song_subject"]

Tokens = NDArray[np.uint8]

TESTED = 2000  # phrases of the test split
TRAINED = 6000  # phrases of the training split, for classifiers


@dataclass(frozen=True)
class SongSubject:
    """Held-out phrases of a run.

    Args:
        editor: The run opened for editing.
        genres: Its prior.
        names: Genres of the data set, empty where it has none.
        items: Held-out phrases, (N, 256, 4).
        groups: Which song each is from, (N,).
        labels: Their genres, (N, L), 0 or 1.
        means: Means of their codes, (N, D).
        draws: A draw of the posterior of each, (N, D).
        decoded: What is decoded of the means, (N, 256, 4).
        training: Training phrases, (M, 256, 4).
        training_labels: Their genres, (M, L).
        training_means: Means of their codes, (M, D).
        repetitions: Of the bootstrap.
        seed: Of all draws.
    """

    editor: Editor
    genres: Genres
    names: tuple[str, ...]
    items: Tokens
    groups: NDArray[np.int32]
    labels: NDArray[np.uint8]
    means: Codes
    draws: Codes
    decoded: Tokens
    training: Tokens
    training_labels: NDArray[np.uint8]
    training_means: Codes
    repetitions: int
    seed: int

    def estimate(self, values: ArrayLike) -> dict[str, float | None]:
        """Mean of one value per held-out phrase, with an interval over songs; phrases without a value do not count."""
        numbers = np.asarray(values, float)
        counted = np.isfinite(numbers)
        if not counted.any():
            return {"value": None, "low": None, "high": None}
        groups = self.groups[counted] if len(np.unique(self.groups[counted])) > 1 else None
        return bootstrap_mean(numbers[counted], groups, self.repetitions, self.seed).to_dict()


def song_subject(editor: Editor, genres: Genres, dataset: Dataset, repetitions: int, seed: int) -> SongSubject:
    """Choose held-out phrases, at most 2,000, encode and decode them."""
    tested, trained = (_some(dataset.split(name), most, seed) for name, most in (("test", TESTED), ("train", TRAINED)))
    items, training = (np.asarray(dataset.items[chosen]) for chosen in (tested, trained))
    labels = np.zeros((len(dataset.items), 0), np.uint8) if dataset.labels is None else dataset.labels
    means = editor.encode(items)
    return SongSubject(
        editor=editor,
        genres=genres,
        names=dataset.label_names,
        items=items,
        groups=np.asarray(dataset.groups[tested]),
        labels=np.asarray(labels[tested]),
        means=means,
        draws=encode_samples(editor.model, items, seed),
        decoded=editor.decode(means),
        training=training,
        training_labels=np.asarray(labels[trained]),
        training_means=editor.encode(training),
        repetitions=repetitions,
        seed=seed,
    )


def _some(indices: NDArray[np.int64], most: int, seed: int) -> NDArray[np.int64]:
    if len(indices) <= most:
        return indices
    return np.sort(np.random.default_rng(seed).choice(indices, most, replace=False))
