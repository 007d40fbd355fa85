"""`latune data`: list, prepare and show data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from latune.cli.output import console, print_json, progress_bar, table

__all__ = ["app", "prepare_with_bar"]

app = typer.Typer(help="List, prepare and show data sets.", no_args_is_help=True, rich_markup_mode=None)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_datasets(as_json: AsJson = False) -> None:
    """List the data sets that can be prepared.

    Example: latune data list
    """
    from latune.data.registry import DATASETS
    from latune.data.store import data_home, is_stored

    rows = [(s.name, "yes" if is_stored(s.name) else "no", s.description) for s in DATASETS.values()]
    if as_json:
        print_json([{"name": n, "prepared": p == "yes", "description": d} for n, p, d in rows])
        return
    table(f"Data sets in {data_home()}", ["name", "prepared", "description"], rows)


@app.command()
def prepare(
    name: Annotated[str, typer.Argument(help="Name of the data set, see: latune data list")],
    again: Annotated[bool, typer.Option("--again", help="Prepare it even if it is there.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; default: one per core.")] = None,
) -> None:
    """Prepare a data set and keep it in the cache (LATUNE_DATA).

    Example: latune data prepare chorales
    """
    from latune.data.store import data_home

    dataset = prepare_with_bar(name, again=again, workers=workers)
    console.print(f"{len(dataset.items)} items in {data_home() / name}")


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Name of a prepared data set")],
    output: Annotated[Path | None, typer.Option(help="SVG file for the sheet; default: NAME.svg")] = None,
    measures: Annotated[int, typer.Option(min=1, max=400, help="Measures on the sheet.")] = 16,
    as_json: AsJson = False,
) -> None:
    """Show counts and attributes of a data set and engrave a sheet of its first test tunes.

    Example: latune data show chorales --output chorales.svg
    """
    import numpy as np

    from latune.data.store import load_dataset
    from latune.errors import DataError
    from latune.music.engrave import engrave
    from latune.training.run_folder import write_text

    dataset = load_dataset(name)
    description = dataset.description
    values = np.asarray(dataset.attributes)
    rows = [
        (a.name, a.unit, *(float(x) for x in np.quantile(values[:, k], [0, 0.05, 0.5, 0.95, 1])))
        for k, a in enumerate(dataset.table)
    ]
    columns = ["attribute", "unit", "lowest", "5 %", "median", "95 %", "highest"]
    if as_json:
        summary: dict[str, Any] = {k: v for k, v in description.items() if k not in ("codec", "checksums")}
        print_json({**summary, "statistics": [dict(zip(columns, row, strict=True)) for row in rows]})
        return
    console.print(f"{description['source']}\n{description['licence']}")
    splits = ", ".join(f"{split} {count}" for split, count in description["splits"].items())
    overlap = description["overlap"]
    console.print(
        f"Items: {splits}. {overlap['test_items_also_in_train']} of {overlap['test_items']} test items also"
        f" occur in training. Left out: {len(description['rejected'])} files (see --json)."
    )
    table(name, columns, rows)
    path = output or Path(f"{name}.svg")
    ticks = dataset.codec.ticks(dataset.items[dataset.split("test")[:measures]])  # type: ignore[attr-defined]
    try:
        write_text(path, engrave(ticks, title=f"{name}: the first {len(ticks)} test measures"))
    except OSError as error:
        raise DataError(f"Cannot write {path}: {error.strerror}.") from error
    console.print(f"Sheet: {path}")


def prepare_with_bar(name: str, *, again: bool = False, workers: int | None = None) -> Any:
    """Open a data set, preparing it with a progress bar where it is not there yet."""
    from latune.data.registry import prepare_dataset

    title = f"Preparing {name}"
    with progress_bar(title) as bar:
        return prepare_dataset(name, again=again, workers=workers, report=lambda d, t: bar.update(d, t))
