"""Augmentation: the items of an epoch made anew from those of a split, and measured anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from latune.data.dataset import Dataset
from latune.data.song_codec import SongCodec
from latune.errors import RecipeError
from latune.music.songs.tokens import transposed

__all__ = ["Augmentation", "Crossover", "Transposition"]

NEIGHBOURS = 10  # items before and after: mostly other measures of the same tune in the same transposition


LOWEST_KEY, HIGHEST_KEY = -5, 6  # semitones from the key that a phrase is stored in, as published


class Augmentation(Protocol):
    """Makes the items of each epoch anew."""

    keeps_labels: ClassVar[bool]
    """Whether an item is still what it was: of its class, with its labels."""

    def epoch(self, number: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Items (N, ...) and their attributes (N, A) in an epoch, counted from 0."""
        ...


@dataclass(frozen=True)
class Crossover:
    """Joins the beginning of an item to the end of a neighbour, at a beat.

    A corpus as small as the chorales has few distinct measures; crossed ones keep its key, rhythms and register, and
    teach encoder and decoder what measures in general are. An epoch's items depend on seed and epoch alone.

    Args:
        dataset: Where items come from.
        split: Name of the split.
        share: Share of the items that is crossed, 0 to 1.
        seed: Seed of the choices.

    Raises:
        RecipeError: The data set's items have no places to cut at.
    """

    keeps_labels: ClassVar[bool] = False

    dataset: Dataset
    split: str
    share: float
    seed: int

    def __post_init__(self) -> None:
        if not self.dataset.codec.cuts:
            raise RecipeError(f"data.crossover: the items of '{self.dataset.name}' cannot be cut.")

    def epoch(self, number: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Items (N, ...) and their attributes (N, A) in an epoch, counted from 0."""
        items = np.asarray(self.dataset.items[self.dataset.split(self.split)])
        generator = np.random.default_rng([self.seed, number])
        count, shape = len(items), items.shape[1:]
        items = items.reshape(count, -1)
        neighbours = np.arange(count) + generator.integers(-NEIGHBOURS, NEIGHBOURS + 1, count)
        cuts = generator.choice(self.dataset.codec.cuts, count)
        crossed = generator.random(count) < self.share
        foreign = (np.arange(items.shape[1]) >= cuts[:, None]) & crossed[:, None]
        joined = np.where(foreign, items[np.clip(neighbours, 0, count - 1)], items).reshape(count, *shape)
        values = self.dataset.codec.measure(joined)
        lacking = ~np.isfinite(values).all(axis=1)  # an own attribute may say nothing of what was joined
        joined[lacking] = items[lacking].reshape(-1, *shape)
        values[lacking] = self.dataset.attributes[self.dataset.split(self.split)[lacking]]
        return joined, values.astype(np.float32)


@dataclass(frozen=True)
class Transposition:
    """Puts phrases of songs into other keys, -5 to 6 semitones away, each as likely; drums stay.

    A phrase has one key throughout, another one in every epoch. An epoch's items depend on seed and epoch alone.

    Args:
        dataset: Where phrases come from.
        split: Name of the split.
        seed: Seed of the choices.

    Raises:
        RecipeError: The data set holds no phrases of songs.
    """

    keeps_labels: ClassVar[bool] = True

    dataset: Dataset
    split: str
    seed: int

    def __post_init__(self) -> None:
        if not isinstance(self.dataset.codec, SongCodec):
            raise RecipeError(f"data.transpose: '{self.dataset.name}' holds no phrases of songs.")

    def epoch(self, number: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Items (N, 256, 4) and their attributes (N, A) in an epoch, counted from 0."""
        items = np.asarray(self.dataset.items[self.dataset.split(self.split)])
        generator = np.random.default_rng([self.seed, number])
        moved = transposed(items, generator.integers(LOWEST_KEY, HIGHEST_KEY + 1, len(items)))
        return moved, self.dataset.codec.measure(moved).astype(np.float32)
