"""Token scores against hand-made cases and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from latune.errors import InputError
from latune.metrics import exact_items, majority_baseline, majority_token, onset_f1, token_accuracy

TARGET = np.array([[60, 0, 62, 0], [1, 1, 1, 1], [64, 0, 0, 65]])
PREDICTED = np.array([[60, 0, 63, 0], [1, 1, 1, 1], [0, 64, 0, 65]])


def test_accuracy_and_exact_items_of_a_known_case():
    np.testing.assert_array_equal(token_accuracy(PREDICTED, TARGET), [0.75, 1.0, 0.5])
    np.testing.assert_array_equal(exact_items(PREDICTED, TARGET), [0, 1, 0])


def test_onset_f1_of_a_known_case():
    onsets = (PREDICTED > 1, TARGET > 1)
    np.testing.assert_array_equal(onset_f1(PREDICTED, TARGET, *onsets), [0.5, 1.0, 0.5])
    np.testing.assert_array_equal(onset_f1(PREDICTED, TARGET, *onsets, same_token=False), [1.0, 1.0, 0.5])


def test_onsets_in_one_of_the_two_only_score_zero():
    silent = np.zeros_like(TARGET, dtype=bool)
    np.testing.assert_array_equal(onset_f1(TARGET, TARGET, silent, TARGET > 1), [0, 1, 0])
    np.testing.assert_array_equal(onset_f1(TARGET, TARGET, TARGET > 1, silent), [0, 1, 0])


@settings(deadline=None)
@given(st.integers(0, 2**31))
def test_position_only_f1_equals_scikit_learn(seed):
    generator = np.random.default_rng(seed)
    predicted, target = generator.random((2, 6, 8)) < 0.5
    found = onset_f1(predicted.astype(int), target.astype(int), predicted, target, same_token=False)
    expected = [f1_score(t, p, zero_division=1.0) for t, p in zip(target, predicted, strict=True)]
    np.testing.assert_allclose(found, expected)


@settings(deadline=None)
@given(st.integers(0, 2**31))
def test_same_token_is_stricter_and_identity_is_perfect(seed):
    generator = np.random.default_rng(seed)
    predicted, target = generator.integers(4, size=(2, 5, 6))
    onsets = (predicted > 1, target > 1)
    strict = onset_f1(predicted, target, *onsets)
    assert (strict <= onset_f1(predicted, target, *onsets, same_token=False)).all()
    assert (onset_f1(target, target, onsets[1], onsets[1]) == 1).all()
    assert (exact_items(target, target) == 1).all()


def test_majority_baseline_predicts_the_most_frequent_training_token():
    assert majority_token(TARGET) == 0
    np.testing.assert_array_equal(majority_baseline(TARGET, PREDICTED), [0.5, 0.0, 0.5])
    assert majority_token(np.array([[3, 2]])) == 2, "of equals the smaller"


def test_refusals():
    onsets = TARGET > 1
    cases = [
        (token_accuracy, (TARGET[0], TARGET), r"predicted tokens must be two-dimensional .*\(4,\)"),
        (token_accuracy, (PREDICTED, TARGET[:2]), r"shape \(2, 4\), not \(3, 4\)"),
        (exact_items, (PREDICTED * 1.0, TARGET), "must be integers, not values of type float64"),
        (onset_f1, (PREDICTED, TARGET, onsets * 1, onsets), "predicted_onsets must be booleans"),
        (onset_f1, (PREDICTED, TARGET, onsets, onsets[:1]), r"target_onsets must have .* \(3, 4\)"),
        (majority_baseline, (TARGET[:0], TARGET), "training tokens must be two-dimensional"),
    ]
    for function, arguments, sentence in cases:
        with pytest.raises(InputError, match=sentence):
            function(*arguments)
