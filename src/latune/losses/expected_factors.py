"""Factors of a melody that is not drawn yet: their expectation under independent eighths, differentiable.

The decoder gives each eighth a distribution over rests and pitches. Under it every melody of dMelodies has a
likelihood, a product over the eighths, and the factors have a posterior; the expected factor is the sum of its values
times their posterior. Two steps make that cheap: the rhythm of each bar is judged by the probabilities of a rest, and
the 1,728 choices of key and directions by the notes of the most likely rhythm. Given a key, the directions of the four
chords are independent, so that their posterior needs 108 x 4 x 2 numbers.

On distributions that are certain of a melody it equals `latune.music.dmelody_matching`. Where they are certain of
eighths that are no melody of the set, equally near ones share the posterior, while matching takes the first.

The idea of an expected attribute is that of GLSR-VAE (Hadjeres et al. 2017, arXiv 1707.04588).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latune.data.dmelody_codec import REST_TOKEN
from latune.errors import RecipeError
from latune.music.dmelodies import BARS, EIGHTHS_PER_BAR, FACTOR_SIZES, FACTORS, ONSETS
from latune.music.dmelody_matching import rhythm_patterns, right_notes

__all__ = ["expected_factors"]

EPSILON = 1e-6  # added to probabilities: a melody that the decoder rules out is as unlikely as that, not impossible
_CHORDS, _NOTES = 4, 3


def expected_factors(probabilities: Tensor, names: Sequence[str]) -> Tensor:
    """Expected factors of melodies whose eighths are independent.

    Args:
        probabilities: Of a rest (symbol 0) and of the pitches 60 to 109 at each eighth, shape (B, 16, 51).
        names: Which factors.

    Returns:
        Shape (B, len(names)), in the factors' own values.

    Raises:
        RecipeError: There is no such factor.
    """
    unknown = [name for name in names if name not in FACTORS]
    if unknown:
        raise RecipeError(f"There is no factor '{unknown[0]}' of a melody: expected one of {', '.join(FACTORS)}.")
    bars = probabilities.reshape(probabilities.shape[0], BARS, EIGHTHS_PER_BAR, -1)
    rhythms = _rhythms(bars[..., REST_TOKEN])
    keys, downwards = _keys_and_directions(bars[..., REST_TOKEN + 1 :], rhythms.argmax(dim=-1))
    values = np.stack(np.unravel_index(np.arange(keys.shape[1]), FACTOR_SIZES[:3]), axis=1)
    columns = torch.cat(
        [keys @ _constant(values, keys), rhythms @ _constant(np.arange(len(ONSETS)), keys), downwards], dim=1
    )
    return columns[:, [FACTORS.index(name) for name in names]]


def _rhythms(rests: Tensor) -> Tensor:
    """Posterior of the rhythms (B, 2, 28) from the probabilities of a rest (B, 2, 8)."""
    sound = _constant(rhythm_patterns().T, rests)
    logarithms = _logarithm(1 - rests) @ sound + _logarithm(rests) @ (1 - sound)
    return torch.softmax(logarithms, dim=-1)


def _keys_and_directions(pitches: Tensor, rhythms: Tensor) -> tuple[Tensor, Tensor]:
    """Posterior of the keys (B, 108), and probability that each chord is played downwards (B, 4).

    Args:
        pitches: Probabilities of the pitches, (B, 2, 8, 50).
        rhythms: Rhythm of each bar, (B, 2).
    """
    onsets = torch.from_numpy(ONSETS).to(pitches.device)[rhythms]
    notes = pitches.gather(2, onsets[..., None].expand(-1, -1, -1, pitches.shape[-1]))
    notes = _logarithm(notes).reshape(-1, _CHORDS, _NOTES * pitches.shape[-1]).transpose(0, 1)
    right = _constant(right_notes(), pitches)
    products = notes @ right.flatten(3).flatten(1, 2)
    chords = products.reshape(_CHORDS, -1, *right.shape[-2:])  # (4, B, 2, 108)
    keys = torch.softmax(chords.logsumexp(dim=2).sum(dim=0), dim=-1)
    downwards = torch.softmax(chords, dim=2)[:, :, 1]
    return keys, (downwards * keys).sum(dim=-1).T


def _logarithm(probabilities: Tensor) -> Tensor:
    return torch.log(probabilities.clamp(min=0) + EPSILON)


def _constant(array: NDArray[Any], like: Tensor) -> Tensor:
    return torch.as_tensor(array.astype(np.float64), dtype=like.dtype, device=like.device)
