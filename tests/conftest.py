"""What the tests share: a small synthetic melody data set, and a run trained on it.

`LATUNE_DATA` points to a temporary folder that holds the synthetic set under the name "chorales", so that shipped
recipes and the command line work without preparing the corpus, and no test touches the user's cache.
"""

import copy
import fcntl
import functools
import gc
import os
import re
import shutil
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
# Ray's workers are as nice as can be by default: beside other tests they would hardly get a turn.
os.environ.setdefault("RAY_worker_niceness", "0")

import numpy as np
import pytest
import torch

import small_songs
from latune.attributes import AttributeTable
from latune.control.editor import calibrate_run, open_editor
from latune.data import chorales
from latune.data.dataset import Dataset
from latune.data.measure_codec import MeasureCodec
from latune.data.picture_codec import PictureCodec
from latune.data.registry import prepare_dataset
from latune.data.store import store_dataset
from latune.evaluation.evaluate import evaluate_run
from latune.images.morphology import DIGIT_ATTRIBUTES
from latune.music.measure import HOLD, REST, midi_vocabulary
from latune.recipes import load_recipe
from latune.recipes.loading import recipe_from_dict
from latune.training.run_folder import open_run
from latune.training.trainer import train

GROUPS, MEASURES = 20, 25  # tunes, measures per tune
SPLITS = {"train": range(14), "validation": range(14, 16), "test": range(16, 20)}
AR_VAE = """
name: tests/ar_vae
data: {name: chorales}
model: {name: measure_mlp, latent_size: 12, embedding_size: 8, hidden_size: 128}
method: {name: ar_vae, beta: 0.001, reconstruction: mean}
attributes:
  names: [rhythmic_complexity, pitch_range, note_density, contour]
  gamma: 1.0
  delta: 10.0
training:
  steps: 600
  batch_size: 64
  learning_rate: 0.003
  schedule: linear
  validate_every: 100
  checkpoint_every: 200
evaluation:
  attributes: [rhythmic_complexity, pitch_range, note_density, contour]
  items: 24
  targets: 5
  sweep: 7
  bootstrap: 20
"""
PICTURE_AR_VAE = """
name: tests/pictures
data: {name: ellipses}
model: {name: picture_conv, latent_size: 5, channels: [8, 16], hidden_sizes: [64]}
method: {name: ar_vae, beta: 1.0, reconstruction: sum}
attributes: {names: [slant, width], gamma: 10.0, delta: 1.0}
training: {steps: 150, batch_size: 64, learning_rate: 0.004, schedule: linear, validate_every: 75}
evaluation: {items: 12, targets: 4, sweep: 5, bootstrap: 10}
"""
PICTURES = 240
RECIPES = {
    "ar_vae": AR_VAE,
    "pictures": PICTURE_AR_VAE,
    "beta_vae": re.sub(r"attributes:\n(  .*\n)+training", "training", AR_VAE).replace("ar_vae", "beta_vae"),
}

# Tests that share what takes long to make stay in one process: runs and exported graphs, and the chorales.
TOGETHER = {
    "page": ("tests/browser/", "tests/studio/"),
    "chorales": (
        "tests/data/test_chorales.py",
        "tests/examples/test_notebooks.py::test_a_notebook_runs[knobs_for_music]",
    ),
}
# What takes minutes begins first, so that no process is left with it at the end.
FIRST = ("tests/examples/", "tests/browser/", "tests/docs/test_blocks.py", "tests/studies/", "tests/training/")


def pytest_collection_modifyitems(items):
    """Let long ones come first."""
    items.sort(key=lambda item: next((n for n, start in enumerate(FIRST) if item.nodeid.startswith(start)), len(FIRST)))


def pytest_collection_finish(session):
    """What was imported stays: looking through it again and again is an eighth of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.hookimpl(optionalhook=True)  # pytest-xdist may be absent
def pytest_xdist_make_scheduler(config, log):
    """Where several processes run the tests: those of a file stay in one, but for a few."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            together = next((name for name, starts in TOGETHER.items() if nodeid.startswith(starts)), None)
            if together is None and nodeid.startswith("tests/examples/"):
                return nodeid  # half a minute each
            return together or nodeid.split("::")[0]

    return Scheduling(config, log)


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
def chorale_corpus():
    """All chorales of music21's corpus, and those left out: reading them takes half a minute."""
    pytest.importorskip("music21")
    return chorales.read_chorales(workers=2)


@pytest.fixture(scope="session")
def chorale_folder(tmp_path_factory, chorale_corpus):
    """A folder for `LATUNE_DATA` with the real chorales."""
    folder = tmp_path_factory.mktemp("chorales-data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATUNE_DATA", str(folder))
        patch.setattr(chorales, "read_chorales", lambda *_: chorale_corpus)
        prepare_dataset("chorales")
    return folder


