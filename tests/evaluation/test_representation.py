import numpy as np

from latune.evaluation.representation import MOST_ITEMS, score_codes


def _items(count: int):
    generator = np.random.default_rng(0)
    values = generator.integers(0, 5, size=(count, 2)).astype(float)
    noise = generator.normal(size=(count, 3)).astype(np.float32)
    means = np.column_stack([values - 2, noise[:, 0]]).astype(np.float32) + 0.01 * noise
    return means, np.tile(np.array([0.05, 0.05, 0.5], np.float32), (count, 1)), values


def test_codes_are_scored_against_factors_that_have_few_values():
    means, scales, values = _items(600)
    found = score_codes(means, scales, values, ["size", "place"], repetitions=20, seed=0)
    assert found["scores"]["factor_vae"]["value"] == 1.0
    assert set(found["scores"]["factor_mig"]["parts"]) == {"size", "place"}
    assert found["scores"]["factor_mig"]["value"] > 0.9
    assert found["skipped"] == {}


def test_codes_of_continuous_attributes_are_described_by_themselves():
    means, scales, values = _items(600)
    continuous = values + np.random.default_rng(1).normal(size=values.shape)
    found = score_codes(means, scales, continuous, ["size", "place"], repetitions=20, seed=0)
    assert "factor_vae" not in found["scores"]
    assert found["scores"]["active_units"]["value"] == 3
    mean, scale = means.astype(float), scales.astype(float)
    closed_form = 0.5 * (mean**2 + scale**2 - 2 * np.log(scale) - 1).sum(axis=1).mean()
    np.testing.assert_allclose(found["scores"]["prior_divergence"]["value"], closed_form, rtol=1e-5)
    np.testing.assert_allclose(sum(found["scores"]["prior_divergence"]["parts"].values()), closed_form, rtol=1e-5)


def test_what_is_measured_is_no_factor():
    means, scales, _ = _items(600)
    found = score_codes(means, scales, None, ["density"], repetitions=0, seed=0)
    assert "factor_vae" not in found["scores"]
    assert found["scores"]["active_units"]["value"] == 3


def test_many_items_are_thinned_out_the_same_way_each_time():
    means, scales, values = _items(MOST_ITEMS + 500)
    continuous = values + np.linspace(0, 1, len(values))[:, None]
    first, second = (score_codes(means, scales, continuous, ["a", "b"], repetitions=0, seed=3) for _ in range(2))
    assert first == second
    assert first["items"] == MOST_ITEMS
