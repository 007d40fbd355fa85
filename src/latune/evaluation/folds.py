"""What the folds of a cross-validation say together: mean and 95 % interval of every number in `metrics.json`.

The intervals are those of Student's t over folds. Training parts of folds overlap, so the interval says how much folds
differ, and is somewhat too narrow for new data: no unbiased estimate of that variance exists.

Source: Bengio and Grandvalet 2004, No unbiased estimator of the variance of K-fold cross-validation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import scipy

from latune.control.editor import open_editor
from latune.data.dataset import Dataset
from latune.errors import RunError
from latune.evaluation.evaluate import evaluate_run
from latune.plugins import Plugin
from latune.recipes.items import items_of
from latune.training.folds import FILE, Folds
from latune.training.run_folder import open_run, write_json

__all__ = ["evaluate_folds", "mean_and_interval", "scalars", "summary"]

CONFIDENCE = 0.95

Report = Callable[[int, str, int, int], None]
"""Told (fold, what is being measured, done, total)."""

Summary = dict[str, dict[str, float | None]]


def evaluate_folds(
    folds: Folds,
    dataset: Dataset,
    *,
    plugins: Sequence[Plugin] = (),
    report: Report | None = None,
    controlled_items: int | None = None,
) -> dict[str, Any]:
    """Measure every fold on its test part, and write what they say together to `folds.json`.

    Args:
        folds: A cross-validation that is trained to its end.
        dataset: The stored data set that the recipe names, with the columns of plugins.
        plugins: Where the user's own attributes come from.
        report: Told the progress.
        controlled_items: Items that each certificate decodes; default: as the recipe says.

    Returns:
        The content of `folds.json`: the "folds", and under "metrics" the `summary` of their `metrics.json`.

    Raises:
        RunError: A fold is not trained to its end.
        DataError: A test part has fewer than 10 items.
    """
    if not folds.finished:
        raise RunError(
            f"{folds.folder}: not all {len(folds.folders)} folds are trained to their end: go on with"
            f" latune train --resume --out {folds.folder}."
        )
    measured = []
    for fold, folder in enumerate(folds.folders):
        told = None if report is None else _report_of(fold, report)
        run, items = open_run(folder, plugins), items_of(dataset, folds.recipe_of(fold).data)
        measured.append(evaluate_run(run, items, open_editor(folder, plugins), told, controlled_items))
    content = {"folds": [folder.name for folder in folds.folders], "metrics": summary(measured)}
    write_json(folds.folder / FILE, content)
    return content


def summary(contents: Sequence[Mapping[str, Any]]) -> Summary:
    """Mean and interval over runs of every number that occurs in their JSON files, by its dotted name.

    Args:
        contents: One mapping per run, such as the contents of `metrics.json`.

    Returns:
        By name: "mean", the ends "low" and "high" of the 95 % interval (None for fewer than two runs), "deviation"
        (standard deviation over runs) and "runs" (how many have this number).
    """
    numbers = [scalars(content) for content in contents]
    names = dict.fromkeys(name for one in numbers for name in one)
    return {name: mean_and_interval([one[name] for one in numbers if name in one]) for name in names}


def scalars(content: Mapping[str, Any]) -> dict[str, float]:
    """Numbers of a JSON file by dotted name, such as "scores.means.mig".

    An estimate counts as its value, without its interval. Lists, numbers of dimensions and what is not finite are left
    out.
    """
    found: dict[str, float] = {}
    for key, value in content.items():
        if isinstance(value, Mapping):
            estimate = "value" in value and not isinstance(value["value"], Mapping)
            inner = {"": value["value"]} if estimate else value
            found |= {f"{key}.{name}" if name else key: number for name, number in scalars(inner).items()}
        elif key != "dimension" and _is_number(value):
            found[key] = float(value)
    return found


def mean_and_interval(values: Sequence[float]) -> dict[str, float | None]:
    """Mean of runs with its 95 % interval, as Student's t has it; see `summary`.

    Args:
        values: One number per run, at least one.
    """
    array = np.asarray(values, float)
    mean, runs = float(array.mean()), len(array)
    if runs < 2:
        return {"mean": mean, "low": None, "high": None, "deviation": None, "runs": runs}
    deviation = float(array.std(ddof=1))
    reach = float(scipy.stats.t.ppf((1 + CONFIDENCE) / 2, runs - 1)) * deviation / math.sqrt(runs)
    return {"mean": mean, "low": mean - reach, "high": mean + reach, "deviation": deviation, "runs": runs}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _report_of(fold: int, report: Report) -> Callable[[str, int, int], None]:
    return lambda what, done, total: report(fold, what, done, total)
