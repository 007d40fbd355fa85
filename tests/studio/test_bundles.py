"""The files of a run that the page reads."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from latune.control.genres import open_genres
from latune.control.moves import open_mover
from latune.errors import InputError
from latune.export.source import RunSource, open_source
from latune.studio.bundle import run_keys, write_bundle


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A function from a run to its folder of files and its `studio.json`."""
    done = {}

    def write(source):
        key = source.run.folder, source.dataset is None
        if key not in done:
            done[key] = tmp_path_factory.mktemp("bundles") / "run"
            write_bundle(source, done[key], "the-run", "runs/it")
        return done[key], json.loads((done[key] / "studio.json").read_text())

    return write


SOURCES = ["tune_source", "picture_source", "song_source", "phrase_source"]


@pytest.fixture(params=SOURCES)
def source(request):
    return request.getfixturevalue(request.param)


def gallery(folder, told, source):
    items = np.fromfile(folder / told["gallery"]["file"], np.uint8)
    return items.reshape(told["gallery"]["count"], *source.run.codec.item_shape)


def test_what_every_run_has(written, source):
    folder, told = written(source)
    assert (told["format"], told["key"], told["command"]) == (1, "the-run", "runs/it")
    assert told["title"] == f"{source.run.folder.name} ({source.run.recipe.name})"
    names = {path.name for path in folder.iterdir()}
    assert {"latune.json", "encoder.onnx", "decoder.onnx", "studio.json", "gallery.bin"} <= names
    assert told["certificate"] == source.certificate
    assert dict(told["about"])["Source"] == "invented"
    assert ["Recipe", f"{source.run.recipe.name}, seed 0"] in told["about"]
    assert len(told["gallery"]["names"]) == told["gallery"]["count"] > 3


def test_the_gallery_is_held_out_measured_and_encoded(written, source):
    folder, told = written(source)
    items, editor = gallery(folder, told, source), source.editor
    data = source.dataset
    held_out = {np.asarray(data.items[place]).tobytes() for place in data.split("test")}
    assert all(item.tobytes() in held_out for item in items)
    values = np.array(told["gallery"]["values"], float)  # null becomes not a number
    assert np.array_equal(values, editor.codec.measure(items), equal_nan=True)
    assert np.array_equal(np.array(told["gallery"]["codes"], np.float32), editor.encode(items))
    tunes = told["gallery"]["tunes"]
    if tunes:
        assert [tune["start"] for tune in tunes] == np.cumsum([0, *(tune["count"] for tune in tunes)])[:-1].tolist()
        assert sum(tune["count"] for tune in tunes) == len(items)


def test_the_map(written, source):
    _, told = written(source)
    codes, place = np.array(told["gallery"]["codes"]), told["map"]["project"]
    directions = np.array(place["directions"])
    assert np.allclose(directions @ directions.T, np.eye(2), atol=1e-5)
    expected = (codes - place["mean"]) @ directions.T
    assert np.allclose(told["map"]["points"], expected, atol=1e-4)
    data = source.dataset
    all_codes = source.editor.encode(np.asarray(data.items[data.split("train")]))
    along = np.var((all_codes - np.mean(all_codes, 0)) @ directions.T, axis=0)
    share = f"{100 * along[0] / np.var(all_codes, axis=0).sum():.0f} %"
    assert share in told["map"]["axes"][0]
    assert along[0] >= along[1]


def test_metrics_in_words(written, tune_source):
    _, told = written(tune_source)
    rows = {row["name"]: row for row in told["metrics"]}
    metrics, certificate = tune_source.metrics, tune_source.certificate
    assert rows["Right elements"]["value"] == metrics["reconstruction"]["token_accuracy"]["value"]
    assert rows["Interpretability"]["low"] == metrics["scores"]["means"]["interpretability"]["low"]
    assert rows["Note density, path"]["value"] == certificate["knobs"]["note_density"]["path"]["hit_rate"]["value"]
    assert all(row["words"].endswith(".") for row in told["metrics"])


def test_whole_tunes(written, tune_source):
    folder, told = written(tune_source)
    data, items = tune_source.dataset, gallery(folder, told, tune_source)
    assert told["medium"] == "tunes"
    for tune in told["gallery"]["tunes"]:
        part = items[tune["start"] : tune["start"] + tune["count"]]
        of_tune = [np.asarray(data.items[data.groups == group]) for group in np.unique(data.groups[data.split("test")])]
        assert any(np.array_equal(part, one) for one in of_tune)


