"""The fast network for phrases of songs: one plain network for every bar, and one over the sixteen.

Nothing is recurrent, so a training step on a CPU is a few large matrix products. Bars share their networks, which is
what a bar has in common with every other; the network over bars knows where each stands.
"""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.nn import functional as F

from latune.models.flow import FlowConfig
from latune.models.gru import FastLinear
from latune.models.measure_mlp import plain_layers
from latune.models.song_model import SongModel
from latune.music.songs.tokens import BARS, STEPS, STEPS_PER_BAR, SYMBOLS, TRACKS

__all__ = ["SongBars", "SongBarsConfig"]

PLACES = STEPS_PER_BAR * len(TRACKS)  # tokens of a bar


class SongBarsConfig(BaseModel):
    """Sizes of `SongBars`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["song_bars"] = "song_bars"
    latent_size: PositiveInt = 64  # of the content z; styles come behind it
    styles: NonNegativeInt = 0  # dimensions of the style s
    embedding_size: PositiveInt = 16  # of a token, read or written
    bar_size: PositiveInt = 256  # hidden units for each bar
    bar_code_size: PositiveInt = 64  # numbers that stand for a bar between the two networks
    hidden_size: PositiveInt = 512  # hidden units for all bars
    flow: FlowConfig | None = None  # between the network's codes and those of the prior


class SongBars(SongModel):
    """A plain latent model of phrases (B, 256, 4).

    Encoder: token embeddings of a bar, one hidden layer, a bar code; all bar codes, one hidden layer, the code.
    Decoder: the other way round; at every step and track an embedding, which one matrix turns into logits.

    Args:
        config: Sizes.
    """

    def __init__(self, config: SongBarsConfig) -> None:
        super().__init__(config.latent_size, config.styles)
        tracks, size, code = len(TRACKS), config.embedding_size, config.bar_code_size
        self.token_embedding = nn.Parameter(torch.randn(tracks, SYMBOLS, size))
        self.bar_encoder = plain_layers([PLACES * size, config.bar_size, code])
        self.encoder = plain_layers([BARS * code, config.hidden_size])
        self.to_mean = FastLinear(config.hidden_size, config.latent_size)
        self.to_log_variance = FastLinear(config.hidden_size, config.latent_size)
        self.to_style = FastLinear(config.hidden_size, config.styles) if config.styles else None
        self.decoder = plain_layers([self.latent_size, config.hidden_size, BARS * code])
        self.bar_decoder = plain_layers([code, config.bar_size, PLACES * size])
        self.to_logits = FastLinear(size, SYMBOLS)
        self._add_flow(config.flow)

    def encode(self, items: Tensor) -> Distribution:
        """q(z|x) for tokens (B, 256, 4)."""
        starts = torch.arange(len(TRACKS), device=items.device) * SYMBOLS
        return self._encode(F.embedding(items + starts, self.token_embedding.flatten(0, 1)))

    def encode_soft(self, soft: Tensor) -> Distribution:
        """q(z|x) for probabilities of tokens (B, 256, 4, V)."""
        return self._encode(torch.einsum("btkv,kve->btke", soft, self.token_embedding))

    def logits(self, codes: Tensor, items: Tensor | None = None) -> Tensor:
        """Logits (B, 256, 4, V) for codes (B, D); `items` is not read."""
        bars = F.silu(self.decoder(codes)).view(codes.shape[0], BARS, -1)
        written = self.bar_decoder(F.silu(bars)).reshape(codes.shape[0], STEPS, len(TRACKS), -1)
        logits: Tensor = self.to_logits(written)
        return logits

    def _encode(self, embedded: Tensor) -> Distribution:
        """q(z|x) for embedded tokens (B, 256, 4, E)."""
        bars = self.bar_encoder(embedded.reshape(embedded.shape[0], BARS, -1))
        read = F.silu(self.encoder(F.silu(bars).flatten(1)))
        style = None if self.to_style is None else self.to_style(read)
        return self._posterior(self.to_mean(read), self.to_log_variance(read), style)
