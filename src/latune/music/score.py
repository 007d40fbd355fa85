"""Tunes: read from MIDI, ABC and MusicXML files, and written to MIDI and MusicXML.

A tune is one voice in 4/4 on the 24-tick grid. What a file holds beyond that is left out, and the tune's
remarks say what. Whatever is wrong with a file ends in an `InputError` of one sentence.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.music.abc_notation import parse_abc
from latune.music.measure import Events, events_from_ticks, ticks_from_events
from latune.music.melody import MOST_MEASURES, Reading, single_voice
from latune.music.midi import midi_bytes, parse_midi
from latune.music.musicxml import compressed_musicxml, musicxml_document
from latune.music.musicxml_reading import parse_musicxml

__all__ = ["READABLE", "WRITABLE", "Tune", "read_measures", "read_tune", "tune_from_ticks", "write_tune"]

_DEFAULT_TEMPO = 100.0  # quarters per minute
_LARGEST = 32 * 2**20  # bytes

_PARSERS: dict[str, Callable[[bytes, str], Reading]] = {
    ".mid": parse_midi,
    ".midi": parse_midi,
    ".abc": parse_abc,
    ".xml": parse_musicxml,
    ".musicxml": parse_musicxml,
    ".mxl": parse_musicxml,
}
READABLE = tuple(_PARSERS)
"""Suffixes of the files that `read_tune` reads."""
WRITABLE = (".mid", ".midi", ".musicxml", ".xml", ".mxl")
"""Suffixes of the files that `write_tune` writes."""


@dataclass(frozen=True)
class Tune:
    """One melody in 4/4.

    Args:
        events: Notes and rests on the grid, without gaps, in full measures; a pick-up begins with a rest.
        title: The title in the file, or else the file's name without suffix.
        tempo: Quarters per minute; 100 where the file has none.
        fifths: Key signature in sharps, or negative flats; None if unknown.
        remarks: Sentences about anything that was dropped or changed on reading.
    """

    events: Events
    title: str = ""
    tempo: float = _DEFAULT_TEMPO
    fifths: int | None = None
    remarks: tuple[str, ...] = ()


def tune_from_ticks(
    ticks: NDArray[np.int16], title: str = "", tempo: float = _DEFAULT_TEMPO, fifths: int | None = None
) -> Tune:
    """A tune out of ticks of shape (M, 24); a `HOLD` at the start, `START` and `END` become rests."""
    return Tune(events_from_ticks(ticks), title, tempo, fifths)


def read_tune(path: str | Path) -> Tune:
    """Read the melody of a MIDI, ABC or MusicXML file.

    MIDI: the first track with notes that is not drums; a silence is one rest, however many were written.
    ABC: the first tune. MusicXML: the first part with notes; every written rest stays a rest of its own.
    In all of them the highest voice counts, repeats are written out, ties are merged, grace notes dropped,
    and onsets moved to the grid.

    Args:
        path: A file with one of the suffixes in `READABLE`.

    Raises:
        InputError: The file is missing, damaged, not of the kind that its name says, without notes, too long,
            or in another metre than 4/4.
        MissingExtraError: symusic or music21 is not installed.
    """
    path = Path(path)
    parse = _PARSERS.get(path.suffix.lower())
    if parse is None:
        ending = f"ends in '{path.suffix}'" if path.suffix else "has no suffix"
        raise InputError(f"The file '{path}' {ending}: expected {_listed(READABLE)}.")
    reading = parse(_content(path), str(path))
    _check(reading, path)
    events, remarks = single_voice(reading)
    return Tune(
        events,
        reading.title or path.stem,
        reading.tempo if reading.tempo is not None else _DEFAULT_TEMPO,
        reading.fifths,
        reading.remarks + remarks,
    )


def read_measures(path: str | Path) -> tuple[NDArray[np.int16], Tune]:
    """Read a file as ticks of shape (M, 24), together with the tune; see `read_tune`."""
    tune = read_tune(path)
    try:
        return ticks_from_events(tune.events), tune
    except InputError as error:
        raise InputError(f"The file '{path}' does not fit the grid: {error}") from error


def write_tune(tune: Tune, path: str | Path) -> None:
    """Write a tune as MIDI or MusicXML, by the path's suffix.

    The file appears complete or not at all. MusicXML keeps every rest, MIDI merges consecutive ones.

    Args:
        tune: Events on the grid.
        path: A file with one of the suffixes in `WRITABLE`; an existing one is replaced.

    Raises:
        InputError: The suffix is not supported, the file cannot be written, or the format cannot hold it.
        MissingExtraError: symusic is not installed (MIDI only).
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in WRITABLE:
        ending = f"ends in '{path.suffix}'" if path.suffix else "has no suffix"
        raise InputError(f"The file '{path}' {ending}: expected {_listed(WRITABLE)} for writing.")
    if not (math.isfinite(tune.tempo) and 4 <= tune.tempo <= 10_000):
        raise InputError(f"The tempo is {tune.tempo}: expected 4 to 10,000 quarters per minute.")
    if suffix in (".mid", ".midi"):
        data = midi_bytes(tune.events, tune.title, tune.tempo, tune.fifths)
    else:
        ticks = ticks_from_events(tune.events)
        document = musicxml_document(ticks, title=tune.title, tempo=tune.tempo, fifths=tune.fifths)
        data = compressed_musicxml(document) if suffix == ".mxl" else document.encode()
    _write_whole(data, path)


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words[:-1]) + " or " + words[-1]


