"""`latune export`: a run for other programs and other people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from latune.cli.arguments import RunFolder
from latune.cli.output import console, errors, print_json, progress_bar, table
from latune.cli.plugins import PluginFiles, load

if TYPE_CHECKING:
    from latune.export.source import RunSource

__all__ = ["export"]

FORMS = ("onnx", "hub")


def export(
    run: RunFolder,
    to: Annotated[str, typer.Option(help="What to write: onnx or hub.", metavar="FORM")],
    output: Annotated[
        Path | None, typer.Option(help="New folder; default: beside the run, named RUN-onnx or RUN-hub.")
    ] = None,
    licence: Annotated[str | None, typer.Option(help="Hub: licence of the weights, such as cc-by-4.0.")] = None,
    push: Annotated[str | None, typer.Option(help="Hub: upload the folder as well.", metavar="NAME/REPOSITORY")] = None,
    plugin: PluginFiles = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write a finished run in another form.

    onnx: encoder.onnx, decoder.onnx, measure.onnx (where attributes are tensor code) and latune.json, checked against
    PyTorch. hub: a folder that latune.load reads anywhere, with a model card filled from the run.

    Example: latune export runs/first --to onnx --output first-onnx

    latune export runs/first --to hub --licence cc-by-4.0 --push NAME/REPOSITORY
    """
    from latune.errors import InputError
    from latune.export.source import open_source

    _check(to, licence, push)
    folder = output or run.absolute().with_name(f"{run.absolute().name}-{to}")
    if folder.exists():
        raise InputError(f"{folder} exists already: choose another --output.")
    source = open_source(run, load(plugin))
    for remark in source.run.remarks:
        errors.print(remark, markup=False)
    if source.dataset is None:
        name = source.run.recipe.data.name
        errors.print(f"The data set '{name}' is not prepared here: the export cannot draw new items.", markup=False)
    if to == "onnx":
        _write_onnx(source, folder, as_json)
    else:
        _write_hub(source, folder, licence, push, as_json)


def _check(to: str, licence: str | None, push: str | None) -> None:
    from latune.errors import InputError
    from latune.export.hub import check_repository

    if to not in FORMS:
        raise InputError(f"--to {to}: expected {' or '.join(FORMS)}.")
    if to != "hub" and (licence is not None or push is not None):
        raise InputError(f"{'--licence' if licence is not None else '--push'}: expected only beside --to hub.")
    if push is not None:
        check_repository(push)


def _write_onnx(source: RunSource, folder: Path, as_json: bool) -> None:
    from latune.export.onnx_export import export_onnx

    with progress_bar("Writing graphs") as bar:
        differences = export_onnx(source, folder, bar.update)
    if as_json:
        print_json({"output": str(folder), "differences": differences})
        return
    sizes = {name: f"{(folder / name).stat().st_size / 2**20:.1f}" for name in differences}
    rows = [(name, sizes[name], f"{difference:.1e}") for name, difference in differences.items()]
    table("Graphs", ["file", "MiB", "largest difference from PyTorch"], rows)
    console.print(f"Written: {folder}", markup=False)


def _write_hub(source: RunSource, folder: Path, licence: str | None, push: str | None, as_json: bool) -> None:
    from latune.export.hub import export_hub, push_folder

    export_hub(source, folder, licence, push)
    address = push_folder(folder, push) if push is not None else None
    if as_json:
        files = sorted(path.name for path in folder.iterdir())
        print_json({"output": str(folder), "files": files, "address": address})
        return
    if licence is None:
        errors.print("No licence was chosen for the weights (--licence): the card says so.", markup=False)
    console.print(f"Written: {folder}", markup=False)
    if address is not None:
        console.print(f"Uploaded: {address}", markup=False)
