"""Tunes: read from MIDI, ABC and MusicXML files, and written to MIDI and MusicXML.

A tune is one voice in one metre on its grid. What a file holds beyond that is left out, and the tune's remarks say
what. Whatever is wrong with a file ends in an `InputError` of one sentence.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.music.abc_notation import parse_abc
from latune.music.bars import Bar
from latune.music.measure import HOLD, ticks_from_events
from latune.music.melody import MOST_MEASURES, Reading, Voice, single_voice
from latune.music.metre import COMMON_TIME, Metre, metre_from_name
from latune.music.midi import midi_bytes, parse_midi
from latune.music.musicxml import compressed_musicxml, musicxml_document
from latune.music.musicxml_reading import parse_musicxml
from latune.music.tune import DEFAULT_TEMPO, Tune, full_bars, tune_from_ticks

__all__ = [
    "READABLE",
    "WRITABLE",
    "Tune",
    "read_measures",
    "read_tune",
    "tune_from_reading",
    "tune_from_ticks",
    "write_tune",
]

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


def read_tune(path: str | Path) -> Tune:
    """Read the melody of a MIDI, ABC or MusicXML file.

    MIDI: the first track with notes that is not drums; a silence is one rest, however many were written.
    ABC: the first tune. MusicXML: the first part with notes; every written rest stays a rest of its own.
    In all of them the highest voice counts, ties are merged, grace notes dropped, and onsets moved to the grid.

    Args:
        path: A file with one of the suffixes in `READABLE`.

    Raises:
        InputError: The file is missing, damaged, not of the kind that its name says, without notes, too long,
            changes its metre, or has one without a grid.
        MissingExtraError: symusic or music21 is not installed.
    """
    path = Path(path)
    parse = _PARSERS.get(path.suffix.lower())
    if parse is None:
        ending = f"ends in '{path.suffix}'" if path.suffix else "has no suffix"
        raise InputError(f"The file '{path}' {ending}: expected {_listed(READABLE)}.")
    reading = parse(_content(path), str(path))
    return tune_from_reading(reading, str(path), default_title=path.stem)[0]


def tune_from_reading(reading: Reading, name: str, default_title: str = "") -> tuple[Tune, Voice]:
    """Bring what a reader found to the grid of its metre.

    Args:
        reading: Notes of a file.
        name: The file, for messages.
        default_title: Used where the reading has none.

    Returns:
        The tune, and what it took to bring it to the grid.

    Raises:
        InputError: It has no notes, is too long or damaged, changes its metre, or has one without a grid.
    """
    metre = _metre(reading, name)
    _check(reading, metre, name)
    voice = single_voice(reading, metre)
    ticks = ticks_from_events(voice.events, metre)
    bars = reading.bars + full_bars(len(ticks) - len(reading.bars), metre)
    tune = Tune(
        ticks,
        metre,
        bars,
        reading.title or default_title,
        reading.tempo if reading.tempo is not None else DEFAULT_TEMPO,
        reading.fifths,
        reading.remarks + voice.remarks,
    )
    return tune.with_ticks(_begun_anew(ticks, bars, metre)), voice


def _begun_anew(ticks: NDArray[np.int16], bars: tuple[Bar, ...], metre: Metre) -> NDArray[np.int16]:
    """Ticks (M, T) in which a note that sounds over what is not written begins anew after it."""
    flat = ticks.ravel()
    sounding = flat[np.maximum.accumulate(np.where(flat != HOLD, np.arange(len(flat)), 0))].reshape(ticks.shape)
    result = ticks.copy()
    for number, (before, bar) in enumerate(pairwise(bars), start=1):
        first = int(np.searchsorted(metre.tick_twelfths, bar.begins))
        if ticks[number, first] == HOLD and not bar.adjoins(before, metre.twelfths):
            result[number, first] = sounding[number, first]
    return result


def read_measures(path: str | Path) -> tuple[NDArray[np.int16], Tune]:
    """Read a file as the measures that are played, ticks (P, T), together with the tune; see `read_tune`."""
    tune = read_tune(path)
    return tune.performed, tune


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
        data = midi_bytes(tune)
    else:
        document = musicxml_document(tune)
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


def _metre(reading: Reading, name: str) -> Metre:
    """The metre of all measures; 4/4 where the file has none."""
    try:
        metres = [metre_from_name(metre) for metre in reading.metres]
    except InputError as error:
        raise InputError(f"The file '{name}': {error}") from error
    metre = metres[0] if metres else COMMON_TIME
    other = next((other for other in metres if not other.has_grid_of(metre)), None)
    if other is not None:
        raise InputError(
            f"The file '{name}' changes its metre from {metre.name} to {other.name}: expected one metre throughout."
        )
    return metre


def _check(reading: Reading, metre: Metre, name: str) -> None:
    """Refuse what the grid cannot hold, before any array of its length is made."""
    if not len(reading.onsets):
        raise InputError(f"The file '{name}' has no notes: expected a melody.")
    times = np.concatenate([reading.onsets, reading.ends])
    if not (np.isfinite(times).all() and times.min() >= 0):
        raise InputError(f"The file '{name}' is damaged: expected note times from 0 on.")
    if reading.pitches.min() < 0 or reading.pitches.max() > 127:
        outside = next(pitch for pitch in reading.pitches.tolist() if not 0 <= pitch <= 127)
        raise InputError(f"The file '{name}' is damaged: expected MIDI pitches from 0 to 127, found {outside}.")
    measures = reading.measures(metre)
    if measures > MOST_MEASURES:
        raise InputError(
            f"The file '{name}' is too long: expected at most {MOST_MEASURES:,} measures, found {measures:,}."
        )


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
