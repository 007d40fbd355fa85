"""A trained model as functions from arrays to arrays, in bounded batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from latune.models.latent_model import LatentModel

__all__ = ["Codes", "Items", "decode_items", "encode_means", "encode_samples"]

Codes = NDArray[np.float32]
Items = NDArray[np.integer[Any]]

BATCH = 8192  # items at a time: bounds the memory, costs no speed


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
    for start in range(0, len(items), BATCH):
        batch = torch.from_numpy(np.ascontiguousarray(items[start : start + BATCH])).to(device).long()
        posterior = model.encode(batch)
        codes = posterior.mean.cpu()
        if generator is not None:
            codes = codes + posterior.stddev.cpu() * torch.randn(codes.shape, generator=generator)
        parts.append(codes.numpy())
    return np.concatenate(parts) if parts else np.empty((0, model.latent_size), np.float32)


@torch.no_grad()
def decode_items(model: LatentModel, codes: Codes) -> NDArray[np.uint8]:
    """The most likely item of each code: (..., D) to (..., T)."""
    device = next(model.parameters()).device
    flat = np.ascontiguousarray(codes.reshape(-1, codes.shape[-1]), dtype=np.float32)
    parts = [
        model.decode(torch.from_numpy(flat[start : start + BATCH]).to(device)).mode.cpu().numpy()
        for start in range(0, len(flat), BATCH)
    ]
    return np.concatenate(parts).astype(np.uint8).reshape(*codes.shape[:-1], -1)
