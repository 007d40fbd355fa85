"""Every mistake of a user is one sentence and exit code 2, and leaves nothing half-made."""

import json
import pickle
import shutil
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("symusic")

KNOB = ("--knob", "note_density=0.25")


@pytest.fixture
def refused(latune, tmp_path):
    """Runs a command that must fail: one sentence, code 2, no new file. Returns the sentence."""

    def run(*arguments):
        before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
        folders = {path for path in tmp_path.rglob("*") if path.is_dir()}
        result = latune(*arguments)
        assert result.code == 2, result
        lines = result.errors.splitlines()
        assert len(lines) == 1, lines
        assert lines[0].startswith("Error: ")
        assert lines[0].endswith((".", "?"))
        assert "Traceback" not in result.errors
        assert result.out == ""
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before
        assert {path for path in tmp_path.rglob("*") if path.is_dir()} == folders
        return lines[0].removeprefix("Error: ")

    return run


@pytest.fixture
def run_folder(trained_run):
    return trained_run.folder


@pytest.fixture
def damaged(trained_run, tmp_path):
    """A function from file name and content to a copy of the run with that file changed, or removed."""

    def copy(name=None, content=None):
        folder = tmp_path / "copy"
        shutil.copytree(trained_run.folder, folder)
        if name is not None:
            (folder / name).unlink()
        if content is not None:
            (folder / name).write_bytes(content)
        return folder

    return copy


# Tunes.

BROKEN_TUNES = {
    "missing.mid": (None, "does not exist"),
    "empty.mid": (b"", "is empty"),
    "broken.mid": (b"MThd\x00\x00\x00\x06\x00\x01\x00\x02", ""),
    "text.mid": (b"hello", ""),
    "odd.abc": (
        b"X:1\nT:Odd\nM:7/8\nL:1/8\nK:C\nCDEFGAB|\n",
        "The metre 7/8 is not supported: expected one such as 2/4",
    ),
    "silent.abc": (b"X:1\nT:Nothing\nM:4/4\nL:1/4\nK:C\nzzzz|\n", "has no notes: expected a "),
    "tune.txt": (b"CDEF", "ends in '.txt': expected .mid"),
}


@pytest.mark.parametrize("name", BROKEN_TUNES)
@pytest.mark.parametrize("command", ["edit", "measure"])
def test_unreadable_tunes(refused, run_folder, tmp_path, command, name):
    content, part = BROKEN_TUNES[name]
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    arguments = ("edit", run_folder, path, *KNOB, "--output", "out.mid") if command == "edit" else ("measure", path)
    message = refused(*arguments)
    assert str(path) in message
    assert part in message


def test_a_folder_is_no_tune(refused, tmp_path):
    assert "is a folder" in refused("measure", tmp_path) or "has no suffix" in refused("measure", tmp_path)


# Names and values of the edit.


@pytest.mark.parametrize(
    "text",
    ["note_density", "=0.2", "note_density=", "note_density=high", "note_density=nan", "note_density=inf", "=", ""],
)
def test_malformed_knobs(refused, run_folder, tune, text):
    message = refused("edit", run_folder, tune, "--knob", text, "--output", "out.mid")
    assert message == f"--knob {text}: expected NAME=VALUE with a number, such as note_density=0.25."


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (("--knob", "loudness=1"), "There is no knob 'loudness': expected one of rhythmic_complexity, pitch_range, "),
        ((*KNOB, "--hold", "loudness"), "There is no attribute 'loudness' to hold: expected one of "),
        ((*KNOB, "--hold", "note_density"), "'note_density' is both turned and held: choose one."),
        ((*KNOB, "--hold", "syncopation"), "'syncopation' has no knob in this run: holding it needs --exact."),
        ((*KNOB, *KNOB), f"--knob {KNOB[1].partition('=')[0]} is given twice: choose one value."),
        ((*KNOB, "--alone", "--exact"), "--exact, --unmeasured and --alone exclude each other: choose one."),
    ],
)
def test_refused_edits(refused, run_folder, tune, options, part):
    assert refused("edit", run_folder, tune, *options, "--output", "out.mid").startswith(part)


@pytest.mark.parametrize("output", ["out.txt", "out"])
def test_outputs_of_unknown_kind(refused, run_folder, tune, output):
    message = refused("edit", run_folder, tune, *KNOB, "--output", output)
    assert message.startswith(f"The file '{output}' ")
    assert message.endswith(".pdf or .wav for writing.")


def test_the_input_is_not_overwritten(refused, run_folder, tune):
    message = refused("edit", run_folder, tune, *KNOB, "--output", tune)
    assert message == f"--output {tune} is the input: choose another name."


