"""Write what Python measures of items, for the tests that compare the page with it.

    python studio/scripts/measures_golden.py --runs runs

Items come from prepared data sets (chorales, chorales-parity, midi, sprites), from what latune draws itself, from the
small digits that scikit-learn ships (never from MNIST), and from decoders of trained runs: of every folder in `--runs`
whose codec is of a kind that is tested. Everything is drawn by fixed seeds.

Every file of `studio/src/measures/golden` is a list of cases: the codec, the attributes' names, and as base64 of gzip
the items (bytes, or bits where they are 0 and 1), their values (float64, attribute by attribute), how similar each is
to the next one, and which are empty. The random moves of the sprite matching are written beside the code that reads
them.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.control.inference import decode_items
from latune.data.codecs import Codec
from latune.data.digits import embedded_digits
from latune.data.dmelody_codec import DMelodyCodec
from latune.data.measure_codec import MeasureCodec
from latune.data.phrase_codec import PhraseCodec
from latune.data.picture_codec import PictureCodec
from latune.data.song_codec import SongCodec
from latune.data.store import load_dataset
from latune.data.symbols import SYMBOL_ATTRIBUTES
from latune.images import sprite_matching
from latune.images.morphology import DIGIT_ATTRIBUTES, plain
from latune.images.sprites import render_sprites
from latune.images.symbols import OPERATORS, draw_symbols
from latune.music.dmelodies import MELODIES, melody_factors, render_melodies
from latune.music.measure import midi_vocabulary
from latune.music.metre import METRES, metre_from_name
from latune.training.run_folder import open_run

Bytes = NDArray[np.uint8]

MEASURES = Path(__file__).resolve().parents[1] / "src" / "measures"
FILES = ("chorales", "metres", "phrases", "songs", "dmelodies", "digits", "pictures", "sprites")
SEED = 0
DECODED = 40  # items of each run
HOLD, REST, FIRST_PITCH = 0, 1, 2  # tokens of the vocabulary of MIDI pitches


def main() -> None:
    """Write the golden files, and say how large they are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, help="folder of trained runs")
    parser.add_argument("--only", choices=FILES, action="append", help="write this file alone")
    options = parser.parse_args()
    for name in options.only or FILES:
        cases = [*_CASES[name](), *decoded_cases(options.runs, name)]
        path = MEASURES / "golden" / f"{name}.json"
        path.write_text(json.dumps(cases, separators=(",", ":")) + "\n", encoding="utf-8")
        counts = ", ".join(f"{case['name']} {case['count']}" for case in cases)
        print(f"{path.name}: {path.stat().st_size} bytes ({counts})")
    write_moves()


def case(name: str, codec: Codec, items: Bytes) -> dict[str, Any]:
    """Items with what Python says of them."""
    items = np.ascontiguousarray(items, np.uint8)
    description = {key: value for key, value in codec.to_dict().items() if key != "attributes"}
    stored = np.packbits(items.reshape(len(items), -1), axis=1) if codec.binary else items
    return {
        "name": name,
        "codec": description,
        "attributes": list(codec.table.names),
        "count": len(items),
        "bits": codec.binary,
        "items": packed(stored),
        "values": packed(np.asarray(codec.measure(items), "<f8").T),
        "similarity": packed(np.asarray(codec.similarity(items, np.roll(items, -1, axis=0)), "<f8")),
        "empty": packed(np.asarray(codec.empty(items), np.uint8)),
    }


def packed(array: NDArray[Any]) -> str:
    """Base64 of gzip of an array's bytes; bytes of equal significance lie together, which packs better."""
    content = np.ascontiguousarray(array)
    planes = content.reshape(-1).view(np.uint8).reshape(-1, content.itemsize).T
    return base64.b64encode(gzip.compress(planes.tobytes(), 9, mtime=0)).decode()


def decoded_cases(runs: Path | None, file: str) -> Iterator[dict[str, Any]]:
    """A case of decoded items for each finished run of the kind that a file is about."""
    for folder in sorted(runs.iterdir()) if runs is not None else ():
        if not (folder / "finished.json").is_file():
            continue
        run = open_run(folder)
        if _file_of(run.codec) != file:
            continue
        model = run.load_model()
        codes = np.random.default_rng(SEED).normal(size=(DECODED, model.latent_size)).astype(np.float32)
        codes[1::2] *= 2  # far from what is usual
        yield case(f"decoded by {folder.name}", run.codec, decode_items(model, codes))


def _file_of(codec: Codec) -> str | None:
    if isinstance(codec, PictureCodec):
        return {"morphology": "digits", "sprites": "sprites"}.get(codec.measurement)
    kinds = {MeasureCodec: "chorales", PhraseCodec: "phrases", SongCodec: "songs", DMelodyCodec: "dmelodies"}
    return kinds.get(type(codec))


