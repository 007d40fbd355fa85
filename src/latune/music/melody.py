"""One voice on the grid out of the notes that a reader found in a file.

The voice is the highest one. Note times are moved to the nearest grid position, and whatever is dropped or
changed is told in plain sentences, so that nothing is lost in silence.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from latune.music.bars import Bar
from latune.music.measure import REST, Events
from latune.music.metre import COMMON_TIME, Metre

__all__ = ["MOST_MEASURES", "Reading", "Voice", "counted", "nearest_on_grid", "not_used", "single_voice"]

MOST_MEASURES = 10_000  # of a tune that is read; longer ones are refused
_EXACT = 0.005  # quarters; smaller shifts are rounding of the file format and are not worth a remark
_SIXTEENTH = 0.25  # quarters


@dataclass(frozen=True)
class Reading:
    """What a reader found in a file; times in quarters from the start of the first full measure.

    Args:
        onsets: Start of each note, shape (K,), in any order.
        ends: End of each note, shape (K,).
        pitches: MIDI pitch of each note, shape (K,).
        rest_onsets: Start of each written rest, where the format has such; shape (R,).
        length: End of the piece in quarters, where the file says so (it may lie after the last note).
        metres: Every time signature in force, such as ("4/4",); empty where the file has none.
        bars: Written measures, where the format has such: measure k takes the quarters from k Q to (k + 1) Q, with Q
            the length of the metre, also where it is a pick-up or incomplete. Empty: full measures, played in order.
        title: Empty if unknown.
        tempo: Quarters per minute, or None if unknown.
        fifths: Key signature, negative for flats, or None if unknown.
        remarks: Sentences about what the reader left out.
    """

    onsets: NDArray[np.float64]
    ends: NDArray[np.float64]
    pitches: NDArray[np.int16]
    rest_onsets: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    length: float = 0.0
    metres: tuple[str, ...] = ()
    bars: tuple[Bar, ...] = ()
    title: str = ""
    tempo: float | None = None
    fifths: int | None = None
    remarks: tuple[str, ...] = ()

    def measures(self, metre: Metre) -> int:
        """Number of measures of a metre that hold everything."""
        end = max(self.length, float(self.ends.max(initial=0.0)))
        return max(1, len(self.bars), int(np.ceil((end - _EXACT) / metre.quarters)))


@dataclass(frozen=True)
class Voice:
    """One voice on the grid, and what it took to bring it there.

    Args:
        events: Notes and rests without gaps, in full measures.
        notes: Notes that the reader found, in all voices.
        dropped: How many of them were left out.
        moved: How many of the others did not begin on the grid.
        mean_shift: How far these were moved on average, in quarters.
        largest_shift: How far the worst of them was moved, in quarters.
        remarks: The same in sentences.
    """

    events: Events
    notes: int
    dropped: int
    moved: int
    mean_shift: float
    largest_shift: float
    remarks: tuple[str, ...]


def counted(count: int, noun: str) -> str:
    """The count with its noun: "1 note", "2 notes"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def not_used(count: int, total: int, noun: str) -> str:
    """The sentence that so many of all were left aside: "2 of 3 tracks are not used."."""
    return f"{count} of {counted(total, noun)} {'is' if count == 1 else 'are'} not used."


def nearest_on_grid(quarters: NDArray[np.float64], metre: Metre = COMMON_TIME) -> NDArray[np.float64]:
    """The grid position nearest to each time; both in quarters, same shape."""
    positions = np.append(metre.positions, metre.quarters)
    middles = (positions[1:] + positions[:-1]) / 2
    starts = np.floor(quarters / metre.quarters) * metre.quarters
    return np.asarray(starts + positions[np.searchsorted(middles, quarters - starts)])


