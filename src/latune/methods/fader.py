"""Fader network: a code that says nothing of the attributes, and a decoder that is told them.

The first A latent dimensions are the attributes themselves, scaled to 0 to 1 by their ranges; the other dimensions z
are the code. A critic tries to read the attributes y from z, the encoder tries to make it say the opposite:

    critic:       L = sum_k (critic(z)_k - y_k)^2
    autoencoder:  L = reconstruction(x | y, z) + beta_t sum_k (critic(z)_k - (1 - y_k))^2 + sum_k (e(x)_k - y_k)^2

beta_t rises from 0 to beta over `ramp_steps`. The last sum is ours: e(x) is the encoder's own estimate of the
attributes, so that a picture without labels can be edited.

Source: Lample et al. 2017, Fader Networks (arXiv 1706.00409); the regression form with the flipped target is that of
the image baseline of Pati and Lerch 2021 (arXiv 2004.05485).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field, NonNegativeInt
from torch import Tensor, nn

from latune.attributes import AttributeTable
from latune.data.batches import Batch
from latune.losses.vae import reconstruction
from latune.methods.method import MAIN_PLAYER, Losses, Method, Player, accuracy
from latune.methods.told_attributes import ToldAttributes, ToldConfig, squared_error
from latune.models.latent_model import LatentModel

__all__ = ["Fader", "FaderConfig"]


class FaderConfig(ToldConfig):
    """Settings of the Fader network. The published values are the defaults, but for the ramp, which was inert there."""

    name: Literal["fader"] = "fader"
    scaling: Literal["declared", "observed"] = "declared"  # ranges: by definition, or those of the training items
    beta: Annotated[float, Field(ge=0)] = 4.0  # weight of fooling the critic
    ramp_steps: NonNegativeInt = 30_000  # steps over which the weight rises from 0
    critic_sizes: tuple[int, ...] = (64, 32)
    critic_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5


class Fader(Method):
    """Two players: a critic that reads attributes from the code, and an autoencoder that fools it.

    Args:
        model: Latent model with more dimensions than attributes; its codes are used without noise.
        config: Settings.
        table: Attributes of the data set.
        reference: Attributes of the training items (M, N); needed for the scaling "observed".

    Raises:
        RecipeError: An attribute is unknown or named twice, or the model has too few dimensions.
    """

    def __init__(
        self,
        model: LatentModel,
        config: FaderConfig,
        table: AttributeTable,
        reference: NDArray[np.float32] | None = None,
    ) -> None:
        super().__init__(model)
        self.config = config
        self._told = ToldAttributes(config.attributes, table, model.latent_size, config.scaling, reference)
        count = len(self._told)
        self.critic = _critic([model.latent_size - count, *config.critic_sizes, count], config.critic_dropout)

    def prepare_attributes(self, attributes: NDArray[np.float32]) -> NDArray[np.float32]:
        """The chosen columns (N, A), scaled to 0 to 1 by their ranges."""
        return self._told.scaled(attributes)

    def players(self) -> list[Player]:
        """The critic moves first, then the autoencoder, on the same batch."""
        return [
            Player("critic", list(self.critic.parameters()), self._critic_losses),
            Player(MAIN_PLAYER, list(self.model.parameters()), self._autoencoder_losses),
        ]

    def validation_losses(self, batch: Batch) -> Losses:
        """The autoencoder's loss with the full weight of the critic."""
        return self._losses(batch, self.config.beta)

    def _critic_losses(self, batch: Batch, step: int) -> Losses:
        with torch.no_grad():
            _, code = self._split(batch.items)
        return {"loss": squared_error(self.critic(code), batch.attributes)}

    def _autoencoder_losses(self, batch: Batch, step: int) -> Losses:
        return self._losses(batch, self.config.beta * min(1.0, (step + 1) / max(self.config.ramp_steps, 1)))

    def _losses(self, batch: Batch, beta: float) -> Losses:
        estimates, code = self._split(batch.items)
        decoded = self.model.decode(torch.cat([batch.attributes, code], dim=1), batch.items)
        nats = reconstruction(decoded, batch.items, self.config.reconstruction)
        adversarial = squared_error(self.critic(code), 1 - batch.attributes)
        estimate = squared_error(estimates, batch.attributes)
        losses = {"reconstruction": nats, "adversarial": adversarial, "estimate": estimate}
        total = nats + beta * adversarial + estimate
        return {"loss": total, **losses, "accuracy": accuracy(self.model, decoded, batch.items)}

    def _split(self, items: Tensor) -> tuple[Tensor, Tensor]:
        """The encoder's estimate of the attributes (B, A), and the code (B, D - A)."""
        return self._told.split(self.model.encode(items).mean)


def _critic(sizes: list[int], dropout: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.Dropout(dropout), nn.SELU()]
    return nn.Sequential(*layers[:-2], nn.Sigmoid())
