"""MeasureVAE: the recurrent measure model of the AR-VAE work.

Source: Pati, Lerch and Hadjeres 2019 (arXiv 1907.01164), in the sizes of Pati and Lerch 2021 (arXiv 2004.05485).
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, PositiveInt
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.nn import functional as F

from latune.models.gru import Gru, linear
from latune.models.latent_model import TokenModel, diagonal_normal, sample_tokens, token_distribution

__all__ = ["MeasureRnn", "MeasureRnnConfig"]

Share = Annotated[float, Field(ge=0, le=1)]


class MeasureRnnConfig(BaseModel):
    """Sizes of `MeasureRnn`; the defaults are the published ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["measure_rnn"] = "measure_rnn"
    latent_size: PositiveInt = 32
    embedding_size: PositiveInt = 10
    hidden_size: PositiveInt = 128
    layers: PositiveInt = 2
    dropout: Share = 0.5
    teacher_forcing: Share = 0.5  # share of training batches that read the true previous token
    relu_logits: bool = False  # the published network clamps its logits at 0, probably by mistake


class MeasureRnn(TokenModel):
    """Bidirectional GRU encoder; a beat GRU that drives a tick GRU as decoder.

    Parameters: 1,092,427 + 149 V at the published sizes.

    Args:
        symbols: Size V of the vocabulary.
        item_length: Ticks T of an item, a multiple of `beats`.
        config: Sizes.
        beats: Beats of an item.
    """

    def __init__(self, symbols: int, item_length: int, config: MeasureRnnConfig, beats: int = 4) -> None:
        super().__init__(config.latent_size)
        hidden, layers, dropout = config.hidden_size, config.layers, config.dropout
        between = dropout if layers > 1 else 0.0
        self.config = config
        self._beats_per_item, self._ticks = beats, item_length // beats
        self.embedding = nn.Embedding(symbols, config.embedding_size)
        self.encoder_rnn = Gru(
            config.embedding_size, hidden, layers, dropout=between, bidirectional=True, batch_first=True
        )
        self.mean_head = _head(2 * layers * hidden, 2 * hidden, config.latent_size)
        self.log_scale_head = _head(2 * layers * hidden, 2 * hidden, config.latent_size)
        self.beat_state = nn.Sequential(nn.Linear(config.latent_size, layers * hidden), nn.SELU())
        self.beat_input = nn.Parameter(torch.zeros(1))
        self.beat_rnn = Gru(1, hidden, layers, dropout=between, batch_first=True)
        self.tick_state = nn.Sequential(nn.Linear(hidden, layers * hidden), nn.SELU())
        self.tick_input = nn.Sequential(nn.Linear(hidden, hidden), nn.SELU())
        self.first_token = nn.Parameter(torch.zeros(config.embedding_size))
        self.decoder_embedding = nn.Embedding(symbols, config.embedding_size)
        self.tick_rnn = Gru(config.embedding_size + hidden, hidden, layers, dropout=between, batch_first=True)
        self.output = nn.Linear(hidden, symbols)
        for name, parameter in self.named_parameters():
            if "weight" in name:
                nn.init.xavier_normal_(parameter)

    def encode(self, items: Tensor) -> Distribution:
        """q(z|x) for tokens (B, T)."""
        _, state = self.encoder_rnn(self.embedding(items))
        summary = state.transpose(0, 1).flatten(1)
        return diagonal_normal(self.mean_head(summary), self.log_scale_head(summary).exp())

    def decode(self, codes: Tensor, items: Tensor | None = None) -> Distribution:
        """p(x|z) for codes (B, D).

        In training, with `items` given, a share of the batches is teacher-forced: one fused call over all ticks.
        Otherwise each tick reads the most likely token of the tick before.
        """
        if self.training and items is not None and self._draw_teacher_forcing():
            return token_distribution(self._forced_logits(codes, items))
        if self.training and codes.is_cpu:
            # No gradient passes through a token: find the tokens first, then learn from all ticks in one fused call.
            masks = self.tick_rnn.masks(self._ticks, self._beats_per_item * codes.shape[0])
            beats = self._beats(codes)
            with torch.no_grad():
                tokens = self._step(beats, masks=masks)[1]
            return token_distribution(self._fused(beats, tokens, masks))
        return token_distribution(self._step(self._beats(codes))[0])

    def generate(
        self,
        codes: Tensor,
        temperature: float = 1.0,
        top_p: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Sample tokens (B, T), each tick given the ticks before."""
        return self._step(self._beats(codes), (temperature, top_p, generator))[1]

    def _draw_teacher_forcing(self) -> bool:
        # Drawn on the host: the generator of the device is not touched, and nothing waits for it.
        return bool(torch.rand(()) < self.config.teacher_forcing)

    def _beats(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Per beat the first state (layers, B, 4, H) and the constant input (B, 4, H) of the tick GRU."""
        hidden, layers = self.config.hidden_size, self.config.layers
        state = self.beat_state(codes).unflatten(-1, (layers, hidden)).transpose(0, 1).contiguous()
        beats, _ = self.beat_rnn(self.beat_input.expand(codes.shape[0], self._beats_per_item, 1), state)
        first = self.tick_state(beats).unflatten(-1, (layers, hidden))
        return first.permute(2, 0, 1, 3), self.tick_input(beats)

    def _forced_logits(self, codes: Tensor, items: Tensor) -> Tensor:
        return self._fused(self._beats(codes), items)

    def _fused(self, beats: tuple[Tensor, Tensor], items: Tensor, masks: list[Tensor] | None = None) -> Tensor:
        """Logits (B, T, V), each tick fed with the item's token before it."""
        states, inputs = beats
        layers, rows, _, hidden = states.shape  # the beats are the third axis
        # The state starts anew with each beat, so the beats are independent rows of one call: ticks, beats, batch.
        previous = self.decoder_embedding(items.t()[:-1])
        previous = torch.cat([self.first_token.expand(1, rows, -1), previous])
        previous = previous.view(self._beats_per_item, self._ticks, rows, -1).transpose(0, 1).flatten(1, 2)
        states, inputs = states.transpose(1, 2).reshape(layers, -1, hidden), inputs.transpose(0, 1).flatten(0, 1)
        if previous.is_cpu:
            gates = self.tick_rnn.input_gates(previous) + self.tick_rnn.input_gates(inputs, previous.shape[-1])
            outputs, _ = self.tick_rnn.run(gates, states, masks)
        else:
            steps = torch.cat([previous, inputs.expand(self._ticks, -1, -1)], dim=-1)
            outputs = self.tick_rnn(steps.transpose(0, 1), states)[0].transpose(0, 1)
        logits = self._to_logits(outputs).view(self._ticks, self._beats_per_item, rows, -1)
        return logits.permute(2, 1, 0, 3).flatten(1, 2)

    def _step(
        self,
        beats: tuple[Tensor, Tensor],
        sampling: tuple[float, float, torch.Generator | None] | None = None,
        masks: list[Tensor] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Logits (B, T, V) and tokens (B, T), each tick fed with the token before it."""
        states, inputs = beats
        rows = inputs.shape[0]
        previous = self.first_token.expand(rows, -1)
        all_logits, all_tokens = [], []
        constant = self.tick_rnn.input_gates(inputs, previous.shape[-1]) if inputs.is_cpu else inputs
        for beat in range(self._beats_per_item):
            state = states[:, :, beat].contiguous()
            here = slice(beat * rows, (beat + 1) * rows)
            for tick in range(self._ticks):
                if inputs.is_cpu:
                    gates = self.tick_rnn.input_gates(previous) + constant[:, beat]
                    drops = None if masks is None else [mask[tick : tick + 1, here] for mask in masks]
                    output, state = self.tick_rnn.run(gates[None], state, drops)
                    logits = self._to_logits(output[0])
                else:
                    output, state = self.tick_rnn(torch.cat([previous, inputs[:, beat]], dim=-1)[:, None], state)
                    logits = self._to_logits(output[:, 0])
                token = logits.argmax(dim=-1) if sampling is None else sample_tokens(logits, *sampling)
                previous = self.decoder_embedding(token)
                all_logits.append(logits)
                all_tokens.append(token)
        return torch.stack(all_logits, dim=1), torch.stack(all_tokens, dim=1)

    def _to_logits(self, outputs: Tensor) -> Tensor:
        logits = linear(outputs, self.output.weight, self.output.bias)
        return F.relu(logits) if self.config.relu_logits else logits


def _head(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, hidden), nn.SELU(), nn.Linear(hidden, outputs))
