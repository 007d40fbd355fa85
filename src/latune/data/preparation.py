"""What a data set is told when it is prepared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

__all__ = ["OPTIONS", "PASSING", "Preparation", "Report"]

Report = Callable[[int, int], None]
"""Told (done, total)."""


@dataclass(frozen=True)
class Preparation:
    """How to prepare a data set; which options it takes, its `DatasetSource` says.

    Args:
        workers: Processes or threads that work side by side.
        report: Told the progress.
        source: File or folder to read instead of what the data set would use.
        download: Fetch the original files from the network.
        attributes: CSV table of the attributes of your own pictures.
        metre: Of the tunes that are kept, such as "6/8".
        track: Number or name of the track, part or spine that holds the melody of your own tunes.
        name: Name under which your own data set is stored.
        size: Height and width of your own pictures.
        colour: Keep the colours of your own pictures.
        labels: CSV table of the genres of your own songs.
        cluster: Address of a Ray cluster that prepares songs, or "local".
        songs: Songs that are composed of each genre.
        any_key: Compose songs in any key instead of the ones without sharps and flats.
        triples: Most combinations of guitar, bass and drums that are taken of one song.
        hop: Bars from one phrase of a song to the next.
        highest: Keep the highest of several notes of guitar or strings, not the lowest.
        silent_bars: Silent bars that a track may have in a phrase.
        aligned: Only bars that begin at a bar line count as silent.
    """

    workers: int = 1
    report: Report | None = None
    source: Path | None = None
    download: bool = False
    attributes: Path | None = None
    metre: str | None = None
    track: str | None = None
    name: str | None = None
    size: int | None = None
    colour: bool = False
    labels: Path | None = None
    cluster: str | None = None
    songs: int | None = None
    any_key: bool = False
    triples: int | None = None
    hop: int | None = None
    highest: bool = False
    silent_bars: int | None = None
    aligned: bool = False

    def given(self) -> dict[str, Any]:
        """The options that were asked for, as JSON values; files by their absolute path."""
        values = {name: getattr(self, name) for name in OPTIONS}
        return {
            name: str(value.absolute()) if isinstance(value, Path) else value
            for name, value in values.items()
            if value is not None and value is not False
        }


PASSING = ("cluster",)
"""Options that change nothing about the data set."""

OPTIONS = tuple(field.name for field in fields(Preparation) if field.name not in ("workers", "report"))
"""Names of what may be asked for, as the command line spells them."""
