"""Which sprite is this? The factors whose drawing overlaps a picture most.

Pictures are held as 64 words of 64 bits, so that an overlap is a bitwise "and" and a count. A picture is compared with
a bank of drawings around its centroid (every shape, 15 scales, orientations 4.5 degrees apart, four positions within a
pixel). The best of every promising shape is improved by a pattern search that draws every trial exactly, and the best
of these by random moves, which also bring it to the middle of the factors that overlap equally well.

Sources: Jaccard 1912 (intersection over union); Hooke and Jeeves 1961 (pattern search); Rechenberg 1973 (random moves
with a size that adapts); the drawing is that of `latune.images.sprites`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.images.sprites import MARGIN, MOST_CORNERS, OUTLINES, SIZE, SPAN, compiled, draw_rows

__all__ = ["SYMMETRY", "SpriteMatch", "match_sprites"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Words = NDArray[np.uint64]

SYMMETRY = (np.pi / 2, np.pi, 2 * np.pi)
"""The turn after which square, ellipse and heart look the same, in radians."""

_SCALES = np.linspace(0.4, 1.1, 15)
_TURN = 2 * np.pi / 80  # between drawings of the bank
_PHASES = (0.25, 0.75)  # of the centroid within a pixel
_PROMISING = 0.12  # of overlap in the bank: shapes within it of the best are tried
_STEPS = np.array([0.03, np.pi / 45, 0.3, 0.3])  # first steps of the search: scale, orientation, x, y
_LEVELS = 3  # the steps are halved twice
_ROUNDS = 8  # at most, over the four numbers with the same steps
# The random moves are the same for every picture, so results do not depend on what else is matched; every second
# is four times as wide and leads out of small traps.
_MOVES = np.random.default_rng(0).normal(size=(150, 4)) * (0.012, np.pi / 120, 0.12, 0.12)
_MOVES[::2] *= 4
_GROW, _SHRINK = 1.5, 0.95  # of the moves after a better and after a worse trial
_LARGEST = 5.0  # scale; such a sprite fills the picture, and larger ones would do so equally well
_CHUNK = 2048  # pictures a thread takes at a time


class SpriteMatch(NamedTuple):
    """What was found for N pictures."""

    factors: Floats
    """Shape (1 to 3), scale, orientation in radians from 0 to below the shape's symmetry, and horizontal and vertical
    position as in `render_sprites`, (N, 5); NaN for empty pictures."""

    iou: Floats
    """Intersection over union of the picture and the drawing of these factors, 0 to 1, (N,); 0 for empty pictures."""


class _Bank(NamedTuple):
    """Drawings to compare with, grouped by shape."""

    drawings: Words  # (4 phases, B, 16): window rows of 32 bits, two in a word
    areas: Integers  # (4, B)
    parameters: Floats  # (B, 3): shape 0 to 2, scale, orientation


def _centroid(corners: Floats) -> Floats:
    """Centre of mass of a polygon (n, 2): (2,)."""
    following = np.roll(corners, -1, axis=0)
    cross = corners[:, 0] * following[:, 1] - corners[:, 1] * following[:, 0]
    return np.asarray(((corners + following) * cross[:, None]).sum(axis=0) / (3 * cross.sum()))


# Outlines around their centre of mass: turning and growing then leave the position where the picture has it.
_CENTROIDS = np.stack([_centroid(corners) for corners in OUTLINES])
_CENTRED = (OUTLINES[0] - _CENTROIDS[0], OUTLINES[1] - _CENTROIDS[1], OUTLINES[2] - _CENTROIDS[2])


@compiled
def _bits(word: np.uint64) -> int:
    """Number of bits that are 1."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int(
        np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))
    )  # unsigned would turn sums into floats


@compiled
def _area(rows: Words) -> int:
    """Pixels that are on."""
    area = 0
    for row in rows:
        area += _bits(row)
    return area


@compiled
def _shifted(rows: Words, right: int, down: int, out: Words) -> None:
    """Move a picture by whole pixels; what leaves it is lost."""
    for j in range(64):
        word = rows[j - down] if 0 <= j - down < 64 else np.uint64(0)
        if right >= 0:
            out[j] = word >> np.uint64(min(right, 63))
        else:
            out[j] = word << np.uint64(min(-right, 63))


