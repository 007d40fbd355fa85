"""What the tests of the studio share: a small page, runs of every kind, and a client of a server."""

from dataclasses import replace

import numpy as np
import pytest

import small_moves
from latune.control.editor import calibrate_run
from latune.control.inference import encode_means
from latune.control.knobs import calibrate
from latune.data.phrases import phrase_dataset
from latune.data.store import store_dataset
from latune.export.source import open_source
from latune.recipes.loading import recipe_from_dict
from latune.training.run_folder import write_json
from latune.training.trainer import train

PHRASES = {
    "name": "tests/phrases",
    "data": {"name": "ordered-tunes", "measures": 3},
    "model": {"name": "phrase_mlp", "named_size": 1, "free_size": 4, "hidden_size": 32},
    "method": {"name": "ar_vae", "beta": 0.001, "reconstruction": "mean"},
    "attributes": {"names": ["note_density"], "gamma": 1.0, "delta": 10.0},
    "training": {"steps": 40, "batch_size": 32, "learning_rate": 0.003, "validate_every": 40},
}
INDEX = '<!doctype html>\n<html><head>\n    <meta charset="utf-8" />\n</head><body><p>page</p></body></html>\n'
SINGLE = """<!doctype html>
<html lang="en"><head>
    <meta charset="utf-8" />
    <title>studio</title>
    <style>p { color: red; }</style></head>
<body>
<script id="latune-runs" type="application/json"></script>
<script type="application/gzip" data-file="ort-wasm.wasm" data-type="application/wasm">AAAABBBB</script>
<script type="application/gzip" data-file="verovio.mjs" data-type="text/javascript">CCCC</script>
<script type="module">
document.title = "<\\u00fcbung>" + document.getElementById("latune-runs").textContent.length;
</script>
</body></html>
"""


@pytest.fixture(scope="session", autouse=True)
def _quick(operators_once):
    """Lists ONNX's operators once."""


@pytest.fixture(scope="session")
def page(tmp_path_factory):
    """A built page, much smaller than the real one."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "assets").mkdir()
    (folder / "index.html").write_text(INDEX)
    (folder / "single.html").write_text(SINGLE)
    (folder / "assets" / "page-1a2b.js").write_text("console.log(1);\n" * 200)
    (folder / "assets" / "engine.wasm").write_bytes(b"\0asm" * 500)
    return folder


@pytest.fixture(scope="session")
def tune_source(trained_run):
    return open_source(trained_run.folder)


@pytest.fixture(scope="session")
def stored_ellipses(data_folder, ellipses):
    store_dataset(ellipses)
    return ellipses


@pytest.fixture(scope="session")
def picture_source(trained_picture_run, stored_ellipses):
    return open_source(trained_picture_run.folder)


@pytest.fixture(scope="session")
def song_source(song_run):
    return open_source(song_run.folder)


@pytest.fixture(scope="session")
def phrase_run(data_folder, synthetic, tmp_path_factory):
    """A run of phrases on the synthetic measures, which know here which of them follow each other."""
    tunes = replace(synthetic, name="ordered-tunes", sequences=synthetic.groups)
    store_dataset(tunes)
    phrases = phrase_dataset(tunes, 3)
    run = train(recipe_from_dict(PHRASES, "tests"), phrases, tmp_path_factory.mktemp("runs") / "phrases")
    calibrate_run(run, phrases)
    return run


@pytest.fixture(scope="session")
def phrase_source(phrase_run):
    return open_source(phrase_run.folder)


@pytest.fixture(scope="session")
def weak_run(tmp_path_factory):
    """A run with moves whose data are not stored."""
    return _with_knobs(small_moves.blobs(), tmp_path_factory.mktemp("runs") / "weak run", "posx")


@pytest.fixture(scope="session")
def binary_moves_run(tmp_path_factory):
    """A run whose moves have two operands."""
    return _with_knobs(small_moves.symbols(), tmp_path_factory.mktemp("runs") / "signs", "brightness")


def _with_knobs(dataset, folder, name):
    """A run with a knob that nothing measures: training a reader of its pictures would take longer than the test."""
    run = small_moves.trained(dataset, folder)
    codes = encode_means(run.load_model(), np.asarray(dataset.items))
    knobs = calibrate(codes, dataset.attributes, dataset.table, [name], {})
    write_json(folder / "knobs.json", knobs.to_dict())
    return run
