"""`latune export`, and edits from Python that equal those of the command line."""

import json
import shutil

import numpy as np
import pytest
from outcomes import refuse, succeed

import latune as package


@pytest.fixture
def hub(latune, trained_run, tmp_path):
    succeed(latune("export", trained_run.folder, "--to", "hub", "--output", "card", "--licence", "mit"))
    return tmp_path / "card"


def test_a_folder_for_the_hub(hub, latune, trained_run):
    assert "license: mit" in (hub / "README.md").read_text()
    assert refuse(latune("export", trained_run.folder, "--to", "hub", "--output", hub)).endswith(
        "exists already: choose another --output."
    )


def test_json_and_the_default_folder(latune, trained_picture_run, tmp_path):
    run = shutil.copytree(trained_picture_run.folder, tmp_path / "drawing")
    told = json.loads(succeed(latune("export", run, "--to", "hub", "--json")))
    assert told["output"] == str(tmp_path / "drawing-hub")
    assert told["address"] is None
    assert "weights.safetensors" in told["files"]


def test_graphs(latune, trained_run):
    out = succeed(latune("export", trained_run.folder, "--to", "onnx", "--output", "graphs"))
    assert "encoder.onnx" in out
    assert "Written: graphs" in out


def test_the_data_need_not_be_there(latune, trained_run, tmp_path, monkeypatch):
    monkeypatch.setenv("LATUNE_DATA", str(tmp_path / "nothing"))
    result = latune("export", trained_run.folder, "--to", "hub", "--output", "card")
    succeed(result)
    assert "'chorales' is not prepared here: the export cannot draw new items." in result.errors
    assert not (tmp_path / "card" / "codes.json").exists()


def test_an_upload(latune, trained_run, monkeypatch):
    """The upload itself stands in for the hub: it needs an account."""
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub, "create_repo", lambda *_, **__: None)
    monkeypatch.setattr(huggingface_hub, "upload_folder", lambda **_: "https://hub/me/run")
    out = succeed(latune("export", trained_run.folder, "--to", "hub", "--output", "up", "--push", "me/run"))
    assert "Uploaded: https://hub/me/run" in out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--to", "onix"], "--to onix: expected onnx, hub, web or html."),
        (["--to", "onnx", "--licence", "mit"], "--licence: expected only beside --to hub."),
        (["--to", "onnx", "--push", "me/run"], "--push: expected only beside --to hub."),
        (["--to", "hub", "--push", "run"], "--push run: expected NAME/REPOSITORY."),
    ],
)
def test_bad_options(latune, trained_run, options, words, tmp_path):
    assert refuse(latune("export", trained_run.folder, *options, "--output", "x")) == words
    assert not (tmp_path / "x").exists()


def test_a_page_is_no_other_kind_of_file(latune, trained_run, tmp_path, monkeypatch):
    monkeypatch.setattr("latune.studio.page.require_page", lambda _: None)
    words = refuse(latune("export", trained_run.folder, "--to", "html", "--output", "song.mid"))
    assert words == "song.mid: expected a name that ends in .html, .htm."
    assert not (tmp_path / "song.mid").exists()


def test_an_unfinished_run(latune, trained_run, tmp_path):
    run = shutil.copytree(trained_run.folder, tmp_path / "run")
    (run / "finished.json").unlink()
    assert "is not finished: go on with latune train --resume" in refuse(latune("export", run, "--to", "hub"))


@pytest.mark.parametrize(("option", "way"), [([], "path"), (["--exact"], "exact"), (["--alone"], "alone")])
def test_the_same_edit_of_a_tune(latune, hub, tune, tmp_path, option, way):
    knob = ["--knob", "note_density=0.25", "--hold", "contour"]
    succeed(latune("edit", hub, tune, *knob, *option, "--nearest", "--output", "cli.mid"))
    result = package.load(hub).edit(tune, note_density=0.25, hold=["contour"], way=way, nearest=True)
    result.save(tmp_path / "python.mid")
    assert (tmp_path / "python.mid").read_bytes() == (tmp_path / "cli.mid").read_bytes()


def test_the_same_edit_of_pictures(latune, trained_picture_run, ellipses, tmp_path):
    pictures = ellipses.items[ellipses.splits["test"][:3]]
    np.savez(tmp_path / "in.npz", images=pictures)
    knob = ["--knob", "slant=0.1", "--nearest", "--output", "out.npz"]
    told = json.loads(succeed(latune("edit", trained_picture_run.folder, "in.npz", *knob, "--json")))
    result = package.load(trained_picture_run.folder).edit(pictures, slant=0.1, nearest=True)
    assert np.array_equal(np.load(tmp_path / "out.npz")["images"], result.items)
    assert [row["slant"] for row in told["after"]] == result.measured["slant"].tolist()
