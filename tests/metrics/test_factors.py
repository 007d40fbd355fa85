"""Classes, histograms and counted information."""

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from latune.errors import InputError
from latune.metrics import (
    check_factor_parts,
    check_factors,
    discrete_entropies,
    discrete_information,
    histogram_bins,
)


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def test_classes_are_numbered_in_the_order_of_their_values():
    factors = np.array([[3.5, -1], [0.0, 7], [3.5, 9]] * 5)
    assert check_factors(factors)[:3].tolist() == [[1, 0], [0, 1], [1, 2]]


def test_training_and_test_items_get_the_same_numbers():
    train, test = check_factor_parts(np.array([[2], [5]] * 5), np.array([[9], [5]] * 5))
    assert train[:2, 0].tolist() == [0, 1]
    assert test[:2, 0].tolist() == [2, 1]


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        (np.zeros((20, 1)), "factor 'f0' must have at least two classes, but is 0 for every item."),
        (np.arange(20)[:, None], "has 20 in 20 items: give continuous numbers as attributes."),
        (np.arange(4000)[:, None] // 2, "at most 1000, but has 2000 in 4000 items"),
        (np.zeros(20), "factors must be two-dimensional"),
        (np.full((20, 1), np.nan), "factors must be finite"),
        (np.array([["a"], ["b"]] * 10), "factors must hold real numbers"),
    ],
)
def test_refused_factors(factors, message):
    with pytest.raises(InputError) as refusal:
        check_factors(factors)
    assert message in str(refusal.value)


def test_refused_parts():
    with pytest.raises(InputError, match="must have the same factors, not 1 and 2"):
        check_factor_parts(np.array([[0], [1]] * 5), np.zeros((10, 2)))
    with pytest.raises(InputError, match="at least two classes"):
        check_factor_parts(np.zeros((10, 1)), np.array([[0], [1]] * 5))


def test_refused_names():
    with pytest.raises(InputError, match=r"factor names must be 2 different ones, one for each factor, not x, x\."):
        check_factors(np.array([[0, 1], [1, 0]] * 5), ["x", "x"])


def test_bins_of_equal_width():
    codes = np.array([0, 0.49, 0.51, 0.99, 1.01, 2.0, 2.0, 2.0, 2.0, 2.0])[:, None]
    assert histogram_bins(codes, 4)[:6, 0].tolist() == [0, 0, 1, 1, 2, 3]


def test_a_constant_code_has_one_bin_and_no_information(generator):
    bins = histogram_bins(np.full((40, 1), 0.3))
    assert len(np.unique(bins)) == 1
    assert discrete_information(bins, generator.integers(3, size=(40, 2))).tolist() == [[0, 0]]


def test_too_few_bins():
    with pytest.raises(InputError, match="bins must be at least 2, not 1"):
        histogram_bins(np.zeros((10, 1)), 1)


def test_information_is_that_of_an_independent_implementation(generator):
    factors = generator.integers([3, 5], size=(300, 2))
    bins = histogram_bins(factors @ generator.normal(size=(2, 4)) + generator.normal(size=(300, 4)))
    expected = [[mutual_info_score(code, factor) for factor in factors.T] for code in bins.T]
    assert discrete_information(bins, factors) == pytest.approx(np.array(expected), abs=1e-12)
    assert discrete_entropies(factors) == pytest.approx([mutual_info_score(f, f) for f in factors.T], abs=1e-12)


def test_weights_are_copies_of_items(generator):
    factors, bins = generator.integers(4, size=(200, 2)), generator.integers(6, size=(200, 3))
    copies = generator.multinomial(200, np.full(200, 1 / 200), size=3)
    found = discrete_information(bins, factors, copies / 200)
    assert found.shape == (3, 3, 2)
    for information, count in zip(found, copies, strict=True):
        chosen = np.repeat(np.arange(200), count)
        assert information == pytest.approx(discrete_information(bins[chosen], factors[chosen]), abs=1e-12)
