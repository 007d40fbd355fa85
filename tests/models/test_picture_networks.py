"""Published networks: parameters, sizes, likelihoods, gradients, and the layers that only some have."""

from types import SimpleNamespace

import pytest
import torch
from pydantic import ValidationError
from torch import nn
from torch.nn import functional as F

from latune.errors import RecipeError
from latune.models.latent_model import picture_distribution
from latune.models.picture_conv import PictureConv, PictureConvConfig
from latune.models.picture_networks import NETWORKS, PictureNetwork, PictureNetworkConfig
from latune.models.registry import build_model

PARAMETERS = {  # at 64x64 pixels: latent dimensions, encoder, all
    "burgess": (10, 252_052, 502_005),
    "higgins_fc": (10, 6_381_620, 14_196_516),
    "kim": (10, 249_172, 498_005),
    "locatello": (10, 309_204, 690_517),
    "bcvae": (6, 739_244, 1_473_709),
    "bcvae_branch": (6, 250_252, 629_965),
}


def build(name, shape=(1, 64, 64), levels=1, **settings):
    torch.manual_seed(0)
    config = PictureNetworkConfig(name=name, **settings)
    return build_model(config, SimpleNamespace(item_shape=shape, symbols=levels + 1))


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def test_all_are_tested():
    assert set(PARAMETERS) == set(NETWORKS)


@pytest.mark.parametrize("name", NETWORKS)
def test_parameters(name):
    latent_size, encoder, total = PARAMETERS[name]
    model = build(name, latent_size=latent_size)
    assert isinstance(model, PictureNetwork)
    assert (count(model.encoder), count(model)) == (encoder, total)


def test_burgess_is_the_network_that_ar_vae_took_over():
    """With the two heads of the other description, which has the same layers."""
    config = PictureConvConfig(latent_size=10, channels=(32,) * 4, hidden_sizes=(256, 256), activation="relu")
    model, other = build("burgess"), PictureConv((1, 64, 64), 1, config)
    weights = other.state_dict()
    joined = {
        f"encoder.13.{kind}": torch.cat([weights.pop(f"mean.{kind}"), 2 * weights.pop(f"log_scale.{kind}")])
        for kind in ("weight", "bias")
    }
    model.load_state_dict(weights | joined)
    pictures = torch.rand(3, 1, 64, 64)
    mine, theirs = model.encode(pictures), other.encode(pictures)
    assert torch.allclose(mine.mean, theirs.mean, atol=1e-5)
    assert torch.allclose(mine.stddev, theirs.stddev, atol=1e-5)
    assert torch.allclose(model.decode(mine.mean).mean, other.decode(mine.mean).mean, atol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("shape", [(1, 64, 64), (3, 64, 64), (1, 28, 28), (2, 32, 50)])
def test_any_size_and_channels(name, shape):
    model = build(name, shape, latent_size=4)
    pictures = torch.rand(2, *shape)
    posterior = model.encode(pictures)
    decoded = model.decode(posterior.rsample())
    assert posterior.mean.shape == (2, 4)
    assert decoded.mean.shape == pictures.shape
    (-decoded.log_prob(pictures).mean()).backward()
    # A bias in front of a batch normalisation has no effect, so its gradient is 0 up to rounding.
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    assert all(p.grad.abs().sum() > 0 for n, p in model.named_parameters() if n.endswith("weight"))


def test_what_is_filled_up_is_cut_off_again():
    """Dark pixels around a digit make 32x32 of 28x28: what the network sees and draws there is the same."""
    small, large = build("burgess", (1, 28, 28)), build("burgess", (1, 32, 32))
    assert all(torch.equal(a, b) for a, b in zip(small.parameters(), large.parameters(), strict=True))
    pictures = torch.rand(2, 1, 28, 28)
    framed = F.pad(pictures, (2, 2, 2, 2))
    codes = large.encode(framed).mean
    assert torch.equal(small.encode(pictures).mean, codes)
    assert torch.equal(small.decode(codes).mean, large.decode(codes).mean[:, :, 2:-2, 2:-2])


def test_only_the_replication_normalises():
    for name in NETWORKS:
        norms = [layer for layer in build(name).modules() if isinstance(layer, nn.BatchNorm2d)]
        assert len(norms) == (8 if name.startswith("bcvae") else 0)


def test_one_pixel_too_many_is_taken_off():
    seen = []
    model = build("bcvae")
    model.decoder[-2].register_forward_hook(lambda _, __, output: seen.append(output.shape[-2:]))
    assert model.decode(torch.zeros(1, 10)).mean.shape == (1, 1, 64, 64)
    assert seen == [(65, 65)]


def test_initial_weights():
    layer, default = (build("burgess", initialisation=way).encoder[2] for way in ("kaiming_normal", "default"))
    assert layer.weight.std().item() == pytest.approx((2 / (32 * 16)) ** 0.5, rel=0.05)
    assert layer.bias.abs().max() == 0
    assert default.weight.std().item() == pytest.approx((1 / (3 * 32 * 16)) ** 0.5, rel=0.05)


def test_laplace_is_absolute_error():
    torch.manual_seed(0)
    logits, pictures = torch.randn(3, 1, 4, 4), torch.rand(3, 1, 4, 4)
    absolute = (torch.sigmoid(logits) - pictures).abs().sum(dim=(1, 2, 3))
    constant = 16 * torch.log(torch.tensor(2.0))
    found = -picture_distribution(logits, "laplace").log_prob(pictures)
    assert torch.allclose(found, absolute + constant, atol=1e-5)
    assert torch.allclose(picture_distribution(logits, "laplace").mean, torch.sigmoid(logits))


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "laplace"])
def test_networks_take_any_likelihood(likelihood):
    decoded = build("burgess", likelihood=likelihood).decode(torch.zeros(2, 10))
    assert decoded.log_prob(torch.zeros(2, 1, 64, 64)).shape == (2,)


