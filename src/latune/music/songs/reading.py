"""MIDI to songs of several parts on a grid of sixteenths.

The rules are those of the published preparation: every time signature is 4/4, or there is none; the grid follows the
ticks and begins at the first time signature, or at tick 0; note starts are rounded to it. Ends are rounded too, but
every note keeps one step (the published preparation cut them off, so that short notes were lost).

Source: Valenti, Carta and Bacciu 2020 (arXiv 2001.05494).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.music.midi_parsing import parsed_midi
from latune.music.songs.song import Part, Song
from latune.music.songs.tokens import STEPS_PER_BAR
from latune.music.wording import plain_title

__all__ = ["DEFAULT_TEMPO", "LARGEST", "MOST_STEPS", "read_song"]

LARGEST = 8 * 2**20
"""Bytes of the largest file that is read."""

MOST_STEPS = 20_000
"""Sixteenths of the longest song that is read: 1,250 bars."""

DEFAULT_TEMPO = 120.0
"""Quarters per minute where a file says nothing, as MIDI has it."""

_STEPS_PER_QUARTER = 4


def read_song(data: bytes, name: str) -> Song:
    """Read all parts of a MIDI file.

    Args:
        data: A standard MIDI file, or one inside a RIFF wrapper.
        name: The file's name, for messages.

    Returns:
        A song of at least one part with notes, in whole bars.

    Raises:
        InputError: The data is too large, not MIDI or damaged; not in 4/4; without notes, or absurdly long.
        MissingExtraError: symusic is not installed.
    """
    if len(data) > LARGEST:
        raise InputError(f"The file '{name}' is too large: expected at most {LARGEST // 2**20} MiB.")
    score, _ = parsed_midi(data, name)
    _check_metre(score, name)
    first = min((signature.time for signature in score.time_signatures), default=0)
    parts = tuple(part for track in score.tracks if (part := _part(track, first, score.ticks_per_quarter)) is not None)
    if not parts:
        raise InputError(f"The file '{name}' has no notes: expected some behind its first bar line.")
    steps = max(int(part.end.max()) for part in parts)
    if steps > MOST_STEPS:
        raise InputError(f"The file '{name}' has {steps:,} sixteenths: expected at most {MOST_STEPS:,}.")
    parts = tuple(_narrow(part) for part in parts)
    return Song(parts, math.ceil(steps / STEPS_PER_BAR) * STEPS_PER_BAR, _tempo(score, first))


def _check_metre(score: Any, name: str) -> None:
    others = {(s.numerator, s.denominator) for s in score.time_signatures} - {(4, 4)}
    if others:
        shown = ", ".join(f"{beats}/{unit}" for beats, unit in sorted(others)[:5])
        raise InputError(f"The file '{name}' has bars in {shown}: expected 4/4 throughout.")


def _part(track: Any, first: int, quarter: int) -> Part | None:
    """The notes of a track behind the tick `first`, with times that may be too large; None where there are none."""
    notes = track.notes.numpy()
    begin = notes["time"].astype(np.int64) - first
    kept = (begin >= 0) & (notes["pitch"] >= 0) & (notes["pitch"] < 128)
    if not kept.any():
        return None
    start = _on_grid(begin[kept], quarter)
    end = np.maximum(_on_grid((begin + notes["duration"])[kept], quarter), start + 1)
    order = np.argsort(start, kind="stable")
    pitch = notes["pitch"][kept].astype(np.int16)
    program = min(max(int(track.program), 0), 127)
    return Part(program, bool(track.is_drum), plain_title(track.name), start[order], end[order], pitch[order])


def _on_grid(ticks: NDArray[np.int64], quarter: int) -> NDArray[Any]:
    """The nearest sixteenth, of two the later one."""
    return (2 * _STEPS_PER_QUARTER * ticks + quarter) // (2 * quarter)


def _narrow(part: Part) -> Part:
    start, end = part.start.astype(np.int32), part.end.astype(np.int32)
    return Part(part.program, part.is_drum, part.name, start, end, part.pitch)


def _tempo(score: Any, first: int) -> float:
    """What is in force at the tick `first`."""
    tempos = sorted(((tempo.time, float(tempo.qpm)) for tempo in score.tempos), key=lambda tempo: tempo[0])
    in_force = [qpm for time, qpm in tempos if time <= first] or [DEFAULT_TEMPO]
    tempo = round(in_force[-1], 3)  # MIDI stores microseconds
    return tempo if math.isfinite(tempo) and tempo > 0 else DEFAULT_TEMPO
