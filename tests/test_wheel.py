"""The wheel has all that the package needs, and works in an empty folder, without the repository."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

for tool in ("build", "hatchling"):
    pytest.importorskip(tool)

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "latune"
PARTS = ["pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", ".gitignore", "hatch_build.py", "src", "studio"]
NOT_COPIED = shutil.ignore_patterns("__pycache__", "node_modules", "*.pyc", "page")
TRAINING = ["training.steps=3", "training.batch_size=16", "model.hidden_size=16", "model.embedding_size=8"]
EVALUATION = ["evaluation.items=10", "evaluation.targets=2", "evaluation.sweep=3", "evaluation.bootstrap=5"]


def run(command, **options):
    finished = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with source distribution and wheel; the wheel is built from the former. Node is not in sight."""
    tree = tmp_path_factory.mktemp("tree")
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, tree / part, ignore=NOT_COPIED)
        elif source.exists():
            shutil.copy(source, tree / part)
    environment = {**os.environ, "PATH": str(Path(sys.executable).parent)}
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tree / "out")], cwd=tree, env=environment)
    return tree / "out"


@pytest.fixture(scope="module")
def wheel(built):
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder that holds the wheel's content and nothing else; what it needs is found in this environment."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture
def program(installed, data_folder, tmp_path):
    """A function that calls the installed program in an empty folder."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "OMP_NUM_THREADS": "1", "LATUNE_DATA": str(data_folder)}

    def call(*words):
        return run([sys.executable, "-P", "-m", "latune", *words], cwd=tmp_path, env=environment)

    call.environment = environment
    return call


def wanted_files():
    """Everything below the package but what is made on the way."""
    left_out = {"__pycache__", "page"}
    return {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and not left_out & set(path.parts)
    }


@pytest.mark.slow
def test_every_file_of_the_package_is_in_the_wheel(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert sorted(wanted_files() - names) == []
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"latune"}
    assert {Path(name).suffix for name in names} >= {".py", ".yaml", ".html", ".css", ".js", ".md", ".typed"}


@pytest.mark.slow
def test_the_source_distribution_can_build_the_page(built):
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "hatch_build.py", "studio/package.json", "studio/package-lock.json"} <= names
    assert not [name for name in names if "node_modules" in name]


@pytest.mark.slow
def test_the_installed_program_needs_no_repository(program, installed, tmp_path):
    where = "import latune; print(latune.__file__)"
    shown = run([sys.executable, "-P", "-c", where], cwd=tmp_path, env=program.environment)
    assert Path(shown.strip()).is_relative_to(installed)
    assert "chorales/ar-vae" in program("recipes")
    assert "ar-vae-paper" in program("study", "list")
    overrides = [word for setting in (*TRAINING, *EVALUATION) for word in ("--set", setting)]
    program("train", "chorales/ar-vae", *overrides, "--out", "runs/first")
    program("evaluate", "runs/first")
    program("report", "runs/first")
    assert (tmp_path / "runs" / "first" / "report.html").stat().st_size > 100_000
