"""A corpus of tunes as a data set of measures: read side by side, filtered with reasons, split by melody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from latune.data.dataset import Dataset
from latune.data.measure_codec import MeasureCodec
from latune.data.preparation import Report
from latune.data.splits import assigned_groups, count_overlap
from latune.data.tune_sources import TuneFile
from latune.errors import InputError
from latune.music.measure import HIGHEST_PITCH, LOWEST_PITCH, midi_vocabulary, transposed
from latune.music.metre import Metre
from latune.music.near_duplicates import melody_groups
from latune.music.tune_files import FoundTune, Refusal, read_collection

__all__ = ["SPLITS", "Check", "build_tunes", "most_frequent_metre", "read_corpus", "shifts"]

SPLITS = {"train": 0.80, "validation": 0.05, "test": 0.15}
_FILES_AT_ONCE = 8  # that one process reads between two reports

Check = Callable[[FoundTune], str | None]
"""Why a tune does not belong in the data set, as a sentence; None where it does."""


def read_corpus(
    files: Sequence[TuneFile], track: str | None = None, workers: int = 1, report: Report | None = None
) -> tuple[list[FoundTune], list[Refusal]]:
    """Read every tune of the files.

    Args:
        files: Where they are.
        track: Number or name of the melody's track.
        workers: Processes that read side by side.
        report: Told the progress in files.

    Returns:
        The tunes in the order of the files, and those that cannot be read, with the reason.
    """
    parts = [files[start : start + _FILES_AT_ONCE] for start in range(0, len(files), _FILES_AT_ONCE)]
    # joblib's processes are neither forked (PyTorch's threads could deadlock) nor do they import the caller's script.
    results = Parallel(workers, return_as="generator")(delayed(_read_files)(part, track) for part in parts)
    found: list[FoundTune] = []
    refused: list[Refusal] = []
    done = 0
    for part, entries in zip(parts, results, strict=True):
        found += [entry for entry in entries if isinstance(entry, FoundTune)]
        refused += [entry for entry in entries if isinstance(entry, Refusal)]
        done += len(part)
        if report is not None:
            report(done, len(files))
    return found, refused


def _read_files(files: Sequence[TuneFile], track: str | None) -> list[FoundTune | Refusal]:
    entries: list[FoundTune | Refusal] = []
    for file in files:
        try:
            entries += read_collection(file.content(), file.name, track)
        except InputError as error:
            entries.append(Refusal(file.name, str(error)))
    return entries


def most_frequent_metre(found: Sequence[FoundTune]) -> Metre:
    """The metre of most tunes; where several metres share a grid (4/4 and 2/2), the most frequent of them.

    Raises:
        InputError: There are no tunes.
    """
    counts = Counter(one.tune.metre for one in found)
    if not counts:
        raise InputError("No tune could be read: expected at least one.")

    def tunes_with_grid_of(metre: Metre) -> int:
        return sum(count for other, count in counts.items() if other.has_grid_of(metre))

    return max(counts, key=lambda metre: (tunes_with_grid_of(metre), counts[metre]))


@dataclass(frozen=True)
class _Copy:
    """A tune in one transposition: its measures, and the number of its melody."""

    tokens: NDArray[np.uint8]
    group: int


def build_tunes(
    name: str,
    found: Sequence[FoundTune],
    refused: Sequence[Refusal],
    metre: Metre,
    check: Check,
    description: dict[str, Any],
    seed: int = 0,
) -> Dataset:
    """Build a data set of the measures that are played.

    Training tunes occur in every transposition within 55 to 84; validation and test tunes once, as written or, where
    that lies outside, moved by octaves. Versions of one melody are in one split.

    Args:
        name: Name of the data set.
        found: Tunes.
        refused: Those that could not be read.
        metre: Tunes in metres with another grid are left out.
        check: What else leaves a tune out.
        description: Source, licence and whatever else is worth knowing.
        seed: Seed of the split.

    Raises:
        InputError: No tune is left.
    """
    reasons = [check(one) or _unsuitable(one, metre) for one in found]
    rejected = [{"name": one.name, "reason": one.reason} for one in refused]
    rejected += [{"name": one.name, "reason": r} for one, r in zip(found, reasons, strict=True) if r]
    tunes = [one for one, reason in zip(found, reasons, strict=True) if not reason]
    if not tunes:
        first = f" The first reason: {rejected[0]['reason']}" if rejected else ""
        raise InputError(f"No tune is left of {len(rejected)}: expected at least one in {metre.name}.{first}")
    melodies = melody_groups([one.tune.performed for one in tunes], metre)
    codec = MeasureCodec(midi_vocabulary(), metre)
    assigned, remarks = assigned_groups(int(melodies.max()) + 1, SPLITS, seed, "melody", "melodies")
    copies = _copies(tunes, melodies, set(assigned["train"].tolist()), codec)
    items = np.concatenate([copy.tokens for copy in copies])
    lengths = [len(copy.tokens) for copy in copies]
    groups = np.repeat(np.array([copy.group for copy in copies], np.int32), lengths)
    sequences = np.repeat(np.arange(len(copies), dtype=np.int32), lengths)
    splits = {split: np.flatnonzero(np.isin(groups, part)) for split, part in assigned.items()}
    description = {
        **description,
        "metre": metre.name,
        "tunes": [one.name for one in tunes],
        "melodies": int(melodies.max()) + 1,
        "measures": int(sum(len(one.tune.performed) for one in tunes)),
        "rejected": rejected,
        "overlap": count_overlap(items, splits),
        "remarks": [*description.get("remarks", ()), *remarks],
    }
    attributes = codec.measure(items).astype(np.float32)
    return Dataset(name, items, attributes, groups, splits, codec, description, sequences=sequences)


def _unsuitable(one: FoundTune, metre: Metre) -> str | None:
    """What no data set of measures can hold."""
    if not one.tune.metre.has_grid_of(metre):
        return f"Its metre is {one.tune.metre.name}: expected {metre.name}."
    pitches = one.tune.ticks[one.tune.ticks >= 0]
    if np.ptp(pitches) > HIGHEST_PITCH - LOWEST_PITCH:
        return f"It spans {np.ptp(pitches)} semitones: expected at most {HIGHEST_PITCH - LOWEST_PITCH}."
    return None


def _copies(
    tunes: Sequence[FoundTune], melodies: NDArray[np.int32], trained: set[int], codec: MeasureCodec
) -> list[_Copy]:
    copies = []
    for one, melody in zip(tunes, melodies.tolist(), strict=True):
        ticks = one.tune.performed
        possible = shifts(ticks)
        chosen = possible if melody in trained else [min(possible, key=lambda shift: (shift % 12 != 0, abs(shift)))]
        copies += [_Copy(codec.vocabulary.tokens_from_ticks(transposed(ticks, shift)), melody) for shift in chosen]
    return copies


def shifts(ticks: NDArray[np.int16]) -> range:
    """Transpositions in semitones that keep every pitch in 55 to 84."""
    pitches = ticks[ticks >= 0]
    return range(LOWEST_PITCH - int(pitches.min()), HIGHEST_PITCH - int(pitches.max()) + 1)
