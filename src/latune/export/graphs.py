"""Graphs of ONNX: what is traced, how it is written, and the check that it computes what PyTorch computes."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from latune.errors import InputError, MissingExtraError, RunError

__all__ = ["OPSET", "Graph", "Port", "largest_difference", "require_onnx", "write_graph"]

OPSET = 20
"""Version of ONNX's operators that graphs are made of."""

BATCH = "batch"
MOST_ITEMS = 2**20  # of a batch
CHECKED = (1, 3, 17)  # sizes of batches that are compared
TOLERANCE = 1e-4  # of an output, relative to its size where that is above 1


@dataclass(frozen=True)
class Port:
    """An input or output of a graph.

    Args:
        name: Its name.
        type: Element type, "float32" or "int32".
        shape: Of one item.
        meaning: What it holds, in words.
        columns: Names of its columns, where they have such.
    """

    name: str
    type: str
    shape: tuple[int, ...]
    meaning: str
    columns: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """For `latune.json`."""
        told = {"name": self.name, "type": self.type, "shape": [BATCH, *self.shape], "meaning": self.meaning}
        return {**told, "columns": list(self.columns)} if self.columns else told


@dataclass(frozen=True)
class Graph:
    """A function of batches that becomes a file.

    Args:
        name: Of the file, without its suffix.
        module: From one tensor (N, ...) to one tensor, or several.
        item_wise: Written for one item and mapped over the batch, because the module reads how long it is.
        input: What it reads.
        outputs: What it gives.
        reference: The same function as the run computes it.
        examples: Inputs of so many items, for tracing and for the check.
    """

    name: str
    module: nn.Module
    item_wise: bool
    input: Port
    outputs: tuple[Port, ...]
    reference: Callable[[Tensor], tuple[Tensor, ...]]
    examples: Callable[[int], Tensor]

    @property
    def file(self) -> str:
        """Its file's name."""
        return f"{self.name}.onnx"

    def to_dict(self) -> dict[str, Any]:
        """For `latune.json`."""
        return {
            "file": self.file,
            "input": self.input.to_dict(),
            "outputs": [port.to_dict() for port in self.outputs],
        }


class _ItemWise(nn.Module):
    """A module mapped over its batch."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, batch: Tensor) -> tuple[Tensor, ...]:
        outputs: tuple[Tensor, ...] = torch.vmap(lambda one: self.module(one[None]))(batch)
        return tuple(output[:, 0] for output in outputs)


def require_onnx() -> None:
    """Check, before any work, that the extra is there.

    Raises:
        MissingExtraError: One of its packages is not.
    """
    for package in ("onnx", "onnxscript", "onnxruntime"):
        try:
            __import__(package)
        except ImportError as error:
            raise MissingExtraError(package, "export") from error


def write_graph(graph: Graph, folder: Path) -> float:
    """Trace a graph, write it, and compare it with PyTorch.

    Returns:
        The largest difference that was found, see `largest_difference`.

    Raises:
        InputError: The network uses something that ONNX does not have.
        RunError: The graph computes something else.
    """
    module = _ItemWise(graph.module) if graph.item_wise else graph.module
    sizes = {0: torch.export.Dim(BATCH, min=1, max=MOST_ITEMS)}
    with _quiet(), torch.no_grad():
        try:
            traced = torch.export.export(
                module.eval(), (graph.examples(CHECKED[1]),), dynamic_shapes=(sizes,), strict=False
            )
            program = torch.onnx.export(
                traced,
                input_names=[graph.input.name],
                output_names=[port.name for port in graph.outputs],
                opset_version=OPSET,
                dynamo=True,
                verbose=False,
            )
        except Exception as error:  # tracing and conversion have no common error
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise InputError(f"The {graph.name} of this network cannot be written as ONNX: {reason}") from error
        assert program is not None
        _forget_sources(program.model)
        program.save(str(folder / graph.file))
    difference = largest_difference(graph, folder / graph.file)
    if not difference <= TOLERANCE:
        raise RunError(f"{graph.file} differs from PyTorch by {difference:.2g}: expected at most {TOLERANCE:g}.")
    return difference


def largest_difference(graph: Graph, path: Path) -> float:
    """How far what onnxruntime computes is from PyTorch at most, over batches of 1, 3 and 17 items.

    Differences of outputs beyond 1 are relative.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    found = []
    for size in CHECKED:
        batch = graph.examples(size)
        with torch.no_grad():
            expected = [output.numpy() for output in graph.reference(batch)]
        found += _differences(session.run(None, {graph.input.name: batch.numpy()}), expected)
    return float(max(found))


def _differences(outputs: Sequence[NDArray[Any]], expected: Sequence[NDArray[Any]]) -> list[float]:
    return [
        float(np.max(np.abs(one - other) / np.maximum(np.abs(other), 1.0)))
        for one, other in zip(outputs, expected, strict=True)
    ]


def _forget_sources(model: Any) -> None:
    """Take out what the exporter notes of the code that was traced: names of files, lines and modules."""
    for holder in (model, model.graph, *model.graph.all_nodes()):
        holder.metadata_props.clear()
        holder.doc_string = None
    for node in model.graph.all_nodes():
        for value in node.outputs:
            value.metadata_props.clear()
    for value in (*model.graph.inputs, *model.graph.initializers.values()):
        value.metadata_props.clear()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's notes on what it lacks, and its warnings about its own code."""
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
