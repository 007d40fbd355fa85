"""Paths between regions: the Gaussians on the way are those of the Bures-Wasserstein geodesic."""

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from latune.control.region_paths import geodesic_codes, straight_codes
from latune.models.mixture import Mixture

DIMENSIONS = 3
SHARES = np.linspace(0, 1, 5)


def bures(first, second):
    """Squared distance of two covariances."""
    root = sqrtm(first).real
    return np.trace(first + second - 2 * sqrtm(root @ second @ root).real)


@pytest.fixture(scope="module")
def mixture():
    generator = np.random.default_rng(0)
    shapes = generator.normal(size=(4, DIMENSIONS, DIMENSIONS))
    covariances = shapes @ shapes.swapaxes(1, 2) + 0.1 * np.eye(DIMENSIONS)
    factors = torch.from_numpy(np.linalg.cholesky(covariances))
    return Mixture(torch.from_numpy(generator.normal(size=(4, DIMENSIONS))), factors)


def moments(mixture, first, last):
    """Means and covariances on the way: codes on it are a linear function of their noise."""
    factors, means = mixture.factors.numpy(), mixture.means.numpy()
    probes = means[first] + np.concatenate([np.zeros((1, DIMENSIONS)), factors[first].T])
    path = geodesic_codes(mixture, probes, first, last, SHARES).astype(float)
    spread = (path[:, 1:] - path[:, :1]).swapaxes(1, 2)
    return path[:, 0], spread @ spread.swapaxes(1, 2)


def test_the_way_begins_and_ends_in_the_gaussians(mixture):
    means, covariances = moments(mixture, 2, 1)
    for end, region in ((0, 2), (-1, 1)):
        assert np.allclose(means[end], mixture.means[region], atol=1e-5)
        assert np.allclose(covariances[end], mixture.covariances[region], atol=1e-4)


def test_means_are_linear_and_covariances_a_geodesic(mixture):
    means, covariances = moments(mixture, 0, 3)
    assert np.allclose(means, (1 - SHARES[:, None]) * means[0] + SHARES[:, None] * means[-1], atol=1e-5)
    whole = np.sqrt(bures(covariances[0], covariances[-1]))
    assert whole > 0.5
    for share, covariance in zip(SHARES[1:-1], covariances[1:-1], strict=True):
        assert np.sqrt(bures(covariances[0], covariance)) == pytest.approx(share * whole, rel=1e-3)
        assert np.sqrt(bures(covariance, covariances[-1])) == pytest.approx((1 - share) * whole, rel=1e-3)


def test_a_region_to_itself_stays(mixture):
    codes = np.random.default_rng(1).normal(size=(6, DIMENSIONS)).astype(np.float32)
    assert np.allclose(geodesic_codes(mixture, codes, 1, 1, SHARES), codes[None], atol=1e-5)


def test_a_straight_line():
    start, end = np.zeros((2, DIMENSIONS), np.float32), np.full((2, DIMENSIONS), 4, np.float32)
    assert straight_codes(start, end, SHARES)[:, 1, 2].tolist() == [0, 1, 2, 3, 4]
