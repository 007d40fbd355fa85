"""3D Shapes: a room with an object, 10 x 10 x 10 hues x 8 scales x 4 shapes x 15 orientations, 64x64 pixels in colour.

Drawn here unless the official archive is given. Both have the same factors in the same order; the drawn pictures
resemble the official ones and are not equal to them.

Source: Burgess and Kim 2018, "3D Shapes dataset" (Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.attributes import Attribute, AttributeTable
from latune.data.dataset import Dataset
from latune.data.fetch import fetch_scenes
from latune.data.picture_codec import PictureCodec
from latune.data.preparation import Preparation
from latune.data.shapes3d_archive import read_scenes
from latune.data.splits import count_overlap, groups_by_split
from latune.data.store import checksum, items_on_disk
from latune.errors import InputError
from latune.images.scenes import SCENES, SIZE, draw_scenes_in_order, scene_factors

__all__ = ["SCENE_TABLE", "prepare_scenes", "prepare_small_scenes"]

FRACTIONS = {"train": 0.94, "validation": 0.01, "test": 0.05}
SMALL_FRACTIONS = {"train": 0.80, "validation": 0.05, "test": 0.15}
SMALL_HUES = (0.0, 0.5)  # of floor and walls: red and cyan
LICENCE_DRAWN = "drawn by latune after the published description"
LICENCE_READ = "Apache-2.0 (3D Shapes)"

SCENE_TABLE = AttributeTable(
    [
        Attribute("floor_hue", "turns of the colour wheel", 0.0, 0.9, "Colour of the floor; 0 is red."),
        Attribute("wall_hue", "turns of the colour wheel", 0.0, 0.9, "Colour of the walls; 0 is red."),
        Attribute("object_hue", "turns of the colour wheel", 0.0, 0.9, "Colour of the object; 0 is red."),
        Attribute("scale", "times the middle size", 0.75, 1.25, "How large the object is."),
        Attribute("shape", "0 cube, 1 cylinder, 2 sphere, 3 capsule", 0.0, 3.0, "Which shape it is.", "categorical"),
        Attribute("orientation", "degrees", -30.0, 30.0, "How far the camera has gone round the object."),
    ]
)

Integers = NDArray[np.int64]
Bytes = NDArray[np.uint8]


def prepare_scenes(preparation: Preparation) -> Dataset:
    """Build the whole set of 480,000 pictures; it takes 5.9 GB on disk and is never in memory as a whole.

    Raises:
        InputError: The source is not the official archive.
        DataError: The download failed, or the disk is full.
        MissingExtraError: numba, or h5py where it is needed, is not installed.
    """
    return _build("shapes3d", np.arange(SCENES), FRACTIONS, preparation)


def prepare_small_scenes(preparation: Preparation) -> Dataset:
    """Build the subset with two hues of the floor and of the walls: 19,200 pictures, every other factor in full.

    Raises:
        InputError: The source is not the official archive.
        DataError: The download failed, or the disk is full.
        MissingExtraError: numba, or h5py where it is needed, is not installed.
    """
    chosen = np.isin(scene_factors()[:, :2], SMALL_HUES).all(axis=1)
    return _build("shapes3d-small", np.flatnonzero(chosen), SMALL_FRACTIONS, preparation)


def _build(name: str, numbers: Integers, fractions: dict[str, float], preparation: Preparation) -> Dataset:
    """Every picture is a group of its own: no two are alike."""
    pieces, description = _pictures(numbers, preparation)
    codec = PictureCodec((3, SIZE, SIZE), 255, "none", SCENE_TABLE)
    items = items_on_disk((len(numbers), *codec.item_shape), pieces, preparation.report)
    splits = {
        split: members.astype(np.int32) for split, members in groups_by_split(len(numbers), fractions, seed=0).items()
    }
    return Dataset(
        name,
        items,
        scene_factors(numbers).astype(np.float32),
        np.arange(len(numbers), dtype=np.int32),
        splits,
        codec,
        {**description, "rejected": [], "overlap": count_overlap(items, splits)},
    )


def _pictures(numbers: Integers, preparation: Preparation) -> tuple[Iterator[Bytes], dict[str, Any]]:
    """Pictures of these numbers of the official order, piece by piece, and where they come from."""
    if preparation.source is not None and preparation.download:
        raise InputError("--source and --download exclude each other: choose one.")
    if preparation.source is None and not preparation.download:
        pieces = draw_scenes_in_order(numbers, workers=preparation.workers)
        return pieces, {"source": "scenes drawn by latune in the order of 3D Shapes", "licence": LICENCE_DRAWN}
    path = preparation.source or fetch_scenes(preparation.report)
    pieces = read_scenes(path, numbers)
    description = {"source": f"3D Shapes, official archive {path.name}", "source_sha256": checksum(path)}
    return pieces, {**description, "licence": LICENCE_READ}
