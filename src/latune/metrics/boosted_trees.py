"""Gradient-boosted trees of one factor: scikit-learn's algorithm, with splits searched in histograms.

`boosted_trees` grows the trees of scikit-learn's `GradientBoostingClassifier` with default settings (100 rounds, a
tree of depth 3 per class and round, learning rate 0.1): each tree splits where the squared deviation of the
residuals falls most, leaves take a Newton step, a code's importance is the total fall at its splits. LightGBM
searches the splits. It is given the residuals as gradients and 1 as their curvature, which makes its gain the fall
of the squared deviation; the Newton steps are taken here.

What differs is that at most `BINS` different values of a code are told apart. With fewer items than that the result
is scikit-learn's up to ties and rounding.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from latune.errors import MissingExtraError
from latune.metrics.arrays import FloatArray, IntArray, constant_columns

__all__ = ["BINS", "BoostedTrees", "boosted_trees", "has_lightgbm"]

BINS = 4095
"""With fewer bins fewer splits can cut off a rare item; importances notice that, accuracies do not."""

_ROUNDS = 100
_LEARNING_RATE = 0.1
_DEPTH = 3
_LEAVES = 2**_DEPTH


@dataclass(frozen=True, eq=False)
class BoostedTrees:
    """What fitted trees say.

    Attributes:
        importance: (D,) total fall of the squared deviation at the splits of each code.
        predicted_train: (N,) predicted classes of the training items.
        predicted_test: (M,) predicted classes of the test items.
    """

    importance: FloatArray
    predicted_train: IntArray
    predicted_test: IntArray


def has_lightgbm() -> bool:
    """Whether LightGBM is installed and can be loaded."""
    try:
        import lightgbm  # noqa: F401
    except (ImportError, OSError):
        return False
    return True


def boosted_trees(codes_train: FloatArray, classes_train: IntArray, codes_test: FloatArray) -> BoostedTrees:
    """Fit the trees of one factor; nothing in it is random.

    Args:
        codes_train: (N, D) codes.
        classes_train: (N,) class numbers, at least two different ones.
        codes_test: (M, D) codes.

    Raises:
        MissingExtraError: LightGBM is not installed, or cannot be loaded.
    """
    try:
        import lightgbm
    except (ImportError, OSError) as error:  # OSError: the system has no OpenMP library (Debian's libgomp1)
        raise MissingExtraError("lightgbm", "metrics") from error

    classes, targets = _targets(classes_train)
    trees = targets.shape[1]  # per round
    codes = np.concatenate([codes_train, codes_test])
    scores = np.tile(_prior_scores(targets), (len(codes), 1))
    gains = np.zeros(codes.shape[1])
    if not constant_columns(codes_train).all():
        parameters = _parameters(trees)
        booster = lightgbm.Booster(parameters, lightgbm.Dataset(codes_train, params=parameters))
        for round_ in range(_ROUNDS):
            probabilities = _probabilities(scores[: len(codes_train)])
            residuals = targets - probabilities
            if booster.update(fobj=_gradients(residuals)):
                break  # no tree found a split
            leaves = booster.predict(codes, pred_leaf=True, start_iteration=round_, num_iteration=1)
            cells = leaves.reshape(scores.shape).astype(np.int64) + _LEAVES * np.arange(trees)
            steps = _newton_steps(cells[: len(codes_train)], residuals, probabilities)
            scores += _LEARNING_RATE * steps[cells]
        gains = booster.feature_importance("gain")
    predicted = classes[scores.argmax(axis=1) if trees > 1 else (scores[:, 0] >= 0).astype(int)]
    return BoostedTrees(gains, predicted[: len(codes_train)], predicted[len(codes_train) :])


def _targets(classes_train: IntArray) -> tuple[IntArray, FloatArray]:
    """Return the classes (C,) and what each tree of a round follows, (N, C), or (N, 1) where there are two classes."""
    classes, numbers = np.unique(classes_train, return_inverse=True)
    members = (numbers[:, None] == np.arange(len(classes))).astype(np.float64)
    return classes, members if len(classes) > 2 else members[:, 1:]


def _prior_scores(targets: FloatArray) -> FloatArray:
    """Return the scores (T,) that give every item the shares of the classes."""
    shares = targets.mean(axis=0)
    return np.asarray(np.log(shares) if len(shares) > 1 else np.log(shares / (1 - shares)))


def _probabilities(scores: FloatArray) -> FloatArray:
    """Return probabilities (N, T) of the classes, or of the second of two."""
    return np.asarray(scipy.special.softmax(scores, axis=1) if scores.shape[1] > 1 else scipy.special.expit(scores))


def _parameters(trees: int) -> dict[str, object]:
    return {
        "objective": "none",
        "num_class": trees,
        "max_depth": _DEPTH,
        "num_leaves": _LEAVES,
        "min_data_in_leaf": 1,
        "min_sum_hessian_in_leaf": 0.0,
        "min_data_in_bin": 1,
        "max_bin": BINS,
        "force_col_wise": True,
        "deterministic": True,
        "num_threads": 1,
        "verbose": -1,
    }


def _gradients(residuals: FloatArray) -> Callable[[Any, Any], tuple[FloatArray, FloatArray]]:
    """Return a LightGBM objective with these residuals and curvature 1."""
    downhill = -residuals if residuals.shape[1] > 1 else -residuals[:, 0]
    curvature = np.ones_like(downhill)
    return lambda _predictions, _data: (downhill, curvature)


def _newton_steps(cells: IntArray, residuals: FloatArray, probabilities: FloatArray) -> FloatArray:
    """Return the step of each leaf of each tree (T * 8,) that lowers the log loss, as in Friedman (2001)."""
    trees = residuals.shape[1]
    size = _LEAVES * trees
    slope = np.bincount(cells.ravel(), residuals.ravel(), size)
    curvature = np.bincount(cells.ravel(), (probabilities * (1 - probabilities)).ravel(), size)
    share = (trees - 1) / trees if trees > 1 else 1.0
    return share * np.divide(slope, curvature, out=np.zeros(size), where=curvature > 1e-150)
