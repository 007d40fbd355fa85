"""What is asked of a tune of several measures: values for whole phrases, and for single measures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from latune.data.phrase_codec import PhraseCodec, of_measure
from latune.errors import InputError

__all__ = ["PhraseRequest", "Target", "phrase_request", "window_targets"]

Target = float | Sequence[float] | NDArray[np.float64]
"""A number for every whole phrase, or one number per measure of the tune."""
Values = NDArray[np.float64]


@dataclass(frozen=True)
class PhraseRequest:
    """Wanted values of the L measures of a tune and of its phrases.

    Args:
        names: Attributes of measures that are turned or held, K of them.
        each: Wanted value per measure, (L, K); not a number where nothing is asked for.
        whole: Wanted mean of every phrase, (K,); not a number where nothing is asked for.
        turned: How many of the names are turned; the others are held.
        having: Measures that have notes, (L,) booleans; the others stay as they are.
        size: Measures of a phrase; the last one of a tune may be shorter.
    """

    names: tuple[str, ...]
    each: Values
    whole: Values
    turned: int
    having: NDArray[np.bool_]
    size: int

    @property
    def has_phrases(self) -> bool:
        """Whether anything is asked of whole phrases."""
        return bool(np.isfinite(self.whole).any())

    @cached_property
    def changing(self) -> NDArray[np.int64]:
        """Numbers of the measures that may change."""
        asked = np.isfinite(self.each[:, : self.turned]).any(axis=1) | self.has_phrases
        return np.flatnonzero(asked & self.having)

    @cached_property
    def phrase_of(self) -> NDArray[np.int64]:
        """Number of the phrase that each measure belongs to, (L,)."""
        return np.arange(len(self.having)) // self.size

    @cached_property
    def members(self) -> list[NDArray[np.int64]]:
        """The measures of each phrase that have notes."""
        return [np.flatnonzero((self.phrase_of == p) & self.having) for p in range(int(self.phrase_of[-1]) + 1)]

    def measure_target(self, column: int) -> Values:
        """Wanted values of an attribute per measure, (L,)."""
        return self.each[:, column]

    def phrase_targets(self) -> Iterator[tuple[int, Values]]:
        """Column and wanted value per phrase of every attribute that is asked of whole phrases."""
        for column in np.flatnonzero(np.isfinite(self.whole)):
            yield int(column), np.full(len(self.members), self.whole[column])

    def repeated(self, length: int) -> PhraseRequest:
        """The request for a shorter tune that is repeated until it has `length` measures: the copies do not change."""
        each = np.resize(self.each, (length, len(self.names)))
        return replace(self, each=each, having=np.append(self.having, np.zeros(length - len(self.having), bool)))

    def key(self, place: int) -> bytes:
        """What is asked of a measure: equal measures with equal keys change together."""
        return bytes(self.each[place].tobytes())


def phrase_request(
    codec: PhraseCodec,
    tokens: NDArray[np.uint8],
    targets: Mapping[str, Target],
    held: Sequence[str] = (),
) -> PhraseRequest:
    """Read the wanted values of a tune.

    Args:
        codec: Of a run with a phrase model.
        tokens: The tune (L, T).
        targets: By attribute: a number for every phrase, one number per measure, or, under a name such as
            "note_density_3", a number for that measure of the tune, counted from 1.
        held: Attributes that every measure keeps.

    Raises:
        InputError: A name is unknown or asked for twice, or there are more or fewer numbers than measures.
    """
    known, length = codec.measure_codec.table.names, len(tokens)
    names: list[str] = []
    each: dict[str, Values] = {}
    whole: dict[str, float] = {}
    for given, value in targets.items():
        base, number = _split(given, known)
        column = each.setdefault(base, np.full(length, np.nan))
        names += [base] if base not in names else []
        if number is not None:
            if not 1 <= number <= length:
                raise InputError(f"{given}: the tune has {length} measures.")
            column[number - 1] = _one_number(given, value)
        elif np.ndim(value) == 0:
            whole[base] = _one_number(given, value)
        else:
            if len(np.atleast_1d(value)) != length:
                raise InputError(f"{given}: got {np.size(value)} values for {length} measures.")
            column[:] = value
    turned = len(names)
    for base in held:
        if base in names or base not in known:
            why = "both turned and held" if base in names else f"unknown: expected one of {', '.join(known)}"
            raise InputError(f"'{base}' is {why}.")
        each[base] = codec.measure_codec.measure(tokens, [base])[:, 0]
        names.append(base)
    having = np.asarray((codec.ticks(tokens) >= 0).any(axis=1))
    return PhraseRequest(
        tuple(names),
        np.column_stack([each[name] for name in names]),
        np.array([whole.get(name, np.nan) for name in names]),
        turned,
        having,
        codec.measures,
    )


def window_targets(
    request: PhraseRequest, window: NDArray[np.int64]
) -> tuple[dict[str, NDArray[np.float64] | float], list[str]]:
    """What is wanted of the measures of one window, and what is held, by the names of the phrase's knobs."""
    wanted: dict[str, NDArray[np.float64] | float] = {}
    for column, name in enumerate(request.names[: request.turned]):
        for slot, target in enumerate(request.each[window, column]):
            if np.isfinite(target):
                wanted[of_measure(name, slot + 1)] = float(target)
        if np.isfinite(request.whole[column]):
            wanted[name] = float(request.whole[column])
    held = [of_measure(name, slot + 1) for name in request.names[request.turned :] for slot in range(len(window))]
    return wanted, held


def _split(name: str, known: Sequence[str]) -> tuple[str, int | None]:
    if name in known:
        return name, None
    base, _, number = name.rpartition("_")
    if base in known and number.isdecimal():
        return base, int(number)
    raise InputError(f"There is no knob '{name}': expected one of {', '.join(known)}, or such a name with _1, _2 ...")


def _one_number(name: str, value: Target) -> float:
    if np.ndim(value) != 0:
        raise InputError(f"{name}: expected one number, got {np.size(value)}.")
    return float(np.asarray(value))
