"""Explicitness and size: linear, curved and idle codes, known curves, refusals."""

import numpy as np
import pytest

from latune.errors import InputError
from latune.metrics.explicitness_size import CAPACITIES, explicitness_size

CLASSES = 12


def angle_parts(codes_of):
    generator = np.random.default_rng(0)
    factor = generator.integers(CLASSES, size=(1500, 1))
    codes = codes_of(2 * np.pi * factor / CLASSES) + 0.02 * generator.normal(size=(1500, 1))
    return codes[:1000], factor[:1000], codes[1000:], factor[1000:]


def test_perfect_codes_rotated_or_not_are_explicit(perfect_parts):
    codes, factors, codes_test, factors_test = perfect_parts
    result = explicitness_size(*perfect_parts)
    assert result.explicitness > 0.98
    assert result.size == 3 / 4
    assert result.losses.shape == (len(CAPACITIES), 3)
    assert result.losses[0].max() < 0.01
    rotation, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))
    rotated = explicitness_size(codes @ rotation, factors, codes_test @ rotation, factors_test)
    assert rotated.explicitness > 0.98


def test_noise_has_no_explicitness(noise_parts):
    result = explicitness_size(*noise_parts)
    assert result.explicitness_per_factor.tolist() == [0, 0, 0]
    assert result.losses.min() > 0.95


def test_a_folded_angle_needs_larger_probes():
    line = explicitness_size(*angle_parts(lambda angle: angle))
    folded = explicitness_size(*angle_parts(lambda angle: np.hstack([np.cos(angle), np.sin(angle)])))
    assert line.explicitness > 0.99
    assert folded.losses.min() < 0.2, "it can be read"
    assert 0 < folded.explicitness < 0.9, "but not linearly"
    assert folded.size == 0.5


def test_categorical_factors_are_read_class_by_class():
    middle = angle_parts(lambda angle: (np.cos(angle) > 0).astype(float))
    ordered = explicitness_size(*middle)
    unordered = explicitness_size(*middle, categorical=[0])
    assert ordered.losses.shape == unordered.losses.shape == (len(CAPACITIES), 1)
    assert not np.allclose(ordered.losses, unordered.losses)
    two = [part if part.dtype == float else part // (CLASSES // 2) for part in middle]
    np.testing.assert_allclose(
        explicitness_size(*two).losses, explicitness_size(*two, categorical=[0]).losses, atol=1e-9
    )


def test_same_seed_same_answer_and_refusals(perfect_parts):
    assert explicitness_size(*perfect_parts, seed=1).to_dict() == explicitness_size(*perfect_parts, seed=1).to_dict()
    with pytest.raises(InputError, match="categorical must name factors from 0 to 2"):
        explicitness_size(*perfect_parts, categorical=[3])
