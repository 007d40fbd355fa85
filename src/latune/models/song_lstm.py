"""The published network of MusAE: a bidirectional LSTM reads a phrase, four LSTMs that know the code alone write it.

Input: for each step 130 x 4 numbers, 1 for the token of a track and -1 for all others. Three bidirectional layers of
512 units; the last states go to mean and log variance of z, and to the styles s (sigmoid). Decoder: tanh of a linear
map of the code is hidden and cell state of every LSTM of every track; each track has three layers of 512 units that
read the code at all 256 steps, and a linear layer to the logits. All as published, with its numbers of parameters.

The published code has a hierarchical decoder too, which cannot be built. Here it works: an upper LSTM per track makes
16 bar embeddings, and a lower one, begun anew in every bar, reads the bar's embedding at each of its 16 steps and
(`teacher_forcing`) the token before. In training that is the true token, afterwards its own most likely one.

Source: Valenti, Carta and Bacciu 2020 (arXiv 2001.05494), and the code published with it.
"""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt, model_validator
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.nn import functional as F

from latune.models.flow import FlowConfig
from latune.models.latent_model import sample_tokens
from latune.models.song_model import SongModel
from latune.music.songs.tokens import BARS, STEPS, STEPS_PER_BAR, SYMBOLS, TRACKS

__all__ = ["SongLstm", "SongLstmConfig"]

Sampling = tuple[float, float, torch.Generator | None]
"""Temperature, top_p and source of randomness of drawn tokens."""


class SongLstmConfig(BaseModel):
    """Sizes of `SongLstm`; the published ones are the defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["song_lstm"] = "song_lstm"
    latent_size: PositiveInt = 512  # of the content z; styles come behind it
    styles: NonNegativeInt = 0  # dimensions of the style s; published: 32 for musae_single
    hidden_size: PositiveInt = 512
    layers: PositiveInt = 3
    decoder: Literal["flat", "hierarchical"] = "flat"
    lower_size: PositiveInt = 512  # of the hierarchical decoder's LSTM within a bar
    lower_layers: PositiveInt = 3
    teacher_forcing: bool = False  # the hierarchical decoder reads the token before
    flow: FlowConfig | None = None  # between the network's codes and those of the prior

    @model_validator(mode="after")
    def _can_be_forced(self) -> SongLstmConfig:
        if self.teacher_forcing and self.decoder != "hierarchical":
            raise ValueError("teacher_forcing is for decoder: hierarchical alone")
        return self


class SongLstm(SongModel):
    """A recurrent latent model of phrases (B, 256, 4).

    Args:
        config: Sizes.
    """

    def __init__(self, config: SongLstmConfig) -> None:
        super().__init__(config.latent_size, config.styles)
        hidden = config.hidden_size
        self.reader = nn.LSTM(SYMBOLS * len(TRACKS), hidden, config.layers, batch_first=True, bidirectional=True)
        self.to_mean = nn.Linear(2 * hidden, config.latent_size)
        self.to_log_variance = nn.Linear(2 * hidden, config.latent_size)
        self.to_style = nn.Linear(2 * hidden, config.styles) if config.styles else None
        self.to_state = nn.Linear(self.latent_size, hidden)
        writer = _FlatWriter if config.decoder == "flat" else _BarWriter
        self.writers = nn.ModuleList(writer(self.latent_size, config) for _ in TRACKS)
        self._add_flow(config.flow)

    def encode(self, items: Tensor) -> Distribution:
        """q(z|x) for tokens (B, 256, 4)."""
        return self.encode_soft(F.one_hot(items, SYMBOLS).to(self.to_mean.weight.dtype))

    def encode_soft(self, soft: Tensor) -> Distribution:
        """q(z|x) for probabilities of tokens (B, 256, 4, V)."""
        columns = (2 * soft - 1).transpose(2, 3).flatten(2)  # token by token its four tracks, as published
        _, (last, _) = self.reader(columns)
        read = last[-2:].transpose(0, 1).flatten(1)
        style = None if self.to_style is None else self.to_style(read)
        return self._posterior(self.to_mean(read), self.to_log_variance(read), style)

    def logits(self, codes: Tensor, items: Tensor | None = None) -> Tensor:
        """Logits (B, 256, 4, V) for codes (B, D); with teacher forcing true items are read in training."""
        return self._write(codes, items if self.training else None, None)[0]

    def generate(
        self,
        codes: Tensor,
        temperature: float = 1.0,
        top_p: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Sample tokens (B, 256, 4): each by itself, or given those before where the decoder reads them."""
        return self._write(self.own_codes(codes), None, (temperature, top_p, generator))[1]

    def _write(self, codes: Tensor, items: Tensor | None, sampling: Sampling | None) -> tuple[Tensor, Tensor]:
        """Logits (B, 256, 4, V) and tokens (B, 256, 4), most likely or drawn."""
        state = torch.tanh(self.to_state(codes))
        tracks = [
            writer(codes, state, None if items is None else items[:, :, track], sampling)
            for track, writer in enumerate(self.writers)
        ]
        logits, tokens = zip(*tracks, strict=True)
        return torch.stack(logits, dim=2), torch.stack(tokens, dim=2)


