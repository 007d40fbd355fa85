"""The two terms of the evidence lower bound."""

from __future__ import annotations

from typing import Literal

from torch import Tensor
from torch.distributions import Distribution, kl_divergence

__all__ = ["Reduction", "divergence", "reconstruction"]

Reduction = Literal["mean", "sum"]


def reconstruction(decoded: Distribution, items: Tensor, reduction: Reduction) -> Tensor:
    """Mean over the batch of -ln p(x|z), in nats per item ("sum") or per element of an item ("mean").

    The published music models use "mean", the image models "sum"; beta means different things under each: beta
    0.001 with "mean" over 24 ticks equals 0.024 with "sum".

    Args:
        decoded: p(x|z) over items (B, ...).
        items: Shape (B, ...).
        reduction: Over the elements of an item.
    """
    nats = -decoded.log_prob(items).mean()
    return nats / items[0].numel() if reduction == "mean" else nats


def divergence(posterior: Distribution, prior: Distribution) -> Tensor:
    """Mean over the batch of KL(q(z|x) || p(z)), in nats per item.

    Source: Kingma and Welling 2014 (arXiv 1312.6114), appendix B.
    """
    return kl_divergence(posterior, prior).mean()
