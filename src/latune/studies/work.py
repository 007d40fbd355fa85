"""One run of a study from beginning to end: a function of plain values, which every executor calls in its own way."""

from __future__ import annotations

import shutil
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock

from latune.data.dataset import Dataset
from latune.data.preparation import Preparation
from latune.data.registry import ensure_dataset, prepare_dataset
from latune.data.store import data_home, is_stored, require_writable
from latune.errors import RunError
from latune.recipes import Recipe
from latune.recipes.items import items_of
from latune.recipes.loading import recipe_from_dict
from latune.recipes.recipe import DataConfig
from latune.studies.folder import holds, is_complete
from latune.training.keeping import Progress
from latune.training.run_folder import Run, open_run
from latune.training.trainer import resume, train

__all__ = ["OpenItems", "Report", "perform"]

KEPT_OPEN = 8  # views of data sets

Report = Callable[[dict[str, Any]], None]
"""Told {"phase": "preparing", "training", "calibrating" or "measuring", "step": done, "steps": in all}; while training
also "items_per_second" and "losses" by name, while measuring also "what"."""


class OpenItems:
    """Items of recipes, kept open from run to run.

    Data sets that are missing are prepared, by one process alone however many ask.
    """

    def __init__(self) -> None:
        self._views: OrderedDict[str, Dataset] = OrderedDict()

    def of(self, data: DataConfig, report: Report | None = None) -> Dataset:
        """What a recipe trains on and is measured on.

        Args:
            data: The recipe's `data:` block.
            report: Told the progress of preparing the data set.

        Raises:
            DataError: The data set is unknown, damaged, or cannot be stored.
            RecipeError: It does not fit the protocol.
        """
        key = data.model_dump_json()
        if key not in self._views:
            self._views[key] = items_of(_stored(data.name, report or (lambda _: None)), data)
            if len(self._views) > KEPT_OPEN:
                self._views.popitem(last=False)
        self._views.move_to_end(key)
        return self._views[key]


def perform(
    recipe_values: dict[str, Any],
    folder: str,
    evaluate: bool,
    report: Report | None = None,
    stop: Callable[[], bool] | None = None,
    items: OpenItems | None = None,
) -> bool:
    """Train a run or go on with it, calibrate its knobs and measure it, as far as that is not done yet.

    Args:
        recipe_values: The planned recipe as plain values.
        folder: Of the run; what a kill left of it is taken up.
        evaluate: Whether it is measured.
        report: Told the progress.
        stop: Asked often; True makes a training write a checkpoint, and ends the work.
        items: Data sets that earlier runs have opened.

    Returns:
        Whether the run is at its end; False where it was stopped.

    Raises:
        LatuneError: The run cannot be trained or measured; one sentence.
    """
    recipe, path = recipe_from_dict(recipe_values, folder), Path(folder)
    tell, asked = report or (lambda _: None), stop or (lambda: False)
    dataset = (items or OpenItems()).of(recipe.data, tell)

    def step(phase: str, done: int, total: int, **more: str) -> None:
        tell({"phase": phase, "step": done, "steps": total, **more})
        if asked():
            raise _StoppedError

    try:
        run = _trained(recipe, dataset, path, tell, asked)
        if not run.finished:
            return False
        _calibrate(run, dataset, step)
        if evaluate and not is_complete(path, evaluate):
            _measure(run, dataset, step)
    except _StoppedError:
        return False
    return True


class _StoppedError(Exception):
    """Somebody asked to stop between two steps of measuring, of which nothing is kept."""


def _trained(recipe: Recipe, dataset: Dataset, folder: Path, tell: Report, stop: Callable[[], bool]) -> Run:
    def show(progress: Progress) -> None:
        values = {"items_per_second": progress.items_per_second, "losses": progress.losses}
        tell({"phase": "training", "step": progress.step, "steps": progress.steps, **values})

    if not (folder / "run.json").is_file():
        shutil.rmtree(folder, ignore_errors=True)  # a kill while the folder was made: nothing is trained yet
        return train(recipe, dataset, folder, report=show, stop=stop)
    if not holds(folder, recipe):
        raise RunError(f"{folder} is damaged or holds the run of another recipe: remove it to train it anew.")
    return resume(folder, dataset, report=show, stop=stop)


def _calibrate(run: Run, dataset: Dataset, step: Callable[..., None]) -> None:
    from latune.control.editor import calibrate_run

    if not (run.folder / "knobs.json").is_file():
        step("calibrating", 0, 1)
        calibrate_run(run, dataset, lambda done, total: step("calibrating", done, total))


def _measure(run: Run, dataset: Dataset, step: Callable[..., None]) -> None:
    from latune.control.editor import open_editor
    from latune.evaluation.evaluate import evaluate_run

    evaluate_run(
        open_run(run.folder),
        dataset,
        open_editor(run.folder),
        lambda what, done, total: step("measuring", done, total, what=what),
    )


def _stored(name: str, tell: Report) -> Dataset:
    """A stored data set, prepared where it is missing, by one process at a time."""
    if is_stored(name):
        return ensure_dataset(name)
    require_writable()
    tell({"phase": "preparing", "step": 0, "steps": 1})
    with FileLock(data_home() / ".preparing.lock"):
        told = Preparation(report=lambda done, total: tell({"phase": "preparing", "step": done, "steps": total}))
        return prepare_dataset(name, told)
