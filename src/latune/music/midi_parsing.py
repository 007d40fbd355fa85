"""Bytes of a MIDI file to symusic's score, with a plain sentence where that is not possible."""

from __future__ import annotations

from typing import Any

from latune.errors import InputError, MissingExtraError
from latune.music.wording import printable

__all__ = ["parsed_midi", "symusic_package"]


def symusic_package() -> Any:
    """The package symusic, imported when it is first needed.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        import symusic
    except ImportError as error:
        raise MissingExtraError("symusic", "music") from error
    return symusic


def parsed_midi(data: bytes, name: str) -> tuple[Any, tuple[str, ...]]:
    """The score of a file, times in ticks; bytes out of MIDI's range are clamped where it can be read only so.

    Args:
        data: A standard MIDI file, or one inside a RIFF wrapper.
        name: The file's name, for messages.

    Returns:
        A `symusic.Score` with a positive number of ticks per quarter, and remarks.

    Raises:
        InputError: The data is not MIDI, or is damaged.
    """
    if data[:4] == b"RIFF" and b"MThd" in data:
        data = data[data.index(b"MThd") :]
    if data[:4] != b"MThd":
        raise InputError(
            f"The file '{name}' is not MIDI: expected it to begin with 'MThd', found {ascii(data[:12])[1:]}."
        )
    score, remarks = _score(data, name)
    if score.ticks_per_quarter <= 0:
        raise InputError(
            f"The file '{name}' is damaged: expected a positive number of ticks per quarter, found"
            f" {score.ticks_per_quarter}."
        )
    return score, remarks


def _score(data: bytes, name: str) -> tuple[Any, tuple[str, ...]]:
    symusic = symusic_package()
    try:
        return symusic.Score.from_midi(data), ()
    except Exception as error:  # the parser raises whatever its C++ core throws
        reason = printable(" ".join(str(error).split())[:100])
    try:
        score = symusic.Score.from_midi(data, sanitize_data=True)
    except Exception:
        raise InputError(
            f"The file '{name}' is damaged: expected complete MIDI, but the reader stopped with \"{reason}\"."
        ) from None
    return score, ("The file is damaged: values out of MIDI's range were clamped.",)
