"""Note values: how a measure's events are cut into noteheads, rest signs, triplet brackets and beams.

Times are twelfths of a quarter note from the start of the grid's measure: the grid in whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latune.music.measure import HOLD, REST
from latune.music.metre import COMMON_TIME, TWELFTHS, Metre
from latune.music.tune import Tune

__all__ = ["BEAT", "Bracket", "Sign", "beams", "notate"]

BEAT = TWELFTHS  # a quarter

_PLAIN = {72: ("whole", 1), 48: ("whole", 0), 36: ("half", 1), 24: ("half", 0), 18: ("quarter", 1)} | {
    12: ("quarter", 0),
    9: ("eighth", 1),
    6: ("eighth", 0),
    3: ("16th", 0),
}
_TRIPLET = {
    8: ("quarter", 0),
    6: ("eighth", 1),
    4: ("eighth", 0),
    3: ("16th", 1),
    2: ("16th", 0),
    1: ("32nd", 0),
}
# Starts in 4/4 at which a value that is longer than a beat, or syncopated, is easy to read.
_STARTS = {48: (0,), 36: (0, 12), 24: (0, 12, 24), 18: (0, 6, 12, 24, 30), 12: (0, 6, 12, 24, 30, 36)}
_FLAGS = {"eighth": 1, "16th": 2, "32nd": 3}


@dataclass(frozen=True)
class Bracket:
    """A triplet: three in the time of two, over a beat or half a beat."""

    start: int
    end: int

    @property
    def unit(self) -> int:
        """Length of one of its three members."""
        return (self.end - self.start) // 3


@dataclass(frozen=True)
class Sign:
    """One notehead or rest sign.

    Args:
        start: Where it begins in the measure.
        length: How long it sounds.
        pitch: MIDI pitch, or negative for a rest.
        value: "whole", "half", "quarter", "eighth", "16th" or "32nd".
        dots: Number of dots, 0 or 1.
        goes_on_from: Whether it prolongs the sign before.
        goes_on: Whether the next sign prolongs it.
        bracket: The triplet that it belongs to.
    """

    start: int
    length: int
    pitch: int
    value: str
    dots: int
    goes_on_from: bool
    goes_on: bool
    bracket: Bracket | None

    @property
    def flags(self) -> int:
        """Number of flags or beams; 0 for rests."""
        return _FLAGS.get(self.value, 0) if self.pitch >= 0 else 0

    @property
    def end(self) -> int:
        """Where it ends in the measure."""
        return self.start + self.length


def notate(tune: Tune) -> list[list[Sign]]:
    """Cut a tune into signs.

    Returns:
        The signs of each of its written measures; together they fill what is written of it.
    """
    onsets, ends, pitches = _written_events(tune)
    full = tune.metre.twelfths
    measures: list[list[_Span]] = [[] for _ in tune.bars]
    for onset, end, pitch in zip(onsets.tolist(), ends.tolist(), pitches.tolist(), strict=True):
        pieces = []
        for number in range(onset // full, (end - 1) // full + 1):
            bar = tune.bars[number]
            start, stop = max(onset - number * full, bar.begins), min(end - number * full, bar.ends)
            pieces += [(number, start, stop)] if start < stop else []
        for place, (number, start, stop) in enumerate(pieces):
            measures[number].append(_Span(start, stop, pitch, place > 0, place < len(pieces) - 1))
    return [_signs(spans, tune.metre) for spans in measures]


@dataclass(frozen=True)
class _Span:
    """What an event fills of one measure."""

    start: int
    end: int
    pitch: int
    goes_on_from: bool
    goes_on: bool


def _written_events(tune: Tune) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int16]]:
    """Starts and ends in twelfths, and pitches: an event ends where the next written one begins."""
    metre, written = tune.metre, tune.written.ravel()
    numbers = np.arange(len(tune.bars))[:, None]
    places = (numbers * metre.twelfths + metre.tick_twelfths).ravel()[written]
    values = tune.ticks.ravel()[written]
    starts = values != HOLD
    starts[:1] = True
    onsets = places[starts]
    pitches = np.where(values[starts] < 0, REST, values[starts]).astype(np.int16)
    return onsets, np.append(onsets[1:], len(tune.bars) * metre.twelfths), pitches


def _signs(spans: list[_Span], metre: Metre) -> list[Sign]:
    """Signs of one measure."""
    edges = {edge for span in spans for edge in (span.start, span.end)}
    brackets = [] if metre.is_compound else _brackets(edges, metre)
    signs = []
    for span in spans:
        if span.pitch < 0 and span.end - span.start == metre.twelfths:
            signs.append(Sign(0, metre.twelfths, span.pitch, "whole", 0, span.goes_on_from, span.goes_on, None))
            continue
        position = span.start
        while position < span.end:
            bracket = next((b for b in brackets if b.start <= position < b.end), None)
            limit = bracket.end if bracket else min((b.start for b in brackets if b.start > position), default=span.end)
            length = _longest(position, min(limit, span.end), span.pitch < 0, bracket, metre)
            value, dots = (_TRIPLET if bracket else _PLAIN)[length]
            before, after = span.goes_on_from or position > span.start, span.goes_on or position + length < span.end
            signs.append(Sign(position, length, span.pitch, value, dots, before, after, bracket))
            position += length
    return signs


def _brackets(edges: set[int], metre: Metre) -> list[Bracket]:
    """Triplets that a measure needs, given where its events start and end."""
    brackets = []
    for beat in range(0, metre.twelfths, BEAT):
        if not edges & {beat + 4, beat + 8}:
            continue
        if beat + 6 in edges:
            brackets += [Bracket(beat, beat + 6)] if beat + 4 in edges else []
            brackets += [Bracket(beat + 6, beat + 12)] if beat + 8 in edges else []
        else:
            brackets.append(Bracket(beat, beat + 12))
    return brackets


def _longest(start: int, end: int, is_rest: bool, bracket: Bracket | None, metre: Metre) -> int:
    """Length of the longest sign from `start` that ends at `end`, or earlier where it shows the beat."""
    if bracket is None:
        fits = _rest_fits if is_rest else _plain_fits
        return next(length for length in _PLAIN if start + length <= end and fits(start, length, end, metre))
    position = start - bracket.start
    lengths = (length for length in _TRIPLET if start + length <= end)
    if is_rest:
        return next(n for n in lengths if n not in (3, 6) and position % min(n, bracket.unit) == 0)
    return next(n for n in lengths if _triplet_fits(position, n, start + n == end, bracket.unit))


def _rest_fits(start: int, length: int, end: int, metre: Metre) -> bool:
    dotted = (36, 18) if metre.is_compound else ()
    if metre.is_compound and length not in dotted:
        return length in (12, 6, 3) and start % 18 % length == 0 and start % 18 + length <= 18
    return length not in {72, 36, 18, 9} - {*dotted} and start % length == 0


def _plain_fits(start: int, length: int, end: int, metre: Metre) -> bool:
    beat = metre.beat_twelfths
    if start + length != end and (start + length) % (BEAT // 2 if metre.is_compound else beat):
        return False
    if start % beat + length <= beat:
        return True
    if metre.is_compound:
        return start % beat == 0 and length % beat == 0
    if length not in _STARTS:
        return length == metre.twelfths
    if metre.has_grid_of(COMMON_TIME):
        return start in _STARTS[length]
    return start % (BEAT if length > 18 else BEAT // 2) == 0


def _triplet_fits(position: int, length: int, is_last: bool, unit: int) -> bool:
    """Whether a sign ends with its event or on a triplet's member; a dotted one begins or ends on one."""
    aligned = (position + length) % unit == 0
    if length in (3, 6) and length % unit:
        return (is_last or aligned) and (position % unit == 0 or aligned)
    return is_last or aligned