def _content(path: Path) -> bytes:
    """The file's bytes."""
    expected = "expected a MIDI, ABC or MusicXML file"
    try:
        if path.is_dir():
            raise InputError(f"'{path}' is a folder: {expected}.")
        if not path.exists():
            raise InputError(f"The file '{path}' does not exist: {expected}.")
        if not path.is_file():
            raise InputError(f"'{path}' is not a regular file: {expected}.")
        size = path.stat().st_size
        if size > _LARGEST:
            raise InputError(
                f"The file '{path}' is too large: expected at most {_LARGEST // 2**20} MiB, found {size // 2**20} MiB."
            )
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"The file '{path}' cannot be read: {expected}, the system reports \"{reason}\".") from error
    if not data:
        raise InputError(f"The file '{path}' is empty: {expected}.")
    return data


def _check(reading: Reading, path: Path) -> None:
    """Refuse what the grid cannot hold, before any array of its length is made."""
    other = next((metre for metre in reading.metres if not _has_four_quarters(metre)), None)
    if other is not None:
        raise InputError(f"The file '{path}' has the metre {other}: expected 4/4 throughout.")
    if not len(reading.onsets):
        raise InputError(f"The file '{path}' has no notes: expected a melody.")
    times = np.concatenate([reading.onsets, reading.ends])
    if not (np.isfinite(times).all() and times.min() >= 0):
        raise InputError(f"The file '{path}' is damaged: expected note times from 0 on.")
    if reading.pitches.min() < 0 or reading.pitches.max() > 127:
        outside = next(pitch for pitch in reading.pitches.tolist() if not 0 <= pitch <= 127)
        raise InputError(f"The file '{path}' is damaged: expected MIDI pitches from 0 to 127, found {outside}.")
    if reading.measures > MOST_MEASURES:
        raise InputError(
            f"The file '{path}' is too long: expected at most {MOST_MEASURES:,} measures, found {reading.measures:,}."
        )


def _has_four_quarters(metre: str) -> bool:
    """Whether a time signature such as "4/4" or "2/2" fills a measure with four quarters."""
    beats, _, unit = metre.partition("/")
    return beats.isdecimal() and beats == unit and int(beats) > 0


def _write_whole(data: bytes, path: Path) -> None:
    """Write to a temporary file beside the target, then rename it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            temporary.write_bytes(data)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"The file '{path}' cannot be written: expected a folder that can be written to,"
            f' the system reports "{reason}".'
        ) from error
