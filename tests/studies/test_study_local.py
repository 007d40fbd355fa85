"""Studies in worker processes: what fails or dies takes nothing else along, and nothing is done twice."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from latune.data.store import load_dataset
from latune.studies import local
from latune.studies.folder import create_study
from latune.studies.local import run_local
from latune.studies.plan import different_runs
from latune.studies.work import perform
from latune.training.trainer import train


@pytest.fixture(scope="module")
def alone(tiny_study, tmp_path_factory):
    """Weights of the tiny recipe by seed, each trained by itself in this process."""
    folder, dataset = tmp_path_factory.mktemp("alone"), load_dataset("chorales")
    runs = create_study(folder / "study", tiny_study(seeds=3)).runs
    return {run.seed: weights(train(run.recipe, dataset, folder / str(run.seed)).folder) for run in runs}


def weights(folder):
    return (folder / "weights.safetensors").read_bytes()


def key_of(study_folder, label, seed=0):
    (key,) = [run.key for run in study_folder.runs if (run.label, run.seed) == (label, seed)]
    return key


@pytest.fixture(scope="module")
def mixed(tiny_study, tiny_recipe, tmp_path_factory):
    """A study with runs that fail in several ways, and the progress that was told."""
    recipes = [
        {"recipe": tiny_recipe, "label": "good", "group": "g"},
        {"recipe": tiny_recipe, "label": "nan", "group": "g", "set": {"training.learning_rate": 1.0e30}},
        {"recipe": tiny_recipe, "label": "no data", "group": "g", "set": {"data.name": "nowhere"}},
        {"recipe": tiny_recipe, "label": "odd", "group": "g", "set": {"training.batch_size": 32}},
    ]
    study_folder = create_study(tmp_path_factory.mktemp("studies") / "mixed", tiny_study(seeds=2, recipes=recipes))
    odd = next(run for run in study_folder.runs if run.label == "odd")
    folder = study_folder.run_folder(odd.key)
    perform(odd.recipe.model_dump(mode="json"), str(folder), False, stop=lambda: True)
    (folder / "knobs.json").mkdir()  # an error that is none of ours
    told = []
    run_local(study_folder, study_folder.pending(), 2, told.append)
    return study_folder, told


def test_failures_stop_nobody(mixed, alone):
    study_folder, _ = mixed
    states = {(run.label, run.seed): study_folder.state(run) for run in study_folder.runs}
    assert states == {
        ("good", 0): "measured",
        ("good", 1): "measured",
        ("nan", 0): "failed",
        ("nan", 1): "failed",
        ("no data", 0): "failed",
        ("no data", 1): "failed",
        ("odd", 0): "failed",
        ("odd", 1): "measured",
    }
    for seed in (0, 1):
        assert weights(study_folder.run_folder(key_of(study_folder, "good", seed))) == alone[seed]


@pytest.mark.parametrize(
    ("label", "sentence", "trace"),
    [
        ("nan", "became not a number by step 5: lower training.learning_rate", "TrainingError"),
        ("no data", "Unknown data set 'nowhere'", "DataError"),
        ("odd", "IsADirectoryError", "IsADirectoryError"),
    ],
)
def test_failures_say_why(mixed, label, sentence, trace):
    study_folder, _ = mixed
    failure = study_folder.failure(key_of(study_folder, label))
    assert sentence in failure["error"]
    assert failure["trace"].startswith("Traceback")
    assert trace in failure["trace"]
    assert failure["attempts"] == 1


def test_progress(mixed):
    study_folder, told = mixed
    assert (told[0].done, told[0].failed, told[0].total) == (0, 0, 8)
    assert (told[-1].done, told[-1].failed, told[-1].working) == (3, 5, {})
    assert max(len(progress.working) for progress in told) == 2
    ended = [progress.done + progress.failed for progress in told]
    assert ended == sorted(ended)
    key = key_of(study_folder, "good")
    steps = [p.working[key]["step"] for p in told if p.working.get(key, {}).get("phase") == "training"]
    assert steps == sorted(steps)
    assert {p.working[key]["steps"] for p in told if p.working.get(key, {}).get("phase") == "training"} == {120}
    assert all(p.seconds_left is None or p.seconds_left >= 0 for p in told)


def test_what_is_done_is_not_done_again(mixed):
    study_folder, _ = mixed
    assert study_folder.pending() == []
    assert {run.label for run in study_folder.pending(retry_failed=True)} == {"nan", "no data", "odd"}
    odd = key_of(study_folder, "odd")
    (study_folder.run_folder(odd) / "knobs.json").rmdir()
    before = {path: path.stat().st_mtime_ns for path in study_folder.folder.glob("runs/*/weights.safetensors")}
    run_local(study_folder, [run for run in study_folder.pending(retry_failed=True) if run.key == odd], 1)
    assert study_folder.states()[odd] == "measured"
    assert study_folder.failure(odd) is None
    assert {path: path.stat().st_mtime_ns for path in before} == before


@pytest.fixture
def killing(monkeypatch):
    """A function from a key and how often to a report that kills the worker of that run while it trains."""
    pools = []

    def watched(*arguments):
        return _Watched(open_pool(*arguments), pools)

    open_pool = local.open_pool
    monkeypatch.setattr(local, "open_pool", watched)

    def build(key, times):
        killed = []

        def report(progress):
            worker = next(iter(pools[-1].workers), None) if pools else None
            training = progress.working.get(key, {}).get("phase") == "training"
            if training and worker is not None and len(killed) < times and worker.process_id not in killed:
                killed.append(worker.process_id)
                os.kill(worker.process_id, signal.SIGKILL)

        return report, killed

    return build


class _Watched:
    """A context that remembers the pool which it opens."""

    def __init__(self, context, pools):
        self._context, self._pools = context, pools

    def __enter__(self):
        self._pools.append(self._context.__enter__())
        return self._pools[-1]

    def __exit__(self, *arguments):
        return self._context.__exit__(*arguments)


def test_workers_that_are_killed_are_replaced(tiny_folder, alone, killing):
    """A run whose worker is killed once goes on, one whose worker is killed twice has failed."""
    study_folder = tiny_folder(seeds=3)
    once, twice, never = study_folder.runs
    (kill_once, first), (kill_twice, second) = killing(once.key, 1), killing(twice.key, 2)
    run_local(study_folder, study_folder.pending(), 1, lambda progress: (kill_once(progress), kill_twice(progress)))
    assert (len(first), len(second)) == (1, 2)
    assert list(study_folder.states().values()) == ["measured", "failed", "measured"]
    assert "ended by signal 9, 2 times" in study_folder.failure(twice.key)["error"]
    assert [weights(study_folder.run_folder(run.key)) for run in (once, never)] == [alone[0], alone[2]]


def test_stopping_lets_workers_write_checkpoints(tiny_folder, alone):
    study_folder = tiny_folder(seeds=3)
    working = set()

    def report(progress):
        working.update(key for key, doing in progress.working.items() if doing.get("phase") == "training")

    run_local(study_folder, study_folder.pending(), 2, report, lambda: len(working) > 0)
    assert set(study_folder.states().values()) <= {"waiting", "training", "measured"}
    begun = [run for run in study_folder.runs if run.key in working]
    for run in begun:
        folder = study_folder.run_folder(run.key)
        assert list((folder / "checkpoint").glob("step-*"))
        assert perform(run.recipe.model_dump(mode="json"), str(folder), False)
        assert weights(folder) == alone[run.seed]
    assert len(begun) in (1, 2)


def test_no_run_begins_when_the_time_is_over(tiny_folder):
    study_folder = tiny_folder(seeds=3, budget={"minutes": 1e-9})
    run_local(study_folder, study_folder.pending(), 1)
    assert set(study_folder.states().values()) == {"waiting"}


def test_a_killed_study_goes_on(tiny_study, tmp_path, alone):
    """The whole group of processes is killed: no process is left, no run is lost, none is done twice."""
    study_folder = create_study(tmp_path / "out", tiny_study(seeds=3))
    command = [sys.executable, "-m", "latune", "study", "run", str(study_folder.folder), "--workers", "2"]
    first = subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE)
    runs = different_runs(study_folder.runs)
    wait_for(lambda: any(study_folder.state(run) == "measured" for run in runs), first)
    wait_for(lambda: any(begun_checkpoint(study_folder, run) for run in runs), first)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    done = {key for key, state in study_folder.states().items() if state == "measured"}
    assert 0 < len(done) < 3
    times = {key: (study_folder.run_folder(key) / "finished.json").stat().st_mtime_ns for key in done}

    run_local(study_folder, study_folder.pending(), 1)
    assert {weights(study_folder.run_folder(run.key)) for run in runs} == set(alone.values())
    assert {key: (study_folder.run_folder(key) / "finished.json").stat().st_mtime_ns for key in done} == times
    assert sorted(path.name for path in (study_folder.folder / "runs").iterdir()) == sorted(run.key for run in runs)


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="reads /proc")
def test_workers_do_not_outlive_their_parent(tmp_path):
    script = (
        "import sys, time; from pathlib import Path; from latune.studies.pool import open_pool\n"
        f"with open_pool(True, Path({str(tmp_path / 'log')!r})) as pool:\n"
        "    worker = pool.start(); assert pool.event(120)[1] == {'kind': 'ready'}\n"
        "    print(worker.process_id, flush=True); time.sleep(120)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        worker = int(parent.stdout.readline())
        assert is_alive(worker)
        parent.kill()
    wait_for(lambda: not is_alive(worker))


def begun_checkpoint(study_folder, run):
    folder = study_folder.run_folder(run.key)
    return not (folder / "finished.json").exists() and any((folder / "checkpoint").glob("step-*"))


def is_alive(process_id):
    try:
        status = Path(f"/proc/{process_id}/status").read_text()
    except OSError:
        return False
    return "State:\tZ" not in status


def wait_for(condition, process=None):
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.02)
