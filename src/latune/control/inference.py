"""A trained model as functions from arrays to arrays, in bounded batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.distributions import Distribution

from latune.models.latent_model import LatentModel
from latune.models.mapped_posterior import MappedPosterior

__all__ = [
    "Codes",
    "Items",
    "decode_brightness",
    "decode_items",
    "encode_means",
    "encode_posteriors",
    "encode_samples",
]

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
def encode_posteriors(model: LatentModel, items: Items) -> tuple[Codes, Codes]:
    """Means and standard deviations of q(z|x): items (N, ...) to twice (N, D)."""
    moments = [(one.mean.cpu().numpy(), one.stddev.cpu().numpy()) for one in _posteriors(model, items)]
    means, scales = zip(*moments, strict=True) if moments else ((), ())
    return _joined(model, means), _joined(model, scales)


@torch.no_grad()
def _encode(model: LatentModel, items: Items, generator: torch.Generator | None) -> Codes:
    parts = []
    for posterior in _posteriors(model, items):
        mean = posterior.mean
        if generator is None:
            parts.append(mean.cpu().numpy())
            continue
        noise = torch.randn(mean.shape, generator=generator)
        if isinstance(posterior, MappedPosterior):
            parts.append(posterior.at(noise.to(mean.device)).cpu().numpy())
        else:
            parts.append((mean.cpu() + posterior.stddev.cpu() * noise).numpy())
    return _joined(model, parts)


@torch.no_grad()
def _posteriors(model: LatentModel, items: Items) -> Iterator[Distribution]:
    """q(z|x) of one batch of items after the other."""
    device = next(model.parameters()).device
    size = _batch_size(items.shape[1:])
    for start in range(0, len(items), size):
        batch = torch.from_numpy(np.ascontiguousarray(items[start : start + size])).to(device)
        yield model.encode(model.to_input(batch))


def _joined(model: LatentModel, parts: Sequence[Codes]) -> Codes:
    return np.concatenate(parts) if parts else np.empty((0, model.latent_size), np.float32)


def decode_items(model: LatentModel, codes: Codes) -> NDArray[np.uint8]:
    """The most likely item of each code: codes (..., D) to items (..., *item shape)."""
    return _decode(model, codes, model.to_items)


def decode_brightness(model: LatentModel, codes: Codes) -> NDArray[np.uint8]:
    """The expected picture of each code: codes (..., D) to (..., C, H, W), 0 to 255.

    Pixels that are off or on are grey here where the decoder is in doubt; `decode_items` rounds that away.
    """
    return _decode(model, codes, lambda decoded: (decoded.mean * 255).round())


@torch.no_grad()
def _decode(model: LatentModel, codes: Codes, read: Callable[[Distribution], Tensor]) -> NDArray[np.uint8]:
    """What `read` makes of p(x|z), in batches whose size depends on that of the first one's items."""
    device = next(model.parameters()).device

    def decoded(batch: Codes) -> NDArray[np.uint8]:
        return read(model.decode(torch.from_numpy(batch).to(device))).to(torch.uint8).cpu().numpy()

    flat = np.ascontiguousarray(codes.reshape(-1, codes.shape[-1]), dtype=np.float32)
    first = decoded(flat[:SMALLEST_BATCH])
    size, parts = _batch_size(first.shape[1:]), [first]
    parts += [decoded(flat[start : start + size]) for start in range(len(first), len(flat), size)]
    return np.concatenate(parts).reshape(*codes.shape[:-1], *first.shape[1:])


def _batch_size(item_shape: tuple[int, ...]) -> int:
    return max(SMALLEST_BATCH, BATCH_ELEMENTS // max(math.prod(item_shape), 1))
