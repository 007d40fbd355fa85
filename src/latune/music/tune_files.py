"""Collections of tunes: every tune of a file, brought to the grid, or the reason why not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from latune.errors import InputError
from latune.music.abc_reading import AbcRefusal, read_abc
from latune.music.melody import Voice
from latune.music.score import parser_of, tune_from_reading
from latune.music.tune import Tune
from latune.music.wording import printable

__all__ = ["FoundTune", "Refusal", "read_collection"]


@dataclass(frozen=True)
class FoundTune:
    """A tune of a file.

    Args:
        name: File and, where it holds several, number of the tune.
        tune: The tune.
        voice: What it took to bring it to the grid.
        voices: Number of voices in the file, where it says so.
        has_title: Whether the file names the tune.
    """

    name: str
    tune: Tune
    voice: Voice
    voices: int
    has_title: bool


@dataclass(frozen=True)
class Refusal:
    """A tune or file that cannot be read.

    Args:
        name: File and, where it holds several, number of the tune.
        reason: A sentence.
    """

    name: str
    reason: str


def read_collection(data: bytes, name: str, track: str | None = None) -> list[FoundTune | Refusal]:
    """Read every tune of a file.

    Args:
        data: MIDI, MusicXML, kern (one tune each) or ABC (any number).
        name: The file's name, whose suffix says what it is.
        track: Number or name of the track; default: see `latune.music.score.read_tune`.

    Raises:
        MissingExtraError: The package that reads such files is not installed.
    """
    path, name = PurePath(name), printable(name)
    if not data:
        return [Refusal(name, f"The file '{name}' is empty: expected notes.")]
    if path.suffix.lower() == ".abc":
        return _abc_tunes(data, name)
    try:
        reading = parser_of(path.suffix, name)(data, name, track)
        tune, voice = tune_from_reading(reading, name, path.stem)
    except InputError as error:
        return [Refusal(name, str(error))]
    return [FoundTune(name, tune, voice, 1, bool(reading.title))]


def _abc_tunes(data: bytes, name: str) -> list[FoundTune | Refusal]:
    found: list[FoundTune | Refusal] = []
    for number, entry in enumerate(read_abc(data, name), start=1):
        label = f"{name}#{number}"
        if isinstance(entry, AbcRefusal):
            found.append(Refusal(label, entry.reason))
            continue
        try:
            tune, voice = tune_from_reading(entry.reading, label)
        except InputError as error:
            found.append(Refusal(label, str(error)))
            continue
        found.append(FoundTune(label, tune, voice, entry.voices, bool(entry.reading.title)))
    if not found:
        found.append(Refusal(name, f"The file '{name}' is not ABC: expected a tune with the lines 'X:' and 'K:'."))
    return found
