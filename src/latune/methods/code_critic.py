"""A critic of codes: is what it reads a draw of the prior, or the code of an item?"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call

from latune.losses.adversarial import critic_loss, generator_loss, gradient_penalty
from latune.methods.method import Losses
from latune.models.relational_learner import tanh_layers

__all__ = ["CodeCritic"]


class CodeCritic(nn.Module):
    """A Wasserstein critic with tanh layers and a gradient penalty.

    Args:
        inputs: Numbers that it reads of each code.
        sizes: Units of the hidden layers.
        penalty: Weight of the gradient penalty.
    """

    def __init__(self, inputs: int, sizes: tuple[int, ...], penalty: float) -> None:
        super().__init__()
        self._penalty = penalty
        self.layers = tanh_layers((inputs, *sizes), 1)

    def forward(self, read: Tensor) -> Tensor:
        """Scores (B,) of what it reads (B, I); high ones speak for the prior."""
        scores: Tensor = self.layers(read)
        return scores[:, 0].float()

    def losses(self, found: Tensor, wanted: Tensor) -> Losses:
        """Its own losses, of codes (B, I) and draws of the prior (B, I); the encoder gets no gradient of them."""
        found, wanted = found.detach(), wanted.detach()
        of_found, of_wanted = self(torch.cat([found, wanted])).chunk(2)
        penalty = gradient_penalty(self, found, wanted)
        return {
            "loss": critic_loss(of_found, of_wanted) + self._penalty * penalty,
            "codes": of_found.mean(),
            "draws": of_wanted.mean(),
            "penalty": penalty,
        }

    def encoder_loss(self, found: Tensor) -> Tensor:
        """What the encoder minimises, of its codes (B, I); the critic's parameters get no gradient of it."""
        frozen = {name: parameter.detach() for name, parameter in self.named_parameters()}
        return generator_loss(functional_call(self, frozen, (found,)))
