"""Plus, minus and times signs as a hand would write them.

A sign is one stroke or two. The pen moves along a heading that turns slowly (a bow over the whole stroke, a wobble, a
hook at its end) and presses more or less, which makes the stroke wider or narrower. Nothing here is taken from
pictures: the numbers below were chosen by looking at signs beside digits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latune.errors import InputError

__all__ = ["OPERATORS", "SIZE", "draw_symbols"]

SIZE = 45  # pixels a side
OPERATORS = ("+", "-", "times")
"""The signs that can be drawn."""

# Headings of the strokes of a sign in degrees: 0 is to the right, 90 downwards.
_HEADINGS = {"+": (90.0, 0.0), "-": (0.0,), "times": (50.0, 130.0)}
_LENGTH = 25.0  # pixels, median of a stroke
_LONGEST = 30.0
_THICKNESS = 4.0  # pixels, median, where the caller does not say
_THINNEST, _THICKEST = 1.5, 9.0
_STEPS = 12  # straight pieces of a stroke
_CHUNK = 256  # pictures at a time: their distances stay in the processor's cache

# Standard deviations. Angles are radians, sizes are logarithms, places are pixels or shares of the stroke's length.
_SIZE_SPREAD = 0.14  # of a sign
_LENGTH_SPREAD = 0.13  # of a stroke beside the other
_LEAN = 0.08  # of a sign
_TILT = 0.09  # of a stroke beside the other
_BOW = 0.30
_WOBBLE = 0.12
_HOOK = 0.45  # over the last fifth of a stroke
_PLACE = 1.2  # of a sign, pixels
_CROSSING = 0.07  # where strokes cross, of their length
_PRESSURE_TREND = 0.25  # from the start of a stroke to its end
_PRESSURE = 0.10  # from piece to piece

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Strokes:
    """What the pen did: K strokes of each of N signs, in _STEPS straight pieces.

    Args:
        points: Places (N, K, _STEPS + 1, 2), x and y in pixels from the upper left pixel's centre.
        radii: Half the width there (N, K, _STEPS + 1), pixels.
    """

    points: Floats
    radii: Floats


def draw_symbols(kind: str, count: int, seed: int, thickness: ArrayLike | None = None) -> NDArray[np.uint8]:
    """Draw signs of varied stroke.

    Args:
        kind: One of `OPERATORS`.
        count: How many.
        seed: Seed of all that varies.
        thickness: Width of the strokes in pixels, one number or (count,), brought into 1.5 to 9; default: varied
            around 4.

    Returns:
        Pictures (count, 45, 45), 0 to 255, bright on dark, with grey edges one pixel wide.

    Raises:
        InputError: There is no such sign, or the count or a thickness is not a number that can be drawn.
    """
    if kind not in OPERATORS:
        raise InputError(f"Unknown sign '{kind}': expected one of {', '.join(OPERATORS)}.")
    if count < 0:
        raise InputError(f"The number of signs must be 0 or more, got {count}.")
    generator = np.random.default_rng((seed, OPERATORS.index(kind)))
    widths = _widths(thickness, count, generator)
    strokes = _strokes(np.radians(_HEADINGS[kind]), widths, generator)
    pictures = np.empty((count, SIZE, SIZE), np.uint8)
    for start in range(0, count, _CHUNK):
        part = slice(start, start + _CHUNK)
        pictures[part] = _ink(_Strokes(strokes.points[part], strokes.radii[part]))
    return pictures


def _widths(thickness: ArrayLike | None, count: int, generator: np.random.Generator) -> Floats:
    """Width of the strokes of each sign (count,)."""
    if thickness is None:
        given = _THICKNESS * np.exp(generator.normal(0, 0.25, count))
    else:
        given = np.asarray(thickness, np.float64)
        if given.shape not in ((), (count,)):
            raise InputError(f"Thickness: expected one number or {count} numbers, got an array of shape {given.shape}.")
        if not np.isfinite(given).all():
            raise InputError("The thickness must be finite, got a value that is not.")
    return np.broadcast_to(np.clip(given, _THINNEST, _THICKEST), (count,))


def _strokes(headings: Floats, widths: Floats, generator: np.random.Generator) -> _Strokes:
    """Move the pen: mean headings (K,) and widths (N,) to strokes."""
    signs, strokes = (len(widths), 1, 1), (len(widths), len(headings), 1)
    size = generator.normal(0, _SIZE_SPREAD, signs) + generator.normal(0, _LENGTH_SPREAD, strokes)
    lengths = np.minimum(_LENGTH * np.exp(size), _LONGEST)
    heading = headings[:, None] + generator.normal(0, _LEAN, signs) + _turns(strokes, generator)
    moves = np.stack([np.cos(heading), np.sin(heading)], axis=-1) * (lengths / _STEPS)[..., None]
    points = np.cumsum(np.pad(moves, ((0, 0), (0, 0), (1, 0), (0, 0))), axis=2)
    points -= points.mean(axis=2, keepdims=True)
    if len(headings) > 1:
        points += generator.normal(0, _CROSSING, (*strokes, 2)) * lengths[..., None]
    pressure = generator.normal(0, _PRESSURE_TREND, strokes) * np.linspace(-0.5, 0.5, _STEPS + 1)
    pressure += generator.normal(0, _PRESSURE, pressure.shape)
    radii = 0.5 * widths[:, None, None] * np.exp(pressure)
    place = (SIZE - 1) / 2 + generator.normal(0, _PLACE, (*signs, 2))
    return _Strokes(_inside(points + place, radii), radii)


def _turns(strokes: tuple[int, int, int], generator: np.random.Generator) -> Floats:
    """How far the pen's heading is off in each piece of each stroke, radians: (N, K, 1) to (N, K, _STEPS)."""
    along = (np.arange(_STEPS) + 0.5) / _STEPS  # middles of the pieces
    turns: Floats = generator.normal(0, _TILT, strokes) + generator.normal(0, _BOW, strokes) * (along - 0.5)
    turns += generator.normal(0, _HOOK, strokes) * np.clip((along - 0.8) / 0.2, 0, 1)
    phase, waves = generator.uniform(0, 2 * np.pi, strokes), generator.uniform(0.5, 2, strokes)
    turns += generator.normal(0, _WOBBLE, strokes) * np.sin(2 * np.pi * waves * along + phase)
    return turns


