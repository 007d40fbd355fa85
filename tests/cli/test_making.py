"""`latune interpolate` and `latune sample`, on music and on pictures."""

import json

import numpy as np
import pytest
from outcomes import refuse, succeed
from PIL import Image

from latune.cli import making
from latune.images.reading import read_pictures
from latune.music.score import read_measures

pytest.importorskip("symusic")


@pytest.fixture
def pictures(tmp_path, ellipses, monkeypatch):
    """Two pictures, and the data set of the picture run."""
    for name, item in (("a.png", 190), ("b.png", 200)):
        Image.fromarray(ellipses.items[item, 0]).save(tmp_path / name)
    monkeypatch.setattr(making, "prepare_items", lambda data, plugins: {"ellipses": ellipses}[data.name])
    return tmp_path / "a.png", tmp_path / "b.png"


def test_between_tunes(latune, trained_run, tune, tmp_path):
    arguments = ("interpolate", trained_run.folder, tune, tune, "--steps", 3)
    shown = succeed(latune(*arguments, "--output", "out.mid"))
    assert "3 steps; measured means" in shown
    assert "note_density" in shown
    assert "Written: out.mid" in shown
    ticks, made = read_measures(tmp_path / "out.mid")
    assert ticks.shape == (12, 24)
    assert made.title == "Été to Été"
    told = json.loads(succeed(latune(*arguments, "--way", "spherical", "--output", "out.musicxml", "--json")))
    assert [step["share"] for step in told["steps"]] == [0, 0.5, 1]
    assert told["items"] == 4
    assert told["steps"][0]["like_first"] > 0.9
    assert {"note_density", "syncopation"} <= set(told["steps"][0]["means"])
    assert read_measures(tmp_path / "out.musicxml")[0].shape == (12, 24)


def test_between_pictures(latune, trained_picture_run, pictures, tmp_path):
    arguments = ("interpolate", trained_picture_run.folder, *pictures)
    for name in ("strip.png", "strip.gif", "strip.npz"):
        assert "9 steps" in succeed(latune(*arguments, "--output", name))
    with Image.open(tmp_path / "strip.gif") as film:
        assert film.n_frames == 16
    assert read_pictures(tmp_path / "strip.npz").shape == (9, 1, 20, 20)
    width = 1024 // (9 * 20) * 20 + 2
    assert np.asarray(Image.open(tmp_path / "strip.png")).shape == (width + 2, 9 * width + 2)


def test_new_measures(latune, trained_run, tmp_path):
    arguments = ("sample", trained_run.folder, "--knob", "note_density=0.25", "--count", 5)
    shown = succeed(latune(*arguments, "--output", "new.mid", "--exact"))
    assert "5 new items" in shown
    assert "5 of 5" in shown
    ticks, made = read_measures(tmp_path / "new.mid")
    assert ticks.shape == (5, 24)
    assert made.title == "new"
    drawn = [
        json.loads(succeed(latune(*arguments, "--temperature", 1, "--seed", seed, "--output", "x.mid", "--json")))
        for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(drawn[0]["items"]) == 5
    assert drawn[0]["wanted"] == {"note_density": 0.25}


def test_new_pictures(latune, trained_picture_run, pictures, tmp_path):
    arguments = ("sample", trained_picture_run.folder, "--count", 7)
    shown = succeed(latune(*arguments, "--knob", "width=9", "--output", "new.png"))
    assert "7 new items" in shown
    side = 1024 // 60 * 20 + 2
    assert np.asarray(Image.open(tmp_path / "new.png")).shape == (3 * side + 2, 3 * side + 2)
    succeed(latune(*arguments, "--output", "new.npz"))
    assert read_pictures(tmp_path / "new.npz").shape == (7, 1, 20, 20)


def test_refusals_come_before_any_work(latune, trained_run, trained_picture_run, tune, pictures, monkeypatch):
    def no_work(*_, **__):
        raise AssertionError("the data set was prepared")

    monkeypatch.setattr(making, "prepare_items", no_work)
    music, picture = trained_run.folder, trained_picture_run.folder
    names = "expected a name that ends in .png, .npz."
    assert refuse(latune("sample", picture, "--output", "a.gif")).endswith(names)
    assert "expected a name that ends in .mid" in refuse(latune("sample", music, "--output", "a.png"))
    assert "--knob x: expected NAME=VALUE" in refuse(latune("sample", music, "--knob", "x", "--output", "a.mid"))
    assert "no knob 'x'" in refuse(latune("sample", music, "--knob", "x=1", "--output", "a.mid"))
    assert "items is 0" in refuse(latune("sample", music, "--count", 0, "--output", "a.mid"))
    between = ("interpolate", music, tune, tune)
    assert "steps is 1" in refuse(latune(*between, "--steps", 1, "--output", "a.mid"))
    assert "expected a name that ends in .mid" in refuse(latune(*between, "--output", "a.png"))
    assert "does not exist" in refuse(latune("interpolate", music, tune, "lost.mid", "--output", "a.mid"))
    strips = ("interpolate", picture, *pictures)
    assert refuse(latune(*strips, "--output", "a.mid")).endswith("ends in .png, .gif, .npz.")
    assert "lost.png" in refuse(latune("interpolate", picture, pictures[0], "lost.png", "--output", "a.png"))


def test_the_data_set_is_found(latune, trained_picture_run, tmp_path, monkeypatch):
    """A run whose data set is gone says so."""
    monkeypatch.setenv("LATUNE_DATA", str(tmp_path / "no data"))
    assert "ellipses" in refuse(latune("sample", trained_picture_run.folder, "--output", "a.png"))
