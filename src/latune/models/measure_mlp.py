"""The fast measure model: no recurrence, all ticks at once."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, PositiveInt
from torch import Tensor, nn
from torch.distributions import Distribution

from latune.models.gru import FastLinear
from latune.models.latent_model import (
    Posterior,
    TokenModel,
    diagonal_normal,
    point_normal,
    sample_tokens,
    token_distribution,
)

__all__ = ["MeasureMlp", "MeasureMlpConfig", "plain_layers"]


class MeasureMlpConfig(BaseModel):
    """Sizes of `MeasureMlp`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["measure_mlp"] = "measure_mlp"
    latent_size: PositiveInt = 32
    embedding_size: PositiveInt = 32
    hidden_size: PositiveInt = 512
    hidden_layers: PositiveInt = 2
    posterior: Posterior = "normal"  # "point": codes without noise, for autoencoders such as Fader's


class MeasureMlp(TokenModel):
    """A plain network over the whole measure.

    Encoder: token embedding plus tick embedding, flattened, hidden layers with SiLU, mean and log scale (of
    codes without noise: the mean alone).
    Decoder: hidden layers with SiLU, then the logits of every tick at once.

    Args:
        symbols: Size V of the vocabulary.
        item_length: Ticks T of an item.
        config: Sizes.
    """

    def __init__(self, symbols: int, item_length: int, config: MeasureMlpConfig) -> None:
        super().__init__(config.latent_size)
        self._shape = (item_length, symbols)
        self._posterior = config.posterior
        self.token_embedding = nn.Embedding(symbols, config.embedding_size)
        self.tick_embedding = nn.Parameter(0.1 * torch.randn(item_length, config.embedding_size))
        hidden = [config.hidden_size] * config.hidden_layers
        encoded = config.latent_size if config.posterior == "point" else 2 * config.latent_size
        self.encoder = plain_layers([item_length * config.embedding_size, *hidden, encoded])
        self.decoder = plain_layers([config.latent_size, *hidden, item_length * symbols])

    def encode(self, items: Tensor) -> Distribution:
        """q(z|x) for tokens (B, T)."""
        embedded = self.token_embedding(items) + self.tick_embedding
        features = self.encoder(embedded.flatten(1))
        if self._posterior == "point":
            return point_normal(features)
        mean, log_scale = features.chunk(2, dim=-1)
        return diagonal_normal(mean, log_scale.exp())

    def decode(self, codes: Tensor, items: Tensor | None = None) -> Distribution:
        """p(x|z) for codes (B, D); `items` is not read."""
        return token_distribution(self._logits(codes))

    def generate(
        self,
        codes: Tensor,
        temperature: float = 1.0,
        top_p: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Sample tokens (B, T), each tick by itself."""
        return sample_tokens(self._logits(codes), temperature, top_p, generator)

    def _logits(self, codes: Tensor) -> Tensor:
        logits: Tensor = self.decoder(codes)
        return logits.reshape(*logits.shape[:-1], *self._shape)


def plain_layers(sizes: list[int]) -> nn.Sequential:
    """Linear layers between the given sizes, with SiLU between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [FastLinear(inputs, outputs), nn.SiLU()]
    return nn.Sequential(*layers[:-1])
