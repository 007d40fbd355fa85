"""Items without files in the API: dMelodies, whose melodies are arrays of tokens alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latune.api.medium import EditOptions, Source
from latune.api.result import Result
from latune.control.editor import Editor
from latune.control.interpolate import Way as CodePath
from latune.control.sample import Sample
from latune.errors import InputError

__all__ = ["ArrayMedium"]


@dataclass(frozen=True)
class ArrayMedium:
    """A run whose items are arrays as its data set stores them."""

    editor: Editor

    def items(self, x: Source) -> NDArray[np.uint8]:
        """One item, or several, (N, ...)."""
        shape, items = self.editor.codec.item_shape, np.asarray(x)
        items = items[None] if items.shape == shape else items
        if items.shape[1:] != shape or not np.issubdtype(items.dtype, np.integer):
            raise InputError(f"Expected whole numbers of shape {('N', *shape)}, got {items.dtype} of {items.shape}.")
        if items.size and not 0 <= items.min() <= items.max() < self.editor.codec.symbols:
            raise InputError(f"Expected numbers from 0 to {self.editor.codec.symbols - 1}.")
        return items.astype(np.uint8)

    def measured(self, x: Source) -> tuple[tuple[str, ...], NDArray[np.float64]]:
        """Attributes of items."""
        return self.editor.codec.table.names, self.editor.codec.measure(self.items(x))

    def shown(self, items: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Items as they are."""
        return items

    def edit(self, x: Source, targets: Mapping[str, float | list[float]], options: EditOptions) -> Result:
        """Nothing edits such items."""
        raise _no_medium()

    def sampled(self, sample: Sample, targets: Mapping[str, float]) -> Result:
        """Nothing samples such items."""
        raise _no_medium()

    def interpolate(self, a: Source, b: Source, steps: int, way: CodePath) -> Result:
        """Nothing interpolates such items."""
        raise _no_medium()


def _no_medium() -> InputError:
    return InputError(
        "This run was trained on neither pictures, measures, phrases nor songs: it can encode and decode."
    )
