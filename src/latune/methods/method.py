"""What a method is: a list of players, each with parameters, a loss and an optimiser of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.distributions import Distribution

from latune.data.batches import Batch
from latune.models.latent_model import LatentModel

__all__ = ["MAIN_PLAYER", "Losses", "Method", "Player", "accuracy"]

MAIN_PLAYER = "autoencoder"
"""Name of the player whose losses are recorded as they are; those of others begin with the player's name."""

Losses = dict[str, Tensor]
"""Named scalars; "loss" is what the player minimises, the others are recorded."""


@dataclass(frozen=True)
class Player:
    """One group of parameters with its own optimiser and loss.

    Args:
        name: "autoencoder" for the main one; others such as "critic".
        parameters: What its optimiser changes.
        loss: From batch and step (counted from 0) to losses.
        steps_per_round: Updates it makes in each round of the training loop.
        learning_rate_factor: Multiplies the learning rate of the schedule.
        from_step: Its first step; before, it is left out of the rounds.
        until_step: The first step at which it is left out again; default: it plays to the end.
        own_time: Whether its learning rate follows the schedule over its own steps alone, instead of over all.
        betas: Of its Adam optimiser.
        clip_norm: Its gradients together are cut to at most this length.
        clip_value: Each number of its gradients is cut to at most this size, afterwards.
    """

    name: str
    parameters: list[nn.Parameter]
    loss: Callable[[Batch, int], Losses]
    steps_per_round: int = 1
    learning_rate_factor: float = 1.0
    from_step: int = 0
    until_step: int | None = None
    own_time: bool = False
    betas: tuple[float, float] = (0.9, 0.999)
    clip_norm: float | None = None
    clip_value: float | None = None

    def plays(self, step: int) -> bool:
        """Whether it takes turns at a step, counted from 0."""
        return self.from_step <= step and (self.until_step is None or step < self.until_step)

    def time(self, step: int, steps: int) -> tuple[int, int]:
        """Where a step of a training of so many steps is in the schedule of its learning rate, and how long that is."""
        if not self.own_time:
            return step, steps
        end = steps if self.until_step is None else min(self.until_step, steps)
        return step - self.from_step, end - self.from_step

    def named(self, losses: Losses) -> Losses:
        """Its losses by the names of the history: those of the main player as they are."""
        prefix = "" if self.name == MAIN_PLAYER else f"{self.name}_"
        return {f"{prefix}{name}": value for name, value in losses.items()}


class Method(nn.Module, ABC):
    """A training algorithm around a latent model.

    Args:
        model: The latent model that is trained and kept.
    """

    def __init__(self, model: LatentModel) -> None:
        super().__init__()
        self.model = model
        self.carried: dict[str, Tensor] = {}  # what one player leaves for the next one of the same round

    def prepare_attributes(self, attributes: NDArray[np.float32]) -> NDArray[np.float32]:
        """From all attribute columns (N, A) to what the losses read of them (N, K)."""
        return attributes

    def companions(self) -> dict[str, nn.Module]:
        """Networks that are kept with the model, by the names of their files; usually none."""
        return {}

    @abstractmethod
    def players(self) -> list[Player]:
        """The players in the order of their turns."""

    @abstractmethod
    def validation_losses(self, batch: Batch) -> Losses:
        """Losses of a held-out batch, without gradients or sampling noise; "loss" chooses the best weights."""


@torch.no_grad()
def accuracy(model: LatentModel, decoded: Distribution, items: Tensor) -> Tensor:
    """Share of elements that are decoded right, 0 to 1."""
    return model.right_elements(decoded, items).float().mean()
