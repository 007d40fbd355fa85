"""The learner's losses, on Gaussians whose answers are known."""

import numpy as np
import pytest
import torch

from latune.data.regions import Regions, Relation
from latune.methods.absae_rel import allowed_pairs
from latune.methods.relation_losses import LearnerWeights, draw_pairs, learner_losses
from latune.models.mixture import Mixture
from latune.models.moves import Moves, MovesConfig

COUNT, SIZE = 4, 3
STEP = np.roll(np.arange(COUNT), -1).astype(np.int32)
BACK = np.roll(np.arange(COUNT), 1).astype(np.int32)
UNARY = Regions(("a", "b", "c", "d"), (Relation("next", STEP), Relation("back", BACK)), COUNT)
DIGITS = np.arange(3)
BINARY = Regions(
    ("0", "1", "2", "+", "-"),
    (
        Relation("add", (np.add.outer(DIGITS, DIGITS) % 3).astype(np.int32), 3),
        Relation("sub", (np.subtract.outer(DIGITS, DIGITS) % 3).astype(np.int32), 4),
    ),
    3,
)


def _mixture(count):
    generator = torch.Generator().manual_seed(1)
    means = 6 * torch.randn(count, SIZE, generator=generator)
    factors = torch.tril(0.2 * torch.randn(count, SIZE, SIZE, generator=generator))
    factors.diagonal(dim1=1, dim2=2).copy_(0.5 + torch.rand(count, SIZE, generator=generator))
    return Mixture(means, factors)


def _moves(regions, mode, sizes=(32, 32)):
    torch.manual_seed(0)
    moves = Moves(regions, SIZE, MovesConfig(mode=mode, sizes=sizes))
    moves.set_mixture(_mixture(len(regions.names)))
    return moves


def _train(moves, steps, learning_rate=0.003):
    optimiser = torch.optim.Adam(moves.learner.parameters(), learning_rate)
    everywhere = torch.ones_like(moves.tables, dtype=torch.bool)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate * (1 - step / steps)
        losses = learner_losses(moves, draw_pairs(moves, everywhere, 64), lambda codes: codes, LearnerWeights(), 8)
        optimiser.zero_grad()
        losses["loss"].backward()
        optimiser.step()
    return draw_pairs(moves, everywhere, 2000)


def test_mse_comes_down_to_its_floor_and_to_the_middle_of_the_target():
    moves = _moves(UNARY, "mse")
    pairs = _train(moves, 2500, learning_rate=0.01)
    with torch.no_grad():
        loss = float(learner_losses(moves, pairs, lambda codes: codes, LearnerWeights(), 8)["loss"])
        moved = pairs.moved(moves)
    floor = float(moves.mixture.covariances.diagonal(dim1=1, dim2=2).sum(1).mean() / SIZE)
    assert loss < 1.05 * floor
    assert float((moves.mixture.classify(moved) == pairs.targets).float().mean()) > 0.99
    from_middle = (moved - moves.mixture.means[pairs.targets]).square().mean()
    assert float(from_middle) < 0.05 * floor  # what the codes said beyond their region is gone


def test_likelihood_reaches_the_targets():
    moves = _moves(UNARY, "likelihood")
    pairs = _train(moves, 600)
    with torch.no_grad():
        moved = pairs.moved(moves)
    assert float((moves.mixture.classify(moved) == pairs.targets).float().mean()) > 0.99


@pytest.mark.parametrize("regions", [UNARY, BINARY])
def test_transport_keeps_the_distribution_from_the_start(regions):
    moves = _moves(regions, "transport")
    pairs = draw_pairs(moves, torch.ones_like(moves.tables, dtype=torch.bool), 4000)
    with torch.no_grad():
        moved = pairs.moved(moves)
    for region in range(regions.entities):
        there = moved[pairs.targets == region]
        assert torch.allclose(there.mean(0), moves.mixture.means[region], atol=0.1)
        assert torch.allclose(torch.cov(there.T), moves.mixture.covariances[region], atol=0.12)


def test_transport_there_and_back_ends_where_it_began():
    moves = _moves(UNARY, "transport")
    pairs = draw_pairs(moves, torch.ones_like(moves.tables, dtype=torch.bool), 50)
    with torch.no_grad():
        moved = pairs.moved(moves)
        returned = moves(moved, moves.inverses[pairs.relations], regions=pairs.targets)
    assert torch.allclose(returned, pairs.codes, atol=1e-3)


def test_binary_relations_are_learned_from_operands_and_operator():
    moves = _moves(BINARY, "mse", (64, 64))
    pairs = _train(moves, 1500)
    with torch.no_grad():
        reached = moves.mixture.classify(pairs.moved(moves), among=3)
    assert float((reached == pairs.targets).float().mean()) > 0.97


def test_binary_pairs_are_what_the_tables_say():
    moves = _moves(BINARY, "mse")
    pairs = draw_pairs(moves, torch.ones_like(moves.tables, dtype=torch.bool), 500)
    sign = torch.where(pairs.relations == 0, 1, -1)
    assert torch.equal(pairs.targets, (pairs.regions + sign * pairs.right_regions) % 3)
    assert pairs.others is not None
    operators = moves.mixture.classify(pairs.others[1])
    assert float((operators == pairs.relations + 3).float().mean()) > 0.97


def test_what_is_held_out_is_never_drawn():
    moves = _moves(UNARY, "mse")
    allowed = allowed_pairs(moves.tables, 0.25)
    assert (~allowed).sum(dim=1).tolist() == [1, 1]
    pairs = draw_pairs(moves, allowed, 500)
    drawn = torch.zeros_like(allowed)
    drawn[pairs.relations, pairs.regions] = True
    assert torch.equal(drawn, allowed)


def test_every_loss_of_transport_reaches_the_learner():
    moves = _moves(UNARY, "transport")
    pairs = draw_pairs(moves, torch.ones_like(moves.tables, dtype=torch.bool), 64)
    for parameter in moves.learner.parameters():  # leave the start, where every answer is 0
        torch.nn.init.normal_(parameter, std=0.1)
    losses = learner_losses(moves, pairs, lambda codes: codes.square(), LearnerWeights(), 8)
    assert {"distribution", "consistency", "inverse", "commutation"} < set(losses)
    for name in ("distribution", "consistency", "inverse", "commutation"):
        gradients = torch.autograd.grad(losses[name], list(moves.learner.parameters()), retain_graph=True)
        assert all(float(gradient.abs().sum()) > 0 for gradient in gradients), name
