"""Activation and dropout in one pass over memory, with the mask drawn from single random bits.

On a CPU the random numbers of `nn.Dropout` cost as much as a convolution. At a rate of 1/2 one random bit decides per
element, so that 64 elements share a draw; the floats are cleared by integer logic, and these bits are all that is kept
of the mask for the way back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from latune.models.convolution import runs_fast
from latune.models.gru import dropout_mask
from latune.models.member_wise import member_wise, stacked_members

__all__ = ["ActivationDropout"]

Activation = Literal["relu", "selu", "silu"]

_ATEN = torch.ops.aten
_BLOCK = 2**16  # elements worked on at a time: what a block needs stays in the cache
_SELU_SCALE = 1.0507009873554804934193349852946
_SELU_ALPHA = 1.6732632423543772848170429916717


class ActivationDropout(nn.Module):
    """An activation followed by dropout; without parameters, like `nn.Sequential(nn.SELU(), nn.Dropout(drop))`.

    Args:
        activation: Which.
        drop: Probability of each element to become 0 in training; the others are divided by 1 - drop.
        inplace: Whether the input may be overwritten: only where nothing else reads it and the layer that made it does
            not need it for its gradients. Those of `latune.models.convolution` do not.
    """

    def __init__(self, activation: Activation, drop: float, inplace: bool = False) -> None:
        super().__init__()
        self.activation: Activation = activation
        self.drop = drop
        self.inplace = inplace

    def extra_repr(self) -> str:
        """What the layer is, for `print`."""
        return f"{self.activation}, drop={self.drop}, inplace={self.inplace}"

    def forward(self, values: Tensor) -> Tensor:
        """Any shape to the same shape."""
        if self.training and stacked_members() and values.is_cpu:
            return member_wise(self._alone, values)
        if not self.training or not runs_fast(values) or self.drop in (0, 1):
            return F.dropout(_ACTIVATIONS[self.activation](values), self.drop, self.training)
        if self.drop != 0.5:
            return _dropped(_ACTIVATIONS[self.activation](values), self.drop)
        if self.activation == "silu":
            result: Tensor = _HALF_DROPOUT(F.silu(values), "none", True)
        else:
            result = _HALF_DROPOUT(values, self.activation, self.inplace)
        return result

    def _alone(self, values: Tensor) -> Tensor:
        """Of one member of an ensemble, whose values are a part of what may not be overwritten."""
        result: Tensor = ActivationDropout(self.activation, self.drop)(values)
        return result


def _dropped(values: Tensor, drop: float) -> Tensor:
    # The mask is drawn in the order in which the values lie in memory: pictures may have their channels last.
    order = _memory_order(values)
    ordered = values.permute(order)
    mask = dropout_mask(tuple(ordered.shape), drop, ordered)
    return values * mask.permute([order.index(axis) for axis in range(values.ndim)])


def _memory_order(values: Tensor) -> list[int]:
    strides = values.stride()
    return sorted(range(values.ndim), key=lambda axis: -strides[axis])


class _HalfDropout(torch.autograd.Function):
    """An activation ("none", "relu" or "selu") and dropout at 1/2, from the output of which the way back follows."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, activation: str, inplace: bool) -> Tensor:
        inplace = inplace and _dense(values)
        values = values if _dense(values) else values.contiguous()
        result = values if inplace else torch.empty_like(values)
        words = torch.empty((values.numel() + 63) // 64, dtype=torch.int64).random_(-(2**63), None)
        for before, after, bits in _blocks(values, result, words):
            _activate(before, after, activation)
            _clear(after, bits)
        if inplace:
            ctx.mark_dirty(values)
        ctx.activation = activation
        ctx.save_for_backward(result, words)
        return result

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        result, words = ctx.saved_tensors
        if gradient.stride() != result.stride():
            gradient = torch.empty_like(result).copy_(gradient)
        found = torch.empty_like(result)
        for output, of_output, of_input, bits in _blocks(result, gradient, found, words):
            _differentiate(of_output, output, of_input, ctx.activation)
            _clear(of_input, bits)
        return found, None, None


def _dense(values: Tensor) -> bool:
    return values.permute(_memory_order(values)).is_contiguous()


def _blocks(*tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Blocks of dense tensors as flat views, in memory order; the last tensor is the words of 64 random bits."""
    *values, words = tensors
    flat = [tensor.permute(_memory_order(tensor)).view(-1) for tensor in values]
    for start in range(0, len(flat[0]), _BLOCK):
        yield *(one[start : start + _BLOCK] for one in flat), words[start // 64 : (start + _BLOCK) // 64]


def _activate(before: Tensor, after: Tensor, activation: str) -> None:
    """After = 2 * activation(before)."""
    if activation == "none":
        torch.mul(before, 2, out=after)
    elif activation == "relu":
        torch.clamp_min(before, 0, out=after).mul_(2)
    else:
        _ATEN.elu.out(before, _SELU_ALPHA, 2 * _SELU_SCALE, 1, out=after)


def _differentiate(of_output: Tensor, output: Tensor, of_input: Tensor, activation: str) -> None:
    """Gradients for the input of `_activate` from its output."""
    if activation == "none":
        torch.mul(of_output, 2, out=of_input)
    elif activation == "relu":
        _ATEN.threshold_backward.grad_input(of_output, output, 0, grad_input=of_input).mul_(2)
    else:
        _ATEN.elu_backward.grad_input(of_output, _SELU_ALPHA, 2 * _SELU_SCALE, 1, True, output, grad_input=of_input)


def _clear(values: Tensor, words: Tensor) -> None:
    """Make those elements 0 whose random bit is 0; 32 elements share 32 bits, the lowest is for the last."""
    masks = (words.view(torch.int32)[:, None] << _SHIFTS).bitwise_right_shift_(31).view(-1)  # 0 or all ones
    values.view(torch.int32).bitwise_and_(masks[: len(values)])


_SHIFTS = torch.arange(32, dtype=torch.int32)
_ACTIVATIONS = {"relu": F.relu, "selu": F.selu, "silu": F.silu}
_HALF_DROPOUT: Any = _HalfDropout.apply
