"""What members of an ensemble compute one after the other: layers whose own kernels beat those of stacked members."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor

__all__ = ["member_wise", "of_members", "stacked_members", "transformed"]

Enter = Callable[[int], AbstractContextManager[None]]

_ENTER: ContextVar[Enter | None] = ContextVar("enter", default=None)


@contextmanager
def of_members(enter: Enter) -> Iterator[None]:
    """While the block runs, `member_wise` enters what `enter` gives for a member around what it computes of it."""
    token = _ENTER.set(enter)
    try:
        yield
    finally:
        _ENTER.reset(token)


def stacked_members() -> bool:
    """Whether this is computed for all members of an ensemble at once, inside `of_members` and `torch.func.vmap`."""
    return _ENTER.get() is not None and transformed()


def transformed() -> bool:
    """Whether this runs under a function transform such as `torch.func.vmap`."""
    return bool(torch._C._are_functorch_transforms_active())


def member_wise(function: Callable[..., Tensor], *inputs: Any) -> Tensor:
    """Under `torch.func.vmap`: `function` of each member's tensors, one member after the other.

    Args:
        function: From tensors to a tensor, differentiable; it is called without `vmap`.
        inputs: Tensors, and what else it takes.
    """
    result: Tensor = _MEMBER_WISE(function, *inputs)
    return result


class _MemberWise(torch.autograd.Function):
    @staticmethod
    def forward(function: Callable[..., Tensor], *inputs: Any) -> Tensor:
        raise RuntimeError("member_wise: no tensor belongs to a member")

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None: ...

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], function: Callable[..., Tensor], *inputs: Any) -> tuple[Tensor, int]:
        rows = [
            [each] * info.batch_size if place is None else each.unbind(place)
            for each, place in zip(inputs, in_dims[1:], strict=True)
        ]
        enter, results = _ENTER.get() or (lambda _: nullcontext()), []
        for number, row in enumerate(zip(*rows, strict=True)):
            with enter(number):
                results.append(function(*row))
        return torch.stack(results), 0


_MEMBER_WISE: Any = _MemberWise.apply
