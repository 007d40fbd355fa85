"""Two ways to bring one distribution near to another, given draws of both: a critic, and the maximum mean discrepancy.

A critic scores draws, high ones for the wanted distribution. Its loss, in units of its score, is

    critic:      mean of D(found) - mean of D(wanted) + penalty (|gradient of D| - 1)^2 between the two
    generator:   - mean of D(found)

Sources: Gulrajani et al. 2017, Improved Training of Wasserstein GANs (arXiv 1704.00028); Gretton et al. 2012, A Kernel
Two-Sample Test (JMLR 13); the kernel and its widths: Tolstikhin et al. 2018, Wasserstein Auto-Encoders (arXiv
1711.01558) and the code published with it.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["critic_loss", "generator_loss", "gradient_penalty", "maximum_mean_discrepancy"]

SMALLEST = 1e-12  # of a squared gradient, whose root could not be differentiated at 0
WIDTHS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # of the kernels, times the mean squared distance of wanted draws


def critic_loss(of_found: Tensor, of_wanted: Tensor) -> Tensor:
    """What a critic minimises beside the penalty, of the scores (B,) of what is found and of what is wanted."""
    return of_found.mean() - of_wanted.mean()


def generator_loss(of_found: Tensor) -> Tensor:
    """What the other side minimises, of the scores (B,) of what it makes."""
    return -of_found.mean()


def gradient_penalty(critic: Callable[[Tensor], Tensor], found: Tensor, wanted: Tensor) -> Tensor:
    """Mean of (|gradient of the critic| - 1)^2 at random points between pairs of draws.

    Args:
        critic: From points (B, D) to scores (B,); every score depends on its own point alone.
        found: Draws (B, D).
        wanted: Draws (B, D).
    """
    share = torch.rand(len(found), 1, device=found.device)
    points = (share * found + (1 - share) * wanted).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(points).sum(), points, create_graph=True)
    lengths = (gradient.square().sum(dim=1) + SMALLEST).sqrt()
    penalty: Tensor = (lengths - 1).square().mean()
    return penalty


def maximum_mean_discrepancy(found: Tensor, wanted: Tensor) -> Tensor:
    """Unbiased estimate of the squared maximum mean discrepancy; around 0 where both have one distribution.

    The kernel is the sum of inverse multiquadratics w / (w + |x - y|^2) over seven widths w, from a tenth of the mean
    squared distance of the wanted draws to ten times it.

    Args:
        found: Draws (B, D), B at least 2.
        wanted: Draws (B, D).

    Raises:
        ValueError: There are not as many of both, or fewer than two.
    """
    count = len(found)
    if count < 2 or wanted.shape != found.shape:
        raise ValueError(f"expected two times the same shape (B, D), B > 1, got {found.shape} and {wanted.shape}")
    among_wanted = _squared_distances(wanted, wanted)
    pairs = count * (count - 1)
    scale = (among_wanted.sum() / pairs).detach().clamp(min=SMALLEST)
    others = 1 - torch.eye(count, device=found.device)  # no draw is compared with itself
    within = _kernel(_squared_distances(found, found), scale) + _kernel(among_wanted, scale)
    between = _kernel(_squared_distances(found, wanted), scale)
    return (within * others).sum() / pairs - 2 * between.mean()


def _squared_distances(first: Tensor, second: Tensor) -> Tensor:
    """(B, D) and (C, D) to (B, C); summed pair by pair, since thin distributions lie far from 0."""
    return (first[:, None] - second).square().sum(dim=-1)


def _kernel(squared: Tensor, scale: Tensor) -> Tensor:
    return torch.stack([width * scale / (width * scale + squared) for width in WIDTHS]).sum(dim=0)
