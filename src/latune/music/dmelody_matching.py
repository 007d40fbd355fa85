"""The way back from any eighths to the factors of the dMelodies melody that agrees with them best."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.music.dmelodies import (
    BARS,
    EIGHTHS,
    EIGHTHS_PER_BAR,
    FACTORS,
    HIGHEST_PITCH,
    LOWEST_PITCH,
    ONSETS,
    SILENT,
    chord_pitches,
    render_melodies,
)

__all__ = ["MelodyMatch", "match_melodies", "rhythm_patterns", "right_notes"]

_CHUNK = 4096  # melodies at a time: what they need stays in the processor's cache
_NO_PITCH = HIGHEST_PITCH - LOWEST_PITCH + 1  # stands for rests and for pitches that no melody has
_CHORDS_PER_BAR = 2


@dataclass(frozen=True)
class MelodyMatch:
    """The melodies that agree best with given eighths.

    Args:
        factors: Their factors, (N, 9), columns as in `FACTORS`.
        agreement: Share of the 16 eighths in which they agree, (N,): 1 where the eighths are such a melody.
    """

    factors: NDArray[np.int32]
    agreement: NDArray[np.float64]


def match_melodies(pitches: NDArray[np.integer[Any]]) -> MelodyMatch:
    """Find the melody that agrees best with each row of eighths.

    Rhythm comes first: only the melodies whose eighths sound and rest most like the given ones are compared, and of
    these the one with most equal pitches is taken; among equals the first one in the order of the data set.

    Args:
        pitches: MIDI pitch of every eighth, (N, 16); negative where it rests. Any values, such as a network's.

    Raises:
        InputError: The shape is another one.
    """
    pitches = np.asarray(pitches)
    if pitches.ndim != 2 or pitches.shape[1] != EIGHTHS:
        raise InputError(f"The eighths have the shape {pitches.shape}: expected (N, {EIGHTHS}).")
    factors = np.empty((len(pitches), len(FACTORS)), np.int32)
    for start in range(0, len(pitches), _CHUNK):
        factors[start : start + _CHUNK] = _match(pitches[start : start + _CHUNK])
    heard = np.where(pitches < 0, SILENT, pitches)
    return MelodyMatch(factors, np.mean(render_melodies(factors) == heard, axis=1))


def _match(pitches: NDArray[np.integer[Any]]) -> NDArray[np.int32]:
    """Factors (n, 9) of a chunk (n, 16)."""
    known = (pitches >= LOWEST_PITCH) & (pitches <= HIGHEST_PITCH)
    indices = np.where(known, pitches - LOWEST_PITCH, _NO_PITCH).reshape(-1, BARS, EIGHTHS_PER_BAR)
    sounding = np.packbits(pitches.reshape(-1, BARS, EIGHTHS_PER_BAR) >= 0, axis=2)[..., 0]
    bars = [_Bar(bar, indices[:, bar], sounding[:, bar]) for bar in range(BARS)]
    keys = np.argmax(bars[0].best + bars[1].best, axis=1)
    rhythms, directions = zip(*(bar.in_key(keys) for bar in bars), strict=True)
    tonic, octave, scale = np.unravel_index(keys, (12, 3, 3))
    return np.column_stack([tonic, octave, scale, *rhythms, *directions]).astype(np.int32)


class _Bar:
    """One bar of n melodies against all its versions.

    A bar with six notes has one nearest rhythm; others have several, and each makes a row of its own.

    Args:
        bar: Which of the two.
        indices: Pitches above the lowest one, `_NO_PITCH` where there is none, (n, 8).
        sounding: Which eighths sound, as eight bits, (n,).
    """

    def __init__(self, bar: int, indices: NDArray[np.int64], sounding: NDArray[np.uint8]) -> None:
        self._bar = bar
        self._owners, self._rhythms = np.nonzero(_nearest_rhythms()[sounding])
        self._firsts = np.searchsorted(self._owners, np.arange(len(indices)))
        self._notes = np.take_along_axis(indices[self._owners], ONSETS[self._rhythms], axis=1)
        scores = [self._scores(chord) for chord in range(_CHORDS_PER_BAR)]
        self._per_row = scores[0] + scores[1]
        self.best = np.maximum.reduceat(self._per_row, self._firsts, axis=0)
        """Most notes that are right in each key, (n, 108)."""

    def _scores(self, chord: int) -> NDArray[np.uint8]:
        """Right notes of a chord in each key, in the better direction, (rows, 108)."""
        table = _right_or_no_notes()[self._bar * _CHORDS_PER_BAR + chord]
        up_and_down = sum(table[note].take(self._notes[:, 3 * chord + note], axis=0) for note in range(3))
        return np.asarray(np.maximum(up_and_down[:, 0], up_and_down[:, 1]))

    def in_key(self, keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The best rhythms (n,) and directions of the two chords (n, 2), given the keys (n,)."""
        scores = self._per_row[np.arange(len(self._owners)), keys[self._owners]]
        is_best = scores == np.maximum.reduceat(scores, self._firsts)[self._owners]
        rows = np.flatnonzero(is_best)
        rows = rows[np.searchsorted(self._owners[rows], np.arange(len(keys)))]
        notes = self._notes[rows].reshape(-1, _CHORDS_PER_BAR, 1, 3) + LOWEST_PITCH
        chords = chord_pitches()[keys, self._bar * _CHORDS_PER_BAR : (self._bar + 1) * _CHORDS_PER_BAR]
        directions = np.argmax((notes == chords).sum(axis=-1), axis=-1)
        return self._rhythms[rows], directions


@cache
def rhythm_patterns() -> NDArray[np.bool_]:
    """Which eighths of a bar sound in each rhythm, (28, 8)."""
    patterns = np.zeros((len(ONSETS), EIGHTHS_PER_BAR), bool)
    np.put_along_axis(patterns, ONSETS, True, axis=1)
    patterns.flags.writeable = False
    return patterns


@cache
def _nearest_rhythms() -> NDArray[np.bool_]:
    """For each of the 256 ways a bar may sound, which of the 28 rhythms differ from it in the fewest eighths."""
    ways = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).astype(bool)
    distances = (ways[:, None] != rhythm_patterns()).sum(axis=-1)
    return np.asarray(distances == distances.min(axis=1, keepdims=True))


@cache
def right_notes() -> NDArray[np.uint8]:
    """Where a pitch (from 60 on) is right as a note of a chord, (4, 3, 50, 2, 108).

    The axes are chord of the melody, note of the chord, pitch, up or down, and key as in `chord_pitches`.
    """
    chords = chord_pitches().transpose(1, 3, 2, 0)[:, :, None]
    pitches = np.arange(LOWEST_PITCH, HIGHEST_PITCH + 1)[:, None, None]
    right: NDArray[np.uint8] = np.asarray(chords == pitches, np.uint8)
    right.flags.writeable = False
    return right


@cache
def _right_or_no_notes() -> NDArray[np.uint8]:
    """The same with a pitch more, `_NO_PITCH`, which is never right, (4, 3, 51, 2, 108)."""
    padded: NDArray[np.uint8] = np.pad(right_notes(), ((0, 0), (0, 0), (0, 1), (0, 0), (0, 0)))
    return padded
