"""Phrases of songs as tokens: what every track does at every sixteenth.

A phrase has 16 bars in 4/4, 256 steps of a sixteenth, and four tracks, each with one note at a time: tokens (256, 4).
A token is a MIDI pitch where a note begins, SILENCE where silence begins, or HOLD where what was goes on. So a run of
silence is 128, 129, 129, ...; a note that is struck again has its pitch again. What is held before anything began is
silence.

Source: Valenti, Carta and Bacciu 2020, Learning Style-Aware Symbolic Music Representations by Adversarial Autoencoders
(arXiv 2001.05494), whose tokens could not tell a note struck again from one that is held.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BARS",
    "DRUMS",
    "HOLD",
    "SILENCE",
    "SILENT",
    "STEPS",
    "STEPS_PER_BAR",
    "SYMBOLS",
    "TRACKS",
    "onsets",
    "plain",
    "sounding",
    "tokens_of",
    "transposed",
]

TRACKS = ("drums", "bass", "guitar", "strings")
DRUMS = 0  # their place among the tracks
STEPS_PER_BAR, BARS = 16, 16
STEPS = STEPS_PER_BAR * BARS
SILENCE, HOLD = 128, 129
SYMBOLS = 130
SILENT = -1  # instead of a pitch

Tokens = NDArray[np.uint8]


def tokens_of(pitches: NDArray[np.integer[Any]], struck: NDArray[np.bool_] | None = None) -> Tokens:
    """Tokens of what sounds.

    Args:
        pitches: What sounds at every step, SILENT where nothing does, (T, ...).
        struck: Where a note begins, (T, ...); default: wherever the pitch changes.

    Returns:
        Tokens (T, ...).
    """
    pitches = np.asarray(pitches)
    begins = np.ones(pitches.shape, bool)
    begins[1:] = pitches[1:] != pitches[:-1]
    if struck is not None:
        begins |= np.asarray(struck) & (pitches != SILENT)
    return np.where(begins, np.where(pitches == SILENT, SILENCE, pitches), HOLD).astype(np.uint8)


def sounding(tokens: NDArray[np.integer[Any]], axis: int = -2) -> NDArray[np.int16]:
    """The pitch that sounds at every step, SILENT where nothing does.

    Args:
        tokens: Tokens of phrases, (..., T, tracks), or with time on another axis.
        axis: That of time.

    Returns:
        Pitches of the same shape.
    """
    tokens = np.moveaxis(np.asarray(tokens), axis, -1)
    steps = np.arange(tokens.shape[-1])
    last = np.maximum.accumulate(np.where(tokens == HOLD, -1, steps), axis=-1)
    begun = np.take_along_axis(tokens.astype(np.int16), np.maximum(last, 0), axis=-1)
    pitches = np.where((last < 0) | (begun >= SILENCE), SILENT, begun).astype(np.int16)
    return np.moveaxis(pitches, -1, axis)


def onsets(tokens: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
    """Where a note begins, in the shape of the tokens."""
    return np.asarray(tokens) < SILENCE


def plain(tokens: NDArray[np.integer[Any]], axis: int = -2) -> Tokens:
    """The one way to write what tokens say: silence that goes on is held, and nothing is held before it began.

    Args:
        tokens: Tokens of phrases, (..., T, tracks), or with time on another axis.
        axis: That of time.
    """
    tokens = np.asarray(tokens)
    pitches, struck = np.moveaxis(sounding(tokens, axis), axis, 0), np.moveaxis(onsets(tokens), axis, 0)
    return np.moveaxis(tokens_of(pitches, struck), 0, axis)


def transposed(tokens: NDArray[np.integer[Any]], semitones: NDArray[np.integer[Any]] | int) -> Tokens:
    """Phrases in other keys, as copies. Drums stay as they are; notes that leave 0 to 127 become silence.

    Args:
        tokens: Tokens (..., T, 4).
        semitones: How far, one number for all or one per phrase, (...).
    """
    tokens = np.array(tokens, np.int16)
    moved = tokens[..., DRUMS + 1 :]
    higher = moved + np.asarray(semitones, np.int16)[..., None, None]
    higher = np.where((higher < 0) | (higher >= SILENCE), SILENCE, higher)
    tokens[..., DRUMS + 1 :] = np.where(moved < SILENCE, higher, moved)
    return plain(tokens)
