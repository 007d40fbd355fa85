"""Measures of music as items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.attributes import Attribute, AttributeTable
from latune.data.codecs import Items, Scores
from latune.metrics import exact_items, majority_baseline, onset_f1, token_accuracy
from latune.music.attributes import music_attributes
from latune.music.measure import Vocabulary, is_note
from latune.music.metre import COMMON_TIME, TICKS_PER_BEAT, Metre, metre_from_name
from latune.music.minimal_change import least_changes

__all__ = ["MeasureCodec"]


class MeasureCodec:
    """Measures of one metre as tokens of a vocabulary.

    Args:
        vocabulary: Maps ticks to tokens and back.
        metre: Of all measures; it says how many ticks they have.
        own: Attributes of the user's own, which read ticks (N, T).
    """

    binary = False
    measurable = True

    def __init__(self, vocabulary: Vocabulary, metre: Metre = COMMON_TIME, own: Sequence[Attribute] = ()) -> None:
        self.vocabulary = vocabulary
        self.metre = metre
        self._own = tuple(own)

    @property
    def table(self) -> AttributeTable:
        """The attributes of the metre, and the user's own."""
        return music_attributes(self.metre).extended(self._own)

    @property
    def item_shape(self) -> tuple[int, ...]:
        """One token per tick."""
        return (self.metre.ticks,)

    @property
    def cuts(self) -> tuple[int, ...]:
        """The beats but the first."""
        return tuple(range(TICKS_PER_BEAT, self.metre.ticks, TICKS_PER_BEAT))

    @property
    def symbols(self) -> int:
        """Number of tokens."""
        return len(self.vocabulary)

    def with_attributes(self, own: Sequence[Attribute]) -> MeasureCodec:
        """This codec with attributes of the user's own, which read ticks (N, T)."""
        return MeasureCodec(self.vocabulary, self.metre, self.table.extended(own).own)

    def measure(self, items: Items, names: Sequence[str] | None = None) -> NDArray[np.float64]:
        """Measure attributes, by default all: tokens (N, T) to values (N, A)."""
        return self.table.measure(self.ticks(items), names)

    def similarity(self, items: Items, others: Items) -> NDArray[np.float64]:
        """Share of the tokens that are equal, (N,)."""
        return np.asarray(np.mean(np.asarray(items) == np.asarray(others), axis=1))

    def empty(self, items: Items) -> NDArray[np.bool_]:
        """Measures without a note, (N,)."""
        return np.asarray(~is_note(self.ticks(items)).any(axis=1))

    def least_change(
        self, items: Items, name: str, targets: NDArray[np.float64], tolerance: float
    ) -> NDArray[np.float64]:
        """Share of the tokens that must change at least, (N,); see `latune.music.minimal_change`."""
        values = self.measure(items, [name])[:, 0]
        limits = np.asarray(targets) - tolerance, np.asarray(targets) + tolerance
        return least_changes(self.ticks(items), name, values, *limits, self.metre) / self.metre.ticks

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
        """Tokens (N, T) as ticks (N, T)."""
        return self.vocabulary.ticks_from_tokens(items)

    def to_dict(self) -> dict[str, Any]:
        """A JSON form that `codec_from_dict` reads."""
        return {
            "kind": "measure",
            "metre": self.metre.name,
            "vocabulary": self.vocabulary.kind,
            "symbols": list(self.vocabulary.symbols),
            "values": list(self.vocabulary.values),
        }

    @classmethod
    def from_dict(cls, description: dict[str, Any]) -> MeasureCodec:
        """Rebuild a codec from `to_dict`."""
        vocabulary = Vocabulary(description["vocabulary"], tuple(description["symbols"]), tuple(description["values"]))
        return cls(vocabulary, metre_from_name(description.get("metre", "4/4")))
