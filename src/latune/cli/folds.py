"""`latune train` and `evaluate` where a recipe stands for one run per fold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from latune.cli.data import prepare_with_bar
from latune.cli.interruption import stop_on_interrupt, stopped_early, training_progress
from latune.cli.output import console, format_estimate, print_json, progress_bar, table
from latune.cli.plugins import load, tell_without_knob
from latune.cli.several_devices import require_one_device

if TYPE_CHECKING:
    from latune.data.dataset import Dataset
    from latune.recipes import Recipe
    from latune.training.run_folder import Run
    from latune.training.trainer import Progress

__all__ = ["evaluate_all_folds", "train_all_folds"]


def train_all_folds(folder: Path, recipe: Recipe | None = None, plugin_files: Sequence[Path] | None = None) -> None:
    """Train a fresh network for every fold, or go on with those of the folder; calibrate each one's knobs."""
    from latune.control.editor import calibrate_run
    from latune.training.folds import create_folds, open_folds, train_folds

    require_one_device("a cross-validation")
    folds = open_folds(folder) if recipe is None else create_folds(folder, recipe)
    dataset = prepare_with_bar(folds.recipe.data.name, plugins=load(plugin_files))
    if recipe is not None:
        tell_without_knob(recipe, dataset)
    with stop_on_interrupt() as stopped, progress_bar("Training") as bar:

        def show(fold: int, progress: Progress) -> None:
            training_progress(bar, f"fold {fold} of {len(folds.folders)}, ")(progress)

        def calibrate(run: Run, items: Dataset) -> None:
            if not (run.folder / "knobs.json").is_file():
                calibrate_run(run, items)

        runs = train_folds(folds, dataset, report=show, stop=lambda: bool(stopped), finish=calibrate)
    if not folds.finished:
        raise stopped_early(folder)
    rows = [
        (run.folder.name, result["steps"], result["seconds"], result["best_step"], result["best_validation_loss"])
        for run in runs
        for result in [run.read_json("finished.json")]
    ]
    table(f"Trained {len(rows)} folds: {folder}", ["fold", "steps", "seconds", "weights of step", "loss"], rows)


def evaluate_all_folds(
    folder: Path, items: int | None, directions: str, plugin_files: Sequence[Path] | None, as_json: bool
) -> None:
    """Measure every fold, and show means and intervals over folds."""
    from latune.errors import RunError
    from latune.evaluation.folds import evaluate_folds
    from latune.training.folds import open_folds

    folds, plugins = open_folds(folder), load(plugin_files)
    if directions != "dimension":
        raise RunError(f"{folder} holds folds: measure other directions of one of them, such as {folds.folders[0]}.")
    dataset = prepare_with_bar(folds.recipe.data.name, plugins=plugins)
    with progress_bar("Measuring") as bar:

        def show(fold: int, what: str, done: int, total: int) -> None:
            bar.update(done, total, title=f"Measuring {what} of fold {fold}")

        content = evaluate_folds(folds, dataset, plugins=plugins, report=show, controlled_items=items)
    if as_json:
        print_json(content)
        return
    rows = [
        (name, format_estimate({"value": entry["mean"], **entry}), entry["runs"])
        for name, entry in content["metrics"].items()
    ]
    table(f"Means over {len(content['folds'])} folds, with 95 % intervals", ["number", "mean", "folds"], rows)
    console.print(f"Written: {folder / 'folds.json'}", markup=False)
