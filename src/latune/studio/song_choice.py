"""Songs of a gallery: held-out songs whose phrases follow each other, one or two of each genre."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.data.dataset import Dataset
from latune.data.midi import TABLE
from latune.data.store import data_home
from latune.music.songs.tokens import BARS
from latune.report.choice import evenly
from latune.studio.tune_choice import Chosen, Tune

__all__ = ["SONGS", "choose_songs"]

SONGS = 12


@dataclass(frozen=True)
class _Song:
    """Items of a song that follow each other without overlap, and what it is called."""

    title: str
    members: NDArray[np.int64]


def choose_songs(dataset: Dataset) -> Chosen:
    """Choose a dozen songs of the test split, spread over it.

    Phrases of a data set overlap; of each song those are taken that follow each other. Where the table that says so
    cannot be read, a song is its first phrase.

    Args:
        dataset: The run's data.
    """
    test = np.sort(dataset.split("test"))
    songs = list(_songs(dataset, test))
    songs = [songs[place] for place in evenly(len(songs), SONGS)[:SONGS]]
    names, tunes, start = [], [], 0
    for song in songs:
        names += [f"{song.title}, phrase {number}" for number in range(1, len(song.members) + 1)]
        tunes.append(Tune(song.title, start, len(song.members)))
        start += len(song.members)
    items = np.asarray(dataset.items[np.concatenate([song.members for song in songs])])
    return Chosen(items, tuple(names), tuple(tunes))


def _songs(dataset: Dataset, test: NDArray[np.int64]) -> Iterator[_Song]:
    rows = _rows(dataset)
    of_song = np.asarray(dataset.groups if rows is None else rows["song"])[test]
    for number, members in enumerate(np.split(test, np.flatnonzero(np.diff(of_song)) + 1), 1):
        if rows is None:
            yield _Song(_labelled(dataset, members[0], f"held-out song {number}"), members[:1])
        else:
            name = str(rows["file"][members[0]]).rsplit(".", 1)[0]
            yield _Song(name, _following(rows, members))


def _following(rows: dict[str, NDArray[Any]], members: NDArray[np.int64]) -> NDArray[np.int64]:
    """Phrases of the song's first combination of parts, each beginning where the one before ends, or later."""
    programs = np.stack([column for name, column in rows.items() if name.startswith("program_")], axis=1)
    kept: list[int] = []
    for member in members.tolist():
        same = not kept or bool((programs[member] == programs[kept[0]]).all())
        bars = rows["start_bar"]
        if same and (not kept or bars[member] >= bars[kept[-1]] + BARS):
            kept.append(member)
    return np.array(kept, np.int64)


def _labelled(dataset: Dataset, item: int, name: str) -> str:
    """A name with the item's genres."""
    if dataset.labels is None:
        return name
    present = np.flatnonzero(dataset.labels[item])
    genres = ", ".join(dataset.label_names[place] for place in present)
    return f"{name} ({genres})" if genres else name


def _rows(dataset: Dataset) -> dict[str, NDArray[Any]] | None:
    """The table of phrases, column by column; None where there is none, or nothing reads it."""
    path = data_home() / dataset.name / TABLE
    try:
        from pyarrow import parquet
    except ImportError:
        return None
    if not path.is_file():
        return None
    table = parquet.read_table(path)
    return {name: table.column(name).to_numpy(zero_copy_only=False) for name in table.column_names}
