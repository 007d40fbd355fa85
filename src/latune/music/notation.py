"""Note values: how a measure's events are cut into noteheads, rest signs, triplet brackets and beams.

Times are twelfths of a quarter note from the start of the measure: the 24-tick grid in whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latune.music.measure import BEATS, events_from_ticks

__all__ = ["BEAT", "MEASURE", "Bracket", "Sign", "beams", "notate"]

BEAT = 12
MEASURE = BEATS * BEAT

_PLAIN = {48: ("whole", 0), 36: ("half", 1), 24: ("half", 0), 18: ("quarter", 1), 12: ("quarter", 0)} | {
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
# Starts at which a value that is longer than a beat, or syncopated, is easy to read.
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


def notate(ticks: NDArray[np.int16]) -> list[list[Sign]]:
    """Cut a tune into signs.

    Args:
        ticks: One tune, shape (M, 24).

    Returns:
        The signs of each of the M measures; each measure is full.
    """
    events = events_from_ticks(ticks)
    onsets = np.round(events.onsets * BEAT).astype(int)
    ends = np.round((events.onsets + events.durations) * BEAT).astype(int)
    measures: list[list[tuple[int, int, int, bool, bool]]] = [[] for _ in range(len(ticks))]
    for onset, end, pitch in zip(onsets.tolist(), ends.tolist(), events.pitches.tolist(), strict=True):
        for measure in range(onset // MEASURE, (end - 1) // MEASURE + 1):
            first, last = measure * MEASURE, (measure + 1) * MEASURE
            start, stop = max(onset, first), min(end, last)
            measures[measure].append((start - first, stop - first, pitch, start > onset, stop < end))
    return [_signs(spans) for spans in measures]


def _signs(spans: list[tuple[int, int, int, bool, bool]]) -> list[Sign]:
    """Signs of one measure out of (start, end, pitch, goes on from, goes on)."""
    brackets = _brackets({start for start, *_ in spans})
    signs = []
    for start, end, pitch, goes_on_from, goes_on in spans:
        position = start
        while position < end:
            bracket = next((b for b in brackets if b.start <= position < b.end), None)
            limit = bracket.end if bracket else min((b.start for b in brackets if b.start > position), default=end)
            length = _longest(position, min(limit, end), pitch < 0, bracket)
            value, dots = (_TRIPLET if bracket else _PLAIN)[length]
            before, after = goes_on_from or position > start, goes_on or position + length < end
            signs.append(Sign(position, length, pitch, value, dots, before, after, bracket))
            position += length
    return signs


def _brackets(starts: set[int]) -> list[Bracket]:
    """Triplets that a measure needs, given where its events start."""
    brackets = []
    for beat in range(0, MEASURE, BEAT):
        if not starts & {beat + 4, beat + 8}:
            continue
        if beat + 6 in starts:
            brackets += [Bracket(beat, beat + 6)] if beat + 4 in starts else []
            brackets += [Bracket(beat + 6, beat + 12)] if beat + 8 in starts else []
        else:
            brackets.append(Bracket(beat, beat + 12))
    return brackets


def _longest(start: int, end: int, is_rest: bool, bracket: Bracket | None) -> int:
    """Length of the longest sign from `start` that ends at `end`, or earlier where it shows the beat."""
    if bracket is None:
        fits = _rest_fits if is_rest else _plain_fits
        return next(length for length in _PLAIN if start + length <= end and fits(start, length, end))
    position = start - bracket.start
    lengths = (length for length in _TRIPLET if start + length <= end)
    if is_rest:
        return next(n for n in lengths if n not in (3, 6) and position % min(n, bracket.unit) == 0)
    return next(n for n in lengths if _triplet_fits(position, n, start + n == end, bracket.unit))


def _rest_fits(start: int, length: int, end: int) -> bool:
    return length not in (36, 18, 9) and start % length == 0


def _plain_fits(start: int, length: int, end: int) -> bool:
    if start + length != end and (start + length) % BEAT:
        return False
    return start in _STARTS[length] if length in _STARTS else start % BEAT + length <= BEAT


def _triplet_fits(position: int, length: int, is_last: bool, unit: int) -> bool:
    """Whether a sign ends with its event or on a triplet's member; a dotted one begins or ends on one."""
    aligned = (position + length) % unit == 0
    if length in (3, 6) and length % unit:
        return (is_last or aligned) and (position % unit == 0 or aligned)
    return is_last or aligned


def beams(signs: list[Sign]) -> list[list[str]]:
    """Beams of each sign of a measure, from the first (eighth) to the third level, in MusicXML's words.

    Notes are beamed by the beat and by the triplet; four plain eighths in half a measure share one beam.
    """
    result: list[list[str]] = [[] for _ in signs]
    group: list[int] = []
    for index, sign in enumerate(signs):
        if group and (not sign.flags or _beam_group(signs, sign) != _beam_group(signs, signs[group[0]])):
            _beam(signs, group, result)
            group = []
        if sign.flags:
            group.append(index)
    _beam(signs, group, result)
    return result


def _beam_group(signs: list[Sign], sign: Sign) -> tuple[int, int, Bracket | None]:
    """What notes under one beam have in common."""
    half = 2 * BEAT
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
