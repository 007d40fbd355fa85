"""Regions and moves of a small world in which everything is known: pictures are their codes, in steps of a fifth."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Independent, Normal

from latune.attributes import Attribute, AttributeTable
from latune.control.moves import Mover
from latune.data.regions import Regions, Relation
from latune.evaluation.move_chains import LONGEST, algebra, chain_accuracy, laws
from latune.evaluation.move_subject import ALPHAS, READINGS, MoveSubject
from latune.evaluation.nuisances import nuisance_preservation
from latune.evaluation.region_accuracy import region_accuracy
from latune.evaluation.region_draws import draw_quality, held_out_reconstruction
from latune.evaluation.relation_accuracy import accuracy_of_draws, accuracy_of_pictures
from latune.methods.absae_rel import allowed_pairs
from latune.models.latent_model import PictureModel, point_normal
from latune.models.mixture import Mixture
from latune.models.moves import Moves, MovesConfig

STEPS, OFFSET = 5.0, 8.0  # brightness = 5 (code + 8)
APART = 10.0  # means of neighbouring regions, in standard deviations
GRID = np.stack(np.meshgrid(range(3), range(3), indexing="ij"), -1).reshape(-1, 2)
EACH = 40


def number(grid):
    return np.ravel_multi_index(tuple(grid.T), (3, 3), mode="wrap").astype(np.int32)


UNARY = Regions(
    tuple(f"{x}{y}" for x, y in GRID),
    (
        Relation("right", number(GRID + np.array([1, 0]))),
        Relation("left", number(GRID - np.array([1, 0]))),
        Relation("down", number(GRID + np.array([0, 1]))),
    ),
    9,
)
DIGITS = np.arange(3)
BINARY = Regions(
    ("0", "1", "2", "+", "-"),
    (
        Relation("add", (np.add.outer(DIGITS, DIGITS) % 3).astype(np.int32), 3),
        Relation("sub", (np.subtract.outer(DIGITS, DIGITS) % 3).astype(np.int32), 4),
    ),
    3,
)


class World(PictureModel):
    """Pictures (1, 1, 2) whose brightness is the code."""

    def __init__(self):
        super().__init__(2, 255)
        self.unused = nn.Parameter(torch.zeros(1))  # tells on which device it is

    def encode(self, items):
        return point_normal((items * 255 / STEPS - OFFSET).flatten(1))

    def decode(self, codes):
        return Independent(Normal(STEPS * (codes.view(-1, 1, 1, 2) + OFFSET) / 255, 1), 3)


class Codec:
    """Attributes of pictures: both codes, and an angle that turns with the first."""

    table = AttributeTable([Attribute("x", "steps", 0, 40), Attribute("angle", "radians", 0, 7)])

    def measure(self, items):
        x = items[:, 0, 0, 0] / STEPS - OFFSET
        return np.stack([x, 2 * np.pi + 0.1 * ((x + 5) % APART - 5)], axis=1)

    def empty(self, items):
        return np.zeros(len(items), bool)


class Reader:
    def __init__(self, means):
        self.means = means

    def features(self, items):
        return items.reshape(-1, 2) / STEPS - OFFSET

    def classes(self, items):
        return ((self.features(items)[:, None] - self.means) ** 2).sum(axis=-1).argmin(axis=1).astype(np.int16)


class Centroid(nn.Module):
    """Answers the mean of the target region."""

    def __init__(self, moves):
        super().__init__()
        self.tables, self.mixture = moves.tables, moves.mixture

    def forward(self, codes, relations, others=None):
        return self.mixture.means[self.tables[relations, self.mixture.classify(codes)]]


def make(regions, shift=0.0, mode="transport", held_out=0.0):
    """A subject whose moves are exact, but for a shift along x."""
    count = len(regions.names)
    means = APART * GRID[:count].astype(np.float32)
    moves = Moves(regions, 2, MovesConfig(sizes=(4,)))
    moves.set_mixture(Mixture(torch.from_numpy(means), torch.eye(2).repeat(count, 1, 1)))
    if mode == "mse":
        moves.mode, moves.learner = "mse", Centroid(moves)
    else:
        with torch.no_grad():
            moves.learner.layers[-1].bias[0] = shift
    mover = Mover(World().eval(), regions, moves.eval())
    places = np.repeat(np.arange(count), EACH)
    items = mover.decode(mover.sample(places, 0))
    allowed = allowed_pairs(moves.tables, held_out).numpy()
    return MoveSubject(mover, Reader(means), items, places, mover.encode(items), allowed, 20, 0)


@pytest.fixture(params=["unary", "binary"])
def perfect(request):
    return make(UNARY if request.param == "unary" else BINARY, held_out=0.3)


def values(content):
    """All accuracies in a nest of results."""
    if isinstance(content, dict) and set(content) == {"value", "low", "high"}:
        return [content["value"]]
    parts = content.values() if isinstance(content, dict) else content if isinstance(content, list) else []
    return [value for part in parts for value in values(part)]


def test_codes_in_their_regions(perfect):
    found = region_accuracy(perfect)
    assert [entry["accuracy"]["value"] for entry in found["all"]] == [1.0] * len(ALPHAS)
    accepted = [entry["accepted"]["value"] for entry in found["all"]]
    assert accepted == pytest.approx([1 - alpha for alpha in ALPHAS], abs=0.05)
    assert found["entropy"]["value"] < 1e-6
    assert [entry["accepted"]["value"] for entry in found["legacy"]][0::4] == [1.0, 0.0]  # no density reaches 1
    assert found["legacy"][-1]["accuracy"]["value"] is None
    assert ("entities" in found) == perfect.mover.binary


def test_symbols_are_apart_from_digits():
    subject = make(BINARY)
    wrong = np.where(subject.places >= 3, 0, subject.places)  # operators are called "0"
    found = region_accuracy(replace(subject, places=wrong))
    assert found["all"][0]["accuracy"]["value"] == pytest.approx(3 / 5)
    found = region_accuracy(subject)
    assert found["entities"][0]["accuracy"]["value"] == 1.0


def test_exact_moves_arrive(perfect):
    for found in (accuracy_of_draws(perfect), accuracy_of_pictures(perfect)):
        assert set(found) == {"trained", "held_out"}
        assert set(found["trained"]["per_relation"]) == set(perfect.mover.names)
    draws = accuracy_of_draws(perfect)["held_out"]["total"]["rejection"]
    assert [entry["accuracy"]["value"] for entry in draws] == [1.0] * len(ALPHAS)
    assert draws[-1]["accepted"]["value"] == pytest.approx(0.9, abs=0.03)
    pictures = accuracy_of_pictures(perfect)
    assert set(values(pictures)) == {1.0}
    trained, held_out = (pictures[part]["total"]["moves"] for part in ("trained", "held_out"))
    operands = EACH * perfect.mover.regions.entities
    assert trained + held_out == operands * len(perfect.mover.names)
    assert held_out / (trained + held_out) == pytest.approx((~perfect.allowed).mean(), abs=0.08)


def test_operators_may_be_pictures():
    subject = make(BINARY)
    told = accuracy_of_pictures(subject, "picture")
    assert set(told) == {"trained"}
    assert set(values(told)) == {1.0}


def test_shifted_moves_miss():
    """Beyond the last column there is none: of three targets only that one is reached."""
    subject = make(UNARY, shift=APART)
    draws = accuracy_of_draws(subject)["trained"]["total"]["rejection"]
    assert draws[0]["accuracy"]["value"] == pytest.approx(1 / 3, abs=0.02)
    assert draws[-1]["accepted"]["value"] == pytest.approx(0.9 * 2 / 3, abs=0.03)  # those beyond are rejected
    right = accuracy_of_pictures(subject)["trained"]["per_relation"]["right"]
    assert [right[name]["value"] for name in READINGS] == pytest.approx([1 / 3] * 3)
    chains = chain_accuracy(subject)
    assert chains["latent"][0]["value"] == pytest.approx(1 / 3, abs=0.08)
    assert all(entry["accuracy"]["value"] < 0.7 for entry in algebra(subject))


def test_exact_moves_can_be_chained(perfect):
    chains = chain_accuracy(perfect)
    assert chains["lengths"] == list(range(1, LONGEST + 1))
    assert [len(chains[name]) for name in READINGS] == [LONGEST] * 3
    assert set(values(chains)) == {1.0}
    assert chains["chance"] == 1 / perfect.mover.regions.entities


def test_laws_by_hand():
    found = [(law.kind, law.one, law.other) for law in laws(UNARY)]
    assert found == [
        ("inverse", (0, 1), ()),
        ("inverse", (1, 0), ()),
        ("commutation", (0, 1), (1, 0)),
        ("commutation", (0, 2), (2, 0)),
        ("commutation", (1, 2), (2, 1)),
        *(("cycle", (move,) * 3, ()) for move in range(3)),
    ]
    assert [(law.kind, law.one) for law in laws(BINARY)] == [("inverse", (0, 1)), ("inverse", (1, 0))]
    swap = Regions(("a", "b"), (Relation("swap", np.array([1, 0], np.int32)),), 2)
    assert [(law.kind, law.one) for law in laws(swap)] == [("cycle", (0, 0))]
    clip = Regions(("a", "b"), (Relation("more", np.array([1, 1], np.int32)),), 2)
    assert list(laws(clip)) == []


def test_exact_moves_obey_the_laws(perfect):
    for entry in algebra(perfect):
        assert entry["accuracy"]["value"] == 1.0
        assert entry["distance"]["value"] == pytest.approx(0, abs=1e-4)


def test_distance_is_in_deviations_per_dimension():
    subject = make(UNARY, shift=0.3)  # there and back: 0.6 along one of two dimensions
    inverse = algebra(subject)[0]
    assert inverse["accuracy"]["value"] == 1.0
    assert inverse["distance"]["value"] == pytest.approx(0.6 / np.sqrt(2), abs=1e-4)


def real_attributes(subject):
    """Of many items, so that the means of regions are known well."""
    places = np.repeat(np.arange(9), 2000)
    return Codec().measure(subject.mover.decode(subject.mover.sample(places, 1))), places


def test_exact_moves_keep_nuisances():
    subject = make(UNARY)
    found = nuisance_preservation(subject, Codec(), *real_attributes(subject))
    assert set(found) == {"x", "angle"}
    for moves in found.values():
        for entry in moves.values():
            assert entry["items"] == 250
            assert entry["change"]["value"] < 0.1
            assert entry["correlation"] > 0.99
            assert entry["constant"]["value"] == pytest.approx(1, abs=0.12)
            assert entry["change"]["low"] <= entry["change"]["value"] <= entry["change"]["high"]


def test_a_known_shift_is_the_change():
    subject = make(UNARY, shift=1.0)
    found = nuisance_preservation(subject, Codec(), *real_attributes(subject))
    assert found["x"]["down"]["change"]["value"] == pytest.approx(1, abs=0.1)


def test_pictures_that_missed_say_nothing():
    subject = make(UNARY, shift=APART)
    right = nuisance_preservation(subject, Codec(), *real_attributes(subject))["x"]["right"]
    assert 50 < right["items"] < 120  # a third of 250
    nothing = replace(subject, reader=type("Blind", (Reader,), {"classes": lambda *_: np.array(-1)})(None))
    entry = nuisance_preservation(nothing, Codec(), *real_attributes(subject))["x"]["right"]
    assert entry["items"] == 0
    assert (entry["change"]["value"], entry["correlation"]) == (None, None)


def test_attributes_that_are_the_region_are_left_out():
    subject = make(UNARY)
    real, places = real_attributes(subject)
    real[:, 0] = places
    assert set(nuisance_preservation(subject, Codec(), real, places)) == {"angle"}


def test_centroids_reach_the_floor_and_lose_nuisances():
    subject = make(UNARY, mode="mse")
    total = accuracy_of_draws(subject)["trained"]["total"]
    assert total["smallest_squared_error"] == pytest.approx(1)
    assert total["squared_error"]["value"] == pytest.approx(1, abs=0.05)
    moved = nuisance_preservation(subject, Codec(), *real_attributes(subject))["x"]["down"]
    assert moved["change"]["value"] == pytest.approx(moved["constant"]["value"], abs=0.1)
    assert moved["correlation"] is None or abs(moved["correlation"]) < 0.3


def test_draws_are_like_real_pictures(perfect):
    found = draw_quality(perfect, perfect.items[::2])
    assert found["right"]["value"] == 1.0
    assert found["balance"] == pytest.approx(1)
    assert found["frechet_distance"] < 0.5
    assert sum(found["shares"].values()) == pytest.approx(1)
    far = draw_quality(replace(perfect, items=perfect.items + np.uint8(50)), perfect.items)
    assert far["frechet_distance"] == pytest.approx(2 * 10.0**2, rel=0.1)  # 50 / 5 in both dimensions


def test_reconstruction_by_hand(perfect):
    found = held_out_reconstruction(perfect)
    assert found["squared_error"]["value"] == pytest.approx(0, abs=1e-10)
    assert found["cross_entropy"]["value"] == pytest.approx(0.5 * np.log(2 * np.pi), abs=1e-5)
    dark = held_out_reconstruction(replace(perfect, codes=perfect.codes + np.float32(5.1)))
    assert dark["squared_error"]["value"] == pytest.approx(0.1**2, rel=1e-3)  # 5 x 5.1 of 255


def test_equal_seeds_give_equal_json(perfect):
    measures = accuracy_of_draws, accuracy_of_pictures, chain_accuracy, algebra, region_accuracy
    once, again = (json.dumps([measure(perfect) for measure in measures], allow_nan=False) for _ in range(2))
    assert once == again
    other = json.dumps(accuracy_of_draws(replace(perfect, seed=1)))
    assert other != json.dumps(accuracy_of_draws(perfect))