def beams(signs: list[Sign], metre: Metre = COMMON_TIME) -> list[list[str]]:
    """Beams of each sign of a measure, from the first (eighth) to the third level, in MusicXML's words.

    Notes are beamed by the beat and by the triplet; four plain eighths share one beam in the halves of 4/4.
    """
    result: list[list[str]] = [[] for _ in signs]
    group: list[int] = []
    for index, sign in enumerate(signs):
        if group and (not sign.flags or _beam_group(signs, sign, metre) != _beam_group(signs, signs[group[0]], metre)):
            _beam(signs, group, result)
            group = []
        if sign.flags:
            group.append(index)
    _beam(signs, group, result)
    return result


def _beam_group(signs: list[Sign], sign: Sign, metre: Metre) -> tuple[int, int, Bracket | None]:
    """What notes under one beam have in common."""
    if metre.is_compound:
        return (1, sign.start // metre.beat_twelfths, None)
    half = 2 * BEAT
    if metre.beats % 2:
        return (1, sign.start // BEAT, sign.bracket)
    in_half = [other for other in signs if other.start // half == sign.start // half]
    if all(other.flags == 1 and other.length == BEAT // 2 for other in in_half) and len(in_half) == 4:
        return (0, sign.start // half, None)
    return (1, sign.start // BEAT, sign.bracket)


def _beam(signs: list[Sign], group: list[int], result: list[list[str]]) -> None:
    """Write the beams of one group of neighbouring notes into `result`."""
    if len(group) < 2:
        return
    flags = [signs[index].flags for index in group]
    for place, index in enumerate(group):
        for level in range(1, flags[place] + 1):
            before = place > 0 and flags[place - 1] >= level
            after = place < len(group) - 1 and flags[place + 1] >= level
            if before or after:
                word = "continue" if before and after else "end" if before else "begin"
            else:
                word = "backward hook" if place > 0 else "forward hook"
            result[index].append(word)