@compiled
def _mean_position(rows: Words, left: int, top: int, side: int) -> tuple[float, float, int]:
    """Centroid (x, y) of the pixels that are on within a square of the picture, and their number."""
    area, x_sum, y_sum = 0, 0, 0
    mask = np.uint64(0xFFFFFFFFFFFFFFFF)
    if left > 0:
        mask >>= np.uint64(left)
    if left + side < 64:
        mask &= ~(np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(left + side))
    for j in range(max(top, 0), min(top + side, 64)):
        word = rows[j] & mask
        count = _bits(word)
        area += count
        y_sum += count * j
        # The column is 63 minus the number of the bit, which is added up digit by digit.
        x_sum += 63 * count - _bits(word & np.uint64(0xAAAAAAAAAAAAAAAA))
        x_sum -= 2 * _bits(word & np.uint64(0xCCCCCCCCCCCCCCCC)) + 4 * _bits(word & np.uint64(0xF0F0F0F0F0F0F0F0))
        x_sum -= 8 * _bits(word & np.uint64(0xFF00FF00FF00FF00)) + 16 * _bits(word & np.uint64(0xFFFF0000FFFF0000))
        x_sum -= 32 * _bits(word & np.uint64(0xFFFFFFFF00000000))
    return x_sum / max(area, 1) + 0.5, y_sum / max(area, 1) + 0.5, area


@compiled
def _position(rows: Words) -> tuple[float, float, int]:
    """Centroid (x, y) of the main thing in a picture, and the number of all pixels that are on."""
    x, y, area = _mean_position(rows, 0, 0, 64)
    if _mean_position(rows, int(x) - 16, int(y) - 16, 32)[2] == area:
        return x, y, area
    # Something lies far off: begin with the window that holds most, and follow what it holds.
    most = -1
    for left in range(0, 33, 16):
        for top in range(0, 33, 16):
            middle_x, middle_y, count = _mean_position(rows, left, top, 32)
            if count > most:
                x, y, most = middle_x, middle_y, count
    for _ in range(2):
        x, y, _count = _mean_position(rows, int(x) - 16, int(y) - 16, 32)
    return x, y, area


@compiled
def _windowed(rows: Words, out: Words) -> None:
    """The middle 32x32 pixels of a picture: (16,) words, two rows in each."""
    half = np.uint64(0xFFFFFFFF)
    for j in range(16):
        upper, lower = rows[16 + 2 * j] >> np.uint64(16), rows[17 + 2 * j] >> np.uint64(16)
        out[j] = ((upper & half) << np.uint64(32)) | (lower & half)


@compiled
def _overlap(picture: Words, area: int, corners: Floats, trial: Floats, fixed: Integers, drawn: Words) -> float:
    """Intersection over union of a picture and a trial (scale, orientation, x, y of the centroid in pixels)."""
    if not 0 < trial[0] < _LARGEST:
        return 0.0
    draw_rows(corners, trial[0], trial[1], trial[2], trial[3], fixed, drawn)
    shared, union = 0, 0
    for j in range(64):
        shared += _bits(picture[j] & drawn[j])
        union += _bits(drawn[j])
    return shared / (area + union - shared)


@compiled
def _best_of_bank(
    picture: Words,
    area: int,
    x: float,
    y: float,
    drawings: Words,
    areas: Integers,
    parameters: Floats,
    best: Floats,
    choice: Integers,
    work: Words,
) -> None:
    """Best drawing of the bank for every shape: `best` (3,) overlaps and `choice` (3,) numbers are overwritten."""
    column, row = int(np.floor(x)), int(np.floor(y))
    phase = 2 * int(y - row >= 0.5) + int(x - column >= 0.5)
    _shifted(picture, 32 - column, 32 - row, work)
    window = np.empty(16, np.uint64)
    _windowed(work, window)
    for k in range(3):
        best[k] = -1
    for k in range(len(parameters)):
        shared = 0
        for j in range(16):
            shared += _bits(window[j] & drawings[phase, k, j])
        value = shared / (area + areas[phase, k] - shared)
        shape = int(parameters[k, 0])
        if value > best[shape]:
            best[shape] = value
            choice[shape] = k


