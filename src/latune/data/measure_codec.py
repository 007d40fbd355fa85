"""Measures of music as items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.data.codecs import Items, Scores
from latune.metrics import exact_items, majority_baseline, onset_f1, token_accuracy
from latune.music.attributes import MUSIC_ATTRIBUTES
from latune.music.measure import TICKS_PER_BEAT, TICKS_PER_MEASURE, Vocabulary

__all__ = ["MeasureCodec"]


class MeasureCodec:
    """Measures of 24 ticks as tokens of a vocabulary.

    Args:
        vocabulary: Maps ticks to tokens and back.
    """

    table = MUSIC_ATTRIBUTES
    item_shape = (TICKS_PER_MEASURE,)
    cuts = tuple(range(TICKS_PER_BEAT, TICKS_PER_MEASURE, TICKS_PER_BEAT))  # the beats
    binary = False
    measurable = True

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    @property
    def symbols(self) -> int:
        """Number of tokens."""
        return len(self.vocabulary)

    def measure(self, items: Items, names: Sequence[str] | None = None) -> NDArray[np.float64]:
        """Measure attributes, by default all: tokens (N, 24) to values (N, A)."""
        return self.table.measure(self.ticks(items), names)

    def similarity(self, items: Items, others: Items) -> NDArray[np.float64]:
        """Share of the 24 tokens that are equal, (N,)."""
        return np.asarray(np.mean(np.asarray(items) == np.asarray(others), axis=1))

    def compare(self, decoded: Items, items: Items) -> Scores:
        """Token accuracy, F1 of the onsets, and whether the whole measure is right."""
        return {
            "token_accuracy": token_accuracy(decoded, items),
            "onset_f1": onset_f1(decoded, items, self.ticks(decoded) >= 0, self.ticks(items) >= 0),
            "exact_items": exact_items(decoded, items),
        }

    def baseline(self, training: Items, items: Items) -> NDArray[np.float64]:
        """Token accuracy (N,) of always saying the most frequent token of the training items."""
        return majority_baseline(training, items)

    def ticks(self, items: Items) -> NDArray[np.int16]:
        """Tokens (N, 24) as ticks (N, 24)."""
        return self.vocabulary.ticks_from_tokens(items)

    def to_dict(self) -> dict[str, Any]:
        """A JSON form that `codec_from_dict` reads."""
        return {
            "kind": "measure",
            "vocabulary": self.vocabulary.kind,
            "symbols": list(self.vocabulary.symbols),
            "values": list(self.vocabulary.values),
        }

    @classmethod
    def from_dict(cls, description: dict[str, Any]) -> MeasureCodec:
        """Rebuild a codec from `to_dict`."""
        vocabulary = Vocabulary(description["vocabulary"], tuple(description["symbols"]), tuple(description["values"]))
        return cls(vocabulary)
