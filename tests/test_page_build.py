"""`studio/page_build.py`: when the studio's page is built, and what is said where it cannot be."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

STUDIO = Path(__file__).parents[1] / "studio"


@pytest.fixture
def builder(tmp_path, monkeypatch):
    """The module, with a source folder and tools of its own: a node of version 20, and an npm that writes a page."""
    spec = importlib.util.spec_from_file_location("page_build", STUDIO / "page_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    studio, page, tools = tmp_path / "studio", tmp_path / "page", tmp_path / "tools"
    (studio / "src").mkdir(parents=True)
    tools.mkdir()
    (studio / "src" / "main.ts").write_text("export {};\n")
    (studio / "package-lock.json").write_text("{}\n")
    monkeypatch.setattr(module, "STUDIO", studio)
    monkeypatch.setattr(module, "PAGE", page)
    monkeypatch.setenv("PATH", str(tools))
    _tool(tools / "node", "echo v20.11.1")
    _tool(tools / "npm", f'echo "$@" >> {tmp_path}/calls; /bin/mkdir -p {page}')
    module.calls = tmp_path / "calls"
    module.tools = tools
    return module


def _tool(path, script):
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_page_is_built_once(builder):
    assert builder.build_page()
    assert [call.split()[0] for call in builder.calls.read_text().splitlines()] == ["ci", "run"]
    assert not builder.build_page()


def test_it_is_built_again_where_a_source_changed(builder):
    builder.build_page()
    (builder.STUDIO / "src" / "main.test.ts").write_text("export {};\n")
    assert not builder.build_page()
    (builder.STUDIO / "src" / "main.ts").write_text("export const more = 1;\n")
    assert builder.build_page()


def test_packages_are_fetched_only_where_the_lock_file_is_newer(builder):
    installed = builder.STUDIO / "node_modules" / ".package-lock.json"
    installed.parent.mkdir()
    installed.touch()
    os.utime(builder.STUDIO / "package-lock.json", (1, 1))
    builder.build_page()
    assert builder.calls.read_text().split()[0] == "run"


@pytest.mark.parametrize(
    ("node", "words"), [(None, "20 or newer with npm was not found"), ("echo v18.19.0", "found v18.19.0")]
)
def test_without_a_recent_node_a_sentence_says_so(builder, node, words, capsys):
    if node is None:
        (builder.tools / "node").unlink()
    else:
        _tool(builder.tools / "node", node)
    assert builder.main() == 3
    assert words in capsys.readouterr().err
    assert not builder.PAGE.exists()


@pytest.mark.parametrize(("failing", "code"), [("ci", 3), ("run", 1)])
def test_a_failing_npm_is_told_and_leaves_no_mark(builder, failing, code, capsys):
    _tool(builder.tools / "npm", f'echo output of npm; [ "$1" != {failing} ]')
    assert builder.main() == code
    errors = capsys.readouterr().err
    assert "output of npm" in errors
    assert f"`npm {failing}" in errors
    assert not (builder.PAGE / builder.STAMP).exists()


def test_an_installation_goes_on_without_the_page(builder, tmp_path):
    """As pip calls the hook, but in a Python that finds no Node."""
    hatchling = pytest.importorskip("hatchling.builders.hooks.plugin.interface")
    assert hatchling
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import hatch_build, page_build, pathlib\n"
        "page_build.PAGE = pathlib.Path(sys.argv[2])\n"
        "class App:\n"
        "    display_info = display_warning = staticmethod(print)\n"
        "hook = hatch_build.PageBuildHook.__new__(hatch_build.PageBuildHook)\n"
        "type(hook).app = App\n"
        "hook.initialize('editable', {})\n"
    )
    command = [sys.executable, "-c", script, str(STUDIO.parent), str(tmp_path / "none")]
    done = subprocess.run(command, capture_output=True, text=True, env={"PATH": str(tmp_path)}, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("latune is built without the studio's page: Node 20 or newer")
