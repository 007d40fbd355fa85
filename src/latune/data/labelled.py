"""The few items whose region a method is told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latune.data.dataset import Dataset
from latune.data.regions import Regions, regions_of
from latune.errors import DataError

__all__ = ["LabelledItems", "labelled_items"]


@dataclass(frozen=True)
class LabelledItems:
    """Labelled training items, region after region.

    Args:
        regions: All regions, with their relations.
        items: Items as they are stored, unpacked, (M, ...).
        places: The region of each, (M,), not falling.
    """

    regions: Regions
    items: NDArray[np.uint8]
    places: NDArray[np.int64]


def labelled_items(dataset: Dataset, per_region: int, seed: int) -> LabelledItems:
    """Draw labelled items from the training split, as many of each region as wanted, or all where there are fewer.

    The first labels of a seed stay the same when more are asked for.

    Args:
        dataset: Under the protocol "regions".
        per_region: Labels of each region.
        seed: Of the draw.

    Raises:
        RecipeError: The data set has no regions.
        DataError: A region has no training item.
    """
    regions, places = regions_of(dataset)
    indices = np.random.default_rng([seed, 7]).permutation(dataset.split("train"))
    order = indices[np.argsort(places[indices], kind="stable")]
    sorted_places = places[order]
    counts = np.bincount(sorted_places[sorted_places >= 0], minlength=len(regions.names))
    if not counts.all():
        raise DataError(f"Region '{regions.names[int(np.argmin(counts))]}' of '{dataset.name}' has no training item.")
    order, sorted_places = order[sorted_places >= 0], sorted_places[sorted_places >= 0]
    rank = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    chosen = rank < per_region
    return LabelledItems(regions, np.asarray(dataset.items[order[chosen]]), sorted_places[chosen].astype(np.int64))
