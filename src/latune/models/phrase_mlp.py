"""The phrase model: every measure by itself, and what its surroundings make likely.

Each measure has a code and comes back from it alone, by one plain network for all measures. Beside it the model learns
what is to be expected of a measure whose free code is hidden: the same decoder draws it from the named dimensions, and
the measures around it, as their codes decode, add to its logits. Pitches around it act through convolutions over the
pitch axis, which are the same in every key; rhythms around it through a small network over ticks. So a few thousand
measures suffice, and nothing of a phrase has to be learned by heart.

Hiding parts of a sequence and predicting them from both sides follows Devlin et al. 2019 (BERT, arXiv 1810.04805).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, PositiveInt
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.nn import functional as F

from latune.errors import RecipeError
from latune.models.gru import FastLinear
from latune.models.latent_model import TokenModel, diagonal_normal, sample_tokens, token_distribution
from latune.models.measure_mlp import plain_layers

__all__ = ["PhraseMlp", "PhraseMlpConfig"]

HOLD = -1  # tick value of the symbol that goes on with what sounds
ALMOST_ONE = 1 - 1e-6
NEIGHBOURHOODS = 3  # the measure before, the one after, and all that are not hidden


class PhraseMlpConfig(BaseModel):
    """Sizes of `PhraseMlp`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["phrase_mlp"] = "phrase_mlp"
    named_size: PositiveInt = 4  # dimensions of the whole phrase, and of each measure, that attributes are tied to
    free_size: PositiveInt = 28  # further dimensions of each measure
    embedding_size: PositiveInt = 32
    hidden_size: PositiveInt = 512
    context_size: PositiveInt = 16  # of the networks that read the measures around a hidden one
    reach: PositiveInt = 12  # semitones that a convolution over pitches reaches to either side
    hidden_measures: Annotated[float, Field(gt=0, lt=1)] = 0.25  # share of measures that are hidden in training

    def latent_size_of(self, measures: int) -> int:
        """Latent dimensions of phrases of so many measures."""
        return self.named_size + measures * (self.named_size + self.free_size)


