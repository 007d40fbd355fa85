"""Coherence: does an edited tune still hang together?

Each measure compares an edited tune with the original, or with real tunes, in one respect: which measures repeat, how
the melody steps (also across bar lines), whether it keeps its key, how long its notes are. Tunes are ticks (M, T).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.music.measure import HOLD, REST, is_note
from latune.music.metre import COMMON_TIME, Metre
from latune.music.spelling import estimate_fifths, key_fits

__all__ = [
    "FIFTH",
    "OCTAVE",
    "Repetition",
    "bar_line_intervals",
    "duration_histogram",
    "in_key_share",
    "interval_histogram",
    "jensen_shannon",
    "key_clarity",
    "melodic_intervals",
    "pitch_class_distance",
    "pitch_class_weights",
    "repetition",
    "self_similarity",
    "similarity",
    "similarity_change",
]

Ticks = NDArray[np.int16]
Values = NDArray[np.float64]
Aspect = Literal["notes", "rhythm"]
"""What of a measure is compared: everything, or where notes and rests begin."""

FIFTH, OCTAVE = 7, 12
WIDEST = 13  # semitones; wider intervals count as this one
LONGEST = 96  # twelfths of a quarter note (a double whole note); longer notes count as this one
MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)


@dataclass(frozen=True)
class Repetition:
    """What became of repeated measures.

    Args:
        kept: Share of the pairs of measures that were equal and still are, 0 to 1; not a number without such pairs.
        invented: Share of the pairs that were different and are now equal, 0 to 1; not a number without such pairs.
    """

    kept: float
    invented: float


def repetition(edited: Ticks, original: Ticks, aspect: Aspect = "notes") -> Repetition:
    """Repeated measures that an edit kept or invented. The original against itself gives 1 and 0.

    Measures without notes do not count.

    Args:
        edited: Shape (M, T).
        original: Shape (M, T).
        aspect: "notes", or "rhythm" (pitches may differ).

    Raises:
        InputError: The tunes differ in shape.
    """
    pairs = _pairs(edited, original)
    before, after = (_equal(ticks, aspect)[pairs] for ticks in (original, edited))
    return Repetition(_share(after[before]), _share(after[~before]))


def similarity(measures: Ticks, others: Ticks, aspect: Aspect = "notes") -> Values:
    """Share of the places where two measures begin the same thing, for all pairs: (M, N), 0 to 1.

    Places are the ticks where either measure begins a note or a rest, so that holds do not count.

    Args:
        measures: Shape (M, T).
        others: Shape (N, T).
        aspect: "notes" (same pitch or rest), or "rhythm" (a note or a rest, whatever its pitch).
    """
    left, right = _compared(measures, aspect)[:, None], _compared(others, aspect)[None]
    either = (left >= REST) & (left != HOLD) | (right >= REST) & (right != HOLD)
    same = ((left == right) & either).sum(axis=2)
    places = either.sum(axis=2)
    return np.asarray(np.where(places > 0, same / np.maximum(places, 1), 1.0))


def self_similarity(ticks: Ticks, aspect: Aspect = "notes") -> Values:
    """`similarity` of a tune's measures (M, T) to each other: (M, M)."""
    return similarity(ticks, ticks, aspect)


def similarity_change(edited: Ticks, original: Ticks, aspect: Aspect = "notes") -> float:
    """Mean absolute change of the self-similarity over all pairs of measures with notes, 0 (kept) to 1.

    Not a number with fewer than two measures.

    Raises:
        InputError: The tunes differ in shape.
    """
    pairs = _pairs(edited, original)
    changes = np.abs(self_similarity(edited, aspect) - self_similarity(original, aspect))[pairs]
    return float(changes.mean()) if changes.size else float("nan")


def melodic_intervals(ticks: Ticks) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Steps from note to note in semitones (K,), across bar lines and rests too, and which cross a bar line (K,)."""
    measures, places = np.nonzero(is_note(ticks))
    pitches = ticks[measures, places].astype(np.int64)
    return np.diff(pitches), np.diff(measures) > 0


def bar_line_intervals(ticks: Ticks) -> NDArray[np.int64]:
    """Sizes of the steps across bar lines in semitones, (K,)."""
    steps, crossing = melodic_intervals(ticks)
    return np.abs(steps[crossing])


def interval_histogram(ticks: Ticks) -> Values:
    """Counts of the melodic intervals from -13 to 13 semitones, (27,); wider ones count as the widest."""
    steps, _ = melodic_intervals(ticks)
    return np.bincount(np.clip(steps, -WIDEST, WIDEST) + WIDEST, minlength=2 * WIDEST + 1).astype(float)


def duration_histogram(ticks: Ticks, metre: Metre = COMMON_TIME) -> Values:
    """Counts of the notes' lengths in twelfths of a quarter note, (97,); longer ones count as the longest."""
    lengths, _ = _notes(ticks, metre)
    return np.bincount(np.minimum(lengths, LONGEST), minlength=LONGEST + 1).astype(float)


