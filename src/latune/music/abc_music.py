"""The music of one ABC tune: text to notes, cut into segments at every bar line.

Source: the ABC music standard 2.1, section 4. What does not belong to the melody (chord symbols, grace notes, lyrics,
decorations, further voices) is passed over and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from latune.errors import InputError
from latune.music.abc_fields import ACCIDENTALS, AbcKey, AbcMetre, parse_key, parse_metre, parse_unit, scaled
from latune.music.measure import REST
from latune.music.melody import MOST_MEASURES

__all__ = ["AbcNote", "Mark", "MusicScanner", "Segment"]

_NOTE = r"(?P<accidental>\^{1,2}|_{1,2}|=)?(?P<letter>[A-Ga-g])(?P<octave>[,']*)(?P<length>\d*/*\d*)"
_TOKEN = re.compile(
    rf"""
    (?P<note>{_NOTE})
    |(?P<space>[\s`\\)$*;@]+)
    |(?P<inline>\[[A-Za-z]:[^\[\]]*\])
    |(?P<ending>\[\s*\d[\d,\-]*)
    |(?P<bar>(?:\[(?=\|)|[|:])(?:[|:\]]|\[(?=[|\]]))*(?:\s*\d[\d,\-]*)?)
    |(?P<rest>[zx](?P<rest_length>\d*/*\d*))
    |(?P<tuplet>\((?P<p>\d{{1,2}})(?::(?P<q>\d{{0,2}}))?(?::(?P<r>\d{{0,2}}))?)
    |(?P<slur>\()
    |(?P<text>"[^"]*")
    |(?P<broken>>{{1,3}}|<{{1,3}})
    |(?P<tie>-)
    |(?P<grace>\{{[^{{}}]*\}})
    |(?P<decoration>![^!|\[\]"]*!|\+[a-zA-Z][^+|]*\+)
    |(?P<chord>\[(?P<inside>[^\[\]|]*)\](?P<chord_length>\d*/*\d*))
    |(?P<spacer>y[\d/]*|!)
    |(?P<letters>[.~H-WYh-w]+)
    |(?P<measures>[ZX](?P<count>\d*))
    |(?P<overlay>&)
    """,
    re.VERBOSE,
)
_CHORD_NOTE = re.compile(_NOTE + r"(?P<tied>-?)")
_COLONS = re.compile(":+")
_ENDING = re.compile(r"\d[\d,\-]*")
_BODY_FIELD = re.compile(r"([H-Wmrsw+]|[A-G](?=:\s*[^\s|:\]])):(.*)")
_JUMP = re.compile(r"!(?:D\.?C|D\.?S|dacapo|dacoda|fine)", re.IGNORECASE)
_STEP_PITCH = {"C": 60, "D": 62, "E": 64, "F": 65, "G": 67, "A": 69, "B": 71}
_TUPLET_TIMES = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}
_HIGHEST_PASS = 30


@dataclass(slots=True)
class Mark:
    """What stands between two segments.

    Args:
        section: Whether a section ends: a double bar line, a repeat mark, a part.
        repeat_end: How often the part before is played in all; 0 without a repeat.
        repeat_start: Whether a repeated part begins.
        ending: Passes of the ending that begins; empty if none does.
    """

    section: bool = False
    repeat_end: int = 0
    repeat_start: bool = False
    ending: tuple[int, ...] = ()

    def add(self, other: Mark) -> None:
        """Take over what a mark says that follows without music in between."""
        self.section |= other.section
        self.repeat_end = max(self.repeat_end, other.repeat_end)
        self.repeat_start |= other.repeat_start
        self.ending = other.ending or self.ending


@dataclass(slots=True)
class AbcNote:
    """A note or a rest (pitch `REST`) with onset in its segment and length in parts of a quarter.

    A tied note sounds on in the next one; a hidden rest is silence without a sign.
    """

    onset: int
    length: int
    pitch: int
    tied: bool = False
    hidden: bool = False


@dataclass(slots=True)
class Segment:
    """Music between two bar lines.

    Args:
        mark: What stands before it.
        metre: Metre in force.
        notes: Notes and rests without gaps.
        length: Their length in parts of a quarter.
    """

    mark: Mark
    metre: AbcMetre
    notes: list[AbcNote] = field(default_factory=list)
    length: int = 0


class MusicScanner:
    """Reads the lines of a tune's body.

    Args:
        metre: Metre of the header.
        unit: Unit note length in parts.
        key: Key of the header.

    Attributes:
        segments: Music so far, in order; the last one may be empty.
        voices: Names of all voices.
        dropped: How much was passed over, by what it is.
        unknown: Characters that are not ABC.
    """

    def __init__(self, metre: AbcMetre, unit: int, key: AbcKey) -> None:
        self.segments: list[Segment] = [Segment(Mark(), metre)]
        self.voices: dict[str, None] = {}
        self.dropped: Counter[str] = Counter()
        self.unknown: list[str] = []
        self._metre, self._unit, self._key = metre, unit, key
        self._altered: dict[str, int] = {}  # accidentals of this measure; they count in every octave
        self._tuplet = (1, 1, 0)  # times, notes, how many are left
        self._broken = (1, 1)  # what the next note's length is multiplied with
        self._last: AbcNote | None = None
        self._last_step = ""
        self._voice = ""
        self._chosen: str | None = None  # the first voice that has notes
        self._overlaid = False
        self._handlers: dict[str, Callable[[re.Match[str]], None]] = {
            "note": self._note,
            "rest": self._rest,
            "bar": self._bar,
            "ending": self._ending,
            "chord": self._chord,
            "tuplet": self._begin_tuplet,
            "broken": self._broken_rhythm,
            "tie": self._tie,
            "measures": self._rest_measures,
            "inline": self._inline_field,
            "grace": self._grace,
            "decoration": self._decoration,
            "overlay": self._overlay,
            "text": self._text,
        }

    def scan(self, lines: Iterable[str]) -> None:
        """Read lines of music and fields.

        Raises:
            InputError: The tune cannot be read exactly; the message goes on from the tune's name.
        """
        begun = ""  # music of lines that go on behind their backslash
        for line in lines:
            match = _BODY_FIELD.match(line)
            if match is None and line.endswith("\\"):
                begun += line[:-1]
                continue
            self._line(begun if match else begun + line)
            begun = ""
            if match:
                self._field(match.group(1), match.group(2).strip())
        self._line(begun)

    @property
    def _aside(self) -> bool:
        """Whether this is another voice than the one that is read."""
        return self._chosen is not None and self._voice != self._chosen

    def _line(self, line: str) -> None:
        position, handlers = 0, self._handlers
        while position < len(line):
            match = _TOKEN.match(line, position)
            if match is None:
                self._unreadable(line, position)
                position += 1
                continue
            position = match.end()
            kind = match.lastgroup or ""
            handler = handlers.get(kind)
            if (
                handler is None
                or (self._aside and kind != "inline")
                or (self._overlaid and kind not in ("bar", "inline"))
            ):
                continue
            handler(match)

    def _unreadable(self, line: str, position: int) -> None:
        if line[position] == '"':
            found = line[position : position + 40]
            raise InputError(f"has a quotation mark without its partner: expected two, found '{found}'.")
        if not self._aside:
            self.unknown.append(line[position])

    # Fields

    def _field(self, letter: str, value: str) -> None:
        if letter == "V":
            self._begin_voice(value)
        elif self._aside:
            return
        elif letter == "K":
            self._key = parse_key(value, self._key)
        elif letter == "L":
            self._unit = parse_unit(value, self._metre)
        elif letter == "M":
            self._begin_metre(parse_metre(value))
        elif letter == "P":
            self._add_mark(Mark(section=True))

    def _inline_field(self, match: re.Match[str]) -> None:
        letter, _, value = match.group()[1:-1].partition(":")
        self._field(letter, value.strip())

    def _begin_voice(self, value: str) -> None:
        name = value.split()[0] if value.split() else ""
        self.voices[name] = None
        if not self._voice and self._chosen == "":
            self._chosen = name  # music before the first V: is that voice's
        self._voice = name
        self._overlaid = False

    def _begin_metre(self, metre: AbcMetre) -> None:
        self._metre = metre
        if not self.segments[-1].length:
            self.segments[-1].metre = metre

    # Notes and rests

    def _note(self, match: re.Match[str]) -> None:
        accidental, letter, octave, length = match.group("accidental", "letter", "octave", "length")
        self._sound(self._pitch(accidental, letter, octave), letter + octave, self._length(length))

    def _pitch(self, accidental: str | None, letter: str, octave: str) -> int:
        step = letter.upper()
        place = letter + octave if octave else letter
        if accidental:
            self._altered[step] = alteration = ACCIDENTALS[accidental]
        else:
            alteration = self._altered.get(step, self._key.alterations[step])
        pitch = _STEP_PITCH[step] + alteration + (0 if letter == step else 12)
        if octave:
            pitch += 12 * (octave.count("'") - octave.count(","))
        if self._last and self._last.tied and not accidental and self._last_step == place:
            pitch = self._last.pitch  # a tie carries the accidental over the bar line
        if not 0 <= pitch <= 127:
            raise InputError(f"has a note outside MIDI: expected pitches from 0 to 127, found {pitch}.")
        return pitch

    def _rest(self, match: re.Match[str]) -> None:
        self._sound(REST, "", self._length(match.group("rest_length")))
        self.segments[-1].notes[-1].hidden = match.group()[0] == "x"

    def _chord(self, match: re.Match[str]) -> None:
        found = list(_CHORD_NOTE.finditer(match.group("inside")))
        if not found:
            self.unknown.append("[")
            return
        pitches = [self._pitch(*note.group("accidental", "letter", "octave")) for note in found]
        highest = max(range(len(found)), key=pitches.__getitem__)
        length = self._length(found[0].group("length"), self._length(match.group("chord_length")))
        self._sound(pitches[highest], found[highest].group("letter") + found[highest].group("octave"), length)
        if self._last and found[highest].group("tied"):
            self._last.tied = True
        self.dropped["chord"] += len(found) > 1

    def _length(self, text: str, unit: int = 0) -> int:
        """Length in parts of a note with such a length behind it."""
        unit = unit or self._unit
        if not text:
            return unit
        if len(text) > 9:
            raise InputError(f"has a note of length '{text[:20]}': expected one such as 3/2.")
        numerator, slash, rest = text.partition("/")
        times = int(numerator) if numerator else 1
        if not slash:
            return unit * times
        below = rest.lstrip("/")
        return scaled(unit, times, int(below) if below else 2 ** (len(rest) + 1))

    def _sound(self, pitch: int, step: str, length: int) -> None:
        times, notes, left = self._tuplet
        if left:
            length = scaled(length, times, notes)
            self._tuplet = (times, notes, left - 1)
        if self._broken != (1, 1):
            length = scaled(length, *self._broken)
            self._broken = (1, 1)
        if self._chosen is None:
            self._chosen = self._voice
        segment = self.segments[-1]
        self._last = AbcNote(segment.length, length, pitch)
        self._last_step = step
        segment.notes.append(self._last)
        segment.length += length

    def _rest_measures(self, match: re.Match[str]) -> None:
        count = match.group("count")
        if len(count) > 4 or int(count or 1) > MOST_MEASURES:
            raise InputError(f"has a rest of {count[:20]} measures: expected at most {MOST_MEASURES:,}.")
        for number in range(int(count or 1)):
            if number:
                self._add_mark(Mark())
            self._sound(REST, "", self._metre.length)

    def _begin_tuplet(self, match: re.Match[str]) -> None:
        notes = int(match.group("p"))
        default = _TUPLET_TIMES.get(notes, 3 if self._metre.is_compound else 2)
        times, count = int(match.group("q") or default), int(match.group("r") or notes)
        if not (notes and times and count):
            raise InputError(f"has the tuplet '{match.group()}': expected one such as (3.")
        self._tuplet = (times, notes, count)

    def _broken_rhythm(self, match: re.Match[str]) -> None:
        segment, signs = self.segments[-1], match.group()
        if not segment.notes:
            self.unknown.append(signs)
            return
        power = 2 ** len(signs)
        longer, shorter = (2 * power - 1, power), (1, power)
        first, self._broken = (longer, shorter) if signs[0] == ">" else (shorter, longer)
        note = segment.notes[-1]
        note.length = scaled(note.length, *first)
        segment.length = note.onset + note.length

    def _tie(self, match: re.Match[str]) -> None:
        if self._last is not None and self._last.pitch != REST:
            self._last.tied = True

    # Bar lines

    def _bar(self, match: re.Match[str]) -> None:
        run = match.group()
        number = _ENDING.search(run)
        lines = run[: number.start()].rstrip() if number else run
        if lines == ":":  # its bar line stands apart, before or behind it
            ends, starts = (0, 1) if self.segments[-1].length == 0 else (1, 0)
        elif lines == "::":
            ends = starts = 1
        else:
            head = lines.rstrip(":")
            starts = len(lines) - len(head)
            colons = _COLONS.search(head)
            ends = len(colons.group()) if colons else 0
        section = len(lines) > 1 or lines == ":"
        mark = Mark(section, ends + 1 if ends else 0, starts > 0)
        mark.ending = _passes(number.group()) if number else ()
        self._altered = {}
        self._overlaid = False
        self._add_mark(mark)

    def _ending(self, match: re.Match[str]) -> None:
        self._add_mark(Mark(ending=_passes(match.group()[1:].strip())))

    def _add_mark(self, mark: Mark) -> None:
        if self.segments[-1].length == 0:
            self.segments[-1].mark.add(mark)
            return
        if len(self.segments) >= 2 * MOST_MEASURES:
            raise InputError(f"has more than {len(self.segments):,} bar lines: expected at most {MOST_MEASURES:,}.")
        self.segments.append(Segment(mark, self._metre))

    # What is passed over

    def _grace(self, match: re.Match[str]) -> None:
        self.dropped["grace"] += 1

    def _decoration(self, match: re.Match[str]) -> None:
        self.dropped["jump"] += bool(_JUMP.match(match.group()))

    def _overlay(self, match: re.Match[str]) -> None:
        self.dropped["overlay"] += 1
        self._overlaid = True

    def _text(self, match: re.Match[str]) -> None:
        self.dropped["text"] += 1


def _passes(text: str) -> tuple[int, ...]:
    """The passes of an ending such as "1", "1,3" or "1-3"."""
    passes: set[int] = set()
    for piece in text.split(","):
        first, _, last = piece.partition("-")
        if first.isdecimal() and len(first) < 3:
            until = int(last) if last.isdecimal() and len(last) < 3 else int(first)
            passes.update(range(int(first), min(until, _HIGHEST_PASS) + 1))
    return tuple(sorted(passes - {0}))
