"""dMelodies: two-bar melodies that are computed from nine independent factors, and the way back.

A melody has 16 eighth notes, eight per bar. Each bar has six notes and two rests, in one of 28 rhythms, and two broken
chords of three notes each: I and IV in the first bar, V and I in the second, each played upwards or downwards, in a
scale on a tonic in an octave. All combinations make 12 x 3 x 3 x 28 x 28 x 2 x 2 x 2 x 2 = 1,354,752 melodies.

Source: Pati, Gururani and Lerch 2020, "dMelodies: A Music Dataset for Disentanglement Learning" (arXiv 2007.15067).
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError

__all__ = [
    "BARS",
    "EIGHTHS",
    "EIGHTHS_PER_BAR",
    "FACTORS",
    "FACTOR_SIZES",
    "HIGHEST_PITCH",
    "LOWEST_PITCH",
    "MELODIES",
    "ONSETS",
    "SILENT",
    "chord_pitches",
    "melody_factors",
    "render_melodies",
]

FACTORS = (
    "tonic",
    "octave",
    "scale",
    "rhythm_bar1",
    "rhythm_bar2",
    "arp_chord1",
    "arp_chord2",
    "arp_chord3",
    "arp_chord4",
)
"""Names of the factors in order; the last one varies fastest."""
FACTOR_SIZES = (12, 3, 3, 28, 28, 2, 2, 2, 2)
"""Number of values of each factor; they count from 0."""
MELODIES = 1_354_752
"""Number of melodies."""

BARS, EIGHTHS_PER_BAR = 2, 8
EIGHTHS = BARS * EIGHTHS_PER_BAR
SILENT = -1  # the pitch of a rest

ONSETS: NDArray[np.int64] = np.array(list(combinations(range(EIGHTHS_PER_BAR), 6)))
"""Eighths of a bar that sound in each rhythm, (28, 6), in lexicographic order."""

_SCALES = np.array(  # semitones above the tonic
    [
        [0, 2, 4, 5, 7, 9, 11, 12, 14],  # major
        [0, 2, 3, 5, 7, 8, 11, 12, 14],  # harmonic minor
        [0, 2, 3, 5, 6, 9, 10, 12, 14],  # blues
    ]
)
_CHORDS = np.array([[0, 2, 4], [3, 5, 7], [4, 6, 8], [0, 2, 4]])  # scale degrees of I, IV, V, I
_KEYS = 12 * 3 * 3  # tonic, octave and scale
_LOWEST_OCTAVE_C = 60  # octave 4

LOWEST_PITCH = _LOWEST_OCTAVE_C
HIGHEST_PITCH = _LOWEST_OCTAVE_C + 2 * 12 + 11 + int(_SCALES.max())


def melody_factors(numbers: NDArray[np.integer[Any]] | None = None) -> NDArray[np.int32]:
    """Factors of melodies by their numbers in the official order.

    Args:
        numbers: (N,), 0 to 1,354,751; default: all of them.

    Returns:
        Shape (N, 9), columns as in `FACTORS`.

    Raises:
        InputError: There is no such melody.
    """
    rest = np.arange(MELODIES) if numbers is None else np.asarray(numbers, np.int64)
    _refuse_outside("melody number", rest, MELODIES)
    factors = np.empty((len(rest), len(FACTORS)), np.int32)
    for column in reversed(range(len(FACTORS))):
        rest, factors[:, column] = np.divmod(rest, FACTOR_SIZES[column])
    return factors


def render_melodies(factors: NDArray[np.integer[Any]]) -> NDArray[np.int16]:
    """Melodies of any factors.

    Args:
        factors: Shape (N, 9), columns as in `FACTORS`, each from 0 to its size - 1.

    Returns:
        MIDI pitch of every eighth, (N, 16), from 60 to 109; `SILENT` (-1) is a rest.

    Raises:
        InputError: The shape is another one, or a factor is outside its range.
    """
    factors = np.asarray(factors)
    if factors.ndim != 2 or factors.shape[1] != len(FACTORS) or not np.issubdtype(factors.dtype, np.integer):
        raise InputError(f"The factors are {factors.dtype} {factors.shape}: expected integers (N, {len(FACTORS)}).")
    for name, size, column in zip(FACTORS, FACTOR_SIZES, factors.T, strict=True):
        _refuse_outside(f"factor '{name}'", column, size)
    tonic, octave, scale, rhythm1, rhythm2, *arpeggios = factors.T.astype(np.int64)
    key = (tonic * 3 + octave) * 3 + scale
    pitches = np.empty((len(factors), EIGHTHS), np.int16)
    for bar, rhythm in enumerate((rhythm1, rhythm2)):
        first, second = arpeggios[2 * bar : 2 * bar + 2]
        rows = ((key * len(ONSETS) + rhythm) * 2 + first) * 2 + second
        pitches[:, bar * EIGHTHS_PER_BAR : (bar + 1) * EIGHTHS_PER_BAR] = _all_bars(bar)[rows]
    return pitches


@cache
def chord_pitches() -> NDArray[np.int16]:
    """MIDI pitches of every broken chord, (108, 4, 2, 3): key, chord of the melody, up or down, note.

    A key is ((tonic * 3) + octave) * 3 + scale.
    """
    tonic, octave, scale = np.unravel_index(np.arange(_KEYS), (12, 3, 3))
    roots = _LOWEST_OCTAVE_C + 12 * octave + tonic
    upwards = roots[:, None, None] + _SCALES[scale][:, _CHORDS]
    pitches = np.stack([upwards, upwards[..., ::-1]], axis=2).astype(np.int16)
    pitches.flags.writeable = False
    return pitches


@cache
def _all_bars(bar: int) -> NDArray[np.int16]:
    """Every version of one bar, (108 * 28 * 2 * 2, 8): key, rhythm, direction of its first and of its second chord."""
    chords = chord_pitches()
    table = np.full((_KEYS, len(ONSETS), 2, 2, EIGHTHS_PER_BAR), SILENT, np.int16)
    for rhythm, onsets in enumerate(ONSETS):
        table[:, rhythm, :, :, onsets[:3]] = chords[:, 2 * bar].transpose(2, 0, 1)[..., None]
        table[:, rhythm, :, :, onsets[3:]] = chords[:, 2 * bar + 1].transpose(2, 0, 1)[:, :, None]
    table.flags.writeable = False
    return table.reshape(-1, EIGHTHS_PER_BAR)


def _refuse_outside(what: str, values: NDArray[np.integer[Any]], size: int) -> None:
    if len(values) > 0 and (values.min() < 0 or values.max() >= size):
        wrong = values[(values < 0) | (values >= size)][0]
        raise InputError(f"There is no {what} {wrong}: expected 0 to {size - 1}.")
