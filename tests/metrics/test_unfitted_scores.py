"""Scores of codes against factors, and of codes alone, that fit nothing: frozen answers, known answers, refusals."""

import json
from pathlib import Path

import numpy as np
import pytest

from latune.errors import InputError
from latune.metrics import (
    active_units,
    beta_vae_score,
    factor_mig,
    factor_modularity,
    factor_sap,
    factor_vae_score,
    gaussian_total_correlation,
    gaussian_wasserstein_correlation,
    interventional_robustness,
    prior_divergence,
)

DATA = Path(__file__).parents[1] / "data"
GOLDEN = json.loads((DATA / "supervised_metrics.json").read_text())
EXACT = 1e-6

FACTOR_SCORES = {
    "mig": factor_mig,
    "modularity": factor_modularity,
    "sap": factor_sap,
    "irs": lambda codes, factors: interventional_robustness(codes, factors).score,
    "factor_vae": lambda codes, factors: factor_vae_score(codes, factors, train_votes=2000, test_votes=1000),
    "beta_vae": lambda codes, factors: beta_vae_score(codes, factors, train_sets=1000, test_sets=1000),
}


@pytest.fixture(scope="module")
def golden():
    with np.load(DATA / "supervised_metrics.npz") as arrays:
        return arrays["codes_train"], arrays["factors_train"]


@pytest.fixture(scope="module")
def factors():
    return np.random.default_rng(0).integers([3, 4, 6], size=(3000, 3))


@pytest.fixture(scope="module")
def perfect(factors):
    """A code for each factor, and constant ones."""
    return np.concatenate([factors.astype(float), np.zeros((3000, 2))], axis=1)


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(1).normal(size=(3000, 5))


# Frozen answers


def test_golden_scores_against_factors(golden):
    assert factor_mig(*golden) == pytest.approx(GOLDEN["mig"]["discrete_mig"], abs=EXACT)
    assert factor_modularity(*golden) == pytest.approx(GOLDEN["modularity_explicitness"]["modularity"], abs=EXACT)
    assert factor_sap(*golden) == pytest.approx(GOLDEN["sap_continuous"]["SAP_score"], abs=EXACT)
    assert interventional_robustness(*golden).score == pytest.approx(GOLDEN["irs"]["IRS"], abs=EXACT)


def test_golden_scores_of_codes_alone(golden):
    codes, _ = golden
    assert gaussian_total_correlation(codes) == pytest.approx(GOLDEN["gaussian_total_correlation"], abs=EXACT)
    assert gaussian_wasserstein_correlation(codes) == pytest.approx(
        GOLDEN["gaussian_wasserstein_correlation"], abs=EXACT
    )


# Known answers


@pytest.mark.parametrize("score", ["mig", "sap", "irs", "factor_vae", "beta_vae"])
def test_perfect_codes(score, perfect, factors):
    # Independent factors share a little information, and correlate a little, by chance.
    assert FACTOR_SCORES[score](perfect, factors) == pytest.approx(1.0, abs=0.01)


def test_modularity_of_perfect_codes(perfect, factors):
    assert factor_modularity(perfect[:, :3], factors) == pytest.approx(1.0, abs=1e-3)
    # Two of five codes tell nothing, and count 0.
    assert factor_modularity(perfect, factors) == pytest.approx(3 / 5, abs=1e-3)


@pytest.mark.parametrize(
    ("score", "low", "high"),
    [
        ("mig", 0, 0.02),
        ("sap", 0, 0.01),
        ("modularity", 0.1, 0.8),
        ("irs", 0.1, 0.5),
        ("factor_vae", 0.25, 0.45),
        ("beta_vae", 0.25, 0.45),
    ],
)
def test_noise(score, low, high, noise, factors):
    assert low <= FACTOR_SCORES[score](noise, factors) <= high


@pytest.mark.parametrize("score", FACTOR_SCORES)
def test_the_order_and_sign_of_codes_do_not_matter(score, golden):
    codes, factors = golden
    order = np.random.default_rng(2).permutation(codes.shape[1])
    value = FACTOR_SCORES[score](codes, factors)
    assert 0 <= value <= 1
    assert FACTOR_SCORES[score](codes[:, order], factors) == pytest.approx(value, abs=1e-9)
    # The lower edge belongs to a bin and the upper one does not, so a mirrored histogram may differ by an item.
    assert FACTOR_SCORES[score](-codes, factors) == pytest.approx(value, abs=1e-3)


@pytest.mark.parametrize("score", FACTOR_SCORES)
def test_arrays_of_different_items_are_refused(score, noise, factors):
    with pytest.raises(InputError, match="codes and factors must describe the same items, not 3000 and 2999"):
        FACTOR_SCORES[score](noise, factors[:-1])


# Robustness


def test_robustness_is_what_its_definition_says(golden):
    codes, factors = (array[:400] for array in golden)
    result = interventional_robustness(codes, factors, quantile=0.9)
    for d, k in ((0, 0), (5, 3)):
        groups = [codes[factors[:, k] == value, d].astype(float) for value in np.unique(factors[:, k])]
        near = np.mean([np.quantile(np.abs(group - group.mean()), 0.9) for group in groups])
        assert result.matrix[d, k] == pytest.approx(1 - near / np.abs(codes[:, d] - codes[:, d].mean()).max(), abs=1e-6)


