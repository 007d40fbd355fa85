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
from latune.music.measure import HOLD, is_note
from latune.music.metre import COMMON_TIME, Metre

__all__ = [
    "MUSIC_ATTRIBUTES",
    "PITCH_SPAN",
    "beat_strength",
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


def metrical_levels(metre: Metre) -> NDArray[np.int64]:
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
    rows = _by_tick(ticks)
    counts = np.zeros((12, rows.shape[1]), np.int8)
    last = rows[0].copy()  # pitch of the note before, negative while there is none
    for pitches in rows[1:]:
        notes = np.flatnonzero(pitches >= 0)
        steps = notes[last[notes] >= 0]
        counts[np.abs(pitches[steps] - last[steps]) % 12, steps] += 1  # no measure occurs twice
        last[notes] = pitches[notes]
    # ln Z - sum of c e^c / Z: with integer counts, both powers come from tables.
    known = np.arange(len(rows))
    total = np.exp(known)[counts].sum(axis=0)
    weighted = (known * np.exp(known))[counts].sum(axis=0)
    return np.where(counts.any(axis=0), np.log(total) - weighted / total, 0.0)


def syncopation(ticks: Ticks, metre: Metre = COMMON_TIME) -> Values:
    """Mean syncopation strength per note, 0 to 3; 0 without notes.

    A note that sounds across a tick of a stronger metrical level than its own is syncopated by the difference of
    levels (measure, half measure, beat, eighth, rest of the grid). After Longuet-Higgins and Lee 1984.
    """
    rows, levels = _by_tick(ticks), metrical_levels(metre).astype(np.int8)
    measures = rows.shape[1]
    own = np.zeros(measures, np.int8)  # level at which the sounding note begins; 0, which nothing exceeds, in silence
    strongest, total = np.zeros(measures, np.int8), np.zeros(measures, np.int8)
    for pitches, level in zip(rows, levels, strict=True):
        begins = pitches != HOLD
        total += np.where(begins, strongest, 0)
        own = np.where(begins, np.where(pitches >= 0, level, np.int8(0)), own)
        strongest = np.where(begins, np.int8(0), np.maximum(strongest, own - level))
    return np.asarray((total + strongest) / np.maximum(_count(ticks), 1))


def beat_strength(ticks: Ticks, metre: Metre = COMMON_TIME) -> Values:
    """Beats where a note or a rest begins, and a little for whatever begins elsewhere.

    A beat counts 1, its half 0.15 (in compound metres its thirds), any other tick 0.008, as published.
    """
    in_beat = [1000, 8, 150, 8, 150, 8] if metre.is_compound else [1000, 8, 8, 150, 8, 8]
    begins = (_by_tick(ticks) != HOLD).astype(np.float32)
    thousandths = np.tile(in_beat, metre.beats).astype(np.float32) @ begins  # whole numbers: exact in any order
    return np.asarray(thousandths.astype(np.float64) / 1000)


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
                "beat_strength",
                "beats",
                0.0,
                1.5 * metre.beats,
                "How much begins on the beats, notes and rests alike.",
                measure=partial(beat_strength, metre=metre),
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
