"""IDX files of bytes, the format of MNIST: a header of big-endian numbers and the values, perhaps gzipped."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError

__all__ = ["is_idx", "read_idx", "read_idx_images", "read_idx_labels"]

UNSIGNED_BYTES = 8  # the type's code in the third byte of the file
MOST_DIMENSIONS = 4


def is_idx(path: Path) -> bool:
    """Whether a name is that of an IDX file: `*.idx`, `*-ubyte`, each perhaps with `.gz`."""
    name = path.name.lower().removesuffix(".gz")
    return name.endswith((".idx", "-ubyte", ".idx3", ".idx1"))


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes of any shape.

    Raises:
        InputError: It does not exist, is damaged, or holds something else than its header says.
    """
    content = _content(path)
    dimensions = content[3] if len(content) >= 4 else 0
    if content[:3] != bytes((0, 0, UNSIGNED_BYTES)) or not 1 <= dimensions <= MOST_DIMENSIONS:
        raise InputError(f"{path}: expected an IDX file of bytes (0, 0, 8, dimensions), got {_shown(content[:4])}.")
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise InputError(f"{path}: expected a header of {start} bytes, got a file of {len(content)}.")
    shape = tuple(int(size) for size in np.frombuffer(content, ">u4", dimensions, offset=4))
    expected = int(np.prod([int(size) for size in shape], dtype=object))
    if len(content) - start != expected:
        raise InputError(f"{path}: expected {expected} bytes after the header, got {len(content) - start}.")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def read_idx_images(path: Path) -> NDArray[np.uint8]:
    """Read pictures (N, H, W) from an IDX file.

    Raises:
        InputError: It cannot be read, or has not three dimensions.
    """
    return _of_dimensions(path, 3, "pictures (N, height, width)")


def read_idx_labels(path: Path) -> NDArray[np.uint8]:
    """Read labels (N,) from an IDX file.

    Raises:
        InputError: It cannot be read, or has not one dimension.
    """
    return _of_dimensions(path, 1, "labels (N)")


def _of_dimensions(path: Path, dimensions: int, what: str) -> NDArray[np.uint8]:
    values = read_idx(path)
    if values.ndim != dimensions or 0 in values.shape:
        raise InputError(f"{path}: expected {what}, got an array of shape {values.shape}.")
    return values


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if path.name.lower().endswith(".gz") else content
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist: expected an IDX file.") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path}: expected a gzipped IDX file, got a damaged one.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error


def _shown(head: bytes) -> str:
    return "(" + ", ".join(str(byte) for byte in head) + ")" if head else "an empty file"
