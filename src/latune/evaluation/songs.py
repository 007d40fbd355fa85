"""Everything that is measured of a run of songs: the entry "songs" of `metrics.json`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.control.interpolate import interpolate_codes
from latune.data.codecs import Scores
from latune.data.song_codec import SongCodec
from latune.evaluation.song_codes import genre_probe, two_sample_test
from latune.evaluation.song_subject import SongSubject
from latune.evaluation.song_transfer import style_transfer
from latune.metrics.song_quality import interpolation_monotonicity
from latune.music.songs.tokens import TRACKS

__all__ = ["measure_songs"]

Tokens = NDArray[np.uint8]
Report = Callable[[str, int, int], None]
"""Told (what is being measured, done, total)."""

PATHS, PATH_STEPS = 128, 9  # interpolations, and steps of each


def measure_songs(subject: SongSubject, report: Report | None = None) -> dict[str, Any]:
    """Measure a run of songs on held-out phrases.

    Returns:
        JSON: "tracks" (accuracy of each beside the majority baseline), "two_sample" (codes against the prior),
        "genre_probe", "interpolation" (monotonicity), "quality" (of real, reconstructed and sampled phrases) and
        "transfer"; what each holds is said where it is made.
    """
    tell = report or (lambda *_: None)
    tell("songs", 0, 5)
    wanted = subject.genres.draw_prior(subject.labels, subject.seed)
    result: dict[str, Any] = {"phrases": len(subject.items), "tracks": _tracks(subject)}
    result["two_sample"] = two_sample_test(subject.draws, wanted, subject.groups, subject.seed)
    tell("songs", 1, 5)
    result["genre_probe"] = genre_probe(subject)
    tell("songs", 2, 5)
    result["interpolation"] = _interpolation(subject)
    tell("songs", 3, 5)
    result["quality"] = _quality(subject, subject.editor.decode(wanted))
    tell("songs", 4, 5)
    result["transfer"] = style_transfer(subject)
    tell("songs", 5, 5)
    return result


def _tracks(subject: SongSubject) -> dict[str, Any]:
    codec = subject.editor.codec
    assert isinstance(codec, SongCodec)
    scores = codec.compare(subject.decoded, subject.items)
    baselines = codec.track_baselines(subject.training, subject.items)
    return {
        track: {
            "accuracy": subject.estimate(scores[f"accuracy_{track}"]),
            "majority_baseline": subject.estimate(baselines[f"accuracy_{track}"]),
        }
        for track in TRACKS
    }


def _interpolation(subject: SongSubject) -> dict[str, Any]:
    """Straight ways between the codes of pairs of phrases from different songs where there are such."""
    generator = np.random.default_rng(subject.seed)
    order = generator.permutation(len(subject.means))
    pairs = np.stack([order, np.roll(order, 1)])[:, : min(PATHS, len(order))]
    codes = interpolate_codes(subject.means[pairs[0]], subject.means[pairs[1]], PATH_STEPS)
    paths = subject.editor.decode(np.swapaxes(codes, 0, 1))
    values = np.full(len(subject.items), np.nan)
    values[pairs[0]] = interpolation_monotonicity(paths)
    return {"paths": pairs.shape[1], "steps": PATH_STEPS, "monotonicity": subject.estimate(values)}


def _quality(subject: SongSubject, sampled: Tokens) -> dict[str, dict[str, Any]]:
    codec = subject.editor.codec
    assert isinstance(codec, SongCodec)
    found = {"real": subject.items, "reconstructed": subject.decoded, "sampled": sampled}
    measured = {kind: _over_tracks(codec.quality(tokens, subject.training)) for kind, tokens in found.items()}
    return {kind: {name: subject.estimate(v) for name, v in values.items()} for kind, values in measured.items()}


def _over_tracks(scores: Scores) -> Scores:
    """Scores of single tracks as their mean over the tracks that have a value, the others as they are."""
    of_tracks: dict[str, list[NDArray[np.float64]]] = {}
    for name, values in scores.items():
        track = next((track for track in TRACKS if name.endswith(f"_{track}")), "")
        of_tracks.setdefault(name.removesuffix(f"_{track}") if track else name, []).append(values)
    return {name: _mean(np.stack(values)) for name, values in of_tracks.items()}


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the first axis of what is a number."""
    counted = np.isfinite(values)
    sums = np.where(counted, values, 0).sum(axis=0)
    return np.where(counted.any(axis=0), sums / np.maximum(counted.sum(axis=0), 1), np.nan)
