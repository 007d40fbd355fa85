"""Everything that reads a file of the user's, and small files to damage."""

import gzip
import io
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

__all__ = ["READERS", "Reader"]

TUNES = Path(__file__).parents[1] / "data" / "tunes"
KERN = """**kern
*clefG2
*k[f#]
*M4/4
=1
4g
8a
8b
2cc
=2
4dd
4r
2g
==
*-
"""
ABC = """X:1
T:A tune
M:4/4
L:1/8
K:Em
|: G2 (AB) c2 d2 | e2 ^f2 g4 :| [1 z4 D4 | [2 (3GAB c2 d4 |]
"""


@dataclass(frozen=True)
class Reader:
    """A reader to be tried.

    Args:
        suffix: Of its files.
        examples: Valid files.
        read: Reads a file; refuses with errors of latune alone.
    """

    suffix: str
    examples: Callable[[Path], list[bytes]]
    read: Callable[[Path], object]


def _tune_examples(suffix: str) -> Callable[[Path], list[bytes]]:
    def examples(scratch: Path) -> list[bytes]:
        from latune.music.measure import HOLD
        from latune.music.score import tune_from_ticks, write_tune

        found = [path.read_bytes() for path in sorted(TUNES.glob(f"*{suffix}"))]
        if suffix == ".krn":
            return [KERN.encode()]
        if suffix == ".abc":
            return [*found, ABC.encode()]
        ticks = np.full((4, 24), HOLD, np.int16)
        ticks[:, ::3] = np.random.default_rng(0).integers(55, 85, (4, 8))
        path = scratch / f"example{suffix}"
        write_tune(tune_from_ticks(ticks, "An example", 96, 1), path)
        return [*found, path.read_bytes()]

    return examples


def _read_tune(path: Path) -> object:
    from latune.music.score import read_tune

    return read_tune(path)


def _song_examples(scratch: Path) -> list[bytes]:
    from latune.music.songs.midi import song_bytes
    from latune.music.songs.synthesis import synthetic_song

    return [song_bytes(synthetic_song(genre, 0)) for genre in (0, 4)]


def _read_song(path: Path) -> object:
    from latune.music.songs.reading import read_song

    return read_song(path.read_bytes(), path.name)


def _png(pixels: np.ndarray) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


def _png_examples(scratch: Path) -> list[bytes]:
    generator = np.random.default_rng(0)
    grey = generator.integers(0, 256, (20, 16), np.uint8)
    colour = generator.integers(0, 256, (9, 12, 3), np.uint8)
    chunk = b"IDAT" + zlib.compress(b"\0" * 40)  # a picture whose header says more than it holds
    header = b"IHDR" + struct.pack(">IIBBBBB", 60000, 60000, 8, 0, 0, 0, 0)
    huge = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part))
        for part in (header, chunk, b"IEND")
    )
    return [_png(grey), _png(colour), huge]


def _read_picture(path: Path) -> object:
    from latune.images.reading import read_picture

    return read_picture(path, colour=False)


def _npz(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _picture_npz_examples(scratch: Path) -> list[bytes]:
    return [_npz(images=np.zeros((3, 8, 8), np.uint8)), _npz(images=np.ones((2, 8, 8, 3), np.float32))]


def _read_npz(path: Path) -> object:
    from latune.images.reading import read_npz

    return read_npz(path)


def _scores_examples(scratch: Path) -> list[bytes]:
    generator = np.random.default_rng(0)
    codes = generator.normal(size=(30, 3))
    return [
        _npz(codes=codes, attributes=codes[:, :2], names=np.array(["a", "b"])),
        _npz(codes=codes, factors=np.ones((30, 2), int)),
    ]


def _read_scores(path: Path) -> object:
    from latune.cli.scoring import _representation

    return _representation(path)


def _idx_examples(scratch: Path) -> list[bytes]:
    images = struct.pack(">IIII", 0x803, 3, 5, 4) + bytes(range(60))
    return [images, struct.pack(">II", 0x801, 3) + b"\1\2\3", gzip.compress(images)]


def _read_idx(path: Path) -> object:
    from latune.images.idx import read_idx

    return read_idx(path)


def _recipe_examples(scratch: Path) -> list[bytes]:
    from latune.recipes.loading import list_recipes, load_recipe

    names = [name for name in list_recipes() if name.startswith(("chorales/", "sprites/", "midi/"))]
    return [yaml.safe_dump(load_recipe(name).model_dump(mode="json")).encode() for name in names[::3]]


def _read_recipe(path: Path) -> object:
    from latune.recipes import load_recipe

    return load_recipe(str(path))


def _study_examples(scratch: Path) -> list[bytes]:
    study = {"name": "tiny", "recipes": ["chorales/ar-vae", {"recipe": "digits/ar-vae", "label": "b"}], "seeds": [0, 3]}
    return [yaml.safe_dump(study | {"grid": {"method.beta": [0.1, 1.0]}}).encode(), yaml.safe_dump(study).encode()]


def _read_study(path: Path) -> object:
    from latune.studies.study import load_study

    return load_study(str(path))


def _table_examples(scratch: Path) -> list[bytes]:
    return [
        b"file,width,split,group\na.png,1.5,train,x\nb.png,2,test,y\n",
        b"\xef\xbb\xbffile;kind;size\n1.png;red;3\n",
    ]


def _read_table(path: Path) -> object:
    from latune.data.picture_table import attribute_table, read_table

    return attribute_table(read_table(path, with_files=True))


def _genre_examples(scratch: Path) -> list[bytes]:
    return [b"file,genres\na.mid,rock;folk\nb.mid,\n", b'file,genres\n"x,y.mid","a b"\n']


def _read_genres(path: Path) -> object:
    from latune.data.song_labels import read_genres

    return read_genres(path)


def _formula_examples(scratch: Path) -> list[bytes]:
    entries = [{"id": "1", "img_paths": ["1/a.jpg", "+/b.jpg", "2/c.jpg"], "expr": "1+2", "res": 3}]
    return [json.dumps(entries).encode(), json.dumps(entries * 3).encode()]


def _read_formulas(path: Path) -> object:
    from latune.data.formulas import read_formulas

    return read_formulas(path)


READERS = {
    "midi": Reader(".mid", _tune_examples(".mid"), _read_tune),
    "musicxml": Reader(".musicxml", _tune_examples(".musicxml"), _read_tune),
    "mxl": Reader(".mxl", _tune_examples(".mxl"), _read_tune),
    "abc": Reader(".abc", _tune_examples(".abc"), _read_tune),
    "kern": Reader(".krn", _tune_examples(".krn"), _read_tune),
    "song": Reader(".mid", _song_examples, _read_song),
    "png": Reader(".png", _png_examples, _read_picture),
    "npz": Reader(".npz", _picture_npz_examples, _read_npz),
    "scores": Reader(".npz", _scores_examples, _read_scores),
    "idx": Reader(".idx", _idx_examples, _read_idx),
    "recipe": Reader(".yaml", _recipe_examples, _read_recipe),
    "study": Reader(".yaml", _study_examples, _read_study),
    "table": Reader(".csv", _table_examples, _read_table),
    "genres": Reader(".csv", _genre_examples, _read_genres),
    "formulas": Reader(".json", _formula_examples, _read_formulas),
}
