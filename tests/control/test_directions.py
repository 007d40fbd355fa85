"""Linear directions: on codes whose attributes are known linear functions of them, and on a trained run."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from latune.attributes import Attribute, AttributeTable
from latune.control.directions import (
    KINDS,
    difference_of_means,
    find_directions,
    one_hot,
)
from latune.control.knobs import calibrate, knobs_from_dict
from latune.errors import InputError, RunError

LINEAR = [kind for kind in KINDS if kind != "dimension"]
NAMES = ["a", "b", "c"]
TABLE = AttributeTable([Attribute(name, "points", -99, 99) for name in NAMES])
SIZE = 6


def population(seed, noise=0.1):
    """Codes (6000, 6) of a standard normal, weights (3, 6) of unit length, and the attributes that they give."""
    generator = np.random.default_rng(seed)
    codes = generator.normal(size=(6000, SIZE))
    weights = generator.normal(size=(3, SIZE))
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    values = 5 + 3 * codes @ weights.T + noise * generator.normal(size=(6000, 3))
    return codes.astype(np.float32), weights, values


def cosines(left, right):
    """Of the rows of two arrays."""
    return (left * right).sum(axis=1) / np.linalg.norm(left, axis=1) / np.linalg.norm(right, axis=1)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", KINDS)
def test_a_motion_changes_its_own_reading_by_one(kind, seed):
    codes, _, values = population(seed)
    found = find_directions(codes, values, NAMES, kind)
    assert found.readings.shape == (3, SIZE)
    assert found.motions.shape == (SIZE, 3)
    assert np.allclose(np.diag(found.readings @ found.motions), 1)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", LINEAR)
def test_readings_are_the_standardised_attributes(kind, seed):
    codes, weights, values = population(seed)
    found = find_directions(codes, values, NAMES, kind)
    assert (cosines(found.readings, weights) > 0.99).all()
    wanted = (values - values.mean(axis=0)) / values.std(axis=0)
    slopes = [np.polyfit(read, want, 1)[0] for read, want in zip(found.readings @ codes.T, wanted.T, strict=True)]
    assert np.allclose(slopes, 1, atol=0.12)  # the ridge makes readings a tenth too small


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["difference_of_means", "linear_regression"])
def test_motions_of_even_codes_are_the_weights(kind, seed):
    """Where codes vary alike in all directions, both are the weights that made the attributes."""
    codes, weights, values = population(seed)
    assert (cosines(find_directions(codes, values, NAMES, kind).motions.T, weights) > 0.99).all()


def test_the_difference_of_means_takes_along_what_goes_with_it_and_the_regression_does_not():
    generator = np.random.default_rng(0)
    together = generator.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], 6000)
    values = together[:, :1]
    means, regression = (find_directions(together, values, ["a"], kind).motions[:, 0] for kind in LINEAR[:2])
    assert np.allclose(means[1] / means[0], 0.8, atol=0.03)
    assert abs(regression[1] / regression[0]) < 0.25


@pytest.mark.parametrize("seed", range(3))
def test_the_ridge_inverse_leaves_the_readings_of_the_others(seed):
    codes, weights, values = population(seed)
    assert np.abs(np.corrcoef(values.T) - np.eye(3)).max() > 0.2
    found = find_directions(codes, values, NAMES, "ridge_inverse")
    assert np.allclose(found.readings @ found.motions, np.eye(3), atol=0.06)
    steep = find_directions(codes, values, NAMES, "linear_regression")
    assert np.abs(steep.readings @ steep.motions - np.eye(3)).max() > 0.2
    # The least change of codes that moves each attribute alone.
    assert (cosines(found.motions.T, np.linalg.pinv(weights).T) > 0.99).all()


def test_unused_dimensions_take_no_part():
    codes, weights, values = population(0, noise=2.0)
    unused = np.random.default_rng(1).normal(scale=0.001, size=(len(codes), 2))
    found = find_directions(np.hstack([codes, unused]), values, NAMES, "linear_regression")
    assert np.abs(found.motions[SIZE:]).max() < 0.01 * np.abs(found.motions).max()
    assert (cosines(found.motions[:SIZE].T, weights) > 0.99).all()


@pytest.mark.parametrize(
    ("values", "difference"),
    [
        ([1, 2, 3, 4, 5, 6], 4),  # the fifth and sixth item against the first and second
        ([0, 0, 0, 0, 1, 1], 3),  # all that equal the lower limit count as lower
        ([0, 0, 0, 0, 0, 7], 3),  # both limits are 0: what lies above the mean against the rest, here and below
        ([0, 7, 7, 7, 7, 7], 3),
        ([1, 4, 4, 4, 4, 9], 3),
    ],
)
def test_ties_of_the_difference_of_means(values, difference):
    """The codes are 1 to 6 in the order of the values."""
    codes = np.arange(1.0, 7.0)[:, None]
    assert difference_of_means(codes, np.array(values, float)[:, None]) == pytest.approx(difference)


def test_single_dimensions():
    codes, _, values = population(0)
    values[:, 1] = -np.exp(codes[:, 4])
    found = find_directions(codes, values, NAMES, "dimension", {"a": 2})
    assert found.dimensions[:2] == [2, 4]
    assert np.array_equal(found.readings, one_hot(found.dimensions, SIZE).readings)
    assert np.array_equal(found.motions, found.readings.T)


def test_refused_directions():
    codes, _, values = population(0)
    values[:, 1] = 4
    with pytest.raises(InputError, match=r"Attribute 'b' is 4 for all items: it has no direction\."):
        find_directions(codes, values, NAMES, "ridge_inverse")
    with pytest.raises(InputError, match=r"The codes say nothing linear about attribute 'a'"):
        find_directions(np.ones_like(codes), values[:, [0]], ["a"], "linear_regression")


@pytest.fixture(scope="module", params=LINEAR)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def knobs(kind):
    codes, _, values = population(3)
    return calibrate(codes, values, TABLE, NAMES, {"a": 0}, kind)


@pytest.mark.parametrize("movement", ["alone", "joint"])
@pytest.mark.parametrize("held", [[], ["b"]])
def test_knobs_reach_the_requested_code(knobs, movement, held):
    codes = population(4)[0][:50]
    wanted = {"a": np.linspace(-2, 2, 50), "c": 0.5}
    moved = knobs.move(codes, wanted, held, movement)
    assert moved.dtype == np.float32
    assert np.allclose(knobs.code(moved, "a"), wanted["a"], atol=1e-4)
    assert np.allclose(knobs.code(moved, "c"), 0.5, atol=1e-4)
    assert np.allclose(knobs.code(moved, "b"), knobs.code(codes, "b"), atol=1e-4) == bool(held)


def test_one_knob_alone_goes_along_its_motion(knobs):
    codes = population(4)[0][:50]
    change = knobs.move(codes, {"b": 1.5}, movement="alone") - codes
    steps = 1.5 - codes @ knobs.readings[1]
    assert np.allclose(change, np.outer(steps, knobs.motions[:, 1]), atol=1e-4)


def test_joint_movement_is_the_regression_of_codes_on_the_readings(knobs):
    codes, _, _ = population(3)
    read = codes @ knobs.readings[[0, 2]].T
    slopes, *_ = np.linalg.lstsq(read - read.mean(axis=0), codes - codes.mean(axis=0), rcond=None)
    change = np.column_stack([1 - read[:50, 0], -1 - read[:50, 1]])
    assert np.allclose(knobs.move(codes[:50], {"a": 1.0, "c": -1.0}), codes[:50] + change @ slopes, atol=1e-3)


def test_setting_a_value_brings_the_attribute_there(knobs):
    """The attribute is the known function of the moved codes."""
    _, weights, _ = population(3)
    codes = population(4)[0][:200]
    for movement in ("alone", "joint"):
        for row, name in enumerate(NAMES):
            moved = knobs.move(codes, {name: float(knobs[name].code_of(7.0))}, movement=movement)
            assert np.allclose(5 + 3 * moved @ weights[row], 7.0, atol=0.4)


def test_files_of_directions(knobs):
    content = json.loads(json.dumps(knobs.to_dict()))
    read = knobs_from_dict(content, Path("knobs.json"))
    assert read.knobs == knobs.knobs
    assert np.array_equal(read.readings, knobs.readings)
    assert np.array_equal(read.motions, knobs.motions)
    content["knobs"][0]["motion"].pop()
    with pytest.raises(RunError, match="expected the knobs of a run"):
        knobs_from_dict(content, Path("knobs.json"))


def test_files_of_single_dimensions_say_nothing_of_directions():
    codes, _, values = population(0)
    knobs = calibrate(codes, values, TABLE, NAMES, {"a": 1, "b": 5, "c": 0})
    content = json.loads(json.dumps(knobs.to_dict()))
    assert all({"reading", "motion"}.isdisjoint(knob) for knob in content["knobs"])
    read = knobs_from_dict(content, Path("knobs.json"))
    assert np.array_equal(read.readings, np.eye(SIZE)[[1, 5, 0]])
    assert np.array_equal(read.motions, read.readings.T)
    assert np.array_equal(read.code(codes, "b"), codes[:, 5])


def test_the_dimension_of_a_direction_is_the_one_that_moves_furthest(knobs):
    assert [knob.dimension for knob in knobs.knobs] == np.abs(knobs.motions).argmax(axis=0).tolist()


def test_gains_stretch_joint_movements_along_directions(kind, editor, synthetic):
    items = synthetic.items[synthetic.splits["train"]]
    values = synthetic.attributes[synthetic.splits["train"]]
    knobs = calibrate(editor.encode(items), values, synthetic.table, ["note_density"], directions=kind)
    knobs = knobs.changed(replace(knobs["note_density"], gain=1.5))
    own = editor.encode(items[:20])
    wanted = float(knobs["note_density"].code_of(0.2))
    here = knobs.code(own, "note_density")
    turned = replace(editor, knobs=knobs)
    joint, alone = (turned.move(own, {"note_density": 0.2}, movement=way) for way in ("joint", "alone"))
    assert np.allclose(knobs.code(joint, "note_density"), here + 1.5 * (wanted - here), atol=1e-4)
    assert np.allclose(knobs.code(alone, "note_density"), wanted, atol=1e-4)
