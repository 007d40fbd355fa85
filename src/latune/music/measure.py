"""Measures on a grid: melodies as small integer arrays, and vocabularies over them.

A measure has six ticks per beat (`latune.music.metre`), 24 in 4/4. The *ticks* array (M, T) is the form that
attributes, figures and writers read: a MIDI pitch where a note begins, `REST` where a rest begins, `HOLD` where the
event before goes on, and `START` / `END` before and after a tune. A `Vocabulary` maps ticks to *tokens* (indices
from 0) for the networks and back.

Source: Pati and Lerch 2021 (arXiv 2004.05485), appendix on data representation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.music.metre import COMMON_TIME, TICKS_PER_BEAT, TWELFTHS, Metre

__all__ = [
    "BEATS",
    "END",
    "HIGHEST_PITCH",
    "HOLD",
    "LOWEST_PITCH",
    "REST",
    "START",
    "TICKS_PER_BEAT",
    "TICKS_PER_MEASURE",
    "TICK_DURATIONS",
    "TICK_POSITIONS",
    "Events",
    "Vocabulary",
    "events_from_ticks",
    "is_note",
    "midi_vocabulary",
    "ticks_from_events",
    "transposed",
]

BEATS = COMMON_TIME.beats
TICKS_PER_MEASURE = COMMON_TIME.ticks

HOLD, REST, START, END = -1, -2, -3, -4
LOWEST_PITCH, HIGHEST_PITCH = 55, 84  # G3 to C6: the range that the augmentation transposes into

TICK_POSITIONS: NDArray[np.float64] = COMMON_TIME.positions
"""Onset of each tick of 4/4 in quarter notes from the start of the measure, shape (24,)."""
TICK_DURATIONS: NDArray[np.float64] = COMMON_TIME.durations
"""Duration of each tick of 4/4 in quarter notes, shape (24,)."""

_TOLERANCE = 1e-5 * TWELFTHS  # the published tolerance of 1e-5 quarter notes, in twelfths


@dataclass(frozen=True)
class Events:
    """Notes and rests of one voice, in order and without gaps.

    Args:
        onsets: Start of each event in quarter notes from the start of the first measure, shape (K,).
        durations: Length of each event in quarter notes, shape (K,).
        pitches: MIDI pitch, or `REST`, shape (K,).
    """

    onsets: NDArray[np.float64]
    durations: NDArray[np.float64]
    pitches: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.onsets)

    @property
    def length(self) -> float:
        """End of the last event in quarter notes."""
        return float(self.onsets[-1] + self.durations[-1]) if len(self) else 0.0


def is_note(ticks: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Whether a note begins at each tick; same shape as `ticks`."""
    return np.asarray(ticks >= 0)


def transposed(ticks: NDArray[np.int16], semitones: int) -> NDArray[np.int16]:
    """Ticks with all notes moved; same shape."""
    return np.where(ticks >= 0, ticks + semitones, ticks).astype(np.int16)


def ticks_from_events(events: Events, metre: Metre = COMMON_TIME) -> NDArray[np.int16]:
    """Lay events on the grid.

    Args:
        events: Notes and rests; gaps count as rests, and the last measure is filled with one.
        metre: Of all measures.

    Returns:
        Ticks of shape (M, T).

    Raises:
        InputError: An event does not begin on the grid, or two events begin at one tick.
    """
    if len(events) and events.onsets.min() < -_TOLERANCE / TWELFTHS:
        raise InputError(f"An event begins at quarter {events.onsets.min():g}: expected 0 or later.")
    twelfths = events.onsets * TWELFTHS
    nearest = np.round(twelfths).astype(np.int64)
    measure, place = np.divmod(nearest, metre.twelfths)
    in_measure = np.searchsorted(metre.tick_twelfths, place, side="right") - 1
    on_grid = (np.abs(twelfths - nearest) <= _TOLERANCE) & (metre.tick_twelfths[in_measure] == place)
    if not on_grid.all():
        first = int(np.argmin(on_grid))
        raise InputError(
            f"The event at quarter {events.onsets[first]:.4f} is off the grid: expected a multiple of a sixteenth"
            + ("." if metre.is_compound else " or of an eighth-note triplet.")
        )
    indices = measure * metre.ticks + in_measure
    if len(indices) != len(np.unique(indices)):
        raise InputError("Two events begin at the same time: expected one voice without chords.")
    measures = max(1, int(np.ceil(events.length / metre.quarters - 1e-9)))
    ticks = np.full(measures * metre.ticks, HOLD, dtype=np.int16)
    ticks[indices] = events.pitches
    _fill_gaps(ticks, events, metre)
    return ticks.reshape(measures, metre.ticks)


