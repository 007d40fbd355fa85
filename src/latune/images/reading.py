"""Reading pictures: PNG and JPEG files, folders of them, arrays in npz files, IDX files."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.images.idx import is_idx, read_idx_images
from latune.images.resizing import fit

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "PICTURE_SUFFIXES",
    "FolderReading",
    "is_pictures",
    "picture_files",
    "pictures_from_array",
    "read_folder",
    "read_npz",
    "read_picture",
    "read_pictures",
]

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg")
GREY, COLOURS = 1, 3  # channels

Bytes = NDArray[np.uint8]
Report = Callable[[int, int], None]


@dataclass(frozen=True)
class FolderReading:
    """Pictures of a folder.

    Args:
        kept: Which of the names were read, (N,).
        images: Shape (N, C, H, W).
        rejected: A row per file that was not read: its name and the reason.
        resized: How many had another size.
    """

    kept: NDArray[np.int64]
    images: Bytes
    rejected: tuple[dict[str, str], ...]
    resized: int


def is_pictures(path: Path) -> bool:
    """Whether a name is that of a file that `read_pictures` reads."""
    return path.suffix.lower() in (*PICTURE_SUFFIXES, ".npz") or is_idx(path)


def read_pictures(path: Path, colour: bool = False) -> Bytes:
    """Read the pictures of a PNG, JPEG, npz or IDX file, as its name says: (N, C, H, W) of 0 to 255.

    Raises:
        InputError: It cannot be read.
    """
    if is_idx(path):
        images = read_idx_images(path)[:, None]
        return np.repeat(images, COLOURS, axis=1) if colour else images
    if path.suffix.lower() == ".npz":
        return read_npz(path, colour)
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return read_picture(path, colour)[None]
    raise InputError(f"{path}: expected a name that ends in .png, .jpg, .npz, .idx, -ubyte or one of these with .gz.")


def read_picture(path: Path, colour: bool = False) -> Bytes:
    """Read a PNG or JPEG file of any mode: (1, H, W), or (3, H, W) with `colour`; what is transparent becomes white.

    Raises:
        InputError: It does not exist, is damaged, or is too large.
    """
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=("PNG", "JPEG")) as image:
                image.load()
                return _channels(ImageOps.exif_transpose(image), colour)
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist: expected a PNG or JPEG file.") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError(f"{path}: expected a picture of less than {Image.MAX_IMAGE_PIXELS} pixels.") from error
    except Exception as error:  # a damaged file can fail anywhere in its decoder
        raise InputError(f"{path}: expected a PNG or JPEG picture, got a damaged file or something else.") from error


def read_npz(path: Path, colour: bool = False) -> Bytes:
    """Read the array `images`, or the only one, of an npz file: (N, 1, H, W), or (N, 3, H, W) with `colour`.

    It may have the shape (N, H, W), (N, H, W, 1 or 3) or (N, 1 or 3, H, W) and hold bytes, booleans, or numbers
    from 0 to 1. Bytes of 0 and 1 alone are off and on.

    Raises:
        InputError: It cannot be read, or its array is of another kind.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            names = content.files
            if "images" not in names and len(names) != 1:
                raise InputError(f"{path}: expected an array 'images', got {', '.join(names) or 'none'}.")
            name = "images" if "images" in names else names[0]
            array = content[name]
            if not isinstance(array, np.ndarray):  # members that are no arrays come as bytes
                raise TypeError("no array")
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist: expected an .npz file.") from error
    except Exception as error:  # a damaged file can fail anywhere in zip, zlib, header or array
        raise InputError(f"{path} cannot be read: expected an .npz file of plain arrays.") from error
    return _with_channels(_to_bytes(_to_planes(array, path, name), path, name), colour)


def pictures_from_array(array: NDArray[Any], colour: bool = False) -> Bytes:
    """Pictures in an array, as (N, 1, H, W) of 0 to 255, or (N, 3, H, W) with `colour`.

    Args:
        array: One picture (H, W) or (H, W, 3), or several, of the shapes and kinds that `read_npz` reads.
        colour: Keep colours; then (3, H, W) is one picture, otherwise three.

    Raises:
        InputError: It is of another kind.
    """
    one_in_colour = array.ndim == 3 and (array.shape[2] == COLOURS or (colour and array.shape[0] == COLOURS))
    pictures = array[None] if array.ndim == 2 or one_in_colour else array
    of = "The array", "x"
    return _with_channels(_to_bytes(_to_planes(pictures, *of), *of), colour)


