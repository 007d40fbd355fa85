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
EXTRAS = {"music21", "symusic", "verovio", "fpdf", "midirenderer", "tensorboard", "numba", "h5py", "pooch", "PIL"}
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


def test_no_module_loads_an_extra():
    modules = "latune.training.trainer, latune.control.tunes, latune.evaluation.evaluate, latune.data.chorales"
    modules += ", latune.control.pictures, latune.data.digits, latune.data.pictures, latune.data.fetch"
    code = f"import json, sys, {modules}; print(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    assert not set(in_a_new_process(code)) & (EXTRAS | {"matplotlib", "rich", "typer"})


def test_the_command_line_waits_with_torch_until_it_is_needed():
    code = """
import json, sys, time
start = time.process_time()
import latune.cli
print(json.dumps([time.process_time() - start, sorted({name.split(".")[0] for name in sys.modules})]))
"""
    seconds, loaded = in_a_new_process(code)
    assert not set(loaded) & (EXTRAS | {"torch", "matplotlib", "sklearn", "scipy"})
    assert seconds < 2.0


def test_import_adds_less_than_a_second_to_torch():
    code = "import time, torch; start = time.perf_counter(); import latune; print(time.perf_counter() - start)"
    assert in_a_new_process(code) < 1.0


FORBIDDEN = {
    "pickle": r"pickle\.loads?\(|\bUnpickler\b|joblib\.load\(|allow_pickle=True",
    "yaml that runs code": r"yaml\.(unsafe_|full_)?load\(",
    "eval": r"(?<![.\w])(eval|exec)\(",
    "torch.load of anything but tensors": r"torch\.load\((?![^\n]*weights_only=True)",
    "np.load of objects": r"np\.load\((?![^\n]*allow_pickle=False)",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_code_from_data(what):
    assert [path.name for path in SOURCES if re.search(FORBIDDEN[what], path.read_text(encoding="utf-8"))] == []


def test_the_library_is_silent():
    talking = [path for path in SOURCES if re.search(r"(?m)^\s*print\(", path.read_text(encoding="utf-8"))]
    assert [path for path in talking if "cli" not in path.parts] == []


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
