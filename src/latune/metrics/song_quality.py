"""Does music sound like music? Scores of phrases of several tracks, to compare real, decoded and sampled ones.

None of them says on its own that music is good: what counts is how near they are to those of real music. Arrays are
`pitches` (N, T, K), the MIDI pitch that sounds at every step of K tracks and a negative number in silence, and `onsets`
(N, T, K), booleans, where a note begins. T is a whole number of bars of `steps_per_bar` steps, by default 16.

Scores are not a number where a phrase has nothing to measure.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latune.errors import InputError
from latune.metrics.arrays import BoolArray, FloatArray
from latune.metrics.correlation import average_ranks

__all__ = [
    "drum_regularity",
    "empty_bar_ratio",
    "groove_similarity",
    "interpolation_monotonicity",
    "key_consistency",
    "note_length_histogram",
    "note_length_overlap",
    "pitch_class_entropy",
]

_IntegerArray = NDArray[np.integer[Any]]

_BAR = 16  # steps
_CLASSES = 12
_MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)  # those of minor keys are the same, from another tonic


def pitch_class_entropy(pitches: ArrayLike, onsets: ArrayLike, steps_per_bar: int = _BAR) -> FloatArray:
    """Return the entropy of the pitch classes of the notes of a bar, as the mean over the bars with notes.

    Args:
        pitches: (N, T, K) sounding pitches.
        onsets: (N, T, K) where notes begin.
        steps_per_bar: Steps of a bar.

    Returns:
        (N, K) bits, from 0 (one pitch class per bar) to log2(12) = 3.58; real melodies have about 2 to 3.

    Source: Wu and Yang, *The Jazz Transformer on the front line*, 2020 (H1).
    """
    pitch, begins = _check(pitches, onsets, steps_per_bar)
    shape = (len(pitch), -1, steps_per_bar, pitch.shape[2])
    classes, begins = (pitch % _CLASSES).reshape(shape), begins.reshape(shape)
    counts = np.stack([((classes == number) & begins).sum(axis=2) for number in range(_CLASSES)], axis=-1)
    notes = counts.sum(axis=-1)
    shares = counts / np.maximum(notes, 1)[..., None]
    entropy = -(shares * np.log2(np.where(shares > 0, shares, 1))).sum(axis=-1)
    return _mean(entropy, notes > 0, axis=1)


def groove_similarity(onsets: ArrayLike, steps_per_bar: int = _BAR) -> FloatArray:
    """Return how alike the rhythms of neighbouring bars are: the share of steps where both or none begin a note.

    Pitfall: bars without notes are alike; read it beside `empty_bar_ratio`.

    Args:
        onsets: (N, T, K) where notes begin; at least two bars.
        steps_per_bar: Steps of a bar.

    Returns:
        (N, K), from 0 to 1.

    Source: Wu and Yang 2020 (GS), there over all pairs of bars.
    """
    begins = _check_onsets(onsets, steps_per_bar)
    bars = begins.reshape(len(begins), -1, steps_per_bar, begins.shape[2])
    if bars.shape[1] < 2:
        raise InputError("onsets must have at least two bars for their rhythms to be compared, not one.")
    return np.asarray((bars[:, 1:] == bars[:, :-1]).mean(axis=(1, 2)))


def empty_bar_ratio(pitches: ArrayLike, steps_per_bar: int = _BAR) -> FloatArray:
    """Return the share of bars in which nothing sounds.

    Args:
        pitches: (N, T, K) sounding pitches.
        steps_per_bar: Steps of a bar.

    Returns:
        (N, K), from 0 to 1.

    Source: Dong et al., *MuseGAN*, 2018 (EB).
    """
    pitch = _check_pitches(pitches, steps_per_bar)
    bars = (pitch >= 0).reshape(len(pitch), -1, steps_per_bar, pitch.shape[2])
    return np.asarray(1 - bars.any(axis=2).mean(axis=1))


def note_length_histogram(pitches: ArrayLike, onsets: ArrayLike, longest: int = _BAR) -> FloatArray:
    """Return the shares of notes that last 1, 2, ... steps, until silence or the next note.

    Args:
        pitches: (N, T, K) sounding pitches.
        onsets: (N, T, K) where notes begin.
        longest: Longer notes count as this long.

    Returns:
        (N, K, longest) shares with sum 1, or all 0 for a track without notes.
    """
    pitch, begins = _check(pitches, onsets, 1)
    steps = pitch.shape[1]
    changes = begins.copy()
    changes[:, 1:] |= pitch[:, 1:] != pitch[:, :-1]
    later = np.where(changes, np.arange(steps)[:, None], steps)
    upcoming = np.minimum.accumulate(later[:, ::-1], axis=1)[:, ::-1]  # the first change from each step on
    ends = np.concatenate([upcoming[:, 1:], np.full_like(upcoming[:, :1], steps)], axis=1)
    lengths = np.minimum(ends - np.arange(steps)[:, None], longest)
    counts = np.stack([((lengths == length) & begins).sum(axis=1) for length in range(1, longest + 1)], axis=-1)
    return np.asarray(counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1))


def note_length_overlap(histograms: ArrayLike, others: ArrayLike) -> FloatArray:
    """Return how much of two histograms of note lengths is common: the sum over lengths of the smaller share.

    Args:
        histograms: (N, K, L) of `note_length_histogram`.
        others: The same shape, or (K, L): that of real music, for example the mean over its phrases.

    Returns:
        (N, K), from 0 (no length in common) to 1; not a number where either has no notes.

    Source: the overlapping area of Yang and Lerch, *On the evaluation of generative models in music*, 2020.
    """
    one, other = np.asarray(histograms, np.float64), np.asarray(others, np.float64)
    if one.ndim != 3 or other.shape not in (one.shape, one.shape[1:]):
        raise InputError(f"histograms must be of shapes (N, K, L) and (K, L), not {one.shape} and {other.shape}.")
    has_notes = (one.sum(axis=-1) > 0) & (other.sum(axis=-1) > 0)
    return np.where(has_notes, np.minimum(one, other).sum(axis=-1), np.nan)


def key_consistency(pitches: ArrayLike) -> FloatArray:
    """Return the share of what sounds that belongs to one key, the one that fits best.

    Args:
        pitches: (N, T, K) sounding pitches of all tracks with pitches, not of drums.

    Returns:
        (N,), from 7/12 (all pitch classes alike) to 1.

    Source: scale consistency of Mogren, *C-RNN-GAN*, 2016.
    """
    pitch = _check_pitches(pitches, 1)
    classes = np.where(pitch >= 0, pitch % _CLASSES, -1)
    counts = np.stack([(classes == number).sum(axis=(1, 2)) for number in range(_CLASSES)], axis=1)
    keys = np.zeros((_CLASSES, _CLASSES))  # pitch classes, tonics
    for tonic in range(_CLASSES):
        keys[np.add(_MAJOR_SCALE, tonic) % _CLASSES, tonic] = 1
    total = counts.sum(axis=1)
    return np.where(total > 0, (counts @ keys).max(axis=1) / np.maximum(total, 1), np.nan)


def drum_regularity(pitches: ArrayLike, onsets: ArrayLike, steps_per_bar: int = _BAR) -> FloatArray:
    """Return how much of the drums stays from bar to bar: hits of the same drum at the same step of neighbouring bars.

    The number of hits that two bars share over the number of hits in either (Jaccard), as the mean over neighbouring
    bars of which at least one has hits.

    Args:
        pitches: (N, T, K) drums that sound.
        onsets: (N, T, K) where they are hit.
        steps_per_bar: Steps of a bar.

    Returns:
        (N, K), from 0 (nothing recurs) to 1 (all bars are alike).
    """
    pitch, begins = _check(pitches, onsets, steps_per_bar)
    hits = np.where(begins, pitch, -1).reshape(len(pitch), -1, steps_per_bar, pitch.shape[2])
    one, other = hits[:, 1:], hits[:, :-1]
    shared = ((one == other) & (one >= 0)).sum(axis=2)
    either = (one >= 0).sum(axis=2) + (other >= 0).sum(axis=2) - shared
    return _mean(shared / np.maximum(either, 1), either > 0, axis=1)


def interpolation_monotonicity(paths: ArrayLike) -> FloatArray:
    """Return how steadily items on a path leave its beginning and come near its end.

    The rank correlation (Spearman) of the place on the path with the number of tokens that differ from the first item,
    and with the number of those that equal the last one; the mean of both.

    Pitfall: the ends are in their places on any path, so unordered items in between have about 0.4 (7 items).

    Args:
        paths: (N, P, ...) tokens of P items on each path, in order, ends included; at least 3.

    Returns:
        (N,), 1 where every step goes away from the beginning and towards the end; not a number where the ends are
        equal.
    """
    tokens = np.asarray(paths)
    if tokens.ndim < 3 or tokens.shape[1] < 3:
        raise InputError(f"paths must be of shape (N, P, ...) with at least 3 items each, not {tokens.shape}.")
    flat = tokens.reshape(*tokens.shape[:2], -1)
    from_first = (flat != flat[:, :1]).sum(axis=2, dtype=np.float64)
    from_last = (flat != flat[:, -1:]).sum(axis=2, dtype=np.float64)
    steady = (_rank_correlation(from_first) - _rank_correlation(from_last)) / 2
    return np.where(from_first[:, -1] > 0, steady, np.nan)


def _rank_correlation(rows: FloatArray) -> FloatArray:
    """Return the Spearman correlation of each row of (N, P) values with its columns' order; 0 for equal values."""
    ranks = average_ranks(rows.T).T
    ranks -= ranks.mean(axis=1, keepdims=True)
    order = np.arange(rows.shape[1]) - (rows.shape[1] - 1) / 2
    scale = np.sqrt((ranks**2).sum(axis=1) * (order**2).sum())
    return np.asarray(np.divide(ranks @ order, scale, out=np.zeros(len(rows)), where=scale > 0))


