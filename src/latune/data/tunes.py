"""Your own tunes: a folder of MIDI, MusicXML, ABC or kern files as a data set of measures."""

from __future__ import annotations

from typing import Any

import numpy as np

from latune.data.dataset import Dataset
from latune.data.preparation import Preparation
from latune.data.tune_corpus import build_tunes, most_frequent_metre, read_corpus
from latune.data.tune_sources import tune_files
from latune.errors import InputError
from latune.music.metre import metre_from_name
from latune.music.tune_files import FoundTune

__all__ = ["prepare_tunes"]

MOST_DROPPED = 0.5  # share of notes beside the melody's voice, above which a track is no melody


def prepare_tunes(preparation: Preparation) -> Dataset:
    """Build a data set of the user's tunes.

    The melody is the highest line of the chosen track. Its onsets are moved to the grid; how many and how far is told.

    Args:
        preparation: Takes `source`, `metre` (default: that of most tunes), `track` and `name`.

    Raises:
        InputError: There is no source, it holds no tunes, or none can be read.
    """
    if preparation.source is None:
        raise InputError("Data set 'tunes' is made of your own files: expected --source FILE or FOLDER.")
    wanted = metre_from_name(preparation.metre) if preparation.metre else None
    files = tune_files(preparation.source)
    found, refused = read_corpus(files, preparation.track, preparation.workers, preparation.report)
    if not found:
        first = f" The first reason: {refused[0].reason}" if refused else ""
        raise InputError(f"No tune of {preparation.source} could be read.{first}")
    metre = wanted or most_frequent_metre(found)
    description = {
        "source": f"files of {preparation.source.name}",
        "licence": "as the user's files are licensed",
        **_quantisation(found),
    }
    return build_tunes(preparation.name or "tunes", found, refused, metre, _why_not, description)


def _why_not(one: FoundTune) -> str | None:
    """A track that is mostly chords or accompaniment is no melody."""
    if one.voice.dropped > MOST_DROPPED * one.voice.notes:
        return (
            f"{one.voice.dropped} of {one.voice.notes} notes lie beside its highest line: expected a melody;"
            " choose another track with --track."
        )
    return None


def _quantisation(found: list[FoundTune]) -> dict[str, Any]:
    """How much was moved to the grid, for the description and as a sentence."""
    notes = sum(one.voice.notes - one.voice.dropped for one in found)
    moved = sum(one.voice.moved for one in found)
    largest = max(one.voice.largest_shift for one in found)
    mean = float(np.sum([one.voice.moved * one.voice.mean_shift for one in found]) / max(moved, 1))
    dropped = sum(one.voice.dropped for one in found)
    remarks = []
    if moved:
        remarks.append(
            f"Quantisation: {moved} of {notes} onsets were moved to the grid, by {mean:.3f} quarters on average and"
            f" {largest:.2f} at most."
        )
    if dropped:
        remarks.append(f"{dropped} notes beside the highest line were left out.")
    counts = {"notes": notes, "moved": moved, "mean_shift": mean, "largest_shift": largest, "dropped": dropped}
    return {"quantisation": counts, "remarks": remarks}
