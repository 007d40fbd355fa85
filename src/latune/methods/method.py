"""What a method is: a list of players, each with parameters, a loss and an optimiser of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from latune.data.batches import Batch
from latune.models.latent_model import LatentModel

__all__ = ["Losses", "Method", "Player"]

Losses = dict[str, Tensor]
"""Named scalars; "loss" is what the player minimises, the others are recorded."""


@dataclass(frozen=True)
class Player:
    """One group of parameters with its own optimiser and loss.

    Args:
        name: Such as "autoencoder" or "critic".
        parameters: What its optimiser changes.
        loss: From batch and step (counted from 0) to losses.
        steps_per_round: Updates it makes in each round of the training loop.
        learning_rate_factor: Multiplies the learning rate of the schedule.
    """

    name: str
    parameters: list[nn.Parameter]
    loss: Callable[[Batch, int], Losses]
    steps_per_round: int = 1
    learning_rate_factor: float = 1.0


class Method(nn.Module, ABC):
    """A training algorithm around a latent model.

    Args:
        model: The latent model that is trained and kept.
    """

    def __init__(self, model: LatentModel) -> None:
        super().__init__()
        self.model = model

    @abstractmethod
    def players(self) -> list[Player]:
        """The players in the order of their turns."""

    @abstractmethod
    def validation_losses(self, batch: Batch) -> Losses:
        """Losses of a held-out batch, without gradients or sampling noise; "loss" chooses the best weights."""
