"""Pitches as the rows of a piano roll."""

from __future__ import annotations

__all__ = ["BLACK_KEYS", "key_name"]

BLACK_KEYS = (1, 3, 6, 8, 10)
"""Pitch classes of the black keys."""

_NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")


def key_name(pitch: int) -> str:
    """Name and octave of a MIDI pitch: 60 is C4."""
    return f"{_NAMES[pitch % 12]}{pitch // 12 - 1}"
