"""Attributes of a measure that is not drawn yet: their expectation under independent ticks, differentiable.

The decoder gives each tick a distribution over symbols. Under it the onset probabilities, the first and the last note
and the highest and the lowest pitch have closed forms, so the expectation of an attribute is exact, and its gradient
tells the decoder how to change it. On distributions that are certain it equals `latune.music.attributes`.

The idea of an expected attribute is that of GLSR-VAE (Hadjeres et al. 2017, arXiv 1707.04588); the closed forms for
range, contour and syncopation are ours. Mean pitch and syncopation, which are means over notes, are ratios of
expectations: equal to the measure on distributions that are certain, close to the expectation elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import torch
from torch import Tensor

from latune.errors import RecipeError
from latune.music.attributes import PITCH_SPAN, complexity_weights, metrical_levels
from latune.music.measure import HOLD
from latune.music.metre import COMMON_TIME, Metre

__all__ = ["EXPECTED_ATTRIBUTES", "expected_attributes"]

ALMOST_ONE = 1 - 1e-6  # keeps logarithms of 1 - p finite
ALMOST_NONE = 0.05  # notes; with fewer a measure counts as silent


class _Notes:
    """Note probabilities of a batch and what several attributes share of them.

    Args:
        probabilities: Probability that a note of each pitch begins, (B, T, P), pitches ascending by semitones.
        lowest: MIDI number of the first pitch.
        held: Probability that what sounds goes on, (B, T).
        metre: Of the measures.
    """

    def __init__(self, probabilities: Tensor, lowest: int, held: Tensor, metre: Metre) -> None:
        self.metre = metre
        self.held = held
        self.pitched = probabilities
        self.onsets = probabilities.sum(dim=-1).clamp(max=ALMOST_ONE)
        self.middle = lowest + (probabilities.shape[-1] - 1) / 2
        pitches = torch.arange(probabilities.shape[-1], device=probabilities.device) + lowest - self.middle
        self.count = probabilities.sum(dim=(1, 2))
        self.moments = probabilities @ pitches.to(probabilities.dtype)  # E[pitch - middle; onset], (B, T)
        self.silent = torch.log1p(-self.onsets)  # ln P(no onset), (B, T)


def _rhythmic_complexity(notes: _Notes) -> Tensor:
    weights = torch.as_tensor(complexity_weights(notes.metre), dtype=notes.onsets.dtype, device=notes.onsets.device)
    return notes.onsets @ weights


def _note_density(notes: _Notes) -> Tensor:
    return notes.onsets.mean(dim=1)


def _mean_pitch(notes: _Notes) -> Tensor:
    """Ratio of the expected sum of pitches to the expected number of notes."""
    return notes.moments.sum(dim=1) / notes.count.clamp(min=ALMOST_NONE) + notes.middle * (notes.count > ALMOST_NONE)


def _syncopation(notes: _Notes) -> Tensor:
    """Ratio of the expected sum of strengths to the expected number of notes.

    A note's strength grows at every tick that is stronger than all it has sounded across so far: the sum over such
    pairs of ticks of the growth times P(a note begins at the one and sounds across the other).
    """
    begins, across, growth = (torch.as_tensor(column, device=notes.onsets.device) for column in _growths(notes.metre))
    going_on = notes.held.clamp(min=1 - ALMOST_ONE).log().cumsum(dim=1)
    chances = notes.onsets[:, begins] * (going_on[:, across] - going_on[:, begins]).exp()
    return chances @ growth.to(chances.dtype) / notes.count.clamp(min=ALMOST_NONE)


@cache
def _growths(metre: Metre) -> tuple[list[int], list[int], list[int]]:
    """Ticks where a note begins, later ticks where its syncopation grows if it sounds across them, and by how much."""
    levels, pairs = metrical_levels(metre).tolist(), []
    for begin, own in enumerate(levels):
        strongest = 0
        for across in range(begin + 1, len(levels)):
            if own - levels[across] > strongest:
                pairs.append((begin, across, own - levels[across] - strongest))
                strongest = own - levels[across]
    begins, crossed, growth = zip(*pairs, strict=True)
    return list(begins), list(crossed), list(growth)


def _contour(notes: _Notes) -> Tensor:
    """Last minus first pitch: a note is first if no onset came before it, last if none comes after it."""
    before = (notes.silent.cumsum(dim=1) - notes.silent).exp()
    after = (notes.silent.flip(1).cumsum(dim=1).flip(1) - notes.silent).exp()
    return ((after - before) * notes.moments).sum(dim=1) / PITCH_SPAN


def _pitch_range(notes: _Notes) -> Tensor:
    """Sum over semitone borders of P(a note below the border and a note above it)."""
    up_to = notes.pitched.cumsum(dim=-1)[..., :-1]
    above = (notes.onsets[..., None] - up_to).clamp(0.0, ALMOST_ONE)
    none_above = torch.log1p(-above).sum(dim=1).exp()
    none_below = torch.log1p(-up_to.clamp(0.0, ALMOST_ONE)).sum(dim=1).exp()
    none = notes.silent.sum(dim=1, keepdim=True).exp()
    return (1 - none_above - none_below + none).sum(dim=-1) / PITCH_SPAN


EXPECTED_ATTRIBUTES: dict[str, Callable[[_Notes], Tensor]] = {
    "rhythmic_complexity": _rhythmic_complexity,
    "pitch_range": _pitch_range,
    "note_density": _note_density,
    "contour": _contour,
    "mean_pitch": _mean_pitch,
    "syncopation": _syncopation,
}
"""Attributes that have an expectation, by name."""


def expected_attributes(
    probabilities: Tensor, values: Sequence[int], names: Sequence[str], metre: Metre = COMMON_TIME
) -> Tensor:
    """Expected attributes of measures whose ticks are independent.

    Args:
        probabilities: Of each symbol at each tick, shape (B, T, V).
        values: Tick value of each symbol; pitches must be consecutive and ascending.
        names: Which attributes.
        metre: Of the measures, whose ticks T are.

    Returns:
        Shape (B, len(names)), in the attributes' own units.

    Raises:
        RecipeError: An attribute has no expectation, or the vocabulary does not list consecutive pitches.
    """
    unknown = [name for name in names if name not in EXPECTED_ATTRIBUTES]
    if unknown:
        known = ", ".join(EXPECTED_ATTRIBUTES)
        raise RecipeError(f"Attribute '{unknown[0]}' has no expectation under the decoder: expected one of {known}.")
    symbols = [symbol for symbol, value in enumerate(values) if value >= 0]
    pitches = [values[symbol] for symbol in symbols]
    if pitches != list(range(pitches[0], pitches[0] + len(pitches))):
        raise RecipeError("Expected attributes need a vocabulary with one symbol per pitch, such as 'midi'.")
    held = probabilities[..., values.index(HOLD)]
    notes = _Notes(probabilities[..., symbols[0] : symbols[-1] + 1], pitches[0], held, metre)
    return torch.stack([EXPECTED_ATTRIBUTES[name](notes) for name in names], dim=1)
