"""A study on this machine: worker processes that take one run after the other."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any

from latune.studies.folder import StudyFolder
from latune.studies.plan import PlannedRun
from latune.studies.pool import Pool, Worker, open_pool
from latune.studies.progress import Report, Tally, time_is_over

__all__ = ["MOST_DEATHS", "run_local"]

MOST_DEATHS = 2
"""So often may the process of a run be killed before the run counts as failed."""

SECONDS_BETWEEN_LOOKS = 0.1  # whether somebody asks to stop


def run_local(
    study_folder: StudyFolder,
    runs: Sequence[PlannedRun],
    workers: int | None = None,
    report: Report | None = None,
    stop: Callable[[], bool] | None = None,
) -> None:
    """Do runs of a study in worker processes; those that fail are recorded, and the others go on.

    A worker computes with one thread, or a single one with as many as PyTorch takes. A worker whose process dies is
    replaced, and its run is taken up from its checkpoint; a run whose process dies twice has failed.

    Args:
        study_folder: The study.
        runs: What is to be done, such as `study_folder.pending()`.
        workers: Processes; default: one per core.
        report: Told the progress.
        stop: Asked often; True lets every worker write a checkpoint, and ends the work.

    Raises:
        RunError: A worker process cannot begin, or the folder cannot be written.
    """
    count = workers or os.cpu_count() or 1
    tally = Tally(study_folder.states(), [run.key for run in runs], report)
    with open_pool(count > 1, study_folder.folder / "workers.log") as pool:
        _Dispatcher(study_folder, pool, runs, min(count, len(runs)), tally).work(stop or (lambda: False))


class _Dispatcher:
    """Hands runs to workers, and notes what comes back."""

    def __init__(
        self, study_folder: StudyFolder, pool: Pool, runs: Sequence[PlannedRun], workers: int, tally: Tally
    ) -> None:
        self._study_folder, self._pool, self._count, self._tally = study_folder, pool, workers, tally
        self._waiting = deque(runs)
        self._busy: dict[Worker, PlannedRun] = {}
        self._deaths: Counter[str] = Counter()
        self._evaluate, self._is_over = study_folder.study.evaluate, time_is_over(study_folder.study.budget)

    def work(self, stop: Callable[[], bool]) -> None:
        """Go on until nothing is left to do, or in work after a stop."""
        asked = False
        while True:
            if not asked and stop():
                asked = True
                for worker in self._busy:
                    worker.send({"stop": True})
            if not asked and not self._is_over():
                self._hand_out()
            if not self._busy:
                return
            event = self._pool.event(SECONDS_BETWEEN_LOOKS)
            if event is not None:
                self._note(*event)

    def _hand_out(self) -> None:
        """Give every idle worker a run."""
        while self._waiting and len(self._busy) < self._count:
            idle = next((worker for worker in self._pool.workers if worker not in self._busy), None)
            worker, run = idle or self._pool.start(), self._waiting.popleft()
            folder = self._study_folder.run_folder(run.key)
            recipe = run.recipe.model_dump(mode="json")
            self._busy[worker] = run
            worker.send({"recipe": recipe, "folder": str(folder), "evaluate": self._evaluate})
            self._tally.begin(run.key)

    def _note(self, worker: Worker, message: dict[str, Any] | None) -> None:
        """What a worker has said of its run."""
        kind = "dead" if message is None else message["kind"]
        run = self._busy.get(worker)
        if run is None or kind == "ready":
            return
        if message is not None and kind == "progress":
            self._tally.update(run.key, message["progress"])
            return
        del self._busy[worker]
        if message is None:
            self._note_death(run, worker.exit_code)
        elif kind == "failed":
            self._fail(run, message["error"], message["trace"])
            if not message["sound"]:  # an error that nobody foresaw may have left anything behind
                self._pool.dismiss(worker)
        elif kind == "stopped":
            self._tally.pause(run.key)
        else:
            self._study_folder.clear_failure(run.key)
            self._tally.end(run.key)

    def _note_death(self, run: PlannedRun, exit_code: int | None) -> None:
        """Take a run up again, unless its process has died too often."""
        self._deaths[run.key] += 1
        if self._deaths[run.key] < MOST_DEATHS:
            self._tally.pause(run.key)
            self._waiting.appendleft(run)
            return
        how = f"by signal {-exit_code}" if exit_code is not None and exit_code < 0 else f"with exit code {exit_code}"
        self._fail(run, f"The process of this run ended {how}, {MOST_DEATHS} times; perhaps the memory is too small.")

    def _fail(self, run: PlannedRun, error: str, trace: str = "") -> None:
        self._study_folder.record_failure(run.key, error, trace)
        self._tally.end(run.key, failed=True)
