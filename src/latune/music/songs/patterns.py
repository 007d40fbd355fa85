"""What the bars of a phrase are like on average: numbers by which genres can be told."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.music.songs.tokens import DRUMS, SILENT, STEPS_PER_BAR, onsets, sounding

__all__ = ["bar_patterns"]

_LOW_DRUMS, _SNARES = (35, 36), (37, 38, 39, 40)


def bar_patterns(tokens: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
    """Average patterns of a bar.

    Args:
        tokens: Phrases (N, T, 4) of whole bars.

    Returns:
        (N, 128): for each step of a bar and track the share of bars in which a note begins there (64); for each step
        the shares in which a bass drum, a snare or another drum is hit (48); for each track the share of steps that
        sound and, in octaves, the mean pitch, its deviation and the mean leap from note to note (16).
    """
    begins, pitches = onsets(tokens), sounding(tokens)
    count, bars = len(begins), begins.shape[1] // STEPS_PER_BAR
    rhythm = begins.reshape(count, bars, -1).mean(axis=1)
    drums = np.where(begins[..., DRUMS], pitches[..., DRUMS], SILENT).reshape(count, bars, STEPS_PER_BAR)
    low, snare = np.isin(drums, _LOW_DRUMS), np.isin(drums, _SNARES)
    kit = np.concatenate([hits.mean(axis=1) for hits in (low, snare, (drums != SILENT) & ~low & ~snare)], axis=1)
    sounds = pitches != SILENT
    steps = np.maximum(sounds.sum(axis=1), 1)
    octaves = np.where(sounds, pitches / 12, 0)
    mean = octaves.sum(axis=1) / steps
    deviation = np.sqrt(np.where(sounds, (octaves - mean[:, None]) ** 2, 0).sum(axis=1) / steps)
    return np.concatenate([rhythm, kit, sounds.mean(axis=1), mean, deviation, _leaps(begins, octaves)], axis=1)


def _leaps(begins: NDArray[np.bool_], octaves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean distance of each note from the one before it, (N, 4)."""
    steps = np.arange(begins.shape[1])[None, :, None]
    last = np.maximum.accumulate(np.where(begins, steps, -1), axis=1)
    before = np.concatenate([np.full_like(last[:, :1], -1), last[:, :-1]], axis=1)
    counted = begins & (before >= 0)
    distance = np.abs(octaves - np.take_along_axis(octaves, np.maximum(before, 0), axis=1))
    return np.asarray(np.where(counted, distance, 0).sum(axis=1) / np.maximum(counted.sum(axis=1), 1))
