"""One run on two processes equals that on one: history, weights, after a stop, for every method."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import yaml
from safetensors.torch import load_file

import small_moves
import small_songs
from latune.cli import main
from latune.data.store import store_dataset
from latune.methods.registry import _Config
from latune.recipes.items import items_of
from latune.recipes.loading import recipe_from_dict
from latune.training import distributed
from latune.training.checkpoint import position
from latune.training.distributed import process_group
from latune.training.history import read_history
from latune.training.trainer import resume, train

TESTS = Path(__file__).parents[1]
STEPS, STOP = 12, 5
CLOSE = {"rtol": 2e-4, "atol": 2e-5}  # sums in another order, over twelve steps

TERM = {"names": ["rhythmic_complexity", "pitch_range", "note_density", "contour"]}
CONTROL = {"weight": 0.3, "from_step": 3}
TOLD = ["rhythmic_complexity", "note_density"]
SMALL_MLP = {"name": "measure_mlp", "latent_size": 12, "embedding_size": 4, "hidden_size": 24}
PICTURES = {"name": "picture_conv", "latent_size": 5, "channels": [4, 8], "hidden_sizes": [16]}
POINTS = {"name": "picture_conv", "latent_size": 4, "channels": [4, 8], "hidden_sizes": [16], "posterior": "point"}
TRAINING = {
    "steps": STEPS,
    "batch_size": 33,  # no multiple of two
    "learning_rate": 0.003,
    "log_every": 1,
    "validate_every": 6,
    "checkpoint_every": 4,
}


def music(method, **blocks):
    return {"data": {"name": "chorales"}, "model": SMALL_MLP, "method": method, "training": TRAINING, **blocks}


def songs(method, **model):
    sizes = {**small_songs.RECIPE["model"], **model}
    blocks = {"data": {"name": "small-songs"}, "evaluation": small_songs.RECIPE["evaluation"], "training": TRAINING}
    return {**blocks, "model": sizes, "method": method}


RECIPES = {
    "ar_vae": music({"name": "ar_vae", "beta": 0.001}, attributes=TERM, control=CONTROL),
    "ar_vae in bfloat16": music({"name": "ar_vae"}, attributes=TERM, training={**TRAINING, "precision": "bfloat16"}),
    "beta_vae": music({"name": "beta_vae"}, recording={"probe_every": 5, "probe_items": 20}),
    "beta_vae of one item": music({"name": "beta_vae"}, training={**TRAINING, "batch_size": 1}),
    "capacity_vae": music({"name": "capacity_vae"}, attributes=TERM),
    "capacity_vae with a multiplier": music({"name": "capacity_vae", "held_by": "multiplier"}),
    "factor_vae": music({"name": "factor_vae", "discriminator_sizes": [16, 16]}, attributes=TERM),
    "beta_tcvae": music({"name": "beta_tcvae"}, attributes=TERM),
    "dip_vae": music({"name": "dip_vae"}),
    "fader": music({"name": "fader", "attributes": TOLD, "ramp_steps": 5}),
    "glsr_vae": music({"name": "glsr_vae", "attributes": TOLD}),
    "conditional_vae": music({"name": "conditional_vae", "attributes": TOLD}),
    "musae_single": songs(
        {"name": "musae_single", "weights": [[0, 0.1]], "critic_sizes": [16], "infomax_weight": 0.1}, styles=3
    ),
    "musae_mixture": songs(small_songs.RECIPE["method"]),
    "absae_rel": {
        "data": {"name": "blobs", "protocol": "regions"},
        "model": POINTS,
        "method": {**small_moves.RECIPE["method"], "warm_up": 4},
        "training": TRAINING,
    },
    "ar_vae with a measuring network": {
        "data": {"name": "ellipses"},
        "model": PICTURES,
        "method": {"name": "ar_vae"},
        "attributes": {"names": ["slant", "width"]},
        "control": {"measure": "network", "weight": 5.0, "from_step": 4},
        "training": TRAINING,
    },
}
RECIPES["factor_vae that begins with a capacity"] = {
    "data": {"name": "ellipses"},
    "model": {"name": "burgess", "latent_size": 5},
    "method": {"name": "factor_vae", "discriminator_sizes": [16, 16], "begin": {"steps": 5, "capacity": 1}},
    "training": {**TRAINING, "learning_rate": 0.00003},
}
RECIPES["capacity_vae that wakes"] = {
    "data": {"name": "ellipses"},
    "model": {"name": "burgess", "latent_size": 5},
    "method": {
        "name": "capacity_vae",
        "held_by": "multiplier",
        "capacity": 4,
        "capacity_steps": 4,
        "wake": {"step": 5, "capacity": 1},
    },
    "training": {**TRAINING, "learning_rate": 0.00003},  # larger steps make much of rounding
}
DRAWING = {"name": "measure_rnn", "embedding_size": 4, "hidden_size": 12, "latent_size": 6}
REFUSED = {**RECIPES["absae_rel"], "model": {"name": "absae", "latent_size": 4, "channels": 4, "hidden": 16}}


def named(name, recipe):
    return {"name": name.replace(" ", "-"), "seed": 3, **recipe}


def processes(folder, *command, **options):
    """Two processes under torchrun."""
    launch = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    environment = os.environ | {"PYTHONPATH": str(TESTS), "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    return subprocess.Popen(
        [sys.executable, *launch, *command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.fixture(scope="module")
def datasets(synthetic, ellipses, songs):
    store_dataset(ellipses)
    return {"chorales": synthetic, "ellipses": ellipses, "small-songs": songs, "blobs": small_moves.blobs()}


@pytest.fixture(scope="module")
def alone(datasets, tmp_path_factory):
    """A function that trains a recipe in this process, or goes on with it."""

    def work(recipe, folder, stop_at=None):
        loaded, told = recipe_from_dict(recipe, "test"), []
        items = items_of(datasets[loaded.data.name], loaded.data)
        stop = lambda: told.append(0) or len(told) == stop_at  # noqa: E731
        if (folder / "run.json").is_file():
            return resume(folder, items, stop=stop)
        return train(loaded, items, folder, stop=stop)

    return work


@pytest.fixture(scope="module")
def together(datasets, alone, tmp_path_factory):
    """Folders of runs by two processes, and what the two say of them, by name."""
    folder = tmp_path_factory.mktemp("together")
    jobs = {name: {"recipe": named(name, recipe), "folder": str(folder / name)} for name, recipe in RECIPES.items()}
    begun = named("begun", RECIPES["ar_vae"])
    alone(begun, folder / "begun alone", STOP)
    jobs["begun alone"] = {"recipe": begun, "folder": str(folder / "begun alone")}
    jobs["begun together"] = {**jobs["begun alone"], "folder": str(folder / "begun together"), "stop_at": STOP}
    drawing = named("drawing", music({"name": "beta_vae"}, model=DRAWING))
    jobs["drawing"] = {"recipe": drawing, "folder": str(folder / "drawing")}
    jobs["drawing begun"] = {"recipe": drawing, "folder": str(folder / "drawing in parts"), "stop_at": STOP}
    jobs["drawing ended"] = {"recipe": drawing, "folder": str(folder / "drawing in parts")}
    jobs["refused"] = {"recipe": named("refused", REFUSED), "folder": str(folder / "refused")}
    (folder / "jobs.json").write_text(json.dumps(list(jobs.values())))
    work = processes(folder, str(TESTS / "several_processes.py"), "jobs.json", "results.json")
    _, errors = work.communicate(timeout=300)
    assert work.returncode == 0, errors
    first, second = json.loads((folder / "results.json").read_text())
    return folder, {name: pair for name, *pair in zip(jobs, first, second, strict=True)}


def weights(folder):
    state = load_file(folder / f"checkpoint/step-{STEPS:09d}/method.safetensors")
    return {name: tensor.double().numpy() for name, tensor in state.items()}


def assert_equal_runs(left, right, close=CLOSE):
    rows = read_history(left), read_history(right)
    assert [row["step"] for row in rows[0]] == [row["step"] for row in rows[1]] == list(range(1, STEPS + 1))
    for mine, theirs in zip(*rows, strict=True):
        assert mine.keys() == theirs.keys()
        for name, value in mine.items():
            np.testing.assert_allclose(theirs[name], value, **close, err_msg=f"{name} at step {mine['step']}")
    mine, theirs = weights(left), weights(right)
    assert mine.keys() == theirs.keys()
    for name, value in mine.items():
        np.testing.assert_allclose(theirs[name], value, **close, err_msg=name)


def test_every_method_is_tried():
    assert {kind.model_fields["name"].default for kind in get_args(_Config)} <= set(RECIPES)


@pytest.mark.parametrize("name", RECIPES)
def test_two_processes_equal_one(together, alone, tmp_path, name):
    run = alone(named(name, RECIPES[name]), tmp_path / "alone")
    folder, told = together
    close = CLOSE if "bfloat16" not in name else {"rtol": 5e-3, "atol": 0.02}  # Adam enlarges what is rounded
    assert_equal_runs(run.folder, folder / name, close)
    assert [result["steps"] for result in told[name]] == [STEPS, STEPS]
    assert told[name][1]["reports"] == 0 < told[name][0]["reports"]
    files = {path.name for path in run.folder.iterdir()}
    assert {path.name for path in (folder / name).iterdir()} == files


def test_a_run_may_change_over(together, alone, tmp_path):
    """Begun by one process and ended by two, and the other way round."""
    folder, told = together
    recipe = named("begun", RECIPES["ar_vae"])
    whole = alone(recipe, tmp_path / "whole")
    assert [result["steps"] for result in told["begun alone"]] == [STEPS - STOP] * 2
    assert_equal_runs(whole.folder, folder / "begun alone")
    # The second process alone was asked to stop; both did so at that step.
    assert [result["steps"] for result in told["begun together"]] == [STOP, STOP]
    assert not (folder / "begun together" / "finished.json").exists()
    alone(recipe, folder / "begun together")
    assert_equal_runs(whole.folder, folder / "begun together")


def test_networks_that_draw_random_numbers(together):
    """Dropout and teacher forcing are drawn by each process for its items; a stopped run ends as an unstopped one."""
    folder, told = together
    assert [result["steps"] for result in told["drawing"]] == [STEPS, STEPS]
    assert [result["steps"] for result in told["drawing ended"]] == [STEPS - STOP] * 2
    whole, parts = weights(folder / "drawing"), weights(folder / "drawing in parts")
    for name, value in whole.items():
        assert np.array_equal(value, parts[name]), name
    assert read_history(folder / "drawing")[-1] == read_history(folder / "drawing in parts")[-1]


def test_networks_that_know_the_batch_are_refused(together):
    folder, told = together
    for result in told["refused"]:
        assert "normalises over the batch" in result["error"]
    assert not (folder / "refused").exists()


def test_processes_that_do_not_know_how_to_meet(monkeypatch):
    from latune.errors import RecipeError

    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.delenv("RANK", raising=False)
    with pytest.raises(RecipeError, match="RANK is not set: start them with torchrun"), process_group():
        pass


@pytest.fixture
def recipe_file(tmp_path):
    training = {**TRAINING, "steps": 100_000, "log_every": 50, "checkpoint_every": 10_000, "validate_every": 10_000}
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(named("long", {**RECIPES["ar_vae"], "training": training})))
    return path


@pytest.mark.slow
def test_the_command_stops_everywhere_and_goes_on(recipe_file, tmp_path):
    """Ctrl-C under torchrun: one checkpoint, one sentence; then to the end, calibrated."""
    work = processes(tmp_path, "-m", "latune", "train", str(recipe_file), "--out", "run")
    history = tmp_path / "run/history.csv"
    end = time.monotonic() + 120
    while time.monotonic() < end and (not history.is_file() or len(history.read_text().splitlines()) < 3):
        time.sleep(0.1)
    work.send_signal(signal.SIGINT)
    _, errors = work.communicate(timeout=120)
    assert errors.count("Stopped after a checkpoint") == 1, errors
    assert 100 <= position(tmp_path / "run") < 100_000


@pytest.mark.slow
def test_one_process_speaks_of_an_error(recipe_file, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/mine.txt").write_text("something else")
    work = processes(tmp_path, "-m", "latune", "train", str(recipe_file), "--out", "run")
    _, errors = work.communicate(timeout=120)
    assert work.returncode != 0
    assert errors.count("Error: run is not empty") == 1, errors
    assert "Traceback" not in errors.split("Error: run is not empty")[0]


def test_several_processes_train_no_folds(recipe_file, monkeypatch, capsys):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(distributed, "process_group", contextlib.nullcontext)
    monkeypatch.setattr(sys, "argv", ["latune", "train", str(recipe_file), "--set", "data.protocol=kfold"])
    with pytest.raises(SystemExit):
        main()
    assert "torchrun trains one run on several devices, not a cross-validation" in " ".join(
        capsys.readouterr().err.split()
    )