def test_tunes_in_another_metre(refused, run_folder, tmp_path):
    path = tmp_path / "waltz.abc"
    path.write_text("X:1\nT:Waltz\nM:3/4\nL:1/4\nK:C\nCDE|\n")
    message = refused("edit", run_folder, path, *KNOB, "--output", "out.mid")
    assert message == f"{path} is in 3/4: this run was trained on 4/4."


@pytest.mark.parametrize("place", ["nowhere/out.mid", "file/out.mid", "folder.mid"])
@pytest.mark.parametrize("suffix", [".mid", ".musicxml"])
def test_unwritable_outputs(refused, run_folder, tune, tmp_path, place, suffix):
    (tmp_path / "file").touch()
    (tmp_path / "folder").with_suffix(suffix).mkdir()
    path = tmp_path / place.replace(".mid", suffix)
    message = refused("edit", run_folder, tune, *KNOB, "--output", path)
    assert message.startswith(f"The file '{path}' cannot be written: ")


# Runs.

COMMANDS = ["evaluate", "edit", "report", "traverse"]


@pytest.fixture(params=COMMANDS)
def use(request, refused, tune):
    """Each command that reads a run."""
    if request.param in ("report", "traverse"):
        pytest.importorskip("latune.report")
    extra = (tune, *KNOB, "--output", "out.mid") if request.param == "edit" else ()
    return lambda folder: refused(request.param, folder, *extra)


def test_not_a_run_folder(use, tmp_path):
    assert use(tmp_path) == f"{tmp_path} is not a run folder: expected run.json in it."
    assert use(tmp_path / "nowhere") == f"{tmp_path / 'nowhere'} is not a run folder: expected run.json in it."


def test_run_of_another_version(use, damaged, trained_run):
    header = json.loads((trained_run.folder / "run.json").read_text())
    folder = damaged("run.json", json.dumps(header | {"format": 7, "latune_version": "9.0"}).encode())
    assert f"{folder} has run format 7 (latune 9.0), expected 1 (latune " in use(folder)


def test_run_without_weights(use, damaged):
    folder = damaged("weights.safetensors")
    assert use(folder) == f"{folder} has no weights yet: go on with latune train --resume --out {folder}."


@pytest.mark.parametrize("content", [b"", b"x" * 100])
def test_damaged_weights(use, damaged, content):
    folder = damaged("weights.safetensors", content)
    assert use(folder) == f"{folder / 'weights.safetensors'} is damaged or does not fit recipe.yaml."


@pytest.mark.parametrize("name", ["run.json", "recipe.yaml", "knobs.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"{}", b"\xff"])
def test_damaged_files(use, damaged, name, content):
    message = use(damaged(name, content))
    assert name.split(".")[0] in message or "run format" in message


def test_unknown_attribute_to_traverse(refused, run_folder):
    assert refused("traverse", run_folder, "--attribute", "loudness").startswith("There is no knob 'loudness': ")


# Training.


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ((), "Nothing to train: expected a recipe (see: latune recipes)."),
        (("--resume",), "Nothing to train: expected a run folder in --out."),
        (("chorales/ar-va",), "There is no recipe 'chorales/ar-va': did you mean 'chorales/ar-vae'?"),
        (("chorales/ar-vae", "--set", "training.step=2"), "chorales/ar-vae: unknown key 'training.step': did you mean"),
        (("chorales/ar-vae", "--set", "training.steps=x"), "chorales/ar-vae: training.steps: "),
        (("chorales/ar-vae", "--set", "steps"), "--set steps: expected NAME=VALUE, such as training.steps=200."),
        (("chorales/ar-vae", "--set", "attributes.names=[loudness]"), "Unknown attribute 'loudness': expected one of"),
        (("chorales/ar-vae", "--set", "evaluation.attributes=[x]"), "Unknown attribute 'x': expected one of"),
        (("chorales/ar-vae", "--set", "data.name=songs"), "Unknown data set 'songs': expected one of chorales, "),
        (("chorales/ar-vae", "--set", "training.device=abacus"), "training.device: 'abacus' is not available here."),
        (("chorales/ar-vae", "--set", "method.beta=-1"), "chorales/ar-vae: method.beta: input should be greater"),
        (("chorales/ar-vae", "--seed", 2**70), "chorales/ar-vae: seed: input should be less than 4294967296"),
    ],
)
def test_refused_trainings(refused, arguments, part):
    assert refused("train", *arguments).startswith(part)


