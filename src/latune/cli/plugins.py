"""The option `--plugin` of several commands: attributes of the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from latune.cli.output import errors, progress_bar

if TYPE_CHECKING:
    from latune.data.dataset import Dataset
    from latune.plugins import Plugin
    from latune.recipes import Recipe
    from latune.training.run_folder import Run

__all__ = ["PluginFiles", "add_columns", "load", "open_run_with", "tell_without_knob"]

PluginFiles = Annotated[
    list[Path] | None,
    typer.Option("--plugin", help="Python file with attributes of your own; it is run.", metavar="FILE"),
]


def load(files: Sequence[Path] | None) -> tuple[Plugin, ...]:
    """Run the plugins that were named."""
    from latune.plugins import load_plugins

    return load_plugins(files or ())


def add_columns(dataset: Dataset, plugins: Sequence[Plugin]) -> Dataset:
    """Measure own attributes on a data set, with a progress bar."""
    from latune.data.own_attributes import with_plugins

    with progress_bar("Measuring your own attributes") as bar:
        return with_plugins(dataset, plugins, bar.update)


def open_run_with(folder: Path, plugins: Sequence[Plugin]) -> Run:
    """Open a run, and say which plugins have changed since it was trained."""
    from latune.training.run_folder import open_run

    run = open_run(folder, plugins)
    for remark in run.remarks:
        errors.print(remark, markup=False)
    return run


def tell_without_knob(recipe: Recipe, dataset: Dataset) -> None:
    """Name the own attributes that are measured but get no knob, because the recipe names others."""
    from latune.plugins import own_attributes

    knobs = recipe.resolved(dataset.table.names).knob_names(dataset.table.names)
    for attribute in own_attributes(dataset.plugins):
        if attribute.name not in knobs:
            errors.print(
                f"'{attribute.name}' gets no knob: add it to attributes.names, for example with"
                f" --set 'attributes.names=[{', '.join((*knobs, attribute.name))}]'.",
                markup=False,
            )