def drawn_items(name: str, count: int) -> tuple[Codec, Bytes]:
    """Items of a prepared data set, any split."""
    dataset = load_dataset(name)
    chosen = np.sort(np.random.default_rng(SEED).choice(len(dataset.items), count, replace=False))
    return dataset.codec, np.asarray(dataset.items[chosen])


def chorales_cases() -> list[dict[str, Any]]:
    """Real measures, of both vocabularies, and measures at the edge of what there is."""
    edges = np.full((9, 24), HOLD, np.uint8)  # the first one holds nothing: silence
    edges[1, 0] = REST
    edges[2] = REST
    edges[3, 0] = FIRST_PITCH  # one long note
    edges[4, 23] = FIRST_PITCH  # a note at the very end
    edges[5] = FIRST_PITCH + 5  # a note at every tick
    edges[6] = np.arange(24) + FIRST_PITCH
    edges[7] = np.where(np.arange(24) % 2 == 0, FIRST_PITCH, FIRST_PITCH + 29)
    edges[8, [0, 12]] = REST, FIRST_PITCH + 29
    codec = MeasureCodec(midi_vocabulary())
    real = (case(name, *drawn_items(name, 200)) for name in ("chorales", "chorales-parity"))
    return [*real, case("edges", codec, edges)]


def metres_cases() -> list[dict[str, Any]]:
    """Random measures of every metre, with marks before and after a tune."""
    generator = np.random.default_rng(SEED)
    vocabulary = midi_vocabulary(padded=True)
    cases = []
    for name in METRES:
        codec = MeasureCodec(vocabulary, metre_from_name(name))
        shape = (24, *codec.item_shape)
        tokens = generator.integers(REST, len(vocabulary), shape)
        holds = generator.random(shape) < np.linspace(0.05, 0.95, len(tokens))[:, None]
        cases.append(case(name, codec, np.where(holds, HOLD, tokens).astype(np.uint8)))
    return cases


def phrases_cases() -> list[dict[str, Any]]:
    """Real measures that follow each other."""
    dataset = load_dataset("chorales")
    assert isinstance(dataset.codec, MeasureCodec)
    starts = np.sort(np.random.default_rng(SEED).choice(len(dataset.items) - 16, 200, replace=False))
    items = np.asarray(dataset.items)

    def phrases(count: int, measures: int) -> Bytes:
        return np.stack([items[start : start + measures] for start in starts[:count]])

    silent = np.concatenate([phrases(1, 4), np.zeros((1, 4, 24), np.uint8)])
    silent[0, 1:3] = HOLD
    return [
        case("four measures", PhraseCodec(dataset.codec, 4), np.concatenate([phrases(200, 4), silent])),
        case("sixteen measures", PhraseCodec(dataset.codec, 16), phrases(10, 16)),
    ]


def songs_cases() -> list[dict[str, Any]]:
    """Composed phrases, a silent one, one without a mark, one long note, one without rest."""
    codec, items = drawn_items("midi", 200)
    edges = np.full((5, 256, 4), 129, np.uint8)
    edges[1, 0] = 128
    edges[2, 0] = 60
    edges[3] = np.arange(256)[:, None] % 130
    edges[4] = 0
    return [case("composed", codec, items), case("edges", codec, edges)]


def dmelodies_cases() -> list[dict[str, Any]]:
    """Melodies of the set, the same with wrong notes, and noise."""
    generator = np.random.default_rng(SEED)
    codec = DMelodyCodec()
    real = codec.tokens(render_melodies(melody_factors(generator.choice(MELODIES, 200, replace=False))))
    noise = generator.integers(0, codec.symbols, real.shape).astype(np.uint8)
    wrong = np.where(generator.random(real.shape) < 0.15, noise, real)
    silent = np.zeros((1, 16), np.uint8)
    return [case("real", codec, np.concatenate([real, wrong, noise[:60], silent]))]


def digits_cases() -> list[dict[str, Any]]:
    """Small digits enlarged, grey and in plain form, some damaged, and pictures at the edge of what there is."""
    generator = np.random.default_rng(SEED)
    images = embedded_digits().images
    images = images[np.sort(generator.choice(len(images), 120, replace=False))]
    damaged = np.clip(images[:40] + generator.normal(0, 40, (40, 28, 28)), 0, 255).astype(np.uint8)
    codec = PictureCodec((1, 28, 28), 255, "morphology", DIGIT_ATTRIBUTES)
    pictures = np.concatenate([images[:80], plain(images[40:]), damaged, _edge_pictures(28, 28)])
    return [case("embedded", codec, pictures[:, None])]


