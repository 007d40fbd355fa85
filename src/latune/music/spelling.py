"""Note names for MIDI pitches: the key by its pitch profile, and the spelling within that key."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["estimate_fifths", "key_alterations", "key_fits", "spell"]

# How well each pitch class fits a key on C, as rated by listeners.
# Source: Krumhansl and Kessler 1982, "Tracing the dynamic changes in perceived tonal organization".
_MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
_MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
_LINE_OF_FIFTHS = "FCGDAEB"


def estimate_fifths(pitches: NDArray[np.int16], durations: NDArray[np.float64]) -> int:
    """Key signature whose major or minor key fits the notes best (Krumhansl and Schmuckler's method).

    Args:
        pitches: MIDI pitches, shape (K,); negative values (rests) are ignored.
        durations: Their lengths, shape (K,), in any unit.

    Returns:
        Sharps, or negative flats, from -5 to 6; 0 without notes.
    """
    notes = pitches >= 0
    weights = np.bincount(pitches[notes] % 12, durations[notes], minlength=12)
    if np.ptp(weights) == 0:
        return 0
    best = int(key_fits(np.asarray(weights, float)).argmax())
    major_tonic = best if best < 12 else (best - 12 + 3) % 12
    return (major_tonic * 7 + 5) % 12 - 5


def key_fits(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlation of the weights of the pitch classes (12,) with the profiles of C major to B major, then minor: (24,).

    The weights must not all be equal.
    """
    keys = np.array([np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)])
    fits: NDArray[np.float64] = np.corrcoef(keys, weights)[-1, :-1]
    return fits


def key_alterations(fifths: int) -> dict[str, int]:
    """Semitones that the key signature adds to each of the seven steps."""
    return {step: (fifths - 1 - index) // 7 + 1 for index, step in enumerate(_LINE_OF_FIFTHS)}


def spell(pitch: int, fifths: int) -> tuple[str, int, int]:
    """Step, alteration in semitones and octave of a MIDI pitch in a key.

    Of the twelve neighbours on the line of fifths, three lie flatward of the tonic and eight sharpward:
    in C major E flat, B flat, F sharp, C sharp and G sharp.
    """
    place = (pitch * 7 - (fifths - 3)) % 12 + fifths - 3  # on the line of fifths, C is 0
    step, alteration = _LINE_OF_FIFTHS[(place + 1) % 7], (place + 1) // 7
    octave = (pitch - alteration) // 12 - 1
    return (step, alteration, octave) if octave >= 0 or fifths == 0 else spell(pitch, 0)
