"""Do single codes follow single attributes? Five scores of codes (N, D) against attributes (N, A).

| score | question | source |
|---|---|---|
| interpretability | does a straight line on one code predict the attribute? | Adel et al. 2018 |
| modularity | does a code inform about one attribute only? | Ridgeway and Mozer 2018 |
| MIG, mutual information gap | is one code ahead of all others, in information? | Chen et al. 2018 |
| SAP, separated attribute predictability | is one code ahead, in explained variance? | Kumar et al. 2018 |
| SCC, Spearman correlation | does the attribute rise or fall with one code? | Pati and Lerch 2020 |

Every score runs from 0 to 1 (MIG, a ratio of two estimates, may pass 1 by a little); higher is better.

All follow the published AR-VAE evaluation (Pati and Lerch, *Attribute-based regularization of latent spaces
for variational auto-encoders*, 2020): mutual information by nearest neighbours, all D codes in every score,
the line fitted and scored on the same items. `evaluate` computes the three matrices behind them once and
all five scores; the function of each score takes the matrix that it needs, so it serves other estimators
too.

Two cautions. MIG divides by an entropy that, for continuous attributes, grows with the number of items:
compare it at equal n only. And correlated attributes bound every score from above: print
`ceiling_and_chance` beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike

from latune.metrics.arrays import (
    FloatArray,
    IntArray,
    check_codes_and_attributes,
    check_names,
    constant_columns,
)
from latune.metrics.bootstrap import Estimate, bootstrap_weights, interval
from latune.metrics.correlation import average_ranks, correlation_matrix
from latune.metrics.mutual_information import MutualInformation, mutual_information

__all__ = [
    "AttributeFit",
    "DisentanglementResult",
    "evaluate",
    "interpretability",
    "modularity",
    "mutual_information_gap",
    "separated_attribute_predictability",
    "spearman_correlation",
]

_SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class AttributeFit:
    """The code that follows an attribute best, and how well.

    Attributes:
        dimension: The code with the most mutual information.
        r_squared: Share of the attribute's variance that a straight line on that code explains.
    """

    dimension: int
    r_squared: Estimate


@dataclass(frozen=True)
class DisentanglementResult:
    """Five scores with their intervals, and the matrices behind them.

    Attributes:
        interpretability: Mean over the attributes of the explained variance.
        modularity: Modularity.
        mig: Mutual information gap.
        sap: Separated attribute predictability.
        scc: Spearman correlation coefficient.
        attributes: For each attribute its best code and the variance explained.
        information: (D, A) mutual information in nats.
        entropies: (A,) entropies of the attributes in nats.
        squared_correlation: (D, A) squared Pearson correlation.
        rank_correlation: (D, A) Spearman correlation with its sign.
        n: Number of items.
    """

    interpretability: Estimate
    modularity: Estimate
    mig: Estimate
    sap: Estimate
    scc: Estimate
    attributes: dict[str, AttributeFit]
    information: FloatArray
    entropies: FloatArray
    squared_correlation: FloatArray
    rank_correlation: FloatArray
    n: int

    @property
    def scores(self) -> dict[str, Estimate]:
        """The five scores by name."""
        return {
            "interpretability": self.interpretability,
            "modularity": self.modularity,
            "mig": self.mig,
            "sap": self.sap,
            "scc": self.scc,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python numbers, lists and dicts, for JSON."""
        return {
            "n": self.n,
            **{name: estimate.to_dict() for name, estimate in self.scores.items()},
            "attributes": {
                name: {"dimension": fit.dimension, "r_squared": fit.r_squared.to_dict()}
                for name, fit in self.attributes.items()
            },
            "matrices": {
                "information": self.information.tolist(),
                "entropies": self.entropies.tolist(),
                "squared_correlation": self.squared_correlation.tolist(),
                "rank_correlation": self.rank_correlation.tolist(),
            },
        }


