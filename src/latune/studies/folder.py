"""The folder of a study: its plan, its runs, and what became of each of them.

`OUT/study.yaml` is the study, `OUT/plan.json` its planned runs, `OUT/runs/KEY/` are ordinary run folders,
`OUT/failures/KEY.json` says why a run failed, `OUT/stopped/KEY.json` why it was ended early, `OUT/reused/KEY.json`
where a run was copied from.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import yaml
from filelock import FileLock, Timeout

from latune.errors import LatuneError, RecipeError, RunError
from latune.recipes import Recipe
from latune.recipes.loading import recipe_from_dict
from latune.recipes.reading import read_yaml
from latune.studies.plan import PlannedRun, different_runs, identity, plan_runs
from latune.studies.study import Study, study_from_dict
from latune.training.run_folder import open_run, write_json, write_text

__all__ = ["RunState", "StudyFolder", "create_study", "is_study", "open_study"]

RunState = Literal["waiting", "training", "trained", "measured", "failed", "stopped"]

FORMAT = 1
STUDY, PLAN = "study.yaml", "plan.json"
MEASURED = ("metrics.json", "certificate.json")


@dataclass(frozen=True)
class StudyFolder:
    """The folder of a study; made by `create_study`, opened by `open_study`.

    Args:
        folder: Where it is.
    """

    folder: Path

    @cached_property
    def study(self) -> Study:
        """The study as it was resolved when the folder was made.

        Raises:
            RunError: It is missing or damaged.
        """
        path = self.folder / STUDY
        try:
            return study_from_dict(read_yaml(path), str(path))
        except LatuneError as error:
            raise RunError(f"{path} is missing or damaged: make the study anew.") from error

    @cached_property
    def runs(self) -> list[PlannedRun]:
        """All places of the study, as planned when the folder was made; places of equal recipes share their key.

        Raises:
            RunError: The plan is missing or damaged.
        """
        path = self.folder / PLAN
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return [_run_from_dict(values, path) for values in content["runs"]]
        except (OSError, ValueError, KeyError, TypeError, RecipeError) as error:
            raise RunError(f"{path} is missing or damaged: make the study anew.") from error

    def run_folder(self, key: str) -> Path:
        """Where a run is trained."""
        return self.folder / "runs" / key

    def state(self, run: PlannedRun) -> RunState:
        """What became of a run so far.

        "stopped" means ended early by a scheduler, "training" begun; a run is "measured" where all files of its end
        are there and its recipe is the planned one.
        """
        folder = self.run_folder(run.key)
        begun = holds(folder, run.recipe)
        if begun and is_complete(folder, self.study.evaluate):
            return "measured"
        if (self.folder / "stopped" / f"{run.key}.json").is_file():
            return "stopped"
        if self.failure(run.key) is not None:
            return "failed"
        if not begun:
            return "waiting"
        return "trained" if (folder / "finished.json").is_file() else "training"

    def states(self) -> dict[str, RunState]:
        """What became of every different run, by key in the order of the plan."""
        return {run.key: self.state(run) for run in different_runs(self.runs)}

    def pending(self, *, retry_failed: bool = False) -> list[PlannedRun]:
        """Different runs that are to be done.

        Args:
            retry_failed: Those that failed are tried again.
        """
        ended = ("measured", "stopped") if retry_failed else ("measured", "stopped", "failed")
        return [run for run in different_runs(self.runs) if self.state(run) not in ended]

    def failure(self, key: str) -> dict[str, Any] | None:
        """Why a run failed: "error" (one sentence), "trace", "attempts"; None where it did not."""
        return _read(self.folder / "failures" / f"{key}.json")

    def record_failure(self, key: str, error: str, trace: str = "") -> None:
        """Keep why a run failed, and count how often."""
        attempts = (self.failure(key) or {}).get("attempts", 0) + 1
        self._write("failures", key, {"error": error, "trace": trace, "attempts": attempts})

    def clear_failure(self, key: str) -> None:
        """Forget that a run failed: it has come to its end."""
        (self.folder / "failures" / f"{key}.json").unlink(missing_ok=True)

    def record_stop(self, key: str, reason: dict[str, Any]) -> None:
        """Keep why a run was ended early."""
        self._write("stopped", key, reason)

    def reuse(self, folders: Sequence[Path]) -> dict[str, Path]:
        """Copy finished runs with the planned recipes from other folders.

        What they measured is copied too, unless with another number of items than the recipe says.

        Args:
            folders: Run folders, study folders, or folders of run folders.

        Returns:
            By key, where the runs were copied from.

        Raises:
            RunError: A folder holds no runs, or a run cannot be copied.
        """
        sources = [source for folder in folders for source in _run_folders(folder)]
        found: dict[str, Path] = {}
        for source in sorted(sources, key=lambda source: not is_complete(source, True)):  # measured ones first
            found.update(self._reused(source))
        return found

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes from working on this study while the block runs.

        Raises:
            RunError: Another process works on it.
        """
        lock = FileLock(self.folder / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise RunError(
                f"{self.folder} is in work by another process: wait for it, or choose another --out."
            ) from error
        try:
            yield
        finally:
            lock.release()

    def _reused(self, source: Path) -> dict[str, Path]:
        """Copy a run to where it is planned and not finished yet."""
        if not (source / "finished.json").is_file():
            return {}
        for run in different_runs(self.runs):
            target = self.run_folder(run.key)
            if (target / "finished.json").is_file() or not holds(source, run.recipe):
                continue
            temporary = target.with_name(f".{run.key}.tmp")
            try:
                shutil.rmtree(temporary, ignore_errors=True)
                shutil.copytree(source, temporary)
                _forget_other_measures(temporary, run.recipe)
                shutil.rmtree(target, ignore_errors=True)
                temporary.rename(target)
                self._write("reused", run.key, {"from": str(source.resolve())})
            except OSError as error:
                raise RunError(f"Cannot copy {source} to {target}: {error.strerror}.") from error
            self.clear_failure(run.key)
            return {run.key: source}
        return {}

    def _write(self, kind: str, key: str, content: dict[str, Any]) -> None:
        path = self.folder / kind / f"{key}.json"
        try:
            path.parent.mkdir(exist_ok=True)
            write_json(path, content)
        except OSError as error:
            raise RunError(f"Cannot write {path}: {error.strerror}.") from error


def is_study(folder: Path) -> bool:
    """Whether a folder is that of a study."""
    return (folder / STUDY).is_file() and (folder / PLAN).is_file()


def create_study(folder: Path, study: Study, *, reuse: Sequence[Path] = (), extend: bool = False) -> StudyFolder:
    """Make the folder of a study, or open one of the same runs to go on with it.

    Args:
        folder: New, empty, or the folder of a study with the same runs.
        study: What is to be done.
        reuse: Folders whose finished runs with equal recipes are copied.
        extend: A folder whose study has other runs takes up the new ones; runs that are no longer planned stay where
            they are and no longer count.

    Raises:
        RecipeError: A recipe of the study is wrong.
        RunError: The folder holds something else, or the study has other runs; it is in work, or cannot be written.
    """
    runs = plan_runs(study)
    for source in reuse:
        _run_folders(source)  # what is no folder of runs stops here, before anything is written
    if is_study(folder):
        _refuse_other_runs(open_study(folder), runs, study, extend)
    elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RunError(f"{folder} is not empty and holds no study: choose another --out.")
    made = StudyFolder(folder)
    try:
        (folder / "runs").mkdir(parents=True, exist_ok=True)
        with made.lock():
            content = {"format": FORMAT, "runs": [_run_to_dict(run) for run in runs]}
            write_text(folder / PLAN, json.dumps(content, indent=1) + "\n")
            values = study.model_dump(mode="json", exclude_defaults=True)
            write_text(folder / STUDY, yaml.safe_dump(values, sort_keys=False, allow_unicode=True))
            made.reuse([*reuse, *([folder] if extend else [])])
    except OSError as error:
        raise RunError(f"Cannot write to {folder}: {error.strerror}.") from error
    return made


def open_study(folder: Path) -> StudyFolder:
    """Open the folder of a study.

    Raises:
        RunError: It is not one, it is damaged, or of another version.
    """
    if not is_study(folder):
        raise RunError(f"{folder} is not the folder of a study: expected {STUDY} and {PLAN} in it.")
    opened = StudyFolder(folder)
    version = (_read(folder / PLAN) or {}).get("format")
    if version != FORMAT:
        raise RunError(f"{folder / PLAN} has format {version}, expected {FORMAT}: make the study anew.")
    opened.study, opened.runs  # noqa: B018 - what is damaged is found here
    return opened


def holds(folder: Path, recipe: Recipe) -> bool:
    """Whether a folder is a run of a recipe, however far it is.

    Args:
        folder: Any folder.
        recipe: As planned; the run's own recipe names all attributes, where the planned one may leave that open.
    """
    if not (folder / "run.json").is_file():
        return False
    try:
        run = open_run(folder)
        found = identity(run.recipe)
        return found == identity(recipe) or found == identity(recipe.resolved(run.codec.table.names))
    except LatuneError:
        return False


def is_complete(folder: Path, evaluate: bool) -> bool:
    """Whether a run folder has all files of its end.

    Args:
        folder: Of the run.
        evaluate: Whether it is to be measured.
    """
    names = ("finished.json", *(MEASURED if evaluate else ("knobs.json",)))
    return all((folder / name).is_file() for name in names)


def _refuse_other_runs(there: StudyFolder, runs: list[PlannedRun], study: Study, extend: bool) -> None:
    """Two studies in one folder would be neither.

    Raises:
        RunError: They have other runs, and the folder is not to be extended.
    """
    if extend or [_run_to_dict(run) for run in there.runs] == [_run_to_dict(run) for run in runs]:
        return
    before, now = (one.model_dump(mode="json") for one in (there.study, study))
    differing = [key for key in ("recipes", "seeds", "set", "grid", "budget") if before[key] != now[key]]
    what = " and ".join(differing) or "the content of its recipes"
    raise RunError(
        f"{there.folder} holds '{there.study.name}' with other runs ({what} differ): choose another --out, or take up"
        " the new runs with --extend."
    )


def _forget_other_measures(folder: Path, recipe: Recipe) -> None:
    """Remove what a finished run measured where its certificate is of another number of items than the recipe says."""
    metrics, certificate = (_read(folder / name) or {} for name in MEASURED)
    held_out = metrics.get("data", {}).get("items", 0)
    if certificate.get("items") != min(recipe.evaluation.items, held_out):
        for name in MEASURED:
            (folder / name).unlink(missing_ok=True)


def _run_folders(folder: Path) -> list[Path]:
    """The run folders that a folder stands for.

    Raises:
        RunError: There are none.
    """
    if (folder / "run.json").is_file():
        return [folder]
    if is_study(folder):
        return sorted(path.parent for path in folder.glob("runs/*/run.json"))
    found = sorted(path.parent for path in folder.glob("*/run.json"))
    if not found:
        raise RunError(f"{folder} holds no runs to reuse: expected a run folder, a study, or a folder of runs.")
    return found


def _run_to_dict(run: PlannedRun) -> dict[str, Any]:
    recipe = run.recipe.model_dump(mode="json")
    values = {"key": run.key, "group": run.group, "label": run.label, "seed": run.seed, "cell": run.cell}
    return {**values, "recipe": recipe}


def _run_from_dict(values: dict[str, Any], path: Path) -> PlannedRun:
    recipe = recipe_from_dict(values["recipe"], f"{path}: {values['key']}")
    return PlannedRun(values["key"], values["group"], values["label"], values["seed"], values["cell"], recipe)


def _read(path: Path) -> dict[str, Any] | None:
    """A JSON file, or None where it is missing or damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
