"""Songs as files: from tokens to parts, and to MIDI or sound."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.music.songs.midi import song_bytes
from latune.music.songs.song import Part, Song
from latune.music.songs.sound import song_wav
from latune.music.songs.tokens import DRUMS, HOLD, SILENCE, SYMBOLS, TRACKS, plain
from latune.music.tune_writing import write_whole
from latune.music.wording import printable

__all__ = ["PROGRAMS", "WRITABLE", "check_writable", "song_bytes", "song_of", "write_song"]

PROGRAMS = (0, 33, 29, 48)
"""General MIDI programs of drums, bass (fingered electric bass), guitar (overdriven) and strings (ensemble)."""

WRITABLE = (".mid", ".midi", ".wav")


def song_of(tokens: NDArray[np.integer[Any]], tempo: float = 120.0, programs: Sequence[int] = PROGRAMS) -> Song:
    """What tokens say, as a song of four parts.

    Args:
        tokens: A phrase (T, 4), or several that follow each other, (P, T, 4); nothing is held from one into the next.
        tempo: Quarters per minute.
        programs: General MIDI program of each track; that of the drums is the drum kit.

    Returns:
        Four parts, of which some may be without notes.

    Raises:
        InputError: They are no such tokens, the tempo is not positive, or a program is out of range.
    """
    tokens = np.asarray(tokens)
    if tokens.ndim not in (2, 3) or tokens.shape[-1] != len(TRACKS) or not tokens.size or tokens.max() >= SYMBOLS:
        raise InputError(
            f"Expected tokens 0 to {SYMBOLS - 1} of phrases, (phrases, steps, {len(TRACKS)}); got shape {tokens.shape}."
        )
    if not (math.isfinite(tempo) and tempo > 0):
        raise InputError(f"The tempo is {tempo}: expected a positive number of quarters per minute.")
    if len(programs) != len(TRACKS) or not all(0 <= program <= 127 for program in programs):
        raise InputError(f"The programs are {tuple(programs)}: expected {len(TRACKS)} of 0 to 127.")
    steps = plain(tokens).reshape(-1, len(TRACKS))
    tracks = zip(TRACKS, programs, steps.T, strict=True)
    return Song(tuple(_part(*track) for track in tracks), len(steps), float(tempo))


def _part(name: str, program: int, tokens: NDArray[np.uint8]) -> Part:
    """The notes of one track, tokens (T,) of which the first is no hold."""
    begins = np.flatnonzero(tokens != HOLD).astype(np.int32)
    ends = np.append(begins[1:], len(tokens)).astype(np.int32)
    notes = tokens[begins] < SILENCE
    pitches = tokens[begins][notes].astype(np.int16)
    return Part(int(program), name == TRACKS[DRUMS], name, begins[notes], ends[notes], pitches)


def check_writable(path: Path) -> None:
    """Check, before any work, that songs can be written to a file of this name.

    Raises:
        InputError: Its suffix is not one of `WRITABLE`.
    """
    if path.suffix.lower() not in WRITABLE:
        known = f"{', '.join(WRITABLE[:-1])} or {WRITABLE[-1]}"
        raise InputError(f"The file '{printable(str(path))}': expected a name that ends in {known}.")


def write_song(song: Song, path: str | Path) -> tuple[str, ...]:
    """Write a song as MIDI or as sound (WAV), by the path's suffix; the file appears complete or not at all.

    Returns:
        Sentences about how it was made, such as what played it.

    Raises:
        InputError: The suffix is not supported, the file cannot be written, or the sound would last over an hour.
        MissingExtraError: A package that the format needs is not installed.
    """
    path = Path(path)
    check_writable(path)
    if path.suffix.lower() != ".wav":
        write_whole(song_bytes(song), path)
        return ()
    content, remark = song_wav(song)
    write_whole(content, path)
    return (remark,)
