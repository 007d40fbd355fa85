"""The nearest-neighbour estimator against scikit-learn's, against theory, and under reweighting."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_selection import mutual_info_regression

from latune.metrics import bootstrap_weights, mutual_information


def reference(codes, attributes):
    return np.column_stack([mutual_info_regression(codes, column, random_state=0) for column in attributes.T])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), items=st.integers(10, 300), scale=st.floats(1e-3, 1e3))
def test_equals_scikit_learn_on_continuous_data(seed, items, scale):
    generator = np.random.default_rng(seed)
    codes = generator.standard_t(3, size=(items, 3))
    attributes = scale * (codes[:, :2] + generator.normal(size=(items, 2)) + 1)
    found = mutual_information(codes, attributes, seed=seed % 7)
    np.testing.assert_allclose(found.matrix, reference(codes, attributes), atol=1e-9)


def test_equals_scikit_learn_up_to_the_noise_on_tied_data():
    generator = np.random.default_rng(0)
    codes = generator.normal(size=(1500, 2))
    attributes = np.round(2 * codes + generator.normal(size=(1500, 2)))
    found = mutual_information(codes, attributes)
    np.testing.assert_allclose(found.matrix, reference(codes, attributes), atol=0.02)


def test_information_of_a_normal_pair_is_known():
    generator = np.random.default_rng(1)
    x, y = generator.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], size=4000).T
    found = mutual_information(x[:, None], y[:, None])
    assert found.matrix[0, 0] == pytest.approx(-0.5 * np.log(1 - 0.8**2), abs=0.04)


def test_entropy_is_shannons_for_few_values_and_the_sample_size_for_continuous_ones():
    generator = np.random.default_rng(2)
    attributes = np.column_stack([generator.integers(8, size=2000), generator.normal(size=2000)])
    found = mutual_information(generator.normal(size=(2000, 1)), attributes)
    assert found.entropies[0] == pytest.approx(np.log(8), abs=0.02)
    assert found.entropies[1] == pytest.approx(np.log(2000) - 1.26, abs=0.01)


def test_equal_weights_reproduce_the_estimate():
    generator = np.random.default_rng(3)
    codes = generator.normal(size=(100, 3))
    found = mutual_information(codes, codes[:, :2] + generator.normal(size=(100, 2)))
    matrix, entropies = found.reweighted(np.full((1, 100), 0.01))
    np.testing.assert_allclose(matrix[0], found.matrix, atol=1e-12)
    np.testing.assert_allclose(entropies[0], found.entropies, atol=1e-12)


def test_reweighting_has_the_spread_of_fresh_samples():
    def sample(seed):
        generator = np.random.default_rng(seed)
        x, y = generator.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], size=400).T
        return mutual_information(x[:, None], y[:, None])

    fresh = np.std([sample(seed).matrix[0, 0] for seed in range(100)])
    weights = next(bootstrap_weights(400, 200))
    resampled = np.mean([sample(seed).reweighted(weights)[0].std() for seed in range(5)])
    assert resampled == pytest.approx(fresh, rel=0.25)


def test_constant_code_has_no_information_under_any_weights():
    generator = np.random.default_rng(4)
    codes = np.column_stack([np.full(60, 0.1), generator.normal(size=60)])
    found = mutual_information(codes, codes[:, 1:])
    matrix, _ = found.reweighted(next(bootstrap_weights(60, 5)))
    assert found.matrix[0, 0] == 0
    np.testing.assert_allclose(matrix[:, 0], 0, atol=1e-12)


def test_seed_decides_the_noise():
    generator = np.random.default_rng(5)
    codes = generator.integers(3, size=(200, 2)).astype(float)
    attributes = generator.integers(4, size=(200, 1))
    first, again, other = (mutual_information(codes, attributes, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.local, again.local)
    assert not np.array_equal(first.local, other.local)
