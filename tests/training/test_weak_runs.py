"""AbsAE + ReL through the training loop: small sprites fall into their regions, and moves lead where they should."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from latune.attributes import Attribute, AttributeTable
from latune.control.moves import has_moves, open_mover
from latune.data.dataset import Dataset
from latune.data.picture_codec import PictureCodec
from latune.data.protocols import Protocol, with_protocol
from latune.data.regions import regions_of
from latune.errors import InputError, RecipeError, RunError
from latune.recipes.loading import recipe_from_dict
from latune.training.history import read_history
from latune.training.run_folder import open_run
from latune.training.trainer import resume, train

SIDE = 16
PLACES = [0, 2, 4, 13, 15, 17, 27, 29, 31]  # of 32: three in each band
WEAK = {
    "name": "tests/weak",
    "data": {"name": "blobs", "protocol": "regions"},
    "model": {"name": "absae", "latent_size": 4, "channels": 16, "hidden": 64},
    "method": {
        "name": "absae_rel",
        "labels_per_region": 15,
        "labelled_batch_size": 54,
        "warm_up": 300,
        "discriminator_sizes": [32, 32],
        "noise": {"share": 0.2},
        "relations": {"sizes": [32, 32], "batch_size": 16, "held_out": 0.1, "consistent": 8},
    },
    "training": {
        "steps": 900,
        "batch_size": 54,
        "learning_rate": 0.003,
        "schedule": "linear",
        "validate_every": 100,
        "checkpoint_every": 50,
        "keep": "last",
    },
}
SHORT = {**WEAK, "training": {**WEAK["training"], "steps": 80, "validate_every": 40}}
SHORT["method"] = {**WEAK["method"], "warm_up": 30}


@pytest.fixture(scope="module")
def blobs():
    """Squares, horizontal and vertical bars at 9 x 9 places and in 3 brightnesses, labelled as sprites are."""
    table = AttributeTable(
        [
            Attribute("shape", "kind", 1.0, 3.0, "Which.", "categorical"),
            Attribute("scale", "share", 0.5, 1.0, "Here: how bright."),
            Attribute("posx", "share", 0.0, 1.0, "Right."),
            Attribute("posy", "share", 0.0, 1.0, "Down."),
        ]
    )
    grid = np.stack(np.meshgrid([1, 2, 3], [2, 3, 4], PLACES, PLACES, indexing="ij"), -1).reshape(-1, 4)
    values = np.stack([grid[:, 0], 0.5 + grid[:, 1] / 10, grid[:, 2] / 31, grid[:, 3] / 31], 1)
    items = np.zeros((len(grid), 1, SIDE, SIDE), np.uint8)
    for picture, (shape, scale, x, y) in zip(items, grid, strict=True):
        high, wide = {1: (4, 4), 2: (2, 5), 3: (5, 2)}[int(shape)]
        left, top = round(x * (SIDE - wide) / 31), round(y * (SIDE - high) / 31)
        picture[0, top : top + high, left : left + wide] = 55 + 50 * scale
    groups = np.arange(len(items), dtype=np.int32)
    splits = {"train": groups, "validation": groups[:5], "test": groups[:5]}
    codec = PictureCodec((1, SIDE, SIDE), 255, "none", table)
    return with_protocol(Dataset("blobs", items, values.astype(np.float32), groups, splits, codec), Protocol("regions"))


@pytest.fixture(scope="module")
def weak_run(blobs, tmp_path_factory):
    return train(recipe_from_dict(WEAK, "test"), blobs, tmp_path_factory.mktemp("weak") / "run")


def test_pictures_fall_into_their_regions_and_move_to_others(blobs, weak_run):
    mover = open_mover(weak_run)
    indices = blobs.split("test")
    codes, places = mover.encode(np.asarray(blobs.items[indices])), regions_of(blobs)[1][indices]
    assert (mover.places(codes) == places).mean() > 0.8
    moves = np.random.default_rng(0).integers(len(mover.names), size=len(codes))
    moved = mover.move(codes, moves)
    wanted = mover.targets(moves, places)
    assert (mover.places(moved) == wanted).mean() > 0.8
    redrawn = mover.encode(mover.decode(moved))
    assert (mover.places(redrawn) == wanted).mean() > 0.5  # chance: 0.04
    assert read_history(weak_run.folder)[-1]["validation_region_accuracy"] > 0.8


def test_matched_pictures_make_moves_keep_what_varies_within_regions(blobs, weak_run):
    """Codes come closer to the pictures that differ in the move alone than along the shortest maps."""
    mover, places = open_mover(weak_run), regions_of(blobs)[1]
    factors = np.stack(np.unravel_index(np.arange(len(places)), (3, 3, 9, 9)), 1)
    codes, far = mover.encode(np.asarray(blobs.items[:])), {}
    for maps in ("matched", "shortest"):
        if maps == "shortest":
            mover.moves.set_mixture(mover.mixture)
        distances = []
        for name, axis in (("right", 2), ("down", 3)):
            partner = factors.copy()
            partner[:, axis] = (partner[:, axis] + 3) % 9  # the same of three places in the next band
            partners = np.ravel_multi_index(tuple(partner.T), (3, 3, 9, 9))
            assert np.array_equal(places[partners], mover.regions.relations[mover.index(name)].table[places])
            distances.append(np.linalg.norm(mover.move(codes, name) - codes[partners], axis=1))
        far[maps] = np.mean(distances)
    assert far["matched"] < 0.85 * far["shortest"]


def test_moves_follow_each_other(blobs, weak_run):
    mover = open_mover(weak_run)
    codes = mover.encode(np.asarray(blobs.items[blobs.split("test")[:9]]))
    chain = mover.chain(codes, ["left", "right"])
    assert chain.shape == (3, 9, 4)
    right = mover.places(chain[2]) == mover.places(codes)
    assert right.mean() > 0.5
    assert np.array_equal(chain[1], mover.move(codes, np.zeros(9, int)))


def test_draws_are_seeded_and_lie_in_their_regions(weak_run):
    mover = open_mover(weak_run)
    places = np.repeat(np.arange(27), 20)
    draws = mover.sample(places, 1)
    assert np.array_equal(draws, mover.sample(places, 1))
    assert (mover.places(draws) == places).mean() > 0.9


def test_a_stopped_run_ends_like_an_unstopped_one(blobs, tmp_path):
    recipe, told = recipe_from_dict(SHORT, "test"), []
    whole = train(recipe, blobs, tmp_path / "whole")
    stopped = train(recipe, blobs, tmp_path / "parts", stop=lambda: told.append(0) or len(told) == 63)
    assert not stopped.finished
    resume(tmp_path / "parts", blobs)
    for name in ("weights.safetensors", "moves.safetensors"):  # stopped in the second phase: regions come back too
        assert (whole.folder / name).read_bytes() == (tmp_path / "parts" / name).read_bytes()
    rows = read_history(whole.folder)
    assert {"adversarial", "discriminator_loss", "discriminator_codes"} <= set(rows[0])
    assert {"likelihood", "relations_distribution", "relations_inverse"} <= set(rows[-1])


def test_gaussians_stay_as_they_were_fitted(blobs, tmp_path):
    kept = []
    for steps in (31, 80):  # the first step with regions, and many later
        training = {**SHORT["training"], "schedule": "constant", "steps": steps}
        run = train(recipe_from_dict({**SHORT, "training": training}, "test"), blobs, tmp_path / str(steps))
        kept.append(load_file(run.folder / "moves.safetensors"))
    first, last = kept
    assert torch.equal(first["mixture.means"], last["mixture.means"])
    assert torch.equal(first["mixture.factors"], last["mixture.factors"])
    assert not torch.equal(first["learner.layers.0.weight"], last["learner.layers.0.weight"])


@pytest.mark.parametrize("prior", ["uniform", "gaussian", "flower", "line", "mixture"])
@pytest.mark.parametrize("game", ["vanilla", "wgan_gp"])
def test_every_prior_and_game_trains(blobs, tmp_path, prior, game):
    method = {**SHORT["method"], "prior": {"name": prior}, "game": game, "warm_up": 4}
    training = {**SHORT["training"], "steps": 8, "validate_every": 8}
    run = train(recipe_from_dict({**SHORT, "method": method, "training": training}, "test"), blobs, tmp_path / "run")
    assert has_moves(run) == (prior not in ("uniform", "gaussian"))


@pytest.mark.parametrize("mode", ["mse", "likelihood"])
def test_other_modes_are_saved_and_opened(blobs, tmp_path, mode):
    method = {**SHORT["method"], "relations": {**SHORT["method"]["relations"], "mode": mode}, "warm_up": 4}
    training = {**SHORT["training"], "steps": 8, "validate_every": 8}
    run = train(recipe_from_dict({**SHORT, "method": method, "training": training}, "test"), blobs, tmp_path / "run")
    mover = open_mover(open_run(run.folder))
    codes = mover.sample(np.arange(27), 0)
    assert np.isfinite(mover.move(codes, "shape")).all()


def test_attribute_blocks_are_refused(blobs, tmp_path):
    values = {**SHORT, "attributes": {"names": ["posx"]}}
    with pytest.raises(RecipeError, match="absae_rel"):
        train(recipe_from_dict(values, "test"), blobs, tmp_path / "run")


def test_what_no_move_is_is_refused(weak_run, tmp_path):
    mover = open_mover(weak_run)
    codes = mover.sample(np.arange(3), 0)
    with pytest.raises(InputError, match="no move 'fly': expected one of left, right, up, down, shape"):
        mover.move(codes, "fly")
    with pytest.raises(InputError, match="one picture each"):
        mover.move(codes, "left", codes)


def test_damaged_moves_are_refused(weak_run, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(weak_run.folder, copy)
    (copy / "moves.safetensors").write_bytes(b"nothing")
    with pytest.raises(RunError, match=r"moves.safetensors is damaged"):
        open_mover(open_run(copy))
    (copy / "moves.safetensors").unlink()
    with pytest.raises(RunError, match="has no moves"):
        open_mover(open_run(copy))
