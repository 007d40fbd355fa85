"""`latune evaluate` and `traverse` on runs of songs."""

import json
import shutil

import pytest
from outcomes import succeed

from latune.cli import training
from latune.cli.song_scores import show_songs


@pytest.fixture(scope="module")
def run(song_run, tmp_path_factory):
    """A copy of the trained run."""
    folder = tmp_path_factory.mktemp("copies") / "run"
    shutil.copytree(song_run.folder, folder)
    return folder


@pytest.fixture
def measured(run):
    return json.loads((run / "metrics.json").read_text())["songs"]


def test_tables(measured, capsys):
    show_songs(measured)
    shown = capsys.readouterr().out
    for track, entry in measured["tracks"].items():
        assert track in shown
        assert f"{entry['accuracy']['value']:.3f} [" in shown
    assert f"{measured['two_sample']['auc']:.3f}" in shown
    assert "genre found by the prior" in shown
    assert "key consistency" in shown
    assert f"{measured['transfer']['phrases']} phrases carried into another genre" in shown


def test_tables_of_a_run_without_genres(measured, capsys):
    show_songs({**measured, "genre_probe": {}, "transfer": {}})
    shown = capsys.readouterr().out
    assert "told from draws of the prior" in shown
    assert "genre" not in shown


def test_evaluate_shows_them(latune, run, monkeypatch):
    found = [json.loads((run / name).read_text()) for name in ("metrics.json", "certificate.json")]
    monkeypatch.setattr(training, "_evaluate", lambda *_: found)
    assert "Right tokens of 18 unseen phrases" in succeed(latune("evaluate", run))


def test_traverse(latune, run):
    succeed(latune("traverse", run, "--attribute", "drums_notes", "--item", 1, "--way", "joint"))
    names = {path.name for path in (run / "traversals").iterdir()}
    assert names == {"drums_notes_1_joint.png", "drums_notes_1_joint.mid"}