def _inside(points: Floats, radii: Floats) -> Floats:
    """The points, shifted where a sign would be cut by the picture's edge."""
    reach = radii[..., None] + 1
    low = (points - reach).min(axis=(1, 2), keepdims=True)
    high = (points + reach).max(axis=(1, 2), keepdims=True)
    return np.asarray(points + np.maximum(0, -low) - np.maximum(0, high - (SIZE - 1)))


def _ink(strokes: _Strokes) -> NDArray[np.uint8]:
    """Strokes of N signs as pictures (N, SIZE, SIZE): covered where the nearest piece of a stroke is near enough."""
    points, radii = strokes.points.astype(np.float32), strokes.radii.astype(np.float32)
    pixel = np.arange(SIZE, dtype=np.float32)
    outside = np.full((len(points), SIZE, SIZE), SIZE, np.float32)  # distance to the nearest stroke's edge
    for stroke in range(points.shape[1]):
        for piece in range(_STEPS):
            start, end = (points[:, stroke, place, :, None, None] for place in (piece, piece + 1))
            wide, narrow = (radii[:, stroke, place, None, None] for place in (piece, piece + 1))
            across, down = end[:, 0] - start[:, 0], end[:, 1] - start[:, 1]
            x, y = pixel - start[:, 0], pixel[:, None] - start[:, 1]
            share = np.clip((x * across + y * down) / (across**2 + down**2), 0, 1)
            distance = np.hypot(x - share * across, y - share * down) - (wide + share * (narrow - wide))
            np.minimum(outside, distance, out=outside)
    return np.asarray(np.round(255 * np.clip(0.5 - outside, 0, 1)), np.uint8)
