"""The program `latune` in this process, as tests call it."""

import sys

from latune.cli import main

__all__ = ["run_latune"]


def run_latune(arguments, monkeypatch, capsys):
    """Exit code, output and errors of a command."""
    monkeypatch.setattr(sys, "argv", ["latune", *(str(argument) for argument in arguments)])
    capsys.readouterr()
    code = 0
    try:
        main()
    except SystemExit as exit_:
        code = exit_.code or 0
    captured = capsys.readouterr()
    return code, captured.out, captured.err
