"""Two-dimensional sprites: 3 shapes x 6 scales x 40 orientations x 32 x 32 positions, 64x64 pixels off or on.

Drawn here unless the official archive is given; both give the same pictures in the same order, up to a pixel in a few.

Source: Matthey et al. 2017, "dSprites: disentanglement testing sprites dataset" (Apache-2.0).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.attributes import Attribute, AttributeTable
from latune.data.dataset import Dataset
from latune.data.fetch import fetch_sprites
from latune.data.packed_items import PackedItems
from latune.data.picture_codec import PictureCodec
from latune.data.preparation import Preparation
from latune.data.splits import count_overlap, groups_by_split
from latune.data.sprites_archive import read_archive
from latune.data.store import checksum
from latune.errors import InputError
from latune.images.sprites import FACTOR_BASES, FACTOR_SIZES, SIZE, SPRITES, draw_all_sprites, sprite_factors

__all__ = ["SMALL_SPRITE_TABLE", "SPRITE_TABLE", "prepare_small_sprites", "prepare_sprites"]

FRACTIONS = {"train": 0.80, "validation": 0.02, "test": 0.18}
SMALL_FRACTIONS = {"train": 0.80, "validation": 0.05, "test": 0.15}
ORIENTATION = 2  # the factor's position
LICENCE_DRAWN = "drawn by latune after the published description"
LICENCE_READ = "Apache-2.0 (dSprites)"

_SHAPE = Attribute("shape", "1 square, 2 ellipse, 3 heart", 1.0, 3.0, "Which shape it is.", "categorical")
_SCALE = Attribute("scale", "share of the largest", 0.5, 1.0, "How large the sprite is.")
_ORIENTATION = Attribute("orientation", "radians", 0.0, 2 * np.pi, "How far it is turned anticlockwise.")
_POSX = Attribute("posx", "share of the way", 0.0, 1.0, "How far to the right it is.")
_POSY = Attribute("posy", "share of the way", 0.0, 1.0, "How far down it is.")

SPRITE_TABLE = AttributeTable([_SHAPE, _SCALE, _ORIENTATION, _POSX, _POSY])
SMALL_SPRITE_TABLE = AttributeTable([_SHAPE, _SCALE, _POSX, _POSY])

Integers = NDArray[np.int64]


def prepare_sprites(preparation: Preparation) -> Dataset:
    """Build the whole set of 737,280 pictures.

    Orientations 0 and 39 are the same turn: such pictures share a group, so that none is in two splits.

    Raises:
        InputError: The source is not the official archive.
        DataError: The download failed.
        MissingExtraError: numba, or h5py where it is needed, is not installed.
    """
    return _build("sprites", np.arange(SPRITES), SPRITE_TABLE, FRACTIONS, preparation)


def prepare_small_sprites(preparation: Preparation) -> Dataset:
    """Build the subset at orientation 0: 18,432 pictures in which shape, scale and position vary.

    Raises:
        InputError: The source is not the official archive.
        DataError: The download failed.
        MissingExtraError: numba, or h5py where it is needed, is not installed.
    """
    numbers = np.arange(SPRITES)
    upright = numbers[_orientation(numbers) == 0]
    return _build("sprites-small", upright, SMALL_SPRITE_TABLE, SMALL_FRACTIONS, preparation)


def _build(
    name: str, numbers: Integers, table: AttributeTable, fractions: dict[str, float], preparation: Preparation
) -> Dataset:
    rows, description = _pictures(numbers, preparation)
    columns = [SPRITE_TABLE.index(attribute) for attribute in table.names]
    groups = _groups(numbers)
    splits = _splits(groups, fractions)
    codec = PictureCodec((1, SIZE, SIZE), 1, "sprites", table)
    return Dataset(
        name,
        PackedItems(rows, codec.item_shape),
        sprite_factors(numbers)[:, columns],
        groups,
        splits,
        codec,
        {**description, "rejected": [], "overlap": count_overlap(rows, splits)},
    )


def _pictures(numbers: Integers, preparation: Preparation) -> tuple[NDArray[np.uint8], dict[str, Any]]:
    """Packed pictures (N, 512) of these numbers of the official order, and where they come from."""
    if preparation.source is not None and preparation.download:
        raise InputError("--source and --download exclude each other: choose one.")
    if preparation.source is None and not preparation.download:
        rows = draw_all_sprites(numbers, workers=preparation.workers, report=preparation.report)
        return rows, {"source": "sprites drawn by latune in the order of dSprites", "licence": LICENCE_DRAWN}
    path = preparation.source or fetch_sprites(preparation.report)
    rows = read_archive(path, numbers, preparation.report)
    description = {"source": f"dSprites, official archive {path.name}", "source_sha256": checksum(path)}
    return rows, {**description, "licence": LICENCE_READ}


def _orientation(numbers: Integers) -> Integers:
    orientation: Integers = numbers // FACTOR_BASES[ORIENTATION] % FACTOR_SIZES[ORIENTATION]
    return orientation


def _groups(numbers: Integers) -> NDArray[np.int32]:
    """The number of the picture (N,), of the one at orientation 0 where it is turned all the way round."""
    last = FACTOR_SIZES[ORIENTATION] - 1
    around = np.where(_orientation(numbers) == last, last * FACTOR_BASES[ORIENTATION], 0)
    return (numbers - around).astype(np.int32)


def _splits(groups: NDArray[np.int32], fractions: dict[str, float], seed: int = 0) -> dict[str, NDArray[np.int32]]:
    """Deal groups to splits; indices of 32 bits keep the whole set, pictures and all, within 400 MB."""
    names, group_of_item = np.unique(groups, return_inverse=True)
    split_of_group = np.empty(len(names), np.int8)
    for number, members in enumerate(groups_by_split(len(names), fractions, seed).values()):
        split_of_group[members] = number
    split_of_item = split_of_group[group_of_item]
    return {name: np.flatnonzero(split_of_item == k).astype(np.int32) for k, name in enumerate(fractions)}
