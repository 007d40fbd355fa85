"""Do the same pitches sound in every bar? What stays of a phrase when its rhythms become those of another genre."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["pitch_profile_loss"]

SMALLEST = 1e-6  # share of a pitch that is never begun, in the logarithm


def pitch_profile_loss(probabilities: Tensor, tokens: Tensor, pitches: int, steps_per_bar: int) -> Tensor:
    """Cross-entropy of the pitches that are begun in each bar of each track, in nats, the mean over bars with notes.

    The profile of a bar says how many of its notes have each pitch, and neither when they begin nor how many they are:
    0 more than the entropy of the true profile where the expected notes have the true pitches.

    Args:
        probabilities: Of tokens, (B, T, K, V) for K tracks; the first `pitches` of the V tokens begin a note.
        tokens: Phrases whose pitches are wanted, (B, T, K).
        pitches: Number of tokens that are pitches.
        steps_per_bar: Steps of a bar; T is a whole number of them.

    Returns:
        A scalar; 0 where no bar has notes.
    """
    batch, _, tracks, symbols = probabilities.shape
    bars = (batch, -1, steps_per_bar, tracks)
    expected = probabilities.reshape(*bars, symbols)[..., :pitches].sum(dim=2).float()
    begun = (tokens < pitches).view(bars)
    of_pitch = tokens.view(bars).transpose(2, 3).clamp_max(pitches - 1)  # (B, bars, K, steps)
    shares = (expected + SMALLEST) / (expected + SMALLEST).sum(dim=-1, keepdim=True)
    nats = -shares.log().gather(-1, of_pitch)
    counted = begun.transpose(2, 3)
    notes = counted.sum(dim=-1)
    means = (nats * counted).sum(dim=-1) / notes.clamp_min(1)
    with_notes = notes > 0
    return torch.where(with_notes, means, 0).sum() / with_notes.sum().clamp_min(1)
