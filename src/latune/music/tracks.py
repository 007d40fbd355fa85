"""Which track, part or spine of a file is the melody."""

from __future__ import annotations

from collections.abc import Sequence

from latune.errors import InputError
from latune.music.wording import plain_title, printable

__all__ = ["ALL_TRACKS", "chosen_track"]

ALL_TRACKS = "all"
"""Asks for the highest line of all tracks together."""


_LONGEST_NAME, _MOST_LISTED = 80, 20  # in messages


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
    if track.isdecimal() and len(track) < 10 and 1 <= int(track) <= len(names):
        return int(track) - 1
    matches = [index for index, name in enumerate(names) if name.strip().lower() == track.strip().lower()]
    if matches:
        return matches[0]
    titles = [plain_title(name)[:_LONGEST_NAME] for name in names[:_MOST_LISTED]]
    known = [f"{number} ({title})" if title else str(number) for number, title in enumerate(titles, start=1)]
    known += [f"... {len(names)}"] if len(names) > _MOST_LISTED else []
    wanted = printable(track[:_LONGEST_NAME])
    raise InputError(f"The file '{file}' has no track '{wanted}': expected one of {', '.join(known)}.")
