"""Intervals by resampling items, or whole groups of them.

A bootstrap draws as many items as there are, with replacement, and computes the score again; the spread of
the scores over many draws is the uncertainty of the one that is reported. Instead of copying items, every
draw is written as *weights*, the share of each item in the draw, so that a score made of weighted means is
computed for all draws with one matrix product.

Items of one group (the measures of a tune, the views of an object) resemble each other. Give ``groups`` and
whole groups are drawn, which keeps the interval honest.

Source: B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap, 1993.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from latune.errors import InputError
from latune.metrics.arrays import FloatArray, IntArray

__all__ = ["Estimate", "bootstrap_mean", "bootstrap_weights", "interval"]

_BLOCK_VALUES = 1 << 22
"""Weights held at a time (32 MiB)."""


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval.

    Attributes:
        value: The score on the items as they are.
        low: Lower end of the interval; not a number where no interval was asked for.
        high: Upper end of the interval; not a number where no interval was asked for.
    """

    value: float
    low: float = float("nan")
    high: float = float("nan")

    def to_dict(self) -> dict[str, float | None]:
        """Return plain numbers for JSON; an end that was not computed is None."""
        return {
            "value": self.value,
            "low": None if np.isnan(self.low) else self.low,
            "high": None if np.isnan(self.high) else self.high,
        }

    def __str__(self) -> str:
        if np.isnan(self.low) or np.isnan(self.high):
            return f"{self.value:.3f}"
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def interval(value: float, repetitions: FloatArray) -> Estimate:
    """Return the value with the 2.5 and 97.5 percentiles of its bootstrap repetitions (B,).

    Without repetitions the interval is left open (not a number).
    """
    if repetitions.size == 0:
        return Estimate(float(value))
    low, high = np.quantile(repetitions, [0.025, 0.975])
    return Estimate(float(value), float(low), float(high))


def bootstrap_weights(
    items: int, repetitions: int, seed: int = 0, groups: ArrayLike | None = None
) -> Iterator[FloatArray]:
    """Draw bootstrap weights, some repetitions at a time to bound the memory.

    Args:
        items: Number of items N.
        repetitions: Number of draws B in all.
        seed: Seed of the draws.
        groups: Optional (N,) labels; items with the same label are drawn together.

    Yields:
        (b, N) weights whose rows sum to 1, the b of all blocks together being B. A row without resampling
        would hold 1/N everywhere.
    """
    if repetitions < 0:
        raise InputError(f"bootstrap must be zero or more repetitions, not {repetitions}.")
    membership = _membership(groups, items)
    group_count = items if membership is None else int(membership.max()) + 1
    generator = np.random.default_rng(seed)
    block = max(1, _BLOCK_VALUES // items)
    for start in range(0, repetitions, block):
        rows = min(block, repetitions - start)
        weights = _multinomial_counts(generator, rows, group_count)
        if membership is not None:
            weights = weights[:, membership]
        yield weights / weights.sum(axis=1, keepdims=True)


def bootstrap_mean(
    values: ArrayLike, groups: ArrayLike | None = None, repetitions: int = 1000, seed: int = 0
) -> Estimate:
    """Return the mean of one value per item with its 95 % bootstrap interval.

    Args:
        values: (N,) numbers, one per item; booleans count as 0 and 1.
        groups: Optional (N,) labels; items with the same label are drawn together.
        repetitions: Number of bootstrap draws; 0 leaves the interval open.
        seed: Seed of the draws.

    Returns:
        The mean, in the unit of the values, with its interval.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or numbers.size == 0:
        raise InputError(f"values must be one number per item, not an array of shape {numbers.shape}.")
    if not np.isfinite(numbers).all():
        raise InputError(f"values must be finite: {int((~np.isfinite(numbers)).sum())} are not.")
    blocks = [weights @ numbers for weights in bootstrap_weights(numbers.size, repetitions, seed, groups)]
    return interval(float(numbers.mean()), np.concatenate([np.empty(0), *blocks]))


def _membership(groups: ArrayLike | None, items: int) -> IntArray | None:
    """Return the group number of each item, or None where every item is its own group."""
    if groups is None:
        return None
    labels = np.asarray(groups)
    if labels.shape != (items,):
        raise InputError(f"groups must have one label for each of the {items} items, not shape {labels.shape}.")
    unique, membership = np.unique(labels, return_inverse=True)
    if len(unique) < 2:
        raise InputError("groups must have at least two different labels, or no interval can be drawn.")
    return membership.astype(np.int64)


def _multinomial_counts(generator: np.random.Generator, rows: int, categories: int) -> FloatArray:
    """Return (rows, categories) counts of `categories` uniform draws each."""
    draws = generator.integers(categories, size=(rows, categories))
    draws += np.arange(rows)[:, None] * categories
    counts = np.bincount(draws.ravel(), minlength=rows * categories)
    return counts.reshape(rows, categories).astype(np.float64)
