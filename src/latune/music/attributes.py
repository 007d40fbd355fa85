"""Attributes of a measure, each vectorised over a batch of ticks (N, T).

The first four are those of the AR-VAE work, in the meaning of its evaluation (notes only: rests and holds never
count as pitches; range and contour are divided by 26 semitones). Functions take ticks as `latune.music.measure`
defines them and return float64 (N,).

Weights and metrical levels are published for 4/4; other metres get theirs by the same rules.

Source: Pati and Lerch 2021 (arXiv 2004.05485), appendix on musical attributes.
"""

from __future__ import annotations

from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from latune.attributes import Attribute, AttributeTable
from latune.music.measure import is_note
from latune.music.metre import COMMON_TIME, Metre

__all__ = [
    "MUSIC_ATTRIBUTES",
    "PITCH_SPAN",
    "complexity_weights",
    "contour",
    "interval_entropy",
    "mean_pitch",
    "music_attributes",
    "note_density",
    "pitch_range",
    "rhythmic_complexity",
    "rhythmic_entropy",
    "syncopation",
]

Ticks = NDArray[np.int16]
Values = NDArray[np.float64]

PITCH_SPAN = 26  # semitones; the published constant
_FIRST_TICK = {4: (20, 67, 25, 67), 6: (20, 67, 67, 25, 67, 67)}  # other numbers of beats: low on the first alone


def _hundredths(metre: Metre) -> NDArray[np.int16]:
    """Weight of an onset per tick in hundredths, (T,): low on the beat, high off it. Integers: exact, fast to add."""
    # Simple beats: sixteenths 1, triplets 2, eighths 0.5, as published. Compound beats: eighths 0.5, sixteenths 1.
    weights = np.tile([0, 100, 50, 100, 50, 100] if metre.is_compound else [0, 100, 200, 50, 200, 100], metre.beats)
    weights[::6] = _FIRST_TICK.get(metre.beats, (20, *(67,) * (metre.beats - 1)))
    return weights.astype(np.int16)


def complexity_weights(metre: Metre = COMMON_TIME) -> Values:
    """Share of the rhythmic complexity that an onset at each tick adds, (T,), summing to 1."""
    weights = _hundredths(metre)
    return np.asarray(weights / weights.sum())


