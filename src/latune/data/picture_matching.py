"""Pictures of two regions that belong together: one that differs only in what tells the regions apart.

Nothing but the pictures and their regions is read. What the average pictures of two regions differ in is taken away:
first the shift at which they overlap most, then their difference. Pictures are then paired so that what is left
differs least in all, each with one other (Kuhn 1955, the Hungarian method).
"""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

__all__ = ["matched_pictures", "shift_between"]

Brightness = NDArray[np.floating]
Pairs = NDArray[np.int64]


def matched_pictures(sources: Brightness, targets: Brightness) -> Pairs:
    """Pair pictures of a region with those of another.

    Args:
        sources: Pictures of the one, (N, C, H, W).
        targets: Pictures of the other, (M, C, H, W).

    Returns:
        Numbers of a source and of its target, (min(N, M), 2), by source.
    """
    shift = shift_between(sources.mean(axis=0), targets.mean(axis=0))
    moved = np.roll(sources, shift, axis=(2, 3))
    left, right = (_flat(pictures - pictures.mean(axis=0)) for pictures in (moved, targets))
    distances = scipy.spatial.distance.cdist(left, right, "sqeuclidean")
    return np.stack(scipy.optimize.linear_sum_assignment(distances), axis=1)


def shift_between(source: Brightness, target: Brightness) -> tuple[int, int]:
    """Pixels down and to the right by which a picture (C, H, W) is shifted to overlap most with another.

    What is shifted over an edge comes back at the other one.
    """
    spectra = [np.fft.rfft2(picture) for picture in (source, target)]
    overlap = np.fft.irfft2((spectra[0].conj() * spectra[1]).sum(axis=0), s=source.shape[1:])
    height, width = overlap.shape
    down, right = np.unravel_index(int(overlap.argmax()), overlap.shape)
    return _signed(int(down), height), _signed(int(right), width)


def _signed(shift: int, size: int) -> int:
    return shift - size if shift > size // 2 else shift


def _flat(pictures: Brightness) -> NDArray[np.float64]:
    return np.asarray(pictures, np.float64).reshape(len(pictures), -1)
