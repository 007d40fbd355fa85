"""Files of a run are written once, and anew when it changes."""

import json
import shutil

import pytest

from latune.errors import RunError
from latune.export.source import open_source
from latune.studio.kept_bundles import prepare_run
from latune.studio.web import write_web


@pytest.fixture
def run(trained_run, tmp_path):
    return shutil.copytree(trained_run.folder, tmp_path / "run", ignore=shutil.ignore_patterns("studio"))


def test_kept_until_something_changes(run, tmp_path):
    first = prepare_run(run, "run", (), tmp_path / "elsewhere")
    assert first.bundle == run / "studio" / "files"
    stamp = (first.bundle / "encoder.onnx").stat().st_mtime_ns
    again = prepare_run(run, "other-name", (), tmp_path / "elsewhere")
    assert (again.entry.key, (again.bundle / "encoder.onnx").stat().st_mtime_ns) == ("other-name", stamp)
    certificate = json.loads((run / "certificate.json").read_text())
    certificate["tolerance"] = 0.2
    (run / "certificate.json").write_text(json.dumps(certificate))
    changed = prepare_run(run, "run", (), tmp_path / "elsewhere")
    told = json.loads((changed.bundle / "studio.json").read_text())
    assert told["certificate"]["tolerance"] == 0.2
    assert (changed.bundle / "encoder.onnx").stat().st_mtime_ns != stamp
    left = {path.name for path in run.iterdir() if path.name.startswith(".studio-")}
    assert left == set()
    assert not (tmp_path / "elsewhere").exists()


def test_damaged_files_are_written_anew(run, tmp_path):
    prepared = prepare_run(run, "run", (), tmp_path / "elsewhere")
    (run / "studio" / "made_of.json").write_text("{")
    (prepared.bundle / "decoder.onnx").unlink()
    assert (prepare_run(run, "run", (), tmp_path / "elsewhere").bundle / "decoder.onnx").is_file()


def test_where_the_run_cannot_be_written(run, tmp_path, monkeypatch):
    monkeypatch.setattr("latune.studio.kept_bundles._can_hold", lambda _: False)
    prepared = prepare_run(run, "key", (), tmp_path / "elsewhere")
    assert prepared.bundle == tmp_path / "elsewhere" / "key" / "files"
    assert not (run / "studio").exists()


def test_an_unfinished_run(run, tmp_path):
    (run / "finished.json").unlink()
    with pytest.raises(RunError, match="is not finished"):
        prepare_run(run, "run", (), tmp_path)
    assert not (run / "studio").exists()


def test_a_folder_for_any_host(run, page, tmp_path):
    twice = [open_source(run), open_source(run)]
    entries = write_web(twice, tmp_path / "site", page=page)
    assert [entry.key for entry in entries] == ["run", "run-2"]
    told = json.loads((tmp_path / "site" / "runs.json").read_text())
    assert told == {"server": False, "runs": [entry.to_dict() for entry in entries]}
    site = {path.relative_to(tmp_path / "site").as_posix() for path in (tmp_path / "site").rglob("*") if path.is_file()}
    assert {"index.html", "assets/page-1a2b.js", "runs/run/studio.json", "runs/run-2/decoder.onnx"} <= site
    assert "single.html" not in site
    assert json.loads((tmp_path / "site" / "runs" / "run-2" / "studio.json").read_text())["key"] == "run-2"
