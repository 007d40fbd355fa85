"""Optimal transport between the Gaussians of regions."""

from __future__ import annotations

import torch
from torch import Tensor

from latune.models.mixture import Mixture

__all__ = ["transport_maps"]


def transport_maps(mixture: Mixture, tables: Tensor) -> Tensor:
    """Matrices A that carry one Gaussian to another along the shortest way: z -> mean_t + A (z - mean_s).

    A = S^-1/2 (S^1/2 T S^1/2)^1/2 S^-1/2 for the covariances S of the source and T of the target. A is symmetric and
    positive definite, A S A^T = T, and where target and source are the same A is the identity. Source: Peyre and
    Cuturi 2019, Computational Optimal Transport, remark 2.31.

    Args:
        mixture: The Gaussians of K regions in D dimensions.
        tables: Target region of every source region under each of R relations, (R, K) int64.

    Returns:
        Maps (R, K, D, D), on the device of the mixture.
    """
    factors = mixture.factors.cpu().double()  # double, because eigenvalues span orders of magnitude
    covariances = factors @ factors.mT
    tables = tables.cpu().long()
    root, inverse_root = _power(covariances, 0.5), _power(covariances, -0.5)
    maps = inverse_root @ _power(root @ covariances[tables] @ root, 0.5) @ inverse_root
    staying = (tables == torch.arange(mixture.components))[:, :, None, None]
    return torch.where(staying, torch.eye(mixture.latent_size, dtype=maps.dtype), maps).to(mixture.means)


def _power(matrices: Tensor, exponent: float) -> Tensor:
    """A power of symmetric positive definite matrices (..., D, D)."""
    values, vectors = torch.linalg.eigh(matrices)
    powers: Tensor = (vectors * values.pow(exponent)[..., None, :]) @ vectors.mT
    return powers
