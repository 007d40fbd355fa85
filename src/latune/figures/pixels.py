"""Pictures as pixels, the way figures and pages show them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Pixels", "as_pixels", "png_bytes"]

Pixels = NDArray[np.uint8]
"""Brightness from 0 to 255, (..., H, W, C), with one channel or three."""


def as_pixels(items: NDArray[np.integer[Any]], levels: int) -> Pixels:
    """Pictures (..., C, H, W) of integers from 0 to `levels` as pixels (..., H, W, C)."""
    bright = items.astype(np.float32) * (255 / levels)
    return np.asarray(np.moveaxis(bright.round().astype(np.uint8), -3, -1))


def png_bytes(picture: Pixels) -> bytes:
    """A picture (H, W, C) as the content of a PNG file."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
