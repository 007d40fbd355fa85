"""Melodies of dMelodies as items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.attributes import Attribute, AttributeTable
from latune.data.codecs import Items, Scores, measure_with_own
from latune.metrics import exact_items, majority_baseline, onset_f1, token_accuracy
from latune.music.dmelodies import BARS, EIGHTHS, FACTORS, HIGHEST_PITCH, LOWEST_PITCH, SILENT
from latune.music.dmelody_matching import match_melodies
from latune.music.measure import HOLD, REST, TICKS_PER_MEASURE
from latune.music.metre import COMMON_TIME

__all__ = ["DMELODY_TABLE", "REST_TOKEN", "DMelodyCodec"]

REST_TOKEN = 0  # token k above it is the k-th pitch from the lowest one on
_TICKS_PER_EIGHTH = 3  # of the grid of 4/4: a beat's eighths begin at its first and at its fourth tick

_RHYTHM = "number of the pattern"
_DIRECTION = "0 up, 1 down"

DMELODY_TABLE = AttributeTable(
    [
        Attribute("tonic", "semitones above C", 0, 11, "Tonic of the scale.", "ordinal"),
        Attribute("octave", "octaves above octave 4", 0, 2, "Octave of the tonic.", "ordinal"),
        Attribute("scale", "0 major, 1 harmonic minor, 2 blues", 0, 2, "Scale of the melody.", "categorical"),
        Attribute("rhythm_bar1", _RHYTHM, 0, 27, "Which six eighths of the first bar sound.", "categorical"),
        Attribute("rhythm_bar2", _RHYTHM, 0, 27, "Which six eighths of the second bar sound.", "categorical"),
        Attribute("arp_chord1", _DIRECTION, 0, 1, "Direction of the first chord (I).", "categorical"),
        Attribute("arp_chord2", _DIRECTION, 0, 1, "Direction of the second chord (IV).", "categorical"),
        Attribute("arp_chord3", _DIRECTION, 0, 1, "Direction of the third chord (V).", "categorical"),
        Attribute("arp_chord4", _DIRECTION, 0, 1, "Direction of the last chord (I).", "categorical"),
    ]
)
"""The nine factors. The values are those of the published data set."""


class DMelodyCodec:
    """Two bars of 16 eighths as tokens: a rest, or one of the 50 pitches from 60 to 109.

    The factors of any item, also of one that a network invents, are those of the melody that agrees with it best.

    Args:
        table: The nine factors, and attributes of the user's own behind them, which read ticks (N, 48).
    """

    item_shape = (EIGHTHS,)
    cuts = (4, 8, 12)  # the halves of the bars
    metre = COMMON_TIME
    binary = False
    measurable = True
    symbols = HIGHEST_PITCH - LOWEST_PITCH + 2

    def __init__(self, table: AttributeTable = DMELODY_TABLE) -> None:
        self.table = table

    def with_attributes(self, own: Sequence[Attribute]) -> DMelodyCodec:
        """This codec with attributes of the user's own, which read both measures as ticks (N, 48)."""
        return DMelodyCodec(self.table.extended(own))

    def measure(self, items: Items, names: Sequence[str] | None = None) -> NDArray[np.float64]:
        """Measure attributes, by default all: tokens (N, 16) to values (N, A).

        Raises:
            RecipeError: There is no such attribute.
        """
        ticks = self.ticks(items).reshape(-1, BARS * TICKS_PER_MEASURE)
        return measure_with_own(self.table, ticks, names, _measure_factors)

    def similarity(self, items: Items, others: Items) -> NDArray[np.float64]:
        """Share of the 16 tokens that are equal, (N,)."""
        return token_accuracy(others, items)

    def empty(self, items: Items) -> NDArray[np.bool_]:
        """Melodies without a note, (N,)."""
        return np.asarray(np.all(np.asarray(items) == REST_TOKEN, axis=1))

    def compare(self, decoded: Items, items: Items) -> Scores:
        """Token accuracy, F1 of the notes, whether the whole melody is right, and how much of a melody came out."""
        is_note = [np.asarray(tokens) != REST_TOKEN for tokens in (decoded, items)]
        return {
            "token_accuracy": token_accuracy(decoded, items),
            "onset_f1": onset_f1(decoded, items, *is_note),
            "exact_items": exact_items(decoded, items),
            "nearest_melody": match_melodies(self.pitches(decoded)).agreement,
        }

    def baseline(self, training: Items, items: Items) -> NDArray[np.float64]:
        """Token accuracy (N,) of always saying the most frequent token of the training items."""
        return majority_baseline(training, items)

    def tokens(self, pitches: NDArray[np.int16]) -> NDArray[np.uint8]:
        """MIDI pitches 60 to 109, or -1 for a rest, as tokens of the same shape."""
        return np.where(pitches == SILENT, REST_TOKEN, pitches - (LOWEST_PITCH - 1)).astype(np.uint8)

    def pitches(self, items: Items) -> NDArray[np.int16]:
        """Tokens as MIDI pitches, -1 for a rest."""
        tokens = np.asarray(items).astype(np.int16)
        return np.where(tokens == REST_TOKEN, SILENT, tokens + (LOWEST_PITCH - 1)).astype(np.int16)

    def ticks(self, items: Items) -> NDArray[np.int16]:
        """Tokens (..., 16) as two measures of 4/4, (..., 2, 24): every eighth begins a note or a rest."""
        pitches = self.pitches(items)
        ticks = np.full((*pitches.shape[:-1], BARS * TICKS_PER_MEASURE), HOLD, np.int16)
        ticks[..., ::_TICKS_PER_EIGHTH] = np.where(pitches == SILENT, REST, pitches)
        return ticks.reshape(*pitches.shape[:-1], BARS, TICKS_PER_MEASURE)

    def to_dict(self) -> dict[str, Any]:
        """A JSON form that `codec_from_dict` reads."""
        return {"kind": "dmelody"}

    @classmethod
    def from_dict(cls, description: dict[str, Any]) -> DMelodyCodec:
        """Rebuild a codec from `to_dict`."""
        return cls()


def _measure_factors(ticks: Items, names: Sequence[str]) -> NDArray[np.float64]:
    """Factors of ticks (N, 48), whose eighths hold pitches, or negative marks where they rest."""
    columns = [FACTORS.index(name) for name in names]
    return match_melodies(ticks[:, ::_TICKS_PER_EIGHTH]).factors[:, columns].astype(np.float64)
