"""Networks in the form that can be written as a graph of ONNX: same weights, same values, for batches of any size.

Two things stand in the way. `latune.models.gru.Gru` computes in place and by an operator of oneDNN, which no graph
knows; here its steps are plain ones. And some networks read the length of their batch as a number, which would fix it
in the graph; they are written for one item and mapped over the batch.
"""

from __future__ import annotations

import copy
from typing import Any, Literal

import torch
from torch import Tensor, nn

from latune.models.gru import Gru
from latune.models.latent_model import LatentModel
from latune.models.measure_rnn import MeasureRnn
from latune.models.member_wise import transformed
from latune.models.song_bars import SongBars

__all__ = ["plain_network", "reads_its_length"]


def plain_network(model: LatentModel) -> LatentModel:
    """A copy on the CPU, in evaluation mode, that computes by operators which every graph knows."""
    plain = copy.deepcopy(model).cpu().eval()
    for module in list(plain.modules()):
        for name, child in module.named_children():
            if isinstance(child, Gru):
                setattr(module, name, _PlainGru.of(child))
    return plain


def reads_its_length(model: LatentModel, part: Literal["encoder", "decoder"]) -> bool:
    """Whether a part of a network reads the length of its batch as a number, which would be a constant of the graph."""
    return isinstance(model, SongBars) or (part == "decoder" and isinstance(model, MeasureRnn))


class _PlainGru(Gru):
    """`Gru` without gradients and dropout, step by step."""

    @classmethod
    def of(cls, gru: Gru) -> _PlainGru:
        """The same recurrence with the same weights."""
        plain = cls(
            gru.input_size,
            gru.hidden_size,
            gru.num_layers,
            batch_first=gru.batch_first,
            bidirectional=gru.bidirectional,
        )
        plain.load_state_dict(gru.state_dict())
        return plain.eval()

    def forward(self, steps: Any, state: Any = None) -> tuple[Any, Any]:
        """As in `torch.nn.GRU`, which has an operator of its own; mapped over a batch, step by step."""
        return super().forward(steps, state) if transformed() else nn.GRU.forward(self, steps, state)

    def input_gates(self, part: Tensor, start: int = 0, way: int = 0) -> Tensor:
        """As in `Gru`."""
        weight, bias = self._parameters_of("ih", 0, way)
        columns = weight[:, start : start + part.shape[-1]]
        return nn.functional.linear(part, columns, bias if start == 0 else None)

    def _run(self, gates: list[Tensor], state: Tensor, masks: list[Tensor] | None = None) -> tuple[Tensor, Tensor]:
        last = []
        outputs = gates[0]
        for layer in range(self.num_layers):
            if layer:
                ways = range(self._directions)
                gates = [nn.functional.linear(outputs, *self._parameters_of("ih", layer, way)) for way in ways]
            found = []
            for way, of_way in enumerate(gates):
                steps, final = self._recurrence(of_way, state[layer * self._directions + way], layer, way)
                found.append(steps)
                last.append(final)
            outputs = torch.stack(found, dim=-2).flatten(-2)  # `cat` would fix the size of a batch that is mapped over
        return outputs, torch.stack(last)

    def _recurrence(self, gates: Tensor, state: Tensor, layer: int, way: int) -> tuple[Tensor, Tensor]:
        """Outputs (T, N, H) and the last state (N, H) of one layer in one direction, from its gates (T, N, 3H)."""
        weight, bias = self._parameters_of("hh", layer, way)
        two, outputs = 2 * self.hidden_size, []
        for step in gates.unbind(0)[:: -1 if way else 1]:
            recurrent = nn.functional.linear(state, weight, bias)
            reset, keep = (step[:, :two] + recurrent[:, :two]).sigmoid().chunk(2, dim=1)
            new = torch.tanh(step[:, two:] + reset * recurrent[:, two:])
            state = new + keep * (state - new)
            outputs.append(state)
        return torch.stack(outputs[:: -1 if way else 1]), state
