"""A whole song as consecutive phrases, for models to read: nothing is left out but what no track can hold."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.music.songs.lines import Line, single_line, track_of
from latune.music.songs.song import Part, Song
from latune.music.songs.tokens import BARS, SILENT, STEPS, STEPS_PER_BAR, TRACKS, tokens_of
from latune.music.songs.writing import PROGRAMS

__all__ = ["CutSong", "cut_song"]


@dataclass(frozen=True)
class CutSong:
    """A song as phrases that follow each other.

    Args:
        tokens: What is played, (P, 256, 4); the last phrase may end in silence.
        programs: General MIDI program of each track.
        tempo: Quarters per minute at its beginning.
        remarks: Sentences about what was left out or is missing.
    """

    tokens: NDArray[np.uint8]
    programs: tuple[int, ...]
    tempo: float
    remarks: tuple[str, ...]


def cut_song(song: Song) -> CutSong:
    """Cut a song into phrases of 16 bars from its beginning.

    Of several parts of drums, bass or guitar the one with most notes is taken, parts of strings are merged; of notes
    that sound together the lowest one is kept, as where data sets are prepared.

    Raises:
        InputError: No track has a note.
    """
    parts: dict[str, list[Part]] = {track: [] for track in TRACKS}
    for part in song.parts:
        if len(part.start):
            parts[track_of(part)].append(part)
    if not any(parts.values()):
        raise InputError("The song has no notes.")
    phrases = max(1, math.ceil(song.steps / STEPS))
    lines, remarks = [], []
    for place, track in enumerate(TRACKS):
        chosen = parts[track]
        if not chosen:
            remarks.append(f"The song has no {track}: that track is silent.")
        elif track != "strings" and len(chosen) > 1:
            remarks.append(f"Of {len(chosen)} parts of {track} the one with most notes is taken.")
            chosen = [max(chosen, key=lambda part: len(part.start))]
        lines.append(_line(chosen, phrases * STEPS, place))
    pitches, struck = (np.stack([getattr(line, name) for line in lines], axis=1) for name in ("pitches", "struck"))
    shape = (phrases, STEPS, len(TRACKS))
    tokens = [tokens_of(*pair) for pair in zip(pitches.reshape(shape), struck.reshape(shape), strict=True)]
    rest = phrases * BARS - song.steps // STEPS_PER_BAR
    if rest:
        remarks.append(f"The last phrase ends in {rest} silent bar{'' if rest == 1 else 's'}.")
    return CutSong(np.stack(tokens), tuple(line.program for line in lines), song.tempo, tuple(remarks))


def _line(parts: list[Part], steps: int, place: int) -> Line:
    if not parts:
        return Line(np.full(steps, SILENT, np.int16), np.zeros(steps, bool), PROGRAMS[place])
    return single_line(parts, steps, hits=TRACKS[place] == "drums")
