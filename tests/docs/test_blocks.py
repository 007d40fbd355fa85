"""Every block of the README and the manual: commands are parsed for real, quick ones are run, Python is executed.

Commands run in a folder with tiny data sets under the real names (`doc_world`), and trainings take a few steps. What is
not run stands in `NOT_RUN` with the reason; it is parsed all the same, so that an unknown command, option, recipe,
metric, data set, study, knob, script or target is found.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import typer
import yaml
from doc_blocks import PAGES, ROOT, SHELL, blocks_of, commands_of, latune_words, name_of
from doc_world import arrays, store_all, write_files

from latune.attributes import AttributeTable
from latune.cli import main
from latune.cli import songs as song_commands
from latune.cli.app import app
from latune.control import editor, search
from latune.data.dmelody_codec import DMELODY_TABLE
from latune.data.registry import DATASETS
from latune.data.shapes3d import SCENE_TABLE
from latune.data.sprites import SPRITE_TABLE
from latune.data.store import is_stored, store_dataset
from latune.data.symbols import SYMBOL_ATTRIBUTES
from latune.images.morphology import DIGIT_ATTRIBUTES
from latune.metrics import METRICS
from latune.music.attributes import MUSIC_ATTRIBUTES
from latune.music.songs.attributes import SONG_ATTRIBUTES
from latune.recipes import load_recipe
from latune.report import build, traversals
from latune.studies.study import load_study
from latune.training import reader

for extra in ("music21", "symusic", "verovio", "PIL", "numba", "onnx", "onnxscript", "pyarrow"):
    pytest.importorskip(extra)

NOT_RUN = {
    r"latune data prepare (digits|sprites|sprites-small|symbols|shapes3d|shapes3d-small|dmelodies|chorales)\b": (
        "prepares a real data set for up to a minute; tests/data does so in small"
    ),
    r"latune data prepare folk(?!.*--source)": "reads a corpus of 1,800 tunes",
    r"latune data prepare midi": "composes 4,096 songs, or reads a folder of MIDI; tests/data does so in small",
    r"latune (train|evaluate|report|traverse) .*(dmelodies|runs/melodies)": "melodies of 1.35 million items",
    r"latune (train|evaluate|report) .*(shapes3d|mine-songs|open-songs)": "data that is not made here",
    r"latune report runs/(burgess|moves|lamps)": "half a minute each; tests/report draws small ones",
    r"latune evaluate runs/folds": "evaluates five runs; tests/cli does so in small",
    r"latune coherence": "searches through whole tunes for a minute; tests/control runs it in small",
    r"latune study run": "hours, or minutes with --quick; tests/studies runs small ones",
    r"latune study (status|report)": "needs the study that is not run",
    r"latune export .*--push": "needs a token",
    r"latune train .*training.device=cuda": "needs a GPU",
    r"latune metrics --observatory": "a minute; tests/cli runs it in small",
    r"latune train .*--resume --out runs/folds": "the cross-validation above it is finished",
    r"^(torchrun|srun|ray|sbatch)\b": "needs a cluster; tests/training runs torchrun on two processes",
    r"^latune studio": "serves until it is stopped; tests/studio starts it",
    r"^latune export .*--to (web|html)": "needs the built page; tests/studio writes it",
}
"""Commands that are parsed and not run, as regular expressions, with the reason."""

ONLY_PARSED = {
    "docs/results.md": "the commands of published numbers train for hours",
    "docs/cluster.md": "needs a cluster",
    "docs/architecture.md": "has no task of its own",
}
"""Pages whose commands are parsed and not run."""

NO_COMMANDS = {
    "python3": "sets up an environment",
    "pip": "installs",
    ".": "activates an environment",
    "npm": "builds the page; the script must exist",
    "make": "sets up an environment; the target must exist",
    "python": "a script of hours or of a quiet machine; it must exist",
}
"""Programs that are never run here."""

SHELL_WORDS = {"export", "set", "sleep", "cd", "ray", "srun", "torchrun", "sbatch", "mkdir"}
ASSIGNMENT = re.compile(r"^\w+=")
TABLES: tuple[AttributeTable, ...] = (
    MUSIC_ATTRIBUTES,
    DMELODY_TABLE,
    SONG_ATTRIBUTES,
    DIGIT_ATTRIBUTES,
    SYMBOL_ATTRIBUTES,
    SPRITE_TABLE,
    SCENE_TABLE,
)
OWN_ATTRIBUTES = {"leaps", "warmth", "size", "height"}  # that the documents themselves define
TINY = {
    "training.steps": 6,
    "training.batch_size": 24,
    "training.validate_every": 6,
    "evaluation.items": 4,
    "evaluation.targets": 2,
    "evaluation.sweep": 3,
    "evaluation.bootstrap": 5,
    "evaluation.identity_items": 20,
    "evaluation.scored": 200,
}
TINY_NETWORKS = {
    "measure_mlp": {"hidden_size": 32, "embedding_size": 8},
    "phrase_mlp": {"hidden_size": 32, "embedding_size": 8, "context_size": 4, "reach": 4},
    "song_bars": {"bar_size": 32, "bar_code_size": 16, "hidden_size": 32, "embedding_size": 8},
    "picture_conv": {"hidden_sizes": [32]},
    "absae": {"channels": 4, "hidden": 16},
}
TINY_METHODS = {
    "absae_rel": {"labels_per_region": 5, "warm_up": 3, "discriminator_sizes": [16], "relations.batch_size": 8},
    "musae_mixture": {"critic_sizes": [16], "critic_batch_size": 16, "critic_memory": 0},
}
LESS_WORK = (
    (reader, "FEWEST_STEPS", 6),  # of the networks that read classes and labels
    (reader, "MOST_STEPS", 6),
    (editor, "GAINS", (1.0,)),
    (editor, "GAIN_ITEMS", 16),
    (traversals, "ITEMS", 1),
    (build, "ITEMS", 1),
    (song_commands, "DRAWN", 1),
    (search, "SWEEP", 9),
    (search, "PERTURBED", 8),
)
PLACEHOLDER = re.compile(r"^[A-Z_/]+$|\.\.\.")
ENVIRONMENT_OF_CHILDREN = {**os.environ, "OMP_NUM_THREADS": "1"}

COMMANDS = {
    name_of(page): [c for b in blocks_of(page) if b.language in SHELL for c in commands_of(b)] for page in PAGES
}
EVERY_COMMAND = [command for commands in COMMANDS.values() for command in commands]
LATUNE_COMMANDS = [command for command in EVERY_COMMAND if latune_words(command) is not None]
PYTHON = [block for page in PAGES for block in blocks_of(page) if block.language == "python"]
YAML = [block for page in PAGES for block in blocks_of(page) if block.language == "yaml"]


def parsed(words):
    """The chain of contexts that the command line makes of these words: it raises what it would say."""
    command = typer.main.get_command(app)
    context = command.make_context("latune", list(words))
    while hasattr(command, "commands"):
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, rest, parent=context)
    return context


def made_names():
    """Data sets that the documents themselves make."""
    names = set()
    for command in LATUNE_COMMANDS:
        words = latune_words(command)
        if words[:2] == ["data", "prepare"] and "--name" in words:
            names.add(words[words.index("--name") + 1])
    return names


def is_known_attribute(name):
    plain = re.sub(r"_\d+$", "", name)
    return plain in OWN_ATTRIBUTES or any(plain in table.names for table in TABLES)


def check_names(context):
    """What the arguments name must exist: recipes, studies, data sets, metrics, attributes."""
    values, command = context.params, context.command_path.removeprefix("latune ")
    recipe = values.get("recipe") if command == "train" else None
    if recipe and not PLACEHOLDER.search(recipe) and not recipe.endswith(".yaml"):
        load_recipe(recipe, values["set_"] or (), values["seed"])
    if command in ("data prepare", "data show") and not PLACEHOLDER.search(values["name"]):
        assert values["name"] in {*DATASETS, *made_names()}, f"no data set '{values['name']}'"
    if command == "study run" and not values["study"].endswith(".yaml") and "/" not in values["study"]:
        load_study(values["study"], quick=values["quick"])
    for key in (values["only"] or ()) if command == "metrics" else ():
        assert key in {metric.key for metric in METRICS}, f"no metric '{key}'"
    for knob in values.get("knob") or ():
        name = knob.partition("=")[0]
        assert PLACEHOLDER.search(name) or is_known_attribute(name), f"no attribute '{name}'"
    for name in [*(values.get("hold") or ()), *(values.get("attribute") or ())]:
        assert is_known_attribute(name), f"no attribute '{name}'"


@pytest.mark.parametrize("command", LATUNE_COMMANDS, ids=str)
def test_a_command_is_one(command):
    words = latune_words(command)
    if "..." in words:  # "and so on" behind a command that is written out elsewhere
        words = [word for word in words if word != "..."]
        assert words[0] in typer.main.get_command(app).commands
        return
    check_names(parsed(words))


@pytest.mark.parametrize("command", [c for c in EVERY_COMMAND if latune_words(c) is None], ids=str)
def test_another_program_is_known(command):
    words = list(command.words)
    while words and ASSIGNMENT.match(words[0]):
        words = words[1:]
    if not words:
        return
    assert words[0] in {*NO_COMMANDS, *SHELL_WORDS}, f"what is '{words[0]}'?"
    if words[0] == "python":
        script = next(word for word in words[1:] if not word.startswith("-"))
        assert (ROOT / script).is_file()
    if words[:2] == ["npm", "run"]:
        assert words[2] in json.loads((ROOT / "studio" / "package.json").read_text())["scripts"]
    if words[0] == "make":
        targets = re.findall(r"(?m)^([\w-]+):", (ROOT / "Makefile").read_text())
        assert set(words[1:]) <= set(targets)
    for extra in re.findall(r"\[([\w,]+)\]", " ".join(words)):
        known = re.findall(r"(?m)^([\w-]+) = \[", (ROOT / "pyproject.toml").read_text())
        assert set(extra.split(",")) <= set(known)


def test_commands_are_found():
    assert len(LATUNE_COMMANDS) > 150
    assert len(PYTHON) >= 8


@pytest.mark.parametrize("words", ["trian chorales/ar-vae", "train chorales/ar-vea", "edit runs/a b.mid --knop x=1"])
def test_a_mistake_would_be_found(words):
    with pytest.raises(Exception, match=r"."):
        check_names(parsed(shlex.split(words)))


@pytest.mark.parametrize("pattern", NOT_RUN)
def test_nothing_is_left_out_for_no_command(pattern):
    assert [command for command in EVERY_COMMAND if re.search(pattern, shlex.join(command.words))] != []


@pytest.mark.parametrize("block", YAML, ids=lambda block: f"{block.page}:{block.line}")
def test_yaml_is_yaml(block):
    assert isinstance(yaml.safe_load(block.text), dict)


@pytest.fixture(scope="module")
def data(synthetic, tmp_path_factory):
    """A folder of tiny data sets under the real names, as `LATUNE_DATA`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATUNE_DATA", str(tmp_path_factory.mktemp("documents-data")))
        store_all(synthetic)
        yield


