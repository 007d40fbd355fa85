"""The autoencoder of AbsAE: sizes as published, shapes, and no mixing of pictures."""

import pytest
import torch

from latune.errors import RecipeError
from latune.models.region_autoencoder import RegionAutoencoder, RegionAutoencoderConfig

PUBLISHED = [
    ((1, 64, 64), 8, 32, 583_432, 583_872),
    ((3, 64, 64), 16, 64, 1_266_192, 1_267_072),
    ((1, 45, 45), 8, 32, 569_320, 569_824),
]


def _build(shape, latent_size=4, channels=4, hidden=16):
    torch.manual_seed(0)
    config = RegionAutoencoderConfig(latent_size=latent_size, channels=channels, hidden=hidden)
    return RegionAutoencoder(shape, 1, config)


@pytest.mark.parametrize(("shape", "latent_size", "channels", "encoder", "decoder"), PUBLISHED)
def test_parameters_are_those_published(shape, latent_size, channels, encoder, decoder):
    model = _build(shape, latent_size, channels, 1024)
    counts = [sum(parameter.numel() for parameter in part.parameters()) for part in (model.encoder, model.decoder)]
    assert counts == [encoder, decoder]


@pytest.mark.parametrize("shape", [(1, 64, 64), (3, 64, 64), (1, 45, 45), (1, 32, 48)])
def test_a_picture_comes_back_in_its_size(shape):
    model = _build(shape)
    pictures = torch.rand(9, *shape)  # nine: the published reshape took 9 pictures for 4
    codes = model.encode(pictures).mean
    assert codes.shape == (9, 4)
    assert model.decode(codes).mean.shape == pictures.shape


@pytest.mark.parametrize("shape", [(1, 64, 64), (1, 45, 45)])
def test_no_picture_is_mixed_with_another(shape):
    model = _build(shape).eval()
    pictures = torch.rand(9, *shape)
    together, alone = model.encode(pictures).mean, model.encode(pictures[4:5]).mean
    assert torch.allclose(together[4:5], alone, atol=1e-6)
    assert torch.allclose(model.decode(together).mean[4:5], model.decode(alone).mean, atol=1e-6)


def test_codes_have_no_noise():
    model = _build((1, 64, 64)).eval()
    posterior = model.encode(torch.rand(3, 1, 64, 64))
    assert torch.allclose(posterior.sample(), posterior.mean, atol=1e-4)


@pytest.mark.parametrize("shape", [(1, 60, 64), (1, 45, 64), (1, 0, 64)])
def test_other_sizes_are_refused(shape):
    with pytest.raises(RecipeError, match="45x45 pixels or sides that are multiples of 16"):
        _build(shape)
