"""The command line: arguments in, tables and files out; no logic of its own."""

from latune.cli.app import main

__all__ = ["main"]
