"""Conditional VAE: a variational auto-encoder whose decoder is told the attributes.

The first A latent dimensions are the attributes y, standardised by the training items; the other dimensions z have the
prior p(z), a standard normal:

    L = reconstruction(x | y, z) + beta KL(q(z|x) || p(z)) + E[ sum_k (e_k - y_k)^2 ]

Nothing but the KL term keeps the attributes out of z: where z knows them, the decoder has no need of y. The last sum
teaches the encoder to estimate the attributes itself (e is a draw of its first dimensions), so that an item without
labels can be edited. No gradient of it reaches the decoder.

Source: Kingma, Rezende, Mohamed and Welling 2014, Semi-supervised Learning with Deep Generative Models
(arXiv 1406.5298), model M2 with its classifier, here a regression; Sohn, Lee and Yan 2015, Learning Structured Output
Representation using Deep Conditional Generative Models (NeurIPS). Their encoder reads y too; ours reads x alone, of
which y is a function.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch.distributions import Distribution

from latune.attributes import AttributeTable
from latune.data.batches import Batch
from latune.losses.vae import divergence, reconstruction
from latune.methods.method import MAIN_PLAYER, Losses, Method, Player, accuracy
from latune.methods.told_attributes import ToldAttributes, ToldConfig, squared_error
from latune.models.latent_model import LatentModel, diagonal_normal

__all__ = ["ConditionalVae", "ConditionalVaeConfig"]


class ConditionalVaeConfig(ToldConfig):
    """Settings of the conditional VAE. The defaults are the published bound."""

    name: Literal["conditional_vae"] = "conditional_vae"
    beta: Annotated[float, Field(ge=0)] = 1.0  # weight of the KL term, over the dimensions that are no attributes


class ConditionalVae(Method):
    """One player: encoder and decoder, which is told the attributes.

    Args:
        model: Latent model with more dimensions than attributes.
        config: Settings.
        table: Attributes of the data set.
        reference: Attributes of the training items (M, N), the unit of what the decoder is told.

    Raises:
        RecipeError: An attribute is unknown or named twice, or the model has too few dimensions.
    """

    def __init__(
        self,
        model: LatentModel,
        config: ConditionalVaeConfig,
        table: AttributeTable,
        reference: NDArray[np.float32],
    ) -> None:
        super().__init__(model)
        self.config = config
        # Standardised: ranges by definition may be many times wider than the data, and then the decoder could not tell
        # one value from the next. So all attributes have the spread that the prior gives the other dimensions.
        self._told = ToldAttributes(config.attributes, table, model.latent_size, "standardised", reference)

    def prepare_attributes(self, attributes: NDArray[np.float32]) -> NDArray[np.float32]:
        """The chosen columns (N, A), standardised."""
        return self._told.scaled(attributes)

    def players(self) -> list[Player]:
        """One player: encoder and decoder together."""
        return [Player(MAIN_PLAYER, list(self.model.parameters()), self._training_losses)]

    def _training_losses(self, batch: Batch, step: int) -> Losses:
        return self._losses(batch, sampled=True)

    def validation_losses(self, batch: Batch) -> Losses:
        """The training loss at the means of the codes."""
        return self._losses(batch, sampled=False)

    def _losses(self, batch: Batch, sampled: bool) -> Losses:
        posterior = self.model.encode(batch.items)
        estimates, free = self._told.split(posterior.rsample() if sampled else posterior.mean)
        decoded = self.model.decode(torch.cat([batch.attributes, free], dim=1), batch.items)
        nats = reconstruction(decoded, batch.items, self.config.reconstruction)
        kl = divergence(self._free(posterior), self._free(self.model.prior))
        estimate = squared_error(estimates, batch.attributes)
        shown = {"reconstruction": nats, "kl": kl, "estimate": estimate}
        total = nats + self.config.beta * kl + estimate
        return {"loss": total, **shown, "accuracy": accuracy(self.model, decoded, batch.items)}

    def _free(self, codes: Distribution) -> Distribution:
        """Independent normals over (..., D), without the dimensions that are attributes."""
        return diagonal_normal(*(self._told.split(part)[1] for part in (codes.mean, codes.stddev)))
