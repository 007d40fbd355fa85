"""Attributes that a decoder is told: the first dimensions of a code are the attributes themselves, scaled."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from latune.attributes import AttributeTable
from latune.errors import RecipeError
from latune.losses.vae import Reduction

__all__ = ["Scaling", "ToldAttributes", "ToldConfig", "squared_error"]

Scaling = Literal["declared", "observed", "standardised"]
"""What a scaled attribute is: 0 to 1 between the ends that its definition allows, 0 to 1 between the smallest and the
largest value of the training items, or mean 0 and standard deviation 1 over the training items."""

SMALLEST_UNIT = 1e-9


class ToldConfig(BaseModel):
    """Settings that methods with such a decoder share."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    attributes: Annotated[tuple[str, ...], Field(min_length=1)]  # what the decoder is told; attribute k is dimension k
    reconstruction: Reduction = "sum"  # nats per item ("sum") or per element of an item ("mean")

    @property
    def tied(self) -> tuple[str, ...]:
        """Attributes that the method itself ties to the first latent dimensions."""
        return self.attributes


class ToldAttributes:
    """Which attributes a decoder is told, in which unit, and where they lie in a code.

    Args:
        names: The A attributes in the order of their dimensions.
        table: Attributes of the data set.
        latent_size: Dimensions D of the model.
        scaling: Their unit.
        reference: All attributes of the training items (M, N); not needed for "declared".

    Raises:
        RecipeError: An attribute is unknown or named twice, or the model has too few dimensions.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        table: AttributeTable,
        latent_size: int,
        scaling: Scaling,
        reference: NDArray[np.float32] | None = None,
    ) -> None:
        if len(set(names)) != len(names):
            raise RecipeError(f"method.attributes: expected distinct names, got {list(names)}.")
        if latent_size <= len(names):
            raise RecipeError(
                f"model.latent_size: expected more than {len(names)} (method.attributes), got {latent_size}."
            )
        self._columns = [table.index(name) for name in names]
        if scaling == "declared":
            ends = np.array([(table[name].low, table[name].high) for name in names], np.float32)
            self._zero, self._unit = ends[:, 0], ends[:, 1] - ends[:, 0]
            return
        if reference is None:
            raise ValueError(f"scaling '{scaling}' needs the attributes of the training items")
        known = reference[:, self._columns]
        self._zero = known.min(axis=0) if scaling == "observed" else known.mean(axis=0)
        unit = np.ptp(known, axis=0) if scaling == "observed" else known.std(axis=0)
        self._unit = np.maximum(unit, SMALLEST_UNIT)

    def __len__(self) -> int:
        return len(self._columns)

    def scaled(self, attributes: NDArray[np.float32]) -> NDArray[np.float32]:
        """From all attribute columns (M, N) to those that the decoder is told (M, A), in their unit."""
        return np.asarray((attributes[:, self._columns] - self._zero) / self._unit, np.float32)

    def split(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """From codes (..., D) to the attributes (..., A) and the other dimensions (..., D - A)."""
        return codes[..., : len(self)], codes[..., len(self) :]


def squared_error(predicted: Tensor, wanted: Tensor) -> Tensor:
    """Sum over attributes, mean over the batch; both (B, A)."""
    return ((predicted - wanted) ** 2).sum(dim=1).mean()
