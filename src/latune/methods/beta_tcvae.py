"""beta-TCVAE: the KL term in three parts, each with a weight of its own.

    L = reconstruction + alpha MI + beta TC + gamma sum_j KL( q(z_j) || p(z_j) )

MI is the mutual information of items and codes, TC the total correlation of the codes; with all weights 1 the parts
add up to the KL term. They are estimated from each batch, as the recipe's `sampling` says ("weighted" as in most
published results, "stratified" without its bias), and so need the number of training items.

Usual for sprites: alpha = gamma = 1, beta 6.

Source: Chen et al. 2018, Isolating Sources of Disentanglement in VAEs (arXiv 1802.04942).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from torch import Tensor
from torch.distributions import Distribution

from latune.losses.total_correlation import Sampling, divided_divergence, minibatch_weights
from latune.losses.vae import divergence
from latune.methods.attribute_term import AttributeTerm
from latune.methods.control_term import ControlTerm
from latune.methods.method import Losses
from latune.methods.variational import Variational, VariationalConfig
from latune.models.latent_model import LatentModel

__all__ = ["BetaTcVae", "BetaTcVaeConfig"]

Weight = Annotated[float, Field(ge=0)]


class BetaTcVaeConfig(VariationalConfig):
    """Settings of the beta-TCVAE; what is usual for sprites is the default."""

    name: Literal["beta_tcvae"] = "beta_tcvae"
    alpha: Weight = 1.0  # of the mutual information of items and codes
    beta: Weight = 6.0  # of the total correlation
    gamma: Weight = 1.0  # of the divergence of each dimension from its prior
    sampling: Sampling = "weighted"


class BetaTcVae(Variational):
    """A variational auto-encoder with separate weights on the parts of its KL term.

    Args:
        model: Latent model with normal posteriors and a standard normal prior.
        config: Settings.
        training_items: Number of items in the training split.
        attribute_term: The recipe's `attributes:` block, if it has one.
        control_term: The recipe's `control:` block, if it has one.
    """

    config: BetaTcVaeConfig

    def __init__(
        self,
        model: LatentModel,
        config: BetaTcVaeConfig,
        training_items: int,
        attribute_term: AttributeTerm | None = None,
        control_term: ControlTerm | None = None,
    ) -> None:
        super().__init__(model, config, attribute_term, control_term)
        self._training_items = training_items

    def pressure(self, posterior: Distribution, codes: Tensor, step: int | None) -> Losses:
        """The weighted parts; in validation all at the means, so the parts are not those of KL."""
        items = max(self._training_items, len(codes))  # a held-out batch may be larger than a small training set
        weights = minibatch_weights(len(codes), items, self.config.sampling).to(codes)
        parts = divided_divergence(codes, posterior.mean, posterior.stddev, weights)
        loss = (
            self.config.alpha * parts.mutual_information
            + self.config.beta * parts.total_correlation
            + self.config.gamma * parts.dimension_wise
        )
        return {
            "loss": loss,
            "kl": divergence(posterior, self.model.prior),
            "mutual_information": parts.mutual_information,
            "total_correlation": parts.total_correlation,
            "dimension_wise": parts.dimension_wise,
        }
