"""Codecs: what a data set's items are, how they are measured and compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from latune.attributes import AttributeTable
from latune.errors import RunError
from latune.music.attributes import MUSIC_ATTRIBUTES
from latune.music.measure import TICKS_PER_BEAT, TICKS_PER_MEASURE, Vocabulary

__all__ = ["Codec", "MeasureCodec", "codec_from_dict"]

Items = NDArray[np.integer[Any]]


class Codec(Protocol):
    """What evaluation and control need to know of a kind of item, and nothing of the networks."""

    table: AttributeTable
    cuts: tuple[int, ...]  # positions where an item may be cut in two; empty if nowhere

    @property
    def symbols(self) -> int:
        """Number of values that one element of an item can take."""
        ...

    @property
    def item_length(self) -> int:
        """Number of elements of an item."""
        ...

    def measure(self, items: Items, names: Sequence[str] | None = None) -> NDArray[np.float64]:
        """Measure attributes, by default all: items (N, ...) to values (N, A)."""
        ...

    def similarity(self, items: Items, others: Items) -> NDArray[np.float64]:
        """How much of an item's identity another one keeps: (N,), 0 to 1."""
        ...

    def onsets(self, items: Items) -> NDArray[np.bool_]:
        """Where events begin: same shape as `items`."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """A JSON form that `codec_from_dict` reads."""
        ...


class MeasureCodec:
    """Measures of 24 ticks as tokens of a vocabulary.

    Args:
        vocabulary: Maps ticks to tokens and back.
    """

    table = MUSIC_ATTRIBUTES
    item_length = TICKS_PER_MEASURE
    cuts = tuple(range(TICKS_PER_BEAT, TICKS_PER_MEASURE, TICKS_PER_BEAT))  # the beats

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

    def onsets(self, items: Items) -> NDArray[np.bool_]:
        """Where notes begin, (N, 24)."""
        return self.ticks(items) >= 0

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


def codec_from_dict(description: dict[str, Any]) -> MeasureCodec:
    """Rebuild a codec from `to_dict`.

    Raises:
        RunError: The kind of codec is not known to this version.
    """
    if description.get("kind") != "measure":
        raise RunError(f"Unknown kind of codec '{description.get('kind')}': expected 'measure'.")
    vocabulary = Vocabulary(description["vocabulary"], tuple(description["symbols"]), tuple(description["values"]))
    return MeasureCodec(vocabulary)
