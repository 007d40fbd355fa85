"""The discriminator of regions: what it reads, and the losses of both games."""

import math

import pytest
import torch

from latune.methods.region_adversary import RegionAdversary


def _adversary(game="vanilla"):
    torch.manual_seed(0)
    return RegionAdversary(3, 4, (16, 16), game)


def test_parameters_are_those_published():
    adversary = RegionAdversary(8, 26, (1024,) * 4, "vanilla")  # published without a class for "unlabelled"
    assert sum(parameter.numel() for parameter in adversary.parameters()) == 3_186_689


def test_unlabelled_is_a_class_of_its_own():
    adversary, codes = _adversary(), torch.randn(1, 3).repeat(5, 1)
    scores = adversary(codes, torch.tensor([-1, 0, 1, 2, 3]))
    assert len(set(scores.tolist())) == 5


def test_losses_of_a_discriminator_that_knows_nothing():
    adversary = _adversary()
    for parameter in adversary.parameters():
        torch.nn.init.zeros_(parameter)
    regions = torch.tensor([0, -1])
    loss, _, _ = adversary.loss(torch.randn(2, 3), torch.randn(2, 3), regions)
    assert loss.item() == pytest.approx(math.log(2))
    assert adversary.encoder_loss(torch.zeros(2)).item() == pytest.approx(math.log(2))


@pytest.mark.parametrize("game", ["vanilla", "wgan_gp"])
def test_it_learns_to_tell_codes_from_draws(game):
    adversary = _adversary(game)
    optimiser = torch.optim.Adam(adversary.parameters(), 0.01)
    regions = torch.randint(4, (256,))
    for _ in range(150):
        codes, draws = torch.randn(256, 3), torch.randn(256, 3) + 2
        loss, of_codes, of_draws = adversary.loss(codes, draws, regions)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert (of_draws.mean() - of_codes.mean()).item() > 1


def test_the_penalty_draws_gradients_to_length_one():
    adversary = _adversary("wgan_gp")
    optimiser = torch.optim.Adam(adversary.parameters(), 0.01)
    regions = torch.randint(4, (128,))
    for _ in range(200):
        loss, _, _ = adversary.loss(torch.randn(128, 3), torch.randn(128, 3) + 1, regions)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    points = torch.randn(128, 3, requires_grad=True)
    (gradient,) = torch.autograd.grad(adversary(points, regions).sum(), points)
    assert 0.5 < gradient.norm(dim=1).mean().item() < 1.5
