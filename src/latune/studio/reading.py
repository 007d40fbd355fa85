"""Files that users bring, read in a worker process as items of a run."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.control.pictures import items_from_pictures
from latune.control.tunes import fit_pitches
from latune.data.codec_registry import codec_from_dict
from latune.data.measure_codec import MeasureCodec
from latune.data.phrase_codec import PhraseCodec
from latune.data.picture_codec import PictureCodec
from latune.data.song_codec import SongCodec
from latune.errors import InputError
from latune.images.idx import is_idx
from latune.images.reading import COLOURS, PICTURE_SUFFIXES, read_pictures
from latune.music.measure import transposed
from latune.music.score import parser_of, tune_from_reading
from latune.music.songs.cutting import cut_song
from latune.music.songs.reading import read_song
from latune.music.wording import printable

__all__ = ["MOST_ITEMS", "load_readers", "plain_name", "read_upload"]

MOST_ITEMS = 256
"""Items of one file that are taken, and of one request."""

_LONGEST_NAME = 200

Items = NDArray[np.uint8]


def plain_name(name: str) -> str:
    """The last part of a name that came from outside, in printable characters; it is read, never opened."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return printable(last)[-_LONGEST_NAME:] or "file"


def load_readers(header: Mapping[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    """Import what reads files before the first one comes, where it is installed.

    Args:
        header: "kinds" of the runs' items, as in `run.json`.
        content: Nothing.
    """
    packages = {"picture": ("PIL.Image",), "song": ("symusic",)}
    for kind in header["kinds"]:
        for package in packages.get(kind, ("symusic", "music21.converter")):
            with suppress(ImportError):
                import_module(package)
    return {}, b""


def read_upload(header: Mapping[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    """Read a file as items of a run.

    Args:
        header: "codec" (of the run, as in `run.json`) and "name" (of the file).
        content: The file.

    Returns:
        "count", "names", "remarks" and what is known of tunes and songs ("title", "tempo", "fifths", "shift",
        "programs"); the items.

    Raises:
        InputError: The file cannot be read, or does not fit the run.
    """
    codec, name = codec_from_dict(header["codec"]), plain_name(header["name"])
    if not content:
        raise InputError(f"The file '{name}' is empty.")
    if isinstance(codec, PictureCodec):
        items, told = _pictures(codec, content, name)
    elif isinstance(codec, SongCodec):
        items, told = _song(content, name)
    elif isinstance(codec, MeasureCodec | PhraseCodec):
        items, told = _tune(codec, content, name)
    else:
        raise InputError("Items of this run come from no file.")
    if len(items) > MOST_ITEMS:
        told["remarks"].append(f"{len(items)} items: the first {MOST_ITEMS} are taken.")
        items, told["names"] = items[:MOST_ITEMS], told["names"][:MOST_ITEMS]
    return {"count": len(items), **told}, np.ascontiguousarray(items, np.uint8).tobytes()


def _tune(codec: MeasureCodec | PhraseCodec, content: bytes, name: str) -> tuple[Items, dict[str, Any]]:
    """Written measures; or phrases one after the other, the last one ending with the tune."""
    measures = codec.measure_codec if isinstance(codec, PhraseCodec) else codec
    reading = parser_of(Path(name).suffix, name)(content, name, None)
    tune = tune_from_reading(reading, name, default_title=Path(name).stem)[0]
    if not tune.metre.has_grid_of(measures.metre):
        raise InputError(f"'{name}' is in {tune.metre.name}: this run was trained on {measures.metre.name}.")
    shift = fit_pitches(tune.ticks, measures.vocabulary, name)
    tokens = measures.vocabulary.tokens_from_ticks(transposed(tune.ticks, shift))
    remarks = list(tune.remarks)
    if shift:
        remarks.append(f"Moved by {shift:+d} semitones for the model.")
    noun = "measure"
    if isinstance(codec, PhraseCodec):
        tokens, noun = _phrases(tokens, codec.measures, remarks), "phrase"
    told = {"title": tune.title, "tempo": tune.tempo, "fifths": tune.fifths, "shift": shift, "remarks": remarks}
    return tokens, {**told, "names": [f"{noun} {number}" for number in range(1, len(tokens) + 1)]}


def _phrases(tokens: Items, size: int, remarks: list[str]) -> Items:
    if len(tokens) < size:
        remarks.append(f"{len(tokens)} measures: repeated to make a phrase of {size}.")
        tokens = np.resize(tokens, (size, tokens.shape[1]))
    starts = np.minimum(np.arange(0, len(tokens), size), len(tokens) - size)
    if len(tokens) % size:
        remarks.append("The last phrase begins before the end of the one before it, so that it ends with the tune.")
    return np.asarray(tokens[starts[:, None] + np.arange(size)])


def _song(content: bytes, name: str) -> tuple[Items, dict[str, Any]]:
    cut = cut_song(read_song(content, name))
    told = {"title": Path(name).stem, "tempo": cut.tempo, "programs": list(cut.programs), "remarks": list(cut.remarks)}
    return cut.tokens, {**told, "names": [f"phrase {number}" for number in range(1, len(cut.tokens) + 1)]}


def _pictures(codec: PictureCodec, content: bytes, name: str) -> tuple[Items, dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="latune-") as folder:
        path = Path(folder) / _own_name(name)
        path.write_bytes(content)
        try:
            images = read_pictures(path, colour=codec.item_shape[0] == COLOURS)
        except InputError as error:
            raise InputError(str(error).replace(str(path), f"'{name}'")) from None
    items, remarks = items_from_pictures(images[: MOST_ITEMS + 1], codec)
    stem = Path(name).stem
    names = [stem] if len(items) == 1 else [f"{stem}, picture {number}" for number in range(1, len(items) + 1)]
    return items, {"title": stem, "names": names, "remarks": remarks}


def _own_name(name: str) -> str:
    """A name of ours for a file of such a name: what reads it looks at the suffix."""
    suffix = Path(name).suffix.lower()
    if is_idx(Path(name)):
        return "pictures.idx.gz" if suffix == ".gz" else "pictures.idx"
    if suffix not in (*PICTURE_SUFFIXES, ".npz"):
        raise InputError(
            f"'{name}': expected a name that ends in .png, .jpg, .npz, .idx, -ubyte or one of these with .gz."
        )
    return f"pictures{suffix}"
