"""The beta-VAE family: each pressure by its formula, gradients, terms, and losses that fall."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch.nn import functional as F

from latune.attributes import Attribute, AttributeTable
from latune.data.batches import Batch
from latune.errors import RecipeError
from latune.losses.total_correlation import divided_divergence, minibatch_weights
from latune.losses.vae import divergence
from latune.methods.attribute_term import AttributesConfig, AttributeTerm
from latune.methods.beta_tcvae import BetaTcVaeConfig
from latune.methods.beta_vae import BetaVaeConfig
from latune.methods.capacity_vae import CapacityVae, CapacityVaeConfig
from latune.methods.dip_vae import DipVaeConfig
from latune.methods.factor_vae import FactorVae, FactorVaeConfig
from latune.methods.registry import build_method
from latune.methods.variational import Variational
from latune.models.latent_model import PictureModel, diagonal_normal, picture_distribution
from latune.models.picture_conv import PictureConv, PictureConvConfig
from latune.models.picture_networks import PictureNetwork, PictureNetworkConfig
from latune.recipes import load_recipe

TABLE = AttributeTable([Attribute("light", "share", 0.0, 1.0)])
REFERENCE = np.linspace(0, 1, 500, dtype=np.float32)[:, None]
SMALL_DISCRIMINATOR = {"discriminator_sizes": (16, 16)}
FAMILY = [
    BetaVaeConfig(beta=4.0),
    CapacityVaeConfig(gamma=30.0, capacity=6.0, capacity_steps=100),
    CapacityVaeConfig(capacity=6.0, capacity_steps=100, held_by="multiplier", multiplier=3.0),
    FactorVaeConfig(**SMALL_DISCRIMINATOR),
    BetaTcVaeConfig(),
    BetaTcVaeConfig(sampling="stratified"),
    DipVaeConfig(kind="i"),
    DipVaeConfig(kind="ii"),
]


def named(config):
    kinds = [getattr(config, name, "") for name in ("sampling", "kind", "held_by")]
    return f"{config.name}-{''.join(kinds)}".rstrip("-")


def method(config, with_term=False, latent_size=4):
    torch.manual_seed(0)
    settings = PictureConvConfig(latent_size=latent_size, channels=(8,), hidden_sizes=(32,))
    model = PictureConv((1, 8, 8), 255, settings)
    term = AttributeTerm(AttributesConfig(names=("light",)), TABLE, 4) if with_term else None
    return build_method(config, model, TABLE, term, reference=REFERENCE)


def bars(size, seed=0):
    """Pictures whose upper and lower half have a brightness each; the attribute is that of the upper one."""
    generator = torch.Generator().manual_seed(seed)
    light = torch.rand(size, 2, generator=generator)
    items = light[:, :, None, None].repeat_interleave(4, dim=1).reshape(size, 1, 8, 1).expand(size, 1, 8, 8)
    return Batch(items.contiguous(), light[:, :1])


@pytest.mark.parametrize("config", FAMILY, ids=named)
@pytest.mark.parametrize("with_term", [False, True])
def test_contract(config, with_term):
    built, batch = method(config, with_term), bars(12)
    player = built.players()[0]
    assert isinstance(built, Variational)
    assert player.name == "autoencoder"
    assert {id(p) for p in player.parameters} == {id(p) for p in built.model.parameters()}
    losses = player.loss(batch, 0)
    assert {"loss", "reconstruction", "kl", "accuracy"} <= set(losses)
    assert ("attribute" in losses) == with_term
    assert all(value.shape == () and value.isfinite() for value in losses.values())
    losses["loss"].backward()
    assert all(p.grad.abs().sum() > 0 for p in player.parameters)
    values = built.eval().validation_losses(batch)
    assert set(values) == set(losses)
    assert torch.equal(values["loss"], built.validation_losses(batch)["loss"])  # nothing is drawn


@pytest.mark.parametrize("config", FAMILY, ids=named)
def test_the_loss_is_reconstruction_pressure_and_terms(config):
    built, batch = method(config, with_term=True).eval(), bars(12)
    values = built.validation_losses(batch)
    posterior = built.model.encode(batch.items)
    pressure = built.pressure(posterior, posterior.mean, None)
    wanted = values["reconstruction"] + pressure["loss"] + values["attribute"]
    assert torch.isclose(values["loss"], wanted)
    assert torch.isclose(pressure["kl"], divergence(posterior, built.model.prior))


@pytest.mark.parametrize("config", FAMILY, ids=named)
def test_training_lowers_what_validation_sees(config):
    built = method(config, with_term=True)
    players = built.players()
    optimisers = [torch.optim.Adam(player.parameters, 3e-3, betas=player.betas) for player in players]
    before = built.eval().validation_losses(bars(64, seed=1))
    built.train()
    for step in range(120):
        for player, optimiser in zip(players, optimisers, strict=True):
            losses = player.loss(bars(64, seed=2 + step), step)
            optimiser.zero_grad()
            losses["loss"].backward()
            optimiser.step()
    after = built.eval().validation_losses(bars(64, seed=1))
    for name in ("loss", "reconstruction", "attribute"):
        assert after[name] < before[name] - 0.05, name


def test_the_capacity_rises_to_its_end():
    config = CapacityVaeConfig()
    assert [config.capacity_at(step) for step in (0, 50_000, 100_000, 200_000)] == [0.0, 12.5, 25.0, 25.0]
    assert (config.gamma, config.kappa) == (1000.0, 1.0)


def test_the_kl_term_is_drawn_to_the_capacity():
    built, batch = method(CapacityVaeConfig(gamma=7.0, kappa=0.5, capacity=8.0, capacity_steps=100)), bars(12)
    for step, capacity in ((0, 0.0), (50, 4.0), (1000, 8.0), (None, 8.0)):
        posterior = built.model.encode(batch.items)
        pressure = built.pressure(posterior, posterior.mean, step)
        assert pressure["capacity"].item() == capacity
        assert pressure["loss"].item() == pytest.approx(3.5 * abs(pressure["kl"].item() - capacity), rel=1e-5)
    assert built.validation_losses(batch)["capacity"] == 8.0


def test_the_multiplier_moves_by_the_distance_from_the_capacity():
    settings = {"held_by": "multiplier", "multiplier": 5.0, "multiplier_rate": 0.1, "kappa": 0.5}
    built, batch = method(CapacityVaeConfig(capacity=4.0, capacity_steps=100, **settings)), bars(12)
    posterior = built.model.encode(batch.items)
    kl, beta = divergence(posterior, built.model.prior).item(), 5.0
    for step, capacity in ((0, 0.0), (99, 3.96), (500, 4.0)):
        pressure = built.pressure(posterior, posterior.mean, step)
        assert pressure["loss"].item() == pytest.approx(0.5 * beta * (kl - capacity), rel=1e-5)
        assert pressure["multiplier"].item() == pytest.approx(beta, rel=1e-6)
        beta *= math.exp(0.1 * min(1, max(-1, kl - capacity)))
    pressure = built.pressure(posterior, posterior.mean, None)
    assert pressure["multiplier"].item() == pytest.approx(beta, rel=1e-6)
    assert pressure["loss"].item() == pytest.approx(0.5 * beta * abs(kl - 4.0), rel=1e-5)
    assert built.multiplier.value.item() == pytest.approx(beta, rel=1e-6)  # validation moves nothing
    assert "multiplier.value" in built.state_dict()
    assert "multiplier.value" not in method(CapacityVaeConfig()).state_dict()


def test_the_multiplier_has_an_end():
    config = CapacityVaeConfig(capacity=0.0, held_by="multiplier", multiplier=199.0, multiplier_rate=1.0)
    built, batch = method(config), bars(12)
    posterior = built.model.encode(batch.items)
    for _ in range(20):
        built.pressure(posterior, posterior.mean, 0)
    assert built.multiplier.value == 200.0


def test_the_multiplier_holds_the_capacity():
    config = CapacityVaeConfig(
        capacity=3.0, capacity_steps=150, held_by="multiplier", multiplier=5.0, multiplier_rate=0.02
    )
    built = method(config)
    (player,) = built.players()
    optimiser = torch.optim.Adam(player.parameters, 3e-3)
    last = []
    for step in range(500):
        losses = player.loss(bars(64, seed=step), step)
        optimiser.zero_grad()
        losses["loss"].backward()
        optimiser.step()
        last.append(losses["kl"].item())
    assert np.mean(last[-100:]) == pytest.approx(3.0, abs=0.3)


WAKE = {"held_by": "multiplier", "capacity": 9.0, "capacity_steps": 4, "wake": {"step": 6, "capacity": 2.0}}


def half_asleep():
    """A network whose dimensions 1 and 3 say nothing."""
    torch.manual_seed(0)
    model = PictureNetwork((1, 32, 32), 1, PictureNetworkConfig(name="burgess", latent_size=4))
    with torch.no_grad():
        for row in (1, 3, 5, 7):
            model.encoder[-1].weight[row] = 0
    return model


def test_what_is_not_in_use_is_woken():
    model = half_asleep()
    built = CapacityVae(model, CapacityVaeConfig(**WAKE))
    (player,) = built.players()
    batch = Batch(torch.rand(16, 1, 32, 32).round(), torch.zeros(16, 0))
    before = model.encoder[-1].weight.clone()
    capacities = []
    for step in (0, 4, 5, 6, 7):
        losses = player.loss(batch, step)
        capacities.append(losses["capacity"].item())
        changed = (model.encoder[-1].weight != before).any(dim=1).tolist()
        assert changed == [False, step >= 6, False, step >= 6, False, False, False, False]
        if step == 6:
            assert losses["multiplier"] == 0.5
    assert capacities == [0.0, 2.0, 2.0, 9.0, 9.0]
    deviations = model.encode(batch.items).stddev
    assert torch.allclose(deviations[:, [1, 3]], torch.tensor(-2.0).exp())


def test_factor_vae_can_begin_with_a_capacity():
    begin = {"steps": 6, "capacity": 3.0, "multiplier": 5.0, "multiplier_rate": 0.1}
    model = half_asleep()
    built = FactorVae(model, FactorVaeConfig(begin=begin, **SMALL_DISCRIMINATOR))
    autoencoder, discriminator = built.players()
    batch = Batch(torch.rand(16, 1, 32, 32).round(), torch.zeros(16, 0))
    before, beta = model.encoder[-1].weight.clone(), 5.0
    for step in (0, 4, 5):
        losses = autoencoder.loss(batch, step)
        excess = losses["kl"].item() - step / 2
        pressure = losses["loss"].item() - losses["reconstruction"].item()
        assert pressure == pytest.approx(beta * excess, rel=1e-3)
        assert losses["multiplier"].item() == pytest.approx(beta, rel=1e-3)
        beta *= math.exp(0.1 * min(1, max(-1, excess)))
        assert discriminator.loss(batch, step)["loss"] > 0
    assert torch.equal(model.encoder[-1].weight, before)
    losses = autoencoder.loss(batch, 6)
    assert losses["multiplier"] == 1.0  # the weight of the KL term from there on
    assert (model.encoder[-1].weight != before).any(dim=1).tolist() == [False, True] * 2 + [False] * 4
    pressure = losses["loss"].item() - losses["reconstruction"].item()
    assert pressure == pytest.approx(losses["kl"].item() + 35 * losses["total_correlation"].item(), rel=1e-3)
    with pytest.raises(RecipeError, match=r"method\.begin: needs one of the published networks"):
        method(FactorVaeConfig(begin=begin))


def test_wakes_that_make_no_sense():
    with pytest.raises(ValidationError, match="expected held_by: multiplier"):
        CapacityVaeConfig(**WAKE | {"held_by": "distance"})
    with pytest.raises(RecipeError, match=r"method\.wake: needs one of the published networks"):
        method(CapacityVaeConfig(**WAKE))


class Fixed(PictureModel):
    """A model that says what it is given."""

    def __init__(self, mean, log_variance, logits):
        super().__init__(mean.shape[1], 1)
        self.mean, self.log_variance, self.logits = (torch.nn.Parameter(x) for x in (mean, log_variance, logits))

    def encode(self, items):
        return diagonal_normal(self.mean, (self.log_variance / 2).exp())

    def decode(self, codes, items=None):
        return picture_distribution(self.logits, "gaussian")


@pytest.mark.parametrize("step", [0, 30_000, 150_000])
def test_the_replications_loss_on_fixed_tensors(step):
    """Sum of squared errors / B + 10 kappa |KL - C|; ours has ln(pi) / 2 per pixel more, a constant."""
    torch.manual_seed(4)
    mean, log_variance, logits = torch.randn(5, 6), torch.randn(5, 6), torch.randn(5, 1, 64, 64)
    items, kappa = torch.rand(5, 1, 64, 64).round(), 576 / 663_552
    config = load_recipe("sprites/legacy-bcvae").method
    assert config.kappa == pytest.approx(kappa, rel=1e-12)
    built = CapacityVae(Fixed(mean, log_variance, logits), config)
    (player,) = built.players()
    found = player.loss(Batch(items, torch.zeros(5, 1)), step)["loss"].item()
    squares = F.mse_loss(torch.sigmoid(logits), items, reduction="sum") / 5
    kl = (-0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum(dim=1)).mean()
    wanted = squares + 10 * kappa * (kl - min(25.0, 25 * step / 1e5)).abs() + 4096 * math.log(math.pi) / 2
    assert found == pytest.approx(wanted.item(), rel=1e-6)


def test_parts_have_weights_of_their_own():
    config = BetaTcVaeConfig(alpha=0.5, beta=3.0, gamma=2.0, sampling="stratified")
    built, batch = method(config), bars(12)
    posterior = built.model.encode(batch.items)
    codes = posterior.rsample()
    pressure = built.pressure(posterior, codes, 0)
    weights = minibatch_weights(12, len(REFERENCE), "stratified")
    parts = divided_divergence(codes, posterior.mean, posterior.stddev, weights)
    wanted = 0.5 * parts.mutual_information + 3 * parts.total_correlation + 2 * parts.dimension_wise
    assert pressure["loss"].item() == pytest.approx(wanted.item(), rel=1e-5)
    assert pressure["total_correlation"].item() == pytest.approx(parts.total_correlation.item(), rel=1e-5)


def test_sampling_needs_the_size_of_the_training_set():
    config = BetaTcVaeConfig()
    with pytest.raises(ValueError, match="whose number it reads"):
        build_method(config, method(config).model, TABLE, None)


def test_a_held_out_batch_may_be_larger_than_the_training_set():
    config = BetaTcVaeConfig(sampling="stratified")
    small = build_method(config, method(config).model, TABLE, None, reference=REFERENCE[:5])
    assert small.validation_losses(bars(12))["loss"].isfinite()


@pytest.mark.parametrize("kind", ["i", "ii"])
def test_covariance_of_the_means_or_of_the_codes(kind):
    built, batch = method(DipVaeConfig(kind=kind, beta=0.6, lambda_od=3.0, lambda_d=0.5)), bars(40)
    posterior = built.model.encode(batch.items)
    matrix = np.cov(posterior.mean.detach().numpy().T, bias=True)
    if kind == "ii":
        matrix += np.diag(posterior.variance.detach().numpy().mean(axis=0))
    off = (matrix**2).sum() - (np.diag(matrix) ** 2).sum()
    on = ((np.diag(matrix) - 1) ** 2).sum()
    pressure = built.pressure(posterior, posterior.mean, 0)
    assert pressure["loss"].item() == pytest.approx(0.6 * pressure["kl"].item() + 3 * off + 0.5 * on, rel=1e-4)


def test_dip_vae_whitens_the_means():
    """Of items with two sources, under strong weights."""
    built = method(DipVaeConfig(kind="i", lambda_od=100.0, lambda_d=100.0), latent_size=2)
    optimiser = torch.optim.Adam(built.model.parameters(), 3e-3)
    for step in range(200):
        loss = built.players()[0].loss(bars(128, seed=step), step)["loss"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    matrix = np.cov(built.eval().model.encode(bars(2000, seed=999).items).mean.detach().numpy().T)
    assert np.abs(matrix - np.eye(2)).max() < 0.15


@pytest.fixture
def factor_vae():
    return method(FactorVaeConfig(beta=0.7, gamma=5.0, discriminator_sizes=(32, 32)))


def test_each_player_of_factor_vae_changes_its_own_parameters(factor_vae):
    autoencoder, discriminator = factor_vae.players()
    assert (autoencoder.name, discriminator.name) == ("autoencoder", "discriminator")
    assert (autoencoder.betas, discriminator.betas) == ((0.9, 0.999), (0.5, 0.9))
    losses = autoencoder.loss(bars(16), 0)
    losses["total_correlation"].backward()
    assert all(p.grad is None for p in discriminator.parameters)
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in factor_vae.model.encoder.parameters())
    factor_vae.zero_grad(set_to_none=True)
    losses = discriminator.loss(bars(16), 0)
    losses["loss"].backward()
    assert all(p.grad is None for p in autoencoder.parameters)
    assert all(p.grad.abs().sum() > 0 for p in discriminator.parameters)
    assert 0 <= losses["accuracy"] <= 1


def test_halves_of_the_batch_are_independent(factor_vae):
    """The autoencoder does not see the second half, the discriminator takes what is real from the first one."""
    autoencoder, discriminator = factor_vae.players()
    first, second = bars(16), bars(16, seed=1)
    mixed = dataclasses.replace(first, items=torch.cat([first.items[:8], second.items[8:]]))

    def turns(*batches):
        torch.manual_seed(0)
        turns_of = zip((autoencoder, discriminator), batches, strict=True)
        return [player.loss(batch, 0)["loss"].item() for player, batch in turns_of]

    assert turns(first, first)[0] == turns(mixed, mixed)[0]
    assert turns(first, first)[1] != turns(mixed, mixed)[1]
    swapped = dataclasses.replace(first, items=torch.cat([second.items[:8], first.items[8:]]))
    assert turns(first, first)[1] == turns(first, swapped)[1]


def test_factor_vae_by_hand(factor_vae):
    batch = bars(16)
    values = factor_vae.eval().validation_losses(batch)
    posterior = factor_vae.model.encode(batch.items)
    logits = factor_vae.discriminator(posterior.mean)
    correlation = (logits[:, 0] - logits[:, 1]).mean()
    nats = -factor_vae.model.decode(posterior.mean).log_prob(batch.items).mean()
    wanted = nats + 0.7 * divergence(posterior, factor_vae.model.prior) + 5 * correlation
    assert values["total_correlation"].item() == pytest.approx(correlation.item(), rel=1e-4)
    assert values["loss"].item() == pytest.approx(wanted.item(), rel=1e-5)


@pytest.mark.parametrize("standardise", [False, True])
def test_a_discriminator_of_standardised_codes_does_not_push_them_anywhere(standardise):
    built = method(FactorVaeConfig(beta=0.0, gamma=5.0, discriminator_sizes=(32, 32), standardise=standardise))
    codes = torch.randn(16, built.model.latent_size).requires_grad_()
    built.pressure(built.model.encode(bars(16).items), codes, 0)["loss"].backward()
    pushed, widened = codes.grad.sum(dim=0).abs().max(), (codes.grad * codes.detach()).sum(dim=0).abs().max()
    assert codes.grad.abs().max() > 1e-4
    assert (max(pushed, widened) < 0.01 * codes.grad.abs().sum(dim=0).max()) == standardise


def test_the_published_discriminator():
    built = method(FactorVaeConfig())
    layers = [layer for layer in built.discriminator if isinstance(layer, torch.nn.Linear)]
    assert [layer.out_features for layer in layers] == [1000] * 6 + [2]
    assert {layer.negative_slope for layer in built.discriminator if isinstance(layer, torch.nn.LeakyReLU)} == {0.2}
    assert built.config.gamma == 35


def test_factor_vae_refuses_single_items_and_wrong_turns(factor_vae):
    autoencoder, discriminator = factor_vae.players()
    with pytest.raises(RuntimeError, match="the autoencoder moves first"):
        discriminator.loss(bars(4), 0)
    with pytest.raises(RecipeError, match="cuts batches in two"):
        autoencoder.loss(bars(1), 0)


@pytest.mark.parametrize(
    ("config", "wrong"),
    [
        (CapacityVaeConfig, {"capacity_steps": 0}),
        (CapacityVaeConfig, {"held_by": "hand"}),
        (CapacityVaeConfig, {"multiplier": 201.0}),
        (CapacityVaeConfig, {"multiplier_rate": 0.0}),
        (CapacityVaeConfig, {"kappa": 0}),
        (FactorVaeConfig, {"discriminator_sizes": ()}),
        (FactorVaeConfig, {"gamma": -1}),
        (BetaTcVaeConfig, {"sampling": "random"}),
        (DipVaeConfig, {"kind": "iii"}),
        (DipVaeConfig, {"lambda": 1.0}),
    ],
)
def test_settings_out_of_place(config, wrong):
    with pytest.raises(ValidationError):
        config(**wrong)
