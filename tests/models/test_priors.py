"""Priors over codes: the mixture of Gaussians, the named priors, the fit to labels and the maps between regions."""

import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from scipy.stats import chi2, chisquare
from sklearn.covariance import ledoit_wolf
from sklearn.datasets import make_moons, make_swiss_roll
from torch.distributions import Categorical, MultivariateNormal

from latune.errors import DataError, RecipeError
from latune.models.mixture import Mixture
from latune.models.priors import PriorConfig, build_prior
from latune.models.region_fit import RIDGE, fit_mixture
from latune.models.transport import transport_maps

K, D = 5, 3
NAMES = (
    "uniform",
    "gaussian",
    "mixture",
    "flower",
    "flower_isotropic",
    "line",
    "double_moon",
    "swiss_roll",
    "adaptive",
)
UNKNOWN = torch.full((40_000,), -1)


@pytest.fixture
def mixture():
    """K overlapping Gaussians of full covariance in double precision."""
    torch.manual_seed(0)
    factors = 0.3 * torch.randn(K, D, D, dtype=torch.double).tril(-1)
    factors += torch.diag_embed(0.2 + torch.rand(K, D, dtype=torch.double))
    return Mixture(torch.randn(K, D, dtype=torch.double), factors)


def assert_moments(codes, mean, covariance):
    """Mean and covariance of draws (N, D) lie within 3 (4 for the many covariances) standard errors of the given."""
    codes, mean, covariance = codes.double(), torch.as_tensor(mean), torch.as_tensor(covariance)
    root = math.sqrt(len(codes))
    assert ((codes.mean(0) - mean).abs() <= 3 * covariance.diagonal().sqrt() / root).all()
    products = (codes - codes.mean(0))[:, :, None] * (codes - codes.mean(0))[:, None]
    assert ((products.mean(0) - covariance).abs() <= 4 * products.std(0) / root).all()


def test_samples_have_the_mean_and_covariance_of_their_component(mixture):
    torch.manual_seed(1)
    regions = torch.arange(K).repeat(4000)
    codes = mixture.sample(regions)
    assert codes.shape == (4000 * K, D)
    for k in range(K):
        assert_moments(codes[regions == k], mixture.means[k], mixture.covariances[k])


def test_unlabelled_codes_come_from_all_components_alike():
    far_apart = Mixture(100.0 * torch.eye(K), torch.eye(K).repeat(K, 1, 1))
    torch.manual_seed(2)
    drawn = far_apart.classify(far_apart.sample(torch.full((5000,), -1)))
    assert chisquare(torch.bincount(drawn, minlength=K).numpy()).pvalue > 0.01


def test_labelled_and_unlabelled_codes_in_one_batch():
    far_apart = Mixture(100.0 * torch.eye(K), torch.eye(K).repeat(K, 1, 1))
    torch.manual_seed(3)
    regions = torch.tensor([-1, 0, 1, 2, 3, 4]).repeat(100)
    found = far_apart.classify(far_apart.sample(regions))
    assert (found == regions)[regions >= 0].all()
    assert len(found[regions == -1].unique()) == K


def test_densities_and_distances(mixture):
    codes = torch.randn(50, D, dtype=torch.double)
    expected = MultivariateNormal(mixture.means, scale_tril=mixture.factors).log_prob(codes[:, None])
    assert torch.allclose(mixture.log_density(codes), expected)
    offsets = codes[:, None] - mixture.means
    squared = torch.einsum("bki,kij,bkj->bk", offsets, mixture.covariances.inverse(), offsets)
    assert torch.allclose(mixture.distances(codes), squared)
    assert torch.allclose(mixture.posterior_entropy(codes), Categorical(logits=expected).entropy())


def test_densities_are_not_rounded_where_training_is():
    mixture = Mixture(10 * torch.randn(K, D), (0.01 * torch.eye(D)).repeat(K, 1, 1))  # as narrow as a fit can be
    codes = mixture.means + 0.01 * torch.randn(K, D)
    with torch.autocast("cpu", torch.bfloat16):
        found, density = mixture.distances(codes), mixture.log_density(codes.double())
    exact = ((codes.double()[:, None] - mixture.means.double()) / mixture.factors[0, 0, 0].double()).square().sum(-1)
    assert torch.allclose(found.double(), exact, rtol=1e-4, atol=0.01)
    assert found.dtype == density.dtype == torch.float32


