"""Convolutions in the form that trains fastest on a CPU, with the parameters and the values of PyTorch's own.

What they do differently on a CPU in training, in float32 or bfloat16: activations lie with their channels last in
memory (NHWC), where oneDNN's kernels reach the speed of matrix products and nothing is reordered between layers; the
gradient of the bias is summed apart, because the kernels of the weights' gradient take far longer with it; a transposed
convolution to few channels is one matrix product whose columns are added up in place, and the gradient of weights
between many and few channels is another. Everywhere else PyTorch's own path runs.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from latune.models.gru import linear
from latune.models.member_wise import member_wise, stacked_members, transformed

__all__ = ["Convolution", "TransposedConvolution"]

_ATEN = torch.ops.aten
_FEW = 4  # channels up to which plain matrix products win


class Convolution(nn.Conv2d):
    """`nn.Conv2d` (inputs, outputs, kernel, stride, padding)."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name in PyTorch)
        """(B, inputs, H, W) to (B, outputs, H', W')."""
        if stacked_members() and input.is_cpu:
            return _member_wise(self, input)
        if not _applies(self, input):
            return super().forward(input)
        return _convolve(self, input, False)


class TransposedConvolution(nn.ConvTranspose2d):
    """`nn.ConvTranspose2d` (inputs, outputs, kernel, stride, padding)."""

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:  # noqa: A002 (as in PyTorch)
        """(B, inputs, H, W) to (B, outputs, H', W')."""
        if stacked_members() and input.is_cpu:
            return _member_wise(self, input)
        if not _applies(self, input) or output_size is not None or any(self.output_padding):
            return super().forward(input, output_size)
        return _convolve(self, input, True)


