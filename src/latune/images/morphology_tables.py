"""The tables that `latune.images.morphology_kernels` reads: maps between a picture and its enlargement, and thinning.

Enlarging and reducing are linear in the picture but for clipping, and work along one axis after the other. So the cubic
splines and the Gaussian of the definition become small matrices here, once per size of picture.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

__all__ = ["SCALE", "Bytes", "Enlarging", "Floats", "Integers", "Reducing", "Words"]
__all__ += ["enlarging", "kept_neighbourhoods", "reducing", "tie_breakers"]

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint32]
Integers = NDArray[np.int32]
Floats = NDArray[np.float64]

SCALE = 4
_SIGMA = 2 * SCALE / 6  # large pixels
_RADIUS = 5  # of the Gaussian: four standard deviations, rounded
_SEED = 42  # breaks ties as scikit-image's medial_axis(rng=42) does


class Enlarging(NamedTuple):
    """From pictures of H x W pixels to 4 H x 4 W."""

    columns: Floats  # interpolation along x: a large row of weights for each pixel, (W, 4 W)
    filter: Floats  # along y, samples to spline coefficients, (H, H)
    filter_spans: Integers  # where the rows of `filter` differ from zero: first and last (excluded), (H, 2)
    taps: Floats  # weights of the four coefficients around each large row, (4 H, 4)
    tap_rows: Integers  # which coefficients these are, (4 H, 4)
    kernel: Floats  # Gaussian, centre and one side, (6,)


class Reducing(NamedTuple):
    """From 4 H x 4 W pixels to H x W, once they are smoothed."""

    rows: Floats  # interpolation along y, (H, 4 H)
    row_spans: Integers  # where its rows differ from zero: first and last (excluded), (H, 2)
    columns: Floats  # along x: a small row of weights for each large pixel, (4 W, W)


def _spline_filter(n: int) -> Floats:
    """The matrix (n, n) from samples to the coefficients of the cubic spline through them, mirrored at its ends."""
    return np.asarray(scipy.ndimage.spline_filter1d(np.eye(n), order=3, axis=0, mode="mirror"), dtype=np.float64)


def _spline_taps(positions: Floats, n: int) -> tuple[Floats, Integers]:
    """Weights (M, 4) and places (M, 4) of the spline coefficients that make the values at `positions` (M,)."""
    below = np.floor(positions)
    part = positions - below
    rest = 1 - part
    inner = [2 / 3 - part**2 * (2 - part) / 2, 2 / 3 - rest**2 * (2 - rest) / 2]
    weights = np.stack([rest**3 / 6, *inner, part**3 / 6], axis=1)
    places = below.astype(np.int32)[:, None] + np.arange(-1, 3)
    period = max(2 * n - 2, 1)  # mirrored about the centres of the first and the last pixel
    places = np.abs(places) % period
    return weights, np.minimum(places, period - places).astype(np.int32) if n > 1 else np.zeros_like(places, np.int32)


def _interpolation(positions: Floats, n: int) -> Floats:
    """The matrix (M, n) from samples to the values at `positions` (M,) of the cubic spline through them."""
    weights, places = _spline_taps(positions, n)
    coefficients = _spline_filter(n)
    matrix = np.zeros((len(positions), n))
    # Tap by tap: a matrix product's last bits depend on the processor, and they decide whether white areas stay white.
    for weight, place in zip(weights.T, places.T, strict=True):
        matrix += weight[:, None] * coefficients[place]
    return matrix


def _spans(matrix: Floats) -> Integers:
    """First and last place (excluded) of each row that matter in double precision, (M, 2)."""
    matters = np.abs(matrix) > 1e-18
    stops = matrix.shape[1] - matters[:, ::-1].argmax(axis=1)
    return np.stack([matters.argmax(axis=1), stops], axis=1).astype(np.int32)


def _large_pixels(n: int) -> Floats:
    """Centres of 4 n large pixels, in pixels; the borders of the picture stay where they are."""
    return np.asarray((np.arange(SCALE * n) + 0.5) / SCALE - 0.5)


def _small_pixels(n: int) -> Floats:
    """Centres of n pixels, in large pixels."""
    return np.asarray(np.arange(n) * SCALE + (SCALE - 1) / 2, dtype=np.float64)


@lru_cache(maxsize=8)
def enlarging(height: int, width: int) -> Enlarging:
    """The tables for enlarging pictures of height x width pixels."""
    filter_ = _spline_filter(height)
    taps, places = _spline_taps(_large_pixels(height), height)
    kernel = np.exp(-0.5 / _SIGMA**2 * np.arange(-_RADIUS, _RADIUS + 1) ** 2)
    kernel /= kernel.sum()
    columns = np.ascontiguousarray(_interpolation(_large_pixels(width), width).T)
    return Enlarging(columns, filter_, _spans(filter_), taps, places, kernel[_RADIUS:])


@lru_cache(maxsize=8)
def reducing(height: int, width: int) -> Reducing:
    """The tables for reducing pictures to height x width pixels."""
    rows = _interpolation(_small_pixels(height), SCALE * height)
    columns = _interpolation(_small_pixels(width), SCALE * width)
    return Reducing(rows, _spans(rows), np.ascontiguousarray(columns.T))


@lru_cache(maxsize=1)
def kept_neighbourhoods() -> Bytes:
    """Which pixels thinning keeps, by the bits of their 8 neighbours in reading order, (256,).

    Kept are pixels that join pieces that would fall apart without them, that fill a hole, that stand alone, or that
    have one neighbour only: the ends of lines.
    """
    keep = np.zeros(256, np.uint8)
    for code in range(256):
        bits = [code >> i & 1 for i in range(8)]
        around = np.array([*bits[:4], 0, *bits[4:]]).reshape(3, 3)
        pieces = scipy.ndimage.label(around, structure=np.ones((3, 3)))[1]
        keep[code] = pieces != 1 or around.sum() < 2
    return keep


@lru_cache(maxsize=4)
def tie_breakers(pixels: int) -> Words:
    """The first 32-bit numbers of the generator PCG64(42), more than enough to shuffle so many pixels."""
    pairs = np.random.PCG64(_SEED).random_raw(pixels + 512)  # a draw is rejected with a chance below one half
    return np.stack([pairs & 0xFFFFFFFF, pairs >> np.uint64(32)], axis=1).astype(np.uint32).ravel()
