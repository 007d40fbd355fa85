"""Total correlation: both estimates against its closed form, permutation, and the weights of minibatch sampling."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import MultivariateNormal, Normal

from latune.losses.total_correlation import (
    density_ratio,
    discriminator_loss,
    divided_divergence,
    minibatch_weights,
    permuted_dimensions,
    standardised_codes,
)
from latune.losses.vae import divergence
from latune.models.latent_model import diagonal_normal


def gaussian(correlation, size):
    """Correlated codes (size, 2) of variance 1."""
    matrix = torch.tensor([[1.0, correlation], [correlation, 1.0]])
    return MultivariateNormal(torch.zeros(2), matrix).sample((size,))


def total_correlation(correlation):
    """Of such codes, in nats."""
    return -math.log(1 - correlation**2) / 2


def test_divergence_is_what_samples_say():
    torch.manual_seed(0)
    mean, scale = torch.randn(4, 3), torch.rand(4, 3) + 0.3
    posterior, prior = diagonal_normal(mean, scale), diagonal_normal(torch.zeros(3), torch.ones(3))
    drawn = posterior.sample((200_000,))
    sampled = (posterior.log_prob(drawn) - prior.log_prob(drawn)).mean()
    assert divergence(posterior, prior).item() == pytest.approx(sampled.item(), rel=0.01)


def test_permutation_keeps_marginals_and_destroys_correlation():
    torch.manual_seed(0)
    codes = gaussian(0.9, 4000)
    permuted = permuted_dimensions(codes)
    assert torch.equal(permuted.sort(dim=0).values, codes.sort(dim=0).values)
    assert torch.corrcoef(codes.t())[0, 1] > 0.88
    assert torch.corrcoef(permuted.t())[0, 1].abs() < 0.05


def test_standardised_codes_do_not_know_where_they_lay():
    torch.manual_seed(0)
    codes = gaussian(0.9, 64)
    standard = standardised_codes(codes)
    assert torch.allclose(standard.mean(dim=0), torch.zeros(2), atol=1e-5)
    assert torch.allclose(standard.std(dim=0, correction=0), torch.ones(2), atol=2e-3)
    assert torch.allclose(standardised_codes(codes * torch.tensor([3.0, 0.5]) + 7), standard, atol=0.01)
    assert torch.equal(standardised_codes(torch.ones(4, 2)), torch.zeros(4, 2))


def test_every_dimension_has_a_permutation_of_its_own():
    places = permuted_dimensions(torch.arange(100.0)[:, None].repeat(1, 6), torch.Generator().manual_seed(0))
    assert len({tuple(column.tolist()) for column in places.t()}) == 6
    again = permuted_dimensions(torch.arange(100.0)[:, None].repeat(1, 6), torch.Generator().manual_seed(0))
    assert torch.equal(places, again)


@pytest.mark.parametrize(("correlation", "tolerance"), [(0.0, 0.02), (0.8, 0.1 * total_correlation(0.8))])
def test_a_converged_discriminator_knows_the_total_correlation(correlation, tolerance):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 2))
    optimiser = torch.optim.Adam(network.parameters(), 2e-3, betas=(0.5, 0.9))
    for _ in range(800):
        codes, others = gaussian(correlation, 512), gaussian(correlation, 512)
        loss = discriminator_loss(network(codes), network(permuted_dimensions(others)))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        estimate = density_ratio(network(gaussian(correlation, 100_000))).item()
    assert estimate == pytest.approx(total_correlation(correlation), abs=tolerance)


def test_discriminator_loss_by_hand():
    real, permuted = torch.tensor([[2.0, 0.0], [0.0, 1.0]]), torch.tensor([[0.0, 3.0]])
    wanted = (math.log1p(math.exp(-2)) + math.log1p(math.exp(1))) / 4 + math.log1p(math.exp(-3)) / 2
    assert discriminator_loss(real, permuted).item() == pytest.approx(wanted, rel=1e-5)
    assert density_ratio(real).item() == pytest.approx(0.5)


@pytest.mark.parametrize("sampling", ["weighted", "stratified"])
def test_parts_by_hand(sampling):
    """With loops over items and dimensions, as the paper writes the estimate."""
    torch.manual_seed(1)
    mean, scale = torch.randn(5, 3), torch.rand(5, 3) + 0.2
    codes, size = mean + scale * torch.randn(5, 3), 100
    others = 4
    information = correlation = rest = 0.0
    for i in range(5):
        density = Normal(mean, scale).log_prob(codes[i]).exp().tolist()  # of each item j, in each dimension
        if sampling == "weighted":
            weight = [1 / (size * 5)] * 5
        else:
            weight = [1 / others] * 5
            weight[i], weight[(i + 1) % 5] = 1 / size, (size - others) / (size * others)
        joint = math.log(sum(w * math.prod(row) for w, row in zip(weight, density, strict=True)))
        marginals = sum(math.log(sum(w * row[d] for w, row in zip(weight, density, strict=True))) for d in range(3))
        prior = Normal(0.0, 1.0).log_prob(codes[i]).sum().item()
        information += (math.log(math.prod(density[i])) - joint) / 5
        correlation += (joint - marginals) / 5
        rest += (marginals - prior) / 5
    parts = divided_divergence(codes, mean, scale, minibatch_weights(5, size, sampling))
    assert parts.mutual_information.item() == pytest.approx(information, rel=1e-4)
    assert parts.total_correlation.item() == pytest.approx(correlation, rel=1e-4)
    assert parts.dimension_wise.item() == pytest.approx(rest, rel=1e-4)


def test_parts_add_up_to_the_divergence():
    torch.manual_seed(2)
    mean, scale = torch.randn(400, 3), torch.rand(400, 3) + 0.5
    posterior, prior = diagonal_normal(mean, scale), diagonal_normal(torch.zeros(3), torch.ones(3))
    weights = minibatch_weights(400, 4000, "weighted")
    sums = []
    for _ in range(50):
        parts = divided_divergence(posterior.sample(), mean, scale, weights)
        sums.append(parts.mutual_information + parts.total_correlation + parts.dimension_wise)
    assert torch.stack(sums).mean().item() == pytest.approx(divergence(posterior, prior).item(), rel=0.02)


@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_stratified_sampling_knows_the_total_correlation(correlation):
    """Means and noise of the posteriors together have variance 1; the means carry all of the correlation."""
    torch.manual_seed(3)
    noise = 0.15
    matrix = torch.tensor([[1 - noise, correlation], [correlation, 1 - noise]])
    mean = MultivariateNormal(torch.zeros(2), matrix).sample((2000,))
    scale = torch.full_like(mean, noise**0.5)
    codes = mean + scale * torch.randn_like(mean)
    parts = divided_divergence(codes, mean, scale, minibatch_weights(2000, 100_000, "stratified"))
    assert parts.total_correlation.item() == pytest.approx(total_correlation(correlation), abs=0.05)


@pytest.mark.parametrize("size", [1, 2, 3, 64])
def test_stratified_weights_add_up_to_1(size):
    weights = minibatch_weights(size, 1000, "stratified").exp()
    assert torch.allclose(weights.sum(dim=1), torch.ones(size), atol=1e-5)


def test_a_batch_is_no_larger_than_the_training_set():
    with pytest.raises(ValueError, match="at most 10 items"):
        minibatch_weights(11, 10, "weighted")
