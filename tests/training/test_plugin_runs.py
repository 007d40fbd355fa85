"""Runs that were trained with attributes of one's own: what they record, and what opening them needs."""

import json
from pathlib import Path

import numpy as np
import pytest

from latune.control.editor import calibrate_run, open_editor
from latune.data.own_attributes import with_plugins
from latune.errors import RecipeError, RunError
from latune.evaluation.evaluate import evaluate_run
from latune.plugins import load_plugin
from latune.training.run_folder import open_run
from latune.training.trainer import resume, train

HIGHEST = """
import numpy as np
from latune.attributes import Attribute

def highest(ticks):
    "Highest pitch."
    return np.maximum(ticks.max(axis=1), 0)

attributes = [Attribute("highest", "MIDI pitch", 0, 127, measure=highest)]
"""
INK = """
import numpy as np
from latune.attributes import Attribute

def ink(pictures):
    "Mean brightness."
    return pictures.mean(axis=(1, 2, 3))

attributes = [Attribute("ink", "0 to 255", 0, 255, measure=ink)]
"""
NAMES = "[note_density, highest]"
SHORT = ("training.steps=40", "training.checkpoint_every=20", "training.validate_every=20")
FEW = ("evaluation.items=10", "evaluation.targets=3", "evaluation.sweep=3", "evaluation.bootstrap=5")


@pytest.fixture(scope="module")
def write(tmp_path_factory):
    """A function from text to the plugin that holds it."""

    def write(text, name="mine.py"):
        path = tmp_path_factory.mktemp("plugins") / name
        path.write_text(text)
        return load_plugin(path)

    return write


@pytest.fixture(scope="module")
def plugin(write):
    return write(HIGHEST)


@pytest.fixture(scope="module")
def run(tmp_path_factory, synthetic, small_recipe, plugin):
    """A short run with an own attribute, calibrated."""
    recipe = small_recipe(*SHORT, *FEW, f"attributes.names={NAMES}", f"evaluation.attributes={NAMES}")
    dataset = with_plugins(synthetic, [plugin])
    run = train(recipe, dataset, tmp_path_factory.mktemp("runs") / "own")
    calibrate_run(run, dataset)
    return run


def test_a_run_records_its_plugins(run, plugin):
    recorded = json.loads((run.folder / "run.json").read_text())["plugins"]
    assert recorded == [{"file": "mine.py", "sha256": plugin.checksum, "attributes": ["highest"]}]
    assert run.recipe.attributes.names == ("note_density", "highest")
    assert not list(run.folder.rglob("*.py"))


def test_a_run_without_plugins_records_none(trained_run):
    assert "plugins" not in json.loads((trained_run.folder / "run.json").read_text())


def test_an_empty_list_of_names_stands_for_own_ones_too(synthetic, small_recipe, plugin, tmp_path):
    dataset = with_plugins(synthetic, [plugin])
    recipe = small_recipe(*SHORT, "attributes.names=[]", "evaluation.attributes=null", "training.steps=1")
    trained = train(recipe, dataset, tmp_path / "all")
    assert trained.recipe.attributes.names == dataset.table.names
    assert trained.recipe.attributes.names[-1] == "highest"


def test_knobs_and_numbers(run, synthetic, plugin):
    editor = open_editor(run.folder, [plugin])
    assert editor.knobs.names == ("note_density", "highest")
    assert editor.knobs["highest"].unit == "MIDI pitch"
    assert editor.knobs["highest"].dimension == 1
    items = synthetic.items[synthetic.split("test")[:8]]
    edit = editor.turn_exactly(items, {"highest": 70.0})
    measured = synthetic.codec.ticks(edit.items).max(axis=1)
    assert np.array_equal(edit.values[:, -1], np.maximum(measured, 0))
    metrics = evaluate_run(open_run(run.folder, [plugin]), with_plugins(synthetic, [plugin]), editor)
    assert set(metrics["scores"]["means"]["attributes"]) == {"note_density", "highest"}
    certificate = json.loads((run.folder / "certificate.json").read_text())
    assert certificate["knobs"]["highest"]["unit"] == "MIDI pitch"
    assert "highest" in certificate["knobs"]["note_density"]["joint"]["cross_talk"]["unexplained"]


