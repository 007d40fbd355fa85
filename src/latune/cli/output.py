"""What the command line shows: progress, tables, plain sentences."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

__all__ = ["Bar", "console", "errors", "format_estimate", "print_json", "progress_bar", "table"]

WIDTH_ELSEWHERE = 160  # characters of a table's line where the output is not a terminal

console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDTH_ELSEWHERE)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

SECONDS_BETWEEN_LINES = 10.0  # where the output is not a terminal


class Bar:
    """One line of progress: a bar on a terminal, a line now and then elsewhere.

    Args:
        progress: The live display, or None where the output is not a terminal.
        title: What is being done.
    """

    def __init__(self, progress: Progress | None, title: str) -> None:
        self._progress = progress
        self._title = title
        self._task = progress.add_task(title, total=None, note="") if progress is not None else None
        self._start = self._last = time.monotonic()

    def update(self, done: float, total: float, note: str = "", title: str | None = None) -> None:
        """Show how far it is; `note` stands behind the bar."""
        if title is not None and title != self._title:
            self._title, self._start = title, time.monotonic()
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=total, note=note, description=self._title)
            return
        now = time.monotonic()
        if now - self._last >= SECONDS_BETWEEN_LINES or (done >= total and now - self._start > 2):
            self._last = now
            left = (now - self._start) * (total - done) / max(done, 1e-9)
            errors.print(f"{self._title}: {done:g} of {total:g}, {left:.0f} s left  {note}")


@contextmanager
def progress_bar(title: str) -> Iterator[Bar]:
    """Show progress on the error stream while the block runs."""
    if not sys.stderr.isatty():
        yield Bar(None, title)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=errors, transient=True) as progress:
        yield Bar(progress, title)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table; numbers are aligned to the right."""
    shown = Table(title=title, title_justify="left", title_style="bold", header_style="")
    for index, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[index], int | float) for row in rows)
        shown.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row))
    console.print(shown)


def format_estimate(estimate: dict[str, Any]) -> str:
    """A value with its interval: "0.912 [0.901, 0.923]"."""
    if estimate["value"] is None:
        return "-"
    if estimate["low"] is None:
        return f"{estimate['value']:.3f}"
    return f"{estimate['value']:.3f} [{estimate['low']:.3f}, {estimate['high']:.3f}]"


def print_json(content: Any) -> None:
    """Print JSON on the standard output, and nothing else."""
    sys.stdout.write(json.dumps(content, indent=1, allow_nan=False) + "\n")
