"""Picture models: published sizes, shapes, likelihoods, and what they refuse."""

from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional as F

from latune.errors import RecipeError
from latune.models.latent_model import picture_distribution
from latune.models.picture_conv import PictureConv, PictureConvConfig
from latune.models.picture_reader import PictureReader
from latune.models.registry import build_model
from latune.recipes import list_recipes, load_recipe

PUBLISHED = {"digits/ar-vae-paper": ((1, 28, 28), 1_644_145), "sprites/ar-vae-paper": ((1, 64, 64), 502_005)}
SMALL = PictureConvConfig(latent_size=3, channels=(4, 8), hidden_sizes=(16,))


def build(config, shape, levels=255):
    torch.manual_seed(0)
    return build_model(config, SimpleNamespace(item_shape=shape, symbols=levels + 1))


@pytest.mark.parametrize("recipe", PUBLISHED)
def test_published_networks_have_the_published_number_of_parameters(recipe):
    shape, parameters = PUBLISHED[recipe]
    model = build(load_recipe(recipe).model, shape)
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters


@pytest.mark.parametrize("recipe", [name for name in list_recipes() if name.startswith(("digits", "sprites"))])
def test_every_picture_recipe_codes_and_decodes(recipe):
    shape = (1, 28, 28) if recipe.startswith("digits") else (1, 64, 64)
    model = build(load_recipe(recipe).model, shape).eval()
    pictures = torch.rand(2, *shape)
    posterior = model.encode(pictures)
    decoded = model.decode(posterior.mean)
    assert posterior.mean.shape == (2, model.latent_size)
    assert decoded.mean.shape == pictures.shape
    assert decoded.log_prob(pictures).shape == (2,)


@pytest.mark.parametrize("shape", [(1, 32, 32), (3, 64, 64), (3, 128, 128), (1, 28, 44)])
def test_own_sizes_and_colours(shape):
    model = build(SMALL, shape)
    assert model.decode(model.encode(torch.rand(2, *shape)).mean).mean.shape == (2, *shape)


def test_xavier_weights():
    torch.manual_seed(0)
    model = PictureConv((1, 28, 28), 255, PictureConvConfig(initialisation="xavier_normal", hidden_sizes=(512,)))
    layer = model.encoder[5]
    assert layer.weight.std().item() == pytest.approx((2 / (layer.in_features + layer.out_features)) ** 0.5, rel=0.02)


def test_bernoulli_is_binary_cross_entropy_and_gaussian_squared_error():
    torch.manual_seed(0)
    logits, pictures = torch.randn(3, 1, 4, 4), torch.rand(3, 1, 4, 4)
    wanted = F.binary_cross_entropy_with_logits(logits, pictures, reduction="none").sum(dim=(1, 2, 3))
    assert torch.allclose(-picture_distribution(logits, "bernoulli").log_prob(pictures), wanted, atol=1e-5)
    gaussian = -picture_distribution(logits, "gaussian").log_prob(pictures)
    squared = ((torch.sigmoid(logits) - pictures) ** 2).sum(dim=(1, 2, 3))
    constant = gaussian - squared
    assert torch.allclose(constant, constant[0].expand(3), atol=1e-5)


@pytest.mark.parametrize("levels", [1, 255])
def test_stored_pictures_and_back(levels):
    model = build(SMALL, (1, 8, 8), levels)
    stored = torch.randint(0, levels + 1, (5, 1, 8, 8), dtype=torch.uint8)
    brightness = model.to_input(stored)
    assert brightness.min() >= 0
    assert brightness.max() <= 1
    certain = SimpleNamespace(mean=brightness)
    assert torch.equal(model.to_items(certain).to(torch.uint8), stored)
    assert model.right_elements(certain, brightness).all()


def test_codes_without_noise():
    config = SMALL.model_copy(update={"posterior": "point"})
    model = build(config, (1, 8, 8))
    posterior = model.encode(torch.rand(4, 1, 8, 8))
    assert torch.allclose(posterior.sample(), posterior.mean, atol=1e-4)
    assert not hasattr(model, "log_scale")


@pytest.mark.parametrize(
    ("config", "shape", "sentence"),
    [
        (PictureConvConfig(channels=(8, 8, 8)), (1, 28, 28), "can be halved 2 times, not 3"),
        (PictureConvConfig(channels=(8, 8, 8), stride=1), (1, 9, 9), "too small"),
        (PictureConvConfig(), (24,), "'picture_conv' reads pictures"),
        (load_recipe("chorales/ar-vae").model, (1, 28, 28), "'measure_mlp' reads sequences"),
    ],
)
def test_pictures_that_do_not_fit(config, shape, sentence):
    with pytest.raises(RecipeError, match=sentence):
        build(config, shape)


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 64, 64), (1, 128, 128)])
def test_readers_take_any_size(shape):
    assert PictureReader(shape, 5)(torch.rand(2, *shape)).shape == (2, 5)
