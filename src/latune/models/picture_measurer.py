"""A small convolutional network that measures pictures and passes gradients on to them."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from latune.models.convolution import Convolution

__all__ = ["PictureMeasurer"]

CHANNELS = (16, 32)  # of the convolutions; the last one is repeated where pictures are large
SMALLEST = 8  # pictures are halved while no side is shorter than this
HIDDEN = 128


class PictureMeasurer(nn.Module):
    """Convolutions of 4x4 pixels that halve the picture, then two linear layers.

    Smooth and without dropout, unlike `PictureReader`: what is wanted of it are gradients.

    Args:
        item_shape: Channels, height and width.
        outputs: Numbers that are measured.
    """

    def __init__(self, item_shape: Sequence[int], outputs: int) -> None:
        super().__init__()
        inputs, height, width = item_shape
        layers: list[nn.Module] = []
        while min(height, width) >= SMALLEST or not layers:
            size = CHANNELS[min(len(layers) // 2, len(CHANNELS) - 1)]
            layers += [Convolution(inputs, size, 4, stride=2, padding=1), nn.SiLU()]
            inputs, height, width = size, height // 2, width // 2
        flat = inputs * height * width
        self.layers = nn.Sequential(
            *layers, nn.Flatten(), nn.Linear(flat, HIDDEN), nn.SiLU(), nn.Linear(HIDDEN, outputs)
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """Pictures (B, C, H, W), brightness 0 to 1, to numbers (B, outputs)."""
        measured: Tensor = self.layers(pictures).float()
        return measured
