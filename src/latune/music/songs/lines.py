"""Parts of songs as lines: which track a part belongs to, and one note at a time of several.

Source: Valenti, Carta and Bacciu 2020 (arXiv 2001.05494).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latune.music.songs.song import Part
from latune.music.songs.tokens import SILENT

__all__ = ["FIRST_BASS", "FIRST_STRINGS", "Line", "single_line", "track_of"]

FIRST_BASS, FIRST_STRINGS = 32, 40
"""General MIDI programs where basses and strings begin; what lies below is guitar."""


@dataclass(frozen=True)
class Line:
    """One note at a time.

    Args:
        pitches: What sounds at every step of a song, SILENT where nothing does, (T,).
        struck: Where a note of that pitch begins, (T,).
        program: General MIDI program.
    """

    pitches: NDArray[np.int16]
    struck: NDArray[np.bool_]
    program: int


def track_of(part: Part) -> str:
    """The track that a part belongs to: drums by its flag, the others by their program."""
    if part.is_drum:
        return "drums"
    if part.program < FIRST_BASS:
        return "guitar"
    return "bass" if part.program < FIRST_STRINGS else "strings"


def single_line(parts: Sequence[Part], steps: int, highest: bool = False, hits: bool = False) -> Line:
    """Parts together as one line: at every step the lowest (or highest) of the notes that sound.

    Args:
        parts: At least one, within `steps`.
        steps: Length of the line.
        highest: Whether the highest note is kept instead.
        hits: Whether every note sounds for one step only, as drums do.
    """
    start, end, pitch = (np.concatenate([getattr(p, name) for p in parts]) for name in ("start", "end", "pitch"))
    if hits:
        end = start + 1
    lowest = int(pitch.min())
    sounding = np.zeros((steps + 1, int(pitch.max()) - lowest + 1), np.int32)
    np.add.at(sounding, (start, pitch - lowest), 1)
    np.add.at(sounding, (end, pitch - lowest), -1)
    roll = np.cumsum(sounding[:-1], axis=0, dtype=np.int32) > 0
    kept = roll.shape[1] - 1 - np.argmax(roll[:, ::-1], axis=1) if highest else np.argmax(roll, axis=1)
    pitches = np.where(roll.any(axis=1), kept + lowest, SILENT).astype(np.int16)
    struck = np.zeros(steps, bool)
    struck[start[pitches[start] == pitch]] = True
    return Line(pitches, struck, parts[0].program)
