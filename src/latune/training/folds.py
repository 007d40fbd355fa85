"""Cross-validation: a folder with one run per fold, each a fresh model that never sees its test part.

`OUT/recipe.yaml` is the recipe with `data.protocol: kfold` and no fold, `OUT/folds.json` lists the folds, and
`OUT/fold-0` to `OUT/fold-9` are ordinary run folders that know nothing of each other.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from latune.data.dataset import Dataset
from latune.errors import RecipeError, RunError
from latune.recipes import Recipe
from latune.recipes.items import items_of
from latune.recipes.loading import recipe_from_dict
from latune.recipes.reading import read_yaml
from latune.training.run_folder import Run, write_json, write_text
from latune.training.trainer import Progress, resume, train

__all__ = ["FILE", "Folds", "create_folds", "is_folds", "open_folds", "train_folds"]

FILE = "folds.json"

Report = Callable[[int, Progress], None]
"""Told (fold, progress of its training)."""

Finish = Callable[[Run, Dataset], None]
"""What is done with a run that is trained to its end, given its items."""


@dataclass(frozen=True)
class Folds:
    """The folder of a cross-validation.

    Args:
        folder: Where it is.
        recipe: The recipe, without a fold.
    """

    folder: Path
    recipe: Recipe

    @property
    def folders(self) -> list[Path]:
        """The run folders in order of their folds; those that have not begun do not exist yet."""
        return [self.folder / f"fold-{fold}" for fold in range(self.recipe.data.folds)]

    @property
    def finished(self) -> bool:
        """Whether every fold is trained to its end."""
        return all((folder / "finished.json").is_file() for folder in self.folders)

    def recipe_of(self, fold: int) -> Recipe:
        """The recipe of one fold: it alone decides what that run becomes."""
        data = self.recipe.data.model_copy(update={"fold": fold})
        return self.recipe.model_copy(update={"data": data})


def is_folds(folder: Path) -> bool:
    """Whether a folder is that of a cross-validation."""
    return (folder / FILE).is_file()


def create_folds(folder: Path, recipe: Recipe) -> Folds:
    """Make the folder of a cross-validation.

    Args:
        folder: New or empty.
        recipe: With `data.protocol: kfold` and no `data.fold`.

    Raises:
        RecipeError: The recipe is that of one run.
        RunError: The folder holds something already or cannot be written.
    """
    if not recipe.data.every_fold:
        raise RecipeError("data.protocol: expected kfold without data.fold, to train a run for every fold.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RunError(f"{folder} is not empty: choose another --out, or go on with --resume.")
    folds = Folds(folder, recipe)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / "recipe.yaml", yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False))
        write_json(folder / FILE, {"folds": [path.name for path in folds.folders]})
    except OSError as error:
        raise RunError(f"Cannot write to {folder}: {error.strerror}.") from error
    return folds


def open_folds(folder: Path) -> Folds:
    """Open the folder of a cross-validation.

    Raises:
        RunError: It is not one, or it is damaged.
    """
    if not is_folds(folder):
        raise RunError(f"{folder} is not the folder of a cross-validation: expected {FILE} in it.")
    try:
        content = json.loads((folder / FILE).read_text(encoding="utf-8"))
        values = read_yaml(folder / "recipe.yaml")
        folds = Folds(folder, recipe_from_dict(values, str(folder / "recipe.yaml")))
        whole = content["folds"] == [path.name for path in folds.folders] and folds.recipe.data.every_fold
    except (OSError, ValueError, TypeError, KeyError, RecursionError, RecipeError) as error:
        raise RunError(f"{folder}: {FILE} or recipe.yaml is missing or damaged.") from error
    if not whole:
        raise RunError(f"{folder}: {FILE} does not fit recipe.yaml.")
    return folds


def train_folds(
    folds: Folds,
    dataset: Dataset,
    *,
    report: Report | None = None,
    stop: Callable[[], bool] | None = None,
    finish: Finish | None = None,
) -> list[Run]:
    """Train the folds one after the other, or go on with those that are unfinished.

    Every fold begins with a network of its own, made from the recipe's seed: the result of a fold is that of training
    its recipe alone.

    Args:
        folds: A new folder, or one whose training was stopped.
        dataset: The stored data set that the recipe names, with the columns of plugins.
        report: Told the progress.
        stop: Asked after each step; True makes the fold write a checkpoint, and ends the training.
        finish: Called with every fold that is trained to its end, those of earlier calls too.

    Returns:
        The runs that have begun, in order; the last one is unfinished where it was stopped.

    Raises:
        RecipeError: The recipe does not fit the data set.
        RunError: A folder is damaged or cannot be written.
        TrainingError: The loss is not a number any more.
    """
    runs: list[Run] = []
    for fold, folder in enumerate(folds.folders):
        recipe = folds.recipe_of(fold)
        items = items_of(dataset, recipe.data)
        told = None if report is None else _report_of(fold, report)
        if (folder / "run.json").is_file():
            run = resume(folder, items, report=told, stop=stop)
        else:
            shutil.rmtree(folder, ignore_errors=True)  # a kill while the folder was made: nothing is trained yet
            run = train(recipe, items, folder, report=told, stop=stop)
        runs.append(run)
        if not run.finished:
            break
        if finish is not None:
            finish(run, items)
    return runs


def _report_of(fold: int, report: Report) -> Callable[[Progress], None]:
    return lambda progress: report(fold, progress)
