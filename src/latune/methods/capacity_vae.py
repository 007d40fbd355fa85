"""beta-VAE of controlled capacity: the KL term is drawn to a number of nats that rises during the training.

    L = reconstruction + gamma kappa |KL - C(t)|      (held_by: distance, as published)
    L = reconstruction + beta kappa (KL - C(t))       (held_by: multiplier)
    C(t) = min(capacity, capacity t / capacity_steps)

t is the step, counted from 0. Validation reads the final C, so its loss can be compared between steps: it is high
until the capacity is there, which is why such recipes keep the last weights (`training.keep: last`).

Published: gamma 1000, capacity 25 nats after 100,000 steps of sprites, Adam 5e-4. kappa is 1 there; a replication
multiplies by batch size / size of the training set, which `sprites/legacy-bcvae` repeats (gamma 10, kappa 576/663552).

The gradient of the distance changes its sign whenever the KL crosses the capacity, and gamma times it drowns what the
reconstruction says: dimensions that carry nothing yet do not come into use. With the multiplier beta is the weight of
the constraint KL = C(t): after each step it is multiplied by exp(multiplier_rate (KL - C(t))), where the difference is
cut to a nat. It falls slowly as the capacity rises, and a dimension comes into use when beta falls below what it gains.

Source: Burgess et al. 2018, Understanding disentangling in beta-VAE (arXiv 1804.03599). The multiplier: Rezende and
Viola 2018, Taming VAEs (arXiv 1810.00597), there for a constraint on the reconstruction; Shao et al. 2020, ControlVAE
(arXiv 2004.05988), controls beta by the KL as well.
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import Field, PositiveInt
from torch import Tensor
from torch.distributions import Distribution

from latune.losses.vae import divergence
from latune.methods.attribute_term import AttributeTerm
from latune.methods.control_term import ControlTerm
from latune.methods.method import Losses
from latune.methods.variational import Variational, VariationalConfig
from latune.models.latent_model import LatentModel

__all__ = ["CapacityVae", "CapacityVaeConfig"]

MOST = 200.0
"""The largest multiplier: the first steps, in which nothing is learned yet, would raise it without end."""


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

    def capacity_at(self, step: int) -> float:
        """C(t) in nats at a step, counted from 0."""
        return self.capacity * min(1.0, step / self.capacity_steps)


class CapacityVae(Variational):
    """A variational auto-encoder whose KL term follows a rising capacity.

    Args:
        model: Latent model.
        config: Settings.
        attribute_term: The recipe's `attributes:` block, if it has one.
        control_term: The recipe's `control:` block, if it has one.
    """

    config: CapacityVaeConfig
    multiplier: Tensor

    def __init__(
        self,
        model: LatentModel,
        config: CapacityVaeConfig,
        attribute_term: AttributeTerm | None = None,
        control_term: ControlTerm | None = None,
    ) -> None:
        super().__init__(model, config, attribute_term, control_term)
        if config.held_by == "multiplier":  # part of the state: a resumed training goes on with it
            self.register_buffer("multiplier", torch.tensor(config.multiplier))

    def pressure(self, posterior: Distribution, codes: Tensor, step: int | None) -> Losses:
        """The weighted distance of the KL term from C(t)."""
        capacity = self.config.capacity if step is None else self.config.capacity_at(step)
        kl = divergence(posterior, self.model.prior)
        seen = {"kl": kl, "capacity": torch.full_like(kl, capacity)}
        if self.config.held_by == "distance":
            return {"loss": self.config.gamma * self.config.kappa * (kl - capacity).abs(), **seen}
        beta = self.multiplier.clone()
        if step is not None:
            self._adapt(kl.detach() - capacity)
        return {"loss": beta * self.config.kappa * (kl - capacity), **seen, "multiplier": beta}

    def _adapt(self, excess: Tensor) -> None:
        """Move the multiplier by the nats that the KL has more than the capacity."""
        growth = torch.exp(self.config.multiplier_rate * excess.clamp(-1, 1))
        self.multiplier.copy_((self.multiplier * growth).clamp(max=MOST))
