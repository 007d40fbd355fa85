"""GLSR-VAE: a beta-VAE whose decoder answers a turn of a dimension with a given change of its attribute.

L = reconstruction + beta |KL - capacity| - weight mean_k ln N( d(E[a_k | z] / s_k) / d z_k ; mean, deviation )

E[a_k | z] is the expected attribute k under the decoder's distribution, s_k its standard deviation in the training
split. With mean 1 an attribute rises by one standard deviation per unit of its code, on average and everywhere.

Source: Hadjeres, Nielsen and Pachet 2017, GLSR-VAE: Geodesic Latent Space Regularization for Variational AutoEncoder
Architectures (arXiv 1707.04588). The derivative is exact here; the items of a batch serve the attributes in turn.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor
from torch.distributions import Distribution

from latune.data.batches import Batch
from latune.data.codecs import Codec
from latune.errors import RecipeError
from latune.losses.expectation import expectation
from latune.losses.gradient import gradient_loss, gradients_in_turn
from latune.methods.beta_vae import BetaVae, BetaVaeConfig
from latune.methods.control_term import ControlTerm
from latune.methods.method import Losses
from latune.models.latent_model import LatentModel

__all__ = ["GlsrVae", "GlsrVaeConfig"]

Positive = Annotated[float, Field(gt=0)]


class GlsrVaeConfig(BetaVaeConfig):
    """Settings of GLSR-VAE. The published mean, 100 per unit of code, is out of reach of a standardised attribute."""

    name: Literal["glsr_vae"] = "glsr_vae"  # type: ignore[assignment]
    attributes: Annotated[tuple[str, ...], Field(min_length=1)]  # attribute k is tied to latent dimension k
    beta: Annotated[float, Field(ge=0)] = 0.001
    reconstruction: Literal["mean", "sum"] = "mean"
    weight: Positive = 1.0  # of the gradient term
    mean: Positive = 1.0  # standard deviations of the attribute per unit of code
    deviation: Positive = 1.0  # of the gradient around the mean

    @property
    def tied(self) -> tuple[str, ...]:
        """Attributes that the method itself ties to the first latent dimensions."""
        return self.attributes


class GlsrVae(BetaVae):
    """A beta-VAE with the gradient term: one player.

    Args:
        model: Latent model; its decoder must be twice differentiable.
        config: Settings.
        codec: What the items are.
        reference: Attributes of the training items (M, A), the unit of a gradient.
        control_term: The recipe's `control:` block, if it has one.

    Raises:
        RecipeError: An attribute is unknown, named twice or has no expectation, or the model has too few dimensions.
    """

    config: GlsrVaeConfig
    deviations: Tensor

    def __init__(
        self,
        model: LatentModel,
        config: GlsrVaeConfig,
        codec: Codec,
        reference: NDArray[np.float32],
        control_term: ControlTerm | None = None,
    ) -> None:
        super().__init__(model, config, control_term=control_term)
        names = config.attributes
        if len(set(names)) != len(names):
            raise RecipeError(f"method.attributes: expected distinct names, got {list(names)}.")
        if len(names) > model.latent_size:
            raise RecipeError(
                f"method.attributes: expected at most {model.latent_size} (model.latent_size), got {len(names)}."
            )
        columns = [codec.table.index(name) for name in names]
        self._measure = expectation(codec, names)
        deviations = torch.from_numpy(reference[:, columns].std(axis=0).astype(np.float32))
        self.register_buffer("deviations", deviations.clamp(min=1e-6), persistent=False)

    def _terms(self, posterior: Distribution, codes: Tensor, batch: Batch, controlled: bool) -> Losses:
        terms = super()._terms(posterior, codes, batch, controlled)
        loss = gradient_loss(self._gradients(codes), self.config.mean, self.config.deviation)
        return terms | {"gradient": self.config.weight * loss}

    @torch.enable_grad()  # validation needs these gradients too
    def _gradients(self, codes: Tensor) -> Tensor:
        """Of each item's expected attribute in turn, in standard deviations per unit of code, (B,)."""
        # The codes are taken as they are: an encoder that looked for codes with the right gradient would lose accuracy.
        codes = codes.detach().requires_grad_()
        # Decoded without the true items: a decoder that reads those owes less to the codes.
        return gradients_in_turn(self._measure(self.model.decode(codes)) / self.deviations, codes)
