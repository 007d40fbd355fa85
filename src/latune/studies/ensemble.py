"""A study whose runs are trained in teams, all members of a team at once, and then measured one by one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence

from latune.errors import LatuneError, TrainingError
from latune.studies.folder import StudyFolder
from latune.studies.local import run_local
from latune.studies.plan import PlannedRun
from latune.studies.progress import Report, Tally, time_is_over
from latune.studies.work import OpenItems
from latune.training.ensemble import ensemble_key, train_ensemble
from latune.training.keeping import Progress

__all__ = ["MEMBERS", "run_ensemble", "teams"]

MEMBERS = 8  # of a team, where nobody says how many


def run_ensemble(
    study_folder: StudyFolder,
    runs: Sequence[PlannedRun],
    workers: int | None = None,
    report: Report | None = None,
    stop: Callable[[], bool] | None = None,
    members: int = MEMBERS,
) -> None:
    """Train the runs of a study in teams in this process, then calibrate and measure them in worker processes.

    Runs that cannot be members of a team are trained by the workers too. A member that fails is recorded, and the
    others of its team go on.

    Args:
        study_folder: The study.
        runs: What is to be done, such as `study_folder.pending()`.
        workers: Processes that measure; default: one per core.
        report: Told the progress.
        stop: Asked often; True makes every member write a checkpoint, and ends the work.
        members: Most runs of a team.

    Raises:
        RunError: A worker process cannot begin, or the folder cannot be written.
    """
    tally = Tally(study_folder.states(), [run.key for run in runs], report)
    is_over, items, failed = time_is_over(study_folder.study.budget), OpenItems(), set[str]()
    asked = stop or (lambda: False)
    for team in teams(runs, members):
        if asked() or is_over():
            return
        failed |= _train(study_folder, team, items, tally, asked)
    if not asked():
        run_local(study_folder, [run for run in runs if run.key not in failed], workers, report, stop)


def teams(runs: Sequence[PlannedRun], members: int) -> list[list[PlannedRun]]:
    """Runs that can be trained together, at least two and at most `members` of them in each team."""
    alike: dict[str, list[PlannedRun]] = {}
    for run in runs:
        key = ensemble_key(run.recipe)
        if key is not None:
            alike.setdefault(json.dumps(key, sort_keys=True), []).append(run)
    found = [group[start : start + members] for group in alike.values() for start in range(0, len(group), members)]
    return [team for team in found if len(team) > 1]


def _train(
    study_folder: StudyFolder, team: list[PlannedRun], items: OpenItems, tally: Tally, stop: Callable[[], bool]
) -> set[str]:
    """Train a team; returns the keys of those that failed."""
    failures: dict[str, LatuneError] = {}
    for run in team:
        tally.begin(run.key)

    def show(number: int, progress: Progress) -> None:
        values = {"items_per_second": progress.items_per_second, "losses": progress.losses}
        tally.update(team[number].key, {"phase": "training", "step": progress.step, "steps": progress.steps, **values})

    def note(number: int, error: TrainingError) -> None:
        failures[team[number].key] = error

    folders = [study_folder.run_folder(run.key) for run in team]
    for folder in folders:
        if not (folder / "run.json").is_file():
            shutil.rmtree(folder, ignore_errors=True)  # a kill while the folder was made: nothing is trained yet
    try:
        train_ensemble(
            [run.recipe for run in team],
            items.of(team[0].recipe.data),
            folders,
            report=show,
            stop=stop,
            failed=note,
        )
    except LatuneError as error:  # of the data set or a folder: nobody of the team can go on
        failures |= {run.key: error for run in team}
    for run in team:
        if run.key in failures:
            study_folder.record_failure(run.key, str(failures[run.key]))
            tally.end(run.key, failed=True)
        else:
            tally.pause(run.key)
    return set(failures)
