"""The latent model: what every network here is to the rest of the house."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.distributions import Categorical, Distribution, Independent, Normal

__all__ = ["LatentModel", "diagonal_normal", "sample_tokens", "token_distribution"]


class LatentModel(nn.Module, ABC):
    """Encoder q(z|x), decoder p(x|z) and prior p(z) over codes of `latent_size` numbers.

    Args:
        latent_size: Number of latent dimensions D.
    """

    def __init__(self, latent_size: int) -> None:
        super().__init__()
        self.latent_size = latent_size

    @property
    def prior(self) -> Distribution:
        """p(z): independent standard normal over (D,)."""
        device = next(self.parameters()).device
        zeros = torch.zeros(self.latent_size, device=device)
        return diagonal_normal(zeros, torch.ones_like(zeros))

    @abstractmethod
    def encode(self, items: Tensor) -> Distribution:
        """q(z|x) for items (B, ...): a distribution over codes (B, D)."""

    @abstractmethod
    def decode(self, codes: Tensor, items: Tensor | None = None) -> Distribution:
        """p(x|z) for codes (B, D): a distribution over items (B, ...).

        Args:
            codes: Codes.
            items: The true items, which an autoregressive decoder may read while it learns. Others ignore them.
        """

    @abstractmethod
    def generate(
        self,
        codes: Tensor,
        temperature: float = 1.0,
        top_p: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Sample items (B, ...) for codes (B, D).

        Args:
            codes: Codes.
            temperature: Divides the logits; near 0 gives the most likely item.
            top_p: Only the most likely symbols that together reach this probability are drawn.
            generator: Source of randomness.
        """


def diagonal_normal(mean: Tensor, scale: Tensor) -> Distribution:
    """A normal distribution with independent dimensions; log-probabilities sum over the last axis."""
    return Independent(Normal(mean, scale, validate_args=False), 1, validate_args=False)


def token_distribution(logits: Tensor) -> Distribution:
    """Independent categorical tokens from logits (B, T, V); log-probabilities sum over T."""
    return Independent(Categorical(logits=logits, validate_args=False), 1, validate_args=False)


def sample_tokens(logits: Tensor, temperature: float, top_p: float, generator: torch.Generator | None) -> Tensor:
    """Draw tokens (...,) from logits (..., V) with temperature and nucleus ("top-p") sampling.

    Source of the latter: Holtzman et al. 2020, The Curious Case of Neural Text Degeneration.

    Raises:
        ValueError: temperature is not positive or top_p not in (0, 1].
    """
    if temperature <= 0 or not 0 < top_p <= 1:
        raise ValueError(f"expected temperature > 0 and 0 < top_p <= 1, got {temperature} and {top_p}")
    probabilities = torch.softmax(logits / temperature, dim=-1)
    ordered, indices = probabilities.sort(dim=-1, descending=True)
    before = ordered.cumsum(dim=-1) - ordered
    kept = ordered * (before < top_p)
    drawn = torch.multinomial(kept.reshape(-1, kept.shape[-1]), 1, generator=generator)
    return indices.gather(-1, drawn.reshape(*kept.shape[:-1], 1)).squeeze(-1)
