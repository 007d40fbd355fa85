"""A memory of recent codes, so that a critic sees more of them than one batch has.

Source: a history of what was made, for a discriminator, is due to Shrivastava et al. 2017, Learning from Simulated and
Unsupervised Images through Adversarial Training (arXiv 1612.07828).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

__all__ = ["CodeMemory"]


class CodeMemory(nn.Module):
    """The posteriors of the last M items, and their genres; newer ones take the place of the oldest.

    It is part of a method's state, so that a resumed training has the same.

    Args:
        size: M; 0 keeps nothing.
        latent_size: Numbers of a code D.
        genres: Number of genres L.
    """

    means: Tensor
    deviations: Tensor
    labels: Tensor
    count: Tensor

    def __init__(self, size: int, latent_size: int, genres: int) -> None:
        super().__init__()
        self._size = size
        self.register_buffer("means", torch.zeros(size, latent_size))
        self.register_buffer("deviations", torch.zeros(size, latent_size))
        self.register_buffer("labels", torch.zeros(size, genres))
        self.register_buffer("count", torch.tensor(0))

    @torch.no_grad()
    def keep(self, posterior: Distribution, labels: Tensor | None, step: int) -> None:
        """Keep the posteriors of a batch (B, D) and their labels (B, L), at a step counted from 0."""
        if self._size == 0:
            return
        batch = len(posterior.mean)
        places = (step * batch + torch.arange(batch, device=self.means.device)) % self._size
        self.means[places], self.deviations[places] = posterior.mean.float(), posterior.stddev.float()
        if labels is not None:
            self.labels[places] = labels
        self.count.fill_(min(self._size, int(self.count) + batch))

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """So many codes (count, D), each of a posterior that is drawn at random, and their labels (count, L)."""
        chosen = torch.randint(int(self.count), (count,), device=self.means.device)
        noise = torch.randn(count, self.means.shape[1], device=self.means.device)
        return self.means[chosen] + self.deviations[chosen] * noise, self.labels[chosen]
