"""DIP-VAE: the covariance of the codes over the training set shall be the identity.

    L = reconstruction + beta KL + lambda_od sum_{i != j} C_ij^2 + lambda_d sum_i (C_ii - 1)^2

C is the covariance of the means (kind "i"), or that of the codes themselves (kind "ii"): the means' covariance plus
the mean of the posteriors' variances, Cov[mu] + E[Sigma]. Both are estimated from each batch.

Usual: beta 1, lambda_od 10, and lambda_d = 10 lambda_od for kind i, lambda_d = lambda_od for kind ii. The latter is
for more dimensions than the items need, as with sprites.

Source: Kumar, Sattigeri and Balakrishnan 2018, Variational Inference of Disentangled Latent Concepts from Unlabeled
Observations (arXiv 1711.00848).
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.distributions import Distribution

from latune.losses.posterior_moments import covariance, distance_from_identity
from latune.losses.vae import divergence
from latune.methods.method import Losses
from latune.methods.variational import Variational, VariationalConfig

__all__ = ["DipVae", "DipVaeConfig"]

Weight = Annotated[float, Field(ge=0)]


class DipVaeConfig(VariationalConfig):
    """Settings of the DIP-VAE."""

    name: Literal["dip_vae"] = "dip_vae"
    kind: Literal["i", "ii"] = "ii"  # covariance of the means, or of the codes
    beta: Weight = 1.0  # of the KL term
    lambda_od: Weight = 10.0  # of covariances
    lambda_d: Weight = 10.0  # of variances; 100 is usual for kind i


class DipVae(Variational):
    """A variational auto-encoder whose codes shall be uncorrelated and of variance 1."""

    config: DipVaeConfig

    def pressure(self, posterior: Distribution, codes: Tensor, step: int | None) -> Losses:
        """The weighted KL term and squares of what the covariance has beyond the identity."""
        matrix = covariance(posterior.mean)
        if self.config.kind == "ii":
            matrix = matrix + torch.diag(posterior.variance.mean(dim=0))
        off_diagonal, diagonal = distance_from_identity(matrix)
        kl = divergence(posterior, self.model.prior)
        loss = self.config.beta * kl + self.config.lambda_od * off_diagonal + self.config.lambda_d * diagonal
        return {"loss": loss, "kl": kl, "off_diagonal": off_diagonal, "diagonal": diagonal}
