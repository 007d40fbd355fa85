"""Pieces of songs brought together: equal files and equal phrases once, songs that share phrases in one group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from latune.data.song_pieces import FileRow, piece_tokens, read_files, read_phrase_rows

__all__ = ["MergedSongs", "merge_pieces"]


@dataclass(frozen=True)
class MergedSongs:
    """The songs of all pieces, and their phrases in the order of the files, no two of them equal.

    Args:
        files: What became of every file; equal files and those without a phrase of their own are refused as well.
        songs: Number of the file that a phrase comes from, (N,).
        groups: Number of the group of songs that share phrases, from 0, (N,).
        start_bars: First bar, (N,).
        programs: General MIDI program of each track, (N, 4).
        folder: Where the pieces are.
        rows: Which rows of each piece are kept.
    """

    files: list[FileRow]
    songs: NDArray[np.int32]
    groups: NDArray[np.int32]
    start_bars: NDArray[np.int32]
    programs: NDArray[np.uint8]
    folder: Path
    rows: tuple[NDArray[np.intp], ...]

    def tokens(self) -> Iterator[NDArray[np.uint8]]:
        """Tokens of the phrases, (n, 256, 4), piece after piece."""
        for number, rows in enumerate(self.rows):
            if len(rows):
                yield piece_tokens(self.folder, number)[rows]


def merge_pieces(folder: Path, count: int) -> MergedSongs:
    """Bring the pieces 0 to `count` - 1 of a folder together."""
    tables = [read_files(folder, number) for number in range(count)]
    phrases = [read_phrase_rows(folder, number) for number in range(count)]
    files = _without_equal_files([row for table in tables for row in table])
    before = np.cumsum([0, *(len(table) for table in tables)])
    songs = np.concatenate([table.songs + first for table, first in zip(phrases, before, strict=False)])
    accepted = np.array([not row.reason for row in files])
    candidates = np.flatnonzero(accepted[songs])
    digests = np.concatenate([table.digests for table in phrases])[candidates]
    _, first, same = np.unique(digests, return_index=True, return_inverse=True)
    kept = np.sort(candidates[first])
    pairs = songs[candidates], songs[candidates[first[same]]]
    graph = scipy.sparse.coo_array((np.ones(len(candidates), np.int8), pairs), shape=(before[-1], before[-1]))
    group_of_song = scipy.sparse.csgraph.connected_components(graph, directed=False)[1]
    ends = np.cumsum([0, *(len(table.songs) for table in phrases)])
    return MergedSongs(
        _without_empty_songs(files, songs[kept]),
        songs[kept].astype(np.int32),
        np.unique(group_of_song[songs[kept]], return_inverse=True)[1].astype(np.int32),
        np.concatenate([table.start_bars for table in phrases])[kept],
        np.concatenate([table.programs for table in phrases])[kept],
        folder,
        tuple(
            part - begin for part, begin in zip(np.split(kept, np.searchsorted(kept, ends[1:-1])), ends, strict=False)
        ),
    )


def _without_equal_files(files: list[FileRow]) -> list[FileRow]:
    """The same with a reason at every file that has the bytes of one before it."""
    first: dict[str, str] = {}
    rows = []
    for row in files:
        known = row.name if row.reason else first.setdefault(row.md5, row.name)
        rows.append(row if known == row.name else replace(row, reason=f"The file is the same as '{known}'."))
    return rows


def _without_empty_songs(files: list[FileRow], songs: NDArray[np.integer[Any]]) -> list[FileRow]:
    """The same with a reason at every song that has no phrase of its own."""
    has_phrases = np.bincount(songs, minlength=len(files)) > 0
    return [
        row if row.reason or kept else replace(row, reason="All its phrases occur in other songs.")
        for row, kept in zip(files, has_phrases.tolist(), strict=True)
    ]
