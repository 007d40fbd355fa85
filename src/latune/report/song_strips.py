"""Phrases of songs as small piano rolls of the page, which its player reads: what is seen is what is played.

An element is as wide as its phrase has steps and stretches to any width. Each track has a band; a path in it has one
line per note, `M<step> <MIDI pitch>h<steps less a fifth>`. Colours come from the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import escape
from numpy.typing import NDArray

from latune.music.songs.song import Part
from latune.music.songs.tokens import SILENCE, STEPS, TRACKS, onsets
from latune.music.songs.writing import song_of

__all__ = ["Ranges", "pitch_ranges", "song_strip"]

BAND, GAP = 30, 4  # height of a track, and between two, in the element's units
SMALLEST_RANGE = 15  # semitones that a band shows at least
THICKNESS, THINNEST = 1.3, 2.0  # of a note: semitones, but at least so many units of the element

_LANE = f'width="{STEPS}" height="{BAND + GAP}"'

Tokens = NDArray[np.uint8]


@dataclass(frozen=True)
class Ranges:
    """Lowest and highest pitch that the band of each track shows, (4,) each."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]


def pitch_ranges(phrases: Sequence[Tokens]) -> Ranges:
    """Ranges that hold all notes of phrases (T, 4), so that their strips can be compared."""
    low, high = [], []
    for track in range(len(TRACKS)):
        columns = [phrase[:, track] for phrase in phrases]
        pitches = np.concatenate([column[onsets(column)] for column in columns]).astype(np.int64)
        lowest, highest = (int(pitches.min()), int(pitches.max())) if len(pitches) else (60, 60)
        missing = max(0, SMALLEST_RANGE - (highest - lowest))
        low.append(lowest - missing // 2)
        high.append(highest + (missing + 1) // 2)
    return Ranges(np.array(low), np.array(high))


def song_strip(tokens: Tokens, ranges: Ranges, description: str, reference: Tokens | None = None) -> str:
    """One phrase as an SVG element.

    Args:
        tokens: The phrase, (256, 4).
        ranges: Of the bands.
        description: What it shows, for people who do not see it.
        reference: A phrase to compare with: notes that only `tokens` has are of class "new", those that only this one
            has of class "gone"; the others are "same".
    """
    height = len(TRACKS) * (BAND + GAP) - GAP
    own, other = song_of(tokens), None if reference is None else song_of(reference)
    bands = []
    for place, part in enumerate(own.parts):
        low, high = float(ranges.low[place]), float(ranges.high[place])
        scale = BAND / (high - low + 2)
        bottom = place * (BAND + GAP) + BAND + scale * (low - 1)
        paths = _paths(part, part if other is None else other.parts[place])
        look = f'class="{TRACKS[place]}" stroke-width="{max(THICKNESS, THINNEST / scale):.2f}"'
        bands.append(f'<g transform="matrix(1 0 0 {-scale:.4f} 0 {bottom:.3f})" {look}>{paths}</g>')
    head = f'<svg class="song" viewBox="0 0 {STEPS} {height}" preserveAspectRatio="none" role="img"'
    lanes = "".join(f'<rect y="{place * (BAND + GAP) - GAP / 2}" {_LANE}/>' for place in (1, 3))
    return f'{head} aria-label="{escape(description)}">{lanes}{"".join(bands)}</svg>'


def _paths(part: Part, reference: Part) -> str:
    """The notes of a track, and those that are missing, as paths; the latter lie below."""
    known = np.isin(_places(part), _places(reference))
    gone = ~np.isin(_places(reference), _places(part))
    lines = {"gone": _lines(reference, gone), "same": _lines(part, known), "new": _lines(part, ~known)}
    return "".join(f'<path class="{name}" d="{line}"/>' for name, line in lines.items() if line)


def _places(part: Part) -> NDArray[np.int64]:
    """When and which, as one number per note."""
    return np.asarray(part.start.astype(np.int64) * SILENCE + part.pitch)


def _lines(part: Part, chosen: NDArray[np.bool_]) -> str:
    """One line per chosen note; a hit of a drum lasts one step, and lines are a fifth of a step shorter than notes."""
    length = np.ones(len(part.start), np.int64) if part.is_drum else part.end - part.start
    notes = zip(part.start[chosen].tolist(), part.pitch[chosen].tolist(), length[chosen].tolist(), strict=True)
    return "".join(f"M{start} {pitch}h{steps - 1 or ''}.8" for start, pitch, steps in notes)
