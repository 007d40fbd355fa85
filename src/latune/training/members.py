"""The members of an ensemble: methods of one kind whose parameters are slices of stacked tensors.

Each member's parameters, buffers and moments of Adam are views of row k of the stacked tensors, so what is validated,
recorded and written of a member is what is written of any run, and nothing is copied for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.optim import Adam
from torch.overrides import TorchFunctionMode

from latune.data.batches import Batch
from latune.methods.method import Losses, Method, Player
from latune.models.member_wise import of_members

__all__ = ["Members", "RandomStreams"]


class RandomStreams:
    """A random state of its own for each member, as if each were alone.

    Args:
        device: Where the members are.
    """

    def __init__(self, device: torch.device) -> None:
        self._cuda = device.type == "cuda"
        self._device = device
        self._states: list[list[Tensor]] = []
        self.alone = False  # whether what is drawn now is one member's

    def begin(self) -> None:
        """The next member's state is the present one."""
        self._states.append(self._present())

    @contextmanager
    def of(self, member: int) -> Iterator[None]:
        """Draw from a member's state while the block runs."""
        self._restore(self._states[member])
        self.alone = True
        try:
            yield
        finally:
            self.alone = False
            self._states[member] = self._present()

    def drawn(self, draw: Callable[[], Tensor]) -> Tensor:
        """One draw per member, stacked in front."""
        draws = []
        for member in range(len(self._states)):
            with self.of(member):
                draws.append(draw())
        return torch.stack(draws)

    def _present(self) -> list[Tensor]:
        state = [torch.get_rng_state()]
        return [*state, torch.cuda.get_rng_state(self._device)] if self._cuda else state

    def _restore(self, state: list[Tensor]) -> None:
        torch.set_rng_state(state[0])
        if self._cuda:
            torch.cuda.set_rng_state(state[1], self._device)


class Members:
    """K methods of the same structure, whose turns are computed at once.

    Args:
        methods: One per member; they are changed so that they hold views of the stacked tensors.
        optimisers: Those of each member's players; their moments become views too.
        streams: Their random states.
        device: Where they are.
    """

    def __init__(
        self,
        methods: Sequence[Method],
        optimisers: Sequence[Sequence[Adam]],
        streams: RandomStreams,
        device: torch.device,
    ) -> None:
        if any(player.clip_norm or player.clip_value for player in methods[0].players()):
            raise ValueError("members whose gradients are cut are trained alone")  # the cut is of one member's
        self._streams = streams
        self._numbers = torch.arange(len(methods), device=device)
        self._parameters = _stacked([dict(method.named_parameters()) for method in methods])
        self._buffers = _stacked_buffers(methods)
        self._turns = [_Turn(methods[0], player) for player in methods[0].players()]
        names_of_players = [_names_of(methods[0], player) for player in methods[0].players()]
        self._optimisers = [
            _stacked_optimiser(
                [self._parameters[name] for name in names],
                [[method.get_parameter(name) for name in names] for method in methods],
                [own[place] for own in optimisers],
            )
            for place, names in enumerate(names_of_players)
        ]
        self._carried: dict[str, Tensor] = {}

    def turn(self, place: int, batch: Batch, step: int, rate: float, half: Any) -> Losses:
        """One update of one player of all members.

        Args:
            place: Which player.
            batch: Of all members, each field (K, B, ...).
            step: Counted from 0.
            rate: Learning rate of the player.
            half: Context in which the networks run.

        Returns:
            The player's losses by name, each (K,).
        """
        optimiser = self._optimisers[place]
        for group in optimiser.param_groups:
            group["lr"] = rate
        with half:
            losses, self._carried = self._losses(place, batch, step)
        optimiser.zero_grad(set_to_none=True)
        parameters = optimiser.param_groups[0]["params"]
        found = torch.autograd.grad(losses["loss"].sum(), parameters, allow_unused=True)
        for parameter, gradient in zip(parameters, found, strict=True):
            # Adam's fused kernel takes parameters and gradients in the order in which they lie in memory.
            parameter.grad = None if gradient is None else gradient.contiguous()
        optimiser.step()
        return {name: value.detach() for name, value in losses.items()}

    def _losses(self, place: int, batch: Batch, step: int) -> tuple[Losses, dict[str, Tensor]]:
        turn, streams = self._turns[place], self._streams
        given = {f"method.{name}": value for name, value in (self._parameters | self._buffers).items()}

        def of_member(
            number: Tensor, tensors: dict[str, Tensor], fields: dict[str, Tensor], carried: dict[str, Tensor]
        ) -> tuple[Losses, dict[str, Tensor]]:
            with _MemberDraws(streams, number):
                found: tuple[Losses, dict[str, Tensor]] = functional_call(
                    turn, tensors, (fields, step, carried), strict=True
                )
            return found

        fields = {name: value for name, value in vars(batch).items() if value is not None}
        with of_members(streams.of):
            losses, carried = torch.vmap(of_member, randomness="same")(self._numbers, given, fields, self._carried)
        return losses, carried


