"""The option --plugin: an own attribute through all commands, as a user would give them."""

import csv
import io
import json

import numpy as np
import pytest

from latune.music.score import read_measures

pytest.importorskip("symusic")
pytest.importorskip("music21")

HIGHEST = """
import numpy as np
from latune.attributes import Attribute

def highest(ticks):
    "Highest pitch."
    return np.where((ticks >= 0).any(axis=1), ticks.max(axis=1), np.nan)

attributes = [Attribute("highest", "MIDI pitch", 0, 127, measure=highest)]
"""
SMALL = ["model.hidden_size=32", "training.batch_size=64", "evaluation.items=10", "evaluation.bootstrap=5"]
SMALL += ["evaluation.targets=3", "evaluation.sweep=3", "training.steps=60", "control=null"]
SMALL += ["attributes.names=[note_density, highest]"]
OVERRIDES = [part for text in SMALL for part in ("--set", text)]


@pytest.fixture
def plugin(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(HIGHEST)
    return path


def succeed(result):
    assert result.code == 0, result
    return result.out


def refuse(result):
    assert result.code == 2, result
    assert result.errors.startswith("Error: ")
    assert result.errors.count("\n") == 1
    assert "Traceback" not in result.errors
    return result.errors


def test_own_attribute_from_data_to_report(latune, plugin, tmp_path, tune):
    run, own = tmp_path / "run", ("--plugin", plugin)
    shown = json.loads(succeed(latune("data", "show", "chorales", *own, "--json")))
    assert shown["statistics"][-1]["attribute"] == "highest"

    succeed(latune("train", "chorales/ar-vae", *OVERRIDES, *own, "--out", run))
    assert [p["attributes"] for p in json.loads((run / "run.json").read_text())["plugins"]] == [["highest"]]
    succeed(latune("train", "--resume", "--out", run, *own))

    measured = json.loads(succeed(latune("evaluate", run, *own, "--json")))
    assert set(measured["metrics"]["scores"]["means"]["attributes"]) == {"note_density", "highest"}
    assert set(measured["certificate"]["knobs"]) == {"note_density", "highest"}

    arguments = (
        run,
        tune,
        "--knob",
        "highest=70",
        "--exact",
        "--output",
        tmp_path / "out.mid",
        *own,
        "--json",
        "--nearest",
    )
    edited = json.loads(succeed(latune("edit", *arguments)))
    ticks, _ = read_measures(tmp_path / "out.mid")
    assert [row["highest"] for row in edited["after"]] == ticks.max(axis=1).tolist()

    files = succeed(latune("traverse", run, "--attribute", "highest", "--item", 0, *own)).split()
    assert {"highest_0.png", "highest_0.mid"} <= {path.rsplit("/", 1)[-1] for path in files}

    without = [("evaluate", run), ("report", run), ("traverse", run), ("train", "--resume", "--out", run)]
    for command in [*without, ("edit", run, tune, "--knob", "highest=70", "--output", "out.mid")]:
        assert refuse(latune(*command)).endswith("of mine.py: add --plugin mine.py (the file is then run).\n")

    plugin.write_text(f"{HIGHEST}# changed")
    result = latune("report", run, *own)
    assert "mine.py has changed since this run was trained" in result.errors
    succeed(result)
    assert "highest" in (run / "report.html").read_text(encoding="utf-8")


def test_measure_tunes(latune, plugin, tune):
    rows = list(csv.DictReader(io.StringIO(succeed(latune("measure", tune, "--csv", "--plugin", plugin)))))
    ticks, _ = read_measures(tune)
    assert [float(row["highest"]) for row in rows] == ticks.max(axis=1).tolist()
    assert "highest" in succeed(latune("measure", tune, "--plugin", plugin))


def test_measure_where_an_item_lacks_the_attribute(latune, plugin, tune):
    plugin.write_text(HIGHEST.replace("ticks >= 0", "ticks > 999"))
    (entry,) = json.loads(succeed(latune("measure", tune, "--json", "--plugin", plugin)))
    assert {measure["highest"] for measure in entry["measures"]} == {None}
    rows = list(csv.DictReader(io.StringIO(succeed(latune("measure", tune, "--csv", "--plugin", plugin)))))
    assert {row["highest"] for row in rows} == {""}
    assert "nan" in succeed(latune("measure", tune, "--plugin", plugin))


def test_measure_pictures(latune, plugin, tmp_path):
    plugin.write_text(HIGHEST.replace("axis=1", "axis=(1, 2, 3)"))
    pictures = np.zeros((3, 28, 28), np.uint8)
    pictures[:, 8:20, 13:15] = np.array([100, 150, 200], np.uint8)[:, None, None]
    np.savez(tmp_path / "bars.npz", images=pictures)
    (entry,) = json.loads(succeed(latune("measure", tmp_path / "bars.npz", "--json", "--plugin", plugin)))
    assert [row["highest"] for row in entry["pictures"]] == [100, 150, 200]
    assert all(row["area"] > 0 for row in entry["pictures"])


def test_a_plugin_without_a_knob_is_named(latune, plugin, tmp_path):
    names = ["--set", "attributes.names=[note_density, contour]", "--set", "training.steps=2"]
    result = latune("train", "chorales/ar-vae", *OVERRIDES, *names, "--plugin", plugin, "--out", tmp_path / "run")
    succeed(result)
    assert "'highest' gets no knob: add it to attributes.names" in result.errors
    assert "--set 'attributes.names=[note_density, contour, highest]'" in result.errors


def test_wrong_use(latune, plugin, tmp_path):
    train = ("train", "chorales/ar-vae", *OVERRIDES, "--out", tmp_path / "run")
    assert "Unknown attribute 'highest': expected one of" in refuse(latune(*train))
    assert "--plugin" in refuse(latune(*train))
    assert "nothing.py cannot be read" in refuse(latune(*train, "--plugin", "nothing.py"))
    plugin.write_text("import no_such_package")
    assert "mine.py, line 1: ModuleNotFoundError" in refuse(latune(*train, "--plugin", plugin))
    plugin.write_text(HIGHEST.replace("axis=1", "axis=3"))
    assert "mine.py, line 7: attribute 'highest' failed on items of shape" in refuse(latune(*train, "--plugin", plugin))
    plugin.write_text(HIGHEST.replace('"highest"', '"contour"'))
    assert "attribute 'contour' has the name of another" in refuse(latune(*train, "--plugin", plugin))
    assert not (tmp_path / "run").exists()
