"""A method with two players, from training to knobs: both are trained, recorded, resumed and used."""

import pytest

from latune.control.editor import calibrate_run, open_editor
from latune.recipes.loading import recipe_from_dict
from latune.training.history import read_history
from latune.training.trainer import resume, train

FADER = {
    "name": "tests/fader",
    "data": {"name": "ellipses"},
    "model": {
        "name": "picture_conv",
        "latent_size": 6,
        "channels": [8, 16],
        "hidden_sizes": [64],
        "posterior": "point",
    },
    "method": {"name": "fader", "attributes": ["slant", "width"], "beta": 1.0, "ramp_steps": 100},
    "training": {
        "steps": 200,
        "batch_size": 32,
        "learning_rate": 0.003,
        "validate_every": 100,
        "checkpoint_every": 50,
        "log_every": 20,
        "keep": "last",
    },
}


def recipe(**training):
    return recipe_from_dict({**FADER, "training": {**FADER["training"], **training}}, "test")


@pytest.fixture(scope="module")
def fader_run(ellipses, tmp_path_factory):
    run = train(recipe(), ellipses, tmp_path_factory.mktemp("fader") / "run")
    calibrate_run(run, ellipses)
    return run


def test_both_players_are_recorded(fader_run):
    rows = read_history(fader_run.folder)
    assert {"loss", "reconstruction", "adversarial", "estimate", "critic_loss", "accuracy"} <= set(rows[0])
    assert rows[-1]["reconstruction"] < rows[0]["reconstruction"]
    assert "validation_loss" in rows[-1]


def test_knobs_turn_what_is_decoded(fader_run, ellipses):
    editor = open_editor(fader_run.folder)
    assert [knob.dimension for knob in editor.knobs.knobs] == [0, 1]
    items = ellipses.items[ellipses.split("test")]
    knob = editor.knobs["slant"]
    column = editor.codec.table.index("slant")
    low, high = (editor.turn(items, {"slant": v}).values[:, column] for v in (knob.low, knob.high))
    assert (high - low).mean() > 0.5 * knob.span


def test_a_stopped_run_ends_like_an_unstopped_one(ellipses, tmp_path):
    whole = train(recipe(steps=60), ellipses, tmp_path / "whole")
    told = []
    stopped = train(recipe(steps=60), ellipses, tmp_path / "parts", stop=lambda: told.append(0) or len(told) == 33)
    assert not stopped.finished
    resume(tmp_path / "parts", ellipses)
    weights = [(tmp_path / name / "weights.safetensors").read_bytes() for name in ("whole", "parts")]
    assert whole.finished
    assert weights[0] == weights[1]
