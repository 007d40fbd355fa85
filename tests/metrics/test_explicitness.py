"""Explicitness: golden values, perfect codes, noise, rotation."""

import numpy as np
import pytest

from latune.errors import InputError
from latune.metrics.explicitness import explicitness


def test_golden_values(golden_parts, golden_scores):
    golden = golden_scores["modularity_explicitness"]
    result = explicitness(*golden_parts, n_jobs=1)
    assert result.explicitness_train == pytest.approx(golden["explicitness_train"], abs=1e-4)
    assert result.explicitness_test == pytest.approx(golden["explicitness_test"], abs=1e-4)


def test_perfect_codes_and_noise(perfect_parts, noise_parts):
    perfect = explicitness(*perfect_parts, n_jobs=1)
    assert perfect.explicitness_test > 0.99
    assert perfect.normalised == pytest.approx(2 * perfect.explicitness_test - 1)
    noise = explicitness(*noise_parts, n_jobs=1)
    assert noise.explicitness_test == pytest.approx(0.5, abs=0.05)
    assert noise.explicitness_train > noise.explicitness_test, "what the fit has seen looks a little better"


def test_a_rotation_changes_nothing(perfect_parts):
    codes, factors, codes_test, factors_test = perfect_parts
    rotation, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))
    rotated = explicitness(codes @ rotation, factors, codes_test @ rotation, factors_test, n_jobs=1)
    assert rotated.explicitness_test == pytest.approx(explicitness(*perfect_parts).explicitness_test, abs=1e-3)


def test_classes_without_test_items_are_left_out(perfect_parts):
    codes, factors, codes_test, factors_test = perfect_parts
    seen = factors_test[:, 2] < 2
    result = explicitness(codes, factors, codes_test[seen], factors_test[seen], n_jobs=1)
    assert result.area_test[2] > 0.99
    assert np.isfinite(result.area_test).all()


def test_refusal(perfect_parts):
    codes, factors, codes_test, factors_test = perfect_parts
    with pytest.raises(InputError, match="codes_train and factors_train must describe the same items"):
        explicitness(codes[:-2], factors, codes_test, factors_test)
