"""Segments of ABC music as written measures: pick-ups, incomplete measures, repeats and endings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from latune.errors import InputError
from latune.music.abc_fields import PARTS
from latune.music.abc_music import AbcNote, Segment
from latune.music.bars import Bar
from latune.music.measure import REST
from latune.music.melody import counted
from latune.music.metre import TWELFTHS

__all__ = ["placed_notes", "written_bars"]

_TWELFTH = PARTS // TWELFTHS
_MOST_PIECES = 8  # of one measure, beyond repeat marks and double bar lines


def written_bars(segments: Sequence[Segment], repeat_end: int) -> tuple[list[Bar], list[int]]:
    """Each segment as a measure.

    Args:
        segments: Music between bar lines, none empty.
        repeat_end: How often the last part is played in all, where the tune ends in a repeat mark.

    Returns:
        The bars, and where each segment begins in its measure, in parts of a quarter.

    Raises:
        InputError: A segment is longer than a measure.
    """
    _check_lengths(segments)
    endings = _endings(segments)
    begins = _begins(segments, endings)
    bars = [
        Bar(begin // _TWELFTH, -(-(begin + segment.length) // _TWELFTH), segment.mark.repeat_start, 0, passes)
        for segment, begin, passes in zip(segments, begins, endings, strict=True)
    ]
    _end_repeats(bars, segments, repeat_end)
    _begin_repeats(bars, segments)
    return bars, begins


def _check_lengths(segments: Sequence[Segment]) -> None:
    for number, segment in enumerate(segments, start=1):
        if segment.length > segment.metre.length:
            raise InputError(
                f"has a measure longer than its metre {segment.metre.name}: expected at most"
                f" {segment.metre.length / PARTS:g} quarters in measure {number}, found {segment.length / PARTS:g}."
            )


def _endings(segments: Sequence[Segment]) -> list[tuple[int, ...]]:
    """The passes of each segment: an ending goes on to the next ending, double bar line or repeat mark."""
    endings: list[tuple[int, ...]] = []
    current: tuple[int, ...] = ()
    for segment in segments:
        if segment.mark.ending or segment.mark.section:
            current = segment.mark.ending
        endings.append(current)
    return endings


def _begins(segments: Sequence[Segment], endings: Sequence[tuple[int, ...]]) -> list[int]:
    """Where each segment begins in its measure.

    Full measures begin at 0. An incomplete one takes the end of the measure if it completes the one before, or if it
    opens the tune or a section; otherwise it takes the beginning. All endings of a part begin at the same place.
    """
    begins: list[int] = []
    filled = before_endings = 0  # of the measure, by the segments so far
    for i, segment in enumerate(segments):
        if segment.mark.ending:
            if i and endings[i - 1]:
                filled = before_endings
            before_endings = filled
        begins.append(_begin(segments, i, filled))
        filled = (begins[-1] + segment.length) % segment.metre.length
    return begins


def _begin(segments: Sequence[Segment], index: int, filled: int) -> int:
    segment = segments[index]
    missing = segment.metre.length - segment.length
    if missing in (0, filled):
        return missing
    opens = index == 0 or (segment.mark.section and not segment.mark.ending)
    if not opens or index + 1 == len(segments) or _is_completed(segments, index, 0):
        return 0
    return filled if _is_completed(segments, index, filled) else missing


def _is_completed(segments: Sequence[Segment], index: int, begin: int) -> bool:
    """Whether segments after this one, beyond repeat marks or double bar lines, fill the rest of its measure."""
    full = segments[index].metre.length
    end = begin + segments[index].length
    for following in segments[index + 1 : index + _MOST_PIECES]:
        if end >= full or not (following.mark.section or following.mark.ending):
            break
        end += following.length
    return end == full


def _end_repeats(bars: list[Bar], segments: Sequence[Segment], last: int) -> None:
    """Mark where parts are repeated, and how often they are played: as often as their endings say."""
    ends = [segment.mark.repeat_end for segment in segments[1:]] + [last]
    for has_endings, run in groupby(range(len(bars)), key=lambda index: bool(bars[index].endings)):
        indices = list(run)
        passes = max(bars[index].endings[-1] for index in indices) if has_endings else 2
        for index in indices:
            following = index + 1 if index != indices[-1] else None
            # Without a repeat mark between two endings, none of them would be reached again.
            implied = has_endings and following and bars[following].endings[0] > bars[index].endings[-1]
            if ends[index] or implied:
                bars[index] = replace(bars[index], repeat_end=max(ends[index], 2, passes))


def _begin_repeats(bars: list[Bar], segments: Sequence[Segment]) -> None:
    """Begin a repeated part at the last double bar line, where it has no mark of its own."""
    start = implied = 0
    marked = False
    for i, (bar, segment) in enumerate(zip(bars, segments, strict=True)):
        mark, before = segment.mark, bars[i - 1] if i else None
        if before and not bar.endings and (before.repeat_end or before.endings):
            start, marked = i, False
            implied = implied if _ending_is_open(bars, i) else i
        if mark.repeat_start:
            start, implied, marked = i, i, True
        elif mark.section and not bar.endings and not marked:
            start = i
        if bar.repeat_end and start != implied:
            bars[start] = replace(bars[start], repeat_start=True)
            implied = start


def _ending_is_open(bars: Sequence[Bar], index: int) -> bool:
    """Whether the endings before a bar stop at the first, so that its second pass goes on without a mark."""
    before = bars[index - 1]
    return bool(before.endings and before.repeat_end > before.endings[-1])


def placed_notes(
    segments: Sequence[Segment], begins: Sequence[int]
) -> tuple[list[tuple[int, int, int]], list[int], tuple[str, ...]]:
    """Notes and rests on the time line of written measures.

    Returns:
        Onset, end and pitch of each note, ties merged; the onsets of rests; remarks. Times in parts of a quarter.
    """
    notes: list[tuple[int, int, int]] = []
    rests: list[int] = []
    measure = broken = 0
    held: AbcNote | None = None  # a tied note that waits for its continuation
    for segment, begin in zip(segments, begins, strict=True):
        if segment.mark.repeat_end or segment.mark.repeat_start:
            broken += held is not None
            held = None
        for note in segment.notes:
            onset = measure + begin + note.onset
            if note.pitch == REST:
                rests += [] if note.hidden else [onset]
            elif held is not None and held.pitch == note.pitch:
                notes[-1] = (notes[-1][0], onset + note.length, note.pitch)
            else:
                notes.append((onset, onset + note.length, note.pitch))
            held = note if note.tied else None
        measure += segment.metre.length
    return notes, rests, (f"Ended {counted(broken, 'tie')} at repeat marks.",) if broken else ()
