"""Binary pictures with eight pixels to the byte: 4,096 pixels take 512 bytes on disk and in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["PackedItems", "unpack_bits"]


class PackedItems:
    """Looks like an array (N, ...) of zeros and ones; what is indexed is unpacked.

    Args:
        rows: Packed pixels, uint8 of shape (N, ceil(pixels / 8)), first pixel in the highest bit; may be memory-mapped.
        item_shape: Shape of one item.
    """

    def __init__(self, rows: NDArray[np.uint8], item_shape: tuple[int, ...]) -> None:
        self.rows = rows
        self.shape = (len(rows), *item_shape)

    @classmethod
    def pack(cls, items: NDArray[np.uint8]) -> PackedItems:
        """Pack zeros and ones (N, ...)."""
        return cls(np.packbits(items.reshape(len(items), -1), axis=1), items.shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, indices: Any) -> NDArray[np.uint8]:
        rows = np.asarray(self.rows[indices])
        bits = np.unpackbits(rows, axis=-1, count=int(np.prod(self.shape[1:])))
        return bits.reshape(*rows.shape[:-1], *self.shape[1:])


def unpack_bits(rows: Tensor, item_shape: tuple[int, ...]) -> Tensor:
    """Unpack on the device: rows (B, bytes), first pixel in the highest bit, to zeros and ones (B, ...), uint8."""
    shifts = torch.arange(7, -1, -1, dtype=torch.uint8, device=rows.device)
    bits = (rows[:, :, None] >> shifts) & 1
    pixels = int(np.prod(item_shape))
    return bits.flatten(1)[:, :pixels].reshape(len(rows), *item_shape)
