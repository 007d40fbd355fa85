"""Songs cut into phrases: 16 bars of drums, bass, guitar and strings, none of which is silent for a bar.

Every part belongs to one track by its program. All strings are merged into one track; of the others, every guitar is
combined with every bass and every drum kit, up to a number of such triples per song. A window of 16 bars slides over
each triple and is kept where every track plays.

Source: Valenti, Carta and Bacciu 2020 (arXiv 2001.05494), which takes every triple, and has a rest where a note is
struck again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from latune.errors import InputError
from latune.music.songs.lines import FIRST_BASS, FIRST_STRINGS, Line, single_line, track_of
from latune.music.songs.silence import silent_bars
from latune.music.songs.song import Part, Song
from latune.music.songs.tokens import BARS, SILENT, STEPS, STEPS_PER_BAR, TRACKS, tokens_of

__all__ = ["PhraseOptions", "Phrases", "phrases_of"]

_EXPECTED = {
    "drums": "a part of drums",
    "bass": f"a part with a program from {FIRST_BASS} to {FIRST_STRINGS - 1}",
    "guitar": f"a part with a program from 0 to {FIRST_BASS - 1}",
    "strings": f"a part with a program from {FIRST_STRINGS} to 127",
}


@dataclass(frozen=True)
class PhraseOptions:
    """How a song is cut.

    Args:
        triples: Most combinations of guitar, bass and drums that are taken of one song, drawn at random.
        hop: Bars from one phrase to the next.
        pitch: Which of several notes that sound together a track of guitar or strings keeps; bass and drums keep the
            lowest one.
        max_silent_bars: Silent bars that a track may have in a phrase.
        aligned: Whether a silent bar begins at a bar line; otherwise any 16 silent steps are one, as published.
        seed: Of the draw.

    Raises:
        InputError: A number is out of range.
    """

    triples: int = 4
    hop: int = 1
    pitch: Literal["lowest", "highest"] = "lowest"
    max_silent_bars: int = 0
    aligned: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.triples < 1 or self.hop < 1:
            raise InputError(f"Phrases: expected triples and hop of at least 1, got {self.triples} and {self.hop}.")
        if self.pitch not in ("lowest", "highest"):
            raise InputError(f"Phrases: expected pitch 'lowest' or 'highest', got '{self.pitch}'.")
        if not 0 <= self.max_silent_bars < BARS:
            raise InputError(f"Phrases: expected 0 to {BARS - 1} silent bars, got {self.max_silent_bars}.")


@dataclass(frozen=True)
class Phrases:
    """The phrases of one song, no two of them equal.

    Args:
        tokens: What is played, (P, 256, 4).
        start_bars: Bar of the song in which each begins, from 0, (P,).
        programs: General MIDI program of each track, (P, 4); that of merged strings is their first part's.
    """

    tokens: NDArray[np.uint8]
    start_bars: NDArray[np.int32]
    programs: NDArray[np.uint8]


def phrases_of(song: Song, options: PhraseOptions | None = None) -> Phrases:
    """All phrases of a song.

    Raises:
        InputError: There are none; the message says which track is missing, or what else.
    """
    options = options or PhraseOptions()
    parts = _parts_by_track(song)
    if song.steps < STEPS:
        raise InputError(f"The song has {song.steps // STEPS_PER_BAR} bars: expected at least {BARS}.")
    found = [_windows(lines, options) for lines in _combinations(parts, song.steps, options)]
    tokens, starts, programs = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    if not len(tokens):
        raise InputError(f"The song has no {BARS} bars in which all tracks play.")
    first = np.sort(np.unique(_whole(tokens), return_index=True)[1])
    return Phrases(tokens[first], starts[first], programs[first])


def _parts_by_track(song: Song) -> dict[str, list[Part]]:
    parts: dict[str, list[Part]] = {track: [] for track in TRACKS}
    for part in song.parts:
        if len(part.start):
            parts[track_of(part)].append(part)
    for track in TRACKS:
        if not parts[track]:
            raise InputError(f"The song has no {track}: expected {_EXPECTED[track]}.")
    return parts


def _combinations(parts: dict[str, list[Part]], steps: int, options: PhraseOptions) -> list[list[Line]]:
    """The lines of every triple that is taken, each with the strings."""
    highest = options.pitch == "highest"
    shape = tuple(len(parts[track]) for track in ("guitar", "bass", "drums"))
    count = int(np.prod(shape))
    chosen = np.arange(count)
    if count > options.triples:
        chosen = np.sort(np.random.default_rng(options.seed).choice(count, options.triples, replace=False))
    guitars, basses, kits = (axis.tolist() for axis in np.unravel_index(chosen, shape))
    guitar = _lines(parts["guitar"], guitars, lambda part: single_line([part], steps, highest))
    bass = _lines(parts["bass"], basses, lambda part: single_line([part], steps))
    drums = _lines(parts["drums"], kits, lambda part: single_line([part], steps, hits=True))
    strings = single_line(parts["strings"], steps, highest)
    return [[drums[d], bass[b], guitar[g], strings] for g, b, d in zip(guitars, basses, kits, strict=True)]


def _lines(parts: Sequence[Part], numbers: Sequence[int], make: Callable[[Part], Line]) -> dict[int, Line]:
    """The lines of the parts that are needed, by number."""
    return {number: make(parts[number]) for number in sorted(set(numbers))}


def _windows(
    lines: Sequence[Line], options: PhraseOptions
) -> tuple[NDArray[np.uint8], NDArray[np.int32], NDArray[np.uint8]]:
    """Tokens (W, 256, 4), first bars (W,) and programs (W, 4) of the windows in which every track plays."""
    pitches = np.stack([line.pitches for line in lines], axis=1)
    struck = np.stack([line.struck for line in lines], axis=1)
    starts = np.arange(0, len(pitches) - STEPS + 1, STEPS_PER_BAR * options.hop)
    silent = silent_bars(pitches != SILENT, starts, options.aligned)
    starts = starts[np.all(silent <= options.max_silent_bars, axis=1)]
    tokens = np.moveaxis(tokens_of(_cut(pitches, starts), _cut(struck, starts)), 0, 1)
    programs = np.array([line.program for line in lines], np.uint8)
    bars = (starts // STEPS_PER_BAR).astype(np.int32)
    return tokens, bars, np.tile(programs, (len(starts), 1))


def _cut(song: NDArray[Any], starts: NDArray[np.integer[Any]]) -> NDArray[Any]:
    """Windows of an array (T, tracks), (256, W, tracks)."""
    return np.moveaxis(sliding_window_view(song, STEPS, axis=0)[starts], 2, 0)


def _whole(tokens: NDArray[np.uint8]) -> NDArray[np.void]:
    """Each phrase as one value, so that phrases can be compared."""
    return np.ascontiguousarray(tokens).reshape(len(tokens), -1).view(f"V{STEPS * len(TRACKS)}")[:, 0]
