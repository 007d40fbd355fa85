"""The command line, called in this process."""

from dataclasses import dataclass

import pytest

from command_line import run_latune
from latune.music.score import tune_from_ticks, write_tune


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    errors: str


@pytest.fixture
def latune(monkeypatch, capsys, tmp_path):
    """A function from arguments to exit code, output and errors; the working folder is temporary."""
    monkeypatch.chdir(tmp_path)

    return lambda *arguments: Result(*run_latune(arguments, monkeypatch, capsys))


@pytest.fixture(scope="session")
def tune(tmp_path_factory, synthetic):
    """A MIDI file of four measures."""
    path = tmp_path_factory.mktemp("tunes") / "chanson d'été.mid"
    ticks = synthetic.codec.ticks(synthetic.items[synthetic.splits["test"][:4]])
    write_tune(tune_from_ticks(ticks, title="Été"), path)
    return path
