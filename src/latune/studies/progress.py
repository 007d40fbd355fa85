"""How far a study is: what executors tell and front ends show."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from latune.studies.folder import RunState
from latune.studies.study import Budget

__all__ = ["Report", "StudyProgress", "Tally", "time_is_over"]

TRAINING = 0.8  # share of a run that is training, where nothing is known
LITTLE = 0.1  # of a run: too little to guess from


@dataclass(frozen=True)
class StudyProgress:
    """Where a study stands.

    Args:
        total: Different runs of the study.
        done: Those that are measured, or were stopped early.
        failed: Those that failed.
        working: What the runs in work do, by key: what `perform` reports last (empty where it has not yet).
        seconds_left: A rough guess; None before anything is known.
    """

    total: int
    done: int
    failed: int
    working: dict[str, dict[str, Any]] = field(default_factory=dict)
    seconds_left: float | None = None


Report = Callable[[StudyProgress], None]


class Tally:
    """Counts what happens to the runs of a study, and tells of it.

    Args:
        states: Of all runs by key, before anything is done.
        pending: Keys of the runs that are to be done.
        report: Told after every change.
    """

    def __init__(self, states: dict[str, RunState], pending: Iterable[str], report: Report | None = None) -> None:
        waiting = set(pending)
        self._total, self._report = len(states), report or (lambda _: None)
        self._done = sum(state in ("measured", "stopped") for key, state in states.items() if key not in waiting)
        self._failed = sum(state == "failed" for key, state in states.items() if key not in waiting)
        self._pending, self._ended = len(waiting), 0
        self._working: dict[str, dict[str, Any]] = {}
        self._start = time.monotonic()
        self._tell()

    def begin(self, key: str) -> None:
        """A run is in work."""
        self._working[key] = {}
        self._tell()

    def update(self, key: str, progress: dict[str, Any]) -> None:
        """A run in work tells what it does; see `latune.studies.work.perform`."""
        self._working[key] = progress
        self._tell()

    def pause(self, key: str) -> None:
        """A run is no longer in work, and not at its end."""
        self._working.pop(key, None)
        self._tell()

    def end(self, key: str, *, failed: bool = False) -> None:
        """A run is at its end."""
        self._working.pop(key, None)
        self._ended += 1
        if failed:
            self._failed += 1
        else:
            self._done += 1
        self._tell()

    def _tell(self) -> None:
        self._report(StudyProgress(self._total, self._done, self._failed, dict(self._working), self._seconds_left()))

    def _seconds_left(self) -> float | None:
        """What is left, at the speed so far."""
        done = self._ended + sum(_share(entry) for entry in self._working.values())
        passed = time.monotonic() - self._start
        return passed * (self._pending - done) / done if done > LITTLE else None


def _share(progress: dict[str, Any]) -> float:
    """How much of a run is done, roughly: training is most of it, and what follows tells no steps in all."""
    phase = progress.get("phase")
    if phase == "training":
        return float(TRAINING * progress["step"] / max(progress["steps"], 1))
    return TRAINING if phase in ("calibrating", "measuring") else 0.0


def time_is_over(budget: Budget) -> Callable[[], bool]:
    """Whether no new run may begin any more; the time of the budget begins now."""
    start = time.monotonic()
    return lambda: budget.minutes is not None and time.monotonic() - start > 60 * budget.minutes