@compiled
def _start(picture: Words, area: int, corners: Floats, trial: Floats, fixed: Integers, drawn: Words) -> None:
    """Give `trial` the scale that has the picture's area, if that overlaps more."""
    value, kept = _overlap(picture, area, corners, trial, fixed, drawn), trial[0]
    trial[0] *= np.sqrt(area / max(_area(drawn), 1))
    if _overlap(picture, area, corners, trial, fixed, drawn) <= value:
        trial[0] = kept


@compiled
def _largest(values: Floats) -> int:
    """Number of the largest of three values."""
    first = 1 if values[1] > values[0] else 0
    return 2 if values[2] > values[first] else first


@compiled
def _search(picture: Words, area: int, corners: Floats, trial: Floats, fixed: Integers, drawn: Words) -> float:
    """Improve `trial` in place, one number at a time by steps that are halved: its overlap afterwards."""
    best = _overlap(picture, area, corners, trial, fixed, drawn)
    for level in range(_LEVELS):
        for _ in range(_ROUNDS):
            before = best
            for k in range(4):
                for sign in (1, -1):
                    if best == 1:
                        return best
                    kept = trial[k]
                    trial[k] += sign * _STEPS[k] / 2**level
                    value = _overlap(picture, area, corners, trial, fixed, drawn)
                    if value > best:
                        best = value
                        break
                    trial[k] = kept
            if best == before:
                break
    return best


@compiled
def _polish(
    picture: Words, area: int, corners: Floats, trial: Floats, best: float, moves: Floats, fixed: Integers, drawn: Words
) -> float:
    """Improve `trial` in place by random moves (T, 4) and centre it on its plateau: its overlap afterwards."""
    size, count = 1.0, 1
    moved, total = np.empty(4), np.zeros(4)
    for k in range(4):
        total[k] = trial[k]
    for step in range(len(moves)):
        for k in range(4):
            moved[k] = trial[k] + size * moves[step, k]
        value = _overlap(picture, area, corners, moved, fixed, drawn)
        if value < best:
            size *= _SHRINK
            continue
        if value > best:
            best, size, count = value, size * _GROW, 0
        # A trial as good is taken too: that leads along the plateau, whose mean is kept.
        for k in range(4):
            trial[k] = moved[k]
            total[k] = (total[k] if count else 0.0) + moved[k]
        count += 1
    for k in range(4):
        moved[k] = total[k] / count
    if _overlap(picture, area, corners, moved, fixed, drawn) >= best:
        for k in range(4):
            trial[k] = moved[k]
    return best


@compiled
def _match(
    pictures: Words,
    square: Floats,
    ellipse: Floats,
    heart: Floats,
    drawings: Words,
    areas: Integers,
    parameters: Floats,
    moves: Floats,
    found: Floats,
) -> None:
    """Match pictures (N, 64): `found` (N, 6) gets shape 0 to 2, scale, orientation, centroid x, y in pixels, overlap.

    Empty pictures get -1 everywhere.
    """
    fixed, drawn = np.empty((MOST_CORNERS, 2), np.int64), np.empty(64, np.uint64)
    trial, best, choice = np.empty(4), np.empty(3), np.empty(3, np.int64)
    for i in range(len(pictures)):
        picture, result = pictures[i], found[i]
        for k in range(6):
            result[k] = -1
        x, y, area = _position(picture)
        if area == 0:
            continue
        _best_of_bank(picture, area, x, y, drawings, areas, parameters, best, choice, drawn)
        limit = max(best[0], best[1], best[2]) - _PROMISING
        for _ in range(3):
            shape = _largest(best)
            if best[shape] < limit or result[5] == 1:
                break
            best[shape] = -1
            outline = square if shape == 0 else (ellipse if shape == 1 else heart)
            trial[0], trial[1], trial[2], trial[3] = parameters[choice[shape], 1], parameters[choice[shape], 2], x, y
            _start(picture, area, outline, trial, fixed, drawn)
            value = _search(picture, area, outline, trial, fixed, drawn)
            if value > result[5]:
                result[0], result[5] = shape, value
                for k in range(4):
                    result[1 + k] = trial[k]
        outline = square if result[0] == 0 else (ellipse if result[0] == 1 else heart)
        result[5] = _polish(picture, area, outline, result[1:5], result[5], moves, fixed, drawn)


