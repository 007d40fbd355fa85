"""Losses against the authors' formulation, golden values and closed forms."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch.distributions import Normal

from latune.losses.attribute import attribute_regularization, quantile_normal, standardised
from latune.losses.vae import divergence, reconstruction
from latune.models.latent_model import diagonal_normal, token_distribution

GOLDEN = json.loads((Path(__file__).parents[1] / "data" / "attribute_regularization_loss.json").read_text())


def loss(codes, attributes, delta=1.0, **options):
    """One attribute, plain lists in, one number out."""
    codes = torch.as_tensor(codes, dtype=torch.double)[:, None]
    attributes = torch.as_tensor(attributes, dtype=torch.double)[:, None]
    return attribute_regularization(codes, attributes, torch.tensor([delta], dtype=torch.double), **options)[0]


def authors_loss(codes, attributes, delta):
    """Pati and Lerch 2021, eq. 3 to 5: L1 between tanh(delta Dr) and sgn(Da), mean over all ordered pairs."""
    size = len(codes)
    code_matrix = codes.reshape(-1, 1).repeat(1, size)
    attribute_matrix = attributes.reshape(-1, 1).repeat(1, size)
    distances = torch.tanh((code_matrix - code_matrix.T) * delta)
    signs = torch.sign(attribute_matrix - attribute_matrix.T)
    return torch.nn.L1Loss()(distances, signs)


@pytest.mark.parametrize("delta", [0.1, 1.0, 10.0])
def test_golden(delta):
    expected = {float(key): value for key, value in GOLDEN["loss"].items()}[delta]
    assert loss(GOLDEN["latent"], GOLDEN["attribute"], delta).item() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(("delta", "expected"), [(1.0, 0.5190396), (10.0, 0.5)])
def test_four_items_of_the_specification(delta, expected):
    assert loss([0.3, -1, 2, 0.3], [1, 0, 1, 3], delta).item() == pytest.approx(expected, abs=5e-8)


@pytest.mark.parametrize("delta", [0.1, 1.0, 10.0])
def test_value_and_gradient_of_the_authors_formulation(delta):
    generator = torch.Generator().manual_seed(0)
    codes = torch.randn(40, 3, generator=generator, dtype=torch.double)
    attributes = torch.randint(6, (40, 3), generator=generator).double()
    ours, theirs = codes.clone().requires_grad_(), codes.clone().requires_grad_()
    values = attribute_regularization(ours, attributes, torch.full((3,), delta, dtype=torch.double))
    expected = torch.stack([authors_loss(theirs[:, k], attributes[:, k], delta) for k in range(3)])
    assert torch.allclose(values, expected, atol=1e-12)
    values.sum().backward()
    expected.sum().backward()
    assert torch.allclose(ours.grad, theirs.grad, atol=1e-12)


def test_every_attribute_has_its_own_delta():
    codes, attributes = torch.randn(20, 2), torch.randn(20, 2)
    both = attribute_regularization(codes, attributes, torch.tensor([0.5, 5.0]))
    first = attribute_regularization(codes[:, :1], attributes[:, :1], torch.tensor([0.5]))
    second = attribute_regularization(codes[:, 1:], attributes[:, 1:], torch.tensor([5.0]))
    assert torch.allclose(both, torch.cat([first, second]))


@pytest.mark.parametrize("count", [0, 4, 5, 9])
def test_many_attributes_are_as_each_alone(count):
    generator = torch.Generator().manual_seed(0)
    codes, attributes = (torch.randn(12, count, generator=generator, dtype=torch.double) for _ in range(2))
    delta = 1 + torch.arange(count, dtype=torch.double)
    together = attribute_regularization(codes, attributes, delta)
    assert together.shape == (count,)
    for k, value in enumerate(together):
        assert value.item() == pytest.approx(loss(codes[:, k], attributes[:, k], float(delta[k])).item(), abs=1e-12)


def test_extremes():
    far = [-100.0, 0.0, 100.0, 200.0]
    assert loss(far, [1, 2, 3, 4]).item() == pytest.approx(0)
    assert loss(far, [4, 3, 2, 1]).item() == pytest.approx(2 * 12 / 16)  # 2 over the pairs, 0 on the diagonal
    assert loss([0.0] * 4, [1, 2, 3, 3]).item() == pytest.approx(10 / 16)  # the pairs that are not tied


def test_ties():
    codes, attributes = [-50.0, 0.0, 50.0], [1.0, 1.0, 2.0]
    assert loss(codes, attributes, ties="zero").item() == pytest.approx(2 / 9)  # the tied pair is pulled together
    assert loss(codes, attributes, ties="masked").item() == pytest.approx(0)
    assert loss(codes, [2.0, 2.0, 1.0], ties="masked").item() == pytest.approx(2)
    assert loss(codes, [1.0, 1.0, 1.0], ties="masked").item() == 0


def test_masked_ties_have_no_gradient():
    codes = torch.tensor([[0.1], [0.3]], requires_grad=True)
    attribute_regularization(codes, torch.ones(2, 1), torch.ones(1), ties="masked").sum().backward()
    assert codes.grad.abs().sum() == 0


def test_transformed_is_zero_where_codes_equal_attributes():
    values = torch.randn(30, 2)
    shifted = values + torch.tensor([3.0, -1.0])  # only differences count
    assert attribute_regularization(shifted, values, torch.tensor([1.0, 2.0]), transformed=True).max() < 1e-6
    assert attribute_regularization(2 * values, values, torch.tensor([1.0, 2.0]), transformed=True).min() > 0.05


@given(arrays(np.float64, 6, elements=st.floats(-3, 3)), arrays(np.int64, 6, elements=st.integers(0, 3)))
@settings(deadline=None)
def test_order_is_all_that_counts(codes, attributes):
    value = loss(codes, attributes)
    assert 0 <= value <= 2
    assert torch.isclose(value, loss(codes, np.exp(attributes)))
    assert torch.isclose(value, loss(codes[::-1].copy(), attributes[::-1].copy()))
    assert torch.isclose(value, loss(-codes, -attributes))


# Transformed attributes.


@given(arrays(np.float32, (40, 1), elements=st.integers(-5, 5).map(np.float32)))
@settings(deadline=None)
def test_quantiles_keep_order_and_ties(values):
    transformed = quantile_normal(values, values)
    assert np.isfinite(transformed).all()
    assert np.array_equal(
        np.sign(np.subtract.outer(values[:, 0], values[:, 0])),
        np.sign(np.subtract.outer(transformed[:, 0], transformed[:, 0])),
    )


def test_quantiles_are_normal():
    values = np.random.default_rng(0).exponential(size=(4000, 2)).astype(np.float32)
    transformed = quantile_normal(values, values)
    assert np.allclose(transformed.mean(axis=0), 0, atol=0.01)
    assert np.allclose(transformed.std(axis=0), 1, atol=0.01)
    assert np.allclose(np.quantile(transformed, 0.975, axis=0), 1.96, atol=0.02)


def test_quantiles_between_and_beyond_the_reference():
    reference = np.array([[0.0], [1.0], [2.0]], np.float32)
    below, inside, above = quantile_normal(np.array([[-9.0], [0.5], [9.0]], np.float32), reference)[:, 0]
    lowest, middle, highest = quantile_normal(reference, reference)[:, 0]
    assert (below, above) == (lowest, highest)
    assert inside == pytest.approx((lowest + middle) / 2)


def test_standardised_by_the_reference():
    generator = np.random.default_rng(0)
    reference = generator.normal(3, 5, (500, 2)).astype(np.float32)
    own = standardised(reference, reference)
    assert np.allclose(own.mean(axis=0), 0, atol=1e-5)
    assert np.allclose(own.std(axis=0), 1, atol=1e-5)
    assert np.allclose(standardised(reference + 5, reference) - own, 5 / reference.std(axis=0), atol=1e-4)
    assert np.isfinite(standardised(np.ones((4, 1), np.float32), np.ones((4, 1), np.float32))).all()


# The evidence lower bound.


def test_divergence_in_closed_form():
    mean, log_scale = torch.randn(50, 6), 0.5 * torch.randn(50, 6)
    posterior, prior = diagonal_normal(mean, log_scale.exp()), diagonal_normal(torch.zeros(6), torch.ones(6))
    expected = (0.5 * (mean**2 + (2 * log_scale).exp() - 1 - 2 * log_scale)).sum(dim=1).mean()
    assert torch.isclose(divergence(posterior, prior), expected)
    assert divergence(prior.expand((3,)), prior) == 0


def test_reconstruction_is_cross_entropy_and_mean_is_sum_over_24():
    logits, items = torch.randn(7, 24, 9), torch.randint(9, (7, 24))
    decoded = token_distribution(logits)
    per_token = torch.nn.functional.cross_entropy(logits.flatten(0, 1), items.flatten())
    assert torch.isclose(reconstruction(decoded, items, "mean"), per_token)
    assert torch.isclose(reconstruction(decoded, items, "sum"), 24 * per_token)


def test_diagonal_normal_sums_over_dimensions():
    mean, scale, codes = torch.randn(4, 3), torch.rand(4, 3) + 0.1, torch.randn(4, 3)
    assert torch.allclose(diagonal_normal(mean, scale).log_prob(codes), Normal(mean, scale).log_prob(codes).sum(dim=1))
