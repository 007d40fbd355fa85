"""ABC files: every tune as a `Reading`, or the reason why it cannot be read exactly.

Measures stay as they are written, with their pick-ups, repeats and endings. Times are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from latune.errors import InputError
from latune.music.abc_bars import placed_notes, written_bars
from latune.music.abc_fields import PARTS, parse_key, parse_metre, parse_tempo, parse_unit
from latune.music.abc_music import MusicScanner
from latune.music.abc_text import TuneText, decoded, tune_texts
from latune.music.melody import MOST_MEASURES, Reading, counted, not_used
from latune.music.wording import plain_title, printable

__all__ = ["AbcRefusal", "AbcTune", "parse_abc", "read_abc"]

_LONGEST = 500_000  # characters of one tune
_LONGEST_SHOWN = 100  # characters of a title in messages


@dataclass(frozen=True)
class AbcTune:
    """One tune that was read.

    Args:
        number: Value of X:, empty where it is missing.
        reading: Its melody, with the title.
        voices: How many voices it has, counting overlays; the first one was read.
        has_chord_symbols: Whether there are chord symbols or other texts in quotation marks.
        notes: Notes of the melody as written.
        rests: Rests of the melody as written.
    """

    number: str
    reading: Reading
    voices: int
    has_chord_symbols: bool
    notes: int
    rests: int


@dataclass(frozen=True)
class AbcRefusal:
    """One tune that cannot be read.

    Args:
        number: Value of X:, empty where it is missing.
        title: Value of T:, empty where it is missing.
        problem: What is wrong, as the end of a sentence that begins with the tune's or the file's name.
        file: Name of the file.
    """

    number: str
    title: str
    problem: str
    file: str

    @property
    def reason(self) -> str:
        """The whole sentence: 'The tune X:12 "A reel" in the file 'a.abc' has no notes: expected a melody.'."""
        names = [
            f"X:{self.number[:_LONGEST_SHOWN]}" if self.number else "",
            f'"{self.title[:_LONGEST_SHOWN]}"' if self.title else "",
        ]
        return f"The tune {' '.join(filter(None, names)) or 'without a title'} in the file '{self.file}' {self.problem}"


def read_abc(data: bytes, name: str) -> list[AbcTune | AbcRefusal]:
    """Read every tune of a file, in order.

    Args:
        data: ABC text in UTF-8 or Latin-1.
        name: The file's name, for messages.
    """
    return [_read(text, name) for text in tune_texts(decoded(data))]


def parse_abc(data: bytes, name: str) -> Reading:
    """Read the first tune of a file.

    Args:
        data: ABC text in UTF-8 or Latin-1.
        name: The file's name, for messages.

    Raises:
        InputError: The text is not ABC, or its first tune cannot be read exactly.
    """
    texts = tune_texts(decoded(data))
    if not any(text.has_key for text in texts):
        raise InputError(f"The file '{name}' is not ABC: expected a tune with the lines 'X:' and 'K:', found none.")
    tune = _read(texts[0], name)
    if isinstance(tune, AbcRefusal):
        raise InputError(tune.reason if len(texts) > 1 else f"The file '{name}' {tune.problem}")
    if len(texts) == 1:
        return tune.reading
    others = not_used(len(texts) - 1, len(texts), "tune")
    return replace(tune.reading, remarks=(others, *tune.reading.remarks))


def _read(text: TuneText, name: str) -> AbcTune | AbcRefusal:
    try:
        return _tune(text)
    except InputError as problem:
        return AbcRefusal(_one_line(text.first("X")), _one_line(text.first("T")), printable(str(problem)), name)


def _one_line(value: str) -> str:
    return plain_title(value.replace(r"\%", "%"))


def _tune(text: TuneText) -> AbcTune:
    """The tune.

    Raises:
        InputError: It cannot be read exactly; the message goes on from the tune's name.
    """
    if text.size > _LONGEST:
        raise InputError(f"is too large: expected a tune of at most {_LONGEST:,} characters, found {text.size:,}.")
    if not text.has_key:
        raise InputError("has no key: expected a line 'K:' before the music.")
    if not text.first("M"):
        raise InputError("has no metre: expected a line 'M:' before the key.")
    metre = parse_metre(text.first("M"))
    unit, key = parse_unit(text.first("L"), metre), parse_key(text.first("K"))
    scanner = MusicScanner(metre, unit, key)
    scanner.voices.update(dict.fromkeys(value.split()[0] for letter, value in text.fields if letter == "V" and value))
    scanner.scan(text.body)
    segments = [segment for segment in scanner.segments if segment.length]
    if len(segments) > MOST_MEASURES:
        raise InputError(f"is too long: expected at most {MOST_MEASURES:,} measures, found {len(segments):,}.")
    last = scanner.segments[-1]
    bars, begins = written_bars(segments, 0 if last.length else last.mark.repeat_end)
    notes, rests, remarks = placed_notes(segments, begins)
    if not notes:
        raise InputError("has no notes: expected a melody.")
    onsets, ends, pitches = np.array(notes, dtype=np.int64).T
    reading = Reading(
        onsets=onsets / PARTS,
        ends=ends / PARTS,
        pitches=pitches.astype(np.int16),
        rest_onsets=np.array(rests, dtype=np.int64) / PARTS,
        length=sum(segment.metre.length for segment in segments) / PARTS,
        metres=tuple(dict.fromkeys(segment.metre.name for segment in segments)),
        bars=tuple(bars),
        title=_one_line(text.first("T")),
        tempo=parse_tempo(text.first("Q"), unit),
        fifths=key.fifths,
        remarks=_remarks(scanner, text.first("P")) + remarks,
    )
    voices = max(1, len(scanner.voices)) + bool(scanner.dropped["overlay"])
    return AbcTune(_one_line(text.first("X")), reading, voices, scanner.dropped["text"] > 0, len(notes), len(rests))


def _remarks(scanner: MusicScanner, parts: str) -> tuple[str, ...]:
    dropped = scanner.dropped
    remarks: list[str] = []
    if len(scanner.voices) > 1:
        remarks.append(not_used(len(scanner.voices) - 1, len(scanner.voices), "voice"))
    if dropped["grace"]:
        remarks.append(f"Dropped {counted(dropped['grace'], 'group')} of grace notes.")
    if dropped["overlay"]:
        remarks.append(f"Dropped {counted(dropped['overlay'], 'overlay')}.")
    if dropped["chord"]:
        remarks.append(f"Reduced {counted(dropped['chord'], 'chord')} to the highest note.")
    if dropped["jump"]:
        remarks.append(f"Ignored {counted(dropped['jump'], 'jump')} such as D.C.")
    if len(parts) > 1:
        remarks.append(f"Ignored the order of parts '{_one_line(parts)}'.")
    if scanner.unknown:
        remarks.append(_unknown(scanner.unknown))
    return tuple(remarks)


def _unknown(characters: Sequence[str]) -> str:
    what = counted(len(characters), "character")
    return f"Skipped {what} that {'is' if len(characters) == 1 else 'are'} not ABC music, the first: {characters[0]!r}."
