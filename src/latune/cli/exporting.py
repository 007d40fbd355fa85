"""`latune export`: a run for other programs and other people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from latune.cli.arguments import RunFolders
from latune.cli.output import console, errors, print_json, progress_bar, table
from latune.cli.plugins import PluginFiles, load

if TYPE_CHECKING:
    from latune.export.source import RunSource
    from latune.plugins import Plugin

__all__ = ["export"]

FORMS = ("onnx", "hub", "web", "html")
ALONE = ("onnx", "hub")  # forms of one run
PAGES = (".html", ".htm")  # how files of the form html end


def export(
    run: RunFolders,
    to: Annotated[str, typer.Option(help="What to write: onnx, hub, web or html.", metavar="FORM")],
    output: Annotated[
        Path | None,
        typer.Option(help="New folder, or file of html; default: beside the run, named RUN-onnx, RUN.html and so on."),
    ] = None,
    licence: Annotated[str | None, typer.Option(help="Hub: licence of the weights, such as cc-by-4.0.")] = None,
    push: Annotated[str | None, typer.Option(help="Hub: upload the folder as well.", metavar="NAME/REPOSITORY")] = None,
    plugin: PluginFiles = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write a finished run in another form.

    onnx: encoder.onnx, decoder.onnx, measure.onnx (where attributes are tensor code) and latune.json, checked against
    PyTorch. hub: a folder that latune.load reads anywhere, with a model card filled from the run. web: the studio with
    one or several runs, a folder for any host of static files. html: the same as one file.

    Example: latune export runs/first --to onnx --output first-onnx

    latune export runs/first --to hub --licence cc-by-4.0 --push NAME/REPOSITORY

    latune export runs/first runs/digits --to html --output studio.html
    """
    _check(to, len(run), licence, push)
    target = _target(run, to, output)
    sources = _sources(run, load(plugin))
    if to == "onnx":
        _write_onnx(sources[0], target, as_json)
    elif to == "hub":
        _write_hub(sources[0], target, licence, push, as_json)
    elif to == "web":
        _write_web(sources, target, as_json)
    else:
        _write_html(sources, target, as_json)


def _target(runs: Sequence[Path], to: str, output: Path | None) -> Path:
    """The folder or file to write, which is not there yet."""
    from latune.errors import InputError
    from latune.images.strips import check_suffix

    if output is None and len(runs) > 1:
        raise InputError("Expected --output beside several runs.")
    if to == "html" and output is not None:
        check_suffix(output, PAGES)
    run = runs[0].absolute()
    target = output or run.with_name(f"{run.name}.html" if to == "html" else f"{run.name}-{to}")
    if target.exists():
        raise InputError(f"{target} exists already: choose another --output.")
    return target


def _sources(runs: Sequence[Path], plugins: Sequence[Plugin]) -> list[RunSource]:
    from latune.export.source import open_source

    sources = [open_source(run, plugins) for run in runs]
    for source in sources:
        for remark in source.run.remarks:
            errors.print(remark, markup=False)
        if source.dataset is None:
            name = source.run.recipe.data.name
            errors.print(f"The data set '{name}' is not prepared here: the export cannot draw new items.", markup=False)
    return sources


def _check(to: str, runs: int, licence: str | None, push: str | None) -> None:
    from latune.errors import InputError
    from latune.export.hub import check_repository

    if to not in FORMS:
        raise InputError(f"--to {to}: expected {', '.join(FORMS[:-1])} or {FORMS[-1]}.")
    if to in ALONE and runs > 1:
        raise InputError(f"--to {to} writes one run: got {runs}.")
    if to not in ALONE:
        from latune.studio.page import require_page

        require_page("index.html" if to == "web" else "single.html")
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


def _write_web(sources: Sequence[RunSource], folder: Path, as_json: bool) -> None:
    from latune.studio.web import write_web

    with progress_bar("Writing runs") as bar:
        entries = write_web(sources, folder, bar.update)
    sizes = {entry.key: _bytes_below(folder / "runs" / entry.key) for entry in entries}
    if as_json:
        print_json({"output": str(folder), "runs": [entry.to_dict() for entry in entries]})
        return
    rows = [(f"run {key}", _mebibytes(size)) for key, size in sizes.items()]
    table("Studio", ["what", "MiB"], [("page", _mebibytes(_bytes_below(folder) - sum(sizes.values()))), *rows])
    console.print(f"Written: {folder}", markup=False)


def _write_html(sources: Sequence[RunSource], file: Path, as_json: bool) -> None:
    from latune.studio.single_file import write_single

    with progress_bar("Writing runs") as bar:
        shares = write_single(sources, file, bar.update)
    if as_json:
        print_json({"output": str(file), "bytes": {share.what: share.size for share in shares}})
        return
    rows = [(share.what, _mebibytes(share.size)) for share in shares]
    table("Studio", ["what", "MiB"], [*rows, ("the file", _mebibytes(file.stat().st_size))])
    console.print(f"Written: {file}", markup=False)


def _bytes_below(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:.1f}"
