"""Sprites: the pictures of the dSprites data set, drawn from their five factors.

A sprite is a square, an ellipse or a heart on 64x64 pixels that are on (1) or off (0). Column i and row j have their
centre at (i + 0.5, j + 0.5); x points right and y down. The official set is a full grid of 3 shapes, 6 scales,
40 orientations, 32 columns and 32 rows: 737,280 pictures, shape varying slowest and the vertical position fastest.

A pixel is on if its centre lies inside the polygon whose corners were first rounded to 1/256 pixel, as a graphics card
does; after the rounding everything is done in integers, so the drawing is the same on every machine.

Source: Matthey, Higgins, Hassabis and Lerchner 2017 (dSprites). The published pictures were drawn with a program that
was not published; outlines and rules were measured on 320 of its frames, all of which come out exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latune.errors import InputError, MissingExtraError
from latune.images.factor_grid import checked_numbers, factor_values

__all__ = [
    "FACTORS",
    "FACTOR_BASES",
    "FACTOR_SIZES",
    "FACTOR_VALUES",
    "SHAPES",
    "SIZE",
    "SPRITES",
    "draw_all_sprites",
    "outline",
    "render_sprites",
    "sprite_factors",
]

Report = Callable[[int, int], None]
Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

SIZE = 64  # pixels a side
SHAPES = ("square", "ellipse", "heart")
FACTORS = ("shape", "scale", "orientation", "posx", "posy")
FACTOR_SIZES = (3, 6, 40, 32, 32)
FACTOR_BASES = (245760, 40960, 1024, 32, 1)
SPRITES = 737280
# The published values; the last orientation repeats the first, and positions run from 16 to 48 pixels.
FACTOR_VALUES: tuple[Floats, ...] = tuple(
    np.asarray(values, dtype=np.float64)
    for values in (
        np.arange(1, 4),
        np.linspace(0.5, 1, 6),
        np.linspace(0, 2 * np.pi, 40),
        np.linspace(0, 1, 32),
        np.linspace(0, 1, 32),
    )
)
MARGIN, SPAN = 16, 32  # pixels: position 0, and the way from 0 to 1
_REACH = float(2**20)  # pixels; corners within it keep all products in 64 bits
_CHUNK = 8192  # pictures drawn at a time: 4 MB


# Outlines at scale 1 and orientation 0, in pixels around the turning point, corners (n, 2); see the source above.
def _square() -> Floats:
    return 9.6 * np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)], dtype=np.float64)


def _ellipse() -> Floats:
    angle = 2 * np.pi * np.arange(100) / 100
    return np.stack([12.76822 * np.cos(angle), 7.21948 * np.sin(angle)], axis=1)


def _heart() -> Floats:
    w = 2 * np.pi * np.arange(180) / 180
    curve = 13 * np.cos(w) - 5 * np.cos(2 * w) - 2 * np.cos(3 * w) - np.cos(4 * w)
    return np.stack([16 * 0.59996125 * np.sin(w) ** 3, -1.43789589 - 0.66219482 * curve], axis=1)


OUTLINES: tuple[Floats, Floats, Floats] = (_square(), _ellipse(), _heart())
MOST_CORNERS = max(len(corners) for corners in OUTLINES)
_RADIUS = max(float(np.hypot(*corners.T).max()) for corners in OUTLINES)

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(function: _Function) -> _Function:
    """Compile `function` with numba, keeping the machine code on disk where some folder can be written.

    Without numba the module still imports, and a call of the function says which extra is missing. Machine code on disk
    is renewed when the file of the function changes, but not when a function that it calls from another file does:
    whoever changes `draw_rows` must touch `sprite_matching.py` too.
    """
    try:
        import numba
    except ImportError:
        return _missing  # type: ignore[return-value]
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    try:
        return numba.njit(cache=True, **options)(function)  # type: ignore[no-any-return]
    except RuntimeError:  # no folder for the cache
        return numba.njit(**options)(function)  # type: ignore[no-any-return]


def _missing(*_: Any) -> NoReturn:
    raise MissingExtraError("numba", "images")


@compiled
def draw_rows(
    corners: Floats, scale: float, angle: float, x: float, y: float, fixed: NDArray[np.int64], rows: Words
) -> None:
    """Draw one outline.

    Args:
        corners: Outline around its turning point, (n, 2).
        scale: Factor on the outline.
        angle: Turn in radians, anticlockwise as seen on the screen.
        x: Column of the turning point, in pixels.
        y: Row of the turning point, in pixels.
        fixed: Working space, (>= n, 2).
        rows: Overwritten with the picture: one word per row, the highest bit at the left, (64,).
    """
    n = len(corners)
    along, across = 256 * scale * np.cos(angle), 256 * scale * np.sin(angle)
    for k in range(n):
        u, v = corners[k, 0], corners[k, 1]
        fixed[k, 0] = int(np.rint(256 * x + along * u + across * v))
        fixed[k, 1] = int(np.rint(256 * y - across * u + along * v))
    for row in range(64):
        rows[row] = 0
    for k in range(n):
        x0, y0 = fixed[k - 1, 0] if k else fixed[n - 1, 0], fixed[k - 1, 1] if k else fixed[n - 1, 1]
        x1, y1 = fixed[k, 0], fixed[k, 1]
        if y0 > y1:
            x0, y0, x1, y1 = x1, y1, x0, y0
        # Rows whose centre line 256 j + 128 has y0 <= line < y1: half open, so a corner on a line counts once.
        first, last = max((y0 + 127) >> 8, 0), min((y1 + 127) >> 8, 64)
        if first >= last:
            continue
        rise, run = y1 - y0, x1 - x0
        whole = rise << 8
        # Columns from ceil((crossing - 128) / 256) on lie to the right of the edge, those on it included. Flipping all
        # of them at every edge leaves the inside (even-odd rule).
        part = (x0 - 128) * rise + ((first << 8) + 128 - y0) * run
        for row in range(first, last):
            column = -(-part // whole)
            if column <= 0:
                rows[row] ^= np.uint64(0xFFFFFFFFFFFFFFFF)
            elif column < 64:
                rows[row] ^= np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(column)
            part += run << 8


@compiled
def _draw(square: Floats, ellipse: Floats, heart: Floats, factors: Floats, rows: Words) -> None:
    """Draw pictures with checked `factors` (N, 5) into `rows` (N, 64)."""
    fixed = np.empty((MOST_CORNERS, 2), np.int64)
    for k in range(len(factors)):
        shape, scale, angle = factors[k, 0], factors[k, 1], factors[k, 2]
        corners = square if shape == 1 else (ellipse if shape == 2 else heart)
        draw_rows(corners, scale, angle, MARGIN + SPAN * factors[k, 3], MARGIN + SPAN * factors[k, 4], fixed, rows[k])


def _checked(factors: ArrayLike) -> Floats:
    """Factors as float64 (N, 5), every value usable."""
    values = np.ascontiguousarray(factors, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] != len(FACTORS):
        raise InputError(f"Factors must have the shape (N, {len(FACTORS)}), got {values.shape}.")
    if not np.isin(values[:, 0], (1, 2, 3)).all():
        wrong = values[~np.isin(values[:, 0], (1, 2, 3)), 0][0]
        raise InputError(f"Factor 'shape' must be 1 (square), 2 (ellipse) or 3 (heart), got {wrong:g}.")
    if not np.isfinite(values).all():
        raise InputError("Factors must be finite numbers, got NaN or infinity.")
    reach = _RADIUS * np.abs(values[:, 1]) + MARGIN + SPAN * np.abs(values[:, 3:]).max(axis=1, initial=0)
    if (reach > _REACH).any():
        raise InputError(f"Sprites must end within {_REACH:.0f} pixels of the picture, got {reach.max():.3g}.")
    return values


def _packed(factors: Floats) -> NDArray[np.uint8]:
    """Pictures of checked factors as bits, (N, 512)."""
    rows = np.empty((len(factors), SIZE), np.uint64)
    _draw(*OUTLINES, factors, rows)
    return rows.astype(">u8").view(np.uint8)


def _chunks(count: int) -> Iterator[slice]:
    return (slice(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK))


def outline(shape: int, scale: float, orientation: float, x: float, y: float) -> Floats:
    """Corners of a sprite in pixels, before they are rounded.

    Args:
        shape: 1 (square), 2 (ellipse) or 3 (heart).
        scale: Size; 0.5 to 1 in the official set.
        orientation: Turn in radians, anticlockwise as seen on the screen.
        x: Horizontal position; 0 is column 16 and 1 is column 48.
        y: Vertical position; 0 is row 16 and 1 is row 48, downward.

    Returns:
        Corners (x, y) in order around the sprite, (4, 2), (100, 2) or (180, 2).

    Raises:
        InputError: The shape is none of the three, or a value is not finite or beyond a million pixels.
    """
    _checked([[shape, scale, orientation, x, y]])
    u, v = OUTLINES[int(shape) - 1].T
    along, across = scale * np.cos(orientation), scale * np.sin(orientation)
    return np.stack([MARGIN + SPAN * x + along * u + across * v, MARGIN + SPAN * y - across * u + along * v], axis=1)


def render_sprites(factors: ArrayLike) -> NDArray[np.uint8]:
    """Draw sprites with any factors; what leaves the picture is cut off.

    Args:
        factors: Shape (1, 2 or 3), scale, orientation in radians, horizontal and vertical position (0 is pixel 16 and
            1 is pixel 48), (N, 5). All but the shape may have any value between and beyond those of the official set.

    Returns:
        Pictures in {0, 1}, (N, 64, 64): rows downward, columns to the right.

    Raises:
        InputError: `factors` is not (N, 5), a shape is none of the three, or a value is not finite or beyond a million
            pixels.
    """
    values = _checked(factors)
    pictures = np.empty((len(values), SIZE, SIZE), np.uint8)
    for part in _chunks(len(values)):
        pictures[part] = np.unpackbits(_packed(values[part]), axis=1).reshape(-1, SIZE, SIZE)
    return pictures


def _factors(numbers: NDArray[np.int64]) -> Floats:
    """Factors (N, 5) of checked indices (N,)."""
    return factor_values(numbers, FACTOR_SIZES, FACTOR_BASES, FACTOR_VALUES)


def sprite_factors(indices: ArrayLike | None = None) -> NDArray[np.float32]:
    """Factors of pictures of the official set.

    Args:
        indices: Numbers of pictures in the official order, (N,); default: all 737,280.

    Returns:
        Shape (1 to 3), scale (0.5 to 1), orientation (0 to 2 pi), horizontal and vertical position (0 to 1), (N, 5).

    Raises:
        InputError: An index is not in 0..737279.
    """
    numbers = checked_numbers(indices, SPRITES, "sprites")
    factors = np.empty((len(numbers), len(FACTORS)), np.float32)
    for part in _chunks(len(numbers)):
        factors[part] = _factors(numbers[part])
    return factors


def draw_all_sprites(
    indices: ArrayLike | None = None, workers: int = 2, report: Report | None = None
) -> NDArray[np.uint8]:
    """Draw pictures of the official set as bits.

    Args:
        indices: Numbers of pictures in the official order, (N,); default: all 737,280 (377 MB).
        workers: Threads that draw side by side.
        report: Told (done, total) pictures.

    Returns:
        Rows as `numpy.packbits` writes them, (N, 512); `numpy.unpackbits(row).reshape(64, 64)` is the picture. They are
        drawn from factors in double precision: those of `sprite_factors`, rounded to single precision, give another
        pixel in about one picture of 20,000.

    Raises:
        InputError: An index is not in 0..737279.
    """
    numbers = checked_numbers(indices, SPRITES, "sprites")
    pictures = np.empty((len(numbers), SIZE * SIZE // 8), np.uint8)

    def draw(part: slice) -> int:
        pictures[part] = _packed(_factors(numbers[part]))
        return len(numbers[part])

    done = 0
    with ThreadPoolExecutor(max(workers, 1)) as pool:
        for drawn in pool.map(draw, _chunks(len(numbers))):
            done += drawn
            if report is not None:
                report(done, len(numbers))
    return pictures
