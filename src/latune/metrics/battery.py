"""Synthetic codes whose answers are known: what a metric should say of them follows from how they were made.

Four factors with six classes each are drawn evenly; every case writes them into codes in another way. Four questions
(`QUESTIONS`) have a known answer for each case.

No training and no files: the cases are the same for the same number of items and seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from latune.errors import InputError
from latune.metrics.arrays import FloatArray, IntArray
from latune.metrics.correlation import standardised
from latune.metrics.expectations import Expectation, expectations_of

__all__ = ["CLASSES", "FACTORS", "QUESTIONS", "Answer", "Case", "Question", "battery"]

FACTORS, CLASSES = 4, 6
FEWEST_ITEMS = 200
"""Below this, factors that were drawn independently are visibly not."""

Question = Literal["separate", "compact", "followed", "readable"]
Answer = Literal["yes", "partly", "no"]

QUESTIONS: Mapping[Question, str] = {
    "separate": "Does each code speak of one factor only?",
    "compact": "Is each factor in one code only?",
    "followed": "Does a single code tell each factor?",
    "readable": "Can the factors be read from all codes together?",
}
"""What a metric may be asked; a code that says nothing does not count, but for noise all answers are no."""


@dataclass(frozen=True, eq=False)
class Case:
    """Codes that were made of factors in a known way.

    Attributes:
        key: Its name in tables.
        title: What it is, in a few words.
        made: What was done to the codes, in one sentence.
        codes: (N, D) codes.
        factors: (N, 4) classes from 0.
        attributes: (N, 4) the same as ordered values, or None where a factor has no order.
        truth: The answer to each question.
        expected: What the definitions of the metrics demand, by the metric's key.
    """

    key: str
    title: str
    made: str
    codes: FloatArray
    factors: IntArray
    attributes: FloatArray | None
    truth: Mapping[Question, Answer]
    expected: Mapping[str, Expectation] = field(default_factory=dict)


@dataclass(frozen=True)
class _Plan:
    """How a case is made: what is written of it, and the function from factors and noise to codes."""

    key: str
    title: str
    made: str
    answers: tuple[Answer, Answer, Answer, Answer]  # separate, compact, followed, readable
    write: Callable[[FloatArray, np.random.Generator], FloatArray]
    ordered: bool = True
    correlation: float = 0.0


def battery(items: int = 2000, seed: int = 0) -> tuple[Case, ...]:
    """Make all cases.

    Args:
        items: Number of items N of each, at least 200.
        seed: Seed of factors and noise.

    Returns:
        The cases, from what every metric should praise to pure noise.
    """
    if items < FEWEST_ITEMS:
        raise InputError(f"items must be at least {FEWEST_ITEMS}, not {items}.")
    return tuple(_case(plan, items, seed) for plan in _PLANS)


def _case(plan: _Plan, items: int, seed: int) -> Case:
    # The same two streams for every case: cases differ by what was done to them alone.
    draws, noise = (np.random.default_rng(stream) for stream in np.random.SeedSequence(seed).spawn(2))
    factors = _draw_factors(items, plan.correlation, draws)
    separate, compact, followed, readable = plan.answers
    return Case(
        key=plan.key,
        title=plan.title,
        made=plan.made,
        codes=plan.write(factors.astype(np.float64), noise),
        factors=factors,
        attributes=factors.astype(np.float64) if plan.ordered else None,
        truth={"separate": separate, "compact": compact, "followed": followed, "readable": readable},
        expected=expectations_of(plan.key),
    )


def _draw_factors(items: int, correlation: float, generator: np.random.Generator) -> IntArray:
    """Return (items, 4) classes, even in number; neighbours (0, 1) and (2, 3) share a normal variable."""
    own = generator.standard_normal((items, FACTORS))
    shared = np.repeat(generator.standard_normal((items, FACTORS // 2)), 2, axis=1)
    mixed = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own
    return (np.argsort(np.argsort(mixed, axis=0), axis=0) * CLASSES // items).astype(np.int64)


def _perfect(factors: FloatArray, noise: np.random.Generator) -> FloatArray:
    return standardised(factors)


def _permuted(factors: FloatArray, noise: np.random.Generator) -> FloatArray:
    return standardised(factors)[:, [2, 0, 3, 1]] * [1, -1, -1, 1]


def _rescaled(factors: FloatArray, noise: np.random.Generator) -> FloatArray:
    inactive = 0.01 * noise.standard_normal((len(factors), FACTORS))
    return np.hstack([standardised(factors) * [0.1, 1, 10, 100], inactive])


def _idle(factors: FloatArray, noise: np.random.Generator) -> FloatArray:
    return np.hstack([standardised(factors), noise.standard_normal((len(factors), FACTORS))])


def _monotone(factors: FloatArray, noise: np.random.Generator) -> FloatArray:
    return standardised(5.0**factors)


def _shuffled(factors: FloatArray, noise: np.random.Generator) -> FloatArray:
    # The rank correlation of this order of the classes with their own is 0.03.
    return standardised(np.array([2.0, 5.0, 0.0, 3.0, 1.0, 4.0])[factors.astype(np.int64)])


def _duplicated(factors: FloatArray, noise: np.random.Generator) -> FloatArray:
    return np.hstack([standardised(factors)] * 2)


def _split(factors: FloatArray, noise: np.random.Generator) -> FloatArray:
    return standardised(np.hstack(np.divmod(factors, 2)))


def _periodic(factors: FloatArray, noise: np.random.Generator) -> FloatArray:
    angles = 2 * np.pi * factors / CLASSES
    # Rounded, or sines that are equal differ in their last bits, and one of them crosses the edge of a bin.
    return np.hstack([np.sin(angles), np.cos(angles)]).round(9)


def _noisy(factors: FloatArray, noise: np.random.Generator) -> FloatArray:
    return standardised(factors) + 0.75 * noise.standard_normal(factors.shape)


def _quantised(factors: FloatArray, noise: np.random.Generator) -> FloatArray:
    return standardised(np.floor(2 * factors / CLASSES))


def _missing(factors: FloatArray, noise: np.random.Generator) -> FloatArray:
    return standardised(factors)[:, :-1]


def _leaky(factors: FloatArray, noise: np.random.Generator) -> FloatArray:
    values = standardised(factors)
    return np.asarray(values + (values.sum(axis=1, keepdims=True) - values) / 3)


def _packed(factors: FloatArray, noise: np.random.Generator) -> FloatArray:
    return standardised(np.column_stack([CLASSES * factors[:, 0] + factors[:, 1], factors[:, 2:]]))


def _locked(factors: FloatArray, noise: np.random.Generator) -> FloatArray:
    key, value = factors[:, ::2], factors[:, 1::2]
    return standardised(np.hstack([key, (key + value) % CLASSES]))


def _rotated(factors: FloatArray, noise: np.random.Generator) -> FloatArray:
    values = standardised(factors)
    first, second = values[:, ::2], values[:, 1::2]
    return np.asarray(np.hstack([first + second, first - second]) / np.sqrt(2))


def _mixed(factors: FloatArray, noise: np.random.Generator) -> FloatArray:
    rotation = np.array([[4, -3, -2, -1], [3, 4, -1, 2], [2, 1, 4, -3], [1, -2, 3, 4]]) / np.sqrt(30)
    return np.asarray(standardised(factors) @ rotation)


def _noise(factors: FloatArray, noise: np.random.Generator) -> FloatArray:
    return noise.standard_normal(factors.shape)


_ALL: tuple[Answer, Answer, Answer, Answer] = ("yes", "yes", "yes", "yes")
_PLANS = (
    _Plan("perfect", "perfect", "Each code is one factor.", _ALL, _perfect),
    _Plan("permuted", "permuted, flipped", "Perfect codes in another order, two of them upside down.", _ALL, _permuted),
    _Plan(
        "rescaled",
        "rescaled, four inactive",
        "Perfect codes times 0.1, 1, 10 and 100, and four codes of noise with a deviation of 0.01.",
        _ALL,
        _rescaled,
    ),
    _Plan("idle", "four codes of noise beside", "Perfect codes, and four codes of noise as large.", _ALL, _idle),
    _Plan("monotone", "bent", "Each code is five to the power of one factor's class.", _ALL, _monotone),
    _Plan(
        "shuffled", "classes out of order", "Each code is one factor, its classes in another order.", _ALL, _shuffled
    ),
    _Plan(
        "correlated",
        "correlated factors",
        "Perfect codes of factors that are correlated in two pairs (0.7).",
        _ALL,
        _perfect,
        correlation=0.7,
    ),
    _Plan(
        "duplicated",
        "each factor twice",
        "Perfect codes, each of them twice.",
        ("yes", "no", "yes", "yes"),
        _duplicated,
    ),
    _Plan(
        "split",
        "each factor over two codes",
        "One code says which pair of classes it is, another one which of the two.",
        ("yes", "no", "partly", "yes"),
        _split,
    ),
    _Plan(
        "periodic",
        "sine and cosine",
        "Each factor is an angle, written as sine and cosine.",
        ("yes", "no", "partly", "yes"),
        _periodic,
        ordered=False,
    ),
    _Plan(
        "noisy",
        "noisy",
        "Perfect codes with noise of three quarters of their deviation.",
        ("yes", "yes", "partly", "partly"),
        _noisy,
    ),
    _Plan(
        "quantised",
        "two levels",
        "Each code says whether its factor is in the lower or upper half of its classes.",
        ("yes", "yes", "partly", "partly"),
        _quantised,
    ),
    _Plan(
        "missing",
        "one factor missing",
        "Perfect codes of three factors; nothing is said of the fourth.",
        ("yes", "partly", "partly", "partly"),
        _missing,
    ),
    _Plan(
        "leaky",
        "leaky",
        "Each code is one factor plus a third of each of the others.",
        ("partly", "partly", "yes", "yes"),
        _leaky,
    ),
    _Plan(
        "packed",
        "two factors in one code",
        "One code is six times the first factor plus the second; the others are in order.",
        ("partly", "yes", "partly", "yes"),
        _packed,
    ),
    _Plan(
        "locked",
        "needs a key",
        "Two factors are in order; two codes are sums of one of these and another factor, modulo 6.",
        ("partly", "partly", "partly", "yes"),
        _locked,
    ),
    _Plan(
        "rotated", "pairs rotated by 45°", "Perfect codes, turned in pairs.", ("no", "no", "partly", "yes"), _rotated
    ),
    _Plan(
        "mixed",
        "all rotated together",
        "Perfect codes, turned together: each code's variance is 53, 30, 13 and 3 % that of the four factors.",
        ("no", "no", "partly", "yes"),
        _mixed,
    ),
    _Plan("noise", "pure noise", "Codes that know nothing.", ("no", "no", "no", "no"), _noise),
)
