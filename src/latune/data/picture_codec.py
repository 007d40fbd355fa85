"""Pictures as items."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from latune.attributes import Attribute, AttributeTable
from latune.data.codecs import Items, Scores, measure_with_own

__all__ = ["Measurement", "PictureCodec"]

Measurement = Literal["morphology", "sprites", "none"]
"""How decoded pictures are measured: stroke morphology, matching with drawn sprites, or not at all."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class PictureCodec:
    """Pictures of one size: arrays (C, H, W) of integers from 0 to `levels`.

    Args:
        item_shape: Channels (1 grey, 3 colours), height and width.
        levels: Value of full brightness: 255, or 1 where every pixel is off or on.
        measurement: How attributes of pictures without labels are measured.
        table: The attributes.
        cuts: Pictures are not cut.
        reader: Estimates all built-in attributes (N, A) of pictures whose attributes nothing measures.
    """

    item_shape: tuple[int, int, int]
    levels: int
    measurement: Measurement
    table: AttributeTable
    cuts: tuple[int, ...] = ()
    reader: Callable[[NDArray[np.uint8]], Values] | None = field(default=None, compare=False, repr=False)

    @property
    def symbols(self) -> int:
        """Number of brightness values."""
        return self.levels + 1

    @property
    def binary(self) -> bool:
        """Whether every pixel is off or on; such pictures are stored with eight pixels to the byte."""
        return self.levels == 1

    @property
    def measurable(self) -> bool:
        """Whether decoded pictures can be measured, by a definition or by a reader."""
        return self.measurement != "none" or self.reader is not None

    def measure(self, items: Items, names: Sequence[str] | None = None) -> Values:
        """Measure attributes, by default all: pictures (N, C, H, W) to values (N, A).

        Raises:
            RecipeError: An attribute does not exist, or is a label that nothing measures.
        """
        return measure_with_own(self.table, np.asarray(items, np.uint8), names, self._measure_built_in)

    def _measure_built_in(self, pictures: NDArray[np.uint8], names: Sequence[str]) -> Values:
        if self.reader is not None:
            return self.reader(pictures)[:, [self.table.index(name) for name in names]]
        if self.measurement == "none":
            return self.table.measure(pictures, names)  # says which attribute is a label
        return _MEASUREMENTS[self.measurement](pictures, names)

    def with_attributes(self, own: Sequence[Attribute]) -> PictureCodec:
        """This codec with attributes of the user's own, which read pictures (N, C, H, W) of 0 to `levels`."""
        return replace(self, table=self.table.extended(own))

    def similarity(self, items: Items, others: Items) -> Values:
        """Shared brightness over joint brightness (N,): intersection over union, also of grey pictures."""
        left, right = (_flat(pictures) for pictures in (items, others))
        shared: Values = np.minimum(left, right).sum(axis=1, dtype=np.float64)
        joint: Values = np.maximum(left, right).sum(axis=1, dtype=np.float64)
        overlap: Values = np.divide(shared, joint, out=np.ones_like(shared), where=joint > 0)
        return overlap

    def empty(self, items: Items) -> NDArray[np.bool_]:
        """Pictures without a bright pixel, (N,)."""
        return np.asarray(~np.asarray(items).any(axis=(1, 2, 3)))

    def compare(self, decoded: Items, items: Items) -> Scores:
        """Share of pixels on the right side of half brightness (as published), overlap, and squared error."""
        guess, truth = self._on(decoded), self._on(items)
        difference = (_flat(decoded).astype(np.float32) - _flat(items)) / self.levels
        return {
            "pixel_accuracy": np.mean(guess == truth, axis=1),
            "intersection_over_union": self.similarity(guess.astype(np.uint8), truth.astype(np.uint8)),
            "squared_error": np.mean(difference**2, axis=1, dtype=float),
        }

    def baseline(self, training: Items, items: Items) -> Values:
        """Pixel accuracy (N,) of the picture that is on where most training pictures are."""
        majority = self._on(training).mean(axis=0) >= 0.5
        return np.asarray(np.mean(self._on(items) == majority, axis=1))

    def _on(self, items: Items) -> NDArray[np.bool_]:
        return 2 * _flat(items).astype(np.int16) >= self.levels

    def to_dict(self) -> dict[str, Any]:
        """A JSON form that `codec_from_dict` reads."""
        attributes = [
            {k: v for k, v in _fields(attribute).items() if k != "measure"} for attribute in self.table.built_in
        ]
        return {
            "kind": "picture",
            "item_shape": list(self.item_shape),
            "levels": self.levels,
            "measurement": self.measurement,
            "attributes": attributes,
        }

    @classmethod
    def from_dict(cls, description: dict[str, Any]) -> PictureCodec:
        """Rebuild a codec from `to_dict`."""
        channels, height, width = (int(size) for size in description["item_shape"])
        if description["measurement"] not in (*_MEASUREMENTS, "none"):
            raise ValueError(f"unknown measurement {description['measurement']}")
        table = AttributeTable([Attribute(**attribute) for attribute in description["attributes"]])
        return cls((channels, height, width), int(description["levels"]), description["measurement"], table)


def _fields(attribute: Attribute) -> dict[str, Any]:
    return asdict(attribute)


def _flat(items: Items) -> NDArray[Any]:
    items = np.asarray(items)
    return items.reshape(len(items), -1)


def _morphology(items: NDArray[np.uint8], names: Sequence[str]) -> Values:
    from latune.images.morphology import measure_morphology

    return measure_morphology(items[:, 0], names, workers=os.cpu_count() or 1)


def _sprites(items: NDArray[np.uint8], names: Sequence[str]) -> Values:
    from latune.images.sprite_matching import match_sprites
    from latune.images.sprites import FACTORS

    factors = match_sprites(items[:, 0]).factors
    # Squares and ellipses look the same at several orientations: only hearts have one.
    factors[factors[:, 0] != HEART, FACTORS.index("orientation")] = np.nan
    return np.stack([factors[:, FACTORS.index(name)] for name in names], axis=1)


HEART = 3

_MEASUREMENTS: dict[str, Callable[[NDArray[np.uint8], Sequence[str]], Values]] = {
    "morphology": _morphology,
    "sprites": _sprites,
}
