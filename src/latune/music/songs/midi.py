"""Songs as MIDI."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from latune.music.midi_parsing import symusic_package
from latune.music.songs.drums import CYMBALS
from latune.music.songs.lines import track_of
from latune.music.songs.song import Part, Song

__all__ = ["song_bytes"]

_TICKS_PER_STEP = 120  # 480 to the quarter
_VELOCITIES = {"drums": 98, "bass": 82, "guitar": 74, "strings": 80}
_CYMBAL_VELOCITY = 70  # many strokes, which stay behind
_ACCENTS = (10, 0, 3, 0, 6, 0, 3, 0, 8, 0, 3, 0, 6, 0, 3, 0)  # above the part's own velocity, by step of the bar


def song_bytes(song: Song, tail: float | None = None) -> bytes:
    """Write a song as MIDI: 4/4, its tempo, one track per part with its name and program, drums on channel 10.

    Velocities depend on the kind of part, and are a little higher on beats.

    Args:
        song: The song.
        tail: Puts a marker "end" so many seconds behind its end.

    Raises:
        MissingExtraError: symusic is not installed.
    """
    symusic = symusic_package()
    score = symusic.Score(4 * _TICKS_PER_STEP)
    score.time_signatures.append(symusic.TimeSignature(0, 4, 4))
    score.tempos.append(symusic.Tempo(0, float(song.tempo)))
    for part in song.parts:
        track = symusic.Track(name=part.name, program=0 if part.is_drum else part.program, is_drum=part.is_drum)
        times = part.start * _TICKS_PER_STEP, (part.end - part.start) * _TICKS_PER_STEP
        columns = (*times, part.pitch, _velocities(part))
        for note in zip(*(column.tolist() for column in columns), strict=True):
            track.notes.append(symusic.Note(*note))
        score.tracks.append(track)
    if tail is not None:
        quarters = song.steps / 4 + tail * song.tempo / 60
        score.markers.append(symusic.TextMeta(math.ceil(4 * _TICKS_PER_STEP * quarters), "end"))
    return bytes(score.dumps_midi())


def _velocities(part: Part) -> NDArray[np.int32]:
    """Velocity of each note, (N,)."""
    own = np.full(len(part.pitch), _VELOCITIES[track_of(part)])
    if part.is_drum:
        own[np.isin(part.pitch, CYMBALS)] = _CYMBAL_VELOCITY
    return np.asarray(own + np.array(_ACCENTS)[part.start % len(_ACCENTS)], np.int32)