def test_the_log_density_has_gradients(mixture):
    codes = torch.randn(6, D, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(mixture.log_density, codes)


@pytest.mark.parametrize("alpha", [0.001, 0.01, 0.05, 0.1])
def test_alpha_is_the_share_of_own_samples_that_is_rejected(alpha):
    single = Mixture(torch.randn(1, D), torch.randn(1, D, D).tril(-1) + 0.5 * torch.eye(D))
    torch.manual_seed(4)
    draws = 40_000
    rejected = (single.classify(single.sample(torch.zeros(draws, dtype=torch.long)), alpha) == -1).double().mean()
    assert abs(rejected - alpha) < 3 * math.sqrt(alpha * (1 - alpha) / draws)


def test_classes_are_the_largest_densities(mixture):
    torch.manual_seed(5)
    codes = mixture.sample(torch.full((300,), -1))
    density = mixture.log_density(codes)
    assert torch.equal(mixture.classify(codes), density.argmax(1))
    assert torch.equal(mixture.classify(codes, among=2), density[:, :2].argmax(1))
    nearest = density.argmax(1)
    outside = mixture.distances(codes)[torch.arange(300), nearest] > chi2.ppf(0.7, D)
    assert outside.any()
    assert torch.equal(mixture.classify(codes, 0.3) == -1, outside)
    with pytest.raises(ValueError, match="alpha"):
        mixture.classify(codes, 1.0)


def test_rejection_by_density(mixture):
    torch.manual_seed(6)
    codes = mixture.sample(torch.full((300,), -1))
    density = mixture.log_density(codes)
    threshold = float(density.max(1).values.exp().median())
    found = mixture.classify_by_density(codes, threshold)
    assert torch.equal(found == -1, density.max(1).values < math.log(threshold))
    assert 140 <= (found == -1).sum() <= 160
    assert torch.equal(mixture.classify_by_density(codes, 0.0), mixture.classify(codes))
    assert mixture.classify_by_density(codes, 0.0, among=2).max() == 1
    with pytest.raises(ValueError, match="density"):
        mixture.classify_by_density(codes, -1.0)


def test_shapes_must_belong_together():
    with pytest.raises(ValueError, match="factors"):
        Mixture(torch.zeros(K, D), torch.zeros(K, D + 1, D))


@pytest.mark.parametrize("name", NAMES)
def test_every_prior_is_seeded_and_restored_from_its_state(name):
    config = PriorConfig(name=name)
    prior, other = build_prior(config, K, 2), build_prior(config, K, 2)
    other.load_state_dict(prior.state_dict())
    regions = torch.tensor([0, 1, 2, 3, 4, -1])
    torch.manual_seed(7)
    codes = prior.sample(regions)
    torch.manual_seed(7)
    assert torch.equal(codes, other.sample(regions))
    assert codes.shape == (6, prior.latent_size)
    assert codes.dtype == torch.float32


@pytest.mark.parametrize(("name", "variance"), [("uniform", 4 / 3), ("gaussian", 4.0)])
def test_priors_without_regions(name, variance):
    prior = build_prior(PriorConfig(name=name, scale=2.0), K, D)
    torch.manual_seed(8)
    codes = prior.sample(UNKNOWN)
    assert_moments(codes, torch.zeros(D), variance * torch.eye(D))
    if name == "uniform":
        assert codes.abs().max() <= 2
        assert codes.abs().max() > 1.99


@pytest.mark.parametrize("name", ["mixture", "adaptive"])
def test_random_mixture(name):
    torch.manual_seed(9)
    prior = build_prior(PriorConfig(name=name), 1000, 8)
    assert_moments(prior.means, torch.zeros(8), torch.eye(8) / 3)
    assert prior.means.abs().max() <= 1
    assert torch.allclose(prior.covariances, 0.1 * torch.eye(8).expand(1000, 8, 8))


def test_line():
    prior = build_prior(PriorConfig(name="line"), 4, D)
    assert prior.means.tolist() == [[k, 0, 0] for k in range(4)]
    assert torch.allclose(prior.covariances, 0.1 * torch.eye(D).expand(4, D, D))


@pytest.mark.parametrize("name", ["flower", "flower_isotropic"])
def test_flowers(name):
    prior = build_prior(PriorConfig(name=name), 6, D)
    for k in range(6):
        angle = 2 * math.pi * k / 6
        radial = torch.tensor([math.cos(angle), math.sin(angle), 0.0])
        assert torch.allclose(prior.means[k], radial, atol=1e-6)
        turned = torch.tensor([-math.sin(angle), math.cos(angle), 0.0])
        axes = torch.stack([radial, turned, torch.tensor([0.0, 0.0, 1.0])], dim=1)
        variances = torch.tensor([0.1, 0.01, 0.01] if name == "flower" else [0.1, 0.1, 0.1])
        assert torch.allclose(prior.covariances[k], axes @ variances.diag() @ axes.T, atol=1e-6)


def test_moons_are_those_of_scikit_learn():
    prior = build_prior(PriorConfig(name="double_moon", noise=0.1), 10, 2)
    torch.manual_seed(10)
    upper, lower = prior.sample(torch.arange(5).repeat(8000)), prior.sample(torch.arange(5, 10).repeat(8000))
    expected, moon = make_moons(100_001, noise=0.1, random_state=0)
    for codes, number in ((upper, 0), (lower, 1), (prior.sample(UNKNOWN), [0, 1])):
        points = expected[np.isin(moon, number)]
        assert_moments(codes, points.mean(0), np.cov(points.T))
    assert torch.allclose(upper.mean(0), torch.tensor([0, 2 / math.pi]), atol=0.02)  # closed form
    assert torch.allclose(lower.mean(0), torch.tensor([1, 0.5 - 2 / math.pi]), atol=0.02)


def test_roll_is_that_of_scikit_learn():
    prior = build_prior(PriorConfig(name="swiss_roll", noise=0.1), K, 2)
    torch.manual_seed(11)
    codes = prior.sample(UNKNOWN)
    radius = 4.5 * math.pi
    points = make_swiss_roll(400_000, noise=0.1 * radius, random_state=0)[0][:, [0, 2]] / radius
    assert_moments(codes, points.mean(0), np.cov(points.T))
    third, expected = (codes**3).mean(0), torch.from_numpy((points**3).mean(0)).float()
    assert torch.allclose(third, expected, atol=0.01)


@pytest.mark.parametrize(("name", "latent_size"), [("double_moon", 8), ("swiss_roll", 3), ("flower", 1)])
def test_priors_of_few_dimensions(name, latent_size):
    with pytest.raises(RecipeError, match=f"'{name}' needs a latent size of .*, got {latent_size}"):
        build_prior(PriorConfig(name=name), K, latent_size)


@pytest.mark.parametrize(
    "settings", [{"name": "other"}, {"name": "line", "noise": 0.1}, {"name": "uniform", "covariance": 1}, {"sizes": 1}]
)
def test_settings_that_are_not_read_are_refused(settings):
    with pytest.raises(ValidationError):
        PriorConfig(**settings)


def test_a_config_is_read_back():
    for name in NAMES:
        config = PriorConfig(name=name, scale=2)
        assert PriorConfig(**config.model_dump()) == config


def labelled(mixture, labels):
    torch.manual_seed(12)
    regions = torch.arange(mixture.components).repeat(labels)
    return mixture.sample(regions).numpy(), regions.numpy()


def test_a_fit_to_many_labels_finds_the_gaussians(mixture):
    codes, regions = labelled(mixture, 450)
    fitted = fit_mixture(codes, regions, K, shrink=1.0)
    assert fitted.means.dtype == torch.float32
    for k in range(K):
        own = codes[regions == k]
        assert np.allclose(fitted.means[k], own.mean(0), atol=1e-6)
        assert np.allclose(fitted.covariances[k], ledoit_wolf(own)[0] * 450 / 449 + RIDGE * np.eye(D), atol=1e-5)
        assert torch.allclose(fitted.covariances[k].double(), mixture.covariances[k], rtol=0.15, atol=0.1)


def test_the_ridge_is_added_after_the_factor(mixture):
    codes, regions = labelled(mixture, 20)
    full, tenth = fit_mixture(codes, regions, K, shrink=1.0), fit_mixture(codes, regions, K)
    ridge = RIDGE * torch.eye(D)
    assert torch.allclose(tenth.covariances, 0.1 * (full.covariances - ridge) + ridge, atol=1e-6)


def test_few_labels_borrow_from_the_other_regions():
    """Of one common covariance, 5 labels in 8 dimensions tell more when regions are pooled."""
    torch.manual_seed(13)
    spread = torch.diag(torch.tensor([3.0, 1, 1, 1, 0.3, 0.3, 0.1, 0.1]))
    truth = Mixture(10 * torch.randn(9, 8), spread.repeat(9, 1, 1))
    codes, regions = labelled(truth, 5)
    fitted = fit_mixture(codes, regions, 9, shrink=1.0)
    alone = [torch.from_numpy(ledoit_wolf(codes[regions == k].astype(float))[0]) for k in range(9)]
    error = (fitted.covariances - spread**2).norm()
    assert error < 0.8 * (torch.stack(alone) - spread**2).norm()


def test_a_region_of_one_label_has_the_pooled_covariance(mixture):
    codes, regions = labelled(mixture, 50)
    kept = (regions != 2) | (np.arange(len(regions)) == np.flatnonzero(regions == 2)[0])
    fitted = fit_mixture(codes[kept], regions[kept], K, shrink=1.0)
    pooled = mixture.covariances[[0, 1, 3, 4]].mean(0)
    assert torch.allclose(fitted.covariances[2].double(), pooled, rtol=0.2, atol=0.1)


def test_one_label_everywhere_gives_balls_between_the_means():
    codes = np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 10.0]])
    fitted = fit_mixture(codes, np.arange(3), 3, shrink=1.0)
    for covariance, nearest in zip(fitted.covariances, (5, 5, 6), strict=True):
        assert torch.allclose(covariance, ((nearest / 3) ** 2 / 2 + RIDGE) * torch.eye(2))


