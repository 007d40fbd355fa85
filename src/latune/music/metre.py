"""Metres: how many beats a measure has, and where the ticks of its grid lie.

Every beat has six ticks. In a simple metre (2/4, 3/4, 4/4, 3/2 ...) the beat of the grid is a quarter with ticks at 0,
1/4, 1/3, 1/2, 2/3 and 3/4, so that sixteenths and eighth-note triplets fit; a half note counts as two such beats.
In a compound metre (3/8, 6/8, 9/8, 12/8) it is a dotted quarter with a tick on every sixteenth.

The grid of simple metres is that of Pati and Lerch 2021 (arXiv 2004.05485), which knows 4/4 alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError

__all__ = ["COMMON_TIME", "METRES", "TICKS_PER_BEAT", "TWELFTHS", "Metre", "metre_from_name"]

TICKS_PER_BEAT = 6
TWELFTHS = 12  # of a quarter note: the unit in which the whole grid is integer
_SIMPLE_TWELFTHS = np.array([0, 3, 4, 6, 8, 9])
_COMPOUND_TWELFTHS = np.array([0, 3, 6, 9, 12, 15])
_MOST_BEATS = 8  # of the grid


@dataclass(frozen=True)
class Metre:
    """A time signature with a grid.

    Args:
        numerator: Upper number of the time signature.
        denominator: Lower number.

    Raises:
        InputError: The metre has no grid of whole beats, such as 7/8.
    """

    numerator: int
    denominator: int

    def __post_init__(self) -> None:
        quarters_in_all = 4 * self.numerator % max(self.denominator, 1) == 0
        known = self.denominator in (1, 2, 4, 8) and self.numerator > 0 and (self.is_compound or quarters_in_all)
        if not known or self.beats > _MOST_BEATS:
            raise InputError(f"The metre {self.name} is not supported: expected one such as {', '.join(METRES)}.")

    @property
    def name(self) -> str:
        """As it is written: "6/8"."""
        return f"{self.numerator}/{self.denominator}"

    @property
    def is_compound(self) -> bool:
        """Whether beats are dotted quarters."""
        return self.denominator == 8 and self.numerator % 3 == 0

    @property
    def beats(self) -> int:
        """Beats of the grid in a measure."""
        return self.numerator // 3 if self.is_compound else 4 * self.numerator // self.denominator

    @property
    def ticks(self) -> int:
        """Ticks in a measure."""
        return self.beats * TICKS_PER_BEAT

    @property
    def quarters(self) -> float:
        """Length of a measure in quarter notes."""
        return self.twelfths / TWELFTHS

    @property
    def beat_twelfths(self) -> int:
        """Length of a beat of the grid in twelfths of a quarter note."""
        return 18 if self.is_compound else 12

    @property
    def twelfths(self) -> int:
        """Length of a measure in twelfths of a quarter note."""
        return self.beats * self.beat_twelfths

    @cached_property
    def tick_twelfths(self) -> NDArray[np.int64]:
        """Onset of each tick in twelfths of a quarter note from the start of the measure, shape (ticks,)."""
        in_beat = _COMPOUND_TWELFTHS if self.is_compound else _SIMPLE_TWELFTHS
        return np.asarray((np.arange(self.beats)[:, None] * self.beat_twelfths + in_beat).ravel())

    @cached_property
    def positions(self) -> NDArray[np.float64]:
        """Onset of each tick in quarter notes from the start of the measure, shape (ticks,)."""
        return self.tick_twelfths / TWELFTHS

    @cached_property
    def durations(self) -> NDArray[np.float64]:
        """Duration of each tick in quarter notes, shape (ticks,)."""
        return np.diff(np.append(self.tick_twelfths, self.twelfths)) / TWELFTHS

    def has_grid_of(self, other: Metre) -> bool:
        """Whether measures of both have the same ticks, as those of 4/4 and 2/2."""
        return (self.beats, self.is_compound) == (other.beats, other.is_compound)


METRES = ("2/4", "3/4", "4/4", "2/2", "3/2", "6/4", "5/4", "3/8", "6/8", "9/8", "12/8")
"""Names of common metres that have a grid."""

COMMON_TIME = Metre(4, 4)


def metre_from_name(name: str) -> Metre:
    """The metre of a name such as "6/8", "C" (4/4) or "C|" (2/2).

    Raises:
        InputError: It is not a time signature, or has no grid.
    """
    text = {"C": "4/4", "C|": "2/2"}.get(name.strip(), name.strip())
    match = re.fullmatch(r"(\d{1,3})\s*/\s*(\d{1,3})", text)
    if match is None:
        raise InputError(f"'{name}' is not a metre: expected one such as {', '.join(METRES)}.")
    return Metre(int(match.group(1)), int(match.group(2)))