@pytest.fixture(scope="session")
def small_recipe(tmp_path_factory):
    """A function from overrides to a recipe, AR-VAE or beta-VAE, that trains in seconds."""
    folder = tmp_path_factory.mktemp("recipes")
    for name, text in RECIPES.items():
        (folder / f"{name}.yaml").write_text(text)

    def build(*overrides, name="ar_vae", seed=None):
        return load_recipe(str(folder / f"{name}.yaml"), overrides, seed)

    return build


@pytest.fixture(scope="session")
def measured_run(tmp_path_factory):
    """A function from a name, a recipe and its data to a run, trained, calibrated and evaluated.

    Where several processes run the tests, one of them makes it and each has a copy.
    """
    apart = tmp_path_factory.getbasetemp()
    shared = apart.parent if "PYTEST_XDIST_WORKER" in os.environ else apart

    def build(name, recipe, dataset):
        made = shared / f"run-{name}"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                run = train(recipe, dataset, tmp_path_factory.mktemp("making") / name)
                calibrate_run(run, dataset)
                evaluate_run(run, dataset, open_editor(run.folder))
                run.folder.rename(made)
        return open_run(Path(shutil.copytree(made, tmp_path_factory.mktemp("runs") / name)))

    return build


@pytest.fixture(scope="session")
def trained_run(measured_run, synthetic, small_recipe):
    """An AR-VAE run on the synthetic set; read it, do not change it."""
    return measured_run("ar-vae", small_recipe(), synthetic)


@pytest.fixture(scope="session")
def editor(trained_run):
    """The trained run with its knobs."""
    return open_editor(trained_run.folder)


def _ellipses(seed):
    """Grey pictures (N, 1, 20, 20) of leaning ellipses."""
    generator = np.random.default_rng(seed)
    wide, high, lean = (generator.uniform(*ends, (PICTURES, 1, 1)) for ends in ((3, 8), (3, 8), (-0.5, 0.5)))
    y, x = np.mgrid[:20, :20] - 9.5
    brightness = 4 * (1.1 - np.hypot((x + lean * y) / wide, y / high))
    return (255 * np.clip(brightness, 0, 1)).astype(np.uint8)[:, None]


@pytest.fixture(scope="session")
def ellipses():
    """240 pictures of ellipses with three measured attributes."""
    items = _ellipses(seed=0)
    table = AttributeTable([DIGIT_ATTRIBUTES[name] for name in ("slant", "width", "height")])
    codec = PictureCodec((1, 20, 20), 255, "morphology", table)
    values = codec.measure(items).astype(np.float32)
    numbers = np.arange(PICTURES)
    splits = {"train": numbers[:160], "validation": numbers[160:180], "test": numbers[180:]}
    description = {"source": "invented", "licence": "none needed"}
    return Dataset("ellipses", items, values, numbers.astype(np.int32), splits, codec, description)


@pytest.fixture(scope="session")
def trained_picture_run(measured_run, ellipses, small_recipe):
    """An AR-VAE run on the ellipses; read it, do not change it."""
    return measured_run("pictures", small_recipe(name="pictures"), ellipses)


@pytest.fixture(scope="session")
def picture_editor(trained_picture_run):
    """The trained picture run with its knobs."""
    return open_editor(trained_picture_run.folder)


@pytest.fixture(scope="session")
def songs(data_folder):
    """60 phrases of 30 invented songs of three genres, stored as "small-songs"."""
    dataset = small_songs.small_songs()
    store_dataset(dataset)
    return dataset


@pytest.fixture(scope="session")
def song_run(measured_run, songs):
    """A MusAE run with petals on the songs; read it, do not change it."""
    return measured_run("songs", recipe_from_dict(small_songs.RECIPE, "tests/songs"), songs)


@pytest.fixture(scope="session")
def song_editor(song_run):
    """The run of songs with its knobs."""
    return open_editor(song_run.folder)


@pytest.fixture(scope="session")
def operators_once():
    """Graphs share the list of ONNX's operators: PyTorch makes it anew for each, a third of what an export takes."""
    from torch.onnx._internal.exporter._constants import TORCHLIB_OPSET
    from torch.onnx._internal.exporter._registration import ONNXRegistry

    listed = functools.cache(ONNXRegistry.from_torchlib)

    def from_torchlib(opset_version=TORCHLIB_OPSET):
        found = copy.copy(listed(opset_version))
        found.functions = {target: list(ways) for target, ways in found.functions.items()}
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ONNXRegistry, "from_torchlib", staticmethod(from_torchlib))
        yield
