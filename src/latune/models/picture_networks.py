"""Published networks for pictures by their names: one table of layers, one network that reads it.

All were made for 64x64 pixels. Each halves a picture four times, so other sizes are filled up with dark pixels to a
multiple of 16 and what is decoded is cut out of the middle again; at 64x64 (or 32x32, 128x128) nothing is added.

| name           | parameters      | source                                                                     |
| burgess        | 502,005         | Burgess et al. 2018 (arXiv 1804.03599)                                     |
| higgins_fc     | 14,196,516      | Higgins et al. 2017, network for sprites                                   |
| kim            | 498,005         | Kim and Mnih 2018 (arXiv 1802.05983), network for sprites                  |
| locatello      | 690,517         | Locatello et al. 2019 (arXiv 1811.12359)                                   |
| bcvae          | 1,473,709       | the public replication of the capacity loss that `sprites/legacy-bcvae` is |
| bcvae_branch   | 629,965         | a later state of the same                                                  |

Parameters are those at 64x64 pixels of one channel with 10 latent dimensions; of bcvae and bcvae_branch with 6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Annotated, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, PositiveInt
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.nn import functional as F

from latune.models.convolution import Convolution, TransposedConvolution
from latune.models.gru import FastLinear
from latune.models.latent_model import Likelihood, PictureModel, diagonal_normal, picture_distribution

__all__ = ["NETWORKS", "PictureNetwork", "PictureNetworkConfig"]

NetworkName = Literal["burgess", "higgins_fc", "kim", "locatello", "bcvae", "bcvae_branch"]
Activation = Literal["relu", "leaky_relu", "tanh"]

HALVINGS = 4  # of every network that has convolutions
RENEWED_DEVIATION, RENEWED_LOG_VARIANCE = 2.0, -4.0  # of dimensions that begin again: loud enough to be listened to


@dataclass(frozen=True)
class Layers:
    """A network in numbers.

    Args:
        convolutions: (channels, kernel) of each convolution with stride 2, kernel 4 (padding 1) or 2 (no padding).
        hidden: Sizes of the linear layers between them and the codes.
        decoder_hidden: Sizes of the linear layers between the codes and `decoder_channels`.
        decoder_channels: What the transposed convolutions begin with, and what each but the last gives; kernel 4,
            stride 2. Empty where `convolutions` is.
        activation: Of encoder and decoder.
        decoder_activation: Of the decoder, where it is another.
        slope: Of the leaky ReLU, for negative values.
        batch_norm: Behind each convolution but the last of the decoder.
        from_point: The first transposed convolution makes the narrow picture from one of 1x1.
        odd_output: The last transposed convolution gives one pixel too many; a convolution takes it off again.
        linear_start: No activation between linear layers and transposed convolutions.
    """

    convolutions: tuple[tuple[int, int], ...]
    hidden: tuple[int, ...]
    decoder_hidden: tuple[int, ...]
    decoder_channels: tuple[int, ...]
    activation: Activation = "relu"
    decoder_activation: Activation | None = None
    slope: float = 0.01
    batch_norm: bool = False
    from_point: bool = False
    odd_output: bool = False
    linear_start: bool = False


NETWORKS: dict[NetworkName, Layers] = {
    "burgess": Layers(
        convolutions=((32, 4), (32, 4), (32, 4), (32, 4)),
        hidden=(256, 256),
        decoder_hidden=(256, 256),
        decoder_channels=(32, 32, 32, 32),
    ),
    "higgins_fc": Layers(
        convolutions=(),
        hidden=(1200, 1200),
        decoder_hidden=(1200, 1200, 1200),
        decoder_channels=(),
        decoder_activation="tanh",
    ),
    "kim": Layers(
        convolutions=((32, 4), (32, 4), (64, 4), (64, 4)),
        hidden=(128,),
        decoder_hidden=(128,),
        decoder_channels=(64, 64, 32, 32),
    ),
    "locatello": Layers(
        convolutions=((32, 4), (32, 4), (64, 2), (64, 2)),
        hidden=(256,),
        decoder_hidden=(256,),
        decoder_channels=(64, 64, 32, 32),
    ),
    "bcvae": Layers(
        convolutions=((32, 4), (64, 4), (128, 4), (256, 4)),
        hidden=(),
        decoder_hidden=(),
        decoder_channels=(256, 128, 64, 32, 32),
        activation="leaky_relu",
        batch_norm=True,
        odd_output=True,
        linear_start=True,
    ),
    "bcvae_branch": Layers(
        convolutions=((32, 4), (32, 4), (32, 4), (32, 4)),
        hidden=(256, 256),
        decoder_hidden=(),
        decoder_channels=(256, 64, 64, 32, 32),
        batch_norm=True,
        from_point=True,
    ),
}


class PictureNetworkConfig(BaseModel):
    """Which network, and what it is used with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: NetworkName
    latent_size: PositiveInt = 10
    likelihood: Likelihood = "bernoulli"
    initialisation: Literal["kaiming_normal", "default"] = "kaiming_normal"  # with the default, codes stay unused long
    code_scale: Annotated[float, Field(gt=0)] = 1.0  # of the codes at the start: multiplies the encoder's last weights
    negative_slope: Annotated[float, Field(ge=0, lt=1)] | None = None  # of leaky ReLUs in place of the network's own

    @property
    def layers(self) -> Layers:
        """The network's numbers, with what this recipe has changed of them."""
        layers = NETWORKS[self.name]
        if self.negative_slope is None:
            return layers
        return replace(layers, activation="leaky_relu", slope=self.negative_slope)


