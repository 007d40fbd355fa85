"""Batches of a data set that lives on the device: no loader, no workers, one gather per batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latune.data.dataset import Dataset

__all__ = ["Batch", "Batches"]


@dataclass(frozen=True)
class Batch:
    """What a loss sees.

    Args:
        items: Shape (B, ...), integer tokens or pixels.
        attributes: Shape (B, A), float32, possibly transformed.
    """

    items: Tensor
    attributes: Tensor


class Batches:
    """A split on the device, cut into batches by a seeded shuffle of its own per epoch.

    The batch of a step depends on the seed and the step alone, so a resumed run sees the same batches.

    Args:
        dataset: Where items come from.
        split: Name of the split.
        batch_size: Items per batch; the ragged rest of an epoch is left out (another one every epoch).
        seed: Seed of the shuffles.
        device: Where the arrays live.
        attributes: Replaces the data set's attribute columns, shape (N, A).
    """

    def __init__(
        self,
        dataset: Dataset,
        split: str,
        batch_size: int,
        seed: int,
        device: torch.device,
        attributes: NDArray[np.float32] | None = None,
    ) -> None:
        indices = dataset.split(split)
        columns = dataset.attributes if attributes is None else attributes
        self._items = torch.from_numpy(np.ascontiguousarray(dataset.items[indices])).to(device)
        self._attributes = torch.from_numpy(np.ascontiguousarray(columns[indices])).to(device)
        self._batch_size = min(batch_size, len(indices))
        self._seed = seed
        self._epoch = -1
        self._order = torch.empty(0, dtype=torch.long)

    def __len__(self) -> int:
        """Steps per epoch."""
        return len(self._items) // self._batch_size

    @property
    def batch_size(self) -> int:
        """Items per batch."""
        return self._batch_size

    def at(self, step: int) -> Batch:
        """The batch of a step, counted from 0."""
        epoch, position = divmod(step, len(self))
        if epoch != self._epoch:
            generator = torch.Generator().manual_seed(self._seed * 1_000_003 + epoch)
            order = torch.randperm(len(self._items), generator=generator)
            self._order, self._epoch = order.to(self._items.device), epoch
        chosen = self._order[position * self._batch_size : (position + 1) * self._batch_size]
        return Batch(self._items[chosen].long(), self._attributes[chosen])

    def whole(self) -> Batch:
        """The whole split as one batch, in order."""
        return Batch(self._items.long(), self._attributes)
