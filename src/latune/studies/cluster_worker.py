"""What runs on the nodes of a cluster: workers, which perform runs, and a board, on which all tell how far they are.

Both are plain classes; `latune.studies.cluster` makes Ray actors of them.
"""

from __future__ import annotations

import os
import socket
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

import latune
from latune.errors import LatuneError, RunError
from latune.studies.archive import pack, unpack
from latune.studies.folder import PLAN
from latune.studies.halving import HalvingOfGroups
from latune.studies.work import OpenItems, perform

__all__ = ["Answer", "Board", "Outcome", "RunWorker", "Task", "lock_of"]

SECONDS_BETWEEN_TELLING = 0.5
SECONDS_TO_WAIT = 300.0  # for a process that is not quite dead yet and holds the folder

Answer = Literal["go on", "stop", "halt"]
"""To a run: "stop" ends this session, "halt" ends the run early, since others do better."""


@dataclass(frozen=True)
class Task:
    """A run that is to be performed.

    Args:
        key: Of the run.
        recipe: As plain values.
        folder: The run folder on storage that all nodes share; None where they share none.
        evaluate: Whether it is measured.
        begun: What there is of the run, packed; only where nodes share no storage.
    """

    key: str
    recipe: dict[str, Any]
    folder: str | None
    evaluate: bool
    begun: bytes | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a task.

    Args:
        kind: "stopped" by the user and "halted" since others do better both leave a checkpoint.
        folder: The run folder, packed; only where nodes share no storage.
        error: Why it failed, one sentence.
        trace: Where it failed.
        sound: Whether the process is fit for further runs.
    """

    kind: Literal["ended", "stopped", "halted", "failed"]
    folder: bytes | None = None
    error: str = ""
    trace: str = ""
    sound: bool = True


class Board:
    """Runs tell how far they are and hear whether to go on.

    Args:
        halving: Decides which runs are ended early, if any are.
    """

    def __init__(self, halving: HalvingOfGroups | None = None) -> None:
        self._halving = halving
        self._latest: dict[str, dict[str, Any]] = {}
        self._stopped = False

    def tell(self, key: str, progress: dict[str, Any] | None) -> Answer:
        """What a run tells (as `perform` reports it) or, with None, asks."""
        if progress is not None:
            self._latest[key] = progress
            if self._halving is not None and progress["phase"] == "training":
                told = key, progress["step"], progress["steps"], progress["losses"]
                if not self._halving.goes_on(*told):
                    return "halt"
        return "stop" if self._stopped else "go on"

    def read(self) -> dict[str, dict[str, Any]]:
        """What runs have told since the last time, by key."""
        latest, self._latest = self._latest, {}
        return latest

    def stop(self) -> None:
        """From now on all runs hear that they are to stop."""
        self._stopped = True


class RunWorker:
    """Performs one run after the other and keeps what is open between them.

    Args:
        board: The actor of the `Board`.
        threads: With so many PyTorch computes.
        environment: Variables of this process.
    """

    def __init__(self, board: Any, threads: int, environment: Mapping[str, str]) -> None:
        import torch

        os.environ.update(environment)
        torch.set_num_threads(threads)
        self._board, self._items = board, OpenItems()

    def obstacle(self, version: str, study_folder: str | None) -> str | None:
        """Why this node cannot take part, one sentence; None where it can.

        Args:
            version: Of latune where the study is.
            study_folder: What all nodes should see, if they share storage.
        """
        name = socket.gethostname()
        if version != latune.__version__:
            return f"{name} has latune {latune.__version__}, expected {version}, the version of this machine."
        if study_folder is not None and not (Path(study_folder) / PLAN).is_file():
            return f"{name} does not see {study_folder}: put it on storage that all nodes share, or use --collect."
        return None

    def perform(self, task: Task) -> Outcome:
        """Train, calibrate and measure a run, or go on with it."""
        line = _Line(self._board, task.key)
        try:
            with _place(task) as folder:
                outcome = self._performed(task, folder, line)
                return outcome if task.folder is not None else replace(outcome, folder=_packed(folder))
        except LatuneError as error:
            return Outcome("failed", error=str(error), trace=traceback.format_exc())

    def _performed(self, task: Task, folder: Path, line: _Line) -> Outcome:
        try:
            whole = perform(task.recipe, str(folder), task.evaluate, line.tell, line.is_over, self._items)
        except LatuneError as error:
            return Outcome("failed", error=str(error), trace=traceback.format_exc())
        except Exception as error:  # whatever a run does wrong, the others go on
            sentence = f"{type(error).__name__}: {error}"
            return Outcome("failed", error=sentence, trace=traceback.format_exc(), sound=False)
        if whole:
            return Outcome("ended")
        return Outcome("halted" if line.answer == "halt" else "stopped")


class _Line:
    """Between a run and the board: tells what is new, and keeps the last answer."""

    def __init__(self, board: Any, key: str) -> None:
        self.answer: Answer = "go on"
        self._board, self._key = board, key
        self._phase, self._told = "", time.monotonic()

    def tell(self, progress: dict[str, Any]) -> None:
        """Every new phase and every validation is told, other progress now and then."""
        validated = any(name.startswith("validation_") for name in progress.get("losses", ()))
        if validated or progress["phase"] != self._phase or self._is_due():
            self._phase = progress["phase"]
            self._ask(progress)

    def is_over(self) -> bool:
        """Whether the run is to stop."""
        if self._is_due():
            self._ask(None)
        return self.answer != "go on"

    def _is_due(self) -> bool:
        return time.monotonic() - self._told >= SECONDS_BETWEEN_TELLING

    def _ask(self, progress: dict[str, Any] | None) -> None:
        import ray

        answer = ray.get(self._board.tell.remote(self._key, progress))
        if self.answer == "go on":
            self.answer = answer
        self._told = time.monotonic()


@contextmanager
def _place(task: Task) -> Iterator[Path]:
    """The folder in which a run is performed: its own on shared storage, else a temporary one."""
    if task.folder is None:
        with tempfile.TemporaryDirectory(prefix="latune-") as temporary:
            folder = Path(temporary) / task.key
            if task.begun is not None:
                unpack(task.begun, folder)
            yield folder
        return
    folder = Path(task.folder)
    try:
        # A process that the cluster believes dead may still be about to end.
        with FileLock(lock_of(folder), timeout=SECONDS_TO_WAIT):
            yield folder
    except Timeout as error:
        raise RunError(f"{folder} is in work by another process.") from error


def lock_of(folder: Path) -> Path:
    """The file that a process locks while it works in a run folder."""
    return folder.with_name(f".{folder.name}.lock")


def _packed(folder: Path) -> bytes | None:
    return pack(folder) if folder.is_dir() else None
