"""beta-VAE: L = reconstruction + beta |KL - capacity|, and whatever terms the recipe adds.

Published: beta 4 for sprites, without capacity, against nats per picture. With beta 1 and no capacity it is the plain
VAE of Kingma and Welling 2014. A capacity that rises is `latune.methods.capacity_vae`.

Source: Higgins et al. 2017, beta-VAE: Learning Basic Visual Concepts with a Constrained Variational Framework; the
capacity, here a constant, is that of Burgess et al. 2018 (arXiv 1804.03599).
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.distributions import Distribution

from latune.losses.vae import divergence
from latune.methods.attribute_term import AttributeTerm
from latune.methods.control_term import ControlTerm
from latune.methods.method import Losses
from latune.methods.variational import Variational, VariationalConfig
from latune.models.latent_model import LatentModel

__all__ = ["BetaVae", "BetaVaeConfig"]


class BetaVaeConfig(VariationalConfig):
    """Settings of the beta-VAE."""

    name: Literal["beta_vae"] = "beta_vae"
    beta: Annotated[float, Field(ge=0)] = 1.0  # weight of the KL term
    capacity: Annotated[float, Field(ge=0)] = 0.0  # nats that the KL is drawn to


class BetaVae(Variational):
    """A variational auto-encoder with a weight on the KL term."""

    config: BetaVaeConfig
    beta: Tensor

    def __init__(
        self,
        model: LatentModel,
        config: BetaVaeConfig,
        attribute_term: AttributeTerm | None = None,
        control_term: ControlTerm | None = None,
    ) -> None:
        super().__init__(model, config, attribute_term, control_term)
        self.register_buffer("beta", torch.tensor(config.beta), persistent=False)  # may differ within an ensemble

    def pressure(self, posterior: Distribution, codes: Tensor, step: int | None) -> Losses:
        """The weighted distance of the KL term from the capacity."""
        kl = divergence(posterior, self.model.prior)
        return {"loss": self.beta * (kl - self.config.capacity).abs(), "kl": kl}
