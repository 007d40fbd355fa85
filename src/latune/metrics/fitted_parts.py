"""What the scores that fit models share: checked arrays of training and test items, one fit per factor."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike

from latune.errors import InputError
from latune.metrics.arrays import FloatArray, IntArray, check_table
from latune.metrics.factors import check_factor_parts

__all__ = ["FittedParts", "check_choice", "check_fitted_parts", "per_factor", "standardised"]

Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class FittedParts:
    """Codes and factors of the items that a model is fitted on, and of others.

    Attributes:
        codes_train: (N, D) codes.
        factors_train: (N, K) class numbers from 0.
        codes_test: (M, D) codes.
        factors_test: (M, K) class numbers, the same as in training; some may be unknown there.
    """

    codes_train: FloatArray
    factors_train: IntArray
    codes_test: FloatArray
    factors_test: IntArray


def check_fitted_parts(
    codes_train: ArrayLike, factors_train: ArrayLike, codes_test: ArrayLike, factors_test: ArrayLike
) -> FittedParts:
    """Return the four arrays as codes in float64 and class numbers from 0, or refuse them.

    Args:
        codes_train: (N, D) codes.
        factors_train: (N, K) classes; each factor must vary.
        codes_test: (M, D) codes.
        factors_test: (M, K) classes.

    Raises:
        InputError: An array is not what it should be, or does not go with the others.
    """
    train, test = check_table(codes_train, "codes_train"), check_table(codes_test, "codes_test")
    if train.shape[1] != test.shape[1]:
        raise InputError(
            f"codes_train and codes_test must have the same codes, not {train.shape[1]} and {test.shape[1]}."
        )
    classes_train, classes_test = check_factor_parts(factors_train, factors_test)
    for part, codes, classes in (("train", train, classes_train), ("test", test, classes_test)):
        if len(codes) != len(classes):
            raise InputError(
                f"codes_{part} and factors_{part} must describe the same items, not {len(codes)} and {len(classes)} "
                "of them."
            )
    return FittedParts(train, classes_train, test, classes_test)


def check_choice(value: str, choices: tuple[str, ...], name: str) -> None:
    """Refuse a word that is none of the choices."""
    if value not in choices:
        raise InputError(f"{name} must be one of {', '.join(choices)}, not '{value}'.")


def per_factor(fit: Callable[[int], Result], factors: int, n_jobs: int) -> list[Result]:
    """Return fit(0), ..., fit(factors - 1), computed in `n_jobs` threads (-1: one for each core)."""
    if n_jobs == 1 or factors == 1:
        return [fit(factor) for factor in range(factors)]
    return list(Parallel(n_jobs=n_jobs, prefer="threads")(delayed(fit)(factor) for factor in range(factors)))


def standardised(train: FloatArray, test: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return both with mean 0 and deviation 1 on the training items; a constant code becomes 0."""
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    varies = deviation > np.finfo(np.float64).eps * np.abs(mean)
    scale = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=varies)
    return (train - mean) * scale, (test - mean) * scale