def test_robustness_of_constant_codes(factors):
    assert interventional_robustness(np.full((3000, 2), 0.1), factors).score == 0
    with pytest.raises(InputError, match=r"quantile must be above 0 and at most 1, not 1\.5"):
        interventional_robustness(np.ones((3000, 2)), factors, quantile=1.5)


# Sets that share a factor


def test_unused_codes_are_dropped(perfect, factors, noise):
    assert factor_vae_score(0.001 * perfect, factors) == 0
    codes = np.concatenate([perfect[:, :3], 0.01 * noise], axis=1)
    assert factor_vae_score(codes, factors, train_votes=500, test_votes=500) == 1


def test_entangled_codes_pass_the_beta_vae_score_alone(factors):
    """A rotation hides the factors from single codes, but not from a linear classifier."""
    rotation, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))
    codes = (factors / factors.std(axis=0)) @ rotation
    assert FACTOR_SCORES["beta_vae"](codes, factors) > FACTOR_SCORES["factor_vae"](codes, factors) > 0.4


def test_classes_of_one_item_are_never_drawn():
    factors = np.array([[0, 0], [0, 1]] * 20 + [[1, 1], [2, 0]])
    codes = factors + 1e-3 * np.random.default_rng(0).normal(size=factors.shape)
    assert factor_vae_score(codes, factors, train_votes=100, test_votes=100) == 1
    assert beta_vae_score(codes, factors, train_sets=100, test_sets=100) == 1


def test_refused_sets(noise, factors):
    with pytest.raises(InputError, match="set_size must be at least 2"):
        factor_vae_score(noise, factors, set_size=1)
    with pytest.raises(InputError, match="test_votes must be at least 1, not 0"):
        factor_vae_score(noise, factors, test_votes=0)
    with pytest.raises(InputError, match="train_sets must be at least 1, not 0"):
        beta_vae_score(noise, factors, train_sets=0)
    with pytest.raises(InputError, match="give at least two factors"):
        beta_vae_score(noise, factors[:, :1])


# Codes alone


def test_total_correlation_of_two_codes():
    generator = np.random.default_rng(0)
    codes = generator.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], size=20_000)
    found = gaussian_total_correlation(codes)
    assert found == pytest.approx(-0.5 * np.log(1 - 0.8**2), abs=0.02)
    assert gaussian_total_correlation(codes * [1e-3, 1e3]) == pytest.approx(found, abs=1e-9)
    assert gaussian_total_correlation(np.column_stack([codes, np.ones(20_000)])) == pytest.approx(found, abs=1e-12)


def test_wasserstein_correlation_of_two_codes():
    codes = np.random.default_rng(0).multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], size=20_000)
    # The eigenvalues of the covariance are 1.8 and 0.2.
    expected = 4 - 2 * (np.sqrt(1.8) + np.sqrt(0.2))
    assert gaussian_wasserstein_correlation(codes) == pytest.approx(expected, abs=0.02)
    assert gaussian_wasserstein_correlation(10 * codes) == pytest.approx(100 * expected, abs=2)
    normalised = gaussian_wasserstein_correlation(codes, normalised=True)
    assert normalised == pytest.approx(expected / 2, abs=0.01)
    assert gaussian_wasserstein_correlation(10 * codes, normalised=True) == pytest.approx(normalised)


def test_degenerate_codes(noise):
    assert gaussian_total_correlation(noise[:, [0, 0]]) == np.inf
    for correlation in (gaussian_total_correlation, gaussian_wasserstein_correlation):
        assert correlation(noise[:, :1]) == pytest.approx(0, abs=1e-12)
        assert correlation(np.ones((50, 2))) == 0


def test_active_units_and_divergence():
    generator = np.random.default_rng(0)
    means = generator.normal(size=(5000, 3)) * [1.0, 0.2, 0.05]
    assert active_units(means) == 2
    scales = np.broadcast_to([0.1, 0.5, 1.0], means.shape)
    samples = means + scales * generator.normal(size=means.shape)
    # Monte Carlo: the mean of log q − log p, without the constants that cancel.
    estimate = (-0.5 * ((samples - means) / scales) ** 2 - np.log(scales) + 0.5 * samples**2).mean(axis=0)
    assert prior_divergence(means, scales) == pytest.approx(estimate, abs=0.05)
    assert prior_divergence(np.zeros((10, 1)), np.ones((10, 1))).tolist() == [0]


def test_refused_scales():
    with pytest.raises(InputError, match=r"scales must have the codes' shape \(20, 2\), not \(20, 3\)"):
        prior_divergence(np.zeros((20, 2)), np.ones((20, 3)))
    with pytest.raises(InputError, match="scales must be standard deviations above 0, but the smallest is -1"):
        prior_divergence(np.zeros((20, 2)), -np.ones((20, 2)))
