"""Files of tunes below a source: a file, a folder, or zip archives of such."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from latune.errors import InputError
from latune.music.score import READABLE

__all__ = ["TuneFile", "tune_files"]

_LARGEST = 32 * 2**20  # bytes of one file


@dataclass(frozen=True)
class TuneFile:
    """A file, or a member of a zip archive; it is read where it is needed.

    Args:
        path: The file or the archive.
        member: Name within the archive; empty for a file.
        name: For messages: relative to the source.
    """

    path: Path
    member: str
    name: str

    def content(self) -> bytes:
        """Its bytes.

        Raises:
            InputError: It cannot be read, or is too large.
        """
        try:
            if not self.member:
                with self.path.open("rb") as file:
                    data = file.read(_LARGEST + 1)
            else:
                with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as file:
                    data = file.read(_LARGEST + 1)
        except Exception as error:  # zipfile raises many kinds on damaged archives
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise InputError(
                f"The file '{self.name}' cannot be read: expected a tune, the system reports \"{reason}\"."
            ) from error
        if len(data) > _LARGEST:
            raise InputError(f"The file '{self.name}' is too large: expected at most {_LARGEST // 2**20} MiB.")
        return data


def tune_files(source: Path, suffixes: Sequence[str] = READABLE) -> list[TuneFile]:
    """Every readable file below a source, in the order of their names.

    Args:
        source: A file, a folder (with its folders), or a zip archive; archives in folders are opened too.
        suffixes: Which files count.

    Raises:
        InputError: The source does not exist, or holds no such file.
    """
    if not source.exists():
        raise InputError(f"--source {source} does not exist: expected a file or a folder of tunes.")
    paths = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.is_file())
    found = [file for path in paths for file in _files_of(path, source, suffixes)]
    if not found:
        raise InputError(f"--source {source} holds no tunes: expected files that end in {', '.join(suffixes)}.")
    return found


def _files_of(path: Path, source: Path, suffixes: Sequence[str]) -> list[TuneFile]:
    name = path.name if path == source else str(path.relative_to(source))
    if path.suffix.lower() in suffixes:
        return [TuneFile(path, "", name)]
    if path.suffix.lower() != ".zip":
        return []
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted(archive.namelist())
    except (zipfile.BadZipFile, OSError):
        return []
    chosen = [member for member in members if PurePath(member).suffix.lower() in suffixes]
    return [TuneFile(path, member, f"{name}/{member}") for member in chosen]
