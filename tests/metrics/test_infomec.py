"""InfoMEC and the information behind it: scikit-learn's estimate, perfect codes, noise, quantised codes."""

import numpy as np
import pytest
from scipy.special import digamma
from sklearn.feature_selection import mutual_info_classif

from latune.errors import InputError
from latune.metrics.class_information import class_information
from latune.metrics.infomec import infomec


def scores(result):
    return [result.modularity, result.explicitness, result.compactness]


def plain_information(code, factor):
    """Ross's estimate, item by item; items alone in their class are left out."""
    counts = np.bincount(factor)[factor]
    code, factor, counts = code[counts > 1], factor[counts > 1], counts[counts > 1]
    terms = []
    for value, kind, count in zip(code, factor, counts, strict=True):
        distances = np.abs(code - value)
        neighbours = min(3, count - 1)
        radius = np.sort(distances[factor == kind])[neighbours]
        closer = np.sum(distances < radius)
        terms.append(digamma(neighbours) - digamma(count) - digamma(closer))
    return max(0.0, digamma(len(code)) + np.mean(terms))


@pytest.mark.parametrize("seed", range(4))
def test_information_is_that_of_scikit_learn(seed):
    generator = np.random.default_rng(seed)
    factors = np.column_stack([generator.integers(3, size=400), generator.integers(8, size=400)])
    codes = np.column_stack([factors[:, 0] + generator.normal(size=400), 50 * generator.normal(size=400)])
    expected = np.column_stack([mutual_info_classif(codes, factor, random_state=0) for factor in factors.T])
    np.testing.assert_allclose(class_information(codes, factors), expected, atol=1e-9)


def test_information_with_rare_classes_is_that_of_the_definition():
    generator = np.random.default_rng(0)
    factor = generator.geometric(0.4, size=300)
    assert (np.bincount(factor) == 1).any()
    code = factor + generator.normal(size=300)
    found = class_information(code[:, None], factor[:, None])
    assert found[0, 0] == pytest.approx(plain_information(code / code.std(), factor), abs=1e-6)


def test_information_of_equal_values_and_constants():
    factors = np.repeat([[0], [1]], 50, axis=0)
    codes = np.column_stack([factors, np.ones(100)]).astype(float)
    np.testing.assert_allclose(class_information(codes, factors), [[np.log(2)], [0]], atol=0.02)


def test_perfect_codes_and_noise(perfect_parts, noise_parts):
    perfect = infomec(*perfect_parts, n_jobs=1)
    assert perfect.active.tolist() == [True, True, True, False]
    assert min(scores(perfect)) > 0.93
    noise = infomec(*noise_parts, n_jobs=1)
    assert noise.active.all()
    assert noise.explicitness < 0.05
    assert noise.information.max() < 0.1


def test_quantised_codes_are_counted(perfect_parts):
    codes, factors, codes_test, factors_test = perfect_parts
    result = infomec(np.round(codes), factors, np.round(codes_test), factors_test, discrete=True, n_jobs=1)
    np.testing.assert_allclose(np.diag(result.information), 1, atol=1e-9)
    assert min(scores(result)) > 0.95


def test_shared_and_mixed_codes():
    generator = np.random.default_rng(0)
    factors = generator.integers(2, size=(600, 2))
    both = factors[:, :1] + 2 * factors[:, 1:] + 0.01 * generator.normal(size=(600, 1))
    mixed = infomec(both[:400], factors[:400], both[400:], factors[400:], n_jobs=1)
    assert mixed.modularity < 0.1, "one code holds both factors"
    assert mixed.compactness == 1
    copies = np.hstack([factors[:, :1], factors[:, :1], factors[:, 1:]]) + 0.01 * generator.normal(size=(600, 3))
    doubled = infomec(copies[:400], factors[:400], copies[400:], factors[400:], n_jobs=1)
    assert doubled.modularity > 0.9
    assert doubled.compactness == pytest.approx((0.25 + 1) / 2, abs=0.05), "one factor of two is in two codes of three"


def test_order_of_codes_and_the_mask(perfect_parts):
    codes, factors, codes_test, factors_test = perfect_parts
    order = [3, 1, 0, 2]
    still = infomec(*perfect_parts, n_jobs=1)
    moved = infomec(codes[:, order], factors, codes_test[:, order], factors_test, n_jobs=1)
    np.testing.assert_allclose(scores(moved), scores(still), atol=1e-3)
    everything = infomec(*perfect_parts, active=np.ones(4, dtype=bool), n_jobs=1)
    assert everything.modularity < still.modularity
    nothing = infomec(*perfect_parts, active=np.zeros(4, dtype=bool), n_jobs=1)
    assert nothing.modularity == nothing.compactness == 0
    with pytest.raises(InputError, match="active must be 4 truth values"):
        infomec(*perfect_parts, active=[0, 1])


def test_test_items_of_unknown_classes_are_left_out(perfect_parts):
    codes, factors, codes_test, factors_test = perfect_parts
    kept = factors[:, 1] > 0
    result = infomec(codes[kept], factors[kept], codes_test, factors_test, n_jobs=1)
    assert result.explicitness_per_factor.min() > 0.9
    assert set(result.to_dict()) >= {"modularity", "explicitness", "compactness", "information"}
