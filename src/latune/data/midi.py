"""Songs of several tracks as a data set of phrases: your own MIDI files, or songs that are composed here.

Source: Valenti, Carta and Bacciu 2020 (arXiv 2001.05494). Unlike there, nothing is transposed when it is stored, equal
files and equal phrases occur once, and songs that share a phrase are never in two splits.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import latune
from latune.data.dataset import Dataset
from latune.data.preparation import Preparation
from latune.data.song_codec import SongCodec
from latune.data.song_labels import genres_of_files, labels_of_songs, read_genres
from latune.data.song_merge import MergedSongs, merge_pieces
from latune.data.song_pieces import PieceOptions, SongFile, parquet
from latune.data.song_workers import prepare_pieces
from latune.data.splits import assigned_groups, count_overlap
from latune.data.store import data_home, items_on_disk, new_file
from latune.data.tune_sources import Archives, TuneFile, tune_files
from latune.errors import DataError, InputError
from latune.music.midi_parsing import symusic_package
from latune.music.songs.phrases import PhraseOptions
from latune.music.songs.synthesis import GENRES, synthetic_song
from latune.music.songs.tokens import STEPS, TRACKS
from latune.music.songs.writing import song_bytes

__all__ = ["SPLITS", "SUFFIXES", "SyntheticSong", "prepare_midi"]

SPLITS = {"train": 0.8, "validation": 0.1, "test": 0.1}
SUFFIXES = (".mid", ".midi", ".kar", ".rmi")
"""Files of songs."""

TABLE = "songs.parquet"
"""The file beside the arrays that says where each phrase comes from."""

_SYNTHETIC_SONGS = 512  # of each genre
_MOST_SONGS = 100_000  # that are composed of a genre
_SYNTHETIC_HOP = 4  # bars: their chords come back every four bars, so phrases in between hold little else

Genres = list[tuple[str, ...]]


@dataclass(frozen=True)
class SyntheticSong:
    """A song that is composed here, as a file.

    Args:
        name: As a file's.
        genre: Its place in `GENRES`.
        seed: Of the composition.
        any_key: Whether it is in any key instead of that without sharps and flats.
    """

    name: str
    genre: int
    seed: int
    any_key: bool

    def data(self, archives: Archives) -> bytes:
        """Its MIDI."""
        return song_bytes(synthetic_song(self.genre, self.seed, white_keys=not self.any_key))


def prepare_midi(preparation: Preparation) -> Dataset:
    """Build a data set of songs. A preparation that was interrupted goes on where it was.

    Args:
        preparation: Takes `source`, `name`, `labels`, `cluster`, `songs`, `any_key`, `triples`, `hop`, `highest`,
            `silent_bars`, `aligned`.

    Raises:
        InputError: The source, the table of genres or an option is wrong, or no phrase is left.
        MissingExtraError: symusic or pyarrow is not installed.
    """
    symusic_package(), parquet()
    if preparation.labels is not None and preparation.source is None:
        raise InputError("--labels names genres of your own songs: expected --source as well.")
    if preparation.source is not None and (preparation.songs is not None or preparation.any_key):
        raise InputError("--songs and --any-key are for songs that are composed: expected no --source beside them.")
    table = read_genres(preparation.labels) if preparation.labels is not None else None
    options = PieceOptions(_phrase_options(preparation))
    files: Sequence[SongFile]
    files = _synthetic_songs(preparation) if preparation.source is None else tune_files(preparation.source, SUFFIXES)
    name = preparation.name or "midi"
    folder = _folder(name, files, options)
    count = prepare_pieces(files, folder, options, preparation.workers, preparation.cluster, preparation.report)
    merged = merge_pieces(folder, count)
    if not len(merged.songs):
        raise InputError(f"No phrase is left of {len(files)} files. The first reason: {merged.files[0].reason}")
    genres, remarks = _genres(files, table)
    dataset = _dataset(name, merged, genres, remarks, preparation)
    shutil.rmtree(folder, ignore_errors=True)
    return dataset


def _phrase_options(preparation: Preparation) -> PhraseOptions:
    given: dict[str, Any] = {
        "triples": preparation.triples,
        "hop": preparation.hop or (_SYNTHETIC_HOP if preparation.source is None else None),
        "pitch": "highest" if preparation.highest else None,
        "max_silent_bars": preparation.silent_bars,
        "aligned": preparation.aligned,
    }
    return PhraseOptions(**{name: value for name, value in given.items() if value is not None})


def _synthetic_songs(preparation: Preparation) -> list[SyntheticSong]:
    count = preparation.songs or _SYNTHETIC_SONGS
    if not 1 <= count <= _MOST_SONGS:
        raise InputError(f"--songs: expected 1 to {_MOST_SONGS} of each genre, got {count}.")
    return [
        SyntheticSong(f"{genre}/{seed:03d}.mid", place, seed, preparation.any_key)
        for place, genre in enumerate(GENRES)
        for seed in range(count)
    ]


def _folder(name: str, files: Sequence[SongFile], options: PieceOptions) -> Path:
    """The folder of pieces: the one that is there where it was made of the same files in the same way."""
    folder = data_home() / f".pieces-{name}"
    plan = {
        "version": latune.__version__,
        "files": hashlib.sha256(json.dumps([_state(file) for file in files]).encode()).hexdigest(),
        "phrases": asdict(options.phrases),
        "piece": options.files,
    }
    path, text = folder / "plan.json", json.dumps(plan, indent=1)
    try:
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(f"Cannot write to {folder}: {error.strerror}; set LATUNE_DATA to another folder.") from error
    return folder


def _state(file: SongFile) -> list[str | int]:
    """What changes when a file is changed."""
    if isinstance(file, SyntheticSong):
        return [file.name, file.any_key]
    if not isinstance(file, TuneFile) or file.problem:
        return [file.name]
    found = file.path.stat()
    return [str(file.path.absolute()), file.name, found.st_size, found.st_mtime_ns]


def _genres(files: Sequence[SongFile], table: dict[str, tuple[str, ...]] | None) -> tuple[Genres | None, list[str]]:
    """Genres of each file, None where nothing says so, and remarks."""
    synthetic: Genres = [(GENRES[file.genre],) for file in files if isinstance(file, SyntheticSong)]
    if table is None:
        return synthetic or None, []
    names = [file.name for file in files]
    genres = genres_of_files(names, table)
    without = sum(not one for one in genres)
    if without == len(files):
        raise InputError(f"--labels has a genre for none of the files: expected names such as '{names[0]}'.")
    return genres, [f"{without} of {len(files)} files have no genre in the table."] if without else []


def _dataset(
    name: str, merged: MergedSongs, genres: Genres | None, remarks: list[str], preparation: Preparation
) -> Dataset:
    codec = SongCodec()
    count, measured = len(merged.songs), []

    def pieces() -> Iterator[NDArray[np.uint8]]:
        for tokens in merged.tokens():
            measured.append(codec.measure(tokens).astype(np.float32))
            yield tokens

    table = merged.folder / TABLE
    _write_table(table, merged, genres)
    items = items_on_disk((count, STEPS, len(TRACKS)), pieces(), preparation.report)
    assigned, few = assigned_groups(int(merged.groups.max()) + 1, SPLITS, 0, "song", "songs")
    splits = {split: np.flatnonzero(np.isin(merged.groups, part)) for split, part in assigned.items()}
    labels, label_names = _labels(merged, genres)
    description = {
        **_origin(preparation),
        "songs": len(np.unique(merged.songs)),
        "phrases": asdict(_phrase_options(preparation)),
        "label_names": label_names,
        "rejected": [{"name": row.name, "reason": row.reason} for row in merged.files if row.reason],
        "overlap": count_overlap(items, splits),
        "remarks": [*remarks, *few],
    }
    kept = new_file(".parquet")
    table.replace(kept)
    return Dataset(
        name,
        items,
        np.concatenate(measured),
        merged.groups,
        splits,
        codec,
        description,
        labels=labels,
        files={TABLE: kept},
    )


def _labels(merged: MergedSongs, genres: Genres | None) -> tuple[NDArray[np.uint8] | None, tuple[str, ...]]:
    if genres is None:
        return None, ()
    songs, place = np.unique(merged.songs, return_inverse=True)
    labels, names = labels_of_songs([genres[song] for song in songs.tolist()])
    return labels[place], names


def _write_table(path: Path, merged: MergedSongs, genres: Genres | None) -> None:
    """A row per phrase, in the order of the items."""
    import pyarrow

    def of_song(values: Sequence[Any], kind: Any = None) -> Any:
        return pyarrow.DictionaryArray.from_arrays(merged.songs, pyarrow.array(values, kind)).dictionary_decode()

    columns = {
        "song": merged.songs,
        "group": merged.groups,
        "file": of_song([row.name for row in merged.files]),
        "md5": of_song([row.md5 for row in merged.files]),
        "start_bar": merged.start_bars,
        **{f"program_{track}": merged.programs[:, place] for place, track in enumerate(TRACKS)},
        "tempo": of_song([row.tempo for row in merged.files], pyarrow.float32()),
        "genres": of_song([";".join(one) for one in genres] if genres else [""] * len(merged.files)),
    }
    parquet().write_table(pyarrow.table(columns), path, compression="zstd")


def _origin(preparation: Preparation) -> dict[str, str]:
    if preparation.source is None:
        count = preparation.songs or _SYNTHETIC_SONGS
        keys = "any key" if preparation.any_key else "keys without sharps and flats"
        source = f"{count} songs of each genre in {keys}, composed by latune"
        return {"source": source, "licence": "none needed"}
    return {"source": f"MIDI files of {preparation.source.name}", "licence": "as the user's files are licensed"}
