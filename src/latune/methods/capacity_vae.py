"""beta-VAE of controlled capacity: the KL term is drawn to a number of nats that rises during the training.

    L = reconstruction + gamma kappa |KL - C(t)|,     C(t) = min(capacity, capacity t / capacity_steps)

t is the step, counted from 0. Validation reads the final C, so its loss can be compared between steps: it is high
until the capacity is there, which is why such recipes keep the last weights (`training.keep: last`).

Published: gamma 1000, capacity 25 nats after 100,000 steps of sprites, Adam 5e-4. kappa is 1 there; a replication
multiplies by batch size / size of the training set, which `sprites/legacy-bcvae` repeats (gamma 10, kappa 576/663552).

Source: Burgess et al. 2018, Understanding disentangling in beta-VAE (arXiv 1804.03599).
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import Field, PositiveInt
from torch import Tensor
from torch.distributions import Distribution

from latune.losses.vae import divergence
from latune.methods.method import Losses
from latune.methods.variational import Variational, VariationalConfig

__all__ = ["CapacityVae", "CapacityVaeConfig"]


class CapacityVaeConfig(VariationalConfig):
    """Settings of the capacity-annealed beta-VAE; the published values are the defaults."""

    name: Literal["capacity_vae"] = "capacity_vae"
    gamma: Annotated[float, Field(ge=0)] = 1000.0  # weight of the distance from the capacity
    kappa: Annotated[float, Field(gt=0)] = 1.0  # multiplies gamma
    capacity: Annotated[float, Field(ge=0)] = 25.0  # nats, at the end
    capacity_steps: PositiveInt = 100_000  # steps until then

    def capacity_at(self, step: int) -> float:
        """C(t) in nats at a step, counted from 0."""
        return self.capacity * min(1.0, step / self.capacity_steps)


class CapacityVae(Variational):
    """A variational auto-encoder whose KL term follows a rising capacity."""

    config: CapacityVaeConfig

    def pressure(self, posterior: Distribution, codes: Tensor, step: int | None) -> Losses:
        """The weighted distance of the KL term from C(t)."""
        capacity = self.config.capacity if step is None else self.config.capacity_at(step)
        kl = divergence(posterior, self.model.prior)
        loss = self.config.gamma * self.config.kappa * (kl - capacity).abs()
        return {"loss": loss, "kl": kl, "capacity": torch.full_like(kl, capacity)}
