"""One training on several devices: a process for each, as `torchrun` starts them, and one result.

Every process sees the same batches and draws the same random numbers. Only `encode` and `decode` are shared out: each
process runs the networks on its own items, and the parameters of the distributions that come out are gathered. So every
loss is computed from the whole batch, by every process the same, and means what it means in one process: an attribute
term orders all pairs of the batch.

Gradients follow from that. What is whole everywhere has the same gradient everywhere: on the way back a gathered tensor
hands each process the part for its own items, and what was cut into parts is gathered. Parameters of the networks have
then seen their own items alone, and are summed over the processes; all other parameters (of critics ...) have seen the
whole batch.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributions import Bernoulli, Categorical, Distribution, Independent, Laplace, Normal

from latune.errors import RecipeError, RunError
from latune.models.latent_model import LatentModel

__all__ = ["Devices", "in_turn", "is_first", "process_group"]

LONGEST_WAIT = timedelta(hours=6)  # of one process for another that prepares data
FAILED = 2  # exit code of a process that stops since another one failed
SHARED = ("encode", "decode", "encode_soft")  # what of a model is shared out, by items

Result = TypeVar("Result")


@contextmanager
def process_group() -> Iterator[None]:
    """Join the other processes while the block runs, where `torchrun` says that there are such.

    Where one process fails the others cannot go on: the first one that does raises its error, and the others exit.

    Raises:
        RecipeError: The environment names several processes, but not how they meet.
        SystemExit: Another process failed.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) < 2:
        yield
        return
    missing = [name for name in ("RANK", "MASTER_ADDR", "MASTER_PORT") if name not in os.environ]
    if missing:
        raise RecipeError(f"WORLD_SIZE names several processes, but {missing[0]} is not set: start them with torchrun.")
    backend = "gloo"
    if torch.cuda.is_available():
        torch.cuda.set_device(_local_rank() % torch.cuda.device_count())
        backend = "cpu:gloo,cuda:nccl"
    # Optimisers import this. Imported later than the group begins, it would keep the group's threads beyond the end of
    # the interpreter, where they abort now and then.
    importlib.import_module("torch._dynamo")
    dist.init_process_group(backend, timeout=LONGEST_WAIT)
    try:
        yield
    except Exception as error:
        store = dist.distributed_c10d._get_default_store()
        if store.add("latune/failures", 1) > 1:
            raise SystemExit(FAILED) from error
        raise
    dist.destroy_process_group()


def is_first() -> bool:
    """Whether this process is the one that writes and reports; a process by itself is."""
    return not dist.is_initialized() or dist.get_rank() == 0


def in_turn(work: Callable[[], Result]) -> Result:
    """Do what leaves files behind: the first process alone, then one on every other machine, then all others.

    Args:
        work: Finds its files where it was done before.
    """
    if not dist.is_initialized():
        return work()
    turn = 0 if dist.get_rank() == 0 else 1 if _local_rank() == 0 else 2
    for now in range(3):
        if now == turn:
            result = work()
        dist.all_reduce(torch.zeros(1))  # nobody goes on before all are here; on the processor, where waiting is free
    return result


def _local_rank() -> int:
    """The number of this process among those of its machine."""
    return int(os.environ.get("LOCAL_RANK", "0"))


