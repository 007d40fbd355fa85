"""Batches of a data set that lives on the device: no loader, no workers, one gather per batch.

What is too large for that is gathered from its file, batch by batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latune.data.augmentation import Augmentation
from latune.data.dataset import Dataset
from latune.data.packed_items import PackedItems, unpack_bits

__all__ = ["Batch", "Batches", "Prepare"]

Prepare = Callable[[NDArray[np.float32]], NDArray[np.float32]]
ToInput = Callable[[Tensor], Tensor]

MOST_BYTES = 2 * 2**30  # items beyond stay in their file


@dataclass(frozen=True)
class Batch:
    """What a loss sees.

    Args:
        items: Shape (B, ...), as the model reads them: integer tokens, or brightness from 0 to 1.
        attributes: Shape (B, A), float32, possibly transformed.
        classes: Class of each item, (B,), where the data set has such.
        labels: Which labels each item has, 0 or 1, (B, L), float32, where the data set has such.
    """

    items: Tensor
    attributes: Tensor
    classes: Tensor | None = None
    labels: Tensor | None = None


class _ItemsInFile:
    """Indexed like the tensor of all items of a split, and reads from the memory-mapped file what is asked for.

    Args:
        rows: All items as they are stored, (N, ...).
        indices: Which of them, (M,).
        device: Where the chosen ones go.
    """

    def __init__(self, rows: NDArray[np.uint8], indices: NDArray[np.int64], device: torch.device) -> None:
        self._rows, self._indices, self._device = rows, indices, device

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, chosen: Tensor) -> Tensor:
        read = np.asarray(self._rows[self._indices[chosen.numpy(force=True)]])
        return torch.from_numpy(read).to(self._device)


class Batches:
    """A split on the device, cut into batches by a seeded shuffle of its own per epoch.

    The batch of a step depends on the seed and the step alone, so a resumed run sees the same batches.

    Args:
        dataset: Where items come from.
        split: Name of the split.
        batch_size: Items per batch; the ragged rest of an epoch is left out (another one every epoch).
        seed: Seed of the shuffles.
        device: Where the arrays live.
        to_input: From items as stored, uint8 (B, ...), to what the model reads; default: integer tokens.
        prepare: From attributes (N, A) to what the losses read (N, K); default: as they are.
        augmentation: Makes the items of each epoch anew.
    """

    def __init__(
        self,
        dataset: Dataset,
        split: str,
        batch_size: int,
        seed: int,
        device: torch.device,
        to_input: ToInput | None = None,
        prepare: Prepare | None = None,
        augmentation: Augmentation | None = None,
    ) -> None:
        indices = dataset.split(split)
        self._device, self._seed, self._augmentation = device, seed, augmentation
        same = augmentation is None or augmentation.keeps_labels  # what is joined from two items has no class
        self._prepare = prepare or (lambda attributes: attributes)
        self._to_input = to_input or Tensor.long
        self._packed_shape = dataset.items.shape[1:] if isinstance(dataset.items, PackedItems) else None
        self._classes: Tensor | None = None
        if dataset.classes is not None and same:
            self._classes = torch.from_numpy(np.asarray(dataset.classes[indices]).astype(np.int64)).to(device)
        self._labels: Tensor | None = None
        if dataset.labels is not None and same:
            self._labels = torch.from_numpy(np.asarray(dataset.labels[indices], np.float32)).to(device)
        self._load(_items(dataset.rows, indices, device), np.asarray(dataset.attributes[indices]))
        self._batch_size = min(batch_size, len(indices))
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
            self._begin(epoch)
        chosen = self._order[position * self._batch_size : (position + 1) * self._batch_size]
        return self._batch(chosen)

    def whole(self) -> Iterator[Batch]:
        """The whole split as batches, always the same ones; the last one may be smaller.

        Items are mixed by the seed: neighbours in a data set are alike, and losses over pairs need a mixture.
        """
        generator = torch.Generator().manual_seed(self._seed)
        order = torch.randperm(len(self._items), generator=generator).to(self._device)
        return (self._batch(chosen) for chosen in torch.split(order, self._batch_size))

    def _batch(self, chosen: Tensor) -> Batch:
        items = self._items[chosen]
        if self._packed_shape is not None:
            items = unpack_bits(items, self._packed_shape)
        classes = None if self._classes is None else self._classes[chosen]
        labels = None if self._labels is None else self._labels[chosen]
        return Batch(self._to_input(items), self._attributes[chosen], classes, labels)

    def _begin(self, epoch: int) -> None:
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + epoch)
        self._order = torch.randperm(len(self._items), generator=generator).to(self._device)
        self._epoch = epoch
        if self._augmentation is not None:
            items, attributes = self._augmentation.epoch(epoch)
            self._load(torch.from_numpy(items).to(self._device), attributes)

    def _load(self, items: Tensor | _ItemsInFile, attributes: NDArray[np.float32]) -> None:
        prepared = np.ascontiguousarray(self._prepare(attributes))
        self._items = items
        self._attributes = torch.from_numpy(prepared).to(self._device)


def _items(rows: NDArray[np.uint8], indices: NDArray[np.int64], device: torch.device) -> Tensor | _ItemsInFile:
    """Items of a split: on the device, or in their file where they are too large for it."""
    if isinstance(rows, np.memmap) and len(indices) * rows[:1].nbytes > MOST_BYTES:
        return _ItemsInFile(rows, indices, device)
    return torch.from_numpy(np.asarray(rows[indices])).to(device)
