"""What the networks for phrases of songs share: items (B, 256, 4), codes [z, s], and a way to read soft tokens."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Categorical, Distribution, Independent

from latune.errors import RecipeError
from latune.models.flow import Flow, FlowConfig
from latune.models.latent_model import POINT, TokenModel, diagonal_normal, sample_tokens
from latune.models.mapped_posterior import MappedPosterior

__all__ = ["SongModel", "probabilities"]

WIDEST = 10.0  # logarithm of the largest variance, and minus that of the smallest one: a draw far out ends a training
ROWS = 2048  # tokens whose logits are normalised at a time


class SongModel(TokenModel):
    """A latent model of phrases of songs (B, 256, 4) whose codes (B, Z + S) are a content z and styles s behind it.

    z has noise; a style is a number from 0 to 1 without noise. With a flow, codes are those of the prior: `encode` and
    `decode` map them from and to the codes that the network itself has.

    Args:
        content_size: Dimensions Z of the content.
        styles: Dimensions S of the style; 0 for a model without.
    """

    flow: Flow | None

    def __init__(self, content_size: int, styles: int) -> None:
        super().__init__(content_size + styles)
        self.content_size, self.styles = content_size, styles
        self.flow = None

    @abstractmethod
    def encode_soft(self, soft: Tensor) -> Distribution:
        """q(z|x) for probabilities of tokens (B, 256, 4, V): what `encode` gives where one of them is 1."""

    @abstractmethod
    def logits(self, codes: Tensor, items: Tensor | None = None) -> Tensor:
        """Logits (B, 256, 4, V) for codes (B, D) of the network itself; `items` as in `decode`."""

    def decode(self, codes: Tensor, items: Tensor | None = None) -> Distribution:
        """p(x|z) for codes (B, D): independent tokens (B, 256, 4)."""
        return Independent(_Tokens(self.logits(self.own_codes(codes), items)), 2, validate_args=False)

    def own_codes(self, codes: Tensor) -> Tensor:
        """Codes (B, D) as the network itself has them: without a flow the same."""
        return codes if self.flow is None else self.flow.inverse(codes)

    def right_elements(self, decoded: Distribution, items: Tensor) -> Tensor:
        """Where no token is more likely than the true one."""
        logits = _tokens(decoded).logits
        return logits.gather(-1, items[..., None])[..., 0] == logits.amax(dim=-1)

    def generate(
        self,
        codes: Tensor,
        temperature: float = 1.0,
        top_p: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Sample tokens (B, 256, 4), each by itself."""
        return sample_tokens(self.logits(self.own_codes(codes)), temperature, top_p, generator)

    def _add_flow(self, config: FlowConfig | None) -> None:
        """Put a flow between the network and its codes; the last thing that a network does when it is built.

        Raises:
            RecipeError: The model has styles, which have no noise.
        """
        if config is None:
            return
        if self.styles:
            raise RecipeError(
                f"model.flow: a model with a flow has no styles: expected model.styles 0, got {self.styles}."
            )
        self.flow = Flow(self.latent_size, config)

    def _posterior(self, mean: Tensor, log_variance: Tensor, style: Tensor | None) -> Distribution:
        """Codes with noise, and behind them styles without, from the logits of the latter."""
        # In single precision: half of it cannot tell a draw from its mean where deviations are small.
        mean, log_variance = mean.float(), log_variance.float()
        scale = (0.5 * log_variance.clamp(-WIDEST, WIDEST)).exp()
        if style is not None:
            mean = torch.cat([mean, style.float().sigmoid()], dim=-1)
            scale = torch.cat([scale, torch.full_like(style, POINT, dtype=scale.dtype)], dim=-1)
        posterior = diagonal_normal(mean, scale)
        return posterior if self.flow is None else MappedPosterior(posterior, self.flow)


def probabilities(decoded: Distribution) -> Tensor:
    """Probabilities (B, 256, 4, V) of the tokens that a `SongModel` decodes."""
    return _tokens(decoded).probs


class _Tokens(Categorical):
    """A categorical distribution that normalises its logits where it must alone.

    With 130 values for each of 1024 tokens of a phrase, memory traffic is what costs in a training step: this one
    writes once what `Categorical` writes half a dozen times.
    """

    def __init__(self, logits: Tensor, validate_args: bool = False) -> None:
        self.logits = self._param = logits
        self._num_events = logits.shape[-1]
        Distribution.__init__(self, logits.shape[:-1], validate_args=validate_args)

    @property
    def mode(self) -> Tensor:
        return self.logits.argmax(dim=-1)

    def log_prob(self, value: Tensor) -> Tensor:
        found: Tensor = _LOG_PROBABILITY(self.logits.float(), value[..., None])
        return found

    def entropy(self) -> Tensor:
        entropy: Tensor = torch.special.entr(self.probs).sum(dim=-1)
        return entropy


def _tokens(decoded: Distribution) -> _Tokens:
    assert isinstance(decoded, Independent)
    tokens = decoded.base_dist
    assert isinstance(tokens, _Tokens)
    return tokens


class _LogProbability(torch.autograd.Function):
    """Logarithms (...,) of the probabilities of values (..., 1) under logits (..., V), part by part of the rows.

    What is in between is as large as the logits; so cut that it stays in the processor's cache.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, values: Tensor) -> Tensor:
        rows = logits.reshape(-1, logits.shape[-1])
        norms = torch.cat([part.logsumexp(dim=-1, keepdim=True) for part in torch.split(rows, ROWS)])
        ctx.save_for_backward(rows, norms, values)
        return logits.gather(-1, values)[..., 0] - norms.view(logits.shape[:-1])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        rows, norms, values = ctx.saved_tensors
        of_values, result = gradient.reshape(-1, 1), torch.empty_like(rows)
        for part in zip(*(torch.split(whole, ROWS) for whole in (rows, norms, of_values, result)), strict=True):
            logits, norm, wanted, out = part
            torch.sub(logits, norm, out=out).exp_().mul_(-wanted)
        result.scatter_add_(-1, values.reshape(-1, 1), of_values)
        return result.view(*values.shape[:-1], -1), None


_LOG_PROBABILITY: Any = _LogProbability.apply
