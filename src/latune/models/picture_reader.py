"""A small convolutional network that reads something from a picture: which class it is, or values of attributes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from latune.models.convolution import channels_last

__all__ = ["PictureReader"]

LARGE = 48  # pictures with sides from here on are halved at once, for speed
SMALLEST = 8  # pictures are halved while no side is shorter than this
HIDDEN = 128
DROPOUT = 0.3


class PictureReader(nn.Module):
    """Pairs of a 3x3 convolution and a halving, then two linear layers; large pictures are halved by 4x4 ones first.

    Args:
        item_shape: Channels, height and width.
        outputs: Numbers that are read.
        channels: Of the convolutions; the last one is repeated where pictures are large.
    """

    def __init__(self, item_shape: Sequence[int], outputs: int, channels: tuple[int, ...] = (16, 32, 64)) -> None:
        super().__init__()
        inputs, height, width = item_shape
        layers: list[nn.Module] = []
        while min(height, width) >= LARGE:
            layers += [nn.Conv2d(inputs, channels[0], 4, stride=2, padding=1), nn.ReLU()]
            inputs, height, width = channels[0], height // 2, width // 2
        place = 0
        while min(height, width) >= SMALLEST:
            size = channels[min(place, len(channels) - 1)]
            layers += [nn.Conv2d(inputs, size, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
            inputs, height, width, place = size, height // 2, width // 2, place + 1
        layers += [nn.Conv2d(inputs, channels[-1], 3, padding=1), nn.ReLU(), nn.Flatten()]
        flat = channels[-1] * height * width
        layers += [nn.Dropout(DROPOUT), nn.Linear(flat, HIDDEN), nn.ReLU(), nn.Dropout(DROPOUT)]
        self.layers = nn.Sequential(*layers, nn.Linear(HIDDEN, outputs))
        # Reads up to twice as fast on a CPU; PyTorch's stubs lack it.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, pictures: Tensor) -> Tensor:
        """Pictures (B, C, H, W), brightness 0 to 1, to numbers (B, outputs)."""
        read: Tensor = self.layers(channels_last(pictures))
        return read
