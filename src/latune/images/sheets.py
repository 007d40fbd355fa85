"""Sheets of pictures as PNG files, and moving ones as GIF files."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError

__all__ = ["enlarge", "png_bytes", "sheet", "write_gif", "write_png"]

GAP_BRIGHTNESS = 128

Bytes = NDArray[np.uint8]


def sheet(pictures: NDArray[np.integer[Any]], gap: int = 2, brightness: int = GAP_BRIGHTNESS) -> Bytes:
    """Lay pictures out in rows and columns.

    Args:
        pictures: Shape (R, C, channels, H, W), 0 to 255, of one or three channels.
        gap: Pixels between pictures and around them.
        brightness: Of the gaps.

    Returns:
        Shape (height, width), or (height, width, 3) for colours.
    """
    rows, columns, channels, height, width = pictures.shape
    page = np.full((channels, rows * (height + gap) + gap, columns * (width + gap) + gap), brightness, np.uint8)
    for row in range(rows):
        for column in range(columns):
            top, left = gap + row * (height + gap), gap + column * (width + gap)
            page[:, top : top + height, left : left + width] = pictures[row, column]
    return page[0] if channels == 1 else np.ascontiguousarray(np.moveaxis(page, 0, -1))


def enlarge(pictures: Bytes, times: int) -> Bytes:
    """Pictures (..., H, W) with every pixel as a square of `times` pixels."""
    return pictures.repeat(times, axis=-2).repeat(times, axis=-1)


def write_png(path: Path, page: Bytes) -> None:
    """Write a page as PNG; the file appears whole or not at all.

    Args:
        path: Where to.
        page: Shape (H, W) or (H, W, 3), as `sheet` returns it.

    Raises:
        InputError: The file cannot be written.
    """
    _write(path, png_bytes(page))


def png_bytes(page: Bytes) -> bytes:
    """A page, as `sheet` returns it, as the content of a PNG file."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(page).save(buffer, "PNG")
    return buffer.getvalue()


def write_gif(path: Path, frames: Sequence[Bytes], milliseconds: int = 80) -> None:
    """Write frames as a GIF that plays without end; the file appears whole or not at all.

    Args:
        path: Where to.
        frames: At least one, each (H, W) or (H, W, 3), as `sheet` returns it.
        milliseconds: How long a frame stays; GIF counts in steps of 10.

    Raises:
        InputError: The file cannot be written, or there is no frame.
    """
    from PIL import Image

    if not len(frames):
        raise InputError(f"{path}: expected at least one frame.")
    images = [Image.fromarray(frame) for frame in frames]
    buffer = io.BytesIO()
    # Equal neighbours would be merged into one longer frame, and a lone one lose its duration: that shows the same.
    images[0].save(buffer, "GIF", save_all=True, append_images=images[1:], duration=milliseconds, loop=0, disposal=1)
    _write(path, buffer.getvalue())


def _write(path: Path, content: bytes) -> None:
    """Write under a temporary name in the same folder and rename."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise InputError(f"Cannot write {path}: {error.strerror}.") from error
