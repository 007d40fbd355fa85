"""A GRU that trains faster on a CPU than `torch.nn.GRU`, with the same parameters and the same values.

What it does differently: the recurrent weights get their gradient from one matrix product over all steps; little is
stored on the way, because beside the products memory traffic is what costs; matrix products in float32 go through
oneDNN, where PyTorch would ask MKL, which on AMD uses half the vector width; dropout is drawn from random bytes.
On other devices, where nn.GRU is one fused kernel, nn.GRU itself runs.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from latune.models.member_wise import member_wise, stacked_members, transformed

__all__ = ["FastLinear", "Gru", "dropout_mask", "linear"]

_ATEN = torch.ops.aten
_FEW_PRODUCTS = 12 * 2**20  # up to which all members of an ensemble at once beat one after the other


class Gru(nn.GRU):
    """`torch.nn.GRU` for batched sequences, with two additions for decoders that read their own output.

    The input of the first layer can be given already multiplied by its weights (`input_gates`, `run`), so that a part
    that stays the same for many steps is multiplied once; and the dropout masks can be drawn beforehand (`masks`), so
    that a second pass over the same steps sees the same network.
    """

    def forward(self, steps: Any, state: Any = None) -> tuple[Any, Any]:
        """Outputs of the last layer and final states, as in `torch.nn.GRU`."""
        if not isinstance(steps, Tensor) or not steps.is_cpu or steps.ndim != 3 or not self.bias:
            return super().forward(steps, state)
        steps = steps.transpose(0, 1) if self.batch_first else steps
        if state is None:
            state = steps.new_zeros(self._directions * self.num_layers, steps.shape[1], self.hidden_size)
        outputs, last = self._run([self.input_gates(steps, way=way) for way in range(self._directions)], state)
        return (outputs.transpose(0, 1) if self.batch_first else outputs), last

    def run(self, gates: Tensor, state: Tensor, masks: list[Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """Outputs (T, N, H) and final states from the input gates (T, N, 3H) of the first layer, in one direction.

        Args:
            gates: What `input_gates` returns for the steps.
            state: First states (layers, N, H).
            masks: What `masks` returns for these steps; drawn anew if left out.
        """
        return self._run([gates], state, masks)

    def input_gates(self, part: Tensor, start: int = 0, way: int = 0) -> Tensor:
        """The share (..., 3H) that a part of the input has in the first layer's gates; the first part adds the bias.

        Args:
            part: Elements `start`, `start + 1`, ... of the input, (..., I).
            start: Where in the input the part begins.
            way: 0 for the forward direction, 1 for the backward one.
        """
        weight, bias = self._parameters_of("ih", 0, way)
        if part.shape[-1] < self.input_size:
            weight = weight[:, start : start + part.shape[-1]].contiguous()
        return linear(part, weight, bias if start == 0 else None)

    def masks(self, steps: int, rows: int) -> list[Tensor] | None:
        """Dropout masks (T, N, directions * H) to go between the layers; None outside training."""
        if not self.training or self.dropout == 0:
            return None
        shape = (steps, rows, self._directions * self.hidden_size)
        like: Any = self.weight_hh_l0
        return [dropout_mask(shape, self.dropout, like) for _ in range(self.num_layers - 1)]

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    def _parameters_of(self, kind: str, layer: int, way: int) -> tuple[Tensor, Tensor]:
        end = f"{kind}_l{layer}" + ("_reverse" if way else "")
        return getattr(self, f"weight_{end}"), getattr(self, f"bias_{end}")

    def _run(self, gates: list[Tensor], state: Tensor, masks: list[Tensor] | None = None) -> tuple[Tensor, Tensor]:
        masks = self.masks(*gates[0].shape[:2]) if masks is None else masks
        outputs, last = gates[0], []
        for layer in range(self.num_layers):
            if layer:
                steps = outputs if masks is None else outputs * masks[layer - 1]
                gates = [linear(steps, *self._parameters_of("ih", layer, way)) for way in range(self._directions)]
            ways = []
            for way, of_way in enumerate(gates):
                first = state[layer * self._directions + way]
                weight, bias = self._parameters_of("hh", layer, way)
                # Inside the function gradients are always off, so it is told whether anybody wants them.
                one, final = _RECURRENCE(of_way, first, weight, bias, bool(way), torch.is_grad_enabled())
                ways.append(one)
                last.append(final)
            outputs = ways[0] if len(ways) == 1 else torch.cat(ways, dim=-1)
        return outputs, torch.stack(last)


def linear(inputs: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`torch.nn.functional.linear`; in float32 on a CPU all three products of a training step go through oneDNN."""
    if transformed():
        many = inputs.numel() * weight.shape[0] >= _FEW_PRODUCTS and inputs.is_cpu and stacked_members()
        return member_wise(linear, inputs, weight, bias) if many else F.linear(inputs, weight, bias)
    result: Tensor = _LINEAR(inputs, weight, bias)
    return result


