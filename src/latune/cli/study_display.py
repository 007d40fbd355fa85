"""Live progress of a study: a line per run in work on a terminal, one line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from latune.cli.output import SECONDS_BETWEEN_LINES, errors

if TYPE_CHECKING:
    from latune.studies.progress import StudyProgress

__all__ = ["study_display"]

Show = Callable[["StudyProgress"], None]


@contextmanager
def study_display() -> Iterator[Show]:
    """A function that shows the progress of a study on the error stream while the block runs."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[note]}"))
    with Progress(*columns, console=errors, transient=True) as progress:
        yield _Bars(progress)


class _Lines:
    """A line after every run, and now and then."""

    def __init__(self) -> None:
        self._ended, self._last = -1, 0.0

    def __call__(self, progress: StudyProgress) -> None:
        now, ended = time.monotonic(), progress.done + progress.failed
        if ended == self._ended and now - self._last < SECONDS_BETWEEN_LINES:
            return
        self._ended, self._last = ended, now
        working = "; ".join(f"{key} {_words(doing)}" for key, doing in progress.working.items())
        errors.print(f"{_summary(progress)}{': ' if working else ''}{working}", markup=False)


class _Bars:
    """A bar for the study, and one for every run in work."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._whole = progress.add_task("Study", total=None, note="")
        self._bars: dict[str, TaskID] = {}

    def __call__(self, progress: StudyProgress) -> None:
        ended = progress.done + progress.failed
        self._progress.update(self._whole, completed=ended, total=progress.total, note=_summary(progress))
        for key in [key for key in self._bars if key not in progress.working]:
            self._progress.remove_task(self._bars.pop(key))
        for key, doing in progress.working.items():
            if key not in self._bars:
                self._bars[key] = self._progress.add_task(key, total=None, note="")
            done, total = doing.get("step", 0), doing.get("steps")
            self._progress.update(self._bars[key], completed=done, total=total, note=doing.get("phase", "beginning"))


def _summary(progress: StudyProgress) -> str:
    """Such as "12 of 40 runs done, 1 failed, about 5 min left"."""
    failed = f", {progress.failed} failed" if progress.failed else ""
    left = "" if progress.seconds_left is None else f", about {_duration(progress.seconds_left)} left"
    return f"{progress.done} of {progress.total} runs done{failed}{left}"


def _words(doing: dict[str, Any]) -> str:
    """Such as "training 300/8280"."""
    return f"{doing['phase']} {doing['step']}/{doing['steps']}" if doing else "begins"


def _duration(seconds: float) -> str:
    """Rounded to what a rough guess can say."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
