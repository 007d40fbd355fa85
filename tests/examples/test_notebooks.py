"""The example notebooks: in step with their scripts, small, and able to run."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPTS = sorted(path for path in EXAMPLES.glob("*.py") if path.name != "build.py")
LARGEST = 400_000  # bytes of a notebook with its pictures
SECONDS = 1200
# Run by the kernel before the first cell: the notebooks train and calibrate for a minute or two each.
QUICK = """
import latune.recipes
from latune.control import editor, search
from latune.training import reader

editor.GAIN_ITEMS, search.PERTURBED, reader.FEWEST_STEPS = 16, 16, 30
_load_recipe = latune.recipes.load_recipe


def _quick_recipe(name, overrides=()):
    sizes = ["evaluation.items=4", "evaluation.targets=3", "evaluation.sweep=3"]
    if not name.startswith("chorales"):  # measures have to be learned: those asked for are refused otherwise
        sizes += ["training.steps=60"]
        sizes += ["control.from_step=30"] if any(each.startswith("control.") for each in overrides) else []
    return _load_recipe(name, [*overrides, *sizes])


latune.recipes.load_recipe = _quick_recipe
"""


@pytest.fixture(scope="module")
def build():
    spec = importlib.util.spec_from_file_location("build_examples", EXAMPLES / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _cells(notebook):
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def _outputs(notebook):
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def test_every_script_is_built(build):
    assert sorted(build.NAMES) == [path.stem for path in SCRIPTS]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_notebook_says_what_its_script_says(build, script):
    notebook = nbformat.read(script.with_suffix(".ipynb"), 4)
    assert _cells(notebook) == _cells(build.notebook_of(script.read_text(encoding="utf-8")))
    assert script.with_suffix(".ipynb").stat().st_size < LARGEST
    assert all(output.output_type != "error" for output in _outputs(notebook))


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_notebook_runs(script, tmp_path, request):
    startup = tmp_path / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "quick.py").write_text(QUICK)
    data = request.getfixturevalue("chorale_folder") if script.stem == "knobs_for_music" else tmp_path / "data"
    folders = {"LATUNE_DATA": str(data), "IPYTHONDIR": str(tmp_path / "ipython")}
    environment = {**os.environ, **folders, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(EXAMPLES / "build.py"), script.stem, "--output", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    kinds = {
        kind
        for output in _outputs(nbformat.read(tmp_path / f"{script.stem}.ipynb", 4))
        for kind in output.get("data", {})
    }
    assert kinds & {"image/png", "image/svg+xml"}


def test_a_script_without_cells_is_refused(build):
    with pytest.raises(ValueError, match="begins with"):
        build.notebook_of("print(1)\n")
