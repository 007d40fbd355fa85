"""The maps that carry codes from region to region: what they keep, and how they are turned."""

import numpy as np
import torch

from latune.data.regions import Regions, Relation
from latune.models.mixture import Mixture
from latune.models.moves import Moves, MovesConfig

SIZE = 4
NEXT = Relation("next", np.array([1, 2, 0], np.int32))
STAY = Relation("stay", np.array([0, 1, 2], np.int32))
ADD = Relation("add", (np.add.outer(np.arange(3), np.arange(3)) % 3).astype(np.int32), 3)


def _moves(*relations, names=("a", "b", "c")):
    torch.manual_seed(0)
    factors = torch.tril(0.3 * torch.randn(len(names), SIZE, SIZE))
    factors.diagonal(dim1=1, dim2=2).copy_(0.5 + torch.rand(len(names), SIZE))
    moves = Moves(Regions(names, relations, 3), SIZE, MovesConfig(sizes=(8,)))
    moves.set_mixture(Mixture(5 * torch.randn(len(names), SIZE), factors))
    return moves


def _rotation(seed):
    return torch.linalg.qr(torch.randn(SIZE, SIZE, generator=torch.Generator().manual_seed(seed)))[0]


def test_routes_are_the_ways_that_relations_go():
    assert _moves(NEXT, STAY).routes == [(0, 1), (1, 2), (2, 0)]
    binary = _moves(ADD, names=("0", "1", "2", "+"))
    assert binary.routes == [(source, target) for source in range(3) for target in range(3) if source != target]


def test_a_turned_map_finds_the_rotation_between_two_regions():
    moves = _moves(NEXT)
    factors, rotation = moves.mixture.factors, _rotation(1)
    noise = torch.randn(200, SIZE)
    codes = moves.mixture.means[0] + noise @ factors[0].T
    partners = moves.mixture.means[1] + 0.5 + noise @ rotation.T @ factors[1].T  # whatever the shift
    moves.turn(0, 1, codes, partners)
    assert torch.allclose(moves.maps[1, 0], factors[1] @ rotation @ torch.linalg.inv(factors[0]), atol=1e-4)


def test_a_turned_map_keeps_the_gaussians():
    moves = _moves(NEXT)
    moves.turn(0, 1, torch.randn(30, SIZE), torch.randn(30, SIZE))
    turned, covariances = moves.maps[1, 0], moves.mixture.covariances
    assert torch.allclose(turned @ covariances[0] @ turned.T, covariances[1], atol=1e-4)


def test_turned_maps_there_and_back_are_inverse():
    moves = _moves(NEXT)
    codes, partners = torch.randn(30, SIZE), torch.randn(30, SIZE)
    moves.turn(0, 1, codes, partners)
    moves.turn(1, 0, partners, codes)
    assert torch.allclose(moves.maps[0, 1] @ moves.maps[1, 0], torch.eye(SIZE), atol=1e-4)


def test_saved_maps_come_back():
    moves, other = _moves(NEXT), _moves(NEXT)
    moves.turn(0, 1, torch.randn(30, SIZE), torch.randn(30, SIZE))
    other.load_state_dict(moves.state_dict())
    codes, relations = moves.mixture.means[[0]] + 0.1, torch.tensor([0])
    with torch.no_grad():
        assert torch.equal(moves(codes, relations), other(codes, relations))
        assert not torch.equal(moves(codes, relations), _moves(NEXT)(codes, relations))