def _member_wise(layer: nn.Conv2d | nn.ConvTranspose2d, values: Tensor) -> Tensor:
    """The layer for each member of an ensemble; what is stacked lies with the channels last, as the kernels have it."""

    def alone(last: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        parameters = {"weight": weight} if bias is None else {"weight": weight, "bias": bias}
        result: Tensor = functional_call(layer, parameters, (last.permute(0, 3, 1, 2),))
        return result.permute(0, 2, 3, 1)

    return member_wise(alone, values.permute(0, 2, 3, 1), layer.weight, layer.bias).permute(0, 3, 1, 2)


def channels_last(values: Tensor) -> Tensor:
    """The same values (B, C, H, W) with the channels last in memory, and strides that say so even for one channel."""
    batch, channels, height, width = values.shape
    # By way of the flat form: of one channel, `contiguous` would keep strides that oneDNN takes for channels first.
    return values.permute(0, 2, 3, 1).reshape(-1).view(batch, height, width, channels).permute(0, 3, 1, 2)


def runs_fast(values: Tensor) -> bool:
    """Whether functions made for float32 training on a CPU take these values."""
    plain = values.is_cpu and values.dtype == torch.float32 and torch.is_grad_enabled() and values.numel() > 0
    return plain and not transformed() and not torch.is_autocast_enabled("cpu")


def _runs_in_half(values: Tensor) -> bool:
    """Whether training goes on in bfloat16 on a CPU."""
    half = torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.bfloat16
    known = values.dtype in (torch.float32, torch.bfloat16) and values.numel() > 0
    return half and known and values.is_cpu and torch.is_grad_enabled()


def _applies(layer: nn.Conv2d | nn.ConvTranspose2d, values: Tensor) -> bool:
    ordinary = layer.groups == 1 and set(layer.dilation) == {1} and layer.padding_mode == "zeros"
    ordinary = ordinary and values.ndim == 4 and not isinstance(layer.padding, str)
    if _runs_in_half(values):
        return ordinary and layer.weight.dtype == torch.float32
    return ordinary and layer.weight.dtype == values.dtype and runs_fast(values)


def _convolve(layer: nn.Conv2d | nn.ConvTranspose2d, values: Tensor, transposed: bool) -> Tensor:
    parameters = [values, layer.weight, layer.bias]
    if _runs_in_half(values):
        parameters = [None if each is None else each.to(torch.bfloat16) for each in parameters]
    with torch.autocast("cpu", enabled=False):
        result: Tensor = _CONVOLVE(*parameters, layer.stride, layer.padding, transposed)
    return result


class _Convolve(torch.autograd.Function):
    """Of input (B, C, H, W), weight, bias, stride, padding and whether it is transposed."""

    @staticmethod
    def forward(
        ctx: Any,
        values: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        stride: tuple[int, int],
        padding: tuple[int, int],
        transposed: bool,
    ) -> Tensor:
        # The inputs themselves are kept, not their reordered forms, so that the way back can be differentiated too.
        ctx.save_for_backward(values, weight)
        ctx.how = (stride, padding, (1, 1), transposed, (0, 0), 1)
        if transposed and weight.shape[1] <= _FEW:
            return _spread(channels_last(values), weight, bias, stride, padding)
        result: Tensor = _ATEN.convolution(channels_last(values), channels_last(weight), bias, *ctx.how)
        return result

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        values, weight = ctx.saved_tensors
        wanted = ctx.needs_input_grad
        gradient = channels_last(gradient.to(values.dtype))
        stride, padding, _, transposed, *_ = ctx.how
        for_values = for_weight = None
        few, many = (gradient, values) if transposed else (values, gradient)
        by_product = wanted[1] and few.shape[1] <= _FEW
        if by_product:
            for_weight = _weight_gradient(few, channels_last(many), weight, stride, padding)
        if wanted[0] or (wanted[1] and not by_product):
            ordered = channels_last(values), channels_last(weight)
            mask = [wanted[0], wanted[1] and not by_product, False]
            for_values, found, _ = _ATEN.convolution_backward(gradient, *ordered, None, *ctx.how, mask)
            for_weight = for_weight if by_product else found
        for_bias = gradient.permute(0, 2, 3, 1).flatten(0, 2).sum(0) if wanted[2] else None
        return for_values, for_weight, for_bias, None, None, None


def _spread(
    values: Tensor, weight: Tensor, bias: Tensor | None, stride: tuple[int, int], padding: tuple[int, int]
) -> Tensor:
    """The transposed convolution: what every pixel gives to every output it reaches, then the sums over pixels."""
    batch, inputs, height, width = values.shape
    _, outputs, *kernel = weight.shape
    shares = linear(values.permute(0, 2, 3, 1).reshape(-1, inputs), weight.reshape(inputs, -1).t())
    shares = shares.view(batch, height, width, outputs, *kernel).permute(4, 5, 0, 3, 1, 2)
    size = [(n - 1) * s - 2 * p + k for n, s, p, k in zip((height, width), stride, padding, kernel, strict=True)]
    result = values.new_zeros(batch, outputs, *size, dtype=torch.float32)  # sums of many must not be rounded one by one
    if bias is not None:
        result += bias.view(-1, 1, 1)
    for row in range(kernel[0]):
        from_rows, to_rows = _meeting(height, size[0], stride[0], row - padding[0])
        for column in range(kernel[1]):
            from_columns, to_columns = _meeting(width, size[1], stride[1], column - padding[1])
            result[:, :, to_rows, to_columns] += shares[row, column, :, :, from_rows, from_columns]
    return result


def _weight_gradient(
    few: Tensor, many: Tensor, weight: Tensor, stride: tuple[int, int], padding: tuple[int, int]
) -> Tensor:
    """Of the weights (many channels, few channels, ...) between both sides: one product with all patches of the few."""
    batch, channels, height, width = many.shape
    padded = F.pad(few, (padding[1], padding[1], padding[0], padding[0]))
    steps, kernel = padded.stride(), weight.shape[2:]
    shape = (few.shape[1], *kernel, batch, height, width)
    taken = (steps[1], steps[2], steps[3], steps[0], stride[0] * steps[2], stride[1] * steps[3])
    patches = padded.as_strided(shape, taken).reshape(-1, batch * height * width)
    return linear(patches, many.permute(0, 2, 3, 1).reshape(-1, channels).t()).t().view_as(weight)


def _meeting(inputs: int, outputs: int, stride: int, shift: int) -> tuple[slice, slice]:
    """Which of `inputs` places n, and which outputs, are meant by n -> stride * n + shift, as far as these exist."""
    first = max(0, -(shift // stride))
    last = min(inputs, (outputs - 1 - shift) // stride + 1)
    start = stride * first + shift
    return slice(first, max(first, last)), slice(start, max(start, stride * (last - 1) + shift + 1), stride)


_CONVOLVE: Any = _Convolve.apply
