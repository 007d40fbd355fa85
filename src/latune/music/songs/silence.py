"""Silent bars of phrases, counted for all phrases of a song at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.music.songs.tokens import BARS, STEPS, STEPS_PER_BAR

__all__ = ["silent_bars"]


def silent_bars(
    sounding: NDArray[np.bool_], starts: NDArray[np.integer[Any]], aligned: bool = False
) -> NDArray[np.int64]:
    """How many bars of each phrase are silent, track by track.

    Prefix sums make the cost that of one pass over the song, however many phrases there are.

    Args:
        sounding: Where something sounds in a song, (T, tracks).
        starts: First step of each phrase, (W,), at most T - 256.
        aligned: Whether only bars that begin at a phrase's bar lines count; otherwise the most spans of 16 silent
            steps that fit into the phrase beside each other.

    Returns:
        Counts (W, tracks), 0 to 16.
    """
    if aligned:
        notes = _prefix_sums(sounding)
        lines = np.asarray(starts)[:, None] + STEPS_PER_BAR * np.arange(BARS + 1)
        return np.asarray(np.sum(np.diff(notes[lines], axis=1) == 0, axis=1))
    steps = np.arange(len(sounding))[:, None]
    last = np.maximum.accumulate(np.where(sounding, steps, -1), axis=0)
    since = steps - last  # length of the silence so far
    full = _prefix_sums((since > 0) & (since % STEPS_PER_BAR == 0))
    following = np.where(sounding, steps, len(sounding))
    following = np.minimum.accumulate(following[::-1], axis=0)[::-1]
    starts = np.asarray(starts)
    ends = starts[:, None] + STEPS
    begins = np.minimum(following[starts], ends)  # a silence that began before the phrase counts from its start
    tracks = np.arange(sounding.shape[1])
    counts = (begins - starts[:, None]) // STEPS_PER_BAR + full[ends, tracks] - full[begins, tracks]
    return np.asarray(counts)


def _prefix_sums(marks: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many marks lie before each step, (T + 1, tracks)."""
    sums = np.zeros((len(marks) + 1, marks.shape[1]), np.int64)
    np.cumsum(marks, axis=0, out=sums[1:])
    return sums
