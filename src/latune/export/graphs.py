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
        module: From one tensor (N, ...), or several, to one tensor, or several.
        input: What it reads.
        outputs: What it gives.
        reference: The same function as the run computes it.
        examples: Inputs of so many items, for tracing and for the check.
        beside: What it reads beside `input`, in the order of the module's arguments.
    """

    name: str
    module: nn.Module
    input: Port
    outputs: tuple[Port, ...]
    reference: Callable[..., tuple[Tensor, ...]]
    examples: Callable[[int], Tensor | tuple[Tensor, ...]]
    beside: tuple[Port, ...] = ()

    @property
    def file(self) -> str:
        """Its file's name."""
        return f"{self.name}.onnx"

    @property
    def inputs(self) -> tuple[Port, ...]:
        """All that it reads."""
        return (self.input, *self.beside)

    def batch(self, count: int) -> tuple[Tensor, ...]:
        """Inputs of so many items, one tensor each."""
        examples = self.examples(count)
        return (examples,) if isinstance(examples, Tensor) else examples

    def to_dict(self) -> dict[str, Any]:
        """For `latune.json`."""
        return {
            "file": self.file,
            "input": self.input.to_dict(),
            "outputs": [port.to_dict() for port in self.outputs],
        }


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
    with _quiet(), torch.no_grad():
        try:
            traced = _traced(graph)
            program = torch.onnx.export(
                traced,
                input_names=[port.name for port in graph.inputs],
                output_names=[port.name for port in graph.outputs],
                opset_version=OPSET,
                dynamo=True,
                verbose=False,
                custom_translation_table=_own_operators(),
            )
        except Exception as error:  # tracing and conversion have no common error
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise InputError(f"The {graph.name} of this network cannot be written as ONNX: {reason}") from error
        assert program is not None
        _tidy(program.model)
        program.save(str(folder / graph.file))
    difference = largest_difference(graph, folder / graph.file)
    if not difference <= TOLERANCE:
        raise RunError(f"{graph.file} differs from PyTorch by {difference:.2g}: expected at most {TOLERANCE:g}.")
    return difference


def _traced(graph: Graph) -> torch.export.ExportedProgram:
    """A graph for batches of any size."""
    size = torch.export.Dim(BATCH, min=1, max=MOST_ITEMS)
    module, example = graph.module.eval(), graph.batch(CHECKED[1])
    sizes = tuple({0: size} for _ in example)
    try:
        return torch.export.export(module, example, dynamic_shapes=sizes, strict=False)
    except torch._dynamo.exc.UserError:
        # The module reads the length of its batch by `len`, which is a constant unless the code itself is analysed.
        return torch.export.export(module, example, dynamic_shapes=sizes, strict=True)


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
        batch = graph.batch(size)
        with torch.no_grad():
            expected = [output.numpy() for output in graph.reference(*batch)]
        told = {port.name: tensor.numpy() for port, tensor in zip(graph.inputs, batch, strict=True)}
        found += _differences(session.run(None, told), expected)
    return float(np.max(found))


def _differences(outputs: Sequence[NDArray[Any]], expected: Sequence[NDArray[Any]]) -> list[float]:
    return [
        float(np.max(np.abs(one - other) / np.maximum(np.abs(other), 1.0)))
        for one, other in zip(outputs, expected, strict=True)
    ]


def _own_operators() -> dict[Any, Any]:
    """How operators are written that the exporter does not know: the matrix product of `latune.models.gru`."""
    from onnxscript import opset20 as operators

    def product(inputs: Any, weight: Any, bias: Any, *_: Any) -> Any:
        result = operators.MatMul(inputs, operators.Transpose(weight, perm=[1, 0]))
        return result if bias is None else operators.Add(result, bias)

    packet = getattr(torch.ops.mkldnn, "_linear_pointwise", None)  # some builds of PyTorch lack it, and use none
    return {} if packet is None else {packet.default: product}


def _tidy(model: Any) -> None:
    """Name the size of the batch, and take out what the exporter notes of the code that was traced.

    What lies between is numbered: the exporter may give it a name that an output has.
    """
    for holder in (model, model.graph, *model.graph.all_nodes()):
        holder.metadata_props.clear()
        holder.doc_string = None
    for weights in model.graph.initializers.values():
        weights.metadata_props.clear()
    between = [value for node in model.graph.all_nodes() for value in node.outputs if not value.is_graph_output()]
    for number, value in enumerate(between):
        value.name = f"value_{number}"
        value.metadata_props.clear()
    for value in (*model.graph.inputs, *model.graph.outputs):
        value.metadata_props.clear()
        value.shape[0] = BATCH


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