@pytest.fixture
def world(data, synthetic, trained_run, tmp_path, monkeypatch):
    """The folder that a page is tried in."""
    (tmp_path / "runs").mkdir()
    write_files(tmp_path, synthetic, trained_run.folder)
    for module, name, value in LESS_WORK:
        monkeypatch.setattr(module, name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in ("my_method", "my_attributes"):
        sys.modules.pop(name, None)


def reason_not_run(command):
    """Why a command is not run; empty where it is."""
    text = shlex.join(command.words)
    if command.page in ONLY_PARSED:
        return ONLY_PARSED[command.page]
    if command.words[0] != "latune":
        return NO_COMMANDS.get(command.words[0], "another program")
    if "..." in command.words or any(PLACEHOLDER.search(word) for word in command.words[1:3]):
        return "a pattern of a command"
    if is_run_elsewhere(command):
        return "it is run on another page"
    return next((reason for pattern, reason in NOT_RUN.items() if re.search(pattern, text)), "")


def is_run_elsewhere(command):
    """Whether an earlier page has the same command, and it is one of those that take long."""
    long = command.words[1] in ("evaluate", "report", "sweep") or "data.protocol=kfold" in command.words
    alike = [each.page for each in EVERY_COMMAND if each.words[:4] == command.words[:4]]
    return long and alike[0] != command.page


def in_small(words):
    """A training of a few steps; an edit that takes what comes closest, since such a training learns nothing."""
    words = ["data.folds=2" if word.startswith("data.folds=") else word for word in words]
    if words[0] == "train" and "--resume" not in words:
        out = Path(words[words.index("--out") + 1])
        if out.exists():  # a page may show one training in two ways
            words[words.index("--out") + 1] = f"{out}-again"
        recipe = load_recipe(words[1])
        sizes = {f"model.{key}": value for key, value in TINY_NETWORKS.get(recipe.model.name, {}).items()}
        if hasattr(recipe.model, "hidden_sizes"):
            sizes["model.channels"] = [4] * len(recipe.model.channels)
        sizes |= {f"method.{key}": value for key, value in TINY_METHODS.get(recipe.method.name, {}).items()}
        for key, value in {**TINY, **sizes}.items():
            words += ["--set", f"{key}={value}".replace("'", "")]
    if words[0] == "edit" and "--knob" in words and "--nearest" not in words:
        words.append("--nearest")
    if words[0] == "evaluate" and "--items" in words:
        words[words.index("--items") + 1] = "10"
    return words


def call(words, monkeypatch):
    """Run `latune` with these words in this process; its exit code."""
    monkeypatch.setattr(sys, "argv", ["latune", *words])
    try:
        main()
    except SystemExit as ended:
        return ended.code or 0
    return 0


def execute_python(block, names, folder):
    """Run a block; one whose first line is "# NAME.py" is written to that file as well."""
    file = re.match(r"# (\w+\.py)\n", block.text)
    if file:
        (folder / file[1]).write_text(block.text)
    code = compile(block.text, f"{block.page}:{block.line}", "exec")
    names["__name__"] = "block"
    exec(code, names)


def runnable(page):
    return any(not reason_not_run(command) for command in COMMANDS[name_of(page)]) or any(
        block.page == name_of(page) for block in PYTHON
    )


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if runnable(page)], ids=name_of)
def test_a_page_works(page, world, synthetic, monkeypatch, capsys):
    if page.name != "README.md" and not is_stored("mine"):  # which the README makes, and other pages go on with
        store_dataset(replace(synthetic, name="mine"))
    given = {**arrays(), "encode": lambda items: items[:, :2], "items": arrays()["codes"]}
    names = dict(given)
    failed = []
    for block in blocks_of(page):
        if block.language == "python":
            execute_python(block, names, world)
        for command in commands_of(block) if block.language in SHELL else ():
            if reason_not_run(command):
                continue
            words = in_small(latune_words(command))
            code = call(words, monkeypatch)
            shown = capsys.readouterr()
            if code != 0:
                failed.append(f"{command}\n(as: latune {shlex.join(words)})\n{shown.err}")
    assert not failed, "\n\n".join(failed)


def test_python_m_latune():
    finished = subprocess.run(
        [sys.executable, "-m", "latune", "--version"],
        capture_output=True,
        text=True,
        check=True,
        env=ENVIRONMENT_OF_CHILDREN,
    )
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", finished.stdout)
