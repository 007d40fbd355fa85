"""How much of a token sequence comes back? Scores of decoded against original tokens, one value per item.

Arrays are (N, T) integers: N items of T positions. Every score is an array with one value per item, so that
`bootstrap_mean` can take its mean with an interval, over items or over whole tunes.

Token accuracy flatters: in music most positions hold the "continue" token, and a decoder that says nothing
else is right four times out of five (78.7 % on Bach chorales). Print `majority_baseline` beside it, and the
stricter `exact_items` and `onset_f1`.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latune.errors import InputError
from latune.metrics.arrays import BoolArray, FloatArray

__all__ = ["exact_items", "majority_baseline", "majority_token", "onset_f1", "token_accuracy"]

TokenArray = NDArray[np.integer[Any]]


def token_accuracy(predicted: ArrayLike, target: ArrayLike) -> FloatArray:
    """Return the share of positions with the right token, per item.

    Args:
        predicted: (N, T) decoded tokens.
        target: (N, T) original tokens.

    Returns:
        (N,) shares from 0 to 1.
    """
    guess, truth = _check_pair(predicted, target)
    return np.asarray(np.mean(guess == truth, axis=1))


def exact_items(predicted: ArrayLike, target: ArrayLike) -> FloatArray:
    """Return 1 for each item that came back without any error, else 0; the mean is the exact-item rate.

    Args:
        predicted: (N, T) decoded tokens.
        target: (N, T) original tokens.

    Returns:
        (N,) zeros and ones.
    """
    guess, truth = _check_pair(predicted, target)
    return np.asarray(np.all(guess == truth, axis=1), dtype=np.float64)


def onset_f1(
    predicted: ArrayLike,
    target: ArrayLike,
    predicted_onsets: ArrayLike,
    target_onsets: ArrayLike,
    *,
    same_token: bool = True,
) -> FloatArray:
    """Return the F1 score of the onsets, per item.

    A hit is an onset at the same position in both, with the same token (the same pitch) unless `same_token`
    is off; F1 = 2 hits / (onsets predicted + onsets in the original).

    Args:
        predicted: (N, T) decoded tokens.
        target: (N, T) original tokens.
        predicted_onsets: (N, T) booleans, where the decoded item starts a note.
        target_onsets: (N, T) booleans, where the original starts a note.
        same_token: Whether a hit needs the same token, or only the same position.

    Returns:
        (N,) scores from 0 to 1; an item without an onset in either, such as a silent measure, counts 1.
    """
    guess, truth = _check_pair(predicted, target)
    guessed = _check_onsets(predicted_onsets, "predicted_onsets", truth.shape)
    true = _check_onsets(target_onsets, "target_onsets", truth.shape)
    hits = guessed & true
    if same_token:
        hits &= guess == truth
    total: FloatArray = guessed.sum(axis=1, dtype=np.float64) + true.sum(axis=1)
    score: FloatArray = np.divide(2.0 * hits.sum(axis=1), total, out=np.ones_like(total), where=total > 0)
    return score


def majority_token(training: ArrayLike) -> int:
    """Return the most frequent token of the (N, T) training items; the smaller one of equals."""
    tokens, counts = np.unique(_check_tokens(training, "training tokens"), return_counts=True)
    return int(tokens[np.argmax(counts)])


def majority_baseline(training: ArrayLike, target: ArrayLike) -> FloatArray:
    """Return, per item, the accuracy of always predicting the training items' most frequent token.

    Args:
        training: (M, S) tokens of the training items.
        target: (N, T) tokens of the items that are scored.

    Returns:
        (N,) shares from 0 to 1.
    """
    truth = _check_tokens(target, "target tokens")
    return np.asarray(np.mean(truth == majority_token(training), axis=1))


def _check_tokens(tokens: ArrayLike, name: str) -> TokenArray:
    """Return (N, T) integers with at least one position, or refuse them."""
    array = np.asarray(tokens)
    if array.ndim != 2 or array.size == 0:
        raise InputError(f"{name} must be two-dimensional (items, positions), not of shape {array.shape}.")
    if array.dtype.kind not in "iu":
        raise InputError(f"{name} must be integers, not values of type {array.dtype}.")
    return array


def _check_pair(predicted: ArrayLike, target: ArrayLike) -> tuple[TokenArray, TokenArray]:
    """Return decoded and original tokens of the same shape, or refuse them."""
    guess, truth = _check_tokens(predicted, "predicted tokens"), _check_tokens(target, "target tokens")
    if guess.shape != truth.shape:
        raise InputError(f"predicted tokens must have the target's shape {truth.shape}, not {guess.shape}.")
    return guess, truth


def _check_onsets(onsets: ArrayLike, name: str, shape: tuple[int, ...]) -> BoolArray:
    """Return booleans of the tokens' shape, or refuse them."""
    array = np.asarray(onsets)
    if array.dtype != np.bool_:
        raise InputError(f"{name} must be booleans, not values of type {array.dtype}.")
    if array.shape != shape:
        raise InputError(f"{name} must have the tokens' shape {shape}, not {array.shape}.")
    return array
