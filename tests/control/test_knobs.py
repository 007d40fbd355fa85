"""Knobs: calibration there and back, and where the other dimensions go."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from latune.attributes import Attribute, AttributeTable
from latune.control.editor import GAINS, calibrate_run, open_editor
from latune.control.knobs import Knobs, calibrate, knobs_from_dict
from latune.errors import InputError, RecipeError
from latune.methods.joint_movement import JointConfig
from latune.training.trainer import train

TABLE = AttributeTable([Attribute(name, "points", -99, 99) for name in ("a", "b", "c", "flat")])


@pytest.fixture(scope="module")
def population():
    """Codes (2000, 5) and values: a follows code 0, b falls with code 2, c mixes both."""
    generator = np.random.default_rng(0)
    mixing = generator.normal(size=(5, 5))
    codes = (generator.normal(size=(2000, 5)) @ mixing).astype(np.float32)
    a = np.round(2 * codes[:, 0], 1)
    b = np.round(-3 * codes[:, 2] ** 3, 1)
    c = np.round(codes[:, 0] + codes[:, 2], 1)
    return codes, np.column_stack([a, b, c, np.full(2000, 4.0)])


@pytest.fixture(scope="module")
def knobs(population):
    return calibrate(*population, TABLE, ["a", "b", "c"], {"a": 0, "b": 2, "c": 1})


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_there_and_back(knobs, name):
    knob = knobs[name]
    inside = np.linspace(knob.values[0], knob.values[-1], 301)
    beyond = np.array([knob.values[0] - knob.span, knob.values[-1] + knob.span])
    for values in (inside, beyond):
        assert np.allclose(knob.value_of(knob.code_of(values)), values, atol=1e-6 * knob.span)
    codes = np.linspace(knob.codes[0], knob.codes[-1], 301)
    assert np.allclose(knob.code_of(knob.value_of(codes)), codes, atol=1e-6)


@pytest.mark.parametrize(("name", "direction"), [("a", 1), ("b", -1)])
def test_curves_are_monotone_in_the_direction_of_the_data(knobs, name, direction):
    knob = knobs[name]
    assert len(knob.values) == len(knob.codes) <= 65
    assert (np.diff(knob.values) > 0).all()
    assert (direction * np.diff(knob.codes) > 0).all()


def test_curve_is_the_mean_code_of_a_value(knobs, population):
    codes, values = population
    for value in (-1.0, 0.0, 1.0):
        same = values[:, 0] == value
        assert knobs["a"].code_of(value) == pytest.approx(codes[same, 0].mean(), abs=0.05)


def test_range_leaves_out_one_percent_at_either_end(knobs, population):
    low, high = np.quantile(population[1][:, 0], [0.01, 0.99])
    assert (knobs["a"].low, knobs["a"].high) == pytest.approx((low, high))
    assert set(knobs.ranges) == set(TABLE.names)


def test_alone_moves_one_dimension(knobs, population):
    codes = population[0][:50]
    moved = knobs.move(codes, {"b": 1.5}, movement="alone")
    assert np.allclose(moved[:, 2], 1.5)
    others = [0, 1, 3, 4]
    assert np.array_equal(moved[:, others], codes[:, others])


def test_one_knob_moves_the_others_along_their_regression(knobs, population):
    codes = population[0]
    slopes = [np.polyfit(codes[:, 2], codes[:, d], 1)[0] for d in range(5)]
    change = knobs.move(codes[:50], {"b": 1.5}) - codes[:50]
    assert np.allclose(change, np.outer(1.5 - codes[:50, 2], slopes), atol=1e-4)


def test_several_knobs_move_the_others_along_their_joint_regression(knobs, population):
    codes = population[0].astype(float)
    wanted = {"a": np.linspace(-1, 1, 50), "c": 0.7}
    centred = codes - codes.mean(axis=0)
    slopes, *_ = np.linalg.lstsq(centred[:, [0, 1]], centred, rcond=None)
    turned = np.column_stack([wanted["a"] - codes[:50, 0], 0.7 - codes[:50, 1]])
    moved = knobs.move(population[0][:50], wanted)
    assert np.allclose(moved, codes[:50] + turned @ slopes, atol=1e-4)
    assert np.allclose(moved[:, 0], wanted["a"], atol=1e-5)
    assert np.allclose(moved[:, 1], 0.7, atol=1e-5)


def test_held_knobs_do_not_move(knobs, population):
    codes = population[0][:50]
    moved = knobs.move(codes, {"a": 2.0}, held=["b"])
    assert np.allclose(moved[:, 0], 2.0, atol=1e-5)
    assert np.allclose(moved[:, 2], codes[:, 2], atol=1e-5)
    assert not np.allclose(knobs.move(codes, {"a": 2.0})[:, 2], codes[:, 2], atol=0.1)


def test_asking_for_what_is_there_changes_nothing(knobs, population):
    codes = population[0][:50]
    assert np.allclose(knobs.move(codes, {"a": codes[:, 0].astype(float)}), codes, atol=1e-5)


def test_knobs_that_share_a_dimension_meet_halfway(population):
    """As in a run without tied dimensions, whose attributes may all follow one code."""
    shared = calibrate(*population, TABLE, ["a", "b"], {"a": 0, "b": 0})
    codes = population[0][:50]
    moved = shared.move(codes, {"a": 1.0, "b": 2.0})
    assert np.allclose(moved[:, 0], 1.5, atol=1e-4)
    assert np.allclose(shared.move(codes, {"a": 1.0, "b": 1.0}), shared.move(codes, {"a": 1.0}), atol=1e-3)


@pytest.fixture(scope="module")
def bent():
    """Dimension 1 is tied too and follows the square of the first one; dimension 2 is free and follows it straight."""
    generator = np.random.default_rng(1)
    u = generator.normal(size=4000)
    noise = 0.05 * generator.normal(size=(4000, 2))
    codes = np.column_stack([u, u**2 + noise[:, 0], 2 * u + noise[:, 1], generator.normal(size=4000)])
    return codes.astype(np.float32), np.column_stack([codes[:, 0], codes[:, 1], codes[:, 3], np.full(4000, 4.0)])


@pytest.mark.parametrize(
    ("joint", "expected"),
    [
        ({}, [2.0, 0.25, 4.0]),
        ({"path": "quadratic"}, [2.0, 4.0, 4.0]),
        ({"path": "quadratic", "followers": "tied"}, [2.0, 4.0, 1.0]),
        ({"followers": "tied"}, [2.0, 0.25, 1.0]),
    ],
)
def test_paths_and_followers(bent, joint, expected):
    knobs = calibrate(*bent, TABLE, ["a", "b"], {"a": 0, "b": 1}, joint=JointConfig(**joint))
    start = np.array([[0.5, 0.25, 1.0, 0.0]], np.float32)
    read = knobs_from_dict(json.loads(json.dumps(knobs.to_dict())), Path("knobs.json"))
    for these in (knobs, read):
        assert np.allclose(these.move(start, {"a": 2.0})[0, :3], expected, atol=0.2)
        assert these.move(start, {"a": 2.0})[0, 0] == 2.0
    held = knobs.move(start, {"a": 2.0}, held=["b"])
    assert np.allclose(held[0, :2], [2.0, 0.25], atol=1e-4)


def test_a_quadratic_path_of_codes_with_two_values():
    """Then the square says nothing that the code does not: no wild slopes."""
    codes = np.random.default_rng(0).choice([-1.0, 1.0], (1000, 3)).astype(np.float32)
    codes[:, 1] += codes[:, 0]
    values = np.column_stack([codes, np.full(1000, 4.0)])
    knobs = calibrate(codes, values, TABLE, ["a"], {"a": 0}, joint=JointConfig(path="quadratic"))
    assert np.allclose(knobs.move(codes[:5], {"a": 0.0}) - codes[:5], -codes[:5, :1] * [1, 1, 0], atol=0.1)


def test_within_classes(population):
    """All together the dimensions rise together; within each class one falls as the other rises."""
    generator = np.random.default_rng(2)
    classes = generator.integers(0, 10, 5000)
    inner = generator.normal(size=5000)
    codes = np.column_stack([3 * classes + inner, 3 * classes - inner, generator.normal(size=5000)]).astype(np.float32)
    values = np.column_stack([codes, np.full(5000, 4.0)])
    together = calibrate(codes, values, TABLE, ["a"], {"a": 0})
    within = calibrate(codes, values, TABLE, ["a"], {"a": 0}, classes=classes)
    start = np.zeros((1, 3), np.float32)
    assert together.move(start, {"a": 1.0})[0, 1] == pytest.approx(1, abs=0.1)
    assert within.move(start, {"a": 1.0})[0, 1] == pytest.approx(-1, abs=0.1)
    assert np.allclose(within.spread, codes.std(axis=0), rtol=1e-4)


def test_what_is_independent_of_a_knob(bent):
    knobs = calibrate(*bent, TABLE, ["a", "b"], {"a": 0, "b": 1})
    deviation = bent[1][:, 2].std()
    assert knobs.independent["a"] == {"c": pytest.approx(deviation), "flat": 0.0}  # b bends with it
    assert knobs_from_dict(knobs.to_dict(), Path("knobs.json")).independent == knobs.independent


def test_best_dimension_is_found(population):
    found = calibrate(*population, TABLE, ["b", "a"])
    assert (found["a"].dimension, found["b"].dimension) == (0, 2)
    beside = calibrate(*population, TABLE, ["a", "b"], {"a": 3})
    assert (beside["a"].dimension, beside["b"].dimension) == (3, 2)


def test_unused_dimensions_do_no_harm(population):
    codes, values = population
    dead = codes.copy()
    dead[:, 4] = 0.25
    knobs = calibrate(dead, values, TABLE, ["a", "b"])
    assert np.isfinite(knobs.move(dead[:20], {"a": 1.0, "b": 0.0})).all()


def test_json_round_trip(knobs, population):
    read = knobs_from_dict(json.loads(json.dumps(knobs.to_dict())), Path("knobs.json"))
    assert read.knobs == knobs.knobs
    assert read.ranges == knobs.ranges
    codes = population[0][:5]
    assert np.array_equal(read.move(codes, {"a": 1.0, "b": 2.0}), knobs.move(codes, {"a": 1.0, "b": 2.0}))


def test_refusals(knobs: Knobs, population):
    with pytest.raises(InputError, match=r"There is no knob 'd': expected one of a, b, c\."):
        knobs.move(population[0], {"d": 1.0})
    with pytest.raises(InputError, match=r"There is no knob 'flat'"):
        knobs.move(population[0], {"a": 1.0}, held=["flat"])
    with pytest.raises(InputError, match=r"Attribute 'flat' is 4 for nearly all items: no knob is possible\."):
        calibrate(*population, TABLE, ["flat"])
    with pytest.raises(RecipeError, match="Unknown attribute 'd'"):
        calibrate(*population, TABLE, ["d"])


def test_calibration_of_a_run(editor, trained_run, synthetic):
    assert editor.knobs.names == trained_run.recipe.regularised
    assert [knob.dimension for knob in editor.knobs.knobs] == [0, 1, 2, 3]
    train_part = synthetic.splits["train"]
    codes = editor.encode(synthetic.items[train_part])
    for knob in editor.knobs.knobs:
        predicted = knob.value_of(codes[:, knob.dimension].astype(float))
        values = synthetic.attributes[train_part, synthetic.table.index(knob.name)]
        assert np.corrcoef(predicted, values)[0, 1] > 0.9
    assert np.allclose(editor.knobs.spread, codes.std(axis=0), atol=1e-4)


@pytest.mark.parametrize("gain", [1.0, 1.5])
def test_gain_stretches_joint_movements_only(editor, synthetic, gain):
    knob = replace(editor.knobs["note_density"], gain=gain)
    stretched = replace(editor, knobs=editor.knobs.changed(knob))
    items = synthetic.items[synthetic.splits["test"][:10]]
    own = editor.encode(items)[:, knob.dimension]
    wanted = float(knob.code_of(0.2))
    joint, alone = (stretched.turn(items, {"note_density": 0.2}, movement=way) for way in ("joint", "alone"))
    assert np.allclose(joint.codes[:, knob.dimension], own + gain * (wanted - own), atol=1e-4)
    assert np.allclose(alone.codes[:, knob.dimension], wanted, atol=1e-4)


def test_calibration_chooses_the_gain_that_comes_closest(editor, synthetic):
    items = synthetic.items[synthetic.splits["train"]]
    for knob in editor.knobs.knobs:
        assert knob.gain in GAINS
        column = synthetic.table.index(knob.name)
        requests = np.quantile(synthetic.attributes[synthetic.splits["train"], column], [0.1, 0.3, 0.5, 0.7, 0.9])
        errors = []
        for gain in (knob.gain, 1.0, 3.0):
            trial = replace(editor, knobs=editor.knobs.changed(replace(knob, gain=gain)))
            results = [trial.turn(items, {knob.name: request}).values[:, column] for request in requests]
            errors.append(np.abs(np.stack(results) - requests[:, None]).mean())
        assert errors[0] <= 1.1 * min(errors)


def test_regularised_attributes_keep_their_dimension_beside_others(small_recipe, synthetic, tmp_path):
    short = small_recipe("training.steps=1", "evaluation.attributes=[mean_pitch, contour, note_density]")
    run = train(short, synthetic, tmp_path / "run")
    knobs = calibrate_run(run, synthetic)
    assert knobs.names == ("mean_pitch", "contour", "note_density")
    assert (knobs["contour"].dimension, knobs["note_density"].dimension) == (3, 2)
    assert open_editor(run.folder).knobs.names == knobs.names
