"""DCI-ES: explicitness and size, the two scores that extend DCI.

Explicitness asks how simple a model may be and still read the factors. Probes of growing capacity κ_1 < ... < κ_T
predict factor k from all codes; L_k(κ) is their loss on test items, made non-increasing (what a smaller probe does, a
larger one can), L*_k its smallest value, B_k the loss of the best constant. With the area between the curve and L*_k,

    E_k = 1 − ∫ (L_k(κ) − L*_k) dκ / Z_k,    Z_k = (B_k − L*_k) · (κ_T − κ_1) / 2,

E is the mean of the E_k: 1 where the smallest probe already reaches the best loss, 0 where the loss falls from B_k
along a straight line, −1 where only the largest probe reads anything. Size is S = K / D, factors per code.

Source: Eastwood et al., *DCI-ES: an extended disentanglement framework with connections to identifiability*, 2023.

Choices made here, which values depend on. The probe is ridge regression on the codes and on random Fourier features
of them (one of the paper's probes); its capacity is the rung on a ladder of 0, 8, 16, ..., 1024 features, evenly
spaced, the smallest probe being linear. The loss is the squared error; the class number is predicted as a number, or,
for a factor named as categorical, each class as 0 or 1. The best loss is that of these codes, not of other
representations of the same items.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike

from latune.errors import InputError
from latune.metrics.arrays import FloatArray, IntArray
from latune.metrics.fitted_parts import check_fitted_parts, standardised

__all__ = ["CAPACITIES", "ExplicitnessSizeResult", "explicitness_size"]

CAPACITIES = (0, 8, 16, 32, 64, 128, 256, 512, 1024)
"""Number of random features of each probe."""

_PENALTY = 1e-3  # per item; features have variance 1
_LEAST_GAIN = 0.05  # of the constant's loss; probes that gain less by their best say nothing of the factor
_FREQUENCIES = (0.1, 2.0)  # radians per standard deviation of a code


@dataclass(frozen=True, eq=False)
class ExplicitnessSizeResult:
    """The scores and what they were made of.

    Attributes:
        explicitness: Mean E over the factors, from −1 to 1; a factor of which no probe
            removes 5 % of the constant's loss counts 0.
        size: Factors per code, K / D.
        explicitness_per_factor: (K,) E of each factor.
        losses: (T, K) loss of each probe on test items, over that of the best constant.
        capacities: (T,) number of random features of each probe.
    """

    explicitness: float
    size: float
    explicitness_per_factor: FloatArray
    losses: FloatArray
    capacities: tuple[int, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python numbers and lists, for JSON."""
        return {
            "explicitness": self.explicitness,
            "size": self.size,
            "explicitness_per_factor": self.explicitness_per_factor.tolist(),
            "losses": self.losses.tolist(),
            "capacities": list(self.capacities),
        }


def explicitness_size(
    codes_train: ArrayLike,
    factors_train: ArrayLike,
    codes_test: ArrayLike,
    factors_test: ArrayLike,
    *,
    categorical: Collection[int] = (),
    seed: int = 0,
) -> ExplicitnessSizeResult:
    """Compute explicitness and size.

    Pitfalls: E says how simply, not how well: a factor that is read badly, but linearly, has E = 1, so read `losses`
    (or informativeness) beside it; the ladder of probes decides on the value, compare at equal ladders only; an
    unordered factor (a shape) must be named as categorical; size counts codes, idle ones too; few training items
    let large probes fail, which then looks like codes that are read linearly or not at all.

    Args:
        codes_train: (N, D) codes.
        factors_train: (N, K) classes.
        codes_test: (M, D) codes of other items.
        factors_test: (M, K) classes of those.
        categorical: Columns of the factors whose classes have no order.
        seed: Seed of the random features.

    Raises:
        InputError: Wrong arrays, or a column that does not exist.
    """
    parts = check_fitted_parts(codes_train, factors_train, codes_test, factors_test)
    factors = parts.factors_train.shape[1]
    if not all(column in range(factors) for column in categorical):
        raise InputError(f"categorical must name factors from 0 to {factors - 1}, not {sorted(categorical)}.")
    targets_train, targets_test, owners = _targets(parts.factors_train, parts.factors_test, categorical)
    train, test = standardised(parts.codes_train, parts.codes_test)
    first, second = _features(train, test, np.random.default_rng(seed))
    errors = _probe_errors(first, targets_train, second, targets_test, train.shape[1])
    baselines = _sum_by_factor((targets_test**2).mean(axis=0), owners)
    losses = np.stack([_sum_by_factor(row, owners) for row in errors])
    losses = losses / np.where(baselines > 0, baselines, 1.0)  # a test part of one class has a loss of 0 throughout
    explicit = _explicitness(losses)
    return ExplicitnessSizeResult(float(explicit.mean()), factors / train.shape[1], explicit, losses, CAPACITIES)


def _targets(train: IntArray, test: IntArray, categorical: Collection[int]) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return what probes predict, centred on the training items, (N, P) and (M, P), and the factor of each (P,)."""
    columns, owners = [], []
    both = np.concatenate([train, test])
    for factor, classes in enumerate(both.T):
        numbers = classes[:, None] == np.unique(classes) if factor in categorical else classes[:, None]
        columns.append(numbers.astype(np.float64))
        owners += [factor] * numbers.shape[1]
    targets = np.hstack(columns)
    targets -= targets[: len(train)].mean(axis=0)
    return targets[: len(train)], targets[len(train) :], np.array(owners)


def _features(train: FloatArray, test: FloatArray, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return the codes followed by random features of them, centred on the training items: (N, D + 1024), (M, ...)."""
    count = CAPACITIES[-1]
    low, high = np.log(_FREQUENCIES)
    frequencies = np.exp(generator.uniform(low, high, count)) * generator.standard_normal((train.shape[1], count))
    phases = generator.uniform(0, 2 * np.pi, count)
    first, second = (np.sqrt(2) * np.cos(codes @ frequencies + phases) for codes in (train, test))
    mean = first.mean(axis=0)
    return np.hstack([train, first - mean]), np.hstack([test, second - mean])


def _probe_errors(
    train: FloatArray, targets_train: FloatArray, test: FloatArray, targets_test: FloatArray, codes: int
) -> FloatArray:
    """Return the mean squared test error (T, P) of ridge regression on the codes and a growing part of the features."""
    gram, moments = train.T @ train, train.T @ targets_train
    gram[np.diag_indices_from(gram)] += _PENALTY * len(train)
    errors = []
    for capacity in CAPACITIES:
        used = codes + capacity
        weights = scipy.linalg.cho_solve(scipy.linalg.cho_factor(gram[:used, :used]), moments[:used])
        errors.append(((targets_test - test[:, :used] @ weights) ** 2).mean(axis=0))
    return np.stack(errors)


def _sum_by_factor(values: FloatArray, owners: IntArray) -> FloatArray:
    return np.bincount(owners, values).astype(np.float64)


def _explicitness(losses: FloatArray) -> FloatArray:
    """Return E (K,) from losses (T, K) in units of the best constant's."""
    curves = np.minimum.accumulate(np.minimum(losses, 1.0), axis=0)
    above = curves - curves[-1]
    gains = 1 - curves[-1]
    areas = (above[1:] + above[:-1]).sum(axis=0) / 2
    largest = gains * (len(losses) - 1) / 2
    return np.where(gains > _LEAST_GAIN, 1 - areas / np.maximum(largest, np.finfo(np.float64).tiny), 0.0)
