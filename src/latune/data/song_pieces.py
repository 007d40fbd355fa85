"""Songs prepared in pieces: some files at a time become three files on disk, so that a preparation can be gone on with.

`piece-00007.npy` holds tokens, `piece-00007.parquet` a row per phrase, and `piece-00007-files.parquet` a row per file,
with the reason where it is refused. The last one is written last: a piece that has it is complete.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from latune.data.song_guard import GuardedReader, PreparedSong
from latune.data.store import write_array
from latune.data.tune_sources import Archives
from latune.errors import InputError, MissingExtraError
from latune.music.songs.phrases import PhraseOptions
from latune.music.songs.tokens import STEPS, TRACKS

__all__ = [
    "FileRow",
    "PhraseTable",
    "PieceOptions",
    "SongFile",
    "SongReader",
    "is_prepared",
    "parquet",
    "piece_tokens",
    "prepare_piece",
    "read_files",
    "read_phrase_rows",
]

DIGEST = 16  # bytes that stand for a phrase where phrases are compared


class SongFile(Protocol):
    """A file of a song, wherever it is."""

    @property
    def name(self) -> str:
        """Its name, relative to the source."""

    def data(self, archives: Archives) -> bytes:
        """Its bytes."""


class SongReader(Protocol):
    """Reads files; what it opens, it closes behind a `with` block."""

    def __enter__(self) -> SongReader: ...

    def __exit__(self, *error: Any) -> None: ...

    def read(self, data: bytes, name: str) -> PreparedSong:
        """Phrases of a file."""


@dataclass(frozen=True)
class PieceOptions:
    """How files are prepared.

    Args:
        phrases: How songs are cut.
        seconds: Time that one file may take.
        files: In a piece; starting the process that reads them takes as long as reading some 80 of them.
        reader: Makes what reads the files.
    """

    phrases: PhraseOptions = field(default_factory=PhraseOptions)
    seconds: float = 20.0
    files: int = 256
    reader: Callable[[PhraseOptions, float], SongReader] = GuardedReader


@dataclass(frozen=True)
class FileRow:
    """What became of a file.

    Args:
        name: Relative to the source.
        md5: Checksum in hexadecimal; empty where it cannot be opened.
        tempo: Quarters per minute at its beginning; not a number where it is refused.
        reason: Why it is refused; empty where it is not.
    """

    name: str
    md5: str
    tempo: float
    reason: str


@dataclass(frozen=True)
class PhraseTable:
    """Where phrases come from.

    Args:
        songs: Number of the file within its piece, (P,).
        start_bars: First bar, (P,).
        programs: General MIDI program of each track, (P, 4).
        digests: What stands for the tokens, (P,).
    """

    songs: NDArray[np.int32]
    start_bars: NDArray[np.int32]
    programs: NDArray[np.uint8]
    digests: NDArray[np.void]


def prepare_piece(files: Sequence[SongFile], folder: Path, number: int, options: PieceOptions) -> int:
    """Read files and write the piece of this number, unless it is there already.

    Returns:
        The number of files.
    """
    if is_prepared(folder, number):
        return len(files)
    with Archives() as archives, options.reader(options.phrases, options.seconds) as reader:
        prepared = [_prepared(file, archives, reader) for file in files]
    songs = [(place, song) for place, (_, song) in enumerate(prepared) if song is not None]
    _write(folder, number, [row for row, _ in prepared], songs)
    return len(files)


def is_prepared(folder: Path, number: int) -> bool:
    """Whether a piece is complete."""
    return _path(folder, number, "-files.parquet").exists()


def piece_tokens(folder: Path, number: int) -> NDArray[np.uint8]:
    """Tokens of a piece (P, 256, 4), memory-mapped."""
    tokens: NDArray[np.uint8] = np.load(_path(folder, number, ".npy"), mmap_mode="r", allow_pickle=False)
    return tokens


def read_files(folder: Path, number: int) -> list[FileRow]:
    """What became of the files of a piece."""
    rows = parquet().read_table(_path(folder, number, "-files.parquet")).to_pylist()
    return [FileRow(row["file"], row["md5"], row["tempo"], row["reason"]) for row in rows]


def read_phrase_rows(folder: Path, number: int) -> PhraseTable:
    """Where the phrases of a piece come from."""
    table = parquet().read_table(_path(folder, number, ".parquet"))
    songs, bars = (table[name].to_numpy().astype(np.int32) for name in ("song", "start_bar"))
    programs = np.stack([table[f"program_{track}"].to_numpy() for track in TRACKS], axis=1).astype(np.uint8)
    digests = np.frombuffer(b"".join(table["digest"].to_pylist()), f"V{DIGEST}")
    return PhraseTable(songs, bars, programs, digests)


def parquet() -> Any:
    """The module that reads and writes Parquet.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError("pyarrow", "songs") from error
    return pyarrow.parquet


def _prepared(file: SongFile, archives: Archives, reader: SongReader) -> tuple[FileRow, PreparedSong | None]:
    """What became of a file, and its phrases unless it is refused."""
    md5 = ""
    try:
        data = file.data(archives)
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        song = reader.read(data, file.name)
    except InputError as error:
        return FileRow(file.name, md5, float("nan"), str(error)), None
    return FileRow(file.name, md5, song.tempo, ""), song


def _write(folder: Path, number: int, files: Sequence[FileRow], songs: Sequence[tuple[int, PreparedSong]]) -> None:
    import pyarrow

    phrases = [song.phrases for _, song in songs]
    counts = [len(some.tokens) for some in phrases]
    tokens = np.concatenate([np.empty((0, STEPS, len(TRACKS)), np.uint8), *(some.tokens for some in phrases)])
    programs = np.concatenate([np.empty((0, len(TRACKS)), np.uint8), *(some.programs for some in phrases)])
    rows = {
        "song": np.repeat(np.array([place for place, _ in songs], np.int32), counts),
        "start_bar": np.concatenate([np.empty(0, np.int32), *(some.start_bars for some in phrases)]),
        **{f"program_{track}": programs[:, place] for place, track in enumerate(TRACKS)},
        "digest": pyarrow.array([_digest(phrase) for phrase in tokens], pyarrow.binary(DIGEST)),
    }
    file_rows = [{"file": row.name, "md5": row.md5, "tempo": row.tempo, "reason": row.reason} for row in files]
    with _whole(_path(folder, number, ".npy")) as path:
        write_array(tokens, path)
    with _whole(_path(folder, number, ".parquet")) as path:
        parquet().write_table(pyarrow.table(rows), path)
    with _whole(_path(folder, number, "-files.parquet")) as path:
        parquet().write_table(pyarrow.Table.from_pylist(file_rows), path)


def _digest(phrase: NDArray[np.uint8]) -> bytes:
    return hashlib.blake2b(phrase.tobytes(), digest_size=DIGEST).digest()


def _path(folder: Path, number: int, ending: str) -> Path:
    return folder / f"piece-{number:05d}{ending}"


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A path to write to; the file gets its name when it is complete."""
    temporary = path.with_name(f".{path.name}-{uuid.uuid4().hex}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