class Devices:
    """The devices that a training runs on, from the view of one of their processes. One device is the usual case.

    While the block of `sharing` runs, `encode` and `decode` of a model must be called by all processes together.

    Args:
        model: The latent model that is trained.
        seed: Of the recipe.

    Raises:
        RecipeError: The model cannot be trained on several devices.
    """

    def __init__(self, model: LatentModel, seed: int) -> None:
        self._model, self._seed = model, seed
        several = dist.is_initialized()
        self.rank, self.size = (dist.get_rank(), dist.get_world_size()) if several else (0, 1)
        self._step = self._calls = 0
        self._whole = False  # whether calls of the model go to the network as they are
        if self.size == 1:
            return
        device = next(model.parameters()).device
        if any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in model.modules()):
            raise RecipeError(
                "model.name: this network normalises over the batch (as 'absae' and 'bcvae' do), and is trained on one"
                " device: leave out torchrun."
            )
        if device.type == "cuda" and int(os.environ.get("LOCAL_WORLD_SIZE", "1")) > torch.cuda.device_count():
            raise RecipeError(
                f"--nproc-per-node: expected at most {torch.cuda.device_count()}, the number of GPUs of this machine."
            )
        if device.type == "cuda" and device.index != torch.cuda.current_device():
            raise RecipeError(f"training.device: expected cuda, of which each process takes its own, got {device}.")

    @property
    def first(self) -> bool:
        """Whether this process writes and reports."""
        return self.rank == 0

    @contextmanager
    def sharing(self) -> Iterator[None]:
        """Share out the work of the model while the block runs."""
        if self.size == 1:
            yield
            return
        names = [name for name in SHARED if hasattr(self._model, name)]
        for name in names:
            setattr(self._model, name, self._shared(getattr(self._model, name)))
        try:
            yield
        finally:
            for name in names:
                delattr(self._model, name)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While the block runs the model works for this process alone."""
        before, self._whole = self._whole, True
        try:
            yield
        finally:
            self._whole = before

    def begin(self, step: int) -> None:
        """Tell which step is next, counted from 0."""
        self._step, self._calls = step, 0

    def require_same(self, step: int) -> None:
        """Check that all processes go on from the same step.

        Raises:
            RunError: They do not.
        """
        if self.size == 1:
            return
        ends = torch.tensor([step, -step])
        dist.all_reduce(ends, dist.ReduceOp.MAX)
        if ends[0] != -ends[1]:
            raise RunError("The processes found different checkpoints: expected a run folder that all machines share.")

    def any(self, asked: bool) -> bool:
        """Whether any process was asked to stop: then all of them stop at the same step."""
        if self.size == 1:
            return asked
        flag = torch.tensor([float(asked)])
        dist.all_reduce(flag, dist.ReduceOp.MAX)
        return bool(flag)

    def combine_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Make the gradients of parameters those of the whole batch, in every process the same."""
        if self.size == 1:
            return
        # A network that draws which way it takes may leave a parameter out in one process and not in another.
        used = torch.tensor([parameter.grad is not None for parameter in parameters], dtype=torch.uint8)
        dist.all_reduce(used, dist.ReduceOp.MAX)
        chosen = [parameter for parameter, one in zip(parameters, used.tolist(), strict=True) if one]
        shared = {id(parameter) for parameter in self._model.parameters()}
        flat = torch.cat(
            [
                (torch.zeros_like(parameter) if parameter.grad is None else parameter.grad).flatten()
                / (1 if id(parameter) in shared else self.size)  # others are equal already, but for rounding
                for parameter in chosen
            ]
        )
        dist.all_reduce(flat)
        parts = torch.split(flat, [parameter.numel() for parameter in chosen])
        for parameter, part in zip(chosen, parts, strict=True):
            parameter.grad = part.view_as(parameter)

    def _shared(self, network: Callable[..., Distribution]) -> Callable[..., Distribution]:
        """A function that does what `network` does, with all processes: distributions of the whole batch."""

        def run(*tensors: Tensor | None) -> Distribution:
            if self._whole:
                return network(*tensors)
            count = len(next(tensor for tensor in tensors if tensor is not None))
            bounds = [count * rank // self.size for rank in range(self.size + 1)]
            own = [None if tensor is None else _PART(tensor, bounds, self.rank) for tensor in tensors]
            with self.alone(), self._own_randomness():
                found = network(*own)
            return _gathered(found, bounds, self.rank)

        return run

    @contextmanager
    def _own_randomness(self) -> Iterator[None]:
        """Dropout must not be the same in all processes, and what is drawn must not depend on how many items there are.

        What is drawn depends on seed, step, call and process alone; afterwards the random state is what it was.
        """
        if not self._model.training:
            yield
            return
        self._calls += 1
        state = np.random.SeedSequence([self._seed, self._step, self._calls, self.rank]).generate_state(1, np.uint64)
        with torch.random.fork_rng([torch.cuda.current_device()] if torch.cuda.is_available() else []):
            torch.manual_seed(int(state[0]) >> 1)
            yield


class _Part(torch.autograd.Function):
    """From a tensor that all processes have to the rows of this one; the way back is `_Whole`.

    Where there are fewer rows than processes, one without rows gets a row that does not count: the networks need one.
    """

    @staticmethod
    def forward(ctx: Any, whole: Tensor, bounds: list[int], rank: int) -> Tensor:
        ctx.bounds, ctx.rank = bounds, rank
        start, stop = bounds[rank], bounds[rank + 1]
        return whole[start:stop].clone() if stop > start else whole[:1].clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return _WHOLE(gradient, ctx.bounds, ctx.rank), None, None


class _Whole(torch.autograd.Function):
    """From the rows of each process to the tensor of all of them; the way back is `_Part`."""

    @staticmethod
    def forward(ctx: Any, own: Tensor, bounds: list[int], rank: int) -> Tensor:
        ctx.bounds, ctx.rank = bounds, rank
        counts = np.diff(bounds).tolist()
        longest = max(counts)  # messages have one size
        message = own.new_zeros(longest, *own.shape[1:])
        message[: counts[rank]] = own[: counts[rank]]
        received = [torch.empty_like(message) for _ in counts]
        dist.all_gather(received, message)
        return torch.cat([part[:count] for part, count in zip(received, counts, strict=True)])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        own = _PART(gradient, ctx.bounds, ctx.rank)
        counts = ctx.bounds[ctx.rank] < ctx.bounds[ctx.rank + 1]
        return own if counts else 0 * own, None, None


_PART: Any = _Part.apply
_WHOLE: Any = _Whole.apply

_PARAMETERS: dict[type[Distribution], tuple[str, ...]] = {
    Normal: ("loc", "scale"),
    Laplace: ("loc", "scale"),
    Bernoulli: ("logits",),
    Categorical: ("logits",),
}


def _gathered(own: Distribution, bounds: list[int], rank: int) -> Distribution:
    """The distribution over the items of all processes, from that over the items of each."""
    if isinstance(own, Independent):
        return Independent(_gathered(own.base_dist, bounds, rank), own.reinterpreted_batch_ndims, validate_args=False)
    names = next((names for kind, names in _PARAMETERS.items() if isinstance(own, kind)), None)
    if names is None:
        raise RecipeError(f"This network gives {type(own).__name__}, which several devices cannot share out.")
    parameters = {name: _WHOLE(getattr(own, name), bounds, rank) for name in names}
    return type(own)(**parameters, validate_args=False)
