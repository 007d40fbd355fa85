"""`latune data`: list, prepare and show data sets."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from latune.cli.output import console, print_json, progress_bar, table
from latune.cli.plugins import PluginFiles, add_columns, load

if TYPE_CHECKING:
    from latune.data.dataset import Dataset
    from latune.data.preparation import Preparation
    from latune.plugins import Plugin
    from latune.recipes.recipe import DataConfig

__all__ = ["app", "prepare_items", "prepare_with_bar"]

app = typer.Typer(help="List, prepare and show data sets.", no_args_is_help=True, rich_markup_mode=None)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_datasets(as_json: AsJson = False) -> None:
    """List the data sets that can be prepared.

    Example: latune data list
    """
    from latune.data.registry import DATASETS
    from latune.data.store import data_home, stored_names

    stored = stored_names()
    rows = [(s.name, "yes" if s.name in stored else "no", s.description) for s in DATASETS.values()]
    rows += [(name, "yes", "Your own.") for name in stored if name not in DATASETS]
    if as_json:
        print_json([{"name": n, "prepared": p == "yes", "description": d} for n, p, d in rows])
        return
    table(f"Data sets in {data_home()}", ["name", "prepared", "description"], rows)


@app.command()
def prepare(
    name: Annotated[str, typer.Argument(help="Name of the data set, see: latune data list")],
    again: Annotated[bool, typer.Option("--again", help="Prepare it even if it is there.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; default: one per core.")] = None,
    source: Annotated[Path | None, typer.Option(help="File or folder to read instead of the default.")] = None,
    download: Annotated[bool, typer.Option("--download", help="Fetch the original files where there are any.")] = False,
    attributes: Annotated[Path | None, typer.Option(help="CSV table of your own pictures' attributes.")] = None,
    metre: Annotated[str | None, typer.Option(help="Metre of the tunes that are kept, such as 6/8.")] = None,
    track: Annotated[str | None, typer.Option(help="Number or name of your tunes' melody track, or all.")] = None,
    store_as: Annotated[str | None, typer.Option("--name", help="Name of your own data set.")] = None,
    size: Annotated[int | None, typer.Option(help="Pixels a side of your own pictures: 32, 64 or 128.")] = None,
    colour: Annotated[bool, typer.Option("--colour", help="Keep the colours of your own pictures.")] = False,
    labels: Annotated[Path | None, typer.Option(help="CSV table of your own songs' genres: file, genres.")] = None,
    cluster: Annotated[str | None, typer.Option(help="Address of a Ray cluster for songs, or local.")] = None,
    songs: Annotated[int | None, typer.Option(min=1, help="Composed songs of each genre; default: 512.")] = None,
    any_key: Annotated[bool, typer.Option("--any-key", help="Compose songs in any key.")] = False,
    triples: Annotated[int | None, typer.Option(min=1, help="Combinations of parts per song; default: 4.")] = None,
    hop: Annotated[
        int | None, typer.Option(min=1, help="Bars from one phrase to the next; default: 1, 4 for composed songs.")
    ] = None,
    highest: Annotated[
        bool, typer.Option("--highest", help="Of chords keep the highest note, not the lowest.")
    ] = False,
    silent_bars: Annotated[int | None, typer.Option(min=0, max=15, help="Silent bars a track may have.")] = None,
    aligned: Annotated[bool, typer.Option("--aligned", help="Silent bars begin at bar lines.")] = False,
) -> None:
    """Prepare a data set and keep it in the cache (LATUNE_DATA).

    Example: latune data prepare digits --source mnist-folder

    Your own tunes: latune data prepare tunes --source folder --name jigs --metre 6/8

    Your own songs: latune data prepare midi --source folder --name band --labels genres.csv

    Your own pictures: latune data prepare images --source folder --attributes table.csv --name faces --size 64
    """
    from latune.data.preparation import Preparation
    from latune.data.store import data_home

    options = Preparation(
        source=source,
        download=download,
        attributes=attributes,
        metre=metre,
        track=track,
        name=store_as,
        size=size,
        colour=colour,
        labels=labels,
        cluster=cluster,
        songs=songs,
        any_key=any_key,
        triples=triples,
        hop=hop,
        highest=highest,
        silent_bars=silent_bars,
        aligned=aligned,
    )
    dataset = prepare_with_bar(name, again=again, workers=workers, options=options)
    for remark in dataset.description.get("remarks", ()):
        console.print(remark, markup=False)
    rejected = dataset.description.get("rejected", ())
    if rejected:
        console.print(f"Left out: {len(rejected)}, with reasons in: latune data show {dataset.name} --json")
    if "melodies" in dataset.description:
        told = dataset.description
        tunes = f"{len(told['tunes'])} tunes ({told['melodies']} melodies)"
        console.print(f"Metre {told['metre']}: {tunes}, {told['measures']} measures; those of training in every key.")
    console.print(f"{len(dataset.items)} items in {data_home() / dataset.name}", markup=False)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Name of a prepared data set")],
    output: Annotated[Path | None, typer.Option(help="File for the sheet; default: NAME.svg or NAME.png")] = None,
    measures: Annotated[int, typer.Option(min=1, max=400, help="Measures on the sheet of tunes.")] = 16,
    by: Annotated[str | None, typer.Option(help="Attribute that sorts the sheet of pictures.", metavar="NAME")] = None,
    plugin: PluginFiles = None,
    as_json: AsJson = False,
) -> None:
    """Show counts and attributes of a data set, and a sheet: its first test tunes, random pictures, or phrases.

    Example: latune data show chorales --output chorales.svg
    """
    import numpy as np

    from latune.cli.sheets import picture_sheet, song_sheet, tune_sheet
    from latune.data.picture_codec import PictureCodec
    from latune.data.song_codec import SongCodec
    from latune.data.store import load_dataset

    dataset = add_columns(load_dataset(name), load(plugin))
    if by is not None:
        dataset.table.index(by)
    description = dataset.description
    values = np.asarray(dataset.attributes)
    rows = [
        (a.name, a.unit, *(float(x) for x in np.quantile(values[:, k], [0, 0.05, 0.5, 0.95, 1])))
        for k, a in enumerate(dataset.table)
    ]
    columns = ["attribute", "unit", "lowest", "5 %", "median", "95 %", "highest"]
    if as_json:
        summary: dict[str, Any] = {k: v for k, v in description.items() if k not in ("codec", "checksums")}
        if dataset.classes is not None:
            summary["classes"] = {
                name: dict(zip(dataset.splits, row, strict=True)) for name, *row in _class_rows(dataset)
            }
        print_json({**summary, "statistics": [dict(zip(columns, row, strict=True)) for row in rows]})
        return
    console.print(f"{description['source']}\n{description['licence']}", markup=False)
    splits = ", ".join(f"{split} {count}" for split, count in description["splits"].items())
    overlap = description["overlap"]
    console.print(
        f"Items: {splits}. {overlap['test_items_also_in_train']} of {overlap['test_items']} test items also"
        f" occur in training. Left out: {len(description['rejected'])} (see --json)."
    )
    if dataset.classes is not None:
        table("Classes", ["class", *dataset.splits], _class_rows(dataset))
    table(name, columns, rows)
    if isinstance(dataset.codec, PictureCodec):
        path = picture_sheet(dataset, output or Path(f"{name}.png"), by)
    elif isinstance(dataset.codec, SongCodec):
        path = song_sheet(dataset, output or Path(f"{name}.png"))
    else:
        path = tune_sheet(dataset, output or Path(f"{name}.svg"), measures)
    console.print(f"Sheet: {path}", markup=False)


def _class_rows(dataset: Dataset) -> list[tuple[Any, ...]]:
    """A row per class: its name, and its number of items in each split."""
    import numpy as np

    names, classes = dataset.class_names, np.asarray(dataset.classes)
    counts = [np.bincount(classes[indices], minlength=len(names)).tolist() for indices in dataset.splits.values()]
    return list(zip(names, *counts, strict=True))


def prepare_with_bar(
    name: str,
    *,
    again: bool = False,
    workers: int | None = None,
    options: Preparation | None = None,
    plugins: Sequence[Plugin] = (),
) -> Dataset:
    """Open a data set, with progress bars: prepare it where it is not there yet, measure own attributes."""
    from latune.data.preparation import Preparation
    from latune.data.registry import prepare_dataset

    with progress_bar(f"Preparing {name}") as bar:
        preparation = replace(
            options or Preparation(), workers=workers or os.cpu_count() or 1, report=lambda d, t: bar.update(d, t)
        )
        dataset = prepare_dataset(name, preparation, again=again)
    return add_columns(dataset, plugins)


def prepare_items(data: DataConfig, plugins: Sequence[Plugin] = ()) -> Dataset:
    """The items that a recipe's `data:` block names, split as it says, with progress bars."""
    from latune.recipes.items import items_of

    return items_of(prepare_with_bar(data.name, plugins=plugins), data)
