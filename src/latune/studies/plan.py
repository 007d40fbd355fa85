"""The plan of a study: every run that it stands for, checked before any work."""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from latune.errors import RecipeError
from latune.recipes import Recipe
from latune.recipes.loading import read_recipe, recipe_from_dict
from latune.recipes.reading import hint, set_key
from latune.studies.study import Study, StudyRecipe

__all__ = ["PlannedRun", "different_runs", "identity", "plan_runs", "with_groups"]

CHECKSUM = 8  # characters of it in a key
LONGEST = 100  # characters of the words before it: file names have limits


@dataclass(frozen=True)
class PlannedRun:
    """One place in a study.

    Places whose recipes are equal share their run, and with it their key.

    Args:
        key: Name of the run folder.
        group: The data set, or what the study calls it.
        label: The method, or what the study calls it.
        seed: Of the recipe.
        cell: Values of the grid by dotted key.
        recipe: What is trained.
    """

    key: str
    group: str
    label: str
    seed: int
    cell: dict[str, Any]
    recipe: Recipe


def plan_runs(study: Study) -> list[PlannedRun]:
    """Build and check the recipe of every run.

    Args:
        study: The study.

    Returns:
        In order of seeds, so that a study that is cut short has all recipes; places of equal recipes have one key.

    Raises:
        RecipeError: A recipe is unknown, does not accept a key or value, stands for a run per fold, or two recipes of a
            group have one label.
    """
    for name in ("set", "grid"):
        if "seed" in getattr(study, name):
            raise RecipeError(f"{study.name}: {name}: 'seed' is no key of a grid: expected it in seeds.")
    cells = [dict(zip(study.grid, values, strict=True)) for values in itertools.product(*study.grid.values())]
    owners: dict[tuple[str, str], int] = {}
    keys: dict[str, str] = {}
    contents = [read_recipe(entry.recipe) for entry in study.recipes]
    runs = []
    for seed, cell, number in itertools.product(study.seed_numbers, cells, range(len(study.recipes))):
        run = _planned(study, study.recipes[number], contents[number], cell, seed)
        if owners.setdefault((run.group, run.label), number) != number:
            raise RecipeError(
                f"{study.name}: two recipes of group '{run.group}' have the label '{run.label}': give another one."
            )
        runs.append(replace(run, key=keys.setdefault(identity(run.recipe), run.key)))
    return runs


def with_groups(study: Study, groups: Sequence[str]) -> Study:
    """The part of a study that is about some of its groups.

    Args:
        study: The study.
        groups: Names of data sets, as the study calls them.

    Raises:
        RecipeError: The study has no such group.
    """
    named = [(entry, entry.group or read_recipe(entry.recipe)["data"]["name"]) for entry in study.recipes]
    known = list(dict.fromkeys(group for _, group in named))
    expected = f"expected one of {', '.join(known)}."
    for group in groups:
        if group not in known:
            raise RecipeError(f"--only {group}: {hint(group, known, expected)}")
    return study.model_copy(update={"recipes": tuple(entry for entry, group in named if group in groups)})


def different_runs(runs: Iterable[PlannedRun]) -> list[PlannedRun]:
    """One place for every key, in order."""
    found: dict[str, PlannedRun] = {}
    for run in runs:
        found.setdefault(run.key, run)
    return list(found.values())


def identity(recipe: Recipe) -> str:
    """What recipes of one and the same run have alike: the checksum, and the names that it leaves out as defaults."""
    return f"{recipe.checksum}-{recipe.model.name}-{recipe.method.name}"


def _planned(study: Study, entry: StudyRecipe, content: dict[str, Any], cell: dict[str, Any], seed: int) -> PlannedRun:
    source = f"{study.name}: {entry.recipe}"
    values = copy.deepcopy(content)
    for name, value in {**study.set, **entry.set, **cell}.items():
        set_key(values, name, copy.deepcopy(value), f"{source}: {name}")
    if study.budget.steps is not None:
        _limit_steps(values, study.budget.steps, source)
    recipe = recipe_from_dict({**values, "seed": seed}, source)
    if recipe.data.every_fold:
        raise RecipeError(f"{source}: data.protocol kfold stands for a run per fold: add data.fold to the grid.")
    group = entry.group or recipe.data.name
    words = "-".join(_words(group, entry.label, cell))
    key = f"{words[:LONGEST].strip('-.')}-seed{seed}-{recipe.checksum[:CHECKSUM]}"
    return PlannedRun(key, group, entry.label, seed, cell, recipe)


def _limit_steps(values: dict[str, Any], most: int, source: str) -> None:
    training = values.get("training")
    steps = training.get("steps") if isinstance(training, dict) else None
    if not isinstance(steps, int):
        raise RecipeError(f"{source}: budget.steps: expected a recipe that counts steps: set training.steps.")
    values["training"] = {**training, "steps": min(steps, most)}  # type: ignore[dict-item]


def _words(group: str, label: str, cell: dict[str, Any]) -> Iterator[str]:
    for text in (group, label, *(f"{name.rpartition('.')[2]}{value}" for name, value in cell.items())):
        word = re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")
        if word:
            yield word
