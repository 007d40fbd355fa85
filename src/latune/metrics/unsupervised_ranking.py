"""UDR, unsupervised disentanglement ranking: do models that were trained alike find the same codes?

Disentangled codes are alike from one training to the next, up to order and sign; entangled ones are rotated anew. With
R_ab the similarity of code a of one model with code b of another, over informative codes, the score of the pair is

    (Σ_b max_a R_ab² / Σ_a R_ab + Σ_a max_b R_ab² / Σ_b R_ab) / (D_a + D_b)

and the score of a model is the median over the other models. No factors are needed.

Source: Duan et al., *Unsupervised model selection for variational disentangled representation learning*, 2020.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from latune.errors import InputError
from latune.metrics.arrays import BoolArray, FloatArray, check_table, constant_columns
from latune.metrics.correlation import average_ranks, correlation_matrix, standardised
from latune.metrics.fitted_parts import check_choice

__all__ = ["SIMILARITIES", "UnsupervisedRankingResult", "unsupervised_ranking"]

SIMILARITIES = ("lasso", "spearman")

_PENALTY = 0.1  # of the published score


@dataclass(frozen=True, eq=False)
class UnsupervisedRankingResult:
    """The scores and what they were made of.

    Attributes:
        scores: (M,) score of each model, from 0 to 1.
        pairs: (M, M) score of each model against each other one; 1 on the diagonal means nothing and is not used.
    """

    scores: FloatArray
    pairs: FloatArray

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python lists, for JSON."""
        return {"scores": self.scores.tolist(), "pairs": self.pairs.tolist()}


def unsupervised_ranking(
    codes: Sequence[ArrayLike],
    *,
    informative: Sequence[ArrayLike] | None = None,
    similarity: str = "lasso",
) -> UnsupervisedRankingResult:
    """Compute the score of each of several models from their codes of the same items.

    Similarities: "lasso", the absolute weights (penalty 0.1) that predict the codes of one model from those of the
    other, both standardised; "spearman", the absolute rank correlation, which follows curved relations too.

    Pitfalls: models that all fail alike, for example with one informative code each, score high; the penalty shrinks
    weights, so that "lasso" ends at 0.9 for identical codes; below about five models the median is chance; without
    `informative` the idle codes of a VAE count and pull scores down.

    Args:
        codes: For each of at least two models its (N, D) codes of the same N items; D may differ.
        informative: For each model (D,) which codes carry information, such as
            `prior_divergence(means, scales) > 0.01`; without, all that are not constant.
        similarity: "lasso" or "spearman".

    Raises:
        InputError: Fewer than two models, arrays that do not go together, or no such similarity.
    """
    check_choice(similarity, SIMILARITIES, "similarity")
    tables = _informative_codes(codes, informative)
    models = len(tables)
    pairs = np.ones((models, models))
    for first in range(models):
        for second in range(models):
            if first != second:
                pairs[first, second] = _pair_score(_similarity(tables[first], tables[second], similarity))
    others = pairs[~np.eye(models, dtype=bool)].reshape(models, models - 1)
    return UnsupervisedRankingResult(np.median(others, axis=1), pairs)


def _informative_codes(codes: Sequence[ArrayLike], informative: Sequence[ArrayLike] | None) -> list[FloatArray]:
    """Return the informative columns of each model's codes."""
    if len(codes) < 2:
        raise InputError(f"codes must be those of at least two models, not of {len(codes)}.")
    tables = [check_table(table, f"codes[{model}]") for model, table in enumerate(codes)]
    counts = sorted({len(table) for table in tables})
    if len(counts) > 1:
        raise InputError(f"codes must describe the same items in all models, not {counts[0]} and {counts[-1]} of them.")
    if informative is None:
        return [table[:, ~constant_columns(table)] for table in tables]
    if len(informative) != len(tables):
        raise InputError(
            f"informative must have one mask for each of the {len(tables)} models, not {len(informative)}."
        )
    masks = [
        _check_mask(mask, table, model) for model, (mask, table) in enumerate(zip(informative, tables, strict=True))
    ]
    return [table[:, mask & ~constant_columns(table)] for mask, table in zip(masks, tables, strict=True)]


def _check_mask(mask: ArrayLike, table: FloatArray, model: int) -> BoolArray:
    values = np.asarray(mask)
    if values.dtype != np.bool_ or values.shape != (table.shape[1],):
        raise InputError(f"informative[{model}] must be {table.shape[1]} truth values, one for each code.")
    return values


def _similarity(first: FloatArray, second: FloatArray, similarity: str) -> FloatArray:
    """Return the similarity (A, B) of each code (N, A) of one model with each code (N, B) of the other."""
    if first.shape[1] == 0 or second.shape[1] == 0:
        return np.zeros((first.shape[1], second.shape[1]))
    if similarity == "spearman":
        return np.abs(correlation_matrix(average_ranks(first), average_ranks(second)))

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import Lasso

    with warnings.catch_warnings():
        # Codes that repeat each other have no single best coefficients: the last ones are as good as any.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = Lasso(alpha=_PENALTY).fit(standardised(first), standardised(second))
    return np.asarray(np.abs(model.coef_.reshape(second.shape[1], first.shape[1])).T)


def _pair_score(similarities: FloatArray) -> float:
    """Return the score of a pair of models from the similarities (A, B) of their informative codes."""
    count = sum(similarities.shape)
    if similarities.size == 0:
        return 0.0
    return (_relative_strengths(similarities) + _relative_strengths(similarities.T)) / count


def _relative_strengths(similarities: FloatArray) -> float:
    """Return the sum over columns of largest entry² / sum of the column."""
    sums = similarities.sum(axis=0)
    squares = similarities.max(axis=0) ** 2
    return float(np.divide(squares, sums, out=np.zeros_like(sums), where=sums > 0).sum())
