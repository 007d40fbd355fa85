"""beta-VAE of controlled capacity: the KL term is drawn to a number of nats that rises during the training.

    L = reconstruction + gamma kappa |KL - C(t)|      (held_by: distance, as published)
    L = reconstruction + beta kappa (KL - C(t))       (held_by: multiplier)
    C(t) = min(capacity, capacity t / capacity_steps)

t is the step, counted from 0. Validation reads the final C, so its loss can be compared between steps: it is high
until the capacity is there, which is why such recipes keep the last weights (`training.keep: last`).

Published: gamma 1000, capacity 25 nats after 100,000 steps of sprites, Adam 5e-4. kappa is 1 there; a replication
multiplies by batch size / size of the training set, which `sprites/legacy-bcvae` repeats (gamma 10, kappa 576/663552).

The gradient of the distance changes its sign whenever the KL crosses the capacity, and gamma times it drowns what the
reconstruction says: dimensions that carry nothing yet do not come into use. The multiplier beta follows the KL instead
(`latune.methods.held_capacity`). With `wake` the first part of the training only lets in what matters most (of sprites
the place and the size). Then all dimensions that carry nothing get new weights in the encoder, the multiplier is set
low enough for them to be listened to, and C is the final capacity. The multiplier rises again as far as that needs.

Source: Burgess et al. 2018, Understanding disentangling in beta-VAE (arXiv 1804.03599).
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

import torch
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator
from torch import Tensor
from torch.distributions import Distribution

from latune.data.batches import Batch
from latune.losses.vae import divergence
from latune.methods.attribute_term import AttributeTerm
from latune.methods.control_term import ControlTerm
from latune.methods.held_capacity import MOST, Multiplier, require_renewable, wake
from latune.methods.method import Losses
from latune.methods.variational import Variational, VariationalConfig
from latune.models.latent_model import LatentModel

__all__ = ["CapacityVae", "CapacityVaeConfig"]


class WakeConfig(BaseModel):
    """When the dimensions that are not in use begin again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    step: PositiveInt
    capacity: Annotated[float, Field(gt=0)]  # nats that C(t) rises to until then
    multiplier: Annotated[float, Field(gt=0, le=MOST)] = 0.5  # beta then


class CapacityVaeConfig(VariationalConfig):
    """Settings of the capacity-annealed beta-VAE; the published values are the defaults."""

    name: Literal["capacity_vae"] = "capacity_vae"
    gamma: Annotated[float, Field(ge=0)] = 1000.0  # weight of the distance from the capacity
    kappa: Annotated[float, Field(gt=0)] = 1.0  # multiplies gamma
    capacity: Annotated[float, Field(ge=0)] = 25.0  # nats, at the end
    capacity_steps: PositiveInt = 100_000  # steps until then
    held_by: Literal["distance", "multiplier"] = "distance"  # what draws the KL to the capacity
    multiplier: Annotated[float, Field(gt=0, le=MOST)] = 50.0  # beta at the start
    multiplier_rate: Annotated[float, Field(gt=0)] = 0.002  # of its logarithm, per nat and step
    wake: WakeConfig | None = None

    @model_validator(mode="after")
    def _wakes_with_a_multiplier(self) -> Self:
        if self.wake is not None and self.held_by != "multiplier":
            raise ValueError("expected held_by: multiplier where there is a wake: block")
        return self

    def capacity_at(self, step: int) -> float:
        """C(t) in nats at a step, counted from 0."""
        if self.wake is not None:
            rising = self.wake.capacity * min(1.0, step / self.capacity_steps)
            return rising if step < self.wake.step else self.capacity
        return self.capacity * min(1.0, step / self.capacity_steps)


class CapacityVae(Variational):
    """A variational auto-encoder whose KL term follows a rising capacity.

    Args:
        model: Latent model.
        config: Settings.
        attribute_term: The recipe's `attributes:` block, if it has one.
        control_term: The recipe's `control:` block, if it has one.

    Raises:
        RecipeError: The model's dimensions cannot be woken.
    """

    config: CapacityVaeConfig
    multiplier: Multiplier

    def __init__(
        self,
        model: LatentModel,
        config: CapacityVaeConfig,
        attribute_term: AttributeTerm | None = None,
        control_term: ControlTerm | None = None,
    ) -> None:
        super().__init__(model, config, attribute_term, control_term)
        if config.wake is not None:
            require_renewable(model, "method.wake")
        if config.held_by == "multiplier":
            self.multiplier = Multiplier(config.multiplier, config.multiplier_rate)

    def pressure(self, posterior: Distribution, codes: Tensor, step: int | None) -> Losses:
        """The weighted distance of the KL term from C(t)."""
        capacity = self.config.capacity if step is None else self.config.capacity_at(step)
        kl = divergence(posterior, self.model.prior)
        seen = {"kl": kl, "capacity": torch.full_like(kl, capacity)}
        if self.config.held_by == "distance":
            return {"loss": self.config.gamma * self.config.kappa * (kl - capacity).abs(), **seen}
        excess = kl - capacity
        if step is None:
            beta, excess = self.multiplier.value, excess.abs()  # else codes that say nothing would have the lowest loss
        else:
            beta = self.multiplier.follow(excess.detach())
        return {"loss": beta * self.config.kappa * excess, **seen, "multiplier": beta}

    def _training_losses(self, batch: Batch, step: int) -> Losses:
        if self.config.wake is not None and step == self.config.wake.step:
            wake(self.model, batch.items)
            self.multiplier.value.fill_(self.config.wake.multiplier)
        return super()._training_losses(batch, step)
