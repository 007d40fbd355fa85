"""The posterior of codes that went through a flow."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.distributions import Distribution, constraints

from latune.models.flow import Flow

__all__ = ["MappedPosterior"]

ONE_EACH = torch.Size()


class MappedPosterior(Distribution):
    """What an independent normal distribution over the codes of a network is after a flow, codes (B, D).

    Draws and densities are exact. `mean` is where the flow carries the normal's mean, which is the code that an item
    has: it decodes to what the network decodes of its own mean. `stddev` is that of the flow's linear part there: of
    every dimension the root of the sum of squares of how far one standard deviation of each of the network's
    dimensions moves it.

    Args:
        base: Independent normal over (B, D), the posterior of the network's own codes.
        flow: From these to the codes of the prior.
    """

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {}

    def __init__(self, base: Distribution, flow: Flow) -> None:
        self.base, self.flow = base, flow
        self._last: tuple[Tensor, Tensor, Tensor] | None = None  # draws, what they come from, logarithms of volumes
        super().__init__(base.batch_shape, base.event_shape, validate_args=False)

    @property
    def mean(self) -> Tensor:
        """Codes (B, D)."""
        mapped: Tensor = self.flow(self.base.mean)[0]
        return mapped

    @property
    def stddev(self) -> Tensor:
        """Standard deviations (B, D)."""
        centre, reach = self.base.mean, torch.diag_embed(self.base.stddev)  # (B, D) and (B, D, D)
        upper, lower = (self.flow(centre[..., None, :] + sign * reach)[0] for sign in (1, -1))
        reached: Tensor = (0.5 * (upper - lower)).square().sum(dim=-2).sqrt()
        return reached

    @property
    def variance(self) -> Tensor:
        """Squares of the standard deviations (B, D)."""
        return self.stddev.square()

    def at(self, noise: Tensor) -> Tensor:
        """The draw (B, D) that standard normal noise (B, D) leads to."""
        drawn: Tensor = self.flow(self.base.mean + self.base.stddev * noise)[0]
        return drawn

    def rsample(self, sample_shape: Any = ONE_EACH) -> Tensor:
        """Draws with gradients; the density of the last ones costs no second way through the flow."""
        codes = self.base.rsample(sample_shape)
        drawn: Tensor
        drawn, volume = self.flow(codes)
        self._last = drawn, codes, volume
        return drawn

    def log_prob(self, value: Tensor) -> Tensor:
        """Natural logarithm of the density at codes (..., D)."""
        if self._last is not None and self._last[0] is value:
            _, codes, volume = self._last
        else:
            codes = self.flow.inverse(value)
            volume = self.flow(codes)[1]
        density: Tensor = self.base.log_prob(codes) - volume
        return density
