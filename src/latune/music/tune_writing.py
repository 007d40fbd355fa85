"""Tunes as files: MIDI, MusicXML, ABC, staff notation (SVG, PDF) and sound (WAV), by the suffix."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from latune.errors import InputError
from latune.music.abc_writing import abc_document
from latune.music.engraving_files import tune_pdf, tune_svg
from latune.music.midi import midi_bytes
from latune.music.musicxml import compressed_musicxml, musicxml_document
from latune.music.sound import tune_wav
from latune.music.tune import FASTEST, SLOWEST, Tune
from latune.music.wording import printable

__all__ = ["WRITABLE", "check_writable", "write_tune", "write_whole"]

_Writer = Callable[[Tune], tuple[bytes, tuple[str, ...]]]
"""From a tune to the file's content, and remarks on how it was made."""


def _plain(write: Callable[[Tune], bytes | str]) -> _Writer:
    """A writer that has nothing to remark."""

    def writer(tune: Tune) -> tuple[bytes, tuple[str, ...]]:
        content = write(tune)
        return (content.encode() if isinstance(content, str) else content), ()

    return writer


def _wav(tune: Tune) -> tuple[bytes, tuple[str, ...]]:
    content, remark = tune_wav(tune)
    return content, (remark,)


_WRITERS: dict[str, _Writer] = {
    ".mid": _plain(midi_bytes),
    ".midi": _plain(midi_bytes),
    ".musicxml": _plain(musicxml_document),
    ".xml": _plain(musicxml_document),
    ".mxl": _plain(lambda tune: compressed_musicxml(musicxml_document(tune))),
    ".abc": _plain(abc_document),
    ".svg": _plain(tune_svg),
    ".pdf": _plain(tune_pdf),
    ".wav": _wav,
}
WRITABLE = tuple(_WRITERS)
"""Suffixes of the files that `write_tune` writes."""


def check_writable(path: Path) -> None:
    """Check, before any work, that tunes can be written to a file of this name.

    Raises:
        InputError: Its suffix is not one of `WRITABLE`.
    """
    if path.suffix.lower() not in WRITABLE:
        ending = f"ends in '{printable(path.suffix)}'" if path.suffix else "has no suffix"
        known = f"{', '.join(WRITABLE[:-1])} or {WRITABLE[-1]}"
        raise InputError(f"The file '{printable(str(path))}' {ending}: expected {known} for writing.")


def write_tune(tune: Tune, path: str | Path) -> tuple[str, ...]:
    """Write a tune in the format of the path's suffix.

    The file appears complete or not at all. MusicXML, ABC and staff notation keep what is written (pick-up, repeats,
    every rest); MIDI and WAV hold what is played, and MIDI merges consecutive rests.

    Args:
        tune: The tune.
        path: A file with one of the suffixes in `WRITABLE`; an existing one is replaced.

    Returns:
        Sentences about how it was made, such as what played it.

    Raises:
        InputError: The suffix is not supported, the file cannot be written, or the format cannot hold the tune.
        MissingExtraError: A package that the format needs is not installed.
    """
    path = Path(path)
    check_writable(path)
    if not SLOWEST <= tune.tempo <= FASTEST:
        raise InputError(f"The tempo is {tune.tempo}: expected {SLOWEST:g} to {FASTEST:,g} quarters per minute.")
    content, remarks = _WRITERS[path.suffix.lower()](tune)
    write_whole(content, path)
    return remarks


def write_whole(data: bytes, path: Path) -> None:
    """Write to a temporary file beside the target, then rename it.

    Raises:
        InputError: The file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            temporary.write_bytes(data)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"The file '{printable(str(path))}' cannot be written: expected a folder that can be written to,"
            f' the system reports "{reason}".'
        ) from error
