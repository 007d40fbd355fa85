"""Runs with a measuring network: knobs that hit better, and a stopped run that ends like an unstopped one."""

from dataclasses import replace

import numpy as np
import pytest

from latune.control.editor import calibrate_run, open_editor
from latune.training.history import read_history
from latune.training.trainer import resume, train

STEPS = ("training.steps=200", "training.batch_size=64", "training.keep=last")
CONTROL = "control={measure: network, weight: 100.0, from_step: 60}"


def missed(run, dataset):
    """Mean distance from the requested value, in ranges of the knob, after one joint movement and one decoding."""
    calibrate_run(run, dataset)
    editor = open_editor(run.folder)
    items = dataset.items[dataset.split("test")]
    errors = []
    for knob in editor.knobs.knobs:
        column = editor.codec.table.index(knob.name)
        for target in np.linspace(knob.low, knob.high, 7):
            measured = editor.turn(items, {knob.name: target}).values[:, column]
            errors.append(np.abs(measured - target) / knob.span)
    return float(np.mean(errors))


def test_knobs_hit_better_with_it(small_recipe, ellipses, tmp_path):
    plain = train(small_recipe(*STEPS, name="pictures"), ellipses, tmp_path / "plain")
    asked = train(small_recipe(*STEPS, CONTROL, name="pictures"), ellipses, tmp_path / "asked")
    rows = read_history(asked.folder)
    assert {"control", "measurer_loss"} <= set(rows[-1])
    assert rows[-1]["measurer_loss"] < 0.5 * rows[0]["measurer_loss"]
    assert missed(asked, ellipses) < 0.8 * missed(plain, ellipses)


@pytest.mark.parametrize("stop_at", [11, 33])
def test_a_stopped_run_ends_like_an_unstopped_one(small_recipe, ellipses, tmp_path, stop_at):
    """Stopped before and after the term begins."""
    recipe = small_recipe(
        "control={measure: network, weight: 5.0, from_step: 20}", "training.steps=45", name="pictures"
    )
    whole = train(recipe, ellipses, tmp_path / "whole")
    told = []
    stopped = train(recipe, ellipses, tmp_path / "parts", stop=lambda: told.append(0) or len(told) == stop_at)
    assert not stopped.finished
    parts = resume(tmp_path / "parts", ellipses)
    states = [run.folder / "checkpoint/step-000000045/method.safetensors" for run in (whole, parts)]
    assert states[0].read_bytes() == states[1].read_bytes()


def test_labels_that_nothing_measures(small_recipe, ellipses, tmp_path):
    """Own pictures with a table of labels: the network learns from real pictures alone."""
    labelled = replace(ellipses, codec=replace(ellipses.codec, measurement="none"))
    recipe = small_recipe("control={measure: network, from_step: 5}", "training.steps=15", name="pictures")
    run = train(recipe, labelled, tmp_path / "run")
    assert run.finished
    assert {"control", "measurer_loss"} <= set(read_history(run.folder)[-1])