class PictureNetwork(PictureModel):
    """A published network.

    Args:
        item_shape: Channels, height and width of a picture.
        levels: Stored value of full brightness.
        config: Which network.
    """

    def __init__(self, item_shape: tuple[int, ...], levels: int, config: PictureNetworkConfig) -> None:
        super().__init__(config.latent_size, levels)
        layers = config.layers
        self._likelihood: Likelihood = config.likelihood
        channels, *size = item_shape
        self._filling = _filling((size[0], size[1])) if layers.convolutions else (0, 0, 0, 0)
        left, right, top, bottom = self._filling
        filled = (channels, size[0] + top + bottom, size[1] + left + right)
        self.encoder = nn.Sequential(*_encoder(filled, config.latent_size, layers))
        self.decoder = nn.Sequential(*_decoder(filled, config.latent_size, layers))
        if config.initialisation == "kaiming_normal":
            self.apply(_kaiming)
        with torch.no_grad():
            self.encoder[-1].get_parameter("weight").mul_(config.code_scale)

    @torch.no_grad()
    def renew_dimensions(self, chosen: Tensor, items: Tensor) -> None:
        """Let dimensions begin again: new random weights for their means, and narrow posteriors of equal width.

        Args:
            chosen: Which latent dimensions, (D,) of bool.
            items: Pictures (B, C, H, W), over which the new means have mean 0 and deviation `RENEWED_DEVIATION`.
        """
        *layers, last = self.encoder
        hidden = nn.Sequential(*layers)(F.pad(items, self._filling)).float()
        weight, bias = last.get_parameter("weight"), last.get_parameter("bias")
        fresh = torch.randn(len(chosen), hidden.shape[1], device=hidden.device)
        spread = (hidden @ fresh.T).std(dim=0).clamp(min=1e-6)
        fresh = RENEWED_DEVIATION * fresh / spread[:, None]
        means, log_variances = weight.chunk(2)
        mean_bias, log_variance_bias = bias.chunk(2)
        means.copy_(torch.where(chosen[:, None], fresh, means))
        mean_bias.copy_(torch.where(chosen, -(hidden @ fresh.T).mean(dim=0), mean_bias))
        log_variances.masked_fill_(chosen[:, None], 0.0)
        log_variance_bias.masked_fill_(chosen, RENEWED_LOG_VARIANCE)

    def encode(self, items: Tensor) -> Distribution:
        """q(z|x) for pictures (B, C, H, W)."""
        mean, log_variance = self.encoder(F.pad(items, self._filling)).float().chunk(2, dim=1)
        return diagonal_normal(mean, torch.exp(log_variance / 2))

    def decode(self, codes: Tensor, items: Tensor | None = None) -> Distribution:
        """p(x|z) for codes (B, D); `items` is not read."""
        logits = F.pad(self.decoder(codes), [-pixels for pixels in self._filling])
        return picture_distribution(logits.float(), self._likelihood)


