"""Sampled instruments: a soundfont on this machine, and playing a voice with it through midirenderer."""

from __future__ import annotations

import importlib.util
import io
import math
import os
import wave
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError, MissingExtraError
from latune.music.measure import Events
from latune.music.synth import PEAK, seconds_of

__all__ = ["TAIL", "VARIABLE", "can_render", "find_soundfont", "play_midi", "render"]

VARIABLE = "LATUNE_SOUNDFONT"
"""Environment variable with the path of a soundfont (.sf2)."""

_FOLDERS = (  # of Debian, Fedora and Arch
    Path("/usr/share/sounds/sf2"),
    Path("/usr/share/soundfonts"),
    Path("/usr/local/share/soundfonts"),
)
_TICKS_PER_QUARTER = 480
_VELOCITY = 80

TAIL = 1.5
"""Seconds in which the last note dies away."""


def can_render() -> bool:
    """Whether the packages that play soundfonts are installed."""
    return all(importlib.util.find_spec(name) is not None for name in ("midirenderer", "symusic"))


def find_soundfont() -> Path | None:
    """A soundfont of this machine.

    The one that `LATUNE_SOUNDFONT` names; else the one that the package pretty_midi brings (TimGM6mb, GPL-2, 6 MB);
    else the smallest in the folders where Linux distributions install them; else None.

    Raises:
        InputError: `LATUNE_SOUNDFONT` names no file.
    """
    named = os.environ.get(VARIABLE)
    if named:
        if not Path(named).is_file():
            raise InputError(f"{VARIABLE} is '{named}': expected the path of a soundfont (.sf2), got no file.")
        return Path(named)
    return next((path for path in (*_of_packages(), *_of_system()) if path.is_file()), None)


def _of_packages() -> list[Path]:
    package = importlib.util.find_spec("pretty_midi")  # which is not imported
    folders = package.submodule_search_locations if package is not None else None
    return [path for folder in folders or () for path in sorted(Path(folder).glob("*.sf2"))]


def _of_system() -> list[Path]:
    """Smallest first: they load fastest, and one voice needs no more."""
    found = {path.resolve() for folder in _FOLDERS for path in folder.glob("*.sf2") if path.is_file()}
    return sorted(found, key=lambda path: (path.stat().st_size, path.name))


def render(events: Events, tempo: float, soundfont: Path, program: int = 0) -> tuple[NDArray[np.float32], int]:
    """Play one voice.

    Args:
        events: Notes and rests.
        tempo: Quarters per minute.
        soundfont: An .sf2 file.
        program: General MIDI program, 0 (piano) to 127.

    Returns:
        Stereo samples from -1 to 1, shape (T, 2), and samples per second. The last note dies away after its end.

    Raises:
        InputError: The soundfont cannot be read, the program or the tempo is out of range, or the sound would last
            over an hour.
        MissingExtraError: midirenderer or symusic is not installed.
    """
    seconds = seconds_of(events, tempo)
    if not 0 <= program <= 127:
        raise InputError(f"The program is {program}: expected a General MIDI program from 0 to 127.")
    return play_midi(_midi(events, tempo, program), seconds, soundfont)


def play_midi(midi: bytes, seconds: float, soundfont: Path) -> tuple[NDArray[np.float32], int]:
    """Play a MIDI file.

    Args:
        midi: Its content, with a marker `TAIL` seconds behind its end, up to which the renderer plays.
        seconds: How long it lasts, without the tail.
        soundfont: An .sf2 file.

    Returns:
        As `render`.

    Raises:
        InputError: The soundfont cannot be read.
        MissingExtraError: midirenderer is not installed.
    """
    try:
        import midirenderer
    except ImportError as error:
        raise MissingExtraError("midirenderer", "sound") from error
    try:
        content = soundfont.read_bytes()
        sound = midirenderer.render_wave_from(content, midi)
    except (OSError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f'{soundfont} cannot be played: expected a soundfont (.sf2), got "{reason}".') from error
    with wave.open(io.BytesIO(sound)) as file:
        rate = file.getframerate()
        whole = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
    samples = np.zeros((math.ceil((seconds + TAIL) * rate), 2), np.float32)
    count = min(len(samples), len(whole))
    samples[:count] = whole[:count]
    loudest = float(np.abs(samples).max(initial=0.0))
    return samples * np.float32(PEAK / loudest) if loudest > 0 else samples, rate


def _midi(events: Events, tempo: float, program: int) -> bytes:
    """One track, and a marker behind its end, up to which the renderer plays."""
    symusic = _symusic()
    score = symusic.Score(_TICKS_PER_QUARTER)
    score.tempos.append(symusic.Tempo(0, float(tempo)))
    track = symusic.Track(program=program, is_drum=False)
    onsets = np.round(events.onsets * _TICKS_PER_QUARTER).astype(int)
    durations = np.round(events.durations * _TICKS_PER_QUARTER).astype(int)
    for onset, duration, pitch in zip(onsets.tolist(), durations.tolist(), events.pitches.tolist(), strict=True):
        if pitch >= 0:
            track.notes.append(symusic.Note(onset, duration, pitch, _VELOCITY))
    score.tracks.append(track)
    end = events.length + TAIL * tempo / 60
    score.markers.append(symusic.TextMeta(math.ceil(end * _TICKS_PER_QUARTER), "end"))
    return bytes(score.dumps_midi())


def _symusic() -> Any:
    try:
        import symusic
    except ImportError as error:
        raise MissingExtraError("symusic", "music") from error
    return symusic
