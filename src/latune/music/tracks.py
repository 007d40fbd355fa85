"""Which track, part or spine of a file is the melody."""

from __future__ import annotations

from collections.abc import Sequence

from latune.errors import InputError

__all__ = ["ALL_TRACKS", "chosen_track"]

ALL_TRACKS = "all"
"""Asks for the highest line of all tracks together."""


def chosen_track(track: str | None, names: Sequence[str], file: str, default: int = 0) -> int:
    """Index of the track that was asked for.

    Args:
        track: Its number (from 1) or name; None: the default.
        names: Of all tracks with notes, in order.
        file: For messages.
        default: Index where none was asked for.

    Raises:
        InputError: There is no such track.
    """
    if track is None:
        return default
    if track.isdecimal() and 1 <= int(track) <= len(names):
        return int(track) - 1
    matches = [index for index, name in enumerate(names) if name.strip().lower() == track.strip().lower()]
    if matches:
        return matches[0]
    known = ", ".join(f"{number} ({name})" if name else str(number) for number, name in enumerate(names, start=1))
    raise InputError(f"The file '{file}' has no track '{track}': expected one of {known}.")
