"""Covariance of codes over a batch, and how far it is from the identity.

Source: Kumar, Sattigeri and Balakrishnan 2018, Variational Inference of Disentangled Latent Concepts from Unlabeled
Observations (arXiv 1711.00848).
"""

from __future__ import annotations

from torch import Tensor

__all__ = ["covariance", "distance_from_identity"]


def covariance(codes: Tensor) -> Tensor:
    """Covariance (D, D) of codes (B, D) over the batch, divided by B."""
    centred = codes - codes.mean(dim=0)
    # Not as a matrix product, which would be rounded where a network trains in bfloat16.
    return (centred[:, :, None] * centred[:, None, :]).mean(dim=0)


def distance_from_identity(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Sums of squares of a matrix (D, D) minus the identity: off the diagonal, and on it."""
    diagonal = matrix.diagonal()
    off = (matrix**2).sum() - (diagonal**2).sum()
    return off, ((diagonal - 1) ** 2).sum()
