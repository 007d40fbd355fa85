"""InfoMEC: modularity, explicitness and compactness, each as information that is normalised.

With I_dk the mutual information of code d with factor k, H_k the factor's entropy, R_dk = I_dk / H_k, and A the
active codes:

- InfoM (modularity) = (mean over d in A of max_k R_dk / Σ_k R_dk − 1/K) / (1 − 1/K);
- InfoC (compactness) = (mean over k of max_d R_dk / Σ_d R_dk − 1/|A|) / (1 − 1/|A|), d in A;
- InfoE (explicitness) = mean over k of 1 − H_V(k | codes) / H_V(k), where V is logistic regression: the log loss of
  the factor's model over the log loss of the classes' shares alone, both on test items, at least 0.

Source: Hsu et al., *Disentanglement via latent quantization*, 2023, section 4.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from latune.errors import InputError
from latune.metrics.arrays import BoolArray, FloatArray, IntArray
from latune.metrics.class_information import class_information
from latune.metrics.factors import check_factors, discrete_entropies, discrete_information
from latune.metrics.fitted_parts import FittedParts, check_fitted_parts, per_factor, standardised

__all__ = ["InfoMecResult", "infomec"]

_SHARE_OF_RANGE = 1 / 8
_PENALTY = 100.0  # scikit-learn's C: hardly any, so that the loss of perfect codes comes near 0


@dataclass(frozen=True, eq=False)
class InfoMecResult:
    """The scores and what they were made of.

    Attributes:
        modularity: InfoM, from 0 (codes inform of all factors alike) to 1.
        explicitness: InfoE, from 0 to 1.
        compactness: InfoC, from 0 (factors are spread evenly over codes) to 1.
        information: (D, K) mutual information over the factor's entropy; of all codes.
        active: (D,) which codes were counted.
        explicitness_per_factor: (K,) the parts of InfoE.
    """

    modularity: float
    explicitness: float
    compactness: float
    information: FloatArray
    active: BoolArray
    explicitness_per_factor: FloatArray

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python numbers and lists, for JSON."""
        return {
            "modularity": self.modularity,
            "explicitness": self.explicitness,
            "compactness": self.compactness,
            "information": self.information.tolist(),
            "active": self.active.tolist(),
            "explicitness_per_factor": self.explicitness_per_factor.tolist(),
        }


def infomec(
    codes_train: ArrayLike,
    factors_train: ArrayLike,
    codes_test: ArrayLike,
    factors_test: ArrayLike,
    *,
    discrete: bool = False,
    active: ArrayLike | None = None,
    seed: int = 0,
    n_jobs: int = -1,
) -> InfoMecResult:
    """Compute InfoM, InfoE and InfoC.

    Information is estimated on the training items: by nearest neighbours for continuous codes
    (`latune.metrics.class_information`), by counting for discrete ones. Logistic regression is fitted on standardised
    codes, with hardly any penalty.

    Pitfalls: which codes are active decides on InfoM and InfoC, and the range rule suits the means of a VAE, whose
    unused codes hardly move; an unused code that moves as much as others counts, and its ratio of two tiny
    estimates is chance. InfoE is linear: an angle in one code, or ordered classes with a gap, cost it.

    Args:
        codes_train: (N, D) codes.
        factors_train: (N, K) classes.
        codes_test: (M, D) codes of other items.
        factors_test: (M, K) classes of those; items of a class that training lacks are left out of InfoE.
        discrete: Whether codes take few distinct values (quantised latents).
        active: (D,) which codes count; without, those whose range is over 1/8 of the widest code's.
        seed: Seed of the estimator's tiny noise.
        n_jobs: Factors that are fitted at the same time; -1 for all cores.

    Raises:
        InputError: Wrong arrays.
    """
    parts = check_fitted_parts(codes_train, factors_train, codes_test, factors_test)
    codes, factors = parts.codes_train, check_factors(parts.factors_train)
    counted = _active_codes(codes, active)
    if discrete:
        bins = np.column_stack([np.unique(column, return_inverse=True)[1] for column in codes.T])
        information = discrete_information(bins, factors)
    else:
        information = class_information(codes, factors, seed=seed)
    information = information / discrete_entropies(factors)
    explicit = np.array(per_factor(lambda k: _predictive_information(parts, k, seed), factors.shape[1], n_jobs))
    return InfoMecResult(
        modularity=_mean_peak(information[counted]),
        explicitness=float(explicit.mean()),
        compactness=_mean_peak(information[counted].T),
        information=information,
        active=counted,
        explicitness_per_factor=explicit,
    )


def _active_codes(codes: FloatArray, active: ArrayLike | None) -> BoolArray:
    if active is None:
        widths = np.ptp(codes, axis=0)
        return np.asarray(widths > _SHARE_OF_RANGE * widths.max())
    mask = np.asarray(active)
    if mask.dtype != np.bool_ or mask.shape != (codes.shape[1],):
        raise InputError(f"active must be {codes.shape[1]} truth values, one for each code, not {mask!r}.")
    return mask


def _mean_peak(table: FloatArray) -> float:
    """Return the mean over rows of largest entry / sum of the row, stretched so that an even row counts 0."""
    rows, columns = table.shape
    if rows == 0 or columns == 0:
        return 0.0
    if columns == 1:
        return float(np.mean(table > 0))
    sums = table.sum(axis=1)
    peaks = np.divide(table.max(axis=1), sums, out=np.full(rows, 1 / columns), where=sums > 0)
    return float((peaks.mean() - 1 / columns) / (1 - 1 / columns))


def _predictive_information(parts: FittedParts, factor: int, seed: int) -> float:
    """Return the share of one factor's uncertainty that logistic regression removes, on test items it knows."""
    from sklearn.linear_model import LogisticRegression

    train, test = standardised(parts.codes_train, parts.codes_test)
    model = LogisticRegression(C=_PENALTY, max_iter=1000, random_state=seed)
    model.fit(train, parts.factors_train[:, factor])
    known = np.isin(parts.factors_test[:, factor], model.classes_)
    if not known.any():
        return 0.0
    classes = np.searchsorted(model.classes_, parts.factors_test[known, factor])
    probabilities = model.predict_proba(test[known])
    shares = np.bincount(np.searchsorted(model.classes_, parts.factors_train[:, factor])) / len(train)
    return max(0.0, 1 - _log_loss(probabilities, classes) / _log_loss(np.tile(shares, (len(classes), 1)), classes))


def _log_loss(probabilities: FloatArray, classes: IntArray) -> float:
    own = probabilities[np.arange(len(classes)), classes]
    return float(-np.log(np.maximum(own, np.finfo(np.float64).tiny)).mean())
