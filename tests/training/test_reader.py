"""Readers learn from labels, say how well, and survive their files."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from latune.attributes import AttributeTable
from latune.control import editor, search
from latune.control.editor import calibrate_run, open_editor
from latune.data.picture_codec import PictureCodec
from latune.errors import RecipeError, RunError
from latune.evaluation.evaluate import evaluate_run
from latune.training import reader
from latune.training.reader import load_reader, save_reader, train_attribute_reader, train_class_reader
from latune.training.trainer import train


@pytest.fixture(scope="module", autouse=True)
def _quick():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "FEWEST_STEPS", 200)  # enough for ellipses
        yield


@pytest.fixture(scope="module")
def labelled(ellipses):
    """The ellipses with labels that nothing measures, and their leaning side as class."""
    table = AttributeTable([replace(attribute, measure=None) for attribute in ellipses.table])
    codec = PictureCodec(ellipses.codec.item_shape, 255, "none", table)
    classes = (np.asarray(ellipses.attributes)[:, 0] > 0).astype(np.int16)
    return replace(ellipses, codec=codec, classes=classes)


@pytest.fixture(scope="module")
def attribute_reader(labelled):
    return train_attribute_reader(labelled, seed=0)


def test_attributes_are_learned(labelled, attribute_reader):
    test = labelled.split("test")
    values = attribute_reader.values(labelled.items[test])
    assert attribute_reader.score > 0.8
    assert set(attribute_reader.score_per_attribute) == {"slant", "width", "height"}
    assert (np.abs(values - labelled.attributes[test]).mean(axis=0) < [0.15, 2.0, 2.0]).all()


def test_classes_are_learned(labelled):
    trained = train_class_reader(labelled, seed=0)
    assert trained.score > 0.9
    assert set(trained.classes(labelled.items[:20]).tolist()) <= {0, 1}


def test_training_a_reader_leaves_the_random_state_alone(labelled):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    train_attribute_reader(replace(labelled, splits={**labelled.splits, "train": np.arange(4)}), seed=1)
    assert torch.equal(before, torch.get_rng_state())


def test_files(labelled, attribute_reader, tmp_path):
    stem = tmp_path / "reader"
    assert load_reader(stem) is None
    save_reader(attribute_reader, stem)
    again = load_reader(stem)
    items = labelled.items[:5]
    assert np.allclose(again.values(items), attribute_reader.values(items))
    assert again.score == attribute_reader.score
    stem.with_suffix(".safetensors").write_bytes(b"torn")
    with pytest.raises(RunError, match="damaged"):
        load_reader(stem)


def test_a_run_on_labels_gets_a_reader(labelled, small_recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "FEWEST_STEPS", 30)
    monkeypatch.setattr(editor, "GAIN_ITEMS", 16)
    monkeypatch.setattr(search, "PERTURBED", 16)
    with pytest.raises(RecipeError, match="'width' is a label"):
        labelled.codec.measure(labelled.items[:2], ["width"])
    run = train(small_recipe("training.steps=30", name="pictures"), labelled, tmp_path / "run")
    calibrate_run(run, labelled)
    opened = open_editor(run.folder)
    assert opened.codec.measurable
    assert opened.turn(labelled.items[:3], {"width": 6.0}).values.shape == (3, 3)
    metrics = evaluate_run(run, replace(labelled, classes=None), opened, controlled_items=10)
    assert set(metrics["attribute_reader"]["per_attribute"]) == {"slant", "width", "height"}
