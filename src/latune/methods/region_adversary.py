"""The discriminator of AbsAE: is this the code of an item, or a draw of the prior, given the item's region?

It reads a one-hot of K + 1 classes beside the code; the last class means "unlabelled". (The published code tells
"unlabelled" by zeros, and then draws from region 0, because the arg max of zeros is 0.)

Two games, in nats: "vanilla" is the non-saturating one of Goodfellow et al. 2014 (published); "wgan_gp" has a critic
with a gradient penalty of 10, Gulrajani et al. 2017 (arXiv 1704.00028).
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from latune.losses.adversarial import critic_loss, generator_loss, gradient_penalty
from latune.models.mixture import UNLABELLED
from latune.models.relational_learner import tanh_layers

__all__ = ["Game", "RegionAdversary"]

Game = Literal["vanilla", "wgan_gp"]

PENALTY = 10.0  # of the gradient of a critic, as published


class RegionAdversary(nn.Module):
    """Discriminator or critic of codes and regions.

    Args:
        latent_size: Numbers of a code D.
        regions: Number of regions K.
        sizes: Units of the hidden layers.
        game: Which losses.
    """

    def __init__(self, latent_size: int, regions: int, sizes: tuple[int, ...], game: Game) -> None:
        super().__init__()
        self._regions, self._game = regions, game
        self.layers = tanh_layers((regions + 1 + latent_size, *sizes), 1)

    def forward(self, codes: Tensor, regions: Tensor) -> Tensor:
        """Scores (B,) of codes (B, D) of regions (B,), -1 being unlabelled; large ones speak for the prior."""
        told = F.one_hot(torch.where(regions == UNLABELLED, self._regions, regions), self._regions + 1)
        scores: Tensor = self.layers(torch.cat([told.to(codes.dtype), codes], dim=1))
        return scores[:, 0].float()

    def encoder_loss(self, scores: Tensor) -> Tensor:
        """What the encoder minimises, of the scores (B,) of its codes."""
        return F.softplus(-scores).mean() if self._game == "vanilla" else generator_loss(scores)

    def loss(self, codes: Tensor, draws: Tensor, regions: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What the discriminator minimises, and the scores (B,) of codes and of draws of the prior, both (B, D)."""
        of_codes, of_draws = self(torch.cat([codes, draws]), regions.repeat(2)).chunk(2)
        if self._game == "vanilla":
            return (F.softplus(of_codes).mean() + F.softplus(-of_draws).mean()) / 2, of_codes, of_draws
        penalty = gradient_penalty(lambda points: self(points, regions), codes, draws)
        return critic_loss(of_codes, of_draws) + PENALTY * penalty, of_codes, of_draws
