"""The official archive of 3D Shapes (HDF5), read in pieces: unpacked it would take 5.9 GB.

Its SHA-256 is not published, so it is checked by its content: names, shapes, the order of the factors.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError, MissingExtraError
from latune.images.factor_grid import factor_classes
from latune.images.scenes import FACTOR_BASES, FACTOR_SIZES, SCENES, SIZE

__all__ = ["read_scenes"]

CHUNK = 4096  # pictures read at a time: 50 MB
IMAGES, LABELS = "images", "labels"

Bytes = NDArray[np.uint8]


def read_scenes(path: Path, numbers: NDArray[np.int64]) -> Iterator[Bytes]:
    """Read pictures of the official archive.

    Args:
        path: HDF5 file with `images` (480000, 64, 64, 3) and `labels` (480000, 6).
        numbers: Which pictures, ascending, in the official order, (N,).

    Returns:
        Pictures (up to 4096, 3, 64, 64), in all N.

    Raises:
        InputError: The file cannot be read or is not the official archive.
        MissingExtraError: h5py is not installed.
    """
    try:
        import h5py  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingExtraError("h5py", "images") from error
    if not path.is_file():
        raise InputError(f"{path} does not exist: expected the official archive of 3D Shapes, HDF5.")
    return _pieces(path, numbers)


def _pieces(path: Path, numbers: NDArray[np.int64]) -> Iterator[Bytes]:
    import h5py

    try:
        with h5py.File(path, "r") as archive:
            _check(path, archive)
            for start in range(0, SCENES, CHUNK):
                first, last = np.searchsorted(numbers, (start, start + CHUNK))
                if first < last:
                    piece = archive[IMAGES][start : start + CHUNK]
                    yield piece[numbers[first:last] - start].transpose(0, 3, 1, 2)
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise InputError(f"{path}: expected the official archive of 3D Shapes, HDF5, got something else.") from error


def _check(path: Path, archive: Any) -> None:
    """Names, shapes and types; labels in the official order, the first factor varying slowest."""
    missing = [name for name in (IMAGES, LABELS) if name not in archive]
    if missing:
        raise InputError(f"{path}: expected data sets {IMAGES} and {LABELS}, lacks {missing[0]}.")
    shape, dtype = archive[IMAGES].shape, archive[IMAGES].dtype
    if shape != (SCENES, SIZE, SIZE, 3) or dtype != np.uint8:
        raise InputError(f"{path}: expected bytes of shape {(SCENES, SIZE, SIZE, 3)}, got {dtype} of {shape}.")
    labels = archive[LABELS][:]
    if labels.shape != (SCENES, len(FACTOR_SIZES)):
        raise InputError(f"{path}: expected labels of shape {(SCENES, len(FACTOR_SIZES))}, got {labels.shape}.")
    numbers = np.arange(SCENES)
    for column, classes in zip(labels.T, factor_classes(numbers, FACTOR_SIZES, FACTOR_BASES), strict=True):
        steps = np.unique(column, return_inverse=True)[1]  # values are compared by their rank
        if not np.array_equal(steps, classes):
            raise InputError(f"{path}: expected labels in the official order, got another one.")
