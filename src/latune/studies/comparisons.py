"""Do methods differ, and by how much? Paired by seed within a data set, with intervals, over all runs of a study.

The intervals are about training again with another seed on the same data, not about other data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from latune.evaluation.folds import CONFIDENCE, mean_and_interval
from latune.studies.results import Results

__all__ = [
    "ALL_PAIRS",
    "Comparison",
    "Correlations",
    "compare",
    "holm",
    "improvement_probability",
    "paired_comparison",
    "rank_correlations",
]

ALL_PAIRS = 6
"""Up to so many variants all pairs are compared; beyond, each one with the first."""

BOOTSTRAP_RUNS, WILCOXON_RUNS, CORRELATION_RUNS = 5, 6, 5
"""Smallest numbers of pairs, or runs, that these are computed of."""

_DRAWS = 2000
_SEED = 0


@dataclass(frozen=True)
class Comparison:
    """Two variants on one data set, paired by seed.

    Args:
        metric: Dotted name.
        group: Data set.
        first: A variant.
        second: Another one.
        pairs: Seeds that both have.
        difference: Mean of first minus second.
        low: Lower end of its 95 % interval (Student's t); None for fewer than two pairs.
        high: Upper end.
        bootstrap_low: The same by bootstrap over pairs; None for fewer than five.
        bootstrap_high: Upper end.
        improvement: Probability that a run of the first has a larger value than one of the second.
        p_value: Of the Wilcoxon signed-rank test; None for fewer than six pairs.
        p_holm: The same after Holm's correction over all comparisons of the metric.
    """

    metric: str
    group: str
    first: str
    second: str
    pairs: int
    difference: float
    low: float | None
    high: float | None
    bootstrap_low: float | None
    bootstrap_high: float | None
    improvement: float
    p_value: float | None
    p_holm: float | None = None

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval by Student's t leaves out 0."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def compare(results: Results, metric: str) -> list[Comparison]:
    """Compare the variants of a study on every data set, with Holm's correction over all these comparisons.

    Args:
        results: The table of the study.
        metric: Dotted name of a column.

    Returns:
        One for each data set and pair of variants that share a seed.
    """
    found = []
    for group in results.groups:
        for first, second in _pairs(_variants(results, group)):
            values = results.paired(metric, group, first, second)
            if len(values[0]):
                found.append(paired_comparison(*values, metric=metric, group=group, first=first, second=second))
    known = [place for place, one in enumerate(found) if one.p_value is not None]
    corrected = holm([float(found[place].p_value or 0) for place in known])
    for place, value in zip(known, corrected, strict=True):
        found[place] = replace(found[place], p_holm=float(value))
    return found


def paired_comparison(
    one: ArrayLike, other: ArrayLike, *, metric: str = "", group: str = "", first: str = "", second: str = ""
) -> Comparison:
    """Compare two variants whose runs go in pairs.

    Mean difference with its interval by Student's t and (from five pairs on) by the percentile bootstrap, Wilcoxon's
    signed-rank test (from six pairs on: below, it cannot reach 5 %), and the probability of improvement.

    Sources: Student, *The probable error of a mean*, 1908; Efron, *Bootstrap methods*, 1979; Wilcoxon, *Individual
    comparisons by ranking methods*, 1945; for the use with few runs Colas, Sigaud and Oudeyer, *A hitchhiker's guide to
    statistical comparisons of reinforcement learning algorithms*, 2019.

    Args:
        one: (n,) values of the first variant, at least one.
        other: (n,) values of the second, in the same order of seeds.
        metric: Dotted name, kept.
        group: Data set, kept.
        first: Name of the first variant, kept.
        second: Name of the second, kept.
    """
    left, right = np.asarray(one, float), np.asarray(other, float)
    differences = left - right
    student = mean_and_interval(differences.tolist())
    low, high = _bootstrap_mean(differences) if len(differences) >= BOOTSTRAP_RUNS else (None, None)
    return Comparison(
        metric,
        group,
        first,
        second,
        len(differences),
        float(differences.mean()),
        student["low"],
        student["high"],
        low,
        high,
        improvement_probability(left, right),
        _wilcoxon(differences) if len(differences) >= WILCOXON_RUNS else None,
    )


def improvement_probability(one: ArrayLike, other: ArrayLike) -> float:
    """Probability that a run of one variant has a larger value than a run of another; ties count half.

    It is the Mann-Whitney statistic as a share, over all runs of the one with all of the other; 0.5 means no
    difference.

    Source: Agarwal et al., *Deep reinforcement learning at the edge of the statistical precipice*, 2021, section 4.3.

    Args:
        one: (n,) values.
        other: (m,) values.
    """
    differences = np.subtract.outer(np.asarray(one, float), np.asarray(other, float))
    return float(np.mean(np.where(differences == 0, 0.5, differences > 0)))


def holm(p_values: Sequence[float]) -> NDArray[np.float64]:
    """Correct p-values for being several: the chance of one false finding among all stays below the level.

    Source: Holm, *A simple sequentially rejective multiple test procedure*, 1979.

    Args:
        p_values: (n,), in any order.

    Returns:
        (n,) corrected ones in the same order, at most 1.
    """
    values = np.asarray(p_values, float)
    order = np.argsort(values)
    corrected = np.empty_like(values)
    steps = np.arange(len(values), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(values[order] * steps), 1)
    return corrected


@dataclass(frozen=True, eq=False)
class Correlations:
    """Spearman's rank correlations between K metrics over runs.

    Args:
        metrics: Dotted names, (K,).
        values: (K, K); not-a-number where too few runs have both, or one is constant.
        low: Lower ends of the 95 % intervals, (K, K).
        high: Upper ends, (K, K).
        runs: How many runs have both, (K, K).
    """

    metrics: tuple[str, ...]
    values: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    runs: NDArray[np.int64]


def rank_correlations(columns: dict[str, NDArray[np.float64]], seed: int = _SEED) -> Correlations:
    """Spearman's correlation between all metrics over runs, with 95 % intervals by the bootstrap over runs.

    Runs of one method are alike, so the intervals are too narrow for a claim about methods that were not run.

    Sources: Spearman, *The proof and measurement of association between two things*, 1904; for metrics of
    disentanglement Locatello et al., *Challenging common assumptions in the unsupervised learning of disentangled
    representations*, 2019, figure 2.

    Args:
        columns: Values of each run by dotted name, each (R,), not-a-number where unknown.
        seed: Of the bootstrap.
    """
    names = tuple(columns)
    shape = (len(names), len(names))
    values, low, high = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, np.nan)
    runs = np.zeros(shape, np.int64)
    generator = np.random.default_rng(seed)
    for i, j in combinations(range(len(names)), 2):
        pair = np.stack([columns[names[i]], columns[names[j]]])
        pair = pair[:, np.isfinite(pair).all(axis=0)]
        count = pair.shape[1]
        found = _spearman(pair, generator) if count >= CORRELATION_RUNS else (np.nan, np.nan, np.nan)
        for a, b in ((i, j), (j, i)):
            values[a, b], low[a, b], high[a, b] = found
            runs[a, b] = count
    for i, name in enumerate(names):
        runs[i, i] = np.isfinite(columns[name]).sum()
        values[i, i] = low[i, i] = high[i, i] = 1.0 if runs[i, i] else np.nan
    return Correlations(names, values, low, high, runs)


def _spearman(pair: NDArray[np.float64], generator: np.random.Generator) -> tuple[float, float, float]:
    """Correlation of (2, n) values with the ends of its interval."""
    count = pair.shape[1]
    drawn = pair[:, generator.integers(count, size=(_DRAWS, count))]
    value = float(_correlation(scipy.stats.rankdata(pair, axis=-1)))
    draws = _correlation(scipy.stats.rankdata(drawn, axis=-1))
    known = draws[np.isfinite(draws)]  # a draw of one run alone has no correlation
    if not np.isfinite(value) or not len(known):
        return (np.nan, np.nan, np.nan)
    low, high = np.quantile(known, _tails())
    return value, float(low), float(high)


def _correlation(ranks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pearson's correlation of (2, ..., n) along the last axis, (...); not-a-number where one is constant."""
    centred = ranks - ranks.mean(axis=-1, keepdims=True)
    covariance = (centred[0] * centred[1]).sum(axis=-1)
    product = np.sqrt((centred[0] ** 2).sum(axis=-1) * (centred[1] ** 2).sum(axis=-1))
    return np.asarray(np.divide(covariance, product, out=np.full_like(product, np.nan), where=product > 0))


def _bootstrap_mean(differences: NDArray[np.float64]) -> tuple[float, float]:
    """Ends of the percentile interval of the mean of (n,) differences."""
    count = len(differences)
    drawn = differences[np.random.default_rng(_SEED).integers(count, size=(_DRAWS, count))]
    low, high = np.quantile(drawn.mean(axis=1), _tails())
    return float(low), float(high)


def _tails() -> tuple[float, float]:
    return (1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2


def _wilcoxon(differences: NDArray[np.float64]) -> float:
    return 1.0 if not differences.any() else float(scipy.stats.wilcoxon(differences).pvalue)


def _variants(results: Results, group: str) -> list[str]:
    return [variant for variant in results.variants if results.chosen(group, variant).any()]


def _pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    """All pairs of a few names; of many, each with the first one."""
    return list(combinations(names, 2)) if len(names) <= ALL_PAIRS else [(name, names[0]) for name in names[1:]]
