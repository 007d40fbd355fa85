"""Morphology of digits: six numbers of a picture that say how a stroke looks, and the smoothing of "plain" digits.

All measures are taken on the picture enlarged 4 times (cubic spline, then a Gaussian of 4/3 large pixels, bytes), in
grey for slant, width and height, and binarised halfway between its darkest and brightest pixel for area, length and
thickness. Lengths are in pixels of the picture as it was given. A constant picture has no stroke: all its measures are
0, and so are those of a picture so faint that its enlargement is constant.

Length and thickness rest on a medial axis whose order among equal pixels is arbitrary. Here it is a fixed permutation,
the one of scikit-image's `medial_axis(..., rng=42)`, so a picture has the same values in every run, process and thread;
another order moves a digit's length by about a pixel and its thickness by a few hundredths.

Source: Castro et al. 2019, "Morpho-MNIST: quantitative assessment and diagnostics for representation learning" (arXiv
1809.10780).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.attributes import Attribute, AttributeTable
from latune.errors import InputError, MissingExtraError, RecipeError
from latune.images.morphology_tables import (
    SCALE,
    Bytes,
    Floats,
    enlarging,
    kept_neighbourhoods,
    reducing,
    tie_breakers,
)

__all__ = ["DIGIT_ATTRIBUTES", "MORPHOLOGY_NAMES", "measure_morphology", "plain"]

Report = Callable[[int, int], None]

MORPHOLOGY_NAMES = ("area", "length", "thickness", "slant", "width", "height")
_LARGEST = 2048  # pixels, height and width together: larger ones' squared distances would not fit their integers
_SKELETON = frozenset({"length", "thickness"})
_MOMENTS = frozenset({"slant", "width", "height"})
_CHUNK = 128  # pictures per call of the kernels


def _kernels() -> ModuleType:
    """The compiled loops, imported at first use: they need numba, which takes its time to load."""
    try:
        from latune.images import morphology_kernels
    except ModuleNotFoundError as error:
        raise MissingExtraError("numba", "images") from error
    return morphology_kernels


def _checked(images: NDArray[Any]) -> Bytes:
    """The pictures as contiguous bytes, if that is what they are."""
    images = np.asarray(images)
    if images.ndim != 3 or 0 in images.shape[1:]:
        raise InputError(f"Pictures must have the shape (N, height, width), got {images.shape}.")
    if sum(images.shape[1:]) > _LARGEST:
        raise InputError(f"Pictures' height and width must add up to {_LARGEST} at most, got {images.shape[1:]}.")
    if images.dtype != np.uint8:
        if not np.issubdtype(images.dtype, np.integer):
            raise InputError(f"Pictures must hold integers from 0 to 255, got {images.dtype}.")
        if images.size and not 0 <= images.min() <= images.max() <= 255:
            raise InputError(f"Pictures must hold integers from 0 to 255, got {images.min()} to {images.max()}.")
    return np.ascontiguousarray(images, dtype=np.uint8)


def _run(task: Callable[[slice], None], total: int, workers: int, report: Report | None) -> None:
    """Do the task on slices of 0 .. total - 1, in threads; every picture is on its own, so slices change no result."""
    slices = [slice(start, min(start + _CHUNK, total)) for start in range(0, total, _CHUNK)]

    def finished() -> Iterator[slice]:
        if workers <= 1 or len(slices) <= 1:
            for part in slices:
                task(part)
                yield part
            return
        with ThreadPoolExecutor(workers) as pool:
            futures = [pool.submit(task, part) for part in slices]
            for part, future in zip(slices, futures, strict=True):
                future.result()
                yield part

    for part in finished():
        if report is not None:
            report(part.stop, total)


def plain(images: Bytes, workers: int = 1) -> Bytes:
    """Digits as Morpho-MNIST's "plain" set shows them: enlarged 4 times, binarised, smoothed and reduced again.

    Args:
        images: Pictures (N, H, W), 0 to 255.
        workers: Number of threads.

    Returns:
        Pictures of the same shape, uint8; a constant picture becomes black.

    Raises:
        InputError: The pictures are not of that form.
        MissingExtraError: numba is not installed.
    """
    kernels = _kernels()
    images = _checked(images)
    result = np.empty_like(images)
    tables = enlarging(*images.shape[1:]), reducing(*images.shape[1:])
    _run(lambda part: kernels.plain_batch(images[part], *tables, result[part]), len(images), workers, None)
    return result


def measure_morphology(
    images: Bytes, names: Sequence[str] | None = None, workers: int = 1, report: Report | None = None
) -> Floats:
    """Measure the morphology of pictures; only what the names need is computed.

    With the large picture's grey levels g(x, y), their centre and central moments u11 and u02, and the medial axis S of
    the binarised large picture:

    - area: bright pixels, divided by 16;
    - length: links between neighbours on S, 1 for straight and √2 for diagonal ones, divided by 4;
    - thickness: mean over S of twice the distance to the nearest dark pixel, divided by 4;
    - slant: arctan(-u11 / u02), in radians, positive where strokes lean to the right;
    - width: distance between the 1st and the 99th percentile of the mass along x after undoing the slant, divided by 4;
    - height: the same along y, without undoing the slant.

    Args:
        images: Pictures (N, H, W), 0 to 255, bright strokes on dark ground.
        names: Which of `MORPHOLOGY_NAMES`; default: all, in that order.
        workers: Number of threads; the result does not depend on it.
        report: Called with the number of pictures done and the number of all.

    Returns:
        Values (N, len(names)), finite. Constant pictures have 0 in all of them.

    Raises:
        RecipeError: There is no such measure.
        InputError: The pictures are not of that form.
        MissingExtraError: numba is not installed.
    """
    names = MORPHOLOGY_NAMES if names is None else names
    columns = []
    for name in names:
        if name not in MORPHOLOGY_NAMES:
            raise RecipeError(f"Unknown attribute '{name}': expected one of {', '.join(MORPHOLOGY_NAMES)}.")
        columns.append(MORPHOLOGY_NAMES.index(name))
    images = _checked(images)
    values = np.zeros((len(images), len(MORPHOLOGY_NAMES)))
    if not columns:
        return values[:, :0]
    kernels = _kernels()
    height, width = images.shape[1:]
    tables = enlarging(height, width), kept_neighbourhoods(), tie_breakers(height * width * SCALE**2)
    asked = ("area" in names, not _SKELETON.isdisjoint(names), not _MOMENTS.isdisjoint(names))

    def task(part: slice) -> None:
        kernels.measure_batch(images[part], *tables, *asked, values[part])

    _run(task, len(images), workers, report)
    return values[:, columns]


def _measure(name: str, items: NDArray[Any]) -> Floats:
    """One measure of pictures (N, H, W) as (N,)."""
    return measure_morphology(items, [name])[:, 0]


_DESCRIBED = (
    ("area", "square pixels", 0.0, 350.0, "How much of the picture the strokes cover."),
    ("length", "pixels", 0.0, 100.0, "How long the strokes are, along their middle."),
    ("thickness", "pixels", 0.0, 15.0, "How thick the strokes are, on average along their middle."),
    ("slant", "radians", -1.2, 1.2, "How far the digit leans: to the right is positive."),
    ("width", "pixels", 0.0, 30.0, "How wide the digit is once it is set upright."),
    ("height", "pixels", 0.0, 30.0, "How high the digit is."),
)

DIGIT_ATTRIBUTES = AttributeTable(
    [
        Attribute(name, unit, low, high, description, measure=partial(_measure, name))
        for name, unit, low, high, description in _DESCRIBED
    ]
)
"""The six measures with the ranges that the image Fader network scales them by.

The table's `measure` enlarges every picture once per measure: `measure_morphology` does it once for all.
"""