def test_the_number_of_labels_where_borrowing_ends():
    """With D + 1 labels a region stands on its own, whatever the others are like."""
    generator = np.random.default_rng(0)
    codes = np.concatenate([generator.normal(size=(D + 1, D)), 10 * generator.normal(size=(50, D))])
    fitted = fit_mixture(codes, np.repeat([0, 1], [D + 1, 50]), 2, shrink=1.0)
    own = ledoit_wolf(codes[: D + 1])[0] * (D + 1) / D
    assert np.allclose(fitted.covariances[0], own + RIDGE * np.eye(D), atol=1e-5)


def test_unlabelled_codes_are_left_out(mixture):
    codes, regions = labelled(mixture, 20)
    more = np.concatenate([codes, np.full((3, D), 100.0)]), np.concatenate([regions, [-1, -1, -1]])
    found, expected = fit_mixture(*more, K), fit_mixture(codes, regions, K)
    assert torch.equal(found.means, expected.means)
    assert torch.equal(found.factors, expected.factors)


def test_identical_codes_give_a_small_region():
    fitted = fit_mixture(np.ones((6, 2)), np.array([0, 0, 0, 1, 1, 1]), 2)
    assert torch.allclose(fitted.covariances, RIDGE * torch.eye(2).expand(2, 2, 2))


