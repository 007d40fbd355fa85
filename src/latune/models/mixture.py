"""A mixture of Gaussians over codes: every region of latent space is one component."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import scipy
import torch
from torch import Tensor, nn

__all__ = ["UNLABELLED", "CodePrior", "Mixture"]

UNLABELLED = -1
"""The region of an item whose region is not known, and of a code that no region accepts."""


class CodePrior(nn.Module, ABC):
    """A distribution over codes of `latent_size` numbers that can be sampled, given regions or not.

    Args:
        latent_size: Number of latent dimensions D.
    """

    def __init__(self, latent_size: int) -> None:
        super().__init__()
        self.latent_size = latent_size

    @abstractmethod
    def sample(self, regions: Tensor) -> Tensor:
        """One code per region, (B,) int64 to (B, D), with PyTorch's global random state of the prior's device.

        -1 stands for "unlabelled". Priors that do not know regions only read how many codes are wanted.
        """


class Mixture(CodePrior):
    """K Gaussians N(means[k], factors[k] factors[k]^T), all of the same weight.

    Source: Valenti and Bacciu 2022, Leveraging Relational Information for Learning Weakly Disentangled Representations.

    Args:
        means: Means (K, D).
        factors: Lower Cholesky factors of the covariances (K, D, D).

    Raises:
        ValueError: The shapes do not belong together.
    """

    means: Tensor
    factors: Tensor

    def __init__(self, means: Tensor, factors: Tensor) -> None:
        if means.ndim != 2 or factors.shape != (*means.shape, means.shape[-1]):
            raise ValueError(
                f"expected means (K, D) and factors (K, D, D), got {tuple(means.shape)} and {tuple(factors.shape)}"
            )
        super().__init__(means.shape[1])
        self.register_buffer("means", means)
        self.register_buffer("factors", factors)

    @property
    def components(self) -> int:
        """Number of components K."""
        return self.means.shape[0]

    @property
    def covariances(self) -> Tensor:
        """Covariance of every component (K, D, D)."""
        return self.factors @ self.factors.mT

    def sample(self, regions: Tensor) -> Tensor:
        """Codes (B, D) of the components that are named (B,); -1 draws a component, each with the same probability."""
        drawn = torch.randint(self.components, regions.shape, device=self.means.device)
        chosen = torch.where(regions == UNLABELLED, drawn, regions)
        noise = torch.randn(len(regions), 1, self.latent_size, device=self.means.device, dtype=self.means.dtype)
        # Not a matrix product: autocast would round it.
        return self.means[chosen] + (self.factors[chosen] * noise).sum(dim=-1)

    def distances(self, codes: Tensor) -> Tensor:
        """Squared Mahalanobis distance of codes (B, D) to every component, (B, K)."""
        identity = torch.eye(self.latent_size, device=self.means.device, dtype=self.means.dtype)
        inverses = torch.linalg.solve_triangular(self.factors, identity.expand_as(self.factors), upper=False)
        # One product for all components is several times faster than a solve per component; autocast would round it.
        with torch.autocast(self.means.device.type, enabled=False):
            centres = (inverses @ self.means[:, :, None]).flatten()
            whitened = torch.addmm(centres, codes.to(self.means.dtype), inverses.flatten(0, 1).T, beta=-1)
        return whitened.view(-1, *self.means.shape).square().sum(dim=-1)

    def log_density(self, codes: Tensor) -> Tensor:
        """Natural logarithm of every component's density at codes (B, D), (B, K)."""
        return self._log_density(self.distances(codes))

    def classify(self, codes: Tensor, alpha: float = 0.0, among: int | None = None) -> Tensor:
        """Component of the largest density for codes (B, D), or -1 where the code lies outside of it: (B,).

        Args:
            codes: Codes.
            alpha: Share of a component's own codes, the outermost, that is rejected: a code is accepted where its
                squared Mahalanobis distance is at most the (1 - alpha)-quantile of chi-square with D degrees of
                freedom. 0 accepts all.
            among: Only the first so many components are candidates. Default: all.

        Raises:
            ValueError: alpha is not in [0, 1).
        """
        if not 0 <= alpha < 1:
            raise ValueError(f"expected 0 <= alpha < 1, got {alpha}")
        distances = self.distances(codes)
        nearest = self._log_density(distances)[:, :among].argmax(dim=1)
        if alpha == 0:
            return nearest
        farthest = float(scipy.stats.chi2.ppf(1 - alpha, self.latent_size))
        accepted = distances.gather(1, nearest[:, None])[:, 0] <= farthest
        return nearest.where(accepted, UNLABELLED)

    def classify_by_density(self, codes: Tensor, threshold: float, among: int | None = None) -> Tensor:
        """As `classify`, but -1 where the largest density is below a threshold, as published.

        A density is no probability: it has no upper bound, and depends on the scale of the codes.

        Args:
            codes: Codes (B, D).
            threshold: Smallest density that is accepted. 0 accepts all.
            among: Only the first so many components are candidates. Default: all.

        Raises:
            ValueError: The threshold is negative.
        """
        if threshold < 0:
            raise ValueError(f"expected a density of at least 0, got {threshold}")
        density, nearest = self.log_density(codes)[:, :among].max(dim=1)
        smallest = math.log(threshold) if threshold > 0 else -math.inf
        return nearest.where(density >= smallest, UNLABELLED)

    def posterior_entropy(self, codes: Tensor) -> Tensor:
        """Entropy of the component given codes (B, D), in nats from 0 to ln K, (B,)."""
        entropy: Tensor = torch.special.entr(self.log_density(codes).softmax(dim=1)).sum(dim=1)
        return entropy

    def _log_density(self, distances: Tensor) -> Tensor:
        log_scales = self.factors.diagonal(dim1=1, dim2=2).log().sum(dim=1)
        log_norms = 0.5 * self.latent_size * math.log(2 * math.pi) + log_scales
        return -0.5 * distances - log_norms
