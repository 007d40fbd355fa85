"""The loss of GLSR-VAE: how an attribute of the decoded item changes with its dimension of the code.

Source: Hadjeres, Nielsen and Pachet 2017, GLSR-VAE: Geodesic Latent Space Regularization for Variational AutoEncoder
Architectures (arXiv 1707.04588). There the prior of the gradient is a normal distribution too, and the gradient a
finite difference.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = ["gradient_loss", "gradients_in_turn"]


def gradient_loss(gradients: Tensor, mean: float, deviation: float) -> Tensor:
    """Mean of -ln N(g; mean, deviation) = (g - mean)^2 / (2 deviation^2) + ln deviation + ln(2 pi) / 2, in nats.

    Args:
        gradients: Derivatives g of attributes by their dimensions, any shape.
        mean: The gradient that is asked for, in units of the attribute per unit of code; positive for a knob that
            raises the attribute.
        deviation: How far from it a gradient may be, in the same unit, positive.
    """
    surprise = ((gradients - mean) / deviation) ** 2 / 2
    return surprise.mean() + math.log(deviation) + math.log(2 * math.pi) / 2


def gradients_in_turn(values: Tensor, codes: Tensor) -> Tensor:
    """Derivatives of values[i, k] by codes[i, k], k = i mod K.

    Each item of a batch serves one attribute, so that one way back is enough for all attributes.

    Args:
        values: Attributes (B, K), computed from the codes, each row from its own code alone.
        codes: Shape (B, D), D at least K; they require gradients.

    Returns:
        Shape (B,); it can be differentiated again.
    """
    turn = (torch.arange(len(values), device=values.device) % values.shape[1])[:, None]
    (gradients,) = torch.autograd.grad(values.gather(1, turn).sum(), codes, create_graph=True)
    return gradients.gather(1, turn).squeeze(1)
