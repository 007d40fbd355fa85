"""Can one tell from codes which factor a set of items shares? The FactorVAE and the beta-VAE score.

Both hold one factor and let the others vary: items are drawn from a table of codes and factors, from those of
one class of the factor. Published code draws items from a generator of data with independent factors instead; on a
table that holds all combinations equally often the two agree, and elsewhere correlated factors come along.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from latune.errors import InputError
from latune.metrics.arrays import IntArray
from latune.metrics.correlation import standardised
from latune.metrics.factors import check_codes_and_factors

__all__ = ["beta_vae_score", "factor_vae_score"]

PRUNED_DEVIATION = 0.05
"""A code with a smaller standard deviation over the items counts as unused (published code's threshold)."""

_BLOCK_VALUES = 1 << 20  # codes held at a time (8 MiB)
_ITERATIONS = 1000  # of the classifier; a few dozen do


def factor_vae_score(
    codes: ArrayLike,
    factors: ArrayLike,
    *,
    set_size: int = 64,
    train_votes: int = 10_000,
    test_votes: int = 5_000,
    seed: int = 0,
) -> float:
    """Return how often the code that varies least tells which factor a set of items shares.

    For each vote: draw a factor and a set of items of one of its classes; the code with the smallest variance in the
    set, relative to its variance over all items, votes for the factor. Each code stands for the factor it got most
    training votes from; the score is the accuracy of that on fresh votes.

    Pitfalls: codes with a standard deviation below 0.05 are dropped, so the codes' scale matters; a code may hold
    several factors and still vote right for one; chance is about 1 / K or above.

    Args:
        codes: (N, D) codes.
        factors: (N, K) classes.
        set_size: Items in a set, L.
        train_votes: Votes that the majority is taken of.
        test_votes: Fresh votes that are scored.
        seed: Seed of the draws.

    Returns:
        From 0 to 1, higher is better; 0 where all codes are dropped.

    Source: Kim and Mnih, *Disentangling by factorising*, 2018, section 4; set size and votes as in Locatello et
    al. 2019.
    """
    latent, classes = check_codes_and_factors(codes, factors)
    _check_counts(set_size=set_size, train_votes=train_votes, test_votes=test_votes)
    if set_size == 1:
        raise InputError("set_size must be at least 2: a single item has no variance.")
    latent = latent[:, latent.std(axis=0) >= PRUNED_DEVIATION]
    if latent.shape[1] == 0:
        return 0.0
    sampler = _Sampler(classes, seed)
    scaled = standardised(latent)
    count = classes.shape[1]
    table = np.zeros((2, latent.shape[1], count))
    for part, votes in zip(table, (train_votes, test_votes), strict=True):
        for factor, rows in sampler.sets(votes, set_size, latent.shape[1]):
            least = scaled[rows].var(axis=1).argmin(axis=1)
            part += np.bincount(least * count + factor, minlength=part.size).reshape(part.shape)
    majority = table[0].argmax(axis=1)
    return float(table[1][np.arange(len(majority)), majority].sum() / test_votes)


def beta_vae_score(
    codes: ArrayLike,
    factors: ArrayLike,
    *,
    set_size: int = 64,
    train_sets: int = 10_000,
    test_sets: int = 5_000,
    seed: int = 0,
) -> float:
    """Return how often a linear classifier tells which factor pairs of items share, from how far their codes differ.

    For each set: draw a factor and pairs of items that share a class of it; the mean absolute difference of each code
    over the pairs is the input. The classifier is a logistic regression on standardised inputs.

    Pitfalls: codes need not be separated at all, a linear mixture may score 1, and a classifier can tell the last
    factor as the one that none of the other codes stands for; the score is near 1 for many models.

    Args:
        codes: (N, D) codes.
        factors: (N, K) classes.
        set_size: Pairs in a set, L.
        train_sets: Sets that the classifier is fitted on.
        test_sets: Fresh sets that are scored.
        seed: Seed of the draws.

    Returns:
        From 0 to 1, higher is better; 1 / K is chance.

    Source: Higgins et al., *beta-VAE: learning basic visual concepts with a constrained variational framework*, 2017,
    section 3; set size and counts as in Locatello et al. 2019.
    """
    from sklearn.linear_model import LogisticRegression

    latent, classes = check_codes_and_factors(codes, factors)
    _check_counts(set_size=set_size, train_sets=train_sets, test_sets=test_sets)
    if classes.shape[1] == 1:
        raise InputError("The beta-VAE score tells factors apart: give at least two factors.")
    sampler = _Sampler(classes, seed)
    scaled = standardised(latent)
    held, differences = [], []
    for factor, first, second in sampler.pairs(train_sets + test_sets, set_size, latent.shape[1]):
        held.append(factor)
        differences.append(np.abs(scaled[first] - scaled[second]).mean(axis=1))
    inputs, answers = standardised(np.concatenate(differences)), np.concatenate(held)
    classifier = LogisticRegression(max_iter=_ITERATIONS).fit(inputs[:train_sets], answers[:train_sets])
    return float(classifier.score(inputs[train_sets:], answers[train_sets:]))


class _Sampler:
    """Draws sets of items that share a class of a random factor.

    Items are sorted by class once per factor; a draw is then an offset into the run of its class.

    Args:
        classes: (N, K) class numbers.
        seed: Seed of the draws.
    """

    def __init__(self, classes: IntArray, seed: int) -> None:
        self._generator = np.random.default_rng(seed)
        self._order = np.argsort(classes, axis=0, kind="stable").T
        counts = [np.bincount(column) for column in classes.T]
        members = list(zip(counts, classes.T, strict=True))
        self._counts = np.array([count[column] for count, column in members])
        self._starts = np.array([(np.cumsum(count) - count)[column] for count, column in members])
        # An item that is alone in its class shares it with nobody.
        self._shared = [np.flatnonzero(count > 1) for count in self._counts]

    def sets(self, total: int, size: int, width: int) -> Iterator[tuple[IntArray, IntArray]]:
        """Yield factors (n,) and items (n, size) that share a class; `total` sets in all, each of `width` codes."""
        for factor, item in self._draws(total, size * width):
            yield factor, self._items(factor, item, self._offsets(self._counts[factor, item], size))

    def pairs(self, total: int, size: int, width: int) -> Iterator[tuple[IntArray, IntArray, IntArray]]:
        """Yield factors (n,) and the two items of each pair, (n, size) each; they differ, and share a class."""
        for factor, item in self._draws(total, size * width):
            counts = self._counts[factor, item]
            first = self._offsets(counts, size)
            second = (first + 1 + self._offsets(counts - 1, size)) % counts[:, None]
            yield factor, self._items(factor, item, first), self._items(factor, item, second)

    def _draws(self, total: int, values: int) -> Iterator[tuple[IntArray, IntArray]]:
        """Yield factors (n,) and an item (n,) of the class to be shared, few enough at a time to bound the memory."""
        block = max(1, _BLOCK_VALUES // values)
        counts = np.array([len(items) for items in self._shared])
        for start in range(0, total, block):
            factor = self._generator.integers(len(counts), size=min(block, total - start))
            chosen = self._offsets(counts[factor], 1)[:, 0]
            item = np.empty_like(chosen)
            for k, items in enumerate(self._shared):
                item[factor == k] = items[chosen[factor == k]]
            yield factor, item

    def _offsets(self, counts: IntArray, size: int) -> IntArray:
        """Return (n, size) integers from 0, below the count of their row."""
        return (self._generator.random((len(counts), size)) * counts[:, None]).astype(np.int64)

    def _items(self, factor: IntArray, item: IntArray, offsets: IntArray) -> IntArray:
        """Return the items at offsets (n, size) into the classes that the items (n,) belong to."""
        return self._order[factor[:, None], self._starts[factor, item][:, None] + offsets]


def _check_counts(**counts: int) -> None:
    for name, count in counts.items():
        if count < 1:
            raise InputError(f"{name} must be at least 1, not {count}.")