def pictures_cases() -> list[dict[str, Any]]:
    """Pictures of other sizes, square and not, and of more than one channel, of which the first is measured."""
    generator = np.random.default_rng(SEED)
    signs = np.concatenate([draw_symbols(kind, 8, seed=SEED) for kind in OPERATORS])
    cases = [case("signs", PictureCodec((1, 45, 45), 255, "morphology", SYMBOL_ATTRIBUTES), signs[:, None])]
    for channels, height, width in ((1, 17, 31), (1, 5, 3), (3, 12, 20)):
        codec = PictureCodec((channels, height, width), 255, "morphology", DIGIT_ATTRIBUTES)
        edges = _edge_pictures(height, width)
        others = generator.integers(0, 256, (len(edges), channels - 1, height, width), np.uint8)
        cases.append(case(f"{height} x {width}", codec, np.concatenate([edges[:, None], others], axis=1)))
    return cases


def _edge_pictures(height: int, width: int) -> Bytes:
    """Dark, white, grey, single pixels, frames, halves, a chessboard, faint ones, blocks of few grey levels."""
    generator = np.random.default_rng(SEED)
    pictures = np.zeros((40, height, width), np.uint8)
    pictures[1], pictures[2] = 255, 77
    pictures[3, height // 2, width // 2] = 255
    pictures[4, 0, 0] = 255
    pictures[5, -1, -1] = 255
    pictures[6, 1, 1] = 1  # too faint for its enlargement
    pictures[7, :, : width // 2] = 255
    pictures[8, height // 2 :] = 254
    pictures[9] = (np.indices((height, width)).sum(axis=0) % 2) * 255
    pictures[10], pictures[10, 1:-1, 1:-1] = 255, 0
    pictures[11, 1:-1, 1:-1] = 255
    pictures[12], pictures[12, height // 2, width // 2] = 255, 0
    pictures[13, height // 2] = 255
    pictures[14, :, -1] = 255
    pictures[15] = 200
    pictures[15, 2, 1] = 201
    for picture in pictures[16:]:
        for _ in range(generator.integers(1, 5)):
            top, left = generator.integers(0, height), generator.integers(0, width)
            below, right = generator.integers(1, height + 1), generator.integers(1, width + 1)
            picture[top : top + below // 2 + 1, left : left + right // 2 + 1] = generator.choice([255, 255, 128, 90])
    return pictures


def sprites_cases() -> list[dict[str, Any]]:
    """Pictures of the set, sprites of any factors, damaged ones, and pictures at the edge of what there is."""
    generator = np.random.default_rng(SEED)
    codec, real = drawn_items("sprites", 200)
    pictures = np.unpackbits(real.reshape(len(real), -1), axis=1) if real.size == 200 * 512 else real
    low, high = np.array([0.3, -7, -0.2, -0.2]), np.array([1.3, 7, 1.2, 1.2])
    factors = np.column_stack([generator.integers(1, 4, 60), generator.uniform(low, high, (60, 4))])
    free = render_sprites(factors)
    damaged = free.copy()
    damaged[:20] ^= (generator.random((20, 64, 64)) < 0.02).astype(np.uint8)
    damaged[20:40, 20:30, 20:30] = 0
    damaged[40:] |= free[:20]
    edges = np.zeros((9, 64, 64), np.uint8)
    edges[1] = 1
    edges[2, 31, 31] = 1
    edges[3, 0, 0] = 1
    edges[4, 63, 63] = 1
    edges[5, 0, 0] = edges[5, 40:50, 40:50] = 1  # something far off
    edges[6, :, 32] = 1
    edges[7] = np.indices((64, 64)).sum(axis=0) % 2
    edges[8, 5:60, 5:60] = 1
    every = np.concatenate([pictures.reshape(-1, 64, 64), free, damaged, edges])
    return [case("drawn", codec, every[:, None])]


def write_moves() -> None:
    """Write the random moves of the sprite matching: they must be the same numbers, to the last bit."""
    content = base64.b64encode(np.ascontiguousarray(sprite_matching._MOVES, "<f8").tobytes()).decode()
    lines = " +\n".join(f'  "{content[start : start + 110]}"' for start in range(0, len(content), 110))
    (MEASURES / "pictures" / "sprite_moves.ts").write_text(_MOVES_FILE.replace("LINES", lines), encoding="utf-8")


_MOVES_FILE = """/** Random moves of the sprite matching. Written by studio/scripts/measures_golden.py. */

let moves: Float64Array | null = null;

/** Steps in scale, orientation, x and y, (150, 4): the same as in Python, to the last bit. */
export function spriteMoves(): Float64Array {
  moves ??= new Float64Array(Uint8Array.from(atob(CONTENT), (letter) => letter.charCodeAt(0)).buffer);
  return moves;
}

// float64, low bytes first, in base64
const CONTENT =
LINES;
"""

_CASES = {
    "chorales": chorales_cases,
    "metres": metres_cases,
    "phrases": phrases_cases,
    "songs": songs_cases,
    "dmelodies": dmelodies_cases,
    "digits": digits_cases,
    "pictures": pictures_cases,
    "sprites": sprites_cases,
}

if __name__ == "__main__":
    main()
