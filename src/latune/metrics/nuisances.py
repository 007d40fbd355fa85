"""What an item is beyond its region: attributes as deviations from their mean in the region, and whether they stay."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from latune.errors import InputError
from latune.metrics.arrays import BoolArray, FloatArray, IntArray

__all__ = ["RegionScale", "correlation", "region_scale", "wrapped"]

_CONSTANT = 1e-6  # of the spread over all items: what varies less within regions does not vary


@dataclass(frozen=True)
class RegionScale:
    """What is usual in each region.

    Attributes:
        means: (K, A) mean of each attribute in each region; not a number where a region has no item.
        spread: (A,) standard deviation within regions.
        varying: (A,) whether an attribute varies within regions at all.
    """

    means: FloatArray
    spread: FloatArray
    varying: BoolArray

    def deviations(self, values: ArrayLike, regions: IntArray) -> FloatArray:
        """Return how far attributes (N, A) lie from their mean in regions (N,), in standard deviations within regions.

        Attributes that do not vary are not a number.
        """
        spread = np.where(self.varying, self.spread, np.nan)
        return np.asarray((np.asarray(values, np.float64) - self.means[regions]) / spread)


def region_scale(values: ArrayLike, regions: IntArray, count: int) -> RegionScale:
    """Return means per region and the deviation within regions, of real items.

    Args:
        values: (N, A) attributes.
        regions: (N,) region of each item.
        count: Number of regions K.
    """
    table = np.asarray(values, np.float64)
    if table.ndim != 2 or table.shape[:1] != regions.shape or table.size == 0:
        raise InputError(f"values must be (items, attributes) with a region each, not {table.shape}, {regions.shape}.")
    sizes = np.bincount(regions, minlength=count).astype(np.float64)
    sums = np.stack([np.bincount(regions, column, minlength=count) for column in table.T], axis=1)
    means = np.divide(sums, sizes[:, None], out=np.full_like(sums, np.nan), where=sizes[:, None] > 0)
    spread = np.sqrt(((table - means[regions]) ** 2).mean(axis=0))
    return RegionScale(means, spread, spread > _CONSTANT * np.maximum(table.std(axis=0), _CONSTANT))


def wrapped(angles: ArrayLike) -> FloatArray:
    """Return angles in radians modulo 2 pi, in (-pi, pi]."""
    turned = np.asarray(angles, np.float64)
    return np.asarray(np.pi - np.mod(np.pi - turned, 2 * np.pi))


def correlation(one: ArrayLike, other: ArrayLike) -> float | None:
    """Return Pearson's correlation of two columns (N,), or None where one does not vary or there are fewer than two."""
    first, second = np.asarray(one, np.float64), np.asarray(other, np.float64)
    if len(first) < 2 or first.std() == 0 or second.std() == 0:
        return None
    return float(np.corrcoef(first, second)[0, 1])
