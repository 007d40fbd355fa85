"""Distances of feature sets, balance of classes, deviations within regions: by hand and against definitions."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from latune.errors import InputError
from latune.metrics.nuisances import correlation, region_scale, wrapped
from latune.metrics.sample_quality import class_balance, frechet_distance


def test_frechet_distance_is_its_definition():
    generator = np.random.default_rng(0)
    one = generator.normal(size=(400, 3)) @ generator.normal(size=(3, 3))
    other = generator.normal(size=(300, 3)) @ generator.normal(size=(3, 3)) + [1, 2, 3]
    first, second = (np.cov(table.T, bias=True) for table in (one, other))
    offset = ((one.mean(axis=0) - other.mean(axis=0)) ** 2).sum()
    expected = offset + np.trace(first + second - 2 * np.real(sqrtm(first @ second)))
    assert frechet_distance(one, other) == pytest.approx(expected)
    assert frechet_distance(other, one) == pytest.approx(expected)


def test_frechet_distance_of_shifted_and_flat_features():
    features = np.random.default_rng(1).normal(size=(50, 2))
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-12)
    assert frechet_distance(features, features + np.array([3, 4])) == pytest.approx(25)
    flat = np.zeros((50, 1))
    assert frechet_distance(flat, flat + 2) == pytest.approx(4)
    with pytest.raises(InputError, match="same columns"):
        frechet_distance(features, flat)


def test_balance():
    assert class_balance([0.25] * 4) == pytest.approx(1)
    assert class_balance([0, 1, 0]) == 0
    assert class_balance([0.5, 0.5, 0, 0]) == pytest.approx(0.5)
    assert class_balance([1]) == 1
    for bad in ([], [0, 0], [-1, 2], [np.nan, 1]):
        with pytest.raises(InputError, match="shares"):
            class_balance(bad)


def test_angles_are_wrapped():
    assert wrapped([0, np.pi, -np.pi, 1.5 * np.pi, 5 * np.pi / 2]) == pytest.approx(
        [0, np.pi, np.pi, -np.pi / 2, np.pi / 2]
    )


def test_deviations_within_regions():
    values = np.array([[1.0, 7, 0], [3, 7, 1], [10, 8, 2], [14, 8, 3]])
    scale = region_scale(values, np.array([0, 0, 2, 2]), 3)
    assert scale.means[[0, 2]] == pytest.approx(np.array([[2, 7, 0.5], [12, 8, 2.5]]))
    assert np.isnan(scale.means[1]).all()
    assert scale.spread[0] == pytest.approx(np.sqrt((1 + 1 + 4 + 4) / 4))
    assert scale.varying.tolist() == [True, False, True]
    deviations = scale.deviations([[2.0, 7, 0.5], [12 + scale.spread[0], 9, 2.5]], np.array([0, 2]))
    assert deviations[:, 0] == pytest.approx([0, 1])
    assert np.isnan(deviations[:, 1]).all()
    with pytest.raises(InputError, match="region each"):
        region_scale(values, np.array([0, 1]), 3)


def test_correlation_needs_something_that_varies():
    assert correlation([1, 2, 3], [2, 4, 6]) == pytest.approx(1)
    assert correlation([1, 2, 3], [5, 5, 5]) is None
    assert correlation([1], [2]) is None
