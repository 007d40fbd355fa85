"""`latune export --to web` and `--to html`, and what `latune studio` refuses."""

import json
import sys

import pytest

from command_line import run_latune


@pytest.fixture
def latune(monkeypatch, capsys, tmp_path, page):
    """A function from arguments to exit code, output and errors, with a built page, in a temporary folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("latune.studio.page.PAGE", page)

    return lambda *arguments: run_latune(arguments, monkeypatch, capsys)


def refusal(result):
    code, out, errors = result
    assert (code, out) == (2, "")
    (line,) = errors.splitlines()
    return line.removeprefix("Error: ")


def test_a_folder(latune, trained_run, tmp_path):
    code, out, errors = latune("export", trained_run.folder, "--to", "web", "--output", "site")
    assert code == 0, errors
    assert "run ar-vae" in out
    assert "Written: site" in out
    assert json.loads((tmp_path / "site" / "runs.json").read_text())["runs"][0]["key"] == "ar-vae"
    sentence = refusal(latune("export", trained_run.folder, "--to", "web", "--output", "site"))
    assert sentence == "site exists already: choose another --output."


def test_a_file_says_what_fills_it(latune, trained_run, tmp_path):
    code, out, errors = latune("export", trained_run.folder, "--to", "html", "--output", "a.html", "--json")
    assert code == 0, errors
    told = json.loads(out)
    assert (told["output"], list(told["bytes"])) == ("a.html", ["page", "engine", "score engraver", "run ar-vae"])
    assert (tmp_path / "a.html").stat().st_size >= sum(told["bytes"].values())


def test_several_runs_need_a_name(latune, trained_run):
    twice = (trained_run.folder, trained_run.folder)
    assert refusal(latune("export", *twice, "--to", "html")) == "Expected --output beside several runs."
    assert refusal(latune("export", *twice, "--to", "onnx", "--output", "x")) == "--to onnx writes one run: got 2."


@pytest.mark.parametrize(
    "arguments", [("export", "--to", "web"), ("export", "--to", "html"), ("studio", "--no-open", "--port", "0")]
)
def test_without_the_page_everything_else_works(latune, trained_run, tmp_path, monkeypatch, arguments):
    monkeypatch.setattr("latune.studio.page.PAGE", tmp_path / "nothing")
    command, *options = arguments
    sentence = refusal(latune(command, trained_run.folder, *options))
    assert sentence.startswith("The studio's page was not built, ")
    assert "npm ci && npm run build" in sentence
    assert [path.name for path in tmp_path.iterdir()] == []
    assert latune("export", trained_run.folder, "--to", "hub", "--output", "card")[0] == 0


def test_without_the_extra(latune, trained_run, monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    sentence = refusal(latune("studio", trained_run.folder, "--no-open"))
    assert sentence == "This needs the package 'uvicorn': pip install 'latune[studio]'."


def test_no_run(latune, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "is not a run folder" in refusal(latune("studio", "empty", "--no-open", "--port", "0"))
    assert "is not a run folder" in refusal(latune("export", "empty", "--to", "web", "--output", "site"))
    assert not (tmp_path / "site").exists()
