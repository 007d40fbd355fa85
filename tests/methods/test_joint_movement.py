"""Joint movement in training: it is the regression of the codes that were seen, and part of a checkpoint."""

import numpy as np
import pytest
import torch

from latune.methods.joint_movement import JointConfig, JointMovement


@pytest.fixture
def codes():
    """The third dimension follows the first one, the fourth its square; the second is tied and goes its own way."""
    generator = torch.Generator().manual_seed(0)
    u = torch.randn(4096, 2, generator=generator)
    noise = 0.01 * torch.randn(4096, 2, generator=generator)
    return torch.cat([u, torch.stack([2 * u[:, 0], u[:, 0] ** 2], dim=1) + noise], dim=1)


def moved(codes, **options):
    movement = JointMovement(JointConfig(**options), 4, 2)
    for batch in codes.split(1024):
        movement.remember(batch)
    start = torch.tensor([[0.5, 0.3, 1.0, 0.25]]).repeat(2, 1)
    return movement.move(start, torch.tensor([0, 1]), torch.tensor([2.0, -1.0])).numpy()


def test_linear(codes):
    first, second = moved(codes)
    assert first[0] == 2.0
    assert np.allclose(first[[1, 2]], [0.3, 4.0], atol=0.1)
    assert abs(first[3] - 0.25) < 0.3  # the square has no slope
    assert np.allclose(second, [0.5, -1.0, 1.0, 0.25], atol=0.2)
    assert second[1] == pytest.approx(-1, abs=1e-6)


def test_quadratic_follows_a_bend(codes):
    first, _ = moved(codes, path="quadratic")
    assert np.allclose(first, [2.0, 0.3, 4.0, 4.0], atol=0.15)


def test_untied_dimensions_stay_where_only_tied_ones_follow(codes):
    first, _ = moved(codes, path="quadratic", followers="tied")
    assert np.array_equal(first[2:], np.float32([1.0, 0.25]))
    assert first[0] == 2.0


def test_what_was_seen_is_part_of_the_state(codes):
    movement, again = JointMovement(JointConfig(), 4, 2), JointMovement(JointConfig(), 4, 2)
    movement.remember(codes)
    again.load_state_dict(movement.state_dict())
    assert torch.equal(again.moments, movement.moments)
    expected = np.cov(torch.cat([codes, codes[:, :2] ** 2], dim=1).numpy().T, bias=True)
    assert np.allclose(movement.moments.numpy(), expected, atol=1e-4)


def test_of_classes_it_follows_what_goes_together_within_them(codes):
    """Between two far classes the second dimension rises with the first; within each it does not."""
    classes = torch.arange(len(codes)) % 2
    apart = codes + 10 * classes[:, None] * torch.tensor([1.0, 1.0, 0.0, 0.0])
    within, over = JointMovement(JointConfig(), 4, 2), JointMovement(JointConfig(), 4, 2)
    within.remember(apart, classes)
    over.remember(apart)
    start, knob, target = torch.zeros(1, 4), torch.tensor([0]), torch.tensor([1.0])
    assert np.allclose(within.move(start, knob, target)[0, :3], [1.0, 0.0, 2.0], atol=0.1)
    assert over.move(start, knob, target)[0, 1] > 0.8
    # How far codes spread is a matter of all items.
    assert torch.allclose(within.deviations, apart[:, :2].std(dim=0, correction=0), rtol=1e-4)
