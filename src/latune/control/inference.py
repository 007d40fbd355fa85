"""A trained model as functions from arrays to arrays, in bounded batches."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from latune.models.latent_model import LatentModel

__all__ = ["Codes", "Items", "decode_items", "encode_means", "encode_samples"]

Codes = NDArray[np.float32]
Items = NDArray[np.integer[Any]]

BATCH_ELEMENTS = 200_000  # elements of items at a time: bounds the memory, costs no speed
SMALLEST_BATCH = 128


def encode_means(model: LatentModel, items: Items) -> Codes:
    """Means of q(z|x): items (N, ...) to codes (N, D)."""
    return _encode(model, items, None)


def encode_samples(model: LatentModel, items: Items, seed: int) -> Codes:
    """One draw from q(z|x) per item: items (N, ...) to codes (N, D)."""
    return _encode(model, items, torch.Generator().manual_seed(seed))


@torch.no_grad()
def _encode(model: LatentModel, items: Items, generator: torch.Generator | None) -> Codes:
    device = next(model.parameters()).device
    parts = []
    size = _batch_size(items.shape[1:])
    for start in range(0, len(items), size):
        batch = torch.from_numpy(np.ascontiguousarray(items[start : start + size])).to(device)
        posterior = model.encode(model.to_input(batch))
        codes = posterior.mean.cpu()
        if generator is not None:
            codes = codes + posterior.stddev.cpu() * torch.randn(codes.shape, generator=generator)
        parts.append(codes.numpy())
    return np.concatenate(parts) if parts else np.empty((0, model.latent_size), np.float32)


@torch.no_grad()
def decode_items(model: LatentModel, codes: Codes) -> NDArray[np.uint8]:
    """The most likely item of each code: codes (..., D) to items (..., *item shape)."""
    device = next(model.parameters()).device
    flat = np.ascontiguousarray(codes.reshape(-1, codes.shape[-1]), dtype=np.float32)
    first = _decode(model, flat[:SMALLEST_BATCH], device)
    size, parts = _batch_size(first.shape[1:]), [first]
    parts += [_decode(model, flat[start : start + size], device) for start in range(len(first), len(flat), size)]
    return np.concatenate(parts).reshape(*codes.shape[:-1], *first.shape[1:])


def _decode(model: LatentModel, codes: Codes, device: torch.device) -> NDArray[np.uint8]:
    decoded = model.to_items(model.decode(torch.from_numpy(codes).to(device)))
    return decoded.to(torch.uint8).cpu().numpy()


def _batch_size(item_shape: tuple[int, ...]) -> int:
    return max(SMALLEST_BATCH, BATCH_ELEMENTS // max(math.prod(item_shape), 1))
