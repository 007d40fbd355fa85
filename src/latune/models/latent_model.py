"""The latent model: what every network here is to the rest of the house."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Literal

import torch
from torch import Tensor, nn
from torch.distributions import Bernoulli, Categorical, Distribution, Independent, Laplace, Normal

__all__ = [
    "LatentModel",
    "Likelihood",
    "PictureModel",
    "Posterior",
    "TokenModel",
    "diagonal_normal",
    "picture_distribution",
    "point_normal",
    "sample_tokens",
    "token_distribution",
]

Likelihood = Literal["bernoulli", "gaussian", "laplace"]
"""Of a pixel: "bernoulli" is binary cross-entropy, "gaussian" squared and "laplace" absolute error (plus constants)."""

Posterior = Literal["normal", "point"]
"""Of a code: "point" is one without noise."""

POINT = 1e-6  # standard deviation of a code without noise


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
        """q(z|x) for items (B, ...) as `to_input` gives them: a distribution over codes (B, D)."""

    @abstractmethod
    def decode(self, codes: Tensor, items: Tensor | None = None) -> Distribution:
        """p(x|z) for codes (B, D): a distribution over items (B, ...).

        Args:
            codes: Codes.
            items: The true items, which an autoregressive decoder may read while it learns. Others ignore them.
        """

    @abstractmethod
    def to_input(self, items: Tensor) -> Tensor:
        """From items as data sets store them, uint8 (B, ...), to what `encode` and `log_prob` read."""

    @abstractmethod
    def to_items(self, decoded: Distribution) -> Tensor:
        """The most likely items (B, ...) of p(x|z), as data sets store them."""

    @abstractmethod
    def right_elements(self, decoded: Distribution, items: Tensor) -> Tensor:
        """Which elements of items (B, ...) p(x|z) gets right: booleans of that shape."""


class TokenModel(LatentModel):
    """A latent model of token sequences (B, T)."""

    def to_input(self, items: Tensor) -> Tensor:
        """Tokens as indices."""
        return items.long()

    def to_items(self, decoded: Distribution) -> Tensor:
        """The most likely token at each place."""
        return decoded.mode

    def right_elements(self, decoded: Distribution, items: Tensor) -> Tensor:
        """Where the most likely token is the true one."""
        return decoded.mode == items

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


class PictureModel(LatentModel):
    """A latent model of pictures (B, C, H, W).

    Args:
        latent_size: Number of latent dimensions D.
        levels: Stored value of full brightness.
    """

    def __init__(self, latent_size: int, levels: int) -> None:
        super().__init__(latent_size)
        self.levels = levels

    def to_input(self, items: Tensor) -> Tensor:
        """Brightness from 0 to 1."""
        return items.float() / self.levels

    def to_items(self, decoded: Distribution) -> Tensor:
        """The expected brightness, rounded to a stored value."""
        return (decoded.mean * self.levels).round()

    def right_elements(self, decoded: Distribution, items: Tensor) -> Tensor:
        """Pixels that are expected on the right side of half brightness (as published)."""
        return (decoded.mean >= 0.5) == (items >= 0.5)


def diagonal_normal(mean: Tensor, scale: Tensor) -> Distribution:
    """A normal distribution with independent dimensions; log-probabilities sum over the last axis."""
    return Independent(Normal(mean, scale, validate_args=False), 1, validate_args=False)


def point_normal(mean: Tensor) -> Distribution:
    """Codes without noise, for autoencoders such as Fader's: a normal distribution of next to no width."""
    return diagonal_normal(mean, torch.full_like(mean, POINT))


def token_distribution(logits: Tensor) -> Distribution:
    """Independent categorical tokens from logits (B, ..., V); log-probabilities sum over all tokens of an item."""
    return Independent(Categorical(logits=logits, validate_args=False), logits.ndim - 2, validate_args=False)


def picture_distribution(logits: Tensor, likelihood: Likelihood) -> Distribution:
    """Independent pixels from logits (B, C, H, W); log-probabilities sum over the pixels.

    "bernoulli" also takes grey pixels, as the field does: then it is not a normalised density. "gaussian" has the mean
    sigmoid(logits) and the variance 1/2, so that -log p is the squared error plus ln(pi) / 2 per pixel; "laplace" has
    that mean and the scale 1, so that -log p is the absolute error plus ln(2) per pixel.
    """
    if likelihood == "bernoulli":
        return Independent(Bernoulli(logits=logits, validate_args=False), 3, validate_args=False)
    mean = torch.sigmoid(logits)
    if likelihood == "laplace":
        return Independent(Laplace(mean, torch.ones_like(mean), validate_args=False), 3, validate_args=False)
    return Independent(Normal(mean, torch.full_like(mean, math.sqrt(0.5)), validate_args=False), 3, validate_args=False)


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