def interpretability(information: FloatArray, squared_correlation: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return each attribute's most informative code and the variance that a line on it explains.

    The squared Pearson correlation equals R² of the least-squares line, fitted and scored on the same items.

    Args:
        information: (..., D, A) mutual information.
        squared_correlation: (..., D, A) squared Pearson correlation.

    Returns:
        (..., A) codes and (..., A) R² from 0 to 1; the score is the mean of the latter.
    """
    dimension = np.argmax(information, axis=-2)
    chosen = np.take_along_axis(squared_correlation, dimension[..., None, :], axis=-2)
    return dimension, chosen[..., 0, :]


def modularity(information: FloatArray) -> FloatArray:
    """Return the mean over codes of 1 − (Σ I² − max I²) / ((A − 1) max I²).

    A code without any information counts 0. With a single attribute there is nothing to be mixed up with,
    and a code that informs counts 1.

    Args:
        information: (..., D, A) mutual information.

    Returns:
        (...) scores from 0 (every code informs equally about all attributes) to 1 (about one each).
    """
    squared = information**2
    best = squared.max(axis=-1)
    others = max(information.shape[-1] - 1, 1) * best
    spill = np.divide(squared.sum(axis=-1) - best, others, out=np.ones_like(best), where=others > 0)
    return np.asarray(np.mean(1.0 - spill, axis=-1))


def mutual_information_gap(information: FloatArray, entropies: FloatArray) -> FloatArray:
    """Return the mean over attributes of (best − second-best information) / entropy: MIG.

    An attribute whose estimated entropy is 0 counts 0.

    Args:
        information: (..., D, A) mutual information.
        entropies: (..., A) entropy of each attribute.

    Returns:
        (...) scores from 0 to about 1 (the ratio of two estimates is not bounded exactly).
    """
    gap = _gap(information)
    share = np.divide(gap, entropies, out=np.zeros_like(gap), where=entropies > 0)
    return np.asarray(share.mean(axis=-1))


def separated_attribute_predictability(squared_correlation: FloatArray) -> FloatArray:
    """Return the mean over attributes of best − second-best squared Pearson correlation: SAP.

    Args:
        squared_correlation: (..., D, A) squared Pearson correlation.

    Returns:
        (...) scores from 0 to 1.
    """
    return np.asarray(_gap(squared_correlation).mean(axis=-1))


def spearman_correlation(rank_correlation: FloatArray, items: int) -> FloatArray:
    """Return the mean over attributes of the largest absolute Spearman correlation: SCC.

    A correlation with p > 0.05 (two-sided t test) counts 0.

    Args:
        rank_correlation: (..., D, A) Spearman correlation.
        items: Number of items N it was taken on.

    Returns:
        (...) scores from 0 to 1.
    """
    freedom = items - 2
    bound = scipy.special.stdtrit(freedom, 1 - _SIGNIFICANCE / 2)
    smallest = bound / np.sqrt(freedom + bound**2)
    strength = np.abs(rank_correlation)
    return np.asarray(np.where(strength < smallest, 0.0, strength).max(axis=-2).mean(axis=-1))


def evaluate(
    codes: ArrayLike,
    attributes: ArrayLike,
    names: Sequence[str] | None = None,
    *,
    bootstrap: int = 200,
    groups: ArrayLike | None = None,
    seed: int = 0,
) -> DisentanglementResult:
    """Compute all five scores with 95 % bootstrap intervals.

    The bootstrap reweights items (or, with `groups`, whole groups): weighted moments for the straight line
    and SAP, weighted correlation of the original ranks for SCC, and weighted local information for the mutual
    information. Ranks and neighbours are not searched anew, because copies of an
    item would sit at distance zero. The best code is chosen again in every repetition.

    In simulations (300 and 1000 items, continuous and quantised) these 95 % intervals held the mean of the
    score over fresh samples of the same size in 88 to 100 % of the cases: those of MIG are 10 to 20 % too
    narrow, those of SCC up to 15 %, and those of modularity wide, since unused codes add chance to it.

    Args:
        codes: (N, D) latent codes, N at least 10. A code with a variance of at most 1e-12 scores 0.
        attributes: (N, A) attributes of the same items; each must vary.
        names: Names of the attributes; a0, a1, ... without.
        bootstrap: Number of repetitions; 0 leaves the intervals open.
        groups: Optional (N,) labels (the tune, the object) of items that belong together.
        seed: Seed of the bootstrap and of the noise in the mutual information.

    Returns:
        The scores, each with its interval, and the matrices they come from.
    """
    latent, table = check_codes_and_attributes(codes, attributes, names)
    labels = check_names(names, table.shape[1])
    information = mutual_information(latent, table, seed=seed)
    correlation = correlation_matrix(latent, table)
    # A constant code has ranks that are all equal, hence no variance and a correlation of 0.
    used_codes = np.where(constant_columns(latent), 0.0, latent)
    ranks = average_ranks(used_codes), average_ranks(table)
    rank_correlation = correlation_matrix(*ranks)

    items = len(latent)
    point = _all_scores(information.matrix, information.entropies, correlation, rank_correlation, items)
    blocks = [
        _all_scores(
            *information.reweighted(weights),
            correlation_matrix(latent, table, weights),
            correlation_matrix(*ranks, weights),
            items,
        )
        for weights in bootstrap_weights(items, bootstrap, seed, groups)
    ]
    repetitions = np.concatenate([np.empty((0, len(point))), *blocks])
    estimates = [interval(value, column) for value, column in zip(point, repetitions.T, strict=True)]
    return _result(labels, estimates, information, correlation**2, rank_correlation, items)


def _all_scores(
    information: FloatArray,
    entropies: FloatArray,
    correlation: FloatArray,
    rank_correlation: FloatArray,
    items: int,
) -> FloatArray:
    """Return (..., 5 + A): the five scores, then R² of each attribute."""
    squared = correlation**2
    _, explained = interpretability(information, squared)
    scores = [
        explained.mean(axis=-1),
        modularity(information),
        mutual_information_gap(information, entropies),
        separated_attribute_predictability(squared),
        spearman_correlation(rank_correlation, items),
    ]
    return np.concatenate([np.stack(scores, axis=-1), explained], axis=-1)


def _result(
    labels: tuple[str, ...],
    estimates: list[Estimate],
    information: MutualInformation,
    squared_correlation: FloatArray,
    rank_correlation: FloatArray,
    items: int,
) -> DisentanglementResult:
    """Put the estimates (the five scores, then R² of each attribute) under their names."""
    dimensions, _ = interpretability(information.matrix, squared_correlation)
    best_codes = (int(dimension) for dimension in dimensions)
    fits = map(AttributeFit, best_codes, estimates[5:])
    interpretability_, modularity_, mig, sap, scc = estimates[:5]
    return DisentanglementResult(
        interpretability=interpretability_,
        modularity=modularity_,
        mig=mig,
        sap=sap,
        scc=scc,
        attributes=dict(zip(labels, fits, strict=True)),
        information=information.matrix,
        entropies=information.entropies,
        squared_correlation=squared_correlation,
        rank_correlation=rank_correlation,
        n=items,
    )


def _gap(scores: FloatArray) -> FloatArray:
    """Return best minus second-best over the codes of (..., D, A); a single code competes with 0."""
    if scores.shape[-2] == 1:
        return scores[..., 0, :]
    top = np.partition(scores, -2, axis=-2)
    return np.asarray(top[..., -1, :] - top[..., -2, :])