def single_voice(reading: Reading, metre: Metre = COMMON_TIME) -> Voice:
    """Reduce the notes to the highest voice on the grid.

    A note that begins below a higher one which sounds on for a sixteenth or more is dropped; any other note
    ends where the next begins. Gaps shorter than a sixteenth are closed, unless every time in the file is on
    the grid.

    Args:
        reading: At least one note.
        metre: Of the measures.
    """
    starts = nearest_on_grid(reading.onsets, metre)
    ends = nearest_on_grid(reading.ends, metre)
    shifts = np.abs(starts - reading.onsets)
    exact = bool(max(shifts.max(), np.abs(ends - reading.ends).max()) <= _EXACT)
    ends = np.where(ends > starts, ends, nearest_on_grid(starts + 1 / 3, metre))
    kept, crowded = _highest(reading, starts, ends)
    dropped = len(starts) - len(kept)
    remarks = _drop_remarks(dropped - crowded, crowded)
    starts, ends, shifts = starts[kept], ends[kept], shifts[kept]
    shifts = shifts[shifts > _EXACT]
    remarks += _shift_remarks(shifts)
    next_starts = np.append(starts[1:], np.inf)
    cut = int((ends - next_starts >= _SIXTEENTH - 1e-9).sum())
    if cut:
        remarks += (f"Ended {counted(cut, 'note')} early, where the next one begins.",)
    ends = np.minimum(ends, next_starts)
    if not exact:
        gaps = next_starts - ends
        ends = np.where(gaps < _SIXTEENTH - 1e-9, next_starts, ends)
    rests = reading.rest_onsets if len(kept) == len(reading.onsets) else np.empty(0)
    measures = max(reading.measures(metre), int(np.ceil(ends[-1] / metre.quarters - 1e-9)))
    rests = nearest_on_grid(rests, metre)
    events = _without_gaps(starts, ends, reading.pitches[kept], rests, measures * metre.quarters, metre)
    mean, largest = (float(shifts.mean()), float(shifts.max())) if len(shifts) else (0.0, 0.0)
    return Voice(events, len(reading.onsets), dropped, len(shifts), mean, largest, remarks)


def _highest(reading: Reading, starts: NDArray[np.float64], ends: NDArray[np.float64]) -> tuple[NDArray[np.int64], int]:
    """Indices of the highest voice's notes in order, and how many others found no free grid position."""
    kept: list[int] = []
    crowded = 0
    for i in np.lexsort((-reading.pitches.astype(int), starts)).tolist():
        if kept:
            j = kept[-1]
            if starts[i] == starts[j]:
                crowded += _one_after_the_other(reading, i, j)
                continue
            if reading.pitches[j] > reading.pitches[i] and ends[j] - starts[i] >= _SIXTEENTH - 1e-9:
                continue
        kept.append(i)
    return np.array(kept, dtype=np.int64), crowded


def _one_after_the_other(reading: Reading, i: int, j: int) -> bool:
    """Whether two notes at one grid position did not sound together in the file."""
    apart = max(reading.onsets[i], reading.onsets[j]) >= min(reading.ends[i], reading.ends[j]) - _EXACT
    return bool(apart and abs(reading.onsets[i] - reading.onsets[j]) > _EXACT)


def _drop_remarks(below: int, crowded: int) -> tuple[str, ...]:
    remarks: tuple[str, ...] = ()
    if below:
        remarks += (f"Dropped {counted(below, 'note')} below the highest voice.",)
    if crowded:
        remarks += (f"Dropped {counted(crowded, 'note')} too short for the grid of sixteenths and triplets.",)
    return remarks


def _shift_remarks(shifts: NDArray[np.float64]) -> tuple[str, ...]:
    if not len(shifts):
        return ()
    moved = f"Moved {counted(len(shifts), 'onset')} to the nearest grid position"
    return (f"{moved} (largest shift {shifts.max():.2f} quarters).",)


def _without_gaps(
    starts: NDArray[np.float64],
    ends: NDArray[np.float64],
    pitches: NDArray[np.int16],
    rests: NDArray[np.float64],
    length: float,
    metre: Metre,
) -> Events:
    """Fill the gaps between notes with rests; at each of `rests` in a gap a rest begins anew."""
    gap_starts, gap_ends = np.append(0.0, ends), np.append(starts, length)
    gap_starts = gap_starts[gap_ends - gap_starts > 1e-9]
    # A written rest counts only where the last note before it has ended.
    before = np.searchsorted(starts, rests + 1e-9) - 1
    sounding = (before >= 0) & (ends[before] > rests + 1e-9)
    rests = rests[~sounding & (rests >= 0) & (rests < length - 1e-9)]
    rests = np.setdiff1d(np.union1d(np.round(gap_starts, 6), np.round(rests, 6)), np.round(starts, 6))
    onsets = np.concatenate([starts, nearest_on_grid(rests, metre)])
    values = np.concatenate([pitches, np.full(len(rests), REST)]).astype(np.int16)
    order = np.argsort(onsets)
    onsets, values = onsets[order], values[order]
    return Events(onsets, np.diff(np.append(onsets, length)), values)