def pitch_class_weights(ticks: Ticks, metre: Metre = COMMON_TIME) -> Values:
    """How long each pitch class sounds, in quarter notes, (12,)."""
    lengths, pitches = _notes(ticks, metre)
    return np.asarray(np.bincount(pitches % 12, lengths / 12, minlength=12), float)


def pitch_class_distance(edited: Ticks, original: Ticks, metre: Metre = COMMON_TIME) -> float:
    """Half the sum of absolute differences of the shares of the pitch classes: 0 (equal) to 1 (disjoint).

    Not a number where either tune has no notes.
    """
    weights = [pitch_class_weights(ticks, metre) for ticks in (edited, original)]
    if min(weight.sum() for weight in weights) == 0:
        return float("nan")
    shares = [weight / weight.sum() for weight in weights]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def key_clarity(ticks: Ticks, metre: Metre = COMMON_TIME) -> float:
    """Correlation of the pitch classes with the profile of the key that fits best, -1 to 1; tonal tunes exceed 0.7.

    Not a number where all pitch classes sound equally long, as without notes.

    Source: Krumhansl 1990, Cognitive Foundations of Musical Pitch, chapter 4.
    """
    weights = pitch_class_weights(ticks, metre)
    return float(key_fits(weights).max()) if np.ptp(weights) > 0 else float("nan")


def in_key_share(edited: Ticks, original: Ticks, metre: Metre = COMMON_TIME) -> float:
    """Share of the notes that lie in the scale of the original's key signature, 0 to 1; chorales about 0.96.

    Not a number without notes.
    """
    lengths, pitches = _notes(original, metre)
    fifths = estimate_fifths(pitches.astype(np.int16), lengths.astype(float))
    notes = edited[is_note(edited)]
    scale = (np.array(MAJOR_SCALE) + 7 * fifths) % 12
    return _share(np.isin(notes % 12, scale))


def jensen_shannon(counts: Values, others: Values) -> float:
    """Jensen-Shannon distance of two histograms (K,): 0 (equal shares) to 1 (disjoint).

    The square root of the divergence in bits. Source: Endres and Schindelin 2003. Not a number if one is empty.
    """
    if counts.sum() == 0 or others.sum() == 0:
        return float("nan")
    left, right = counts / counts.sum(), others / others.sum()
    middle = (left + right) / 2
    divergence = (_relative_entropy(left, middle) + _relative_entropy(right, middle)) / 2
    return float(np.sqrt(max(divergence, 0.0)))


def _relative_entropy(left: Values, right: Values) -> float:
    there = left > 0
    return float(np.sum(left[there] * np.log2(left[there] / right[there])))


def _pairs(edited: Ticks, original: Ticks) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices of all pairs of measures that have notes in the original."""
    if edited.shape != original.shape:
        raise InputError(f"The edited tune has the shape {edited.shape}: expected that of the original.")
    having = np.flatnonzero(is_note(original).any(axis=1))
    left, right = np.triu_indices(len(having), 1)
    return having[left], having[right]


def _compared(ticks: Ticks, aspect: Aspect) -> Ticks:
    return ticks if aspect == "notes" else np.where(is_note(ticks), 0, ticks).astype(np.int16)


def _equal(ticks: Ticks, aspect: Aspect) -> NDArray[np.bool_]:
    compared = _compared(ticks, aspect)
    return np.asarray((compared[:, None] == compared[None]).all(axis=2))


def _share(which: NDArray[np.bool_]) -> float:
    return float(which.mean()) if which.size else float("nan")


def _notes(ticks: Ticks, metre: Metre) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Length in twelfths of a quarter note and pitch of every note, (K,) each."""
    flat = np.asarray(ticks).ravel()
    begins = np.flatnonzero((flat >= 0) | (flat < -1))  # everything but a hold begins something
    onsets: NDArray[Any] = metre.twelfths * (begins // metre.ticks) + metre.tick_twelfths[begins % metre.ticks]
    lengths = np.diff(np.append(onsets, metre.twelfths * len(ticks)))
    sounding = flat[begins] >= 0
    return lengths[sounding], flat[begins][sounding].astype(np.int64)
