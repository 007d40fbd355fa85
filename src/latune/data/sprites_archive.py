"""The official archive of sprites, npz or HDF5, read in pieces: unpacked it would take 3 GB.

Its SHA-256 is not published, so it is checked by its content: names, shapes, the order of the factors, the mean pixel.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError, MissingExtraError
from latune.images.factor_grid import factor_classes
from latune.images.sprites import FACTOR_BASES, FACTOR_SIZES, SIZE, SPRITES

__all__ = ["MEAN_PIXEL", "read_archive"]

MEAN_PIXEL = 0.042494423521889584  # over the official archive
TOLERANCE = 1e-6
CHUNK = 4096  # pictures read at a time: 16 MB

Bytes = NDArray[np.uint8]
Report = Callable[[int, int], None]
Pieces = Iterator[NDArray[Any]]


def read_archive(path: Path, numbers: NDArray[np.int64], report: Report | None = None) -> Bytes:
    """Read pictures of the official archive as bits.

    Args:
        path: npz or HDF5 file.
        numbers: Which pictures, ascending, in the official order, (N,).
        report: Told (pictures read, all).

    Returns:
        Packed pictures (N, 512).

    Raises:
        InputError: The file cannot be read or is not the official archive.
        MissingExtraError: It is HDF5, and h5py is not installed.
    """
    if not path.is_file():
        raise InputError(f"{path} does not exist: expected the official archive of sprites, npz or HDF5.")
    opened = _open_npz if zipfile.is_zipfile(path) else _open_hdf5
    result = np.empty((len(numbers), SIZE * SIZE // 8), np.uint8)
    on = done = 0
    with opened(path) as (classes, pictures):
        _check_order(path, classes)
        for piece in pictures:
            on += int(np.count_nonzero(piece))
            if piece.size and piece.max() > 1:
                raise InputError(f"{path}: expected pixels 0 and 1, got {piece.max()}.")
            first, last = np.searchsorted(numbers, (done, done + len(piece)))
            result[first:last] = np.packbits(piece.reshape(len(piece), -1)[numbers[first:last] - done], axis=1)
            done += len(piece)
            if report is not None:
                report(done, SPRITES)
    mean = on / (SPRITES * SIZE * SIZE)
    if abs(mean - MEAN_PIXEL) > TOLERANCE:
        raise InputError(f"{path}: expected pictures with a mean pixel of {MEAN_PIXEL:.7f}, got {mean:.7f}.")
    return result


def _check_order(path: Path, classes: NDArray[Any]) -> None:
    """The latent classes (N, 6): colour, then the factors in the official order, the first varying slowest."""
    numbers = np.arange(SPRITES)
    expected = factor_classes(numbers, FACTOR_SIZES, FACTOR_BASES)
    if classes.shape != (SPRITES, len(expected) + 1):
        raise InputError(f"{path}: expected latent classes of shape {(SPRITES, 6)}, got {classes.shape}.")
    if not all(np.array_equal(classes[:, k], column) for k, column in enumerate(expected, start=1)):
        raise InputError(f"{path}: expected latent classes in the official order, got another one.")


def _check_shape(path: Path, shape: tuple[int, ...], dtype: Any) -> None:
    if shape != (SPRITES, SIZE, SIZE) or dtype != np.uint8:
        raise InputError(f"{path}: expected bytes of shape {(SPRITES, SIZE, SIZE)}, got {dtype} of {shape}.")


@contextmanager
def _open_npz(path: Path) -> Iterator[tuple[NDArray[Any], Pieces]]:
    """Latent classes, and the pictures in pieces (up to 4096, 64, 64)."""
    try:
        with zipfile.ZipFile(path) as archive:
            missing = {"imgs.npy", "latents_classes.npy"} - set(archive.namelist())
            if missing:
                raise InputError(f"{path}: expected arrays imgs and latents_classes, lacks {min(missing)[:-4]}.")
            with archive.open("latents_classes.npy") as file:
                classes = np.lib.format.read_array(file, allow_pickle=False)
            with archive.open("imgs.npy") as file:
                version = np.lib.format.read_magic(file)
                read_header = {
                    (1, 0): np.lib.format.read_array_header_1_0,
                    (2, 0): np.lib.format.read_array_header_2_0,
                }[version]
                shape, in_columns, dtype = read_header(file)
                _check_shape(path, shape if not in_columns else (), dtype)
                yield classes, _pieces(file)
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"{path}: expected the official archive of sprites, got a damaged file.") from error


def _pieces(file: IO[bytes]) -> Pieces:
    for start in range(0, SPRITES, CHUNK):
        count = min(CHUNK, SPRITES - start)
        content = file.read(count * SIZE * SIZE)
        yield np.frombuffer(content, np.uint8).reshape(count, SIZE, SIZE)  # a ValueError where the file is too short


@contextmanager
def _open_hdf5(path: Path) -> Iterator[tuple[NDArray[Any], Pieces]]:
    """Latent classes, and the pictures in pieces (up to 4096, 64, 64)."""
    try:
        import h5py
    except ModuleNotFoundError as error:
        raise MissingExtraError("h5py", "images") from error
    try:
        with h5py.File(path, "r") as archive:
            missing = [name for name in ("imgs", "latents/classes") if name not in archive]
            if missing:
                raise InputError(f"{path}: expected data sets imgs and latents/classes, lacks {missing[0]}.")
            pictures = archive["imgs"]
            _check_shape(path, pictures.shape, pictures.dtype)
            yield archive["latents/classes"][:], (pictures[k : k + CHUNK] for k in range(0, SPRITES, CHUNK))
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise InputError(
            f"{path}: expected the official archive of sprites, npz or HDF5, got something else."
        ) from error
