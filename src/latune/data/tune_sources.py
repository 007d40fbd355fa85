"""Files of tunes below a source: a file, a folder, or zip archives of such."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePath

from latune.errors import InputError
from latune.music.score import READABLE, parser_of
from latune.music.wording import printable

__all__ = ["Archives", "TuneFile", "tune_files"]

_LARGEST = 32 * 2**20  # bytes of one file


@dataclass(frozen=True)
class TuneFile:
    """A file, or a member of a zip archive; it is read where it is needed.

    Args:
        path: The file or the archive.
        member: Name within the archive; empty for a file.
        name: For messages: relative to the source.
        problem: Why it cannot be opened, as the end of a sentence; empty where it may.
    """

    path: Path
    member: str
    name: str
    problem: str = ""

    def content(self) -> bytes:
        """Its bytes.

        Raises:
            InputError: It cannot be read, is too large, or its suffix is not that of a tune.
        """
        if not self.problem:
            parser_of(PurePath(self.member or self.path).suffix, self.name)
        with Archives() as archives:
            return self.data(archives)

    def data(self, archives: Archives) -> bytes:
        """Its bytes, whatever its suffix.

        Args:
            archives: Opens archives, and keeps them open for the next file.

        Raises:
            InputError: It cannot be read, or is too large.
        """
        if self.problem:
            raise InputError(f"The file '{self.name}' {self.problem}")
        try:
            opened = archives.opened(self.path).open(self.member) if self.member else self.path.open("rb")
            with opened as file:
                data = file.read(_LARGEST + 1)
        except Exception as error:  # zipfile raises many kinds on damaged archives
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise InputError(
                f"The file '{self.name}' cannot be read: expected a tune, the system reports \"{reason}\"."
            ) from error
        if len(data) > _LARGEST:
            raise InputError(f"The file '{self.name}' is too large: expected at most {_LARGEST // 2**20} MiB.")
        return data


class Archives(ExitStack):
    """Zip archives that stay open until the end of a `with` block, since opening a large one takes long."""

    def __init__(self) -> None:
        super().__init__()
        self._opened: dict[Path, zipfile.ZipFile] = {}

    def opened(self, path: Path) -> zipfile.ZipFile:
        """The archive at a path, opened where it is not yet."""
        if path not in self._opened:
            self._opened[path] = self.enter_context(zipfile.ZipFile(path))
        return self._opened[path]


def tune_files(source: Path, suffixes: Sequence[str] = READABLE) -> list[TuneFile]:
    """Every file below a source, in the order of their names.

    Where only some suffixes count, others are passed over. Otherwise they are listed too, hidden files aside, so that
    whoever reads them can say what became of each; a link that leads nowhere and a damaged archive as well.

    Args:
        source: A file, a folder (with its folders), or a zip archive; archives in folders are opened too.
        suffixes: Which files count.

    Raises:
        InputError: The source does not exist, cannot be opened, or holds no such file.
    """
    shown = printable(str(source))
    try:
        source = source.absolute()  # whoever reads the files may be a process that started in another folder
        if not source.exists():
            raise InputError(f"--source {shown} does not exist: expected a file or a folder of tunes.")
        paths = [source] if source.is_file() else sorted(path for path in source.rglob("*") if not path.is_dir())
        if source.is_dir():
            next(source.iterdir(), None)  # rglob passes over folders that it may not open
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f'--source {shown} cannot be read: expected a file or a folder, the system reports "{reason}".'
        ) from error
    found = [file for path in paths for file in _files_of(path, source)]
    chosen = [file for file in found if _suffix(file) in suffixes or file.problem]
    if not chosen:
        raise InputError(f"--source {shown} holds no tunes: expected files that end in {', '.join(suffixes)}.")
    return found if tuple(suffixes) == READABLE else chosen


def _suffix(file: TuneFile) -> str:
    return PurePath(file.member or file.path).suffix.lower()


def _files_of(path: Path, source: Path) -> list[TuneFile]:
    """The file, or the members of an archive; nothing where it is hidden and not a tune."""
    name = printable(path.name if path == source else str(path.relative_to(source)))
    hidden = any(part.startswith(".") for part in path.relative_to(source).parts) if path != source else False
    if path.suffix.lower() not in READABLE and hidden:
        return []
    if not path.is_file():
        return [TuneFile(path, "", name, "cannot be read: expected a regular file.")]
    if path.suffix.lower() != ".zip":
        return [TuneFile(path, "", name)]
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted(member for member in archive.namelist() if not member.endswith("/"))
    except Exception as error:  # zipfile raises many kinds on damaged archives
        reason = printable(getattr(error, "strerror", None) or str(error) or type(error).__name__)
        return [TuneFile(path, "", name, f'cannot be read: expected a zip archive, the system reports "{reason}".')]
    return [TuneFile(path, member, f"{name}/{printable(member)}") for member in members]
