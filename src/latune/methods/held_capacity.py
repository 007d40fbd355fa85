"""A capacity that is held by a multiplier, and dimensions that begin again: the first part of a training.

    L = reconstruction + beta (KL - C)

beta is the weight of the constraint KL = C: after each step it is multiplied by exp(rate (KL - C)), where the
difference is cut to a nat. While C rises slowly, beta falls slowly, and a dimension comes into use when beta falls
below what it gains.

A dimension that said nothing for long comes back late or never: the decoder has learned not to listen to it, and the
encoder has no feature left of what it could say. So after a first part, which only lets in what matters most, all
dimensions that carry nothing begin again.

Source of the multiplier: Rezende and Viola 2018, Taming VAEs (arXiv 1810.00597), there for a constraint on the
reconstruction; Shao et al. 2020, ControlVAE (arXiv 2004.05988), controls beta by the KL as well.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence

from latune.errors import RecipeError
from latune.models.latent_model import LatentModel
from latune.models.picture_networks import PictureNetwork

__all__ = ["MOST", "Multiplier", "require_renewable", "wake"]

MOST = 200.0
"""The largest multiplier: the first steps, in which nothing is learned yet, would raise it without end."""

UNUSED = 0.05
"""Nats; a dimension with fewer carries nothing."""


class Multiplier(nn.Module):
    """beta, a part of a method's state: a resumed training goes on with it.

    Args:
        start: beta at the start.
        rate: Of its logarithm, per nat and step.
    """

    value: Tensor

    def __init__(self, start: float, rate: float) -> None:
        super().__init__()
        self._rate = rate
        self.register_buffer("value", torch.tensor(start))

    @torch.no_grad()
    def follow(self, excess: Tensor) -> Tensor:
        """Move beta by the nats that the KL has more than the capacity; returns beta as it was."""
        before = self.value.clone()
        growth = torch.exp(self._rate * excess.clamp(-1, 1))
        self.value.copy_((self.value * growth).clamp(max=MOST))
        return before


def require_renewable(model: LatentModel, field: str) -> None:
    """Check that dimensions of a model can begin again.

    Args:
        model: Latent model.
        field: Of the recipe, which asks for it.

    Raises:
        RecipeError: They cannot.
    """
    if not isinstance(model, PictureNetwork):
        raise RecipeError(f"{field}: needs one of the published networks for pictures, such as 'burgess'.")


@torch.no_grad()
def wake(model: LatentModel, items: Tensor) -> None:
    """Let the dimensions that carry nothing begin again.

    Args:
        model: One of the published networks for pictures.
        items: Pictures (B, C, H, W) that tell which dimensions these are.
    """
    assert isinstance(model, PictureNetwork)
    posterior = model.encode(items)
    nats = kl_divergence(Normal(posterior.mean, posterior.stddev), Normal(0.0, 1.0)).mean(dim=0)
    model.renew_dimensions(nats < UNUSED, items)