def dropout_mask(shape: tuple[int, ...], drop: float, like: Tensor) -> Tensor:
    """0 with probability `drop`, else 1 / (1 - drop), from the global generator of PyTorch.

    Eight elements share one draw of 64 random bits if a byte can tell the two cases apart exactly, as at 0.5.
    """
    mask = torch.empty(shape, dtype=like.dtype, device=like.device)
    if drop == 1:
        return mask.zero_()
    limit = drop * 256
    if limit != int(limit):
        return mask.bernoulli_(1 - drop).mul_(1 / (1 - drop))
    words = torch.empty((mask.numel() + 7) // 8, dtype=torch.int64, device=like.device).random_(-(2**63), None)
    kept = words.view(torch.uint8)[: mask.numel()] >= int(limit)
    return mask.copy_(kept.view(shape)).mul_(1 / (1 - drop))


class _Linear(torch.autograd.Function):
    """`F.linear`. The way back is made of the same function, so it can be differentiated again."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(inputs, weight)
        return _product(inputs.flatten(0, -2), weight, bias).view(*inputs.shape[:-1], weight.shape[0])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        inputs, weight = ctx.saved_tensors
        for_inputs, for_weight, for_bias = ctx.needs_input_grad
        flat = gradient.flatten(0, -2)
        return (
            linear(flat, weight.t()).view_as(inputs) if for_inputs else None,
            _weight_gradient(flat, inputs.flatten(0, -2)) if for_weight else None,
            flat.sum(0) if for_bias else None,
        )


class _Recurrence(torch.autograd.Function):
    """One layer in one direction: gates (T, N, 3H) and first state (N, H) to outputs (T, N, H) and last state (N, H).

    With r, z, n the gates of nn.GRU and s = W_hn h + b_hn, a step is h' = n + z (h - n), n = tanh(i_n + r s).
    For the way back, each step keeps [r, z, s] in the place of the product they came from, n, and h', the output.
    A way back that shall be differentiated again goes through the plain steps instead.
    """

    @staticmethod
    def forward(
        ctx: Any, gates: Tensor, first: Tensor, weight: Tensor, bias: Tensor, reverse: bool, learns: bool
    ) -> tuple[Tensor, Tensor]:
        steps, rows, hidden = gates.shape[0], *first.shape
        two = 2 * hidden
        states = gates.new_empty(steps + 1, rows, hidden)
        before, after = (states[1:], states[:-1]) if reverse else (states[:-1], states[1:])
        order = range(steps)[::-1] if reverse else range(steps)
        before[order[0]].copy_(first)
        kept: list[Tensor] = []
        for step in order:
            recurrent = _product(before[step], weight, bias)
            both = recurrent[:, :two].add_(gates[step, :, :two]).sigmoid_()
            new = _tanh_(torch.addcmul(gates[step, :, two:], both[:, :hidden], recurrent[:, two:]))
            torch.lerp(new, before[step], both[:, hidden:], out=after[step])
            if learns:
                kept += [recurrent, new]
        ctx.save_for_backward(gates, first, weight, bias, before, *kept)
        ctx.order = order
        ctx.set_materialize_grads(False)
        return after, after[order[-1]].clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        gates, first, weight, bias, before, *kept = ctx.saved_tensors
        if torch.is_grad_enabled():
            results = _plain_recurrence(gates, first, weight, bias, ctx.order)
            return (*_differentiable_gradients(results, (gates, first, weight, bias), gradients), None, None)
        steps, rows, hidden = before.shape
        two = 2 * hidden
        of_outputs, carry = gradients
        carry = before.new_zeros(rows, hidden) if carry is None else carry
        deltas, of_news = before.new_empty(steps, rows, 3 * hidden), torch.empty_like(before)
        for step in ctx.order[::-1]:
            new, recurrent = kept.pop(), kept.pop()
            both, delta, of_new = recurrent[:, :two], deltas[step], of_news[step]
            error = carry if of_outputs is None else carry + of_outputs[step]
            through = error * both[:, hidden:]
            _ATEN.tanh_backward.grad_input(error - through, new, grad_input=of_new)
            torch.mul(of_new, recurrent[:, two:], out=delta[:, :hidden])
            torch.sub(before[step], new, out=delta[:, hidden:two]).mul_(error)
            _ATEN.sigmoid_backward.grad_input(delta[:, :two], both, grad_input=delta[:, :two])
            torch.mul(of_new, both[:, :hidden], out=delta[:, two:])
            carry = _product(delta, weight.t()).add_(through)
        flat = deltas.flatten(0, 1)
        of_weight, of_bias = _weight_gradient(flat, before.flatten(0, 1)), flat.sum(0)
        # The recurrent share of the new gate went through the reset gate; the input's did not.
        deltas[..., two:] = of_news
        return deltas, carry, of_weight, of_bias, None, None


def _plain_recurrence(
    gates: Tensor, state: Tensor, weight: Tensor, bias: Tensor, order: range
) -> tuple[Tensor, Tensor]:
    """What `_Recurrence` computes, in steps that PyTorch can differentiate as often as one likes."""
    two = 2 * state.shape[1]
    outputs = list(gates)  # one place per step
    for step in order:
        recurrent = linear(state, weight, bias)
        reset, keep = (gates[step, :, :two] + recurrent[:, :two]).sigmoid().chunk(2, dim=1)
        new = torch.tanh(gates[step, :, two:] + reset * recurrent[:, two:])
        state = outputs[step] = torch.lerp(new, state, keep)
    return torch.stack(outputs), state


def _differentiable_gradients(
    results: tuple[Tensor, ...], inputs: tuple[Tensor, ...], gradients: tuple[Tensor | None, ...]
) -> tuple[Tensor | None, ...]:
    """Gradients for those of the inputs that want one; they can be differentiated again."""
    given = [(result, gradient) for result, gradient in zip(results, gradients, strict=True) if gradient is not None]
    wanted = [value for value in inputs if value.requires_grad]
    found = iter(torch.autograd.grad([r for r, _ in given], wanted, [g for _, g in given], create_graph=True))
    return tuple(next(found) if value.requires_grad else None for value in inputs)


def _tanh_(values: Tensor) -> Tensor:
    # The vectorised sigmoid is seven times faster than tanh; the identity is exact up to float32 rounding.
    if values.dtype != torch.float32:
        return values.tanh_()
    return values.mul_(2).sigmoid_().mul_(2).sub_(1)


def _product(inputs: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Inputs @ weight.T + bias, without gradients."""
    if _ONE_DNN is not None and inputs.is_cpu and inputs.dtype == weight.dtype == torch.float32:
        # Rows with gaps between them send oneDNN to its reference loops, a thousand times slower.
        weight = weight if weight.is_contiguous() or weight.t().is_contiguous() else weight.contiguous()
        result: Tensor = _ONE_DNN(inputs.contiguous(), weight, bias, "none", [], "")
        return result
    return F.linear(inputs, weight, bias)


def _weight_gradient(deltas: Tensor, inputs: Tensor) -> Tensor:
    """deltas.T @ inputs; the first factor of `_product` is copied into memory order, so it is the smaller one."""
    if inputs.shape[1] <= deltas.shape[1]:
        return linear(inputs.t(), deltas.t()).t()
    return linear(deltas.t(), inputs.t())


def _one_dnn() -> Any:
    # An operator that PyTorch made for its compiler: where a build lacks it or it does otherwise, MKL does the work.
    try:
        operator = torch.ops.mkldnn._linear_pointwise
        one = torch.ones(1, 1)
        return operator if operator(one, one, one[0], "none", [], "").item() == 2 else None
    except (AttributeError, RuntimeError, TypeError):
        return None


_ONE_DNN = _one_dnn()
_LINEAR: Any = _Linear.apply
_RECURRENCE: Any = _Recurrence.apply


class FastLinear(nn.Linear):
    """`nn.Linear` whose training step takes the faster matrix product of `linear`."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name in nn.Linear)
        """(..., inputs) to (..., outputs)."""
        if self.training and torch.is_grad_enabled() and not torch.is_autocast_enabled("cpu"):
            return linear(input, self.weight, self.bias)
        return super().forward(input)
