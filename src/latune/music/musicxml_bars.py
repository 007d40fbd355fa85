"""The written measures of a MusicXML part: their lengths, repeats and endings."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from latune.errors import InputError
from latune.music.bars import Bar, place_bars, usual_passes
from latune.music.metre import COMMON_TIME, TWELFTHS, metre_from_name

__all__ = ["Marks", "measure_marks", "written_bars"]

_ROUNDING = 1e-3  # twelfths


@dataclass(frozen=True)
class Marks:
    """What stands at the bar lines of a measure.

    Args:
        repeat_start: Whether a repeated part begins here.
        repeat_end: How often the part that ends here is played in all; 0 where none ends.
        endings: Passes in which it is played; empty: all.
        opens: Whether a section may begin here: after a repeat, a last ending or a double bar line.
        breaks: Whether there is any mark before it.
    """

    repeat_start: bool
    repeat_end: int
    endings: tuple[int, ...]
    opens: bool
    breaks: bool


def measure_marks(part: ET.Element) -> list[Marks]:
    """The marks of each measure of a part."""
    marks: list[Marks] = []
    endings: tuple[int, ...] = ()
    opens = True
    for measure in part.findall("measure"):
        repeats = measure.findall("barline/repeat")
        forward = any(repeat.get("direction") == "forward" for repeat in repeats)
        backward = next((repeat for repeat in repeats if repeat.get("direction") == "backward"), None)
        started = [e for e in measure.findall("barline/ending") if e.get("type") == "start"]
        stopped = any(e.get("type") in ("stop", "discontinue") for e in measure.findall("barline/ending"))
        if started:
            turns = (int(turn) for turn in re.findall(r"\d{1,2}", started[0].get("number", "")))
            endings = tuple(turn for turn in turns if turn > 0)
        times = 0 if backward is None else _times(backward.get("times"), endings)
        breaks = opens or forward or bool(started)
        marks.append(Marks(forward, times, endings, breaks and not started, breaks))
        style = measure.findtext("barline[@location='right']/bar-style") or ""
        opens = backward is not None or stopped or style in ("light-light", "light-heavy")
        endings = () if stopped else endings
    return marks


def _times(text: str | None, endings: tuple[int, ...]) -> int:
    """How often a part is played whose backward repeat says `text`: endings before the last are played again."""
    if text is not None and re.fullmatch(r"\d{1,2}", text) and int(text) >= 2:
        return int(text)
    return usual_passes(endings)


def written_bars(part: Any, marks: Sequence[Marks]) -> tuple[list[float], tuple[Bar, ...]] | None:
    """Where the measures of a music21 part lie when each takes a whole measure of the metre.

    Args:
        part: A `music21.stream.Part` whose repeats are not written out.
        marks: Of its measures.

    Returns:
        The start of each measure in quarters, and the bars; None where the measures do not fit one metre.
    """
    measures = list(part.getElementsByClass("Measure"))
    names = list(dict.fromkeys(s.ratioString for s in part.flatten().getElementsByClass("TimeSignature")))
    try:
        metre = metre_from_name(names[0]) if names else COMMON_TIME
    except InputError:
        return None
    exact = [float(measure.highestTime) * TWELFTHS for measure in measures]
    lengths = [round(length) for length in exact]
    regular = all(abs(length - whole) < _ROUNDING for length, whole in zip(exact, lengths, strict=True))
    if len(names) > 1 or len(measures) != len(marks) or not regular:
        return None
    places = place_bars(lengths, metre.twelfths, [mark.opens for mark in marks], [mark.breaks for mark in marks])
    if places is None:
        return None
    starts = [number * metre.quarters + begins / TWELFTHS for number, (begins, _) in enumerate(places)]
    bars = tuple(
        Bar(begins, ends, mark.repeat_start, mark.repeat_end, mark.endings)
        for (begins, ends), mark in zip(places, marks, strict=True)
    )
    return starts, bars
