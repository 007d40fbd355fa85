"""The attribute-regularisation loss: order the codes as the attributes are ordered.

Source: Pati and Lerch 2021 (arXiv 2004.05485), equations 3 to 5. The transformed form follows the idea of
arXiv 2511.07118: an attribute that is made normal can be met by the codes and by the KL term at once.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import scipy
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["Ties", "attribute_regularization", "quantile_normal", "standardised"]

Ties = Literal["zero", "masked"]

AT_ONCE = 4  # attributes whose pairs are compared together: those of more do not fit into a processor's cache


def attribute_regularization(
    codes: Tensor,
    attributes: Tensor,
    delta: Tensor,
    ties: Ties = "zero",
    transformed: bool = False,
) -> Tensor:
    """Mean over all ordered pairs of | tanh(delta (z_i - z_j)) - sgn(a_i - a_j) |, one value per attribute.

    Args:
        codes: The regularised dimensions, shape (B, A); column k belongs to attribute k.
        attributes: Shape (B, A). Only the order matters, unless `transformed`.
        delta: Steepness per attribute, shape (A,).
        ties: What pairs of equal attribute values do. "zero" (published): sgn is 0, they pull codes together.
            "masked": they do not count; the mean is over the other pairs.
        transformed: Compare with tanh(delta (a_i - a_j)) instead of the sign: the loss is 0 where the codes equal
            the (transformed) attributes.

    Returns:
        Shape (A,), 0 (perfectly ordered) to 2 (perfectly reversed).
    """
    parts = [slice(start, start + AT_ONCE) for start in range(0, max(len(delta), 1), AT_ONCE)]
    found = [_regularization(codes[:, part], attributes[:, part], delta[part], ties, transformed) for part in parts]
    return torch.cat(found)


def _regularization(codes: Tensor, attributes: Tensor, delta: Tensor, ties: Ties, transformed: bool) -> Tensor:
    """The same for a few attributes."""
    steepness = delta[:, None, None]
    distances = torch.tanh(steepness * _differences(codes))
    attribute_differences = _differences(attributes)
    targets = torch.tanh(steepness * attribute_differences) if transformed else torch.sign(attribute_differences)
    errors = (distances - targets).abs()
    if ties == "zero":
        return errors.mean(dim=(1, 2))
    differ = attribute_differences != 0
    return (errors * differ).sum(dim=(1, 2)) / differ.sum(dim=(1, 2)).clamp(min=1)


def _differences(values: Tensor) -> Tensor:
    """All ordered differences of each column: (B, A) to (A, B, B)."""
    columns = values.T
    return columns[:, :, None] - columns[:, None, :]


def quantile_normal(values: NDArray[np.float32], reference: NDArray[np.float32]) -> NDArray[np.float32]:
    """Map each column to standard normal quantiles of its reference distribution; ties stay ties.

    Args:
        values: Shape (N, A).
        reference: Values that define the distribution, for example those of the training split, shape (M, A).

    Returns:
        Shape (N, A), within about +-4; values between reference values are interpolated.
    """
    transformed = np.empty(values.shape, dtype=np.float32)
    for column in range(values.shape[1]):
        known, counts = np.unique(reference[:, column], return_counts=True)
        ranks = np.cumsum(counts) - (counts - 1) / 2  # of equal values the mean of theirs
        quantiles = scipy.special.ndtri((ranks - 0.5) / len(reference))
        transformed[:, column] = np.interp(values[:, column], known, quantiles)
    return transformed


def standardised(values: NDArray[np.float32], reference: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shift and scale each column so that its reference distribution has mean 0 and standard deviation 1.

    Args:
        values: Shape (N, A).
        reference: Values that define the distribution, shape (M, A).
    """
    deviation = np.maximum(reference.std(axis=0), 1e-9)
    return np.asarray((values - reference.mean(axis=0)) / deviation, dtype=np.float32)
