"""Written measures: pick-ups, incomplete measures, repeats and endings, and the order in which they are played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from latune.music.metre import Metre

__all__ = ["MOST_PLAYED", "Bar", "bars_on_grid", "place_bars", "play_order", "repeat_starts", "usual_passes"]

MOST_PLAYED = 20_000
"""Longest order of play; longer ones are cut off, which only broken repeat marks need."""


@dataclass(frozen=True)
class Bar:
    """One written measure: which part of the metre's grid it fills, and its marks.

    Args:
        begins: First twelfth of a quarter that is written; above 0 in a pick-up, which fills the end of a measure.
        ends: Twelfth after the last one that is written; the metre's length in a full measure.
        repeat_start: Whether a repeated part begins here.
        repeat_end: How often the part that ends here is played in all; 0 where no repeat ends.
        endings: Passes of the repeated part in which this measure is played, such as (1,); empty: in every pass.
    """

    begins: int
    ends: int
    repeat_start: bool = False
    repeat_end: int = 0
    endings: tuple[int, ...] = ()

    def adjoins(self, before: Bar, full: int) -> bool:
        """Whether it begins in the grid where the measure before ends, in a metre of `full` twelfths."""
        return before.ends == (self.begins or full)


def usual_passes(endings: Sequence[int]) -> int:
    """How often a part is played whose repeat mark does not say it: another ending may follow those that end here."""
    return max(2, *(turn + 1 for turn in endings)) if endings else 2


def bars_on_grid(bars: Sequence[Bar], metre: Metre) -> tuple[Bar, ...]:
    """Measures that begin and end at the nearest ticks of the metre; none becomes empty."""
    ticks = [*metre.tick_twelfths.tolist(), metre.twelfths]
    nearest = [min(ticks, key=lambda tick: abs(tick - twelfth)) for twelfth in range(metre.twelfths + 1)]
    result = []
    for bar in bars:
        begins = min(nearest[bar.begins], ticks[-2])
        ends = max(nearest[bar.ends], ticks[ticks.index(begins) + 1])
        result.append(replace(bar, begins=begins, ends=ends))
    return tuple(result)


def play_order(bars: Sequence[Bar]) -> list[int]:
    """Numbers of the measures in the order in which they are played, repeats written out.

    A part goes from its start (or the end of the part before) to its `repeat_end`; measures with `endings` are
    played in those passes only. A last ending may lie behind the repeat's end.
    """
    order: list[int] = []
    start, current, turn = 0, 0, 1
    while current < len(bars) and len(order) < MOST_PLAYED:
        bar = bars[current]
        if bar.repeat_start and current != start and not bar.endings:
            start, turn = current, 1
        if bar.endings and turn not in bar.endings:
            current += 1
            continue
        order.append(current)
        if bar.repeat_end > turn:
            current, turn = start, turn + 1
            continue
        current += 1
        another_ending = current < len(bars) and bool(bars[current].endings)
        if (bar.repeat_end or bar.endings) and not another_ending:
            start, turn = current, 1
    return order


def repeat_starts(bars: Sequence[Bar]) -> set[int]:
    """Numbers of the measures that playing goes back to, marked or not."""
    return {after for before, after in pairwise(play_order(bars)) if after <= before}


def place_bars(
    lengths: Sequence[int], full: int, opens: Sequence[bool], breaks: Sequence[bool]
) -> list[tuple[int, int]] | None:
    """Where written measures lie in the metre's grid: (begins, ends) of each.

    A short measure that begins a section (the first measure, or after a repeat or a double bar line), and not the last
    one, is a pick-up and fills the end of the grid's measure; so is one that completes the short measure before it.
    Other short measures fill the beginning, and so does one that the next measure completes behind a mark.

    Args:
        lengths: Written length of each measure, in any unit.
        full: Length of a full measure in that unit.
        opens: Whether a section may begin at each measure.
        breaks: Whether there is any mark before each measure: a repeat, an ending, a double bar line.

    Returns:
        None if a measure is longer than the metre's.
    """
    places: list[tuple[int, int]] = []
    for number, (length, may_begin) in enumerate(zip(lengths, opens, strict=True)):
        if length > full:
            return None
        completes = bool(places) and places[-1] == (0, full - length)
        following = number + 1 < len(lengths)
        is_completed = following and breaks[number + 1] and length + lengths[number + 1] == full
        is_pick_up = 0 < length < full and (completes or (may_begin and following and not is_completed))
        places.append((full - length, full) if is_pick_up else (0, length or full))
    return places
