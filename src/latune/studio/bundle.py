"""The files of a run that the page reads: its graphs, `studio.json`, a gallery, and its moves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from latune.control.genres import Genres, open_genres
from latune.data.codecs import Codec
from latune.data.measure_codec import MeasureCodec
from latune.data.phrase_codec import PhraseCodec
from latune.data.picture_codec import PictureCodec
from latune.data.song_codec import SongCodec
from latune.errors import InputError
from latune.export.folder import new_folder
from latune.export.graphs import require_onnx
from latune.export.onnx_export import write_onnx
from latune.export.source import RunSource
from latune.studio.gallery import Gallery, make_gallery
from latune.studio.moves_graph import describe_moves, write_moves
from latune.studio.plane import CodePlane, plane_of
from latune.studio.wording import facts, metric_rows
from latune.training.run_folder import Run, write_bytes, write_json

__all__ = ["FORMAT", "GALLERY", "STUDIO", "Medium", "RunEntry", "entry_of", "medium_name", "run_keys", "write_bundle"]

FORMAT = 1
"""Version of `studio.json`."""

STUDIO, GALLERY = "studio.json", "gallery.bin"

Medium = Literal["pictures", "tunes", "songs"]

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class RunEntry:
    """A run in the list of a page.

    Args:
        key: What links and folders call it: letters, digits and dashes.
        title: What people read.
        medium: What its items are.
    """

    key: str
    title: str
    medium: Medium

    def to_dict(self) -> dict[str, str]:
        """As in `runs.json`."""
        return {"key": self.key, "title": self.title, "medium": self.medium}


def medium_name(codec: Codec) -> Medium:
    """What the items of a run are to the page.

    Raises:
        InputError: The page cannot show them.
    """
    if isinstance(codec, PictureCodec):
        return "pictures"
    if isinstance(codec, MeasureCodec | PhraseCodec):
        return "tunes"
    if isinstance(codec, SongCodec):
        return "songs"
    raise InputError(
        "This run was trained on neither pictures, measures, phrases nor songs: the studio cannot show it."
    )


def run_keys(folders: Iterable[Path]) -> list[str]:
    """A key for each run folder, made of its name; no two are equal."""
    keys: list[str] = []
    for folder in folders:
        plain = re.sub(r"[^A-Za-z0-9]+", "-", folder.absolute().name).strip("-") or "run"
        key, number = plain, 2
        while key in keys:
            key, number = f"{plain}-{number}", number + 1
        keys.append(key)
    return keys


def entry_of(run: Run, key: str) -> RunEntry:
    """A run as a line of `runs.json`.

    Raises:
        InputError: The page cannot show its items.
    """
    return RunEntry(key, f"{run.folder.absolute().name} ({run.recipe.name})", medium_name(run.codec))


def write_bundle(
    source: RunSource, folder: Path, key: str, command: str | None = None, report: Report | None = None
) -> RunEntry:
    """Write the files of a run that the page reads.

    These are the files of `latune export --to onnx`, `studio.json`, `gallery.bin` (held-out items, one byte per
    element; samples of the run where its data are not on this machine) and, of runs with moves, `moves.onnx`.

    Args:
        source: A finished run.
        folder: New folder; it appears complete or not at all.
        key: Of the run on the page.
        command: The run's folder as a user would type it; default: as it was given.
        report: Told (steps done, all).

    Returns:
        The run as a line of `runs.json`.

    Raises:
        MissingExtraError: A package that writes graphs is not installed.
        InputError: There is a folder of that name, the network cannot be written as ONNX, or the page cannot show the
            run's items.
        RunError: A graph computes something else than the run, or a file of the run is damaged.
    """
    entry, tell = entry_of(source.run, key), report or (lambda *_: None)
    require_onnx()
    with new_folder(folder) as temporary:
        write_onnx(source, temporary, lambda done, total: tell(done, total + 2))
        moves = write_moves(source.run, temporary)
        gallery = make_gallery(source)
        tell(5, 6)
        plane = plane_of(source, gallery.codes)
        write_bytes(temporary / GALLERY, gallery.items.tobytes())
        content = {"format": FORMAT, **entry.to_dict(), "command": command or str(source.run.folder)}
        content |= {"gallery": _told_gallery(gallery), "map": _told_plane(plane, gallery)}
        content |= {"moves": None if moves is None else describe_moves(moves), "genres": _genres(source)}
        content |= {"certificate": source.certificate, "metrics": [row.to_dict() for row in metric_rows(source)]}
        content["about"] = [[name, words] for name, words in facts(source, gallery.remark)]
        write_json(temporary / STUDIO, content)
        tell(6, 6)
    return entry


def _told_gallery(gallery: Gallery) -> dict[str, Any]:
    return {
        "file": GALLERY,
        "count": len(gallery.items),
        "names": list(gallery.names),
        "values": [[value if np.isfinite(value) else None for value in row] for row in gallery.values.tolist()],
        "codes": [short(row) for row in gallery.codes],
        "tunes": [{"title": tune.title, "start": tune.start, "count": tune.count} for tune in gallery.tunes],
    }


def _told_plane(plane: CodePlane, gallery: Gallery) -> dict[str, Any]:
    project = {"mean": short(plane.mean), "directions": [short(row) for row in plane.directions]}
    return {"axes": list(plane.axes), "points": [short(row) for row in plane.points(gallery.codes)], "project": project}


def _genres(source: RunSource) -> dict[str, Any] | None:
    if not isinstance(source.run.codec, SongCodec):
        return None
    genres: Genres = open_genres(source.run, source.editor.model.latent_size)
    petals = genres.petals
    told = {"names": list(genres.names), "content_size": genres.content_size, "styles": genres.styles, "petals": None}
    if petals is None:
        return told
    arrays = {name: getattr(petals, name).numpy() for name in ("means", "radial")}
    shape = {name: [short(row) for row in rows] for name, rows in arrays.items()}
    return {**told, "petals": {**shape, "deviations": short(petals.deviations.numpy())}}


def short(numbers: NDArray[np.floating[Any]]) -> list[float]:
    """Numbers in the fewest digits from which float32 reads the same."""
    return [float(str(number)) for number in np.asarray(numbers, np.float32)]
