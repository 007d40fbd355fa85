"""Tunes: one melody as written measures on the grid, with pick-ups, repeats and endings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.music.bars import Bar, play_order
from latune.music.measure import HOLD, REST, Events, events_from_ticks
from latune.music.metre import COMMON_TIME, Metre

__all__ = ["DEFAULT_TEMPO", "FASTEST", "SLOWEST", "Tune", "full_bars", "tune_from_ticks"]

DEFAULT_TEMPO = 100.0  # quarters per minute
SLOWEST, FASTEST = 4.0, 10_000.0  # quarters per minute that a tune may have


def full_bars(measures: int, metre: Metre) -> tuple[Bar, ...]:
    """So many full measures that are played in order."""
    return (Bar(0, metre.twelfths),) * measures


@dataclass(frozen=True, eq=False)
class Tune:
    """One melody.

    Args:
        ticks: Written measures (M, T): a MIDI pitch where a note begins, `HOLD`, `REST`. Where a measure is not
            written (before a pick-up, after an incomplete one), a rest fills it.
        metre: Of all measures; T is its number of ticks.
        bars: What is written of each measure, and its marks, (M,).
        title: The title in the file, or else the file's name without suffix.
        tempo: Quarters per minute; 100 where the file has none.
        fifths: Key signature in sharps, or negative flats; None if unknown.
        remarks: Sentences about anything that was dropped or changed on reading.

    Raises:
        InputError: The shape of the ticks is not that of the metre and the bars.
    """

    ticks: NDArray[np.int16]
    metre: Metre = COMMON_TIME
    bars: tuple[Bar, ...] = ()
    title: str = ""
    tempo: float = DEFAULT_TEMPO
    fifths: int | None = None
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.bars:
            object.__setattr__(self, "bars", full_bars(len(self.ticks), self.metre))
        if self.ticks.shape != (len(self.bars), self.metre.ticks):
            raise InputError(
                f"The ticks have the shape {self.ticks.shape}: expected ({len(self.bars)}, {self.metre.ticks})."
            )

    @cached_property
    def performed(self) -> NDArray[np.int16]:
        """Measures (P, T) as they are played: repeats written out, incomplete measures joined with their completion."""
        rows: list[NDArray[np.int16]] = []
        end = 0  # of what is played so far of the last row
        for number in play_order(self.bars):
            bar, row = self.bars[number], self.ticks[number]
            if rows and 0 < bar.begins == end:
                written = self.metre.tick_twelfths >= bar.begins
                rows[-1] = np.where(written, row, rows[-1])
            else:
                rows.append(row)
            end = bar.ends
        played = np.stack(rows) if rows else np.empty((0, self.metre.ticks), np.int16)
        if played.size and played[0, 0] == HOLD:  # of a measure that is never played
            played[0, 0] = REST
        return played

    @cached_property
    def events(self) -> Events:
        """Notes and rests as they are played; a pick-up begins with a rest."""
        return events_from_ticks(self.performed, self.metre)

    @cached_property
    def written(self) -> NDArray[np.bool_]:
        """Which ticks (M, T) are written, and not filled with a rest."""
        begins = np.array([bar.begins for bar in self.bars])[:, None]
        ends = np.array([bar.ends for bar in self.bars])[:, None]
        places = self.metre.tick_twelfths
        return np.asarray((places >= begins) & (places < ends))

    def with_ticks(self, ticks: NDArray[np.int16]) -> Tune:
        """This tune with other measures (M, T), of which only what is written is taken."""
        return replace(self, ticks=_only_written(ticks, self))


def tune_from_ticks(
    ticks: NDArray[np.int16],
    title: str = "",
    tempo: float = DEFAULT_TEMPO,
    fifths: int | None = None,
    metre: Metre = COMMON_TIME,
    bars: tuple[Bar, ...] = (),
) -> Tune:
    """A tune out of ticks (M, T), in full measures where no bars are given.

    A `HOLD` that has nothing to hold, `START` and `END` become rests.
    """
    tune = Tune(np.asarray(ticks, np.int16), metre, bars, title, tempo, fifths)
    return tune.with_ticks(np.where(tune.ticks < REST, REST, tune.ticks))


def _only_written(ticks: NDArray[np.int16], tune: Tune) -> NDArray[np.int16]:
    """Ticks (M, T) with a rest wherever nothing is written, or nothing sounds that could be held."""
    written = tune.written
    begins = ~written
    begins[:, 1:] &= written[:, :-1]  # a rest begins at the first tick that is not written
    result = np.where(written, ticks, np.where(begins, REST, HOLD)).astype(np.int16)
    for number, bar in enumerate(tune.bars):
        first = int(np.searchsorted(tune.metre.tick_twelfths, bar.begins))
        goes_on = number > 0 and bar.adjoins(tune.bars[number - 1], tune.metre.twelfths)
        if result[number, first] == HOLD and not goes_on:
            result[number, first] = REST
    return result
