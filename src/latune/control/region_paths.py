"""Paths of codes from region to region."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from latune.control.inference import Codes
from latune.models.mixture import Mixture
from latune.models.transport import transport_maps

__all__ = ["geodesic_codes", "straight_codes"]

Shares = NDArray[np.floating]


def straight_codes(start: Codes, end: Codes, shares: Shares) -> Codes:
    """Codes on the straight line from (..., D) to (..., D), at shares (P,) of the way: (P, ..., D)."""
    share = shares.reshape(-1, *[1] * start.ndim)
    return np.asarray((1 - share) * start + share * end, np.float32)


def geodesic_codes(mixture: Mixture, codes: Codes, first: int, last: int, shares: Shares) -> Codes:
    """Codes that keep their place within a Gaussian while it turns into another one along the shortest way.

    The shortest way in the sense of the Bures-Wasserstein distance: at share t the Gaussian has the mean
    (1 - t) m_0 + t m_1 and the covariance C S_0 C with C = (1 - t) I + t A, where A carries the first Gaussian to the
    last one (`transport_maps`). Each code goes straight to where A carries it. Source: McCann 1997, A convexity
    principle for interacting gases; Takatsu 2011, Wasserstein geometry of Gaussian measures.

    Args:
        mixture: The Gaussians of K regions.
        codes: Codes (N, D) of the first region.
        first: Region that the path begins in.
        last: Region that it ends in.
        shares: How far each place is on the way, 0 to 1, (P,).

    Returns:
        Shape (P, N, D).
    """
    everywhere = torch.full((1, mixture.components), last, device=mixture.means.device)
    carried = transport_maps(mixture, everywhere)[0, first].numpy(force=True)
    means = mixture.means.numpy(force=True)
    return straight_codes(codes, means[last] + (codes - means[first]) @ carried.T, shares)