def _mean(values: FloatArray, counted: BoolArray, axis: int) -> FloatArray:
    """Return the mean of what counts along an axis, not a number where nothing does."""
    number = counted.sum(axis=axis)
    total = np.where(counted, values, 0).sum(axis=axis)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _check(pitches: ArrayLike, onsets: ArrayLike, steps_per_bar: int) -> tuple[_IntegerArray, BoolArray]:
    """Return pitches and onsets of one shape, or refuse them."""
    pitch, begins = _check_pitches(pitches, steps_per_bar), _check_onsets(onsets, steps_per_bar)
    if pitch.shape != begins.shape:
        raise InputError(f"onsets must have the pitches' shape {pitch.shape}, not {begins.shape}.")
    return pitch, begins & (pitch >= 0)


def _check_pitches(pitches: ArrayLike, steps_per_bar: int) -> _IntegerArray:
    array = np.asarray(pitches)
    if array.dtype.kind != "i":
        raise InputError(f"pitches must be signed integers, negative in silence, not values of type {array.dtype}.")
    _check_shape(array.shape, "pitches", steps_per_bar)
    return array


def _check_onsets(onsets: ArrayLike, steps_per_bar: int) -> BoolArray:
    array = np.asarray(onsets)
    if array.dtype != np.bool_:
        raise InputError(f"onsets must be booleans, not values of type {array.dtype}.")
    _check_shape(array.shape, "onsets", steps_per_bar)
    return array


def _check_shape(shape: tuple[int, ...], name: str, steps_per_bar: int) -> None:
    if len(shape) != 3 or 0 in shape or shape[1] % steps_per_bar:
        raise InputError(f"{name} must be of shape (items, steps in bars of {steps_per_bar}, tracks), not {shape}.")
