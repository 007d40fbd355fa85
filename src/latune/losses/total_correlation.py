"""Total correlation of codes, TC = KL( q(z) || prod_j q(z_j) ), where q(z) is what the encoder makes of all items.

Two ways to estimate it: with a discriminator that learns to tell codes from permuted ones (the density-ratio trick of
FactorVAE), and from the posteriors of one batch (minibatch sampling, beta-TCVAE).

Sources: Kim and Mnih 2018, Disentangling by Factorising (arXiv 1802.05983); Chen et al. 2018, Isolating Sources of
Disentanglement in VAEs (arXiv 1802.04942).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = [
    "DividedDivergence",
    "Sampling",
    "density_ratio",
    "discriminator_loss",
    "divided_divergence",
    "minibatch_weights",
    "permuted_dimensions",
    "standardised_codes",
]

NARROWEST = 1e-3  # deviation

Sampling = Literal["weighted", "stratified"]
"""How a batch stands for the training set: "weighted" is biased upwards, "stratified" is not (both in Chen et al.)."""


def permuted_dimensions(codes: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Codes (B, D) of which each dimension is permuted over the batch by a permutation of its own.

    They are draws of prod_j q(z_j) where the codes are draws of q(z).

    Args:
        codes: Codes.
        generator: Source of randomness, on the device of the codes.
    """
    order = torch.rand(codes.shape, device=codes.device, generator=generator).argsort(dim=0)
    return codes.gather(0, order)


def standardised_codes(codes: Tensor) -> Tensor:
    """Codes (B, D) with every dimension brought to mean 0 and deviation 1 over the batch.

    The total correlation is the same: it does not depend on where a dimension lies or how far it reaches. Dimensions
    of less than a thousandth keep some of their narrowness, so that those that say nothing stay finite.
    """
    return (codes - codes.mean(dim=0)) / (codes.std(dim=0, correction=0) + NARROWEST)


def density_ratio(logits: Tensor) -> Tensor:
    """The discriminator's estimate of TC in nats: mean of ln q(z) / prod_j q(z_j) = logit 0 - logit 1.

    Args:
        logits: Of codes as they are, (B, 2): that they are real (0), that they were permuted (1).
    """
    return (logits[:, 0] - logits[:, 1]).mean()


def discriminator_loss(real: Tensor, permuted: Tensor) -> Tensor:
    """Mean cross-entropy, in nats, of telling real codes from permuted ones.

    Args:
        real: Logits of codes as they are, (B, 2).
        permuted: Logits of codes with permuted dimensions, (C, 2).
    """
    is_real = torch.zeros(len(real), dtype=torch.long, device=real.device)
    is_permuted = torch.ones(len(permuted), dtype=torch.long, device=permuted.device)
    return (F.cross_entropy(real, is_real) + F.cross_entropy(permuted, is_permuted)) / 2


def minibatch_weights(batch_size: int, dataset_size: int, sampling: Sampling) -> Tensor:
    """Logarithms of what the posterior of item j counts in the density q(z) at the code of item i, (B, B).

    "weighted": 1 / (N B) each. "stratified": 1 / N for the item itself, 1 / M for the M = B - 1 others but one, and
    (N - M) / (N M) for that one; these add up to 1 (of a batch of one item nothing is known but that item: 1).

    Args:
        batch_size: B.
        dataset_size: Items N of the training set, at least B.
        sampling: Which of the two.

    Raises:
        ValueError: The batch is larger than the training set.
    """
    if batch_size > dataset_size:
        raise ValueError(f"expected at most {dataset_size} items in a batch, got {batch_size}")
    if sampling == "weighted":
        return torch.full((batch_size, batch_size), -math.log(dataset_size * batch_size))
    if batch_size == 1:
        return torch.zeros(1, 1)
    others = batch_size - 1
    weights = torch.full((batch_size, batch_size), 1 / others)
    rows = torch.arange(batch_size)
    weights[rows, rows] = 1 / dataset_size
    weights[rows, (rows + 1) % batch_size] = (dataset_size - others) / (dataset_size * others)
    return weights.log()


@dataclass(frozen=True)
class DividedDivergence:
    """The mean of KL(q(z|x) || p(z)) in three parts, nats per item.

    Args:
        mutual_information: Of items and codes, mean of ln q(z|x) / q(z).
        total_correlation: Mean of ln q(z) / prod_j q(z_j).
        dimension_wise: Mean of ln prod_j q(z_j) / p(z_j).
    """

    mutual_information: Tensor
    total_correlation: Tensor
    dimension_wise: Tensor


def divided_divergence(codes: Tensor, mean: Tensor, scale: Tensor, weights: Tensor) -> DividedDivergence:
    """Estimate the parts of the divergence of normal posteriors from a standard normal prior.

    Args:
        codes: One draw of each posterior, (B, D).
        mean: Of the posteriors, (B, D).
        scale: Their standard deviations, (B, D).
        weights: As `minibatch_weights` gives them, (B, B).
    """
    density = _log_normal(codes[:, None], mean[None], scale[None])  # (B, B, D): code i under the posterior of item j
    joint = (density.sum(dim=2) + weights).logsumexp(dim=1)
    marginals = (density + weights[:, :, None]).logsumexp(dim=1).sum(dim=1)
    conditional = _log_normal(codes, mean, scale).sum(dim=1)
    prior = _log_normal(codes, torch.zeros_like(codes), torch.ones_like(codes)).sum(dim=1)
    return DividedDivergence(
        mutual_information=(conditional - joint).mean(),
        total_correlation=(joint - marginals).mean(),
        dimension_wise=(marginals - prior).mean(),
    )


def _log_normal(values: Tensor, mean: Tensor, scale: Tensor) -> Tensor:
    return -(((values - mean) / scale) ** 2) / 2 - scale.log() - math.log(2 * math.pi) / 2
