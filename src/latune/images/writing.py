"""Writing pictures: one as PNG, any number as npz."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.images.sheets import sheet, write_png

__all__ = ["WRITABLE", "check_writable", "write_pictures"]

WRITABLE = (".png", ".npz")


def check_writable(path: Path, count: int) -> None:
    """Check, before any work, that a file of this name can hold so many pictures.

    Raises:
        InputError: Its name ends in something else, or it is PNG and there are several.
    """
    if path.suffix.lower() not in WRITABLE:
        raise InputError(f"{path}: expected a name that ends in {', '.join(WRITABLE)}.")
    if path.suffix.lower() != ".npz" and count != 1:
        raise InputError(f"{path}: expected a name that ends in .npz for {count} pictures.")


def write_pictures(path: Path, images: NDArray[np.uint8]) -> None:
    """Write pictures (N, C, H, W) of 0 to 255; an npz file holds them as `images`.

    Raises:
        InputError: The file cannot be written, its name does not fit (`check_writable`).
    """
    check_writable(path, len(images))
    if path.suffix.lower() == ".npz":
        _write_npz(path, images)
    else:
        write_png(path, sheet(images[None], gap=0))


def _write_npz(path: Path, images: NDArray[np.uint8]) -> None:
    temporary = path.with_name(f".{path.stem}.tmp.npz")
    try:
        np.savez_compressed(temporary, images=images)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise InputError(f"Cannot write {path}: {error.strerror}.") from error
