"""The Fader network: two players against each other, and what the decoder is told."""

import numpy as np
import pytest
import torch

from latune.attributes import Attribute, AttributeTable
from latune.data.batches import Batch
from latune.errors import RecipeError
from latune.methods.fader import Fader, FaderConfig
from latune.methods.registry import build_method
from latune.models.picture_conv import PictureConv, PictureConvConfig

TABLE = AttributeTable([Attribute("width", "pixels", 2.0, 10.0), Attribute("height", "pixels", 0.0, 4.0)])
NAMES = ("height", "width")


def fader(**settings):
    torch.manual_seed(0)
    config = PictureConvConfig(latent_size=5, channels=(4,), hidden_sizes=(16,), posterior="point")
    return Fader(PictureConv((1, 8, 8), 255, config), FaderConfig(attributes=NAMES, **settings), TABLE)


@pytest.fixture
def batch():
    torch.manual_seed(1)
    return Batch(torch.rand(16, 1, 8, 8), torch.rand(16, 2))


def test_attributes_are_scaled_by_their_ranges():
    values = np.array([[2.0, 4.0], [10.0, 0.0], [6.0, 1.0]], np.float32)
    assert np.allclose(fader().prepare_attributes(values), [[1.0, 0.0], [0.0, 1.0], [0.25, 0.5]])


def test_attributes_are_scaled_by_what_was_observed():
    """Where definitions allow much more than there is."""
    values = np.array([[3.0, 1.0], [5.0, 2.0], [4.0, 1.5]], np.float32)
    method = Fader(fader().model, FaderConfig(attributes=NAMES, scaling="observed"), TABLE, values)
    assert np.allclose(method.prepare_attributes(values), [[0.0, 0.0], [1.0, 1.0], [0.5, 0.5]])


def test_losses_by_hand(batch):
    method = fader(beta=2.0, ramp_steps=0).eval()
    losses = method.validation_losses(batch)
    codes = method.model.encode(batch.items).mean
    decoded = method.model.decode(torch.cat([batch.attributes, codes[:, 2:]], dim=1))
    read = method.critic(codes[:, 2:])
    reconstruction = -decoded.log_prob(batch.items).mean()
    adversarial = ((read - (1 - batch.attributes)) ** 2).sum(dim=1).mean()
    estimate = ((codes[:, :2] - batch.attributes) ** 2).sum(dim=1).mean()
    assert losses["loss"].item() == pytest.approx((reconstruction + 2 * adversarial + estimate).item(), rel=1e-5)
    critic, _ = method.players()
    assert critic.loss(batch, 0)["loss"].item() == pytest.approx(
        ((read - batch.attributes) ** 2).sum(dim=1).mean().item()
    )


def test_players_change_only_their_own_parameters(batch):
    method = fader()
    critic, autoencoder = method.players()
    critic.loss(batch, 0)["loss"].backward()
    assert all(parameter.grad is None for parameter in autoencoder.parameters)
    assert {id(p) for p in critic.parameters}.isdisjoint({id(p) for p in autoencoder.parameters})
    assert [player.name for player in (critic, autoencoder)] == ["critic", "autoencoder"]


def test_the_weight_of_the_critic_rises(batch):
    method = fader(beta=4.0, ramp_steps=100).eval()
    _, autoencoder = method.players()
    losses = [autoencoder.loss(batch, step) for step in (0, 49, 99, 1000)]
    weights = [((x["loss"] - x["reconstruction"] - x["estimate"]) / x["adversarial"]).item() for x in losses]
    assert weights == pytest.approx([0.04, 2.0, 4.0, 4.0], rel=1e-2)


def test_a_fooled_critic_cannot_tell(batch):
    """A code that knows the attribute is read by the critic, and then cleaned by the encoder."""
    method = fader(beta=200.0, ramp_steps=0, critic_dropout=0.0)
    items = batch.items.clone()
    items[:, 0, :4] = batch.attributes[:, :1, None]  # brightness of the upper half is the attribute
    known = Batch(items, batch.attributes)
    critic, autoencoder = method.players()
    optimisers = [torch.optim.Adam(player.parameters, 3e-3) for player in (critic, autoencoder)]

    def turn(player, optimiser):
        losses = player.loss(known, 0)
        optimiser.zero_grad()
        losses["loss"].backward()
        optimiser.step()
        return losses

    for _ in range(150):
        alone = turn(critic, optimisers[0])["loss"].item()
    before = autoencoder.loss(known, 0)["adversarial"].item()
    for _ in range(150):
        turn(autoencoder, optimisers[1])
    after = autoencoder.loss(known, 0)["adversarial"].item()
    assert alone < 0.1
    assert after < 0.5 * before


@pytest.mark.parametrize(
    ("attributes", "latent_size", "sentence"),
    [
        (("width", "width"), 5, "expected distinct names"),
        (("depth",), 5, "Unknown attribute 'depth'"),
        (("width", "height"), 2, "latent_size: expected more than 2"),
    ],
)
def test_what_it_refuses(attributes, latent_size, sentence):
    model = PictureConv((1, 8, 8), 255, PictureConvConfig(latent_size=latent_size, channels=(4,)))
    with pytest.raises(RecipeError, match=sentence):
        Fader(model, FaderConfig(attributes=attributes), TABLE)


def test_no_attribute_term_beside_it():
    method = fader()
    with pytest.raises(RecipeError, match="names its attributes itself"):
        build_method(method.config, method.model, TABLE, attribute_term=object())
