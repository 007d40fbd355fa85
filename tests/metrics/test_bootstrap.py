"""Bootstrap weights and intervals."""

import subprocess
import sys

import numpy as np
import pytest

from latune.errors import InputError
from latune.metrics import Estimate, bootstrap_mean, bootstrap_weights


def test_weights_are_shares_of_as_many_draws_as_items():
    weights = np.concatenate(list(bootstrap_weights(50, 400)))
    assert weights.shape == (400, 50)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    counts = weights * 50
    np.testing.assert_allclose(counts, np.round(counts), atol=1e-12)
    assert counts.var() == pytest.approx(1 - 1 / 50, rel=0.05)


def test_large_draws_come_in_blocks():
    blocks = list(bootstrap_weights(1 << 21, 5))
    assert [len(block) for block in blocks] == [2, 2, 1]


def test_items_of_a_group_are_drawn_together():
    groups = np.array(["a", "b", "a", "c", "b", "a"])
    weights = next(bootstrap_weights(6, 100, groups=groups))
    np.testing.assert_array_equal(weights[:, 0], weights[:, 2])
    np.testing.assert_array_equal(weights[:, 1], weights[:, 4])
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    assert (weights[:, 0] != weights[:, 1]).any()


def test_mean_has_the_interval_of_theory():
    values = np.random.default_rng(0).normal(size=1000)
    estimate = bootstrap_mean(values, repetitions=2000)
    half = 1.96 * values.std() / np.sqrt(1000)
    assert estimate.value == values.mean()
    assert estimate.low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert estimate.high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_interval_covers_the_truth_about_as_often_as_it_says():
    samples = np.random.default_rng(1).exponential(size=(200, 100))
    estimates = [bootstrap_mean(sample, repetitions=300) for sample in samples]
    covered = np.mean([estimate.low <= 1 <= estimate.high for estimate in estimates])
    assert 0.88 <= covered <= 0.99


def test_groups_widen_the_interval_of_repeated_values():
    values, groups = np.repeat(np.random.default_rng(2).normal(size=40), 25), np.repeat(np.arange(40), 25)
    alone, grouped = bootstrap_mean(values), bootstrap_mean(values, groups)
    assert grouped.high - grouped.low == pytest.approx(5 * (alone.high - alone.low), rel=0.25)


def test_booleans_and_equal_values():
    assert bootstrap_mean(np.array([True, False] * 20)).value == 0.5
    assert bootstrap_mean([2.0, 2.0, 2.0]) == Estimate(2.0, pytest.approx(2.0), pytest.approx(2.0))


def test_estimates_print_and_serialise():
    assert str(Estimate(0.5, 0.25, 0.75)) == "0.500 [0.250, 0.750]"
    assert str(bootstrap_mean([0.5], repetitions=0)) == "0.500"
    assert Estimate(0.5).to_dict() == {"value": 0.5, "low": None, "high": None}


def test_refusals():
    with pytest.raises(InputError, match=r"one number per item, not an array of shape \(0,\)"):
        bootstrap_mean([])
    with pytest.raises(InputError, match="values must be finite: 1 are not"):
        bootstrap_mean([1.0, np.nan])
    with pytest.raises(InputError, match=r"each of the 3 items, not shape \(2,\)"):
        bootstrap_mean([1.0, 2.0, 3.0], groups=[0, 1])


def test_importing_the_metrics_is_light():
    heavy = {"sklearn", "torch", "scipy.stats", "matplotlib"}
    code = f"import sys, latune.metrics; print({heavy} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "set()"
