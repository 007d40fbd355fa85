"""FactorVAE: a VAE whose codes shall be independent, as judged by a discriminator.

    autoencoder:    L = reconstruction + beta KL + gamma TC,   TC = mean of logit_real - logit_permuted of D(z)
    discriminator:  L = ( CE(D(z), real) + CE(D(permuted z'), permuted) ) / 2

z are codes of one half of the batch, z' of the other half, with every dimension permuted over it by a permutation of
its own; so `training.batch_size` is twice the published 64. The discriminator's loss does not reach the encoder, nor
the autoencoder's the discriminator. Both move on codes drawn before the autoencoder's step, as in the paper.

Published for sprites: beta 1, gamma 35, 300,000 steps, Adam 1e-4 with betas 0.9, 0.999 (autoencoder) and 0.5, 0.9
(discriminator), which has 6 hidden layers of 1000 units, leaky ReLU 0.2 and two logits. A discriminator that tells
nothing is right in half of the cases.

With `standardise` the discriminator reads codes whose dimensions have mean 0 and deviation 1 over their batch. The
total correlation is the same, but the autoencoder can no longer lower the estimate by moving codes out to where a
discriminator that learned from small batches happens to be wrong.

With `begin` the first steps are those of a VAE whose KL is held at a slowly rising capacity
(`latune.methods.held_capacity`): what matters most comes into use first, in few dimensions. Then all dimensions that
carry nothing begin again, and from there on it is FactorVAE. The discriminator learns from the beginning.

Source: Kim and Mnih 2018, Disentangling by Factorising (arXiv 1802.05983), algorithm 2.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, PositiveInt
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.func import functional_call

from latune.data.batches import Batch
from latune.errors import RecipeError
from latune.losses.total_correlation import density_ratio, discriminator_loss, permuted_dimensions, standardised_codes
from latune.losses.vae import divergence
from latune.methods.attribute_term import AttributeTerm
from latune.methods.control_term import ControlTerm
from latune.methods.held_capacity import MOST, Multiplier, require_renewable, wake
from latune.methods.method import Losses, Player
from latune.methods.variational import Variational, VariationalConfig
from latune.models.gru import FastLinear
from latune.models.latent_model import LatentModel

__all__ = ["FactorVae", "FactorVaeConfig"]

SLOPE = 0.2  # of the discriminator's leaky ReLU
BETAS = (0.5, 0.9)  # of the discriminator's Adam


class BeginConfig(BaseModel):
    """The first steps."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: PositiveInt
    capacity: Annotated[float, Field(gt=0)]  # nats that the KL rises to until then
    multiplier: Annotated[float, Field(gt=0, le=MOST)] = 50.0  # what a nat costs at the start
    multiplier_rate: Annotated[float, Field(gt=0)] = 0.002  # of its logarithm, per nat and step


class FactorVaeConfig(VariationalConfig):
    """Settings of FactorVAE; the published values are the defaults."""

    name: Literal["factor_vae"] = "factor_vae"
    beta: Annotated[float, Field(ge=0)] = 1.0  # weight of the KL term
    gamma: Annotated[float, Field(ge=0)] = 35.0  # weight of the total correlation
    discriminator_sizes: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (1000,) * 6
    discriminator_learning_rate_factor: Annotated[float, Field(gt=0)] = 1.0  # times the schedule's learning rate
    standardise: bool = False  # codes before the discriminator reads them
    begin: BeginConfig | None = None


class FactorVae(Variational):
    """Two players: an autoencoder, and a discriminator that tells its codes from codes with permuted dimensions.

    Args:
        model: Latent model.
        config: Settings.
        attribute_term: The recipe's `attributes:` block, if it has one.
        control_term: The recipe's `control:` block, if it has one.

    Raises:
        RecipeError: The recipe has a `begin:` block, and the model's dimensions cannot begin again.
    """

    config: FactorVaeConfig
    multiplier: Multiplier

    def __init__(
        self,
        model: LatentModel,
        config: FactorVaeConfig,
        attribute_term: AttributeTerm | None = None,
        control_term: ControlTerm | None = None,
    ) -> None:
        super().__init__(model, config, attribute_term, control_term)
        if config.begin is not None:
            require_renewable(model, "method.begin")
            self.multiplier = Multiplier(config.begin.multiplier, config.begin.multiplier_rate)
        self.discriminator = _discriminator([model.latent_size, *config.discriminator_sizes])

    def players(self) -> list[Player]:
        """The autoencoder moves first, then the discriminator (then the control term's network)."""
        autoencoder, *others = super().players()
        discriminator = Player(
            "discriminator",
            list(self.discriminator.parameters()),
            self._discriminator_losses,
            learning_rate_factor=self.config.discriminator_learning_rate_factor,
            betas=BETAS,
        )
        return [autoencoder, discriminator, *others]

    def pressure(self, posterior: Distribution, codes: Tensor, step: int | None) -> Losses:
        """The weighted KL term and total correlation; in validation TC is that of the means."""
        if step is not None:
            self.carried["codes"] = codes.detach()
        frozen = {name: parameter.detach() for name, parameter in self.discriminator.named_parameters()}
        logits = functional_call(self.discriminator, frozen, (self._read(codes),)).float()
        kl, correlation = divergence(posterior, self.model.prior), density_ratio(logits)
        seen, begin = {"kl": kl, "total_correlation": correlation}, self.config.begin
        if begin is not None and step is not None and step < begin.steps:
            excess = kl - begin.capacity * step / begin.steps
            beta = self.multiplier.follow(excess.detach())
            return {"loss": beta * excess, **seen, "multiplier": beta}
        loss = self.config.beta * kl + self.config.gamma * correlation
        if begin is not None:  # a column of the history from the first step on
            seen["multiplier"] = torch.full_like(kl, self.config.beta)
        return {"loss": loss, **seen}

    def _training_losses(self, batch: Batch, step: int) -> Losses:
        if self.config.begin is not None and step == self.config.begin.steps:
            wake(self.model, batch.items)
        return super()._training_losses(_first_half(batch), step)

    def _discriminator_losses(self, batch: Batch, step: int) -> Losses:
        if "codes" not in self.carried:
            raise RuntimeError("the autoencoder moves first in each round: its codes are what is real")
        with torch.no_grad():
            others = self.model.encode(batch.items[len(batch.items) // 2 :]).sample()
        real = self.discriminator(self._read(self.carried["codes"])).float()
        permuted = self.discriminator(self._read(permuted_dimensions(others))).float()
        right = torch.cat([real[:, 0] > real[:, 1], permuted[:, 1] > permuted[:, 0]]).float().mean()
        return {"loss": discriminator_loss(real, permuted), "accuracy": right}

    def _read(self, codes: Tensor) -> Tensor:
        """Codes as the discriminator reads them."""
        return standardised_codes(codes) if self.config.standardise else codes


def _first_half(batch: Batch) -> Batch:
    cut = len(batch.items) // 2
    if cut == 0:
        raise RecipeError("training.batch_size: 'factor_vae' cuts batches in two, got a batch of 1.")
    classes = None if batch.classes is None else batch.classes[:cut]
    return Batch(batch.items[:cut], batch.attributes[:cut], classes)


def _discriminator(sizes: list[int]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [FastLinear(inputs, outputs), nn.LeakyReLU(SLOPE)]
    return nn.Sequential(*layers, FastLinear(sizes[-1], 2))
