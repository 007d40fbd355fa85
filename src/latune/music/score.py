"""Tunes: read from MIDI, MusicXML, ABC and kern files, and written.

A tune is one voice in one metre on its grid. What a file holds beyond that is left out, and the tune's remarks say
what. Whatever is wrong with a file ends in an `InputError` of one sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.music.abc_reading import parse_abc
from latune.music.bars import Bar, bars_on_grid, play_order
from latune.music.kern_reading import parse_kern
from latune.music.measure import HOLD, ticks_from_events
from latune.music.melody import MOST_MEASURES, Reading, Voice, counted, single_voice
from latune.music.metre import COMMON_TIME, Metre, metre_from_name
from latune.music.midi import parse_midi
from latune.music.musicxml_reading import parse_musicxml
from latune.music.tune import DEFAULT_TEMPO, FASTEST, SLOWEST, Tune, full_bars, tune_from_ticks
from latune.music.tune_writing import WRITABLE, check_writable, write_tune
from latune.music.wording import plain_title, printable

__all__ = [
    "READABLE",
    "WRITABLE",
    "Tune",
    "check_writable",
    "parser_of",
    "read_measures",
    "read_tune",
    "tune_from_reading",
    "tune_from_ticks",
    "write_tune",
]

_LARGEST = 32 * 2**20  # bytes

Parser = Callable[[bytes, str, str | None], Reading]


def _parse_abc(data: bytes, name: str, track: str | None = None) -> Reading:
    if track is not None:
        raise InputError(f"The file '{name}' is ABC, which has no tracks: expected no --track.")
    return parse_abc(data, name)


_PARSERS: dict[str, Parser] = {
    ".mid": parse_midi,
    ".midi": parse_midi,
    ".abc": _parse_abc,
    ".xml": parse_musicxml,
    ".musicxml": parse_musicxml,
    ".mxl": parse_musicxml,
    ".krn": parse_kern,
}
READABLE = tuple(_PARSERS)
"""Suffixes of the files that `read_tune` reads."""


def read_tune(path: str | Path, track: str | None = None) -> Tune:
    """Read the melody of a MIDI, MusicXML, ABC or kern file.

    MIDI: the first track with notes that is not drums; a silence is one rest, however many were written.
    ABC: the first tune. MusicXML: the first part with notes; every written rest stays a rest of its own. kern: the
    highest spine. In all of them the highest voice counts, ties are merged, grace notes dropped, and onsets moved to
    the grid.

    Args:
        path: A file with one of the suffixes in `READABLE`.
        track: Number or name of another track, part or spine; ABC has none.

    Raises:
        InputError: The file is missing, damaged, not of the kind that its name says, without notes, too long,
            changes its metre, or has one without a grid.
        MissingExtraError: symusic or music21 is not installed.
    """
    path, name = Path(path), printable(str(path))
    parse = parser_of(path.suffix, name)
    reading = parse(_content(path, name), name, track)
    return tune_from_reading(reading, name, default_title=path.stem)[0]


def parser_of(suffix: str, name: str) -> Parser:
    """What reads files of a suffix: from content, name and track to a `Reading`.

    Raises:
        InputError: No reader knows it.
    """
    parse = _PARSERS.get(suffix.lower())
    if parse is None:
        ending = f"ends in '{printable(suffix)}'" if suffix else "has no suffix"
        raise InputError(f"The file '{name}' {ending}: expected {_listed(READABLE)}.")
    return parse


def tune_from_reading(reading: Reading, name: str, default_title: str = "") -> tuple[Tune, Voice]:
    """Bring what a reader found to the grid of its metre.

    Args:
        reading: Notes of a file.
        name: The file, for messages.
        default_title: Used where the reading has none.

    Returns:
        The tune, and what it took to bring it to the grid.

    Raises:
        InputError: It has no notes that are played, is too long or damaged, changes its metre, or has one without a
            grid.
    """
    metre = _metre(reading, name)
    _check(reading, metre, name)
    voice = single_voice(reading, metre)
    ticks = ticks_from_events(voice.events, metre)
    bars = bars_on_grid(reading.bars, metre) + full_bars(len(ticks) - len(reading.bars), metre)
    title = plain_title(reading.title) or plain_title(default_title)
    tempo, fifths, remarks = _usual(reading)
    tune = Tune(ticks, metre, bars, title, tempo, fifths, reading.remarks + voice.remarks + remarks)
    tune = tune.with_ticks(_begun_anew(ticks, bars, metre))
    if not (tune.performed >= 0).any():
        raise InputError(f"The file '{name}' has no notes that are played: expected repeats that reach its endings.")
    return replace(tune, remarks=tune.remarks + _lost(tune, ticks)), voice


def _usual(reading: Reading) -> tuple[float, int | None, tuple[str, ...]]:
    """Tempo and key signature; what no tune can have is left out, with a remark."""
    tempo, fifths = DEFAULT_TEMPO if reading.tempo is None else reading.tempo, reading.fifths
    remarks: tuple[str, ...] = ()
    if not SLOWEST <= tempo <= FASTEST:
        remarks += (f"Ignored the tempo of {tempo:g} quarters per minute.",)
        tempo = DEFAULT_TEMPO
    if fifths is not None and abs(fifths) > 7:
        remarks += (f"Ignored the key signature of {abs(fifths)} {'sharps' if fifths > 0 else 'flats'}.",)
        fifths = None
    return tempo, fifths, remarks


def _lost(tune: Tune, ticks: NDArray[np.int16]) -> tuple[str, ...]:
    """Remarks on notes that lie in no written measure, and on measures that are never played."""
    remarks: tuple[str, ...] = ()
    outside = int(((ticks >= 0) & ~tune.written).sum())
    if outside:
        remarks += (f"Dropped {counted(outside, 'note')} at the edge of incomplete measures.",)
    unreached = len(tune.bars) - len(set(play_order(tune.bars)))
    if unreached:
        remarks += (f"The repeats never reach {counted(unreached, 'measure')}.",)
    return remarks


def _begun_anew(ticks: NDArray[np.int16], bars: tuple[Bar, ...], metre: Metre) -> NDArray[np.int16]:
    """Ticks (M, T) in which what sounds at the start of a measure begins there, unless it goes on from the one before.

    It does not where something that is not written, or a repeat mark, lies between the two.
    """
    flat = ticks.ravel()
    begun = np.maximum.accumulate(np.where(flat != HOLD, np.arange(len(flat)), 0))
    result = flat.copy()
    for number, (before, bar) in enumerate(pairwise(bars), start=1):
        first = number * metre.ticks + int(np.searchsorted(metre.tick_twelfths, bar.begins))
        end = (number - 1) * metre.ticks + int(np.searchsorted(metre.tick_twelfths, before.ends))
        marked = bar.repeat_start or before.repeat_end
        if marked or begun[first] >= end or not bar.adjoins(before, metre.twelfths):
            result[first] = flat[begun[first]]
    return result.reshape(ticks.shape)


def read_measures(path: str | Path) -> tuple[NDArray[np.int16], Tune]:
    """Read a file as the measures that are played, ticks (P, T), together with the tune; see `read_tune`."""
    tune = read_tune(path)
    return tune.performed, tune


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words[:-1]) + " or " + words[-1]


def _content(path: Path, name: str) -> bytes:
    """The file's bytes."""
    expected = "expected a MIDI, MusicXML, ABC or kern file"
    try:
        if path.is_dir():
            raise InputError(f"'{name}' is a folder: {expected}.")
        if not path.exists():
            raise InputError(f"The file '{name}' does not exist: {expected}.")
        if not path.is_file():
            raise InputError(f"'{name}' is not a regular file: {expected}.")
        size = path.stat().st_size
        if size > _LARGEST:
            raise InputError(
                f"The file '{name}' is too large: expected at most {_LARGEST // 2**20} MiB, found {size // 2**20} MiB."
            )
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"The file '{name}' cannot be read: {expected}, the system reports \"{reason}\".") from error
    if not data:
        raise InputError(f"The file '{name}' is empty: {expected}.")
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
