"""The autoencoder of AbsAE: codes without noise, convolutions with batch normalisation.

| pictures | latent dimensions, channels | encoder   | decoder   |
|---|---|---|---|
| 64x64    | 8, 32 (one colour)          | 583,432   | 583,872   |
| 64x64    | 16, 64 (three colours)      | 1,266,192 | 1,267,072 |
| 45x45    | 8, 32 (one colour)          | 569,320   | 569,824   |

The published code reads a map of 6x6 behind the convolutions of 64x64 pixels where there is one of 4x4, and so mixes
pictures; here it is 4x4. Activations are leaky ReLU of slope 0.1, convolutions have no bias.

Source: Valenti and Bacciu 2022, Leveraging Relational Information for Learning Weakly Disentangled Representations
(arXiv 2205.10056), and the code published with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, PositiveInt
from torch import Tensor, nn
from torch.distributions import Distribution

from latune.errors import RecipeError
from latune.models.convolution import Convolution, TransposedConvolution
from latune.models.gru import FastLinear
from latune.models.latent_model import Likelihood, PictureModel, picture_distribution, point_normal

__all__ = ["RegionAutoencoder", "RegionAutoencoderConfig"]

SLOPE, LAST_SLOPE = 0.1, 0.2  # of leaky ReLU; the latter behind the encoder's last convolution of large pictures
SMALL = 45  # pixels of a side: the size of handwritten symbols
HALVINGS = 4  # of other pictures

Layer = tuple[int, int]  # kernel, padding; every stride is 2
_HALVE: Layer = (4, 1)
_SMALL_LAYERS: tuple[Layer, ...] = ((5, 0), (5, 0), (3, 0))  # 45 to 21 to 9 to 4 pixels


class RegionAutoencoderConfig(BaseModel):
    """Sizes of the network; the published ones for sprites are the defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["absae"] = "absae"
    latent_size: PositiveInt = 8
    channels: PositiveInt = 32  # of every convolution
    hidden: PositiveInt = 1024  # of the linear layers
    likelihood: Likelihood = "bernoulli"


class RegionAutoencoder(PictureModel):
    """An autoencoder of pictures of 45x45 pixels, or of sides that are multiples of 16.

    Args:
        item_shape: Channels, height and width of a picture.
        levels: Stored value of full brightness.
        config: Sizes.

    Raises:
        RecipeError: Pictures have another size.
    """

    def __init__(self, item_shape: Sequence[int], levels: int, config: RegionAutoencoderConfig) -> None:
        super().__init__(config.latent_size, levels)
        self._likelihood: Likelihood = config.likelihood
        colours, height, width = item_shape
        layers, narrow = _layers(height, width)
        flat, channels, hidden = config.channels * math.prod(narrow), config.channels, config.hidden
        self.encoder = nn.Sequential(
            *_convolutions(colours, channels, layers),
            nn.Flatten(),
            FastLinear(flat, hidden),
            nn.LeakyReLU(SLOPE),
            FastLinear(hidden, config.latent_size),
        )
        self.decoder = nn.Sequential(
            FastLinear(config.latent_size, hidden),
            nn.LeakyReLU(SLOPE),
            FastLinear(hidden, flat),
            nn.LeakyReLU(SLOPE),
            nn.Unflatten(1, (channels, *narrow)),
            *_transposed(channels, colours, layers),
        )

    def encode(self, items: Tensor) -> Distribution:
        """Codes of pictures (B, C, H, W) without noise."""
        return point_normal(self.encoder(items).float())

    def decode(self, codes: Tensor, items: Tensor | None = None) -> Distribution:
        """p(x|z) for codes (B, D); `items` is not read."""
        return picture_distribution(self.decoder(codes).float(), self._likelihood)


def _layers(height: int, width: int) -> tuple[tuple[Layer, ...], tuple[int, int]]:
    """The convolutions for pictures of a size, and the size of what comes out of them."""
    if (height, width) == (SMALL, SMALL):
        return _SMALL_LAYERS, (4, 4)
    if height % 2**HALVINGS or width % 2**HALVINGS or not height or not width:
        raise RecipeError(
            f"model.name 'absae' reads pictures of {SMALL}x{SMALL} pixels or sides that are multiples of"
            f" {2**HALVINGS}, got {height}x{width}."
        )
    return (_HALVE,) * HALVINGS, (height // 2**HALVINGS, width // 2**HALVINGS)


def _convolutions(colours: int, channels: int, layers: tuple[Layer, ...]) -> list[nn.Module]:
    found: list[nn.Module] = []
    for number, (kernel, padding) in enumerate(layers, start=1):
        slope = LAST_SLOPE if number == HALVINGS else SLOPE
        found += [
            Convolution(colours, channels, kernel, 2, padding, bias=False),
            nn.BatchNorm2d(channels),
            nn.LeakyReLU(slope),
        ]
        colours = channels
    return found


def _transposed(channels: int, colours: int, layers: tuple[Layer, ...]) -> list[nn.Module]:
    """The convolutions backwards; that of small pictures has a normalisation more, as its published size says."""
    found: list[nn.Module] = [nn.BatchNorm2d(channels)] if layers == _SMALL_LAYERS else []
    for kernel, padding in layers[:0:-1]:
        found += [
            TransposedConvolution(channels, channels, kernel, 2, padding, bias=False),
            nn.BatchNorm2d(channels),
            nn.LeakyReLU(SLOPE),
        ]
    kernel, padding = layers[0]
    return [*found, TransposedConvolution(channels, colours, kernel, 2, padding, bias=False)]