def test_refused_run_folders(refused, run_folder, tmp_path):
    (tmp_path / "file").touch()
    wanted = ("train", "chorales/ar-vae", "--set", "training.steps=1", "--out")
    assert refused(*wanted, run_folder).endswith("is not empty: choose another --out, or go on with --resume.")
    assert refused(*wanted, tmp_path / "file").startswith(f"{tmp_path / 'file'} is not empty")
    assert (
        refused(*wanted, tmp_path / "file" / "run") == f"Cannot write to {tmp_path / 'file' / 'run'}: Not a directory."
    )
    assert refused("train", "--resume", "--seed", "3", "--out", run_folder).endswith("leave out --set and --seed.")
    assert refused("demo", "--out", tmp_path).endswith("is not empty: choose another --out.")


# Data sets.


@pytest.mark.parametrize("command", ["show", "prepare"])
def test_unknown_data_set(refused, command):
    assert "'songs'" in refused("data", command, "songs")


@pytest.mark.parametrize("content", [b"", b"[]", b'{"format": 1}', b'{"format": 99}'])
def test_damaged_data_set(refused, tmp_path, monkeypatch, content):
    monkeypatch.setenv("LATUNE_DATA", str(tmp_path / "data"))
    (tmp_path / "data" / "chorales").mkdir(parents=True)
    (tmp_path / "data" / "chorales" / "dataset.json").write_bytes(content)
    assert "latune data prepare chorales" in refused("data", "show", "chorales")


def test_unwritable_sheet(latune, tmp_path):
    pytest.importorskip("verovio")
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "sheet.svg"
    result = latune("data", "show", "chorales", "--output", path)
    assert (result.code, result.errors) == (2, f"Error: Cannot write {path}: Not a directory.\n")


# Arrays for the metrics.


@pytest.fixture
def arrays(tmp_path):
    """A function that writes an .npz file with some of its arrays replaced."""

    def write(**changes):
        generator = np.random.default_rng(0)
        content = {"codes": generator.normal(size=(50, 4)), "attributes": generator.normal(size=(50, 2))} | changes
        path = tmp_path / "arrays.npz"
        np.savez_compressed(path, **{name: array for name, array in content.items() if array is not None})
        return path

    return write


def with_one(value):
    codes = np.zeros((50, 4))
    codes[7, 2] = value
    return codes


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"codes": None}, "expected arrays codes and attributes, got attributes."),
        ({"codes": None, "attributes": None, "x": np.zeros(3)}, "expected arrays codes and attributes, got x."),
        ({"codes": with_one(np.nan)}, "codes must be finite: 1 values are not, first item 7, column 2."),
        ({"codes": with_one(np.inf)}, "codes must be finite: 1 values are not, first item 7, column 2."),
        ({"codes": np.zeros(50)}, "codes must be two-dimensional (items, columns), not of shape (50,)."),
        ({"codes": np.zeros((50, 4), complex)}, "codes must hold real numbers, not values of type complex128."),
        ({"codes": np.zeros((49, 4))}, "codes and attributes must describe the same items, not 49 and 50 of them."),
        ({"attributes": np.ones((50, 2))}, "attribute 'a0' must vary to be scored, but is 1 for every item."),
        ({"attributes": np.zeros((5, 2))}, "attributes must have at least 10 items, not 5."),
        ({"names": np.array(["a"])}, "names must have one entry for each of the 2 attributes, not 1."),
        ({"codes": np.array([{}] * 50, dtype=object)}, "cannot be read: expected an .npz file of plain arrays."),
    ],
)
def test_refused_arrays(refused, arrays, changes, part):
    assert part in refused("metrics", arrays(**changes))


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", pickle.dumps({"codes": [1]}), b"PK\x03\x04" + bytes(60), None],
    ids=["empty", "text", "pickle", "broken zip", "npy"],
)
def test_files_that_are_no_npz(refused, tmp_path, content):
    path = tmp_path / "arrays.npz"
    if content is None:
        with path.open("wb") as file:
            np.save(file, np.zeros((50, 2)))
    else:
        path.write_bytes(content)
    assert refused("metrics", path) == f"{path} cannot be read: expected an .npz file of plain arrays."


def test_missing_npz(refused, tmp_path):
    path = tmp_path / "nowhere.npz"
    assert refused("metrics", path) == f"{path} does not exist: expected an .npz file."


def test_damage_anywhere_in_an_npz(latune, arrays):
    path = arrays()
    sound = path.read_bytes()
    for start in range(0, len(sound) - 40, 61):
        path.write_bytes(sound[:start] + bytes(40) + sound[start + 40 :])
        result = latune("metrics", path, "--bootstrap", "0", "--json")
        assert result.code in (0, 2), (start, result)
        assert result.errors == "" or len(result.errors.splitlines()) == 1


def test_the_program_itself(tmp_path):
    """As the user starts it."""
    command = [sys.executable, "-m", "latune", "measure", str(tmp_path / "nowhere.mid")]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert finished.stderr.startswith("Error: The file ")
    assert finished.stderr.count("\n") == 1