def test_opening_without_its_plugin(run, write):
    words = "was trained with your own attribute 'highest' of mine.py: "
    for open_ in (open_run, open_editor):
        with pytest.raises(RunError, match=f"{words}add --plugin mine.py"):
            open_(run.folder)
    other = write(HIGHEST.replace("highest", "tallest"), "other.py")
    with pytest.raises(RunError, match=f"{words}.*other.py has none of this name"):
        open_run(run.folder, [other])


def test_a_plugin_that_changed(run, write, plugin):
    assert open_run(run.folder, [plugin]).remarks == ()
    changed = write(f"{HIGHEST}# changed")
    (remark,) = open_run(run.folder, [changed]).remarks
    assert remark == f"{changed.file} has changed since this run was trained: 'highest' may mean something else now."


def test_more_attributes_than_a_run_knows(trained_run, synthetic, plugin):
    """An own attribute may be measured of, and held by, a run that never heard of it."""
    editor = open_editor(trained_run.folder, [plugin])
    items = synthetic.items[synthetic.split("test")[:4]]
    edit = editor.turn(items, {"contour": 0.1})
    assert editor.codec.table.names[-1] == "highest"
    assert np.array_equal(edit.values[:, -1], np.maximum(synthetic.codec.ticks(edit.items).max(axis=1), 0))


@pytest.mark.parametrize("plugins", [None, 3, [{"file": "mine.py"}], [3]])
def test_damaged_records(run, tmp_path, plugins):
    header = json.loads((run.folder / "run.json").read_text()) | {"plugins": plugins}
    (tmp_path / "run.json").write_text(json.dumps(header))
    (tmp_path / "recipe.yaml").write_text((run.folder / "recipe.yaml").read_text())
    with pytest.raises(RunError, match=r"run\.json is damaged"):
        open_run(tmp_path)


def test_resume_ends_with_the_same_weights(run, synthetic, small_recipe, plugin, tmp_path):
    dataset, steps = with_plugins(synthetic, [plugin]), []
    recipe = small_recipe(*SHORT, *FEW, f"attributes.names={NAMES}", f"evaluation.attributes={NAMES}")

    def after_30():
        steps.append(1)
        return len(steps) == 30

    assert not train(recipe, dataset, tmp_path / "stopped", stop=after_30).finished
    with pytest.raises(RunError, match=r"add --plugin mine\.py"):
        resume(tmp_path / "stopped", synthetic)
    assert resume(tmp_path / "stopped", dataset).finished
    weights = [Path(folder, "weights.safetensors").read_bytes() for folder in (run.folder, tmp_path / "stopped")]
    assert weights[0] == weights[1]


def test_the_control_term_needs_an_expectation(synthetic, small_recipe, plugin, tmp_path):
    recipe = small_recipe(*SHORT, f"attributes.names={NAMES}", "control={}", "evaluation.attributes=null")
    with pytest.raises(RecipeError, match=r"^control: .*'highest'.*\(--set control=null\)"):
        train(recipe, with_plugins(synthetic, [plugin]), tmp_path / "run")


def test_an_attribute_without_a_spread_stops_before_any_work(synthetic, small_recipe, write, tmp_path):
    always = write(HIGHEST.replace("ticks.max(axis=1)", "0 * ticks[:, 0]"))
    recipe = small_recipe(*SHORT, f"attributes.names={NAMES}", "evaluation.attributes=null")
    with pytest.raises(
        RecipeError, match="Attribute 'highest' is 0 for nearly all training items: no knob is possible"
    ):
        train(recipe, with_plugins(synthetic, [always]), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_pictures(ellipses, small_recipe, write, tmp_path):
    plugin = write(INK)
    dataset = with_plugins(ellipses, [plugin])
    names = "[slant, ink]"
    recipe = small_recipe(*FEW, f"attributes.names={names}", "training.steps=100", name="pictures")
    run = train(recipe, dataset, tmp_path / "run")
    calibrate_run(run, dataset)
    editor = open_editor(run.folder, [plugin])
    evaluate_run(open_run(run.folder, [plugin]), dataset, editor)
    certificate = json.loads((run.folder / "certificate.json").read_text())
    assert certificate["attributes"] == ["slant", "width", "height", "ink"]
    assert set(certificate["knobs"]) == {"slant", "ink"}
    items = ellipses.items[dataset.split("test")[:6]]
    low, high = (editor.turn_exactly(items, {"ink": value}).values[:, -1] for value in (60, 90))
    assert (low < high).all()
