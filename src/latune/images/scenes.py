"""Scenes: pictures as those of the 3D Shapes data set, drawn from their six factors.

A cube, cylinder, sphere or capsule stands on the floor of a room and is seen from a camera that goes round it. The
official set is a full grid of 10 floor hues, 10 wall hues, 10 object hues, 8 scales, 4 shapes and 15 orientations:
480,000 pictures of 64x64 pixels, the floor's hue varying slowest and the orientation fastest.

Source: Burgess and Kim 2018 (3D Shapes). The program that drew the published pictures was not published; this one draws
the same scene with a camera, a room and a lamp that were fitted to 50 of its pictures. It resembles them and is
not equal to them: it has no pattern on the walls and the floor.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latune.errors import InputError
from latune.images.factor_grid import checked_numbers, factor_values
from latune.images.scene_kernels import Room, draw_scenes

__all__ = [
    "FACTORS",
    "FACTOR_BASES",
    "FACTOR_SIZES",
    "FACTOR_VALUES",
    "SCENES",
    "SHAPES",
    "SIZE",
    "draw_scenes_in_order",
    "render_scenes",
    "scene_factors",
]

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]

SIZE = 64  # pixels a side
SHAPES = ("cube", "cylinder", "sphere", "capsule")
FACTORS = ("floor_hue", "wall_hue", "object_hue", "scale", "shape", "orientation")
FACTOR_SIZES = (10, 10, 10, 8, 4, 15)
FACTOR_BASES = (48000, 4800, 480, 60, 15, 1)
SCENES = 480000
FACTOR_VALUES: tuple[Floats, ...] = tuple(
    np.asarray(values, dtype=np.float64)
    for values in (
        np.arange(10) / 10,
        np.arange(10) / 10,
        np.arange(10) / 10,
        np.linspace(0.75, 1.25, 8),
        np.arange(4),
        np.linspace(-30, 30, 15),
    )
)
HUES, SCALE, SHAPE, ORIENTATION = slice(0, 3), 3, 4, 5  # columns
SCALE_RANGE = (0.1, 2.0)
"""Larger objects would reach the camera or the lamp."""
ORIENTATION_RANGE = (-60.0, 60.0)
"""The room has no wall behind the camera."""
SKY = np.array([153, 226, 249]) / 255

# Found by fitting 50 real pictures: damped Gauss-Newton steps (Levenberg 1944) on slightly blurred pixels, in turn with
# a search for the scale and orientation of each picture, which are not labelled, among the official values. The
# remaining error is 1.8 of 255 per pixel on average, most of it the pattern of the real walls and floor.
ROOM = Room(
    focal=69.0,
    height=0.2965,
    tilt=0.0104,
    back=1.4793,
    side=1.4509,
    wall=0.8185,
    cube=0.14,
    sphere=0.1695,
    cylinder=0.15,
    capsule=0.1294,
    lamp_x=-0.4062,
    lamp_y=0.0942,
    lamp_z=2.2484,
    aim_x=-0.7528,
    aim_y=0.1549,
    everywhere=0.3369,
    camera=0.6102,
    floor_lamp=0.9552,
    wall_lamp=0.4916,
    object_lamp=1.0868,
    glare=0.1175,
)

_CHUNK = 8 * 480  # pictures drawn at a time, 47 MB: 480 objects in 8 colours


def _colours(hues: Floats) -> Floats:
    """Colours of sky, floor, walls and object (N, 4, 3) for hues (N, 3), fully saturated and bright."""
    distance = np.abs((6 * hues[..., None] - np.array([0.0, 2.0, 4.0]) + 3) % 6 - 3)  # from red, green and blue
    painted = np.clip(2 - distance, 0, 1)
    return np.concatenate([np.broadcast_to(SKY, (len(hues), 1, 3)), painted], axis=1)


def _checked(factors: ArrayLike) -> Floats:
    """Factors as float64 (N, 6), every value usable."""
    values = np.ascontiguousarray(factors, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] != len(FACTORS):
        raise InputError(f"Factors must have the shape (N, {len(FACTORS)}), got {values.shape}.")
    if not np.isfinite(values).all():
        raise InputError("Factors must be finite numbers, got NaN or infinity.")
    shapes = np.isin(values[:, SHAPE], range(len(SHAPES)))
    if not shapes.all():
        names = ", ".join(f"{k} ({name})" for k, name in enumerate(SHAPES))
        raise InputError(f"Factor 'shape' must be one of {names}, got {values[~shapes, SHAPE][0]:g}.")
    for column, (low, high) in ((SCALE, SCALE_RANGE), (ORIENTATION, ORIENTATION_RANGE)):
        wrong = values[(values[:, column] < low) | (values[:, column] > high), column]
        if len(wrong):
            raise InputError(f"Factor '{FACTORS[column]}' must lie in {low:g} to {high:g}, got {wrong[0]:g}.")
    return values


def render_scenes(factors: ArrayLike) -> Bytes:
    """Draw scenes with any factors.

    Args:
        factors: Hue of the floor, of the walls and of the object (0 to 1 is once round from red to red), scale (0.1 to
            2; 0.75 to 1.25 in the official set), shape (0 cube, 1 cylinder, 2 sphere, 3 capsule) and orientation in
            degrees (-60 to 60; -30 to 30 in the official set), (N, 6). All but the shape may have any value between.

    Returns:
        Pictures from 0 to 255, red, green and blue, (N, 3, 64, 64): rows downward, columns to the right.

    Raises:
        InputError: `factors` is not (N, 6), or a value is not finite or not in its range.
        MissingExtraError: numba is not installed.
    """
    values = _checked(factors)
    pictures = np.empty((len(values), 3, SIZE * SIZE), np.uint8)
    objects, which = np.unique(values[:, SCALE:], axis=0, return_inverse=True)
    objects[:, -1] = np.radians(objects[:, -1])
    order = np.argsort(which, kind="stable")
    starts = np.searchsorted(which[order], np.arange(len(objects) + 1))
    draw_scenes(objects, starts, order, _colours(values[:, HUES]), ROOM, pictures)
    return pictures.reshape(-1, 3, SIZE, SIZE)


def scene_factors(indices: ArrayLike | None = None) -> Floats:
    """Factors of pictures of the official set, in the units of `render_scenes`.

    Args:
        indices: Numbers of pictures in the official order, (N,); default: all 480,000.

    Returns:
        Shape (N, 6).

    Raises:
        InputError: An index is not in 0..479999.
    """
    numbers = checked_numbers(indices, SCENES, "scenes")
    return factor_values(numbers, FACTOR_SIZES, FACTOR_BASES, FACTOR_VALUES)


def draw_scenes_in_order(indices: ArrayLike | None = None, workers: int = 2) -> Iterator[Bytes]:
    """Draw pictures of the official set piece by piece; all 480,000 would take 5.9 GB.

    Args:
        indices: Numbers of pictures in the official order, (N,); default: all.
        workers: Threads that draw side by side.

    Returns:
        Pictures (up to 3840, 3, 64, 64), in the order of `indices`.

    Raises:
        InputError: An index is not in 0..479999.
        MissingExtraError: numba is not installed.
    """
    return _drawn(scene_factors(indices), workers)


def _drawn(factors: Floats, workers: int) -> Iterator[Bytes]:
    parts = [factors[start : start + _CHUNK] for start in range(0, len(factors), _CHUNK)]
    with ThreadPoolExecutor(max(workers, 1)) as pool:
        for start in range(0, len(parts), max(workers, 1)):  # no more pieces in memory than threads
            yield from pool.map(render_scenes, parts[start : start + max(workers, 1)])