def _filling(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Pixels left, right, above and below that make height and width multiples of what is halved."""
    missing = [-side % 2**HALVINGS for side in size]
    (top, left), (bottom, right) = [side // 2 for side in missing], [side - side // 2 for side in missing]
    return left, right, top, bottom


def _encoder(shape: tuple[int, int, int], latent_size: int, layers: Layers) -> list[nn.Module]:
    """From pictures (B, C, H, W) to means and log variances of the codes (B, 2 D)."""
    channels, height, width = shape
    found: list[nn.Module] = []
    for outputs, kernel in layers.convolutions:
        found.append(Convolution(channels, outputs, kernel, 2, kernel // 2 - 1))
        found += _behind_convolution(outputs, layers, layers.activation)
        channels, height, width = outputs, height // 2, width // 2
    sizes = [channels * height * width, *layers.hidden]
    return [*found, nn.Flatten(), *_linear(sizes, layers, layers.activation), FastLinear(sizes[-1], 2 * latent_size)]


def _decoder(shape: tuple[int, int, int], latent_size: int, layers: Layers) -> list[nn.Module]:
    """From codes (B, D) to the logits of pictures (B, C, H, W)."""
    activation = layers.decoder_activation or layers.activation
    hidden = [latent_size, *layers.decoder_hidden]
    if not layers.convolutions:
        return [*_linear(hidden, layers, activation), FastLinear(hidden[-1], math.prod(shape)), nn.Unflatten(1, shape)]
    narrow = (shape[1] // 2**HALVINGS, shape[2] // 2**HALVINGS)
    begin = (layers.decoder_channels[0], *((1, 1) if layers.from_point else narrow))
    found = _linear([*hidden, math.prod(begin)], layers, activation)
    if layers.linear_start:
        found.pop()
    return [*found, nn.Unflatten(1, begin), *_transposed_convolutions(narrow, shape[0], layers, activation)]


def _transposed_convolutions(
    narrow: tuple[int, int], channels: int, layers: Layers, activation: Activation
) -> list[nn.Module]:
    found: list[nn.Module] = []
    pairs = list(pairwise(layers.decoder_channels))
    for number, (inputs, outputs) in enumerate(pairs, start=1):
        if layers.from_point and number == 1:
            found.append(TransposedConvolution(inputs, outputs, narrow))
        else:
            extra = int(layers.odd_output and number == len(pairs))
            found.append(TransposedConvolution(inputs, outputs, 4, 2, 1, extra))
        found += _behind_convolution(outputs, layers, activation)
    inputs = layers.decoder_channels[-1]
    if layers.odd_output:
        return [*found, Convolution(inputs, channels, 4, 1, 1)]
    return [*found, TransposedConvolution(inputs, channels, 4, 2, 1)]


def _linear(sizes: list[int], layers: Layers, activation: Activation) -> list[nn.Module]:
    found: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        found += [FastLinear(inputs, outputs), _activation(activation, layers.slope)]
    return found


def _behind_convolution(channels: int, layers: Layers, activation: Activation) -> list[nn.Module]:
    norm: list[nn.Module] = [nn.BatchNorm2d(channels)] if layers.batch_norm else []
    return [*norm, _activation(activation, layers.slope, inplace=True)]


def _activation(name: Activation, slope: float, inplace: bool = False) -> nn.Module:
    if name == "tanh":
        return nn.Tanh()
    return nn.ReLU(inplace) if name == "relu" else nn.LeakyReLU(slope, inplace)


def _kaiming(layer: nn.Module) -> None:
    """Weights from Kaiming's normal distribution, and no biases."""
    if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        assert layer.bias is not None
        nn.init.zeros_(layer.bias)
