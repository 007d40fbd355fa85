"""`moves.onnx`: the moves of a run as a graph of codes and numbers of moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from latune.control.moves import Mover, has_moves, open_mover
from latune.export.graphs import Graph, Port, write_graph
from latune.models.moves import Moves
from latune.training.run_folder import Run

__all__ = ["describe_moves", "moves_graph", "write_moves"]

SEED = 0  # of the codes that the graph is traced and compared with


class _PlainMoves(nn.Module):
    """`Moves` of unary relations by operators that every graph knows: inverse factors are computed once.

    Args:
        moves: Learned moves; none of them binary.
    """

    inverses: Tensor
    centres: Tensor
    norms: Tensor

    def __init__(self, moves: Moves) -> None:
        super().__init__()
        self.moves = moves
        factors, means = moves.mixture.factors.double(), moves.mixture.means.double()
        inverses = torch.linalg.inv(factors)
        self.register_buffer("inverses", inverses.float().flatten(0, 1))
        self.register_buffer("centres", (inverses @ means[:, :, None]).flatten().float())
        self.register_buffer("norms", factors.diagonal(dim1=1, dim2=2).log().sum(dim=1).float())

    def forward(self, codes: Tensor, moves: Tensor) -> tuple[Tensor, Tensor]:
        """Codes (N, D) after moves (N,), and the most likely region of each code before it, (N,)."""
        relations, regions = moves.long(), self._regions(codes)
        moved = self.moves.learner(codes, relations)
        if self.moves.mode == "transport":
            moved = moved + self.moves.carried(codes, regions, self.moves.targets(relations, regions))
        return moved, regions.int()

    def _regions(self, codes: Tensor) -> Tensor:
        """As `Mixture.classify`."""
        whitened = codes @ self.inverses.T - self.centres
        components, size = self.moves.mixture.means.shape
        distances = whitened.reshape(-1, components, size).square().sum(dim=-1)
        return (-0.5 * distances - self.norms).argmax(dim=1)


def moves_graph(mover: Mover) -> Graph:
    """The moves of a run as a graph, of runs whose moves have one operand."""
    size = mover.mixture.latent_size

    def examples(count: int) -> tuple[Tensor, Tensor]:
        """Codes of all regions, with all moves."""
        places = np.arange(count) % mover.mixture.components
        return torch.from_numpy(mover.sample(places, SEED)), (torch.arange(count) % len(mover.names)).int()

    def reference(codes: Tensor, moves: Tensor) -> tuple[Tensor, Tensor]:
        array = codes.numpy()
        moved = torch.from_numpy(mover.move(array, moves.numpy()))
        return moved, torch.from_numpy(mover.places(array).astype(np.int32))

    return Graph(
        "moves",
        _PlainMoves(mover.moves.cpu()),
        Port("codes", "float32", (size,), "codes"),
        (
            Port("moved", "float32", (size,), "codes after the moves"),
            Port("regions", "int32", (), "the region that each code is most likely in before its move"),
        ),
        reference,
        examples,
        (Port("moves", "int32", (), "numbers of the moves"),),
    )


def write_moves(run: Run, folder: Path) -> Mover | None:
    """Write `moves.onnx`, compared with PyTorch, where a run has moves of one operand.

    Returns:
        The moves; None where there are none, or they have two operands.

    Raises:
        InputError: The network uses something that ONNX does not have.
        RunError: The graph computes something else than the run, or a file of the run is damaged.
    """
    mover = open_mover(run) if has_moves(run) else None
    if mover is None or mover.binary:
        return None
    write_graph(moves_graph(mover), folder)
    return mover


def describe_moves(mover: Mover) -> dict[str, Any]:
    """Names of moves and regions, and where each move leads to from each region, for `studio.json`."""
    relations = mover.regions.relations
    targets = [[int(target) for target in relation.table] for relation in relations]
    return {"file": "moves.onnx", "names": list(mover.names), "regions": list(mover.regions.names), "targets": targets}