def test_phrases_do_not_overlap(written, phrase_source, synthetic):
    folder, told = written(phrase_source)
    items = gallery(folder, told, phrase_source)
    first = told["gallery"]["tunes"][0]
    of_test = np.asarray(synthetic.items[synthetic.split("test")])
    assert first["count"] == 8  # of 25 measures
    assert first["title"] == "held-out tune 1 (first 24 measures)"
    assert np.array_equal(items[: first["count"]].reshape(24, -1), of_test[:24])


def test_pictures_differ(written, picture_source):
    folder, told = written(picture_source)
    items = gallery(folder, told, picture_source)
    assert told["medium"] == "pictures"
    assert told["gallery"]["tunes"] == []
    assert len({item.tobytes() for item in items}) == len(items) == 60  # all that the test split has
    assert told["gallery"]["names"][3] == "picture, test item 3"


def test_genres(written, song_source):
    _, told = written(song_source)
    genres = open_genres(song_source.run, song_source.editor.model.latent_size)
    assert told["medium"] == "songs"
    assert told["genres"]["names"] == list(genres.names)
    for name in ("means", "radial", "deviations"):
        assert np.array_equal(np.array(told["genres"]["petals"][name], np.float32), getattr(genres.petals, name))


def test_moves_compute_what_the_run_does(written, weak_run):
    source = open_source(weak_run.folder)
    folder, told = written(source)
    mover = open_mover(weak_run)
    assert told["moves"]["names"] == list(mover.names)
    assert told["moves"]["regions"] == list(mover.regions.names)
    session = onnxruntime.InferenceSession(folder / "moves.onnx", providers=["CPUExecutionProvider"])
    codes = np.random.default_rng(3).normal(0, 2, (200, 4)).astype(np.float32)
    places = mover.places(codes)
    for number, targets in enumerate(told["moves"]["targets"]):
        moves = np.full(len(codes), number, np.int32)
        moved, regions = session.run(["moved", "regions"], {"codes": codes, "moves": moves})
        assert np.array_equal(regions, places)
        assert np.abs(moved - mover.move(codes, moves)).max() < 1e-4
        assert np.array_equal(np.array(targets)[places], mover.targets(moves, places))


def test_without_data_there_are_samples_of_the_run(written, weak_run, tmp_path, monkeypatch):
    monkeypatch.setenv("LATUNE_DATA", str(tmp_path / "no data"))
    source = open_source(weak_run.folder)
    assert source.dataset is None
    folder, told = written(source)
    mover, items = open_mover(weak_run), gallery(folder, told, source)
    assert np.array_equal(items[5], mover.decode(mover.sample(np.arange(48) % 27, 0))[5])
    assert told["gallery"]["values"][0] == [None] * 4  # nothing measures these pictures
    assert dict(told["about"])["Gallery"] == (
        "The data set 'blobs' is not prepared on the machine that wrote this: these are samples of the run."
    )


def test_without_data_and_codes_there_is_nothing_to_start_from(tune_source, tmp_path):
    source = RunSource(tune_source.run, tune_source.editor)
    write_bundle(source, tmp_path / "run", "run")
    told = json.loads((tmp_path / "run" / "studio.json").read_text())
    assert (told["gallery"]["count"], told["gallery"]["tunes"], told["map"]["points"]) == (0, [], [])
    assert (tmp_path / "run" / "gallery.bin").read_bytes() == b""
    assert dict(told["about"])["Gallery"].endswith("there is no item to start from.")


def test_moves_of_two_operands_are_left_out(written, binary_moves_run):
    folder, told = written(open_source(binary_moves_run.folder))
    assert told["moves"] is None
    assert not (folder / "moves.onnx").exists()
    assert "two pictures" in dict(told["about"])["Moves"]


def test_keys_are_plain_and_different():
    folders = [Path("a/my run"), Path("b/my run"), Path("c/Übung.2"), Path("d/..."), Path("my-run-2")]
    assert run_keys(folders) == ["my-run", "my-run-2", "bung-2", "run", "my-run-2-2"]


def test_an_existing_folder_stays(tune_source, tmp_path):
    (tmp_path / "run").mkdir()
    with pytest.raises(InputError, match="exists already"):
        write_bundle(tune_source, tmp_path / "run", "run")
    assert list((tmp_path / "run").iterdir()) == []
