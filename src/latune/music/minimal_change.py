"""The least that must change: how many ticks of a measure an edit cannot leave as they are if it meets a request.

A change of one tick puts any symbol in the place of another. Every bound counts ticks that differ between a measure and
*any* measure whose attribute lies within the requested limits, so nothing that meets the request keeps more. Bounds of
note density and rhythmic entropy are exact; the others never say too much, and may say too little.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from latune.music.attributes import PITCH_SPAN, complexity_weights
from latune.music.measure import is_note
from latune.music.metre import COMMON_TIME, Metre

__all__ = ["least_changes"]

ROUNDING = 1e-9  # limits count as reached this close to them

Ticks = NDArray[np.int16]
Values = NDArray[np.float64]
Counts = NDArray[np.int64]


def least_changes(
    ticks: Ticks, name: str, values: Values, lowest: Values, highest: Values, metre: Metre = COMMON_TIME
) -> Counts:
    """A lower bound on the number of ticks that must change for an attribute to come within limits.

    Args:
        ticks: Measures (N, T).
        name: The attribute; of one without a bound here it is only known that something must change.
        values: What it is now, (N,).
        lowest: Smallest value that meets the request, per measure (N,).
        highest: Largest such value, (N,).
        metre: Of all measures.

    Returns:
        Ticks, (N,): 0 where the attribute is within the limits already, never more than T.
    """
    lowest, highest = lowest - ROUNDING, highest + ROUNDING
    met = (values >= lowest) & (values <= highest)
    bounds = _BOUNDS.get(name, _any_change)(ticks, lowest, highest, metre)
    return np.where(met, 0, np.clip(bounds, 1, metre.ticks)).astype(np.int64)


def _note_density(ticks: Ticks, lowest: Values, highest: Values, metre: Metre) -> Values:
    """One tick adds or takes away at most one note, and can do either: the bound is the number of notes missing."""
    return _notes_missing(ticks, np.ceil(lowest * metre.ticks), np.floor(highest * metre.ticks))


def _rhythmic_entropy(ticks: Ticks, lowest: Values, highest: Values, metre: Metre) -> Values:
    """It is the logarithm of the number of notes, 0 for one note and for none: the limits are limits of that number."""
    return _notes_missing(ticks, np.where(lowest > 0, np.ceil(np.exp(lowest)), 0), np.floor(np.exp(highest)))


def _notes_missing(ticks: Ticks, fewest: Values, most: Values) -> Values:
    notes = is_note(ticks).sum(axis=1)
    return np.asarray(np.maximum(fewest - notes, notes - most))


def _rhythmic_complexity(ticks: Ticks, lowest: Values, highest: Values, metre: Metre) -> Values:
    """One tick moves the sum by its own weight at most: up where it has no note, down where it has one.

    So m ticks raise it by no more than the m largest weights without a note, and lower it by no more than the m largest
    weights of notes; the bound is the first m for which that is enough.
    """
    weights, notes = complexity_weights(metre), is_note(ticks)
    value = notes @ weights
    upward = _largest_needed(np.where(notes, 0, weights), lowest - value)
    return np.maximum(upward, _largest_needed(np.where(notes, weights, 0), value - highest))


def _largest_needed(weights: Values, amount: Values) -> Counts:
    """How many of the largest weights (N, T) it takes to reach an amount (N,), in each row; T where all do not."""
    reached = np.cumsum(-np.sort(-weights, axis=1), axis=1) >= amount[:, None] - ROUNDING
    needed = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, weights.shape[1])
    return np.where(amount > 0, needed, 0)


def _pitch_range(ticks: Ticks, lowest: Values, highest: Values, metre: Metre) -> Values:
    """To shrink it, all notes that stay must lie within one window of the largest width: the others must change.

    The best window begins at a note. To widen it from nothing takes two notes, and one tick adds at most one.
    """
    width = np.maximum(np.floor(highest * PITCH_SPAN), 0)
    outside = is_note(ticks).sum(axis=1) - _most_within(ticks, width)
    return np.asarray(np.maximum(outside, _second_note_missing(ticks, lowest > 0)))


def _most_within(ticks: Ticks, width: Values) -> Counts:
    """The largest number of notes whose pitches lie within a window of so many semitones, (N,)."""
    notes, most = is_note(ticks), np.zeros(len(ticks), np.int64)
    for start in range(ticks.shape[1]):
        above = ticks - ticks[:, start, None].astype(np.int64)
        inside = (notes & (above >= 0) & (above <= width[:, None])).sum(axis=1)
        most = np.where(notes[:, start], np.maximum(most, inside), most)
    return most


def _contour(ticks: Ticks, lowest: Values, highest: Values, metre: Metre) -> Values:
    """It is 0 with fewer than two notes, and one tick adds at most one; else changing the last note may do."""
    return _second_note_missing(ticks, (lowest > 0) | (highest < 0))


def _second_note_missing(ticks: Ticks, needed: NDArray[np.bool_]) -> Values:
    return np.where(needed, 2 - is_note(ticks).sum(axis=1), 0).astype(float)


def _any_change(ticks: Ticks, lowest: Values, highest: Values, metre: Metre) -> Values:
    """What is not within the limits cannot stay as it is: at least one tick changes."""
    return np.ones(len(ticks))


_BOUNDS: dict[str, Callable[[Ticks, Values, Values, Metre], NDArray[np.float64] | Counts]] = {
    "note_density": _note_density,
    "rhythmic_entropy": _rhythmic_entropy,
    "rhythmic_complexity": _rhythmic_complexity,
    "pitch_range": _pitch_range,
    "contour": _contour,
}
