"""What a study costs besides its runs: many short runs in worker processes against the sum of the runs.

    python benchmarks/study_scheduling.py --runs 200 --workers 2

A run trains a small network on the chorales and calibrates one knob, all in about a second. The sum is of the seconds
that workers spend in their runs; what comes on top is the start of the workers, handing out, and keeping books.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import ClassVar

from latune.data.registry import ensure_dataset
from latune.studies import pool
from latune.studies.folder import create_study
from latune.studies.local import run_local
from latune.studies.study import study_from_dict

SETTINGS = {
    "model.hidden_size": 32,
    "training.batch_size": 64,
    "evaluation.attributes": ["note_density"],
}


class TimedPool(pool.Pool):
    """A pool that keeps how long runs took, and when the first one could begin."""

    seconds: ClassVar[list[float]] = []
    first: ClassVar[float] = 0.0

    def event(self, seconds):
        found = super().event(seconds)
        message = None if found is None else found[1]
        if message is not None and message["kind"] == "ready" and not TimedPool.first:
            TimedPool.first = time.perf_counter()
        if message is not None and "seconds" in message:
            TimedPool.seconds.append(message["seconds"])
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--steps", type=int, default=120)
    arguments = parser.parse_args()
    ensure_dataset("chorales")
    values = {"name": "scheduling", "seeds": arguments.runs, "evaluate": False, "recipes": ["chorales/vae"]}
    study = study_from_dict({**values, "set": {**SETTINGS, "training.steps": arguments.steps}}, "benchmark")
    pool.Pool = TimedPool
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        study_folder = create_study(Path(folder) / "study", study)
        made = time.perf_counter()
        run_local(study_folder, study_folder.pending(), arguments.workers)
        wall = time.perf_counter() - start
        assert set(study_folder.states().values()) == {"measured"}
    seconds = TimedPool.seconds
    share = sum(seconds) / arguments.workers
    print(f"{len(seconds)} runs of {sum(seconds) / len(seconds):.2f} s on {arguments.workers} workers")
    print(f"sum / workers {share:.1f} s, wall {wall:.1f} s")
    print(f"of it {made - start:.1f} s to make the study, {TimedPool.first - made:.1f} s until the first worker begins")
    print(f"overhead {100 * (wall / share - 1):.1f} %")


if __name__ == "__main__":
    main()