def _levels(metre: Metre) -> NDArray[np.int64]:
    """Metrical level of each tick (0 is the strongest): measure, half, beat, eighth, rest of the grid."""
    levels = np.tile([2, 4, 3, 4, 3, 4] if metre.is_compound else [2, 4, 4, 3, 4, 4], metre.beats)
    if metre.beats % 2 == 0 and metre.beats > 2:
        levels[metre.ticks // 2] = 1
    levels[0] = 0
    return levels


def _by_tick(ticks: Ticks) -> Ticks:
    """Ticks as (24, N), contiguous: one operation per tick over all measures is the fast order."""
    return np.ascontiguousarray(ticks.T)


def _count(ticks: Ticks) -> NDArray[np.int8]:
    """Number of notes of each measure (N,)."""
    return np.asarray(np.add.reduce((_by_tick(ticks) >= 0).view(np.int8), axis=0, dtype=np.int8))


def _last_pitch(rows: Ticks) -> Ticks:
    """Pitch of the last note going down the rows of (24, N): (N,); meaningless where there is none."""
    # The row's number stands above the pitch's eight bits, so the largest sum is the last note; the sign, spread over
    # all bits by the shift, makes everything else -1.
    numbers = (np.arange(len(rows), dtype=np.int16) << 8)[:, None]
    last: Ticks = ((rows + numbers) | (rows >> 15)).max(axis=0)
    return last & np.int16(0xFF)


def rhythmic_complexity(ticks: Ticks, metre: Metre = COMMON_TIME) -> Values:
    """Share of the metrical weight that falls on onsets, 0 to 1; 0 without notes."""
    weights = _hundredths(metre)
    counted = ~(_by_tick(ticks) >> 15) & weights[:, None]  # the weight of notes, 0 elsewhere
    return np.asarray(np.add.reduce(counted, axis=0, dtype=np.int16) / weights.sum())


def pitch_range(ticks: Ticks) -> Values:
    """Highest minus lowest pitch in units of 26 semitones; 0 with fewer than two notes."""
    rows = _by_tick(ticks)
    highest = rows.max(axis=0)
    lowest = rows.view(np.uint16).min(axis=0).view(np.int16)  # unsigned, holds and rests are larger than any pitch
    return np.asarray(np.where(highest >= 0, highest - lowest, 0) / PITCH_SPAN)


def note_density(ticks: Ticks) -> Values:
    """Share of ticks where a note begins, 0 to 1."""
    return np.asarray(_count(ticks) / ticks.shape[1])


def contour(ticks: Ticks) -> Values:
    """Last minus first pitch in units of 26 semitones: the sum of all steps; 0 with fewer than two notes."""
    rows = _by_tick(ticks)
    steps = _last_pitch(rows) - _last_pitch(rows[::-1])
    return np.asarray(np.where(_count(ticks) > 1, steps, 0) / PITCH_SPAN)


def rhythmic_entropy(ticks: Ticks) -> Values:
    """Entropy of the onset distribution over ticks, which is ln(number of notes) in nats; 0 without notes."""
    return np.asarray(np.log(np.maximum(_count(ticks), 1), dtype=np.float64))


def interval_entropy(ticks: Ticks) -> Values:
    """Entropy in nats of the softmax over counts of the 12 melodic interval classes; 0 with fewer than two notes."""
    notes = is_note(ticks)
    positions = np.arange(ticks.shape[1])
    last_note = np.maximum.accumulate(np.where(notes, positions, -1), axis=1)
    previous = np.concatenate([np.full((len(ticks), 1), -1), last_note[:, :-1]], axis=1)
    rows, columns = np.nonzero(notes & (previous >= 0))
    steps = ticks[rows, columns].astype(np.int64) - ticks[rows, previous[rows, columns]]
    counts = np.bincount(rows * 12 + np.abs(steps) % 12, minlength=12 * len(ticks)).reshape(-1, 12)
    weights = np.exp(counts - counts.max(axis=1, keepdims=True))
    shares = weights / weights.sum(axis=1, keepdims=True)
    entropy = -np.sum(shares * np.log(np.maximum(shares, 1e-300)), axis=1)
    return np.where(notes.sum(axis=1) > 1, entropy, 0.0)


def syncopation(ticks: Ticks, metre: Metre = COMMON_TIME) -> Values:
    """Mean syncopation strength per note, 0 to 3; 0 without notes.

    A note that sounds across a tick of a stronger metrical level than its own is syncopated by the difference of
    levels (measure, half measure, beat, eighth, rest of the grid). After Longuet-Higgins and Lee 1984.
    """
    notes = is_note(ticks)
    positions = np.arange(ticks.shape[1])
    onset = np.maximum.accumulate(np.where(ticks != -1, positions, 0), axis=1)
    rows = np.arange(len(ticks))[:, None]
    sounding = notes[rows, onset]
    levels = _levels(metre)
    strength = np.where(sounding, levels[onset] - levels[positions], 0)
    strongest = np.zeros(ticks.shape, dtype=np.int64)
    np.maximum.at(strongest, (np.broadcast_to(rows, ticks.shape), onset), strength)
    return np.asarray(strongest.sum(axis=1) / np.maximum(notes.sum(axis=1), 1))


def mean_pitch(ticks: Ticks) -> Values:
    """Mean MIDI pitch of the notes, in semitones; 0 without notes."""
    notes = is_note(ticks)
    return np.asarray(np.where(notes, ticks, 0).sum(axis=1) / np.maximum(_count(ticks), 1))


@cache
def music_attributes(metre: Metre) -> AttributeTable:
    """The attributes of measures of a metre; they read ticks (N, metre.ticks)."""
    return AttributeTable(
        [
            Attribute(
                "rhythmic_complexity",
                "share of metrical weight",
                0.0,
                1.0,
                "How much the notes fall off the beats.",
                measure=partial(rhythmic_complexity, metre=metre),
            ),
            Attribute(
                "pitch_range",
                "26 semitones",
                0.0,
                127 / PITCH_SPAN,
                "Distance from the lowest to the highest note.",
                measure=pitch_range,
            ),
            Attribute(
                "note_density",
                "share of ticks",
                0.0,
                1.0,
                f"How many of the {metre.ticks} ticks begin a note.",
                measure=note_density,
            ),
            Attribute(
                "contour",
                "26 semitones",
                -127 / PITCH_SPAN,
                127 / PITCH_SPAN,
                "Distance from the first to the last note: up is positive.",
                measure=contour,
            ),
            Attribute(
                "rhythmic_entropy",
                "nats",
                0.0,
                float(np.log(metre.ticks)),
                "Entropy of the onsets over the measure.",
                measure=rhythmic_entropy,
            ),
            Attribute(
                "interval_entropy",
                "nats",
                0.0,
                float(np.log(12)),
                "How evenly the melodic intervals are used.",
                measure=interval_entropy,
            ),
            Attribute(
                "syncopation",
                "metrical levels",
                0.0,
                3.0,
                "How strongly notes sound across stronger beats than their own.",
                measure=partial(syncopation, metre=metre),
            ),
            Attribute(
                "mean_pitch",
                "MIDI semitones",
                0.0,
                127.0,
                "Mean pitch of the notes.",
                measure=mean_pitch,
            ),
        ]
    )


MUSIC_ATTRIBUTES = music_attributes(COMMON_TIME)
"""The attributes of 4/4."""
