"""Convolutional picture models: the two published networks and fast ones, from one description.

Encoder: convolutions, hidden layers, mean and log scale of the codes. Decoder: the same layers in reverse with
transposed convolutions; it gives the logits of the pixels.

Source of the published sizes: Pati and Lerch 2021 (arXiv 2004.05485), appendix on architectures.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt
from torch import Tensor, nn
from torch.distributions import Distribution

from latune.errors import RecipeError
from latune.models.convolution import Convolution, TransposedConvolution
from latune.models.dropout import ActivationDropout
from latune.models.gru import FastLinear
from latune.models.latent_model import (
    Likelihood,
    PictureModel,
    Posterior,
    diagonal_normal,
    picture_distribution,
    point_normal,
)

__all__ = ["PictureConv", "PictureConvConfig"]

KERNEL = 4

_ACTIVATIONS = {"relu": nn.ReLU, "selu": nn.SELU, "silu": nn.SiLU}


class PictureConvConfig(BaseModel):
    """Sizes of `PictureConv`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["picture_conv"] = "picture_conv"
    latent_size: PositiveInt = 16
    channels: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (32, 64)  # one per convolution of 4x4 pixels
    stride: Literal[1, 2] = 2  # 2 halves the picture at each convolution; 1 takes 3 pixels off
    hidden_sizes: tuple[PositiveInt, ...] = (256,)
    activation: Literal["relu", "selu", "silu"] = "silu"
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0  # behind each convolution but the last of the decoder
    initialisation: Literal["default", "xavier_normal"] = "default"
    likelihood: Likelihood = "bernoulli"
    posterior: Posterior = "normal"  # "point": codes without noise, for autoencoders such as Fader's


class PictureConv(PictureModel):
    """Convolutions and hidden layers, mirrored in the decoder.

    Args:
        item_shape: Channels, height and width of a picture.
        levels: Stored value of full brightness.
        config: Sizes.

    Raises:
        RecipeError: The pictures are too small for the convolutions, or cannot be halved so often.
    """

    def __init__(self, item_shape: tuple[int, ...], levels: int, config: PictureConvConfig) -> None:
        super().__init__(config.latent_size, levels)
        self._likelihood: Likelihood = config.likelihood
        self._posterior = config.posterior
        channels = [item_shape[0], *config.channels]
        self._narrow_shape = (channels[-1], *(_narrowed(size, config) for size in item_shape[1:]))
        flat = self._narrow_shape[0] * self._narrow_shape[1] * self._narrow_shape[2]
        hidden = [flat, *config.hidden_sizes]
        self.encoder = nn.Sequential(*_convolutions(channels, config), nn.Flatten(), *_linear_layers(hidden, config))
        self.mean = nn.Linear(hidden[-1], config.latent_size)
        if config.posterior == "normal":
            self.log_scale = nn.Linear(hidden[-1], config.latent_size)
        self.decoder = nn.Sequential(
            *_linear_layers([config.latent_size, *reversed(hidden)], config),
            nn.Unflatten(1, self._narrow_shape),
            *_transposed_convolutions(channels[::-1], config),
        )
        if config.initialisation == "xavier_normal":
            for name, parameter in self.named_parameters():
                if "weight" in name:
                    nn.init.xavier_normal_(parameter)

    def encode(self, items: Tensor) -> Distribution:
        """q(z|x) for pictures (B, C, H, W)."""
        features = self.encoder(items)
        mean = self.mean(features).float()
        if self._posterior == "point":
            return point_normal(mean)
        return diagonal_normal(mean, self.log_scale(features).float().exp())

    def decode(self, codes: Tensor, items: Tensor | None = None) -> Distribution:
        """p(x|z) for codes (B, D); `items` is not read."""
        return picture_distribution(self.decoder(codes).float(), self._likelihood)


def _narrowed(size: int, config: PictureConvConfig) -> int:
    """Height or width behind the convolutions."""
    for count in range(len(config.channels)):
        if config.stride == 2 and size % 2:
            raise RecipeError(
                f"model.channels: pictures can be halved {count} times, not {len(config.channels)} times."
            )
        size = size // 2 if config.stride == 2 else size - KERNEL + 1
        if size < 1:
            raise RecipeError(f"model.channels: pictures are too small for {len(config.channels)} convolutions.")
    return size


def _convolutions(channels: list[int], config: PictureConvConfig) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(channels):
        layers += [Convolution(inputs, outputs, KERNEL, config.stride, config.stride - 1), *_between(config)]
    return layers


def _transposed_convolutions(channels: list[int], config: PictureConvConfig) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(channels):
        layer = TransposedConvolution(inputs, outputs, KERNEL, config.stride, config.stride - 1)
        layers += [layer, *_between(config)]
    return layers[: -len(_between(config))]


def _linear_layers(sizes: list[int], config: PictureConvConfig) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [FastLinear(inputs, outputs), _ACTIVATIONS[config.activation]()]
    return layers


def _between(config: PictureConvConfig) -> list[nn.Module]:
    """What stands behind a convolution."""
    if config.dropout > 0:
        return [ActivationDropout(config.activation, config.dropout, inplace=True)]
    return [nn.ReLU(inplace=True) if config.activation == "relu" else _ACTIVATIONS[config.activation]()]
