"""The sprites recipe in miniature: drawn, trained, and its knobs measured on decoded pictures by matching."""

import numpy as np
import pytest

from latune.control import editor, search
from latune.control.editor import calibrate_run, open_editor
from latune.data.dataset import Dataset
from latune.data.packed_items import PackedItems
from latune.data.picture_codec import PictureCodec
from latune.data.sprites import SMALL_SPRITE_TABLE
from latune.evaluation.evaluate import evaluate_run
from latune.images.sprites import render_sprites
from latune.recipes import load_recipe
from latune.training.trainer import train

COUNT = 1200
MINIATURE = (
    "model.channels=[8,16,16,16]",
    "model.hidden_sizes=[128]",
    "training.steps=300",
    "training.batch_size=64",
    "training.learning_rate=0.003",
    "training.validate_every=150",
    "evaluation.items=8",
    "evaluation.targets=3",
    "evaluation.sweep=3",
    "evaluation.bootstrap=10",
)


@pytest.fixture(scope="module")
def miniature():
    """Sprites of continuous scale and position, upright."""
    generator = np.random.default_rng(0)
    factors = np.zeros((COUNT, 5))
    factors[:, 0] = generator.integers(1, 4, COUNT)
    factors[:, 1] = generator.uniform(0.5, 1, COUNT)
    factors[:, 3:] = generator.uniform(0, 1, (COUNT, 2))
    items = render_sprites(factors)[:, None]
    numbers = np.arange(COUNT)
    splits = {"train": numbers[:1000], "validation": numbers[1000:1050], "test": numbers[1050:]}
    values = factors[:, [0, 1, 3, 4]].astype(np.float32)
    codec = PictureCodec((1, 64, 64), 1, "sprites", SMALL_SPRITE_TABLE)
    return Dataset("sprites-small", PackedItems.pack(items), values, numbers.astype(np.int32), splits, codec)


def test_knobs_of_sprites_work(miniature, tmp_path, monkeypatch):
    monkeypatch.setattr(editor, "GAIN_ITEMS", 32)
    monkeypatch.setattr(search, "PERTURBED", 32)
    run = train(load_recipe("sprites-small/ar-vae", MINIATURE), miniature, tmp_path / "run")
    calibrate_run(run, miniature)
    opened = open_editor(run.folder)
    metrics = evaluate_run(run, miniature, opened)
    scores = metrics["scores"]["means"]["attributes"]
    assert metrics["scores"]["means"]["interpretability"]["value"] > 0.7
    assert min(scores[name]["r_squared"]["value"] for name in ("posx", "posy")) > 0.9
    assert metrics["reconstruction"]["intersection_over_union"]["value"] > 0.5
    certificate = run.read_json("certificate.json")
    assert certificate["knobs"]["posx"]["joint"]["rank_correlation"]["value"] > 0.5
    items = miniature.items[miniature.split("test")[:20]]
    left, right = (opened.turn(items, {"posx": value}).values[:, 2] for value in (0.1, 0.9))
    assert np.nanmean(right - left) > 0.5
