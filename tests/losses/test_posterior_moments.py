"""The covariance that DIP-VAE reads, and its distance from the identity."""

import numpy as np
import torch

from latune.losses.posterior_moments import covariance, distance_from_identity


def test_covariance_is_numpys():
    codes = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))
    assert np.allclose(covariance(codes), np.cov(codes.numpy().T, bias=True), atol=1e-6)
    assert torch.equal(covariance(codes[:1]), torch.zeros(4, 4))


def test_distance_by_hand():
    off, diagonal = distance_from_identity(torch.tensor([[3.0, 2.0], [2.0, 0.5]]))
    assert (off.item(), diagonal.item()) == (8.0, 4.25)
    assert all(value == 0 for value in distance_from_identity(torch.eye(5)))
