"""Rows of pictures that change step by step, and grids of pictures, as files."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.images.sheets import GAP_BRIGHTNESS, enlarge, sheet, write_gif, write_png
from latune.images.writing import write_pictures

__all__ = ["GRID_SUFFIXES", "STRIP_SUFFIXES", "check_suffix", "grid", "write_grid", "write_strips"]

GRID_SUFFIXES = (".png", ".npz")
STRIP_SUFFIXES = (".png", ".gif", ".npz")
_WIDTH = 1024  # pixels; what is smaller is enlarged by whole pixels
_FRAME_WIDTH = 256
_MILLISECONDS = 120

Bytes = NDArray[np.uint8]


def check_suffix(path: Path, suffixes: tuple[str, ...]) -> None:
    """Check, before any work, what a file is called.

    Raises:
        InputError: Its name ends in something else.
    """
    if path.suffix.lower() not in suffixes:
        raise InputError(f"{path}: expected a name that ends in {', '.join(suffixes)}.")


def write_strips(path: Path, images: Bytes) -> None:
    """Write strips: a row each (PNG), all of them moving forth and back (GIF), or one picture after the other (npz).

    Args:
        path: Where to; the suffix says how.
        images: Shape (R, S, C, H, W), 0 to 255: R strips of S steps.

    Raises:
        InputError: The file cannot be written, or its name ends in something else.
    """
    check_suffix(path, STRIP_SUFFIXES)
    suffix = path.suffix.lower()
    if suffix == ".npz":
        write_pictures(path, images.reshape(-1, *images.shape[2:]))
    elif suffix == ".png":
        write_png(path, sheet(_large(images, _WIDTH)))
    else:
        steps = [*range(images.shape[1]), *range(images.shape[1] - 2, 0, -1)]
        write_gif(path, [sheet(_large(grid(images[:, step]), _FRAME_WIDTH)) for step in steps], _MILLISECONDS)


def write_grid(path: Path, images: Bytes) -> None:
    """Write pictures (N, C, H, W), 0 to 255, as a grid of about as many rows as columns (PNG), or as an array (npz).

    Raises:
        InputError: The file cannot be written, or its name ends in something else.
    """
    check_suffix(path, GRID_SUFFIXES)
    if path.suffix.lower() == ".npz":
        write_pictures(path, images)
    else:
        write_png(path, sheet(_large(grid(images), _WIDTH)))


def grid(images: Bytes) -> Bytes:
    """Pictures (N, C, H, W) in rows and columns (R, S, C, H, W); what is missing in the last row is grey."""
    columns = math.ceil(math.sqrt(len(images)))
    rows = math.ceil(len(images) / columns)
    filled = np.full((rows * columns, *images.shape[1:]), GAP_BRIGHTNESS, np.uint8)
    filled[: len(images)] = images
    return filled.reshape(rows, columns, *images.shape[1:])


def _large(pictures: Bytes, width: int) -> Bytes:
    """Pictures (R, S, C, H, W) enlarged by whole pixels, so that a row is at most so wide."""
    return enlarge(pictures, max(1, width // (pictures.shape[1] * pictures.shape[-1])))
