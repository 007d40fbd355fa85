"""SAP for factors: is one code ahead of all others in how well it classifies a factor?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from latune.metrics.arrays import FloatArray
from latune.metrics.disentanglement import separated_attribute_predictability
from latune.metrics.fitted_parts import FittedParts, check_fitted_parts, per_factor

__all__ = ["SeparabilityResult", "separability"]

_COST = 0.01  # of the published score


@dataclass(frozen=True, eq=False)
class SeparabilityResult:
    """The score and what it was made of.

    Attributes:
        sap: Separated attribute predictability, from 0 to 1.
        accuracy: (D, K) accuracy on the test items of a classifier that sees one code only.
    """

    sap: float
    accuracy: FloatArray

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python numbers and lists, for JSON."""
        return {"sap": self.sap, "accuracy": self.accuracy.tolist()}


def separability(
    codes_train: ArrayLike,
    factors_train: ArrayLike,
    codes_test: ArrayLike,
    factors_test: ArrayLike,
    *,
    seed: int = 0,
    n_jobs: int = -1,
) -> SeparabilityResult:
    """Compute separated attribute predictability (SAP) with linear classifiers of single codes.

    The accuracy S_dk is that of a linear support vector machine (C = 0.01, one class against the rest, classes
    weighted by 1 / frequency) which predicts factor k from code d. SAP is the mean over factors of the largest
    minus the second-largest S_dk over codes; a single code competes with 0.

    Pitfalls: a straight line through one code separates only the outer ones of ordered classes, so that perfect codes
    of a factor with many classes score far below 1; two codes that share a factor score 0, however well; the penalty
    acts on codes as they are, so that codes of small scale score lower.

    Args:
        codes_train: (N, D) codes.
        factors_train: (N, K) classes.
        codes_test: (M, D) codes of other items.
        factors_test: (M, K) classes of those.
        seed: Seed of the solver.
        n_jobs: Factors that are fitted at the same time; -1 for all cores.

    Raises:
        InputError: Wrong arrays.

    Source: Kumar et al., *Variational inference of disentangled latent concepts from unlabeled observations*, 2018;
    settings of Locatello et al., *Challenging common assumptions in the unsupervised learning of disentangled
    representations*, 2019.
    """
    parts = check_fitted_parts(codes_train, factors_train, codes_test, factors_test)
    columns = per_factor(lambda factor: _accuracies(parts, factor, seed), parts.factors_train.shape[1], n_jobs)
    accuracy = np.column_stack(columns)
    return SeparabilityResult(float(separated_attribute_predictability(accuracy)), accuracy)


def _accuracies(parts: FittedParts, factor: int, seed: int) -> FloatArray:
    """Return the test accuracy (D,) of each code's classifier of one factor."""
    from sklearn.svm import LinearSVC

    classes_train, classes_test = parts.factors_train[:, factor], parts.factors_test[:, factor]
    accuracies = []
    for code in range(parts.codes_train.shape[1]):
        # With more items than codes the primal problem is the smaller one.
        model = LinearSVC(C=_COST, class_weight="balanced", dual=False, random_state=seed)
        model.fit(parts.codes_train[:, [code]], classes_train)
        accuracies.append(model.score(parts.codes_test[:, [code]], classes_test))
    return np.array(accuracies)
