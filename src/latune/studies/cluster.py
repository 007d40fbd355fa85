"""A study on a Ray cluster: workers on its nodes take one run after the other.

Where all nodes see the study folder, a run whose process or node died goes on elsewhere from its last checkpoint. Where
they share no storage (`collect`), runs are trained in temporary folders and sent back at their end; then what died with
a node begins again. Either way a run counts when its folder is whole, and once.

Ray Tune is not used: its schedulers want trainables that report through it and keep checkpoints of their own, and bring
pandas and pyarrow; what is needed of asynchronous successive halving is `latune.studies.halving`.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import latune
from latune.errors import InputError, RunError
from latune.ray_connection import LOCAL, first_line, ray_connection
from latune.studies.archive import pack, unpack
from latune.studies.cluster_worker import Board, Outcome, RunWorker, Task, lock_of
from latune.studies.folder import StudyFolder
from latune.studies.halving import EarlyStopping, HalvingOfGroups
from latune.studies.plan import PlannedRun, different_runs
from latune.studies.progress import Report, Tally, time_is_over
from latune.training.history import read_history

__all__ = ["JOURNAL", "Resources", "run_on_cluster"]

JOURNAL = "cluster.jsonl"
"""In the study folder: what became of every attempt, one line of JSON each."""

MOST_DEATHS = 4  # so often may the process of a run die before the run counts as failed
MOST_FAILED_STARTS = 8  # one after the other
SECONDS_BETWEEN_LOOKS = 0.1
SECONDS_BETWEEN_COUNTS = 2.0  # of what the cluster has


@dataclass(frozen=True)
class Resources:
    """What a run gets of a node.

    Args:
        cpus: Processors; PyTorch takes as many threads.
        gpus: GPUs, possibly a part of one; recipes for the CPU are then trained on it.

    Raises:
        InputError: A number is negative, or there is no processor.
    """

    cpus: float = 1
    gpus: float = 0

    def __post_init__(self) -> None:
        if self.cpus <= 0 or self.gpus < 0:
            raise InputError(f"A run needs more than no CPU: got {self.cpus:g} CPUs, {self.gpus:g} GPUs.")


def run_on_cluster(
    study_folder: StudyFolder,
    runs: Sequence[PlannedRun],
    *,
    address: str | None = None,
    workers: int | None = None,
    resources: Resources = Resources(),
    asha: EarlyStopping | None = None,
    collect: bool = False,
    report: Report | None = None,
    stop: Callable[[], bool] | None = None,
) -> None:
    """Do runs of a study on a cluster; those that fail are recorded, and the others go on.

    Args:
        study_folder: The study; all nodes must see it under the same path unless `collect`.
        runs: What is to be done, such as `study_folder.pending()`.
        address: Of a Ray cluster; default: one that is started on this machine.
        workers: Runs at a time; default: as many as the cluster has room for, also when nodes come and go.
        resources: Of each run.
        asha: Ends runs early that others of their group leave behind; default: none.
        collect: Nodes share no storage.
        report: Told the progress.
        stop: Asked often; True lets every run write a checkpoint, and ends the work.

    Raises:
        InputError: There is no cluster at the address, or none of its nodes has such resources.
        MissingExtraError: Ray is not installed.
        RunError: Nodes cannot take part, the connection is lost, or the folder cannot be written.
    """
    tally = Tally(study_folder.states(), [run.key for run in runs], report)
    if not runs:
        return
    here = (workers or os.cpu_count() or 1) * resources.cpus if address is None else None
    with ray_connection(address or LOCAL, None if here is None else max(1, round(here)), "--address") as ray:
        _require_room(ray, resources)
        halving = None if asha is None else _halving(asha, study_folder)
        with _crew(ray, study_folder, resources, halving, collect) as crew:
            try:
                _Dispatcher(study_folder, runs, tally, crew, workers).work(stop or (lambda: False))
            except ray.exceptions.RayError as error:
                raise RunError(f"The connection to the cluster is lost: {first_line(error)}") from error


class _Crew:
    """The actors of a study: a board beside this process, and workers wherever there is room.

    Args:
        ray: The package.
        study_folder: The study.
        resources: Of each run.
        halving: Decides which runs are ended early.
        collect: Nodes share no storage.
    """

    def __init__(
        self,
        ray: Any,
        study_folder: StudyFolder,
        resources: Resources,
        halving: HalvingOfGroups | None,
        collect: bool,
    ) -> None:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        self.ray, self.resources, self.collect = ray, resources, collect
        self._folder = None if collect else str(study_folder.folder.resolve())
        # Else it could die with another node, and take the work of all with it.
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        self.board = ray.remote(Board).options(num_cpus=0, scheduling_strategy=here).remote(halving)
        self._worker = ray.remote(RunWorker).options(num_cpus=resources.cpus, num_gpus=resources.gpus)
        self.workers: list[Any] = []
        names = ("LATUNE_DATA",) if not collect else ()
        self._environment = {name: os.environ[name] for name in names if name in os.environ}

    def start(self) -> tuple[Any, Any]:
        """One more worker, and what it will say of its node."""
        worker = self._worker.remote(self.board, max(1, int(self.resources.cpus)), self._environment)
        self.workers.append(worker)
        return worker, worker.obstacle.remote(latune.__version__, self._folder)

    def dismiss(self, worker: Any) -> None:
        """End a worker, also one that seems dead."""
        self.workers.remove(worker)
        self.ray.kill(worker)

    def room(self) -> int:
        """How many workers the cluster has room for, those that are there included."""
        return _room(self.ray.nodes(), self.resources)

    def dissolve(self) -> None:
        """End everything."""
        for actor in (*self.workers, self.board):
            self.ray.kill(actor)


@contextmanager
def _crew(
    ray: Any, study_folder: StudyFolder, resources: Resources, halving: HalvingOfGroups | None, collect: bool
) -> Iterator[_Crew]:
    crew = _Crew(ray, study_folder, resources, halving, collect)
    try:
        yield crew
    finally:
        crew.dissolve()


class _Dispatcher:
    """Hands runs to workers, and notes what becomes of them."""

    def __init__(
        self, study_folder: StudyFolder, runs: Sequence[PlannedRun], tally: Tally, crew: _Crew, workers: int | None
    ) -> None:
        self._study_folder, self._tally, self._crew, self._workers = study_folder, tally, crew, workers
        self._waiting = deque(runs)
        self._starting: dict[Any, Any] = {}  # workers by what they will say
        self._idle: list[Any] = []
        self._busy: dict[Any, tuple[Any, PlannedRun]] = {}  # workers and runs by what will become of these
        self._deaths: Counter[str] = Counter()
        self._failed_starts = 0
        self._wanted, self._counted = 0, -SECONDS_BETWEEN_COUNTS
        self._is_over = time_is_over(study_folder.study.budget)
        self._journal = study_folder.folder / JOURNAL

    def work(self, stop: Callable[[], bool]) -> None:
        """Go on until nothing is left to do, or in work after a stop."""
        ray, asked = self._crew.ray, False
        while True:
            if not asked and stop():
                asked = True
                self._crew.board.stop.remote()
            if not asked and not self._is_over():
                self._grow()
                self._hand_out()
            elif not self._busy:
                return
            if not self._waiting and not self._busy:
                return
            events = [*self._starting, *self._busy]
            finished = ray.wait(events, num_returns=len(events), timeout=SECONDS_BETWEEN_LOOKS)[0] if events else []
            for event in finished:
                if event in self._starting:
                    self._welcome(event)
                else:
                    self._note(event)
            in_work = {run.key for _, run in self._busy.values()}
            for key, progress in ray.get(self._crew.board.read.remote()).items():
                if key in in_work:
                    self._tally.update(key, progress)
            if not events:
                time.sleep(SECONDS_BETWEEN_LOOKS)

    def _grow(self) -> None:
        """Start as many workers as there is room for, and work."""
        if time.monotonic() - self._counted >= SECONDS_BETWEEN_COUNTS:
            self._wanted, self._counted = self._workers or self._crew.room(), time.monotonic()
        while len(self._crew.workers) < min(self._wanted, len(self._waiting) + len(self._busy)):
            worker, said = self._crew.start()
            self._starting[said] = worker

    def _welcome(self, said: Any) -> None:
        """A worker has begun, or could not."""
        worker = self._starting.pop(said)
        try:
            obstacle = self._crew.ray.get(said)
        except self._crew.ray.exceptions.RayError as error:
            self._crew.dismiss(worker)
            self._failed_starts += 1
            if self._failed_starts == MOST_FAILED_STARTS:
                raise RunError(f"Workers cannot begin on the cluster: {first_line(error)}") from error
            return
        if obstacle is not None:
            raise RunError(obstacle)
        self._failed_starts = 0
        self._idle.append(worker)

    def _hand_out(self) -> None:
        """Give every idle worker a run."""
        while self._waiting and self._idle:
            worker, run = self._idle.pop(), self._waiting.popleft()
            self._busy[worker.perform.remote(self._task(run))] = worker, run
            self._tally.begin(run.key)
            self._write("begun", run)

    def _task(self, run: PlannedRun) -> Task:
        folder, evaluate = self._study_folder.run_folder(run.key), self._study_folder.study.evaluate
        recipe = run.recipe.model_dump(mode="json")
        if self._crew.resources.gpus > 0 and recipe["training"]["device"] == "cpu":
            recipe["training"]["device"] = "cuda"
        if not self._crew.collect:
            return Task(run.key, recipe, str(folder.resolve()), evaluate)
        return Task(run.key, recipe, None, evaluate, pack(folder) if folder.is_dir() else None)

    def _note(self, event: Any) -> None:
        """What has become of a run."""
        worker, run = self._busy.pop(event)
        exceptions = self._crew.ray.exceptions
        try:
            outcome: Outcome = self._crew.ray.get(event)
        except exceptions.RayTaskError as error:
            self._crew.dismiss(worker)
            self._fail(run, first_line(error), str(error))
            return
        except exceptions.RayError as error:  # the process or its node has died, or what it had sent was lost with it
            self._crew.dismiss(worker)
            self._note_death(run, first_line(error))
            return
        if outcome.sound:
            self._idle.append(worker)
        else:  # an error that nobody foresaw may have left anything behind
            self._crew.dismiss(worker)
        if outcome.folder is not None:
            unpack(outcome.folder, self._study_folder.run_folder(run.key))
        if outcome.kind == "failed":
            self._fail(run, outcome.error, outcome.trace)
        elif outcome.kind == "stopped":
            self._tally.pause(run.key)
            self._write("stopped", run)
        else:
            if outcome.kind == "halted":
                self._study_folder.record_stop(run.key, self._reason(run))
            self._study_folder.clear_failure(run.key)
            self._tally.end(run.key)
            self._write(outcome.kind, run)

    def _reason(self, run: PlannedRun) -> dict[str, Any]:
        """Why a run was ended early."""
        rows = read_history(self._study_folder.run_folder(run.key))
        return {"reason": "others of its group did better", "step": int(rows[-1]["step"]) if rows else 0}

    def _note_death(self, run: PlannedRun, why: str) -> None:
        """Take a run up again, unless its process has died too often."""
        self._write("died", run, why)
        self._deaths[run.key] += 1
        if self._deaths[run.key] < MOST_DEATHS:
            self._tally.pause(run.key)
            self._waiting.appendleft(run)
            return
        self._fail(run, f"The process of this run died {MOST_DEATHS} times: {why}")

    def _fail(self, run: PlannedRun, error: str, trace: str = "") -> None:
        self._study_folder.record_failure(run.key, error, trace)
        self._tally.end(run.key, failed=True)
        self._write("failed", run, error)

    def _write(self, what: str, run: PlannedRun, why: str = "") -> None:
        """Add a line to the journal."""
        line = {"time": round(time.time(), 1), "run": run.key, "what": what, **({"why": why} if why else {})}
        try:
            with self._journal.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        except OSError as error:
            raise RunError(f"Cannot write to {self._journal}: {error.strerror}.") from error
        if what in ("ended", "halted", "failed", "stopped"):
            with contextlib.suppress(OSError):
                lock_of(self._study_folder.run_folder(run.key)).unlink(missing_ok=True)


def _halving(settings: EarlyStopping, study_folder: StudyFolder) -> HalvingOfGroups:
    """With all that the runs of the study have told so far."""
    runs = different_runs(study_folder.runs)
    halving = HalvingOfGroups(settings, {run.key: run.group for run in runs})
    for run in runs:
        halving.recall(run.key, read_history(study_folder.run_folder(run.key)))
    return halving


def _room(nodes: Sequence[Mapping[str, Any]], resources: Resources) -> int:
    """How many runs fit on nodes, as Ray describes these."""
    found = 0
    for node in nodes:
        if node["Alive"]:
            has = node["Resources"]
            wanted = {"CPU": resources.cpus, "GPU": resources.gpus}
            found += min(int(has.get(kind, 0) / count) for kind, count in wanted.items() if count > 0)
    return found


def _require_room(ray: Any, resources: Resources) -> None:
    """Check that runs fit on a node, since Ray would wait for one forever.

    Raises:
        InputError: They do not.
    """
    if _room(ray.nodes(), resources) == 0:
        raise InputError(
            f"--cpus-per-run {resources.cpus:g}, --gpus-per-run {resources.gpus:g}: no node of the cluster has as much."
        )
