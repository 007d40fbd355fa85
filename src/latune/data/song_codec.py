"""Phrases of songs of four tracks as items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.attributes import Attribute, AttributeTable
from latune.data.codecs import Items, Scores, measure_with_own
from latune.metrics import (
    drum_regularity,
    empty_bar_ratio,
    exact_items,
    groove_similarity,
    key_consistency,
    note_length_histogram,
    note_length_overlap,
    onset_f1,
    pitch_class_entropy,
    token_accuracy,
)
from latune.music.songs.attributes import SONG_ATTRIBUTES, measure_song_attributes
from latune.music.songs.tokens import BARS, DRUMS, STEPS, STEPS_PER_BAR, SYMBOLS, TRACKS, onsets, sounding

__all__ = ["SongCodec"]

_CHUNK = 4096  # phrases that are counted at once, so that a memory map need not fit into memory


class SongCodec:
    """Phrases of 16 bars as tokens (256, 4), see `latune.music.songs.tokens`.

    Args:
        table: The attributes, and the user's own behind them, which read tokens (N, 256, 4).
    """

    item_shape = (STEPS, len(TRACKS))
    cuts = tuple(range(STEPS_PER_BAR, STEPS, STEPS_PER_BAR))  # bar lines
    symbols = SYMBOLS
    binary = False
    measurable = True

    def __init__(self, table: AttributeTable = SONG_ATTRIBUTES) -> None:
        self.table = table

    def with_attributes(self, own: Sequence[Attribute]) -> SongCodec:
        """This codec with attributes of the user's own, which read tokens (N, 256, 4)."""
        return SongCodec(self.table.extended(own))

    def measure(self, items: Items, names: Sequence[str] | None = None) -> NDArray[np.float64]:
        """Measure attributes, by default all: tokens (N, 256, 4) to values (N, A).

        Raises:
            RecipeError: There is no such attribute.
        """
        return measure_with_own(self.table, np.asarray(items), names, measure_song_attributes)

    def similarity(self, items: Items, others: Items) -> NDArray[np.float64]:
        """Share of the tokens that are equal, (N,)."""
        return np.asarray(np.mean(np.asarray(items) == np.asarray(others), axis=(1, 2)))

    def empty(self, items: Items) -> NDArray[np.bool_]:
        """Phrases without a note, (N,)."""
        return np.asarray(~onsets(items).any(axis=(1, 2)))

    def compare(self, decoded: Items, items: Items) -> Scores:
        """How well phrases (N, 256, 4) came back.

        Returns:
            `token_accuracy` of all tracks and `accuracy_<track>` of each; `onset_f1`, where a note begins at the same
            step of the same track; `note_f1`, where it has the same pitch as well; `exact_bars`, the share of bars
            that are right in all tracks; `exact_items`. All (N,), from 0 to 1.
        """
        decoded, items = np.asarray(decoded), np.asarray(items)
        right = decoded == items
        tokens = _flat(decoded), _flat(items)
        begins = onsets(tokens[0]), onsets(tokens[1])
        bars = right.reshape(len(items), BARS, -1).all(axis=2)
        return {
            "token_accuracy": token_accuracy(*tokens),
            **{f"accuracy_{track}": right[:, :, place].mean(axis=1) for place, track in enumerate(TRACKS)},
            "onset_f1": onset_f1(*tokens, *begins, same_token=False),
            "note_f1": onset_f1(*tokens, *begins),
            "exact_bars": bars.mean(axis=1),
            "exact_items": exact_items(*tokens),
        }

    def baseline(self, training: Items, items: Items) -> NDArray[np.float64]:
        """Token accuracy (N,) of always saying each track's most frequent token of the training items."""
        return np.asarray((np.asarray(items) == majority_tokens(training)).mean(axis=(1, 2)))

    def track_baselines(self, training: Items, items: Items) -> Scores:
        """What `accuracy_<track>` must beat, (N,): always saying the track's most frequent token of training items."""
        right = np.asarray(items) == majority_tokens(training)
        return {f"accuracy_{track}": right[:, :, place].mean(axis=1) for place, track in enumerate(TRACKS)}

    def quality(self, items: Items, real: Items | None = None) -> Scores:
        """How much like music phrases (N, 256, 4) are, see `latune.metrics.song_quality`; compare with real ones.

        Args:
            items: Real, decoded or sampled phrases.
            real: Real phrases, (M, 256, 4), for the overlap of note lengths.

        Returns:
            By name (N,): of each track `empty_bars_<track>` and `groove_similarity_<track>`; of each but the drums
            `pitch_class_entropy_<track>` and, with `real`, `note_length_overlap_<track>`; `key_consistency` and
            `drum_regularity`. Not a number where a phrase has nothing to measure.
        """
        pitches, begins = sounding(items), onsets(items)
        drums, tuned = slice(DRUMS, DRUMS + 1), slice(DRUMS + 1, None)
        scores = {
            **_by_track("empty_bars", empty_bar_ratio(pitches), TRACKS),
            **_by_track("groove_similarity", groove_similarity(begins), TRACKS),
            **_by_track(
                "pitch_class_entropy", pitch_class_entropy(pitches[..., tuned], begins[..., tuned]), TRACKS[tuned]
            ),
            "key_consistency": key_consistency(pitches[..., tuned]),
            "drum_regularity": drum_regularity(pitches[..., drums], begins[..., drums])[:, 0],
        }
        if real is not None:
            usual = _note_lengths(real).mean(axis=0)
            scores |= _by_track("note_length_overlap", note_length_overlap(_note_lengths(items), usual), TRACKS[tuned])
        return scores

    def to_dict(self) -> dict[str, Any]:
        """A JSON form that `codec_from_dict` reads."""
        return {"kind": "song"}

    @classmethod
    def from_dict(cls, description: dict[str, Any]) -> SongCodec:
        """Rebuild a codec from `to_dict`."""
        return cls()


def majority_tokens(items: Items) -> NDArray[np.uint8]:
    """The most frequent token of each track of phrases (N, 256, 4), the smaller one of equals: (4,)."""
    counts = np.zeros((len(TRACKS), SYMBOLS), np.int64)
    for start in range(0, len(items), _CHUNK):
        chunk = np.asarray(items[start : start + _CHUNK])
        counts += [np.bincount(chunk[:, :, track].ravel(), minlength=SYMBOLS) for track in range(len(TRACKS))]
    return np.asarray(counts.argmax(axis=1), np.uint8)


def _by_track(name: str, values: NDArray[np.float64], tracks: Sequence[str]) -> Scores:
    return {f"{name}_{track}": column for track, column in zip(tracks, values.T, strict=True)}


def _note_lengths(items: Items) -> NDArray[np.float64]:
    """Histograms of the note lengths of all tracks but the drums, (N, 3, 16)."""
    return note_length_histogram(sounding(items)[..., DRUMS + 1 :], onsets(items)[..., DRUMS + 1 :])


def _flat(items: Items) -> Items:
    return items.reshape(len(items), -1)
