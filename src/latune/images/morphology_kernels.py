"""The inner loops of `latune.images.morphology`, compiled by numba: import this module only where they are needed.

All kernels live in this one file, because numba's cache on disk is renewed when the file of a function changes but not
when another file that it calls into does.

Sources: Castro et al. 2019 (arXiv 1809.10780), appendix, for the measures; Blum 1967 for the medial axis.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from latune.images.morphology_tables import SCALE, Bytes, Enlarging, Floats, Integers, Reducing, Words

__all__ = ["measure_batch", "plain_batch", "skeleton"]

Function = TypeVar("Function", bound=Callable[..., object])

FRACTION = 0.01  # of the mass, left out at either end of width and height: the published bounding fraction, halved


class Scratch(NamedTuple):
    """Arrays that the pictures of a batch share, for H x W pixels that become h x w (4 times as many each way)."""

    wide: Floats  # (H, w)
    coefficients: Floats  # (H, w)
    large: Floats  # (h, w)
    halfway: Floats  # (h, w)
    padded: Floats  # (w + 10)
    smooth: Floats  # (h, w)
    grey: Bytes  # (h, w): the enlarged picture
    bright: Bytes  # (h, w): the same, binarised


def _compiled(function: Function) -> Function:
    """Compile without the interpreter lock, and keep the result on disk where there is a place for it."""
    # No fastmath: sums in another order would move values across the whole grey levels at which they are cut off.
    try:
        return cast("Function", njit(cache=True, nogil=True, error_model="numpy")(function))
    except RuntimeError:  # neither this folder nor the user's cache can be written to
        return cast("Function", njit(nogil=True, error_model="numpy")(function))


@_compiled
def _scratch(height: int, width: int) -> Scratch:
    """Arrays for pictures of height x width pixels."""
    h, w = SCALE * height, SCALE * width
    return Scratch(
        np.empty((height, w)),
        np.empty((height, w)),
        np.empty((h, w)),
        np.empty((h, w)),
        np.empty(w + 10),
        np.empty((h, w)),
        np.empty((h, w), np.uint8),
        np.empty((h, w), np.uint8),
    )


@_compiled
def _mirrored(index: int, size: int) -> int:
    """The place that `index` shows in a row whose edge values are repeated: (c b a | a b c | c b a)."""
    index %= 2 * size
    return index if index < size else 2 * size - 1 - index


@_compiled
def _smooth(kernel: Floats, scratch: Scratch) -> None:
    """Correlate scratch.large with a symmetric kernel (6,), centre and one side, along both axes: scratch.smooth.

    The picture is mirrored at its edges. Terms are added from the outside in, as SciPy does: where a picture is all
    white the sum is then 1 to the last bit.
    """
    source, halfway, padded, target = scratch.large, scratch.halfway, scratch.padded, scratch.smooth
    rows, columns = source.shape
    p, q, r, s, t, u = kernel[0], kernel[1], kernel[2], kernel[3], kernel[4], kernel[5]
    for y in range(rows):
        z = source[y]
        a, b = source[_mirrored(y - 1, rows)], source[_mirrored(y + 1, rows)]
        c, d = source[_mirrored(y - 2, rows)], source[_mirrored(y + 2, rows)]
        e, f = source[_mirrored(y - 3, rows)], source[_mirrored(y + 3, rows)]
        g, h = source[_mirrored(y - 4, rows)], source[_mirrored(y + 4, rows)]
        i, j = source[_mirrored(y - 5, rows)], source[_mirrored(y + 5, rows)]
        out = halfway[y]
        for x in range(columns):
            far = p * z[x] + u * (i[x] + j[x]) + t * (g[x] + h[x])
            out[x] = far + s * (e[x] + f[x]) + r * (c[x] + d[x]) + q * (a[x] + b[x])
    for y in range(rows):
        line = halfway[y]
        for x in range(columns):
            padded[x + 5] = line[x]
        for k in range(5):
            padded[k] = line[_mirrored(k - 5, columns)]
            padded[columns + 5 + k] = line[_mirrored(columns + k, columns)]
        out = target[y]
        for x in range(columns):
            far = p * padded[x + 5] + u * (padded[x] + padded[x + 10]) + t * (padded[x + 1] + padded[x + 9])
            near = far + s * (padded[x + 2] + padded[x + 8]) + r * (padded[x + 3] + padded[x + 7])
            out[x] = near + q * (padded[x + 4] + padded[x + 6])


@_compiled
def _weighted_rows(matrix: Floats, spans: Integers, source: Floats, target: Floats) -> None:
    """Target (M, W) = matrix (M, H) @ source (H, W); row i of the matrix counts from spans[i, 0] to spans[i, 1] - 1."""
    for i in range(matrix.shape[0]):
        out = target[i]
        out[:] = 0.0
        k, stop = spans[i]
        while k + 4 <= stop:  # four rows at a time: the target is read and written once for all of them
            p, q, r, s = matrix[i, k], matrix[i, k + 1], matrix[i, k + 2], matrix[i, k + 3]
            a, b, c, d = source[k], source[k + 1], source[k + 2], source[k + 3]
            for x in range(out.shape[0]):
                out[x] += p * a[x] + q * b[x] + r * c[x] + s * d[x]
            k += 4
        while k < stop:
            weight, row = matrix[i, k], source[k]
            for x in range(out.shape[0]):
                out[x] += weight * row[x]
            k += 1


@_compiled
def _enlarge(image: Bytes, tables: Enlarging, scratch: Scratch) -> tuple[int, int]:
    """Enlarge a picture (H, W) 4 times into scratch.grey; returns the smallest and the largest byte there."""
    H, W = image.shape
    wide, coefficients, large = scratch.wide, scratch.coefficients, scratch.large
    low, high = 255, 0
    for y in range(H):
        row = wide[y]
        row[:] = 0.0
        for x in range(W):
            value = image[y, x]
            low = min(low, int(value))
            high = max(high, int(value))
            if value:
                share, weights = value / 255, tables.columns[x]
                for k in range(row.shape[0]):
                    row[k] += share * weights[k]
    if low == high:  # rounding must not draw a pattern on a constant picture
        return low, high
    _weighted_rows(tables.filter, tables.filter_spans, wide, coefficients)
    floor, ceiling = low / 255, high / 255  # splines overshoot: the definition clips them to the picture's range
    for y in range(SCALE * H):
        p, q, r, s = tables.taps[y]
        i, j, k, m = tables.tap_rows[y]
        a, b, c, d = coefficients[i], coefficients[j], coefficients[k], coefficients[m]
        row = large[y]
        for x in range(row.shape[0]):
            row[x] = min(max(p * a[x] + q * b[x] + r * c[x] + s * d[x], floor), ceiling)
    _smooth(tables.kernel, scratch)
    least, most = np.uint8(255), np.uint8(0)
    for y in range(SCALE * H):
        values, grey = scratch.smooth[y], scratch.grey[y]
        for x in range(grey.shape[0]):
            grey[x] = np.uint8(np.int32(values[x] * 255))
        for x in range(grey.shape[0]):
            least = min(least, grey[x])
            most = max(most, grey[x])
    return int(least), int(most)


@_compiled
def _box(bright: Bytes) -> tuple[int, int, int, int]:
    """Rows and columns that the ones of a binary picture (H, W) occupy: top, bottom, left, right, ends excluded."""
    rows, columns = bright.shape
    top, bottom, left, right = rows, 0, columns, 0
    for y in range(rows):
        row = bright[y]
        first = 0
        while first < columns and not row[first]:
            first += 1
        if first == columns:
            continue
        last = columns - 1
        while not row[last]:
            last -= 1
        top, bottom = min(top, y), y + 1
        left, right = min(left, first), max(right, last + 1)
    return top, bottom, left, right


@_compiled
def _squared_distances(bright: Bytes, top: int, bottom: int, left: int, right: int) -> tuple[Integers, Integers]:
    """Squared Euclidean distance of each bright pixel to the nearest dark one, exact.

    Only the box is read, with one pixel around it that is dark wherever it lies inside the picture: no dark pixel
    further out can be nearer. Returns the distances, flat over the box with its frame ((h + 2) * (w + 2),), 0 where
    dark, and the flat places of the bright pixels in reading order.
    """
    rows, columns = bright.shape
    h, w = bottom - top, right - left
    stride = w + 2
    endless = rows + columns
    # First the distance within the column, downwards and then upwards.
    vertical = np.zeros((h + 2, stride), np.int32)
    if top == 0:
        vertical[0, :] = endless
    for y in range(1, h + 1):
        above, row, line = vertical[y - 1], vertical[y], bright[top + y - 1]
        for x in range(1, w + 1):
            row[x] = (above[x] + 1) * line[left + x - 1]
    if bottom == rows:
        vertical[h + 1, :] = endless
    for y in range(h, 0, -1):
        below, row = vertical[y + 1], vertical[y]
        for x in range(1, w + 1):
            row[x] = min(row[x], below[x] + 1)
    vertical[:, 0] = endless if left == 0 else 0
    vertical[:, w + 1] = endless if right == columns else 0
    # Then along the row, outwards for as long as a nearer dark pixel is possible.
    squared = np.zeros((h + 2) * stride, np.int32)
    places = np.empty(h * w, np.int32)
    count = 0
    for y in range(1, h + 1):
        row = vertical[y]
        for x in range(1, w + 1):
            if row[x] == 0:
                continue
            best = row[x] * row[x]
            step = 1
            while step * step < best and (step <= x or x + step <= w + 1):
                nearest = np.int32(endless)
                if step <= x:
                    nearest = row[x - step]
                if x + step <= w + 1:
                    nearest = min(nearest, row[x + step])
                best = min(best, step * step + nearest * nearest)
                step += 1
            squared[y * stride + x] = best
            places[count] = y * stride + x
            count += 1
    return squared, places[:count]


@_compiled
def _shuffled(places: Integers, stream: Words) -> Integers:
    """`places` (n,) ordered by a random permutation of 0 .. n - 1 that depends on n alone.

    `stream` holds 32-bit numbers of a generator; with those of PCG64(42) the permutation is the one that NumPy's
    default_rng(42) draws for an array of n (Fisher-Yates from the end, rejecting masked numbers that are too large).
    """
    n = len(places)
    chosen = np.zeros(n + 1, np.int32)
    i = n - 1
    mask = np.uint32(1)
    while mask < np.uint32(max(i, 0)):
        mask = np.uint32(mask << np.uint32(1)) | np.uint32(1)
    draw = 0
    while i > 0:
        number = np.int32(stream[draw] & mask)
        draw += 1
        if draw == len(stream):
            draw = 0
        chosen[i] = number  # overwritten by the next draw unless it is small enough: no branch to mispredict
        i -= int(number <= i)
        if np.uint32(i) <= (mask >> np.uint32(1)):
            mask >>= np.uint32(1)
    ranks = np.arange(n).astype(np.int32)
    for i in range(n - 1, 0, -1):
        j = chosen[i]
        ranks[i], ranks[j] = ranks[j], ranks[i]
    ordered = np.empty(n, np.int32)
    for i in range(n):
        ordered[ranks[i]] = places[i]
    return ordered


@_compiled
def skeleton(bright: Bytes, keep: Bytes, stream: Words) -> tuple[Bytes, Integers, int, int]:
    """Medial axis of a binary picture (H, W): ordered thinning by distance from the dark.

    Every bright pixel is visited once, nearest to the dark first; among equals those with fewer dark neighbours last,
    among these in the order of a fixed permutation. It is removed unless that would change how the bright pixels
    around it hang together, or end a line.

    Args:
        bright: The picture, ones and zeros, with at least one of each.
        keep: For each neighbourhood (256,), bits in reading order, whether the pixel in its middle stays.
        stream: Random numbers that break ties, see `_shuffled`.

    Returns:
        The skeleton and the squared distances on the box of the bright pixels with a frame of one pixel, (h + 2,
        w + 2) each, and where the frame's corner lies in the picture (row, column; may be -1).
    """
    top, bottom, left, right = _box(bright)
    stride = right - left + 2
    squared, places = _squared_distances(bright, top, bottom, left, right)
    n = len(places)
    mask = np.zeros(len(squared), np.uint8)
    for place in places:
        mask[place] = 1
    ordered = _shuffled(places, stream)
    # Stable counting sort by (squared distance, number of dark neighbours).
    keys = np.empty(n, np.int32)
    largest = 0
    for i in range(n):
        p = ordered[i]
        a, b = p - stride, p + stride
        around = mask[a - 1] + mask[a] + mask[a + 1] + mask[p - 1] + mask[p + 1] + mask[b - 1] + mask[b] + mask[b + 1]
        keys[i] = squared[p] * 9 + (8 - around)
        largest = max(largest, keys[i])
    starts = np.zeros(largest + 2, np.int32)
    for i in range(n):
        starts[keys[i] + 1] += 1
    for i in range(largest + 1):
        starts[i + 1] += starts[i]
    visits = np.empty(n, np.int32)
    for i in range(n):
        key = keys[i]
        visits[starts[key]] = ordered[i]
        starts[key] += 1
    for p in visits:
        a, b = p - stride, p + stride
        code = (
            mask[a - 1]
            | (mask[a] << 1)
            | (mask[a + 1] << 2)
            | (mask[p - 1] << 3)
            | (mask[p + 1] << 4)
            | (mask[b - 1] << 5)
            | (mask[b] << 6)
            | (mask[b + 1] << 7)
        )
        mask[p] = keep[code]
    shape = (bottom - top + 2, stride)
    return mask.reshape(shape), squared.reshape(shape), top - 1, left - 1


@_compiled
def _length_and_thickness(bright: Bytes, keep: Bytes, stream: Words) -> tuple[float, float]:
    """Length of the skeleton and mean stroke width along it, in pixels of the small picture."""
    lines, squared, _, _ = skeleton(bright, keep, stream)
    straight = slanted = count = 0
    radius = 0.0
    for y in range(1, lines.shape[0] - 1):
        for x in range(1, lines.shape[1] - 1):
            if lines[y, x]:
                count += 1
                radius += np.sqrt(squared[y, x])
                straight += lines[y, x + 1] + lines[y + 1, x]
                slanted += lines[y + 1, x - 1] + lines[y + 1, x + 1]
    return (straight + np.sqrt(2.0) * slanted) / SCALE, 2 * radius / count / SCALE


@_compiled
def _extent(masses: NDArray[np.int64], total: int) -> float:
    """Distance between the quantiles 0.01 and 0.99 of a distribution, in pixels of the small picture.

    masses[t] is what is added to the cumulative distribution between the grid points t - 1 and t; it is interpolated
    linearly between them.
    """
    ends = np.zeros(2)
    for side in range(2):
        wanted = FRACTION if side == 0 else 1 - FRACTION
        before = masses[0] / total
        if before > wanted:
            continue
        sum_ = masses[0]
        ends[side] = len(masses) - 1
        for t in range(1, len(masses)):
            sum_ += masses[t]
            after = sum_ / total
            if after > wanted:
                ends[side] = t - 1 + (wanted - before) / (after - before)
                break
            before = after
    return float(ends[1] - ends[0]) / SCALE


@_compiled
def _slant_and_extents(grey: Bytes, sums: NDArray[np.int64], tilted: NDArray[np.int64]) -> tuple[float, float, float]:
    """Slant, width and height of the enlarged picture (H, W), which must not be black.

    `sums` (H) and `tilted` (W) are scratch.
    """
    rows, columns = grey.shape
    total = first_x = first_y = 0
    for y in range(rows):
        row = grey[y]
        mass = moment = 0
        for x in range(columns):
            mass += row[x]
            moment += row[x] * x
        sums[y] = mass
        total += mass
        first_x += moment
        first_y += mass * y
    # Moments about a whole pixel near the centre are whole numbers, small enough to be exact.
    near_x, near_y = first_x // total, first_y // total
    off_x, off_y = first_x / total - near_x, first_y / total - near_y
    mixed = vertical = 0
    for y in range(rows):
        if sums[y]:
            row = grey[y]
            moment = 0
            for x in range(columns):
                moment += row[x] * x
            mixed += (moment - near_x * sums[y]) * (y - near_y)
            vertical += sums[y] * (y - near_y) ** 2
    u11 = mixed - total * off_x * off_y
    u02 = vertical - total * off_y * off_y
    lean = u11 / u02 if u02 > 0 else 0.0
    centre = first_y / total
    tilted[:] = 0
    for y in range(rows):
        if sums[y]:
            # Pixel x belongs to the first t with x + 1/2 < t + lean (y - centre): the same step for a whole row.
            step = int(np.floor(0.5 - lean * (y - centre))) + 1
            row = grey[y]
            for x in range(columns):
                if row[x] and x + step < columns:
                    tilted[max(x + step, 0)] += row[x]
    width = _extent(tilted, total)
    for y in range(rows - 1, 0, -1):  # mass{y < t}: one row later
        sums[y] = sums[y - 1]
    sums[0] = 0
    return -np.arctan(lean), width, _extent(sums, total)


@_compiled
def _binarise(grey: Bytes, low: int, high: int, bright: Bytes) -> int:
    """Ones where a pixel is at least halfway between the darkest and the brightest; returns how many."""
    count = 0
    for y in range(grey.shape[0]):
        source, target = grey[y], bright[y]
        for x in range(grey.shape[1]):
            one = int(2 * int(source[x]) >= low + high)
            target[x] = one
            count += one
    return count


@_compiled
def measure_batch(
    images: Bytes,
    tables: Enlarging,
    keep: Bytes,
    stream: Words,
    with_area: bool,
    with_skeleton: bool,
    with_moments: bool,
    values: Floats,
) -> None:
    """Area, length, thickness, slant, width and height of pictures (N, H, W), written to `values` (N, 6).

    Measures that are not asked for, and all of a constant picture, are 0. For `keep` and `stream` see `skeleton`.
    """
    N, H, W = images.shape
    scratch = _scratch(H, W)
    sums, tilted = np.empty(SCALE * H, np.int64), np.empty(SCALE * W, np.int64)
    for n in range(N):
        values[n] = 0.0
        low, high = _enlarge(images[n], tables, scratch)
        if low == high:
            continue
        if with_area or with_skeleton:
            values[n, 0] = _binarise(scratch.grey, low, high, scratch.bright) / SCALE**2
        if with_skeleton:
            values[n, 1], values[n, 2] = _length_and_thickness(scratch.bright, keep, stream)
        if with_moments:
            values[n, 3], values[n, 4], values[n, 5] = _slant_and_extents(scratch.grey, sums, tilted)


@_compiled
def plain_batch(images: Bytes, tables: Enlarging, reducing: Reducing, result: Bytes) -> None:
    """Pictures (N, H, W) enlarged, binarised and reduced again, written to `result` (N, H, W).

    A constant picture becomes black.
    """
    N, H, W = images.shape
    scratch = _scratch(H, W)
    line = np.empty(W)
    for n in range(N):
        low, high = _enlarge(images[n], tables, scratch)
        if low == high:
            result[n] = 0
            continue
        _binarise(scratch.grey, low, high, scratch.bright)
        for y in range(SCALE * H):
            for x in range(SCALE * W):
                scratch.large[y, x] = scratch.bright[y, x]
        _smooth(tables.kernel, scratch)
        floor, ceiling = scratch.smooth.min(), scratch.smooth.max()
        _weighted_rows(reducing.rows, reducing.row_spans, scratch.smooth, scratch.wide)
        for y in range(H):
            line[:] = 0.0
            for k in range(SCALE * W):
                value, weights = scratch.wide[y, k], reducing.columns[k]
                for x in range(W):
                    line[x] += value * weights[x]
            for x in range(W):
                result[n, y, x] = np.uint8(np.int32(min(max(line[x], floor), ceiling) * 255))
