"""Attributes of phrases of songs: how much each track plays, holds and rests, and how high.

These are the thirty numbers that MusAE's latent sweeps are correlated with. Functions read tokens (N, T, 4).

Source: Valenti, Carta and Bacciu 2020 (arXiv 2001.05494) and the first version of its published code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.attributes import Attribute, AttributeTable
from latune.music.songs.tokens import DRUMS, HOLD, SILENCE, STEPS, TRACKS, onsets

__all__ = ["ALL", "SONG_ATTRIBUTES", "measure_song_attributes"]

ALL = "all"
"""Stands for all tracks: its counts are over the four tracks, its pitches over all but the drums."""

AT_ONCE = 2048  # phrases that are measured together: what lies between stays in a processor's cache

NO_HIGHEST, NO_LOWEST, NO_MEAN = -1, SILENCE, 0
"""Values of the pitch attributes of a track without notes, as published."""

_Tokens = NDArray[np.integer[Any]]
_Values = NDArray[np.float64]


def _notes(tokens: _Tokens) -> _Values:
    return np.asarray(np.count_nonzero(onsets(tokens), axis=1), np.float64)


def _holds(tokens: _Tokens) -> _Values:
    return np.asarray(np.count_nonzero(tokens == HOLD, axis=1), np.float64)


def _silences(tokens: _Tokens) -> _Values:
    return np.asarray(np.count_nonzero(tokens == SILENCE, axis=1), np.float64)


def _highest(tokens: _Tokens) -> _Values:
    return np.asarray(np.where(onsets(tokens), tokens.astype(np.int16), NO_HIGHEST).max(axis=1), np.float64)


def _lowest(tokens: _Tokens) -> _Values:
    return np.asarray(np.minimum(tokens, NO_LOWEST).min(axis=1), np.float64)


def _mean_pitch(tokens: _Tokens) -> _Values:
    total = np.where(onsets(tokens), tokens, 0).sum(axis=1, dtype=np.float64)
    return np.where(total > 0, total / np.maximum(_notes(tokens), 1), NO_MEAN)


_Statistic = Callable[[_Tokens], _Values]
"""From tokens (N, T, tracks) to values (N, tracks)."""

_STATISTICS: dict[str, _Statistic] = {
    "notes": _notes,
    "holds": _holds,
    "silences": _silences,
    "highest": _highest,
    "lowest": _lowest,
    "mean_pitch": _mean_pitch,
}


def _of_all(statistic: str, of_tracks: _Values) -> _Values:
    """From values of the tracks (N, 4) to those of the phrase (N,)."""
    pitched = of_tracks[:, DRUMS + 1 :]
    if statistic == "highest":
        return np.asarray(pitched.max(axis=1))
    if statistic == "lowest":
        return np.asarray(pitched.min(axis=1))
    return np.asarray(pitched.mean(axis=1) if statistic == "mean_pitch" else of_tracks.sum(axis=1))


def _measure_one(tokens: _Tokens, track: str, statistic: str) -> _Values:
    if track == ALL:
        return _of_all(statistic, _STATISTICS[statistic](tokens))
    place = TRACKS.index(track)
    return _STATISTICS[statistic](tokens[:, :, place : place + 1])[:, 0]


def measure_song_attributes(tokens: _Tokens, names: Sequence[str]) -> _Values:
    """Measure attributes together, which is faster than one by one.

    Args:
        tokens: Phrases (N, T, 4).
        names: Names of built-in attributes.

    Returns:
        Values (N, names).

    Raises:
        KeyError: There is no such attribute.
    """
    starts = range(0, max(len(tokens), 1), AT_ONCE)
    return np.concatenate([_measure(tokens[start : start + AT_ONCE], names) for start in starts])


def _measure(tokens: _Tokens, names: Sequence[str]) -> _Values:
    """The same for a few thousand phrases."""
    tokens = np.asfortranarray(tokens)  # phrases side by side: sums over steps then run over many at once
    wanted = [_PARTS[name] for name in names]
    of_tracks = {statistic: _STATISTICS[statistic](tokens) for statistic in {statistic for _, statistic in wanted}}
    columns = [
        _of_all(statistic, of_tracks[statistic]) if track == ALL else of_tracks[statistic][:, TRACKS.index(track)]
        for track, statistic in wanted
    ]
    return np.stack(columns, axis=1) if columns else np.empty((len(tokens), 0))


_PARTS = {f"{track}_{statistic}": (track, statistic) for track in (*TRACKS, ALL) for statistic in _STATISTICS}


def _attribute(name: str) -> Attribute:
    track, statistic = _PARTS[name]
    words = {
        "notes": "How many notes begin",
        "holds": "How many steps go on with what was",
        "silences": "How often silence begins",
        "highest": f"Highest pitch, {NO_HIGHEST} without notes",
        "lowest": f"Lowest pitch, {NO_LOWEST} without notes",
        "mean_pitch": f"Mean pitch of the notes, {NO_MEAN} without notes",
    }
    is_count = statistic in ("notes", "holds", "silences")
    where = "in the four tracks together" if is_count else "over bass, guitar and strings"
    if track == ALL and statistic == "mean_pitch":
        where = "as the mean over bass, guitar and strings"
    low, high = {"highest": (NO_HIGHEST, 127), "lowest": (0, NO_LOWEST)}.get(statistic, (0, 127))
    if is_count:
        high = STEPS * (len(TRACKS) if track == ALL else 1)
    return Attribute(
        name,
        "steps" if is_count else "General MIDI drum" if track == TRACKS[DRUMS] else "MIDI semitones",
        low,
        high,
        f"{words[statistic]}, {where if track == ALL else f'in the {track}'}.",
        measure=partial(_measure_one, track=track, statistic=statistic),
    )


SONG_ATTRIBUTES = AttributeTable([_attribute(name) for name in _PARTS])
"""Six numbers of each track and of all together, as `<track>_<number>`: `bass_notes`, `all_mean_pitch`."""
