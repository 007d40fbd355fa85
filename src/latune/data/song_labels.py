"""Genres of songs: a table of the user's, and the labels that a data set makes of them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.music.wording import printable

__all__ = ["MOST_GENRES", "genres_of_files", "labels_of_songs", "read_genres"]

MOST_GENRES = 32
"""Genres that become labels, the most frequent ones, as published."""

_COLUMNS = ("file", "genres")


def read_genres(path: Path) -> dict[str, tuple[str, ...]]:
    """Read a CSV table with the columns `file` and `genres`, of which several are separated by semicolons.

    Raises:
        InputError: It cannot be read, lacks a column, or names a file twice.
    """
    shown = printable(str(path))
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [column for column in _COLUMNS if column not in (reader.fieldnames or ())]
            rows = [] if missing else [(row["file"] or "", row["genres"] or "") for row in reader]
    except (OSError, ValueError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f'--labels {shown} cannot be read: expected a CSV table, got "{printable(reason)}".'
        ) from error
    if missing:
        raise InputError(
            f"--labels {shown} has no column '{missing[0]}': expected the columns {' and '.join(_COLUMNS)}."
        )
    genres: dict[str, tuple[str, ...]] = {}
    for name, text in rows:
        if name in genres:
            raise InputError(f"--labels {shown} names the file '{printable(name)}' twice: expected one row per file.")
        genres[name] = tuple(dict.fromkeys(genre.strip() for genre in text.split(";") if genre.strip()))
    return genres


def genres_of_files(names: Sequence[str], genres: Mapping[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Genres of each file: by its name relative to the source, or by its name within its archive; () without a row."""
    return [genres.get(name, genres.get(name.partition(".zip/")[2], ())) for name in names]


def labels_of_songs(genres: Sequence[tuple[str, ...]]) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Labels (songs, L), 0 or 1, of the at most 32 most frequent genres, and their names, the most frequent first."""
    counts = Counter(genre for one in genres for genre in one)
    names = tuple(sorted(counts, key=lambda genre: (-counts[genre], genre))[:MOST_GENRES])
    labels = np.array([[genre in one for genre in names] for one in genres], np.uint8)
    return labels.reshape(len(genres), len(names)), names
