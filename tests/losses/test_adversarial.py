"""Losses of critics and the maximum mean discrepancy, by hand."""

import pytest
import torch

from latune.losses.adversarial import (
    WIDTHS,
    critic_loss,
    generator_loss,
    gradient_penalty,
    maximum_mean_discrepancy,
)


def test_losses_by_hand():
    found, wanted = torch.tensor([1.0, 3.0]), torch.tensor([4.0, 8.0])
    assert critic_loss(found, wanted).item() == -4
    assert generator_loss(found).item() == -2


@pytest.mark.parametrize("length", [0.25, 1.0, 3.0])
def test_penalty_of_a_linear_critic(length):
    direction = torch.tensor([0.6, 0.8]) * length
    penalty = gradient_penalty(lambda points: points @ direction, torch.randn(8, 2), torch.randn(8, 2))
    assert penalty.item() == pytest.approx((length - 1) ** 2, abs=1e-5)


def test_penalty_where_the_gradient_is_zero():
    scale = torch.zeros(2, requires_grad=True)
    penalty = gradient_penalty(lambda points: (points * scale).sum(dim=1), torch.randn(4, 2), torch.randn(4, 2))
    penalty.backward()
    assert penalty.item() == pytest.approx(1, abs=1e-5)
    assert scale.grad.isfinite().all()


def test_penalty_is_measured_between_the_draws():
    seen = []

    def critic(points):
        seen.append(points)
        return points.sum(dim=1)

    gradient_penalty(critic, torch.zeros(64, 2), torch.ones(64, 2))
    points = seen[0].detach()
    assert torch.equal(points[:, 0], points[:, 1])  # one share per pair
    assert 0 <= points.min() < 0.2 < 0.8 < points.max() <= 1


def test_discrepancy_by_hand():
    found, wanted = torch.tensor([[0.0], [2.0]]), torch.tensor([[0.0], [1.0]])
    scale = 1.0  # mean squared distance of the wanted draws

    def kernel(squared):
        return sum(width * scale / (width * scale + squared) for width in WIDTHS)

    by_hand = kernel(4) + kernel(1) - 2 * (kernel(0) + kernel(1) + kernel(4) + kernel(1)) / 4
    assert maximum_mean_discrepancy(found, wanted).item() == pytest.approx(by_hand, rel=1e-5)


def test_discrepancy_of_equal_and_of_different_distributions():
    generator = torch.Generator().manual_seed(0)
    equal, different = [], []
    for _ in range(40):
        found, wanted = torch.randn(2, 64, 4, generator=generator)
        equal.append(maximum_mean_discrepancy(found, wanted).item())
        different.append(maximum_mean_discrepancy(found * 1.5, wanted).item())
    equal, different = torch.tensor(equal), torch.tensor(different)
    assert abs(equal.mean()) < 3 * equal.std() / 40**0.5  # unbiased
    assert different.mean() > 10 * abs(equal.mean())


def test_discrepancy_brings_draws_nearer():
    torch.manual_seed(0)
    shift = torch.full((3,), 4.0)
    for _ in range(100):
        shift.requires_grad_()
        loss = maximum_mean_discrepancy(torch.randn(64, 3) + shift, torch.randn(64, 3))
        (gradient,) = torch.autograd.grad(loss, shift)
        shift = shift.detach() - gradient
    assert shift.abs().max() < 0.3


def test_discrepancy_needs_pairs():
    with pytest.raises(ValueError, match="same shape"):
        maximum_mean_discrepancy(torch.zeros(1, 2), torch.zeros(1, 2))
    with pytest.raises(ValueError, match="same shape"):
        maximum_mean_discrepancy(torch.zeros(3, 2), torch.zeros(2, 2))