class PhraseMlp(TokenModel):
    """A latent model of phrases (B, M, T).

    A code is [phrase: P | named dimensions of measure 1 .. M: P each | free dimensions of measure 1 .. M: F each].

    Args:
        values: Tick value of each of the V symbols; pitches must be consecutive and ascending.
        item_shape: Measures M and ticks T of a phrase.
        config: Sizes.

    Raises:
        RecipeError: The vocabulary does not list consecutive pitches.
    """

    def __init__(self, values: Sequence[int], item_shape: tuple[int, int], config: PhraseMlpConfig) -> None:
        self._measures, self._ticks = item_shape
        self._symbols, self._config = len(values), config
        self._named, self._free = config.named_size, config.free_size
        self._first, self._last = _pitch_symbols(values)
        self._hold = list(values).index(HOLD)
        super().__init__(config.latent_size_of(self._measures))
        hidden, own = config.hidden_size, self._named + self._free
        self.token_embedding = nn.Embedding(self._symbols, config.embedding_size)
        self.tick_embedding = nn.Parameter(0.1 * torch.randn(self._ticks, config.embedding_size))
        self.measure_encoder = plain_layers([self._ticks * config.embedding_size, hidden, hidden])
        self.to_measure_code = FastLinear(hidden, 2 * own)
        self.to_phrase_code = FastLinear(hidden, 2 * self._named)
        self.measure_decoder = plain_layers(
            [2 * self._named + self._free + 1, hidden, hidden, self._ticks * self._symbols]
        )
        width = 2 * config.reach + 1
        # Pitches around: three histograms, the last note before, the first note after.
        self.pitch_context = nn.Sequential(
            nn.Conv1d(NEIGHBOURHOODS + 2, config.context_size, width, padding=config.reach),
            nn.SiLU(),
            nn.Conv1d(config.context_size, self._ticks, width, padding=config.reach),
        )
        # Rhythms around: probability of a hold and of a note at every tick.
        self.rhythm_context = plain_layers([NEIGHBOURHOODS * 2 * self._ticks, config.context_size, 2 * self._ticks])

    @property
    def named_dimensions(self) -> int:
        """Dimensions at the start of a code that attributes can be tied to: of the phrase, then of each measure."""
        return self._named * (1 + self._measures)

    def named_of(self, measures: NDArray[np.int64]) -> NDArray[np.int64]:
        """Dimensions (N, 2 P) of the phrase and of the measures (N,), counted from 0, that attributes are tied to."""
        whole = np.broadcast_to(np.arange(self._named), (len(measures), self._named))
        own = self._named * (1 + measures[:, None]) + np.arange(self._named)
        return np.concatenate([whole, own], axis=1)

    def encode(self, items: Tensor) -> Distribution:
        """q(z|x) for tokens (B, M, T)."""
        embedded = self.token_embedding(items) + self.tick_embedding
        read = F.silu(self.measure_encoder(embedded.flatten(2)))
        means, log_scales = self.to_measure_code(read).chunk(2, dim=-1)
        phrase_mean, phrase_log_scale = self.to_phrase_code(read.mean(dim=1)).chunk(2, dim=-1)
        return diagonal_normal(self._join(phrase_mean, means), self._join(phrase_log_scale, log_scales).exp())

    def decode(self, codes: Tensor, items: Tensor | None = None) -> Distribution:
        """p(x|z) for codes (B, D), with independent ticks.

        In training, where the true items are given, some measures are hidden, drawn from the global random state, in
        half of the phrases; the items themselves are not read.
        """
        hidden = None
        if self.training and items is not None:
            drawn = torch.rand(codes.shape[0], self._measures + 1, device=codes.device)
            hidden = (drawn[:, 1:] < 2 * self._config.hidden_measures) & (drawn[:, :1] < 0.5)
        return token_distribution(self._logits(codes, hidden))

    def expected_logits(self, codes: Tensor, hidden: Tensor) -> Tensor:
        """Logits (B, M, T, V) where some measures are drawn from their surroundings and named dimensions alone.

        Args:
            codes: Codes (B, D).
            hidden: Which measures lose their free code, booleans (B, M).
        """
        return self._logits(codes, hidden)

    def generate(
        self,
        codes: Tensor,
        temperature: float = 1.0,
        top_p: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Sample tokens (B, M, T), each tick by itself."""
        return sample_tokens(self._logits(codes, None), temperature, top_p, generator)

    def _join(self, phrase: Tensor, measures: Tensor) -> Tensor:
        """Phrase (B, P) and measures (B, M, P + F) to codes (B, D)."""
        return torch.cat([phrase, measures[..., : self._named].flatten(1), measures[..., self._named :].flatten(1)], 1)

    def _logits(self, codes: Tensor, hidden: Tensor | None) -> Tensor:
        rows, ends = codes.shape[0], (self._named, self.named_dimensions)
        phrase = codes[:, None, : ends[0]].expand(rows, self._measures, self._named)
        named = codes[:, ends[0] : ends[1]].reshape(rows, self._measures, self._named)
        free = codes[:, ends[1] :].reshape(rows, self._measures, self._free)
        flag = free.new_zeros(rows, self._measures, 1)
        known = torch.cat([phrase, named, free, flag], dim=-1)
        shape = (rows, self._measures, self._ticks, self._symbols)
        logits: Tensor = self.measure_decoder(known).reshape(shape)
        if hidden is None or not hidden.any():
            return logits
        bare = torch.cat([phrase, named, torch.zeros_like(free), 1 - flag], dim=-1)[hidden]
        around = self._context(torch.softmax(logits.detach(), dim=-1), hidden)
        expected = self.measure_decoder(bare).reshape(-1, *shape[2:]) + around
        completed: Tensor = logits.masked_scatter(hidden[..., None, None].expand(shape), expected)
        return completed

    def _context(self, probabilities: Tensor, hidden: Tensor) -> Tensor:
        """What measures around add to the logits of the hidden ones: (B, M, T, V) and (B, M) to (H, T, V)."""
        seen = (~hidden).to(probabilities.dtype)[..., None]
        notes = probabilities[..., self._first : self._last]
        onsets = notes.sum(dim=-1)
        first, last = _outer_notes(notes, onsets)
        rhythm = torch.stack([probabilities[..., self._hold], onsets], dim=2).flatten(2)
        pitched = [*_neighbourhoods(notes.sum(dim=2), seen), _before(last * seen), _after(first * seen)]
        rhythms = torch.cat(_neighbourhoods(rhythm, seen), dim=-1)[hidden]
        bias: Tensor = self.pitch_context(torch.stack(pitched, dim=2)[hidden])  # (H, T, P)
        hold, note = self.rhythm_context(rhythms).reshape(bias.shape[0], 2, self._ticks, 1).unbind(dim=1)
        around = bias.new_zeros(*bias.shape[:2], self._symbols)
        around[..., self._first : self._last] = bias + note
        around[..., self._hold : self._hold + 1] = hold
        return around


def _pitch_symbols(values: Sequence[int]) -> tuple[int, int]:
    """First symbol of a pitch, and the one behind the last."""
    symbols = [symbol for symbol, value in enumerate(values) if value >= 0]
    pitches = [values[symbol] for symbol in symbols]
    steps = list(range(len(symbols)))
    if [s - symbols[0] for s in symbols] != steps or [p - pitches[0] for p in pitches] != steps:
        raise RecipeError("model.name: 'phrase_mlp' needs a vocabulary with one symbol per pitch, such as 'midi'.")
    return symbols[0], symbols[-1] + 1


def _outer_notes(notes: Tensor, onsets: Tensor) -> tuple[Tensor, Tensor]:
    """Probability that the first, and the last, note of a measure has each pitch: (B, M, T, P) to (B, M, P) each."""
    silent = torch.log1p(-onsets.clamp(0, ALMOST_ONE))
    before = (silent.cumsum(dim=2) - silent).exp()
    after = (silent.flip(2).cumsum(dim=2).flip(2) - silent).exp()
    return (notes * before[..., None]).sum(dim=2), (notes * after[..., None]).sum(dim=2)


def _neighbourhoods(values: Tensor, seen: Tensor) -> list[Tensor]:
    """Values (B, M, K) of the measure before each, of the one after, and their mean over all that are seen.

    Hidden measures, and those beyond the phrase, count as 0; the mean is over the others.
    """
    known = values * seen
    mean = known.sum(dim=1, keepdim=True) / seen.sum(dim=1, keepdim=True).clamp(min=1)
    return [_before(known), _after(known), mean.expand_as(known)]


def _before(values: Tensor) -> Tensor:
    """Values (B, M, K) of the measure before each; 0 where there is none."""
    return F.pad(values[:, :-1], (0, 0, 1, 0))


def _after(values: Tensor) -> Tensor:
    """Values (B, M, K) of the measure after each; 0 where there is none."""
    return F.pad(values[:, 1:], (0, 0, 0, 1))