@cache
def _bank() -> _Bank:
    """The drawings to compare with."""
    parameters = np.array(
        [
            (shape, scale, angle)
            for shape, symmetry in enumerate(SYMMETRY)
            for scale in _SCALES
            for angle in np.arange(round(symmetry / _TURN)) * _TURN
        ]
    )
    drawings = np.empty((4, len(parameters), 16), np.uint64)
    areas = np.empty((4, len(parameters)), np.int64)
    fixed, drawn = np.empty((MOST_CORNERS, 2), np.int64), np.empty(64, np.uint64)
    for phase, (down, right) in enumerate((down, right) for down in _PHASES for right in _PHASES):
        for k, (shape, scale, angle) in enumerate(parameters):
            draw_rows(_CENTRED[int(shape)], scale, angle, 32 + right, 32 + down, fixed, drawn)
            _windowed(drawn, drawings[phase, k])
            areas[phase, k] = _area(drawn)
    return _Bank(drawings, areas, parameters)


def _factors(found: Floats) -> Floats:
    """Factors (N, 5) of what `_match` found (N, 6)."""
    empty = found[:, 5] < 0
    shape = np.where(empty, 0, found[:, 0]).astype(np.int64)
    scale, angle = found[:, 1], found[:, 2]
    # The turning point lies before the centroid, by a way that turns and grows with the sprite.
    u, v = (scale[:, None] * _CENTROIDS[shape]).T
    x = found[:, 3] - np.cos(angle) * u - np.sin(angle) * v
    y = found[:, 4] + np.sin(angle) * u - np.cos(angle) * v
    symmetry = np.array(SYMMETRY)[shape]
    turned = np.mod(angle, symmetry)
    turned[turned >= symmetry] = 0  # the remainder of a tiny negative angle, rounded
    factors = np.stack([shape + 1.0, scale, turned, (x - MARGIN) / SPAN, (y - MARGIN) / SPAN], axis=1)
    factors[empty] = np.nan
    return factors


def _packed(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Checked pictures as bits, (N, 512)."""
    pictures = np.asarray(images)
    if pictures.ndim != 3 or pictures.shape[1:] != (SIZE, SIZE):
        raise InputError(f"Pictures must have the shape (N, {SIZE}, {SIZE}), got {pictures.shape}.")
    if pictures.size and not (pictures.dtype == np.bool_ or (pictures.min() >= 0 and pictures.max() <= 1)):
        raise InputError(f"Pictures must be 0 or 1, got values from {pictures.min()} to {pictures.max()}.")
    if pictures.dtype not in (np.bool_, np.uint8):
        raise InputError(f"Pictures must be of type uint8, got {pictures.dtype}.")
    return np.packbits(pictures.reshape(len(pictures), SIZE * SIZE), axis=1)


def match_sprites(images: NDArray[np.uint8], workers: int = 2) -> SpriteMatch:
    """Find for every picture the sprite that overlaps it most.

    Equal pictures are matched once.

    Args:
        images: Pictures in {0, 1}, (N, 64, 64); sprites, or anything else.
        workers: Threads that match side by side.

    Returns:
        The factors of the sprites and their intersection over union with the pictures. The search is local: on pictures
        that are far from any sprite a better drawing may exist.

    Raises:
        InputError: The pictures are not (N, 64, 64) in {0, 1}.
    """
    bits = _packed(images)
    unique, inverse = np.unique(bits.view("V512")[:, 0], return_inverse=True)
    words = unique.view(">u8").reshape(-1, SIZE).astype(np.uint64)
    found = np.empty((len(words), 6))
    bank = _bank()

    def match(start: int) -> None:
        part = slice(start, start + _CHUNK)
        _match(words[part], *_CENTRED, *bank, _MOVES, found[part])

    with ThreadPoolExecutor(max(workers, 1)) as pool:
        list(pool.map(match, range(0, len(words), _CHUNK)))
    return SpriteMatch(_factors(found)[inverse], np.maximum(found[inverse, 5], 0))