class _Turn(nn.Module):
    """A player's loss as a module, which is what `functional_call` calls."""

    def __init__(self, method: Method, player: Player) -> None:
        super().__init__()
        self.method = method
        self._player = player

    def forward(
        self, fields: dict[str, Tensor], step: int, carried: dict[str, Tensor]
    ) -> tuple[Losses, dict[str, Tensor]]:
        self.method.carried = dict(carried)
        losses = self._player.loss(Batch(**fields), step)
        carried, self.method.carried = self.method.carried, {}
        return losses, carried


class _MemberDraws(TorchFunctionMode):
    """Random draws under `vmap`: each member draws from its own state what it would draw alone.

    Args:
        streams: The states.
        number: The member's number under `vmap`, which picks its draw.
    """

    def __init__(self, streams: RandomStreams, number: Tensor) -> None:
        super().__init__()
        self._streams, self._number = streams, number

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if self._streams.alone:
            return function(*args, **kwargs)
        if function is torch.normal and len(args) == 2 and all(isinstance(each, Tensor) for each in args):
            mean, deviation = args
            return mean + deviation * self._drawn(lambda: torch.empty(mean.shape, device=mean.device).normal_())
        if function in _DRAWS:
            return self._drawn(lambda: function(*args, **kwargs))
        if function in _DRAWS_IN_PLACE:  # a tensor that all members share cannot be filled with what differs
            like, *rest = args
            return self._drawn(lambda: function(torch.empty(like.shape, dtype=like.dtype, device=like.device), *rest))
        if function in _DRAWS_LIKE:
            like = args[0]
            settings = {"dtype": like.dtype, "device": like.device} | kwargs
            return self._drawn(lambda: _DRAWS_LIKE[function](like.shape, **settings))
        if function is nn.functional.dropout:
            return self._dropout(*args, **kwargs)
        return function(*args, **kwargs)

    def _drawn(self, draw: Callable[[], Tensor]) -> Tensor:
        return self._streams.drawn(draw)[self._number]

    def _dropout(self, values: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
        if not training or p == 0:
            return values
        kept = self._drawn(lambda: torch.empty(values.shape, device=values.device).bernoulli_(1 - p))
        return values * kept.to(values.dtype) / (1 - p)


_DRAWS = frozenset({torch.normal, torch.randn, torch.rand, torch.randint, torch.randperm})
_DRAWS_IN_PLACE = frozenset({Tensor.normal_, Tensor.uniform_, Tensor.bernoulli_, Tensor.random_, Tensor.exponential_})
_DRAWS_LIKE: dict[Any, Callable[..., Tensor]] = {torch.randn_like: torch.randn, torch.rand_like: torch.rand}


def _stacked(members: Sequence[dict[str, nn.Parameter]]) -> dict[str, Tensor]:
    """Parameters stacked by name; each member's become views of them."""
    stacked = {}
    for name in members[0]:
        whole = torch.stack([member[name].detach() for member in members])
        for member, row in zip(members, whole, strict=True):
            member[name].data = row
        stacked[name] = whole.requires_grad_()
    return stacked


def _stacked_buffers(methods: Sequence[Method]) -> dict[str, Tensor]:
    """Buffers stacked by name; each member's become views of them."""
    stacked = {}
    for name, _ in methods[0].named_buffers():
        whole = torch.stack([method.get_buffer(name) for method in methods])
        path, _, last = name.rpartition(".")
        for method, row in zip(methods, whole, strict=True):
            method.get_submodule(path)._buffers[last] = row
        stacked[name] = whole
    return stacked


def _names_of(method: Method, player: Player) -> list[str]:
    names = {id(parameter): name for name, parameter in method.named_parameters()}
    return [names[id(parameter)] for parameter in player.parameters]


def _stacked_optimiser(
    wholes: list[Tensor], members: Sequence[Sequence[nn.Parameter]], optimisers: Sequence[Adam]
) -> Adam:
    """One Adam over stacked parameters; the moments of the members' own become views of its moments."""
    group = optimisers[0].param_groups[0]
    optimiser = Adam(wholes, group["lr"], betas=group["betas"], fused=True)
    for place, whole in enumerate(wholes):
        known = [
            own.state.get(own_parameters[place], {}) for own, own_parameters in zip(optimisers, members, strict=True)
        ]
        step = known[0]["step"].clone() if known[0] else torch.zeros((), device=whole.device)
        state = {"step": step}
        for moment in ("exp_avg", "exp_avg_sq"):
            rows = [state[moment] if state else torch.zeros_like(whole[0]) for state in known]
            state[moment] = torch.stack([row.detach() for row in rows])
        optimiser.state[whole] = state
        for number, (own, own_parameters) in enumerate(zip(optimisers, members, strict=True)):
            views = {moment: state[moment][number] for moment in ("exp_avg", "exp_avg_sq")}
            own.state[own_parameters[place]] = {"step": step, **views}
    return optimiser
