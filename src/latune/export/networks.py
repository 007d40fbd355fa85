"""Networks in the form that can be written as a graph of ONNX: same weights, same values.

`latune.models.gru.Gru` computes in place, which no graph can say: here it is the operator of ONNX, or plain steps where
a decoder reads its own output.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from latune.models.gru import Gru, linear
from latune.models.latent_model import LatentModel

__all__ = ["plain_network"]


def plain_network(model: LatentModel) -> LatentModel:
    """A copy on the CPU, in evaluation mode, that computes by operators which every graph knows."""
    plain = copy.deepcopy(model).cpu().eval()
    for module in list(plain.modules()):
        for name, child in module.named_children():
            if isinstance(child, Gru):
                setattr(module, name, _PlainGru.of(child))
    return plain


class _PlainGru(Gru):
    """`Gru` without gradients and dropout."""

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
        """As in `torch.nn.GRU`."""
        return nn.GRU.forward(self, steps, state)

    def run(self, gates: Tensor, state: Tensor, masks: list[Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """As in `Gru`, step by step; nothing is dropped."""
        outputs, last = gates, []
        for layer in range(self.num_layers):
            if layer:
                gates = linear(outputs, *self._parameters_of("ih", layer, 0))
            outputs, final = self._steps(gates, state[layer], layer)
            last.append(final)
        return outputs, torch.stack(last)

    def _steps(self, gates: Tensor, state: Tensor, layer: int) -> tuple[Tensor, Tensor]:
        """Outputs (T, N, H) and the last state (N, H) of one layer from its gates (T, N, 3H)."""
        two, outputs = 2 * self.hidden_size, []
        for step in gates.unbind(0):
            recurrent = linear(state, *self._parameters_of("hh", layer, 0))
            reset, keep = (step[:, :two] + recurrent[:, :two]).sigmoid().chunk(2, dim=1)
            new = torch.tanh(step[:, two:] + reset * recurrent[:, two:])
            state = new + keep * (state - new)
            outputs.append(state)
        return torch.stack(outputs), state
