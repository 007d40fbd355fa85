"""Pictures brought to the form that is expected: another size, bright on dark."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["border", "bright_on_dark", "fit"]

HALF = 128  # a ground as bright as this is bright

Bytes = NDArray[np.uint8]


def border(picture: Bytes) -> Bytes:
    """The ground's brightness: the median of the outermost pixels, one value per channel.

    Args:
        picture: Shape (C, H, W).

    Returns:
        Shape (C,).
    """
    edges = [picture[:, 0], picture[:, -1], picture[:, :, 0], picture[:, :, -1]]
    return np.asarray(np.median(np.concatenate(edges, axis=1), axis=1), np.uint8)


def bright_on_dark(pictures: Bytes) -> tuple[Bytes, NDArray[np.bool_]]:
    """Invert the pictures whose ground is bright.

    Args:
        pictures: Shape (N, C, H, W).

    Returns:
        Pictures of that shape, and which ones were inverted (N,).
    """
    bright = np.array([border(picture).mean() >= HALF for picture in pictures], np.bool_)
    return np.where(bright[:, None, None, None], 255 - pictures, pictures), bright


def fit(picture: Bytes, height: int, width: int) -> Bytes:
    """Bring a picture to a size with antialiasing; nothing is cut off or stretched.

    Its aspect is kept, and where it is too narrow or too low for the new size, its ground goes on.

    Args:
        picture: Shape (C, H, W).
        height: Wanted height.
        width: Wanted width.

    Returns:
        Shape (C, height, width); the picture itself where it has that size.
    """
    channels, own_height, own_width = picture.shape
    if (own_height, own_width) == (height, width):
        return picture
    scale = min(height / own_height, width / own_width)
    inner = max(1, round(own_height * scale)), max(1, round(own_width * scale))
    top, left = (height - inner[0]) // 2, (width - inner[1]) // 2
    result = np.empty((channels, height, width), np.uint8)
    result[:] = border(picture)[:, None, None]
    result[:, top : top + inner[0], left : left + inner[1]] = _scaled(picture, *inner)
    return result


def _scaled(picture: Bytes, height: int, width: int) -> Bytes:
    """Stretch to a size with a Lanczos filter that widens where the picture shrinks."""
    from PIL import Image

    planes = [Image.fromarray(plane).resize((width, height), Image.Resampling.LANCZOS) for plane in picture]
    return np.stack([np.asarray(plane) for plane in planes])
