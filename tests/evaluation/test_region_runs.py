"""A small run of symbols from training to tables: everything about its regions and moves is in `metrics.json`."""

import json

import numpy as np
import pytest

from latune.attributes import Attribute, AttributeTable
from latune.cli.regions import show_regions
from latune.control.editor import calibrate_run, open_editor
from latune.control.moves import open_mover
from latune.data.dataset import Dataset
from latune.data.picture_codec import PictureCodec
from latune.data.protocols import Protocol, with_protocol
from latune.data.regions import SYMBOLS
from latune.evaluation.evaluate import evaluate_run
from latune.evaluation.regions import measure_regions
from latune.recipes.loading import recipe_from_dict
from latune.training import reader
from latune.training.trainer import train

EACH = 40
RECIPE = {
    "name": "tests/symbols",
    "data": {"name": "signs", "protocol": "regions"},
    "model": {"name": "absae", "latent_size": 6, "channels": 4, "hidden": 16},
    "method": {
        "name": "absae_rel",
        "labels_per_region": 10,
        "labelled_batch_size": 39,
        "warm_up": 50,
        "discriminator_sizes": [16],
        "noise": {"share": 0.0},
        "relations": {"sizes": [16], "batch_size": 32, "held_out": 0.1, "consistent": 8},
    },
    "training": {"steps": 150, "batch_size": 39, "learning_rate": 0.01, "keep": "last"},
    "evaluation": {"items": 4, "targets": 2, "sweep": 3, "bootstrap": 10},
}


@pytest.fixture(scope="module")
def signs():
    """Thirteen patterns of 16 x 16 pixels, each in many brightnesses, with that and the share of light as labels."""
    generator = np.random.default_rng(0)
    classes = np.repeat(np.arange(13), EACH).astype(np.int16)
    patterns = np.kron(generator.integers(0, 2, (13, 4, 4)), np.ones((4, 4)))
    brightness = generator.uniform(0.5, 1, len(classes))
    items = (255 * patterns[classes] * brightness[:, None, None]).astype(np.uint8)[:, None]
    table = AttributeTable([Attribute(name, "share", 0.0, 1.0) for name in ("brightness", "light")])
    groups = np.arange(len(items), dtype=np.int32)
    splits = {"train": groups, "validation": groups[:5], "test": groups[:5]}
    codec = PictureCodec((1, 16, 16), 255, "none", table)
    values = np.stack([brightness, items.mean(axis=(1, 2, 3)) / 255], axis=1).astype(np.float32)
    names = {"class_names": list(SYMBOLS)}
    return with_protocol(
        Dataset("signs", items, values, groups, splits, codec, names, classes=classes), Protocol("regions")
    )


@pytest.fixture(scope="module")
def evaluated(signs, tmp_path_factory, data_folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "FEWEST_STEPS", 100)
        (data_folder / "signs").mkdir()  # where the class reader is kept
        run = train(recipe_from_dict(RECIPE, "test"), signs, tmp_path_factory.mktemp("signs") / "run")
        calibrate_run(run, signs)
        evaluate_run(run, signs, open_editor(run.folder))
    return run


def test_everything_is_measured(evaluated, signs):
    metrics = evaluated.read_json("metrics.json")
    assert "identity" not in metrics  # moves are there to change it
    regions = metrics["regions"]
    assert set(regions) == {
        "class_reader",
        "region_accuracy",
        "draws",
        "pictures",
        "pictures_operator_region",
        "chains",
        "algebra",
        "nuisances",
        "prior",
        "reconstruction",
    }
    assert regions["class_reader"]["accuracy"] > 0.9
    assert regions["region_accuracy"]["items"] == len(signs.split("test"))
    assert regions["region_accuracy"]["entities"][0]["accuracy"]["value"] > 0.5
    assert set(regions["draws"]) == {"trained", "held_out"}
    assert set(regions["nuisances"]) == {"brightness", "light"}
    assert regions["reconstruction"]["squared_error"]["value"] < 0.1


def test_the_same_is_measured_again(evaluated, signs):
    told = []
    again = measure_regions(evaluated, signs, open_mover(evaluated), lambda *step: told.append(step))
    assert json.loads(json.dumps(again, allow_nan=False)) == evaluated.read_json("metrics.json")["regions"]
    assert told[-1] == ("moves", 6, 6)


def test_tables(evaluated, capsys):
    show_regions(evaluated.read_json("metrics.json")["regions"])
    shown = capsys.readouterr().out
    for line in ("of operands alone", "pairs never trained", "operator as region", "chain of 20", "add, sub = nothing"):
        assert line in shown
