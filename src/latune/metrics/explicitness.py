"""Explicitness: can a linear classifier read each class of each factor from all codes?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from latune.metrics.arrays import FloatArray, IntArray
from latune.metrics.correlation import average_ranks
from latune.metrics.fitted_parts import FittedParts, check_fitted_parts, per_factor

__all__ = ["ExplicitnessResult", "explicitness"]


@dataclass(frozen=True, eq=False)
class ExplicitnessResult:
    """The score, on the items of the fit and on others, and what it was made of.

    Attributes:
        explicitness_train: Mean area under the curve on the items of the fit; 0.5 is chance, 1 is perfect.
        explicitness_test: The same on the test items.
        area_train: (K,) mean over a factor's classes of the area under the receiver operating characteristic.
        area_test: (K,) the same on the test items.
    """

    explicitness_train: float
    explicitness_test: float
    area_train: FloatArray
    area_test: FloatArray

    @property
    def normalised(self) -> float:
        """The score on the test items on a scale where 0 is chance and 1 is perfect."""
        return 2 * self.explicitness_test - 1

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python numbers and lists, for JSON."""
        return {
            "explicitness_train": self.explicitness_train,
            "explicitness_test": self.explicitness_test,
            "normalised": self.normalised,
            "area_train": self.area_train.tolist(),
            "area_test": self.area_test.tolist(),
        }


def explicitness(
    codes_train: ArrayLike,
    factors_train: ArrayLike,
    codes_test: ArrayLike,
    factors_test: ArrayLike,
    *,
    n_jobs: int = -1,
) -> ExplicitnessResult:
    """Compute explicitness with logistic regression of each factor on all codes.

    For each class, the probability that the model gives it is taken as a score of "this class against the rest", and
    the area under the receiver operating characteristic of that score is computed. Explicitness is the mean over
    factors of the mean over classes: 0.5 at chance, 1 where every class is ranked perfectly.

    Pitfalls: 0.5, not 0, is chance (`normalised` stretches it to 0); areas are high long before classes are told
    apart exactly; the penalty (C = 1) acts on codes as they are, so that codes of small scale score lower;
    it says nothing of single codes, a rotation leaves it unchanged. The paper fits one binary model per class, this is
    one multinomial model per factor, as scikit-learn fits and the golden values of the literature's code have it.

    Args:
        codes_train: (N, D) codes.
        factors_train: (N, K) classes.
        codes_test: (M, D) codes of other items; classes that none or all of them have are left out there.
        factors_test: (M, K) classes of those.
        n_jobs: Factors that are fitted at the same time; -1 for all cores.

    Raises:
        InputError: Wrong arrays.

    Source: Ridgeway and Mozer, *Learning deep disentangled embeddings with the f-statistic loss*, 2018, section 2.
    """
    parts = check_fitted_parts(codes_train, factors_train, codes_test, factors_test)
    areas = per_factor(lambda factor: _areas(parts, factor), parts.factors_train.shape[1], n_jobs)
    area_train, area_test = np.array(areas).T
    return ExplicitnessResult(float(area_train.mean()), float(area_test.mean()), area_train, area_test)


def _areas(parts: FittedParts, factor: int) -> tuple[float, float]:
    """Return the mean area under the curve of one factor's classes, on training and on test items."""
    from sklearn.linear_model import LogisticRegression

    classes_train, classes_test = parts.factors_train[:, factor], parts.factors_test[:, factor]
    # Newton's method also converges where codes differ much in scale, which the default solver does not.
    model = LogisticRegression(solver="newton-cholesky").fit(parts.codes_train, classes_train)
    return (
        _mean_area(model.predict_proba(parts.codes_train), classes_train, model.classes_),
        _mean_area(model.predict_proba(parts.codes_test), classes_test, model.classes_),
    )


def _mean_area(probabilities: FloatArray, classes: IntArray, labels: IntArray) -> float:
    """Return the mean over classes (C,) of the share of pairs, one item in the class and one not, ranked rightly."""
    members = classes[:, None] == labels
    inside = members.sum(axis=0)
    outside = len(classes) - inside
    ranks = np.where(members, average_ranks(probabilities), 0.0).sum(axis=0)
    rightly = ranks - inside * (inside + 1) / 2
    both = (inside > 0) & (outside > 0)
    return float(np.mean(rightly[both] / (inside * outside)[both])) if both.any() else 0.5
