"""A song on the grid: its parts and their notes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Part", "Song"]


@dataclass(frozen=True)
class Part:
    """The notes of one instrument; several may sound at once.

    Args:
        program: General MIDI program, 0 to 127.
        is_drum: Whether pitches are drums.
        name: As the file says.
        start: First step of each note, in sixteenths from the first bar line, ascending, (N,).
        end: The step behind its last one, above `start`, (N,).
        pitch: MIDI pitch of each note, (N,).
    """

    program: int
    is_drum: bool
    name: str
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    pitch: NDArray[np.int16]


@dataclass(frozen=True)
class Song:
    """A song in 4/4.

    Args:
        parts: Its instruments.
        steps: Its length in sixteenths.
        tempo: Quarters per minute at its beginning.
    """

    parts: tuple[Part, ...]
    steps: int
    tempo: float