def test_music_is_refused():
    with pytest.raises(RecipeError, match="'kim' reads pictures"):
        build("kim", (24,))


def test_codes_can_begin_small():
    found = []
    for scale in (1.0, 0.1):
        torch.manual_seed(0)
        model = PictureNetwork((1, 64, 64), 1, PictureNetworkConfig(name="burgess", code_scale=scale))
        found.append(model.encode(torch.ones(2, 1, 64, 64)).mean)
    assert torch.allclose(found[1], 0.1 * found[0], atol=1e-5)


def test_dimensions_begin_again():
    torch.manual_seed(0)
    model, pictures = build("burgess"), torch.rand(40, 1, 64, 64)
    before = model.encode(pictures)
    chosen = torch.arange(10) % 3 == 0
    model.renew_dimensions(chosen, pictures)
    after = model.encode(pictures)
    assert torch.equal(after.mean[:, ~chosen], before.mean[:, ~chosen])
    assert torch.equal(after.stddev[:, ~chosen], before.stddev[:, ~chosen])
    assert torch.allclose(after.mean[:, chosen].mean(dim=0), torch.zeros(4), atol=1e-4)
    assert torch.allclose(after.mean[:, chosen].std(dim=0), torch.full((4,), 2.0), atol=1e-4)
    assert torch.allclose(after.stddev[:, chosen], torch.tensor(-2.0).exp())


def test_other_slopes():
    def layers(**settings):
        model = PictureNetwork((1, 64, 64), 1, PictureNetworkConfig(name="burgess", **settings))
        return [layer for layer in model.modules() if isinstance(layer, torch.nn.ReLU | torch.nn.LeakyReLU)]

    assert all(isinstance(layer, torch.nn.ReLU) for layer in layers())
    changed = layers(negative_slope=0.2)
    assert len(changed) == len(layers())
    assert all(layer.negative_slope == 0.2 for layer in changed)
    with pytest.raises(ValidationError):
        PictureNetworkConfig(name="burgess", negative_slope=1.0)
