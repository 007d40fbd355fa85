"""`latune export --to onnx`: a run as graphs and one JSON file that says all that is needed beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import latune
from latune.attributes import AttributeTable
from latune.control.attribute_reader import run_reader
from latune.export.folder import new_folder
from latune.export.graphs import OPSET, Graph, require_onnx, write_graph
from latune.export.run_graphs import run_graphs
from latune.export.source import RunSource
from latune.export.summary import knob_summaries
from latune.training.run_folder import write_json

__all__ = ["FORMAT", "export_onnx", "write_onnx"]

FORMAT = 1
"""Version of `latune.json`."""


def export_onnx(source: RunSource, output: Path, report: Callable[[int, int], None] | None = None) -> dict[str, float]:
    """Write `encoder.onnx`, `decoder.onnx`, `measure.onnx` where attributes are tensor code, and `latune.json`.

    Every graph is compared with PyTorch at batches of 1, 3 and 17 items; one that differs by more than 1e-4 is an
    error, and nothing is written.

    Args:
        source: A finished run.
        output: New folder.
        report: Told (graphs written, all).

    Returns:
        The largest difference that was found, by the name of the file.

    Raises:
        MissingExtraError: onnx, onnxscript or onnxruntime is not installed.
        InputError: There is a folder of that name, or the network uses something that ONNX does not have.
        RunError: A graph computes something else than the run.
    """
    require_onnx()
    with new_folder(output) as folder:
        return write_onnx(source, folder, report)


def write_onnx(source: RunSource, folder: Path, report: Callable[[int, int], None] | None = None) -> dict[str, float]:
    """Write the files of `export_onnx` into a folder that is there; arguments and errors are the same."""
    graphs = run_graphs(source.editor, run_reader(source.run))
    differences = {}
    for graph in graphs:
        differences[graph.file] = write_graph(graph, folder)
        if report is not None:
            report(len(differences), len(graphs))
    write_json(folder / "latune.json", _description(source, graphs, differences))
    return differences


def _description(source: RunSource, graphs: list[Graph], differences: Mapping[str, float]) -> dict[str, Any]:
    run, editor, certificate = source.run, source.editor, source.certificate
    data = {key: source.data_words.get(key) for key in ("source", "licence")}
    return {
        "format": FORMAT,
        "latune_version": latune.__version__,
        "opset": OPSET,
        "recipe": run.recipe.name,
        "network": run.recipe.model.name,
        "method": run.recipe.method.name,
        "seed": run.recipe.seed,
        "data": {"name": run.recipe.data.name, **data},
        "codec": run.codec.to_dict(),
        "attributes": _attributes(editor.codec.table),
        "latent_size": editor.model.latent_size,
        "graphs": {graph.name: {**graph.to_dict(), "difference": differences[graph.file]} for graph in graphs},
        "knobs": editor.knobs.to_dict(),
        "codes": None if source.codes is None else source.codes.to_dict(),
        "certificate": {
            "tolerance": None if certificate is None else certificate["tolerance"],
            "items": None if certificate is None else certificate["items"],
            "knobs": [summary.to_dict() for summary in knob_summaries(editor.knobs, certificate)],
        },
    }


def _attributes(table: AttributeTable) -> list[dict[str, Any]]:
    return [{key: value for key, value in asdict(attribute).items() if key != "measure"} for attribute in table]
