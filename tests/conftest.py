"""What the tests share: a small synthetic melody data set, and a run trained on it.

`LATUNE_DATA` points to a temporary folder that holds the synthetic set under the name "chorales", so that shipped
recipes and the command line work without preparing the corpus, and no test touches the user's cache.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
import torch

from latune.control.editor import calibrate_run, open_editor
from latune.data.codecs import MeasureCodec
from latune.data.dataset import Dataset
from latune.data.store import store_dataset
from latune.evaluation.evaluate import evaluate_run
from latune.music.measure import HOLD, REST, midi_vocabulary
from latune.recipes import load_recipe
from latune.training.trainer import train

GROUPS, MEASURES = 20, 25  # tunes, measures per tune
SPLITS = {"train": range(14), "validation": range(14, 16), "test": range(16, 20)}
SMALL = (
    "model.hidden_size=128",
    "model.embedding_size=8",
    "model.latent_size=12",
    "training.batch_size=64",
    "training.steps=600",
    "training.learning_rate=0.003",
    "training.validate_every=100",
    "training.checkpoint_every=200",
    "evaluation.items=24",
    "evaluation.targets=5",
    "evaluation.sweep=7",
    "evaluation.bootstrap=20",
)


def _melodies(seed):
    """Measures whose rhythm is one of 8 patterns and whose pitches climb or fall by even steps, (N, 24)."""
    generator = np.random.default_rng(seed)
    patterns = [np.sort(generator.choice(24, size, replace=False)) for size in (1, 2, 3, 4, 5, 6, 8, 10)]
    ticks = np.full((GROUPS * MEASURES, 24), HOLD, np.int16)
    for measure in ticks:
        measure[0] = REST
        onsets = patterns[generator.integers(len(patterns))]
        step = generator.choice([-2, -1, 1, 2])
        climb = np.clip(step * np.arange(len(onsets)), -9, 9)
        measure[onsets] = 69 + generator.integers(-1, 2) + climb
    return ticks


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def synthetic():
    """500 measures of 20 invented tunes."""
    codec = MeasureCodec(midi_vocabulary())
    ticks = _melodies(seed=0)
    items = codec.vocabulary.tokens_from_ticks(ticks)
    groups = np.repeat(np.arange(GROUPS, dtype=np.int32), MEASURES)
    splits = {name: np.flatnonzero(np.isin(groups, part)) for name, part in SPLITS.items()}
    description = {
        "source": "invented",
        "licence": "none needed",
        "rejected": [],
        "overlap": {"test_items": 100, "test_items_also_in_train": 0},
    }
    return Dataset("chorales", items, codec.measure(items).astype(np.float32), groups, splits, codec, description)


@pytest.fixture(scope="session", autouse=True)
def data_folder(tmp_path_factory, synthetic):
    """The folder behind `LATUNE_DATA`, with the synthetic set stored as "chorales"."""
    folder = tmp_path_factory.mktemp("latune-data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATUNE_DATA", str(folder))
        store_dataset(synthetic)
        yield folder


@pytest.fixture(scope="session")
def small_recipe():
    """A function from overrides to a shipped recipe in a size that trains in seconds."""

    def build(*overrides, name="chorales/ar-vae", seed=None):
        small = [text for text in SMALL if name.endswith("vae") or not text.startswith("model")]
        return load_recipe(name, [*small, *overrides], seed)

    return build


@pytest.fixture(scope="session")
def trained_run(tmp_path_factory, synthetic, small_recipe):
    """An AR-VAE run on the synthetic set, trained, calibrated and evaluated; read it, do not change it."""
    run = train(small_recipe(), synthetic, tmp_path_factory.mktemp("runs") / "ar-vae")
    calibrate_run(run, synthetic)
    evaluate_run(run, synthetic, open_editor(run.folder))
    return run


@pytest.fixture(scope="session")
def editor(trained_run):
    """The trained run with its knobs."""
    return open_editor(trained_run.folder)
