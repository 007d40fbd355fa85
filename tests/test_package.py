"""The package as a whole: what an import costs, what the sources never do."""

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import latune
from latune import errors

SOURCES = sorted(Path(latune.__file__).parent.rglob("*.py"))
EXTRAS = {"music21", "symusic", "verovio", "tensorboard"}
HEAVY = {"matplotlib", "sklearn", "scipy", "torch", "pandas", "rich", "typer"}


def in_a_new_process(code):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", code]
    finished = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert finished.stderr == ""
    return json.loads(finished.stdout)


def test_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+", latune.__version__)


def test_import_loads_nothing_heavy():
    code = "import json, sys, latune; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    assert not set(in_a_new_process(code)) & (EXTRAS | HEAVY)


@pytest.mark.parametrize("module", ["cli", "training.trainer", "control.editor", "evaluation.evaluate", "music.score"])
def test_no_module_loads_an_extra(module):
    code = f"import json, sys, latune.{module}; print(json.dumps(sorted(sys.modules)))"
    loaded = {name.split(".")[0] for name in in_a_new_process(code)}
    assert not loaded & EXTRAS
    if module == "cli":
        assert "torch" not in loaded  # so that --help is quick


def test_import_adds_less_than_a_second_to_torch():
    code = "import time, torch; start = time.perf_counter(); import latune; print(time.perf_counter() - start)"
    assert in_a_new_process(code) < 1.0


def test_cli_starts_quickly():
    code = "import time; start = time.process_time(); import latune.cli; print(time.process_time() - start)"
    assert in_a_new_process(code) < 2.0


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_code_from_data(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"pickle\.loads?\(|\bUnpickler\b|joblib\.load\(|yaml\.(unsafe_|full_)?load\(", text)
    assert not re.search(r"(?<![.\w])(eval|exec)\(", text)
    assert "allow_pickle=True" not in text
    assert all("weights_only=True" in call for call in re.findall(r"torch\.load\([^\n]*", text))
    assert all("allow_pickle=False" in call for call in re.findall(r"np\.load\([^\n]*", text))


@pytest.mark.parametrize("path", [path for path in SOURCES if "cli" not in path.parts], ids=lambda path: path.stem)
def test_the_library_is_silent(path):
    assert not re.search(r"^\s*print\(", path.read_text(encoding="utf-8"), re.MULTILINE)


def test_errors_have_one_base():
    classes = [value for _, value in inspect.getmembers(errors, inspect.isclass)]
    assert {value.__name__ for value in classes} == set(errors.__all__)
    assert all(issubclass(value, errors.LatuneError) for value in classes)
    assert not issubclass(errors.LatuneError, (ValueError, OSError))


def test_a_missing_extra_names_the_command():
    message = str(errors.MissingExtraError("music21", "music"))
    assert message == "This needs the package 'music21': pip install 'latune[music]'."


def test_missing_music21_is_said(monkeypatch):
    from latune.data.chorales import read_chorales

    monkeypatch.setitem(sys.modules, "music21.corpus", None)
    with pytest.raises(errors.MissingExtraError, match="package 'music21'"):
        read_chorales()
