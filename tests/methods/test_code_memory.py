"""A memory of recent codes: newest in, oldest out, and the same after a checkpoint."""

import torch

from latune.methods.code_memory import CodeMemory
from latune.models.latent_model import diagonal_normal


def posterior(value, deviation=0.0):
    return diagonal_normal(torch.full((4, 2), float(value)), torch.full((4, 2), deviation))


def test_the_newest_codes_replace_the_oldest():
    memory = CodeMemory(8, 2, 3)
    for step in range(3):
        memory.keep(posterior(step), torch.eye(3)[torch.full((4,), step)], step)
        assert memory.count == min(4 * (step + 1), 8)
    codes, labels = memory.draw(200)
    assert set(codes.unique().tolist()) == {1.0, 2.0}
    assert torch.equal(labels.argmax(dim=1).float(), codes[:, 0])


def test_draws_have_the_noise_of_their_posteriors():
    torch.manual_seed(0)
    memory = CodeMemory(4, 2, 0)
    memory.keep(posterior(5, 0.5), None, 0)
    codes, labels = memory.draw(20_000)
    assert labels.shape == (20_000, 0)
    assert (codes.mean() - 5).abs() < 0.02
    assert (codes.std() - 0.5).abs() < 0.02


def test_it_is_part_of_the_state():
    memory, other = CodeMemory(8, 2, 1), CodeMemory(8, 2, 1)
    memory.keep(posterior(1), torch.ones(4, 1), 0)
    other.load_state_dict(memory.state_dict())
    assert other.count == 4
    assert torch.equal(other.draw(3)[0], torch.ones(3, 2))


def test_no_memory_keeps_nothing():
    memory = CodeMemory(0, 2, 1)
    memory.keep(posterior(1), torch.ones(4, 1), 0)
    assert memory.count == 0
