"""What the API asks of a kind of item: pictures, tunes, songs, or plain arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from latune.api.result import Result
from latune.control.editor import Way
from latune.control.interpolate import Way as CodePath
from latune.control.sample import Sample

__all__ = ["EditOptions", "Medium", "Source", "Target", "as_path"]

Source = str | Path | NDArray[Any] | Any
"""A file, an array, or an object that such a file was read into."""

Target = float | Sequence[float]


@dataclass(frozen=True)
class EditOptions:
    """How an edit is done; see `latune.api.Model.edit`."""

    held: tuple[str, ...]
    way: Way
    nearest: bool
    seed: int
    track: str | None

    def without_track(self) -> dict[str, Any]:
        """As the editing functions of pictures and songs take them."""
        return {"held": self.held, "way": self.way, "nearest": self.nearest, "seed": self.seed}


class Medium(Protocol):
    """A kind of item."""

    def items(self, x: Source) -> NDArray[np.uint8]:
        """What was given as items of the model, (N, ...).

        Raises:
            InputError: It cannot be read, or is of another kind.
        """
        ...

    def measured(self, x: Source) -> tuple[tuple[str, ...], NDArray[np.float64]]:
        """Names and values (n, A) of the attributes of what was given."""
        ...

    def shown(self, items: NDArray[np.uint8]) -> NDArray[Any]:
        """Items of the model in the form of arrays that are given."""
        ...

    def edit(self, x: Source, targets: Mapping[str, float | list[float]], options: EditOptions) -> Result:
        """Turn knobs."""
        ...

    def sampled(self, sample: Sample, targets: Mapping[str, float]) -> Result:
        """New items."""
        ...

    def interpolate(self, a: Source, b: Source, steps: int, way: CodePath) -> Result:
        """Items between two others."""
        ...


def as_path(x: Source) -> Path | None:
    """A file's path; None where an array or an object was given."""
    return Path(x) if isinstance(x, str | Path) else None
