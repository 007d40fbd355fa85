"""A melody as ABC text: note lengths, ties, triplets, spelling in the key, repeats and endings.

Any ticks can be written, also what a network invents, and are read back the same: where one rest takes several signs,
all but the first are invisible rests (x), which begin nothing anew.

Source: the ABC music standard 2.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby

from latune.errors import InputError
from latune.music.bars import Bar
from latune.music.metre import Metre
from latune.music.notation import Sign, notate
from latune.music.spelling import estimate_fifths, key_alterations, spell
from latune.music.tune import Tune

__all__ = ["abc_document"]

_UNIT = 6  # twelfths of a quarter: L:1/8
_BARS_PER_LINE = 4
_KEYS = ("Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#")
_ACCIDENTALS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}


def abc_document(tune: Tune) -> str:
    """Write a tune as ABC, with its pick-up, repeats and endings, four measures to the line.

    Args:
        tune: Its key signature is estimated from the notes where it has none.

    Raises:
        InputError: The tune is empty, or its key signature has more than seven signs.
    """
    if not len(tune.ticks):
        raise InputError("The tune is empty: expected at least one measure.")
    fifths = tune.fifths
    if fifths is None:
        fifths = estimate_fifths(tune.events.pitches, tune.events.durations)
    if not -7 <= fifths <= 7:
        raise InputError(f"The key signature is {fifths}: expected -7 (flats) to 7 (sharps).")
    title = " ".join(tune.title.replace("\0", "").split()).replace("%", r"\%")
    tempo = f"{tune.tempo:.3f}".rstrip("0").rstrip(".")
    header = ["X:1", f"T:{title}", f"M:{tune.metre.name}", "L:1/8", f"Q:1/4={tempo}", f"K:{_KEYS[fifths + 7]}"]
    signs = notate(tune)
    goes_on = [*(measure[0].goes_on_from for measure in signs[1:]), False]
    measures = [_measure(measure, tune.metre, fifths, after) for measure, after in zip(signs, goes_on, strict=True)]
    return "\n".join([*(line for line in header if line != "T:"), *_lines(measures, tune)]) + "\n"


def _lines(measures: Sequence[str], tune: Tune) -> Iterator[str]:
    """Lines of music; a repeat's end ends a line as well."""
    line, full = "", 0
    for number, (text, bar) in enumerate(zip(measures, tune.bars, strict=True)):
        end = _right(tune.bars, number, tune.metre)
        line += f"{_left(tune.bars, number)}{text} {end}".rstrip() + " "
        full += bar.begins == 0
        if full == _BARS_PER_LINE or bar.repeat_end or number + 1 == len(measures):
            yield line.rstrip()
            line, full = "", 0


def _left(bars: Sequence[Bar], index: int) -> str:
    """What stands before a measure: a repeat and an ending that begin."""
    bar = bars[index]
    repeat = "|: " if bar.repeat_start else ""
    ending = f"[{','.join(map(str, bar.endings))} " if _begins_ending(bars, index) else ""
    return repeat + ending


def _right(bars: Sequence[Bar], index: int, metre: Metre) -> str:
    """The bar line after a measure; empty where the next one brings its own."""
    bar = bars[index]
    if bar.repeat_end:
        return ":" * (bar.repeat_end - 1) + "|"
    if index + 1 == len(bars):
        return "|]"
    after = bars[index + 1]
    if after.repeat_start:
        return ""
    ends_ending = bar.endings and not after.endings
    pick_up = after.begins > 0 and not after.adjoins(bar, metre.twelfths)
    return "||" if ends_ending or pick_up else "|"


def _begins_ending(bars: Sequence[Bar], index: int) -> bool:
    bar = bars[index]
    if not bar.endings or index == 0:
        return bool(bar.endings)
    return bars[index - 1].endings != bar.endings or bars[index - 1].repeat_end > 0 or bar.repeat_start


class _Accidentals:
    """Writes pitches of one measure, with an accidental where one is needed."""

    def __init__(self, fifths: int) -> None:
        self._fifths, self._key = fifths, key_alterations(fifths)
        self._in_measure: dict[str, int] = {}
        self._in_octave: dict[tuple[str, int], int] = {}

    def written(self, pitch: int) -> str:
        """Accidental, letter and octave marks of a MIDI pitch."""
        step, alteration, octave = spell(pitch, self._fifths)
        # Some readers let an accidental count in its octave only: leave one out where that makes no difference.
        before = self._in_measure.get(step, self._key[step]), self._in_octave.get((step, octave), self._key[step])
        accidental = "" if before == (alteration, alteration) else _ACCIDENTALS[alteration]
        self._in_measure[step] = self._in_octave[step, octave] = alteration
        marks = "," * (4 - octave) if octave < 5 else "'" * (octave - 5)
        return accidental + (step if octave < 5 else step.lower()) + marks


def _measure(signs: Sequence[Sign], metre: Metre, fifths: int, next_goes_on: bool) -> str:
    """Notes and rests of a measure, with a space before each beat.

    Args:
        signs: All that is written of it.
        metre: Its metre.
        fifths: Key signature.
        next_goes_on: Whether the next measure begins with the same note.
    """
    accidentals = _Accidentals(fifths)
    tied = [*(sign.goes_on_from for sign in signs[1:]), next_goes_on]
    words: list[str] = []
    for bracket, group in groupby(zip(signs, tied, strict=True), key=lambda member: member[0].bracket):
        members = list(group)
        if bracket:
            words.append("(3" if len(members) == 3 else f"(3:2:{len(members)}")
        for sign, is_tied in members:
            if sign.pitch < 0:
                words.append(("x" if sign.goes_on_from else "z") + _length(sign))
            else:
                words.append(accidentals.written(sign.pitch) + _length(sign) + ("-" if is_tied else ""))
            if sign.end % metre.beat_twelfths == 0:
                words.append(" ")
    return "".join(words).rstrip()


def _length(sign: Sign) -> str:
    """Multiple of the unit note length; in a triplet that of the undivided note."""
    units = Fraction(sign.length * (3 if sign.bracket else 2), 2 * _UNIT)
    if units.denominator == 1:
        return "" if units == 1 else str(units.numerator)
    return f"{units.numerator if units.numerator > 1 else ''}/{units.denominator}"
