"""The flower of genres: what is drawn from each petal, and how likely codes are."""

import math

import pytest
import torch
from torch.distributions import MultivariateNormal

from latune.errors import RecipeError
from latune.models.petals import Petals, PetalsConfig, build_petals

GENRES, SIZE, DRAWS = 4, 6, 40_000
CONFIGS = {
    "published": PetalsConfig(place="first"),
    "last": PetalsConfig(),
    "wide": PetalsConfig(radius=3.0, along=1.0, across=0.25, width=2.0),
    "orthonormal": PetalsConfig(axes="orthonormal", width=0.5),
}


@pytest.fixture(params=CONFIGS)
def config(request):
    return CONFIGS[request.param]


def frame(direction):
    """An orthonormal basis (D, D) whose first row is a direction."""
    basis, _ = torch.linalg.qr(torch.cat([direction[:, None], torch.eye(SIZE)], dim=1))
    basis = basis.T[:SIZE].clone()
    basis[0] = direction
    return basis


@pytest.mark.parametrize("petal", range(GENRES + 1))
def test_mean_and_variance_of_every_petal_in_its_own_axes(config, petal):
    torch.manual_seed(petal)
    petals = build_petals(config, GENRES, SIZE)
    direction = petals.means[petal] / config.radius
    inside = (petals.means != 0).any(dim=0)
    draws = petals.sample(torch.full((DRAWS,), petal)) @ frame(direction).T
    mean, variance = draws.mean(dim=0), draws.var(dim=0)
    wanted = torch.zeros(SIZE)
    wanted[0] = config.radius
    # The axes beside the direction lie inside the flower or outside of it, never between.
    share = frame(direction)[:, inside].square().sum(dim=1).round()
    spread = torch.where(share == 1, config.across, config.width)
    spread[0] = config.along
    assert ((mean - wanted).abs() < 3.5 * (spread / DRAWS).sqrt()).all()
    assert ((variance - spread).abs() < 3.5 * spread * math.sqrt(2 / DRAWS)).all()


def test_directions():
    plane = build_petals(CONFIGS["published"], 32, 512).means
    angles = 2 * math.pi * torch.arange(33) / 33
    assert torch.allclose(plane[:, :2], torch.stack([angles.cos(), angles.sin()], dim=1), atol=1e-6)
    assert not plane[:, 2:].any()
    last = build_petals(CONFIGS["last"], 32, 512).means
    assert torch.equal(last[:, -2:], plane[:, :2])
    axes = build_petals(CONFIGS["orthonormal"], GENRES, SIZE).means
    assert torch.equal(axes @ axes.T, torch.eye(GENRES + 1))


def test_density_is_that_of_the_full_covariance(config):
    torch.manual_seed(0)
    petals = build_petals(config, GENRES, SIZE)
    codes = petals.sample(torch.arange(GENRES + 1).repeat(3))
    found = petals.log_density(codes)
    for petal in range(GENRES + 1):
        radial = petals.radial[petal].double()
        covariance = petals.deviations.double().square().diag() + radial[:, None] * radial
        full = MultivariateNormal(petals.means[petal].double(), covariance)
        assert torch.allclose(found[:, petal].double(), full.log_prob(codes.double()), rtol=1e-4, atol=1e-3)
    responsibilities = petals.responsibilities(codes)
    assert torch.allclose(responsibilities.sum(dim=1), torch.ones(len(codes)))
    assert (responsibilities.argmax(dim=1) == torch.arange(GENRES + 1).repeat(3)).float().mean() > 0.8


def test_a_petal_is_one_of_the_genres_of_an_item():
    torch.manual_seed(0)
    petals = build_petals(PetalsConfig(), GENRES, SIZE)
    labels = torch.tensor([[0, 1, 0, 1.0], [0, 0, 1, 0], [0, 0, 0, 0]]).repeat(1000, 1)
    chosen = petals.choose(labels).view(1000, 3)
    assert set(chosen[:, 0].tolist()) == {1, 3}
    assert 440 < (chosen[:, 0] == 1).sum() < 560
    assert set(chosen[:, 1].tolist()) == {2}
    assert set(chosen[:, 2].tolist()) == {GENRES}
    told = petals.one_hot(torch.tensor([1, GENRES]))
    assert told.tolist() == [[0, 1, 0, 0], [0, 0, 0, 0]]
    with pytest.raises(ValueError, match=r"labels \(B, 4\)"):
        petals.choose(torch.zeros(2, 3))


def test_an_unlabelled_code_comes_from_the_petal_of_no_genre():
    torch.manual_seed(0)
    petals = build_petals(PetalsConfig(), GENRES, SIZE)
    codes = petals.sample(torch.full((100,), -1))
    assert (petals.responsibilities(codes).argmax(dim=1) == GENRES).all()


def test_a_flower_comes_back_from_its_tensors():
    petals = build_petals(PetalsConfig(), GENRES, SIZE)
    again = Petals(**petals.state_dict())
    codes = torch.randn(5, SIZE)
    assert torch.equal(again.log_density(codes), petals.log_density(codes))
    with pytest.raises(ValueError, match="expected means"):
        Petals(petals.means, petals.radial[:2], petals.deviations)


def test_refusals():
    with pytest.raises(RecipeError, match="latent size of at least 5, got 4"):
        build_petals(PetalsConfig(axes="orthonormal"), GENRES, 4)
    with pytest.raises(ValueError, match="at most along"):
        PetalsConfig(across=0.5)
