"""A small phrase model, trained from scratch, edits whole tunes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from latune.control.editor import calibrate_run, open_editor
from latune.control.phrases import edit_ticks
from latune.data.phrases import phrase_dataset
from latune.errors import InputError, RecipeError
from latune.evaluation.coherence import compare_coherence
from latune.evaluation.evaluate import evaluate_run
from latune.music.measure import REST
from latune.recipes import load_recipe
from latune.training.history import read_history
from latune.training.run_folder import open_run
from latune.training.trainer import train

RECIPE = """
name: tests/phrases
data: {name: chorales, measures: 3, crossover: 0.3}
model:
  {name: phrase_mlp, named_size: 2, free_size: 8, embedding_size: 8, hidden_size: 96, context_size: 4, reach: 4}
method: {name: ar_vae, beta: 0.0003, reconstruction: mean}
attributes: {names: [note_density, contour], gamma: 0.4, delta: 1.0, transform: standardised}
control: {weight: 0.2, from_step: 100}
training: {steps: 300, batch_size: 48, learning_rate: 0.004, schedule: linear, validate_every: 150}
evaluation: {items: 8, targets: 2, sweep: 3, bootstrap: 10}
"""


@pytest.fixture(scope="module")
def tunes(synthetic):
    """The synthetic measures, which know which of them follow each other."""
    return replace(synthetic, sequences=synthetic.groups)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    path = tmp_path_factory.mktemp("recipe") / "phrases.yaml"
    path.write_text(RECIPE)
    return load_recipe(str(path))


@pytest.fixture(scope="module")
def phrase_run(tunes, recipe, tmp_path_factory):
    phrases = phrase_dataset(tunes, recipe.data.measures)
    run = train(recipe, phrases, tmp_path_factory.mktemp("runs") / "phrases")
    calibrate_run(run, phrases)
    return run


@pytest.fixture(scope="module")
def phrase_editor(phrase_run):
    return open_editor(phrase_run.folder)


@pytest.fixture(scope="module")
def tune(tunes):
    """Eight measures of a held-out tune; measures 1, 4 and 7 are equal, measure 6 is silent."""
    members = tunes.split("test")[:8]
    ticks = tunes.codec.ticks(np.asarray(tunes.items[members])).copy()
    ticks[[3, 6]] = ticks[0]
    ticks[5] = -1
    ticks[5, 0] = REST
    return ticks


def _density(tunes, ticks):
    return tunes.codec.table.measure(ticks, ["note_density"])[:, 0]


def test_training_learns_and_names_the_dimensions_of_every_measure(phrase_run, tunes):
    names = ("note_density", "contour")
    expected = (*names, *(f"{name}_{number}" for number in (1, 2, 3) for name in names))
    assert open_run(phrase_run.folder).recipe.regularised == expected
    history = read_history(phrase_run.folder)
    accuracies = [row["validation_accuracy"] for row in history if "validation_accuracy" in row]
    phrases = phrase_dataset(tunes, 3)
    training, items = (np.asarray(phrases.items[phrases.split(name)]) for name in ("train", "validation"))
    assert accuracies[-1] > accuracies[0]
    assert accuracies[-1] > phrases.codec.baseline(training, items).mean() + 0.05


def test_resolving_a_resolved_recipe_changes_nothing(phrase_run):
    recipe = open_run(phrase_run.folder).recipe
    assert recipe.resolved(phrase_run.codec.table.names) == recipe


def test_knobs_of_the_whole_and_of_one_measure(phrase_editor, tunes):
    phrases = phrase_dataset(tunes, 3)
    items = np.asarray(phrases.items[phrases.split("test")])
    values = {}
    for name in ("note_density", "note_density_2"):
        knob = phrase_editor.knobs[name]
        low, high = (phrase_editor.turn(items, {name: v}) for v in (knob.low, knob.high))
        column = phrases.table.index(name)
        assert (high.values[:, column] > low.values[:, column]).mean() > 0.8
        values[name] = high.values - low.values
    second = [phrases.table.index(f"note_density_{number}") for number in (1, 2, 3)]
    changes = values["note_density_2"][:, second].mean(axis=0)
    assert changes[1] > 2 * max(abs(changes[0]), abs(changes[2]))


def test_hidden_measures_are_drawn_from_what_is_around_them(phrase_editor, tunes):
    phrases = phrase_dataset(tunes, 3)
    codes = torch.from_numpy(phrase_editor.encode(np.asarray(phrases.items[:20])))
    hidden = torch.zeros(20, 3, dtype=torch.bool)
    hidden[:, 1] = True
    model = phrase_editor.model
    other = codes.clone()
    other[:, model.named_dimensions + 8 : model.named_dimensions + 16] += 3  # the free code of the hidden measure
    with torch.no_grad():
        assert torch.equal(model.expected_logits(codes, hidden), model.expected_logits(other, hidden))
        assert not torch.equal(model.expected_logits(codes, ~hidden), model.expected_logits(other, ~hidden))


@pytest.mark.parametrize("way", ["joint", "path", "exact"])
def test_equal_measures_stay_equal_and_silent_ones_silent(phrase_editor, tune, way):
    edited = edit_ticks(phrase_editor, tune, {"note_density": np.full(8, 0.3)}, way=way)
    assert edited.shape == tune.shape
    assert np.array_equal(edited[0], edited[3])
    assert np.array_equal(edited[0], edited[6])
    assert np.array_equal(edited[5], tune[5])
    assert not np.array_equal(edited, tune)


def test_exact_values_for_measures_and_for_phrases(phrase_editor, tunes, tune):
    known = np.unique(_density(tunes, tunes.codec.ticks(np.asarray(tunes.items))))
    target = known[len(known) // 2]
    each = edit_ticks(phrase_editor, tune, {"note_density": np.full(8, target)}, way="exact")
    having = np.arange(8) != 5
    assert np.mean(np.abs(_density(tunes, each)[having] - target) < 0.02) >= 6 / 7
    whole = edit_ticks(phrase_editor, tune, {"note_density": 0.2}, way="exact")
    means = [_density(tunes, whole)[members].mean() for members in ([0, 1, 2], [3, 4], [6, 7])]
    assert np.allclose(means, 0.2, atol=0.03)


def test_one_measure_alone_changes(phrase_editor, tunes, tune):
    target = _density(tunes, tune)[1] + 0.1
    edited = edit_ticks(phrase_editor, tune, {"note_density_2": target}, way="exact")
    assert np.array_equal(np.delete(edited, 1, axis=0), np.delete(tune, 1, axis=0))
    assert abs(_density(tunes, edited)[1] - target) < 0.05


@pytest.mark.parametrize("way", ["joint", "path", "exact"])
@pytest.mark.parametrize("length", [1, 2, 4])
def test_tunes_of_any_length(phrase_editor, tune, way, length):
    edited = edit_ticks(phrase_editor, tune[:length], {"note_density": 0.25}, way=way)
    assert edited.shape == (length, 24)


def test_a_tune_shorter_than_a_phrase_has_the_mean_of_its_own_measures(phrase_editor, tunes, tune):
    edited = edit_ticks(phrase_editor, tune[:2], {"note_density": 0.25}, way="exact")
    assert _density(tunes, edited).mean() == pytest.approx(0.25, abs=0.03)


def test_search_is_repeatable(phrase_editor, tune):
    results = [edit_ticks(phrase_editor, tune, {"contour": 0.2}, ["note_density"], way="exact", seed=3) for _ in "ab"]
    assert np.array_equal(*results)


def test_refusals(phrase_editor, editor, tune):
    with pytest.raises(InputError, match="not trained on phrases"):
        edit_ticks(editor, tune, {"note_density": 0.2})
    with pytest.raises(InputError, match="8 measures"):
        edit_ticks(phrase_editor, tune, {"note_density": [0.1, 0.2]})
    with pytest.raises(InputError, match="8 measures"):
        edit_ticks(phrase_editor, tune, {"note_density_9": 0.2})
    with pytest.raises(InputError, match="no knob 'loudness'"):
        edit_ticks(phrase_editor, tune, {"loudness": 0.2})
    with pytest.raises(InputError, match="both turned and held"):
        edit_ticks(phrase_editor, tune, {"contour": 0.2}, ["contour"])


def test_sizes_must_fit_the_attributes(tunes, recipe, tmp_path):
    phrases = phrase_dataset(tunes, 3)
    model = recipe.model.model_copy(update={"named_size": 3})
    with pytest.raises(RecipeError, match="named_size"):
        train(recipe.model_copy(update={"model": model}), phrases, tmp_path / "run")
    with pytest.raises(RecipeError, match="reads phrases"):
        train(recipe, tunes, tmp_path / "run")


def test_a_phrase_run_is_evaluated_like_any_other(phrase_run, phrase_editor, tunes):
    metrics = evaluate_run(phrase_run, phrase_dataset(tunes, 3), phrase_editor)
    assert 0 < metrics["reconstruction"]["exact_measures"]["value"] <= 1
    assert set(phrase_run.read_json("certificate.json")["knobs"]) == set(phrase_editor.knobs.names)


def test_coherence_is_compared_with_equal_requests(phrase_editor, editor, tunes):
    short = replace(tunes, sequences=(np.arange(len(tunes.items)) // 5).astype(np.int32))
    content = compare_coherence(phrase_editor, editor, short, tunes=2, levels=(0.5,), repetitions=20)
    assert content["real"]["similarity_change"]["value"] == 0
    for kind in ("measures", "phrases"):
        exact = content[kind]["phrase, exact"]["all"]
        assert exact["hits"]["value"] > 0.8
        assert exact["similarity_change"]["difference"]["low"] <= exact["similarity_change"]["difference"]["high"]
    with pytest.raises(InputError, match="in this order"):
        compare_coherence(editor, phrase_editor, tunes)