@pytest.mark.parametrize(
    ("codes", "regions", "components", "message"),
    [
        (np.ones((4, 2)), [0, 0, 2, 2], 5, "none of region 1, 3, 4"),
        (np.ones((4, 2)), [-1, -1, -1, -1], 2, "none of region 0, 1"),
        (np.ones((2, 2)), [0, 7], 2, "regions from 0 to 1, got 0 to 7"),
        (np.array([[1.0, np.nan], [1.0, 1.0]]), [0, 1], 2, "finite"),
        (np.ones((1, 2)), [0], 1, "single labelled item"),
    ],
)
def test_what_cannot_be_fitted(codes, regions, components, message):
    with pytest.raises(DataError, match=message):
        fit_mixture(codes, np.array(regions), components)


def test_transport_maps(mixture):
    tables = torch.tensor([[1, 2, 3, 4, 0], [0, 1, 2, 2, 2]])
    maps = transport_maps(mixture, tables)
    assert maps.shape == (2, K, D, D)
    source, target = mixture.covariances, mixture.covariances[tables]
    assert torch.allclose(maps @ source @ maps.mT, target)
    assert torch.allclose(maps, maps.mT)
    assert (torch.linalg.eigvalsh(maps) > 0).all()
    assert torch.equal(maps[1, :3], torch.eye(D, dtype=torch.double).expand(3, D, D))


def test_the_map_between_gaussians_that_commute_scales_each_axis():
    factors = torch.stack([torch.diag(torch.tensor([1.0, 2.0])), torch.diag(torch.tensor([3.0, 1.0]))])
    maps = transport_maps(Mixture(torch.zeros(2, 2), factors), torch.tensor([[1, 0]]))
    assert torch.allclose(maps[0, 0], torch.diag(torch.tensor([3.0, 0.5])))
    assert torch.allclose(maps[0, 1], torch.diag(torch.tensor([1 / 3, 2.0])))


def test_transport_of_narrow_regions_in_single_precision():
    generator = np.random.default_rng(1)
    codes = generator.normal(size=(60, 8)) * np.geomspace(1, 1e-4, 8)
    narrow = fit_mixture(codes, np.repeat([0, 1], 30), 2)
    maps = transport_maps(narrow, torch.tensor([[1, 0]]))
    arrived = maps @ narrow.covariances @ maps.mT
    assert torch.allclose(arrived, narrow.covariances[[1, 0]], atol=1e-6)


def test_pooled_regions_have_one_shape():
    generator = np.random.default_rng(3)
    regions = np.repeat([0, 1, 2], [400, 400, 400])
    codes = generator.standard_normal((1200, 2)) * np.array([2.0, 0.5]) + 10 * regions[:, None]
    fitted = fit_mixture(codes, regions, 3, shrink=1.0, pooled=True)
    assert torch.equal(fitted.factors[0], fitted.factors[2])
    assert np.allclose(fitted.covariances[1], [[4.0, 0.0], [0.0, 0.25]], atol=0.3)
    single = fit_mixture(codes[[0, 400, 800]], np.arange(3), 3, pooled=True)
    assert torch.equal(single.factors[0], single.factors[1])