def picture_files(folder: Path) -> list[str]:
    """Names of the PNG and JPEG files of a folder, sorted.

    Raises:
        InputError: There is no such folder.
    """
    try:
        return sorted(path.name for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES)
    except OSError as error:
        raise InputError(f"{folder}: expected a folder of PNG or JPEG files that can be read.") from error


def read_folder(
    folder: Path, names: Sequence[str], height: int, width: int, colour: bool = False, report: Report | None = None
) -> FolderReading:
    """Read picture files and bring them to one size (`fit`); damaged ones are left out with a reason.

    Args:
        folder: Where they are.
        names: PNG or JPEG files in it.
        height: Height of the pictures.
        width: Width of the pictures.
        colour: Keep colours.
        report: Told (done, total).
    """
    kept: list[int] = []
    rejected: list[dict[str, str]] = []
    resized = 0
    images = np.empty((len(names), COLOURS if colour else GREY, height, width), np.uint8)
    for row, name in enumerate(names):
        try:
            picture = read_picture(folder / name, colour)
            images[len(kept)] = fit(picture, height, width)
            resized += picture.shape[1:] != (height, width)
            kept.append(row)
        except InputError as error:
            rejected.append({"name": name, "reason": str(error)})
        if report is not None:
            report(row + 1, len(names))
    return FolderReading(np.array(kept, np.int64), images[: len(kept)], tuple(rejected), resized)


def _channels(image: Image, colour: bool) -> Bytes:
    """A loaded picture as (1, H, W) or (3, H, W)."""
    if image.mode.startswith(("I", "F")):  # more than eight bits, which converting would cut off at 255
        values = np.asarray(image, np.float64)
        values = values / 257 if values.max() > 255 else values
        grey: Bytes = np.clip(np.round(values), 0, 255).astype(np.uint8)[None]
        return np.repeat(grey, COLOURS, axis=0) if colour else grey
    if image.has_transparency_data:
        above = image.convert("RGBA")
        ground = above.copy()
        ground.paste("white", (0, 0, *above.size))
        ground.alpha_composite(above)
        image = ground
    pixels = np.asarray(image.convert("RGB" if colour else "L"))
    return np.ascontiguousarray(np.moveaxis(pixels, -1, 0)) if colour else pixels[None].copy()


def _to_planes(array: NDArray[Any], path: Path | str, name: str) -> NDArray[Any]:
    """An array of one of the known shapes as (N, C, H, W)."""
    if array.ndim == 3 and 0 not in array.shape:
        return array[:, None]
    if array.ndim == 4 and 0 not in array.shape:
        if array.shape[1] in (GREY, COLOURS):
            return array
        if array.shape[3] in (GREY, COLOURS):
            return np.moveaxis(array, 3, 1)
    raise InputError(f"{path}: expected '{name}' of shape (N, H, W), (N, H, W, 3) or (N, 3, H, W), got {array.shape}.")


def _to_bytes(array: NDArray[Any], path: Path | str, name: str) -> Bytes:
    """Values of one of the known kinds as 0 to 255."""
    if array.dtype == np.uint8:
        # As latune stores what is off or on; 1 of 255 is nothing that anybody can see.
        return array * np.uint8(255) if array.max(initial=0) == 1 else array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if not np.issubdtype(array.dtype, np.floating):
        raise InputError(f"{path}: expected '{name}' as uint8, bool or float from 0 to 1, got {array.dtype}.")
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and high <= 1):  # also where one of them is not a number
        raise InputError(f"{path}: expected '{name}' as numbers from 0 to 1, got {low:g} to {high:g}.")
    return np.round(array * 255).astype(np.uint8)


def _with_channels(images: Bytes, colour: bool) -> Bytes:
    """Pictures (N, C, H, W) with three channels, or with one: brightness as the eye weighs colours."""
    if colour:
        return np.repeat(images, COLOURS, axis=1) if images.shape[1] == GREY else np.ascontiguousarray(images)
    if images.shape[1] == GREY:
        return np.ascontiguousarray(images)
    weighted = np.tensordot(images, np.array([0.299, 0.587, 0.114], np.float32), (1, 0))
    return np.round(weighted).astype(np.uint8)[:, None]
