"""Your own pictures: a folder of PNG and JPEG files or an npz file, and a table with their attributes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latune.data.dataset import Dataset
from latune.data.picture_codec import PictureCodec
from latune.data.picture_table import SPLITS, PictureTable, attribute_table, read_table
from latune.data.preparation import Preparation
from latune.data.splits import count_overlap, groups_by_split
from latune.errors import DataError, InputError
from latune.images.reading import picture_files, read_folder, read_npz
from latune.images.resizing import fit

__all__ = ["SIZES", "prepare_pictures"]

NAME = "images"  # of the data set, unless it is given one
SIZES = (32, 64, 128)
DEFAULT_SIZE = 64
FEWEST = 50  # pictures that can be read
FRACTIONS = {"train": 0.80, "validation": 0.05, "test": 0.15}


@dataclass(frozen=True)
class _Pictures:
    """Pictures as they were read.

    Args:
        images: Shape (N, C, S, S).
        table: Their rows of the table.
        rejected: What was left out: name and reason.
        resized: How many had another size.
    """

    images: NDArray[np.uint8]
    table: PictureTable
    rejected: list[dict[str, str]]
    resized: int


def prepare_pictures(preparation: Preparation) -> Dataset:
    """Build a data set of your own pictures.

    Raises:
        InputError: An option or a file is missing or not of its kind.
        DataError: Table and pictures do not fit, or too few pictures are left.
    """
    source, attributes = preparation.source, preparation.attributes
    if source is None or attributes is None:
        raise InputError("Your own pictures need --source FOLDER or FILE.npz and --attributes TABLE.csv.")
    name, size = preparation.name or NAME, preparation.size or DEFAULT_SIZE
    if size not in SIZES:
        raise InputError(f"--size {size}: expected one of {', '.join(map(str, SIZES))}.")
    if source.suffix.lower() == ".npz":
        read = _from_npz(source, attributes, size, preparation)
    else:
        read = _from_folder(source, attributes, size, preparation)
    if len(read.images) < FEWEST:
        reason = f", the first one left out: {read.rejected[0]['reason']}" if read.rejected else "."
        raise DataError(f"{source}: expected at least {FEWEST} pictures, got {len(read.images)}{reason}")
    return _dataset(name, source, read)


def _from_folder(folder: Path, attributes: Path, size: int, preparation: Preparation) -> _Pictures:
    present = picture_files(folder)
    table = read_table(attributes, with_files=True)
    absent = [name for name in table.files if not (folder / name).is_file()]
    if absent:
        more = f" (and {len(absent) - 1} more)" if len(absent) > 1 else ""
        raise DataError(f"{attributes}: expected files of {folder}, it has no '{absent[0]}'{more}.")
    read = read_folder(folder, table.files, size, size, preparation.colour, preparation.report)
    untold = sorted(set(present) - set(table.files))
    rejected = [*read.rejected, *({"name": n, "reason": f"It has no row in {attributes}."} for n in untold)]
    return _Pictures(read.images, table.rows(read.kept), rejected, read.resized)


def _from_npz(path: Path, attributes: Path, size: int, preparation: Preparation) -> _Pictures:
    table = read_table(attributes, with_files=False)
    images = read_npz(path, preparation.colour)
    if len(images) != len(table.values):
        raise DataError(
            f"{attributes}: expected {len(images)} rows, one per picture of {path}, got {len(table.values)}."
        )
    if images.shape[2:] == (size, size):
        return _Pictures(images, table, [], 0)
    return _Pictures(np.stack([fit(image, size, size) for image in images]), table, [], len(images))


def _dataset(name: str, source: Path, read: _Pictures) -> Dataset:
    table = read.table
    groups = _groups(table, len(read.images))
    splits = _splits(table, groups)
    height, width = read.images.shape[2:]
    remarks = [f"Column '{column}' of {table.path} is text: left out." for column in table.ignored]
    if read.resized:
        remarks.append(
            f"{read.resized} pictures were brought to {height}x{width}: their aspect is kept, and where they are too"
            " narrow or too low their ground goes on."
        )
    description = {
        "source": f"your own pictures: {source} with {table.path}",
        "licence": "your own",
        "remarks": remarks,
        "rejected": read.rejected,
        "overlap": count_overlap(read.images, splits),
    }
    codec = PictureCodec((read.images.shape[1], height, width), 255, "none", attribute_table(table))
    return Dataset(name, read.images, table.values.astype(np.float32), groups, splits, codec, description)


def _groups(table: PictureTable, count: int) -> NDArray[np.int32]:
    """Number of each picture's group; every picture is its own where the table does not say."""
    if not table.groups:
        return np.arange(count, dtype=np.int32)
    return np.unique(np.array(table.groups), return_inverse=True)[1].astype(np.int32)


def _splits(table: PictureTable, groups: NDArray[np.int32], seed: int = 0) -> dict[str, NDArray[np.int64]]:
    """Splits as the table says, or dealt out by group."""
    if table.splits:
        _check_whole_groups(table)
        splits = {name: np.flatnonzero(np.array(table.splits) == name) for name in SPLITS}
    else:
        dealt = groups_by_split(int(groups.max()) + 1, FRACTIONS, seed)
        splits = {name: np.flatnonzero(np.isin(groups, members)) for name, members in dealt.items()}
    for name, indices in splits.items():
        if len(indices) == 0:
            way = "rows of it in column 'split'" if table.splits else "more groups, or a column 'split'"
            raise DataError(f"{table.path}: the split '{name}' has no picture: expected {way}.")
    return splits


def _check_whole_groups(table: PictureTable) -> None:
    split_of: dict[str, str] = {}
    for group, split in zip(table.groups, table.splits, strict=False):
        if split_of.setdefault(group, split) != split:
            raise DataError(
                f"{table.path}: the group '{group}' is in the splits '{split_of[group]}' and '{split}':"
                " expected each group in one."
            )
