"""Relations of attributes in invented items: straight, bent, explained by a third, missing."""

import numpy as np
import pytest

from latune.metrics.dependence import relate

COUNT = 20_000
GENERATOR = np.random.default_rng(0)
LEFT, NOISE, THIRD = GENERATOR.normal(size=(3, COUNT))
NONE = np.empty((COUNT, 0))


def test_unrelated():
    relation = relate(LEFT, NOISE, THIRD[:, None])
    assert relation.independent
    assert relation.correlation_ratio < 0.05


@pytest.mark.parametrize("slope", [0.5, -0.5])
def test_a_straight_line(slope):
    relation = relate(LEFT, slope * LEFT + NOISE, NONE)
    assert relation.correlation == pytest.approx(slope / np.sqrt(1 + slope**2), abs=0.02)
    assert relation.partial_correlation == pytest.approx(relation.correlation)
    assert relation.correlation_ratio == pytest.approx(abs(relation.correlation), abs=0.02)
    assert not relation.independent


def test_a_bend_is_seen_by_the_ratio_alone():
    relation = relate(LEFT, np.abs(LEFT), NONE)
    assert abs(relation.correlation) < 0.05
    assert relation.uncorrelated
    assert not relation.independent
    assert relation.correlation_ratio > 0.9


def test_what_a_third_attribute_explains():
    relation = relate(LEFT + 3 * THIRD, NOISE + 3 * THIRD, THIRD[:, None])
    assert relation.correlation > 0.8
    assert abs(relation.partial_correlation) < 0.05
    assert not relation.independent


def test_what_a_third_attribute_hides():
    """Uncorrelated in all items, and yet they move against each other wherever the third is the same."""
    relation = relate(LEFT + THIRD, THIRD - LEFT, THIRD[:, None])
    assert abs(relation.correlation) < 0.05
    assert relation.partial_correlation == pytest.approx(-1)
    assert not relation.independent


@pytest.mark.parametrize("given", [NONE, LEFT[:, None], np.column_stack([LEFT, 2 * LEFT])])
def test_constants_and_repeated_attributes_are_no_error(given):
    assert relate(LEFT, np.ones(COUNT), given).independent
    assert relate(np.ones(COUNT), LEFT, given).correlation_ratio == 0


def test_values_of_few_kinds():
    kinds = np.arange(COUNT) % 3
    assert relate(kinds, np.array([0.0, 5.0, 0.0])[kinds] + NOISE, NONE).correlation_ratio > 0.9


def test_items_without_a_value_do_not_count():
    left = np.where(np.arange(COUNT) % 2, LEFT, np.nan)
    assert relate(left, LEFT, NONE).correlation == pytest.approx(1)
    assert relate(np.where(np.arange(COUNT) < 39, LEFT, np.nan), LEFT, NONE) is None