class _FlatWriter(nn.Module):
    """One track, step by step from the code alone."""

    def __init__(self, latent_size: int, config: SongLstmConfig) -> None:
        super().__init__()
        self.steps = nn.LSTM(latent_size, config.hidden_size, config.layers, batch_first=True)
        self.to_logits = nn.Linear(config.hidden_size, SYMBOLS)

    def forward(
        self, codes: Tensor, state: Tensor, tokens: Tensor | None, sampling: Sampling | None
    ) -> tuple[Tensor, Tensor]:
        """Logits (B, 256, V) and tokens (B, 256) for codes (B, D) and first states (B, H)."""
        logits = self.to_logits(_repeated(self.steps, codes, state, STEPS))
        return logits, _chosen(logits, sampling)


class _BarWriter(nn.Module):
    """One track: an upper LSTM writes bar embeddings, a lower one the steps of all bars at once."""

    def __init__(self, latent_size: int, config: SongLstmConfig) -> None:
        super().__init__()
        self._forced = config.teacher_forcing
        self.bars = nn.LSTM(latent_size, config.hidden_size, config.layers, batch_first=True)
        self.to_state = nn.Linear(config.hidden_size, config.lower_size)
        inputs = config.hidden_size + (SYMBOLS if self._forced else 0)
        self.steps = nn.LSTM(inputs, config.lower_size, config.lower_layers, batch_first=True)
        self.to_logits = nn.Linear(config.lower_size, SYMBOLS)

    def forward(
        self, codes: Tensor, state: Tensor, tokens: Tensor | None, sampling: Sampling | None
    ) -> tuple[Tensor, Tensor]:
        """Logits (B, 256, V) and tokens (B, 256); true tokens (B, 256) are read if given."""
        bars = _repeated(self.bars, codes, state, BARS).flatten(0, 1)
        state = torch.tanh(self.to_state(bars))
        if not self._forced:
            logits = self.to_logits(_repeated(self.steps, bars, state, STEPS_PER_BAR))
        elif tokens is not None:
            before = F.pad(F.one_hot(tokens.view(-1, STEPS_PER_BAR)[:, :-1], SYMBOLS), (0, 0, 1, 0)).to(bars.dtype)
            inputs = torch.cat([bars[:, None].expand(-1, STEPS_PER_BAR, -1), before], dim=-1)
            logits = self.to_logits(self.steps(inputs, _states(self.steps, state))[0])
        else:
            logits, own = self._read_own(bars, state, sampling)
            return logits.view(codes.shape[0], STEPS, -1), own.view(codes.shape[0], STEPS)
        logits = logits.view(codes.shape[0], STEPS, -1)
        return logits, _chosen(logits, sampling)

    def _read_own(self, bars: Tensor, state: Tensor, sampling: Sampling | None) -> tuple[Tensor, Tensor]:
        """Logits (N, 16, V) and tokens (N, 16) of bars (N, H), each step given the token before, the first one none."""
        states, before = _states(self.steps, state), bars.new_zeros(bars.shape[0], SYMBOLS)
        logits, tokens = [], []
        for _ in range(STEPS_PER_BAR):
            output, states = self.steps(torch.cat([bars, before], dim=-1)[:, None], states)
            logits.append(self.to_logits(output[:, 0]))
            tokens.append(_chosen(logits[-1], sampling))
            before = F.one_hot(tokens[-1], SYMBOLS).to(bars.dtype)
        return torch.stack(logits, dim=1), torch.stack(tokens, dim=1)


def _repeated(lstm: nn.LSTM, inputs: Tensor, state: Tensor, steps: int) -> Tensor:
    """Outputs (B, T, H) of an LSTM that reads the same input (B, I) at every step."""
    outputs: Tensor = lstm(inputs[:, None].expand(-1, steps, -1), _states(lstm, state))[0]
    return outputs


def _states(lstm: nn.LSTM, state: Tensor) -> tuple[Tensor, Tensor]:
    """One state (B, H) as hidden and cell state of every layer."""
    states = state.expand(lstm.num_layers, *state.shape).contiguous()
    return states, states


def _chosen(logits: Tensor, sampling: Sampling | None) -> Tensor:
    """Tokens (...,) of logits (..., V): the most likely ones, or drawn."""
    if sampling is None:
        return logits.argmax(dim=-1)
    return sample_tokens(logits, *sampling)