def _fill_gaps(ticks: NDArray[np.int16], events: Events, metre: Metre) -> None:
    """Begin a rest wherever an event ends and none follows at once."""
    ends = events.onsets + events.durations
    next_onsets = np.append(events.onsets[1:], np.inf)
    gap_starts = ends[next_onsets - ends > 1e-5]
    if len(events) == 0 or events.onsets[0] > 1e-5:
        gap_starts = np.append(0.0, gap_starts)
    measures = np.arange(len(ticks) // metre.ticks)[:, None]
    positions = (measures * metre.quarters + metre.positions).ravel()
    indices = np.searchsorted(positions, gap_starts - 1e-5)
    indices = indices[indices < len(ticks)]
    ticks[indices[ticks[indices] == HOLD]] = REST


def events_from_ticks(ticks: NDArray[np.int16], metre: Metre = COMMON_TIME) -> Events:
    """Read the grid as events; a `HOLD` before any event, `START` and `END` are read as rests.

    Args:
        ticks: One tune, shape (M, T).
        metre: Of all measures.

    Returns:
        Notes and rests without gaps, covering all M measures.
    """
    flat = np.where(np.isin(ticks, (START, END)), REST, ticks).ravel()
    if flat.size == 0:
        return Events(np.empty(0), np.empty(0), np.empty(0, np.int16))
    starts = flat != HOLD
    starts[0] = True
    indices = np.flatnonzero(starts)
    pitches = flat[indices].copy()
    pitches[pitches == HOLD] = REST
    twelfths = indices // metre.ticks * metre.twelfths + metre.tick_twelfths[indices % metre.ticks]
    quarters = twelfths / TWELFTHS
    durations = np.diff(np.append(quarters, flat.size // metre.ticks * metre.quarters))
    return Events(quarters, durations, pitches.astype(np.int16))


@dataclass(frozen=True)
class Vocabulary:
    """A fixed list of symbols; a token is an index into it.

    Args:
        kind: "midi" (one symbol per pitch) or "spelled" (one per note name, as published).
        symbols: Names: note names or MIDI numbers, "__" (hold), "rest", and "START", "END" where tunes are padded.
        values: The tick value of each symbol: MIDI pitch, `HOLD`, `REST`, `START` or `END`.
    """

    kind: Literal["midi", "spelled"]
    symbols: tuple[str, ...]
    values: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.symbols)

    @cached_property
    def _value_of_token(self) -> NDArray[np.int16]:
        return np.array(self.values, dtype=np.int16)

    @cached_property
    def _token_of_value(self) -> NDArray[np.int16]:
        # Index with value - END; the first symbol of a pitch wins where names are enharmonic.
        table = np.full(128 - END, -1, dtype=np.int16)
        for token in reversed(range(len(self.values))):
            table[self.values[token] - END] = token
        return table

    @cached_property
    def _token_of_symbol(self) -> dict[str, int]:
        return {symbol: token for token, symbol in enumerate(self.symbols)}

    def tokens_from_ticks(self, ticks: NDArray[np.int16]) -> NDArray[np.uint8]:
        """Map ticks to tokens, same shape.

        Raises:
            InputError: A pitch is not in the vocabulary.
        """
        tokens = self._token_of_value[np.asarray(ticks, dtype=np.int64) - END]
        if (tokens < 0).any():
            pitch = int(np.asarray(ticks)[tokens < 0][0])
            pitches = [value for value in self.values if value >= 0]
            raise InputError(
                f"MIDI pitch {pitch} is outside the vocabulary: expected {min(pitches)} to {max(pitches)}."
            )
        return tokens.astype(np.uint8)

    def ticks_from_tokens(self, tokens: NDArray[np.integer]) -> NDArray[np.int16]:
        """Map tokens to ticks, same shape."""
        return self._value_of_token[np.asarray(tokens)]

    def tokens_from_symbols(self, symbols: Sequence[str]) -> NDArray[np.uint8]:
        """Map symbols to tokens, shape (len(symbols),).

        Raises:
            InputError: A symbol is not in the vocabulary.
        """
        unknown = next((symbol for symbol in symbols if symbol not in self._token_of_symbol), None)
        if unknown is not None:
            raise InputError(f"The symbol '{unknown}' is not in the vocabulary of {len(self)} symbols.")
        return np.array([self._token_of_symbol[symbol] for symbol in symbols], dtype=np.uint8)


def midi_vocabulary(padded: bool = False) -> Vocabulary:
    """The default vocabulary: hold, rest and the pitches 55 to 84; 32 symbols.

    Args:
        padded: Add START and END (34 symbols), for windows that reach beyond the tune.
    """
    pitches = range(LOWEST_PITCH, HIGHEST_PITCH + 1)
    padding = (("START", START), ("END", END)) if padded else ()
    pairs = (("__", HOLD), ("rest", REST), *((str(pitch), pitch) for pitch in pitches), *padding)
    return Vocabulary("midi", tuple(name for name, _ in pairs), tuple(value for _, value in pairs))
