"""Oracle and noise codes: what is known of them by construction."""

import numpy as np
import pytest

from latune.errors import InputError
from latune.metrics import ceiling_and_chance, noise_codes, oracle_codes


@pytest.fixture
def attributes():
    generator = np.random.default_rng(0)
    return np.column_stack([5 + 3 * generator.normal(size=500), generator.integers(6, size=500)])


def test_oracle_holds_the_standardised_attributes_and_noise(attributes):
    codes = oracle_codes(attributes, 5, noise=0.0, seed=1)
    expected = (attributes - attributes.mean(axis=0)) / attributes.std(axis=0)
    np.testing.assert_allclose(codes[:, :2], expected, atol=1e-12)
    np.testing.assert_array_equal(codes[:, 2:], noise_codes(500, 5, seed=1)[:, 2:])
    assert codes.shape == (500, 5)


def test_noise_of_the_oracle_has_the_given_size(attributes):
    difference = oracle_codes(attributes, 2, noise=0.2) - oracle_codes(attributes, 2, noise=0.0)
    np.testing.assert_allclose(difference.std(axis=0), 0.2, rtol=0.15)


def test_ceiling_is_above_chance(attributes):
    scores = ceiling_and_chance(attributes, 4).to_dict()
    assert list(scores["ceiling"]) == ["interpretability", "modularity", "mig", "sap", "scc"]
    for name in ("interpretability", "mig", "sap", "scc"):
        assert scores["ceiling"][name] > scores["chance"][name] + 0.5
    assert scores["ceiling"]["interpretability"] == pytest.approx(1, abs=1e-4)


def test_intervals_and_names_are_passed_on(attributes):
    result = ceiling_and_chance(attributes, 2, names=["x", "y"], bootstrap=10, groups=np.arange(500) // 5)
    assert list(result.chance.attributes) == ["x", "y"]
    assert result.ceiling.sap.low <= result.ceiling.sap.high


def test_refusals(attributes):
    with pytest.raises(InputError, match="at least the number of attributes, 2, not 1"):
        oracle_codes(attributes, 1)
    with pytest.raises(InputError, match="noise must be zero or more"):
        oracle_codes(attributes, 2, noise=-1.0)
    with pytest.raises(InputError, match="items must be at least 10"):
        noise_codes(9, 2)
    with pytest.raises(InputError, match="latent_size must be at least 1"):
        noise_codes(10, 0)
    with pytest.raises(InputError, match="attribute 'y' must vary"):
        ceiling_and_chance(attributes * [1, 0], 2, names=["x", "y"])
