"""What the page must compute as Python does: cases of knobs, searches, genres and moves, with small trained runs.

    python tests/studio/model_golden.py

trains two small runs (melodies; pictures with moves) and writes `studio/tests/golden`: a run's graphs and `latune.json`
as the page reads them, and beside them what `latune.control` makes of some requests. `test_model_golden.py` computes
the requests again from what is stored, the page's tests compare themselves with the same numbers.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.control.editor import calibrate_run, open_editor
from latune.control.genres import Genres
from latune.control.inference import Codes
from latune.control.knobs import Knobs, knobs_from_dict
from latune.control.moves import open_mover
from latune.control.search import Tools, search_path
from latune.data.codec_registry import codec_from_dict
from latune.data.codecs import Codec
from latune.data.dataset import Dataset
from latune.data.measure_codec import MeasureCodec
from latune.data.store import store_dataset
from latune.models.petals import Petals, PetalsConfig, build_petals
from latune.music.measure import HOLD, REST, midi_vocabulary
from latune.recipes.loading import recipe_from_dict
from latune.training.trainer import train

GOLDEN = Path(__file__).resolve().parents[2] / "studio" / "tests" / "golden"
DIGITS = 9  # significant ones: float32 reads the same
RECIPE = {
    "name": "golden/melodies",
    "data": {"name": "golden-melodies"},
    "model": {"name": "measure_mlp", "latent_size": 6, "embedding_size": 4, "hidden_size": 24},
    "method": {"name": "ar_vae", "beta": 0.001, "reconstruction": "mean"},
    "attributes": {"names": ["rhythmic_complexity", "pitch_range", "note_density"], "gamma": 1.0, "delta": 10.0},
    "training": {
        "steps": 1500,
        "batch_size": 64,
        "learning_rate": 0.004,
        "schedule": "linear",
        "validate_every": 500,
    },
}
# Requests of single items: wanted values by knob, and what is held. `contour` has no knob: only the path holds it.
REQUESTS: list[tuple[dict[str, float], list[str]]] = [
    ({"note_density": 0.2}, []),
    ({"pitch_range": 0.35}, ["note_density"]),
    ({"rhythmic_complexity": 0.6}, ["contour"]),
    ({"note_density": 0.3, "pitch_range": 0.2}, []),
    ({"rhythmic_complexity": 0.2, "note_density": 0.15}, ["pitch_range", "contour"]),
]
GENRE_NAMES = ("disco", "waltz", "blues")

Values = NDArray[np.float64]
Decode = Callable[[Codes], NDArray[np.uint8]]


def main() -> None:
    """Write all golden files."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["LATUNE_DATA"] = scratch
        write_melodies(Path(scratch) / "melodies")
        write_moves(Path(scratch) / "moves")
    write("knobs.json", [knob_case(seed) for seed in range(6)])
    write("genres.json", [genre_case(seed, kind) for seed, kind in enumerate(("plane", "orthonormal", "styles"))])


def write(name: str, content: Any) -> None:
    """Write a golden file."""
    (GOLDEN / name).write_text(json.dumps(plain(content), separators=(",", ":")) + "\n", encoding="utf-8")


def plain(content: Any) -> Any:
    """Arrays as lists, numbers in few digits, and what is not a number as null."""
    if isinstance(content, Mapping):
        return {key: plain(value) for key, value in content.items()}
    if isinstance(content, np.ndarray):
        return plain(content.tolist())
    if isinstance(content, list | tuple):
        return [plain(value) for value in content]
    if isinstance(content, float):
        return float(f"{content:.{DIGITS}g}") if np.isfinite(content) else None
    return content


# Melodies: encoder, decoder, movements, path search


def write_melodies(folder: Path) -> None:
    """A small run on melodies, as the page reads it, and what becomes of some requests."""
    from latune.export.source import open_source
    from latune.studio.bundle import write_bundle

    dataset = melodies()
    store_dataset(dataset)
    run = train(recipe_from_dict(RECIPE, "golden"), dataset, folder)
    calibrate_run(run, dataset)
    keep(lambda path: write_bundle(open_source(folder), path, "melodies", command="melodies"), "melodies")
    editor = open_editor(folder)
    items = np.asarray(dataset.items[dataset.split("test")[:: len(dataset.split("test")) // 8]][:8])
    codes = editor.encode(items)
    write(
        "melodies/cases.json",
        {
            "items": items,
            "codes": codes,
            "decoded": editor.decode(codes),
            "values": editor.codec.measure(items),
            "turned": turned_cases(editor.knobs, editor.decode, codes),
            "paths": path_cases(editor.knobs, editor.codec, editor.decode, items, codes),
        },
    )


def melodies() -> Dataset:
    """Measures whose rhythm is one of 8 patterns and whose pitches climb or fall by even steps."""
    generator = np.random.default_rng(0)
    patterns = [np.sort(generator.choice(24, size, replace=False)) for size in (1, 2, 3, 4, 5, 6, 8, 10)]
    ticks = np.full((600, 24), HOLD, np.int16)
    ticks[:, 0] = REST
    for measure in ticks:
        onsets = patterns[generator.integers(len(patterns))]
        climb = np.clip(generator.choice([-2, -1, 1, 2]) * np.arange(len(onsets)), -9, 9)
        measure[onsets] = 69 + generator.integers(-1, 2) + climb
    codec = MeasureCodec(midi_vocabulary())
    items = codec.vocabulary.tokens_from_ticks(ticks)
    groups = np.repeat(np.arange(24, dtype=np.int32), 25)
    parts = {"train": range(16), "validation": range(16, 18), "test": range(18, 24)}
    splits = {name: np.flatnonzero(np.isin(groups, part)) for name, part in parts.items()}
    description = {"source": "invented", "licence": "none needed", "rejected": []}
    return Dataset(
        "golden-melodies", items, codec.measure(items).astype(np.float32), groups, splits, codec, description
    )


def turned_cases(knobs: Knobs, decode: Decode, codes: Codes) -> list[dict[str, Any]]:
    """Codes moved to where the calibration expects the values, in both ways of moving, and their items."""
    cases = []
    for targets, held in REQUESTS:
        fixed = [name for name in held if name in knobs.names]
        for movement in ("alone", "joint"):
            moved = turn(knobs, codes, targets, fixed, movement)
            case = {"targets": targets, "held": fixed, "movement": movement, "codes": moved, "items": decode(moved)}
            cases.append(case)
    return cases


def turn(knobs: Knobs, codes: Codes, targets: Mapping[str, float], held: Sequence[str], movement: Any) -> Codes:
    """As `Editor.move`, which is a method of a model."""
    wanted = {}
    for name, value in targets.items():
        knob, here = knobs[name], knobs.code(codes, name)
        wanted[name] = here + (knob.gain if movement == "joint" else 1.0) * (knob.code_of(value) - here)
    return knobs.move(codes, wanted, held, movement)


def path_cases(
    knobs: Knobs, codec: Codec, decode: Decode, items: NDArray[np.uint8], codes: Codes
) -> list[dict[str, Any]]:
    """What the search along the path finds."""
    tools = Tools(knobs, decode, codec.measure, codec.similarity, codec.empty)
    cases = []
    for targets, held in REQUESTS:
        wanted = {name: np.full(len(items), value) for name, value in targets.items()}
        found = search_path(items, codes, wanted, held, tools)
        values = codec.measure(found.items)
        case = {"targets": targets, "held": held, "codes": found.codes, "items": found.items}
        cases.append({**case, "errors": found.errors, "values": values})
    return cases


# Pictures with moves


def write_moves(folder: Path) -> None:
    """A small run with moves, as the page reads it, and where its moves lead."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    import small_moves
    from latune.export.source import open_source
    from latune.studio.bundle import write_bundle

    dataset = small_moves.blobs()
    store_dataset(dataset)
    run = small_moves.trained(dataset, folder)
    calibrate_run(run, dataset)
    keep(lambda path: write_bundle(open_source(folder), path, "moves", command="moves"), "moves")
    mover = open_mover(run)
    items = np.asarray(dataset.items[::61])
    codes = mover.encode(items)
    shown = mover.show(codes)
    moved = [mover.move(codes, name) for name in mover.names]
    case = {"items": items.reshape(len(items), -1), "codes": codes, "places": mover.places(codes), "moved": moved}
    decoded = {"decoded": mover.decode(codes).reshape(len(codes), -1), "shown": shown.reshape(len(codes), -1)}
    write("moves/cases.json", {**case, **decoded})


def keep(write_files: Callable[[Path], Any], name: str) -> None:
    """What the page reads of a run, without the parts that no test compares."""
    with tempfile.TemporaryDirectory() as scratch:
        source, target = Path(scratch) / "bundle", GOLDEN / name
        write_files(source)
        target.mkdir(exist_ok=True)
        for path in target.iterdir():
            path.unlink()
        for path in source.iterdir():
            if path.suffix != ".json" and path.name != "measure.onnx":
                (target / path.name).write_bytes(path.read_bytes())
        description = json.loads((source / "latune.json").read_text(encoding="utf-8"))
        description["graphs"].pop("measure", None)
        write(f"{name}/latune.json", description)
        studio = json.loads((source / "studio.json").read_text(encoding="utf-8"))
        write(f"{name}/studio.json", {**studio, "certificate": None, "metrics": []})


# Knobs and genres: arithmetic alone


def knob_case(seed: int) -> dict[str, Any]:
    """Knobs of invented curves and covariances, and codes moved by them."""
    knobs = invented_knobs(seed)
    generator = np.random.default_rng(100 + seed)
    codes = generator.normal(size=(4, len(knobs.spread))).astype(np.float32)
    cases = []
    for targets, held in (({"a": 0.3}, []), ({"a": 2.5}, ["b"]), ({"b": -0.4, "c": 0.9}, []), ({"c": 0.1}, ["a", "b"])):
        for movement in ("alone", "joint"):
            moved = turn(knobs, codes, targets, held, movement)
            cases.append({"targets": targets, "held": held, "movement": movement, "moved": moved})
    values = np.linspace(-1.5, 2.5, 9)
    curves = {knob.name: {"codes": knob.code_of(values), "values": knob.value_of(values)} for knob in knobs.knobs}
    return {"knobs": knobs.to_dict(), "codes": codes, "cases": cases, "at": values, "curves": curves}


def invented_knobs(seed: int) -> Knobs:
    """Linear ones, quadratic ones, ones along directions, and two that share a dimension."""
    generator, size = np.random.default_rng(seed), 5
    mixing = generator.normal(size=(size, size))
    points = generator.normal(size=(400, size)) @ mixing + 0.3
    quadratic, directed, shared = seed % 2 == 1, seed in (2, 3), seed in (4, 5)
    dimensions = [0, 1, 1 if shared else 2]
    readings = generator.normal(size=(3, size)) if directed else np.eye(size)[dimensions]
    knob_codes = points @ readings.T
    features = np.concatenate([knob_codes, knob_codes**2], axis=1) if quadratic else knob_codes
    centred, centred_features = points - points.mean(axis=0), features - features.mean(axis=0)
    knobs = []
    for k, (name, dimension) in enumerate(zip("abc", dimensions, strict=True)):
        values = np.sort(generator.uniform(0, 1, 7))
        codes = np.sort(generator.normal(size=7)) * (-1 if k == 1 else 1)
        knob = {"name": name, "unit": "share", "dimension": dimension, "low": 0.0, "high": 1.0}
        knob |= {"values": values.tolist(), "codes": codes.tolist(), "gain": 1.0 + 0.25 * k}
        if directed:
            motion = readings[k] / (readings[k] ** 2).sum()
            knob |= {"reading": readings[k].tolist(), "motion": motion.tolist()}
        knobs.append(knob)
    content = {
        "knobs": knobs,
        "covariance": (centred.T @ centred_features / len(points)).tolist(),
        "spread": points.std(axis=0).tolist(),
        "ranges": {name: [0.0, 1.0] for name in "abc"},
        "among": (centred_features.T @ centred_features / len(points)).tolist(),
        "independent": {},
    }
    return knobs_from_dict(plain(content), Path("knobs.json"))


def genre_case(seed: int, kind: str) -> dict[str, Any]:
    """Genres as petals or styles, codes, and what they become when they are carried."""
    generator, count = np.random.default_rng(seed), len(GENRE_NAMES)
    if kind == "styles":
        genres = Genres(GENRE_NAMES, 4, styles=count)
        codes = np.concatenate([generator.normal(size=(9, 4)), generator.random((9, count))], axis=1)
        told: dict[str, Any] | None = None
    else:
        config = PetalsConfig(axes="plane" if kind == "plane" else "orthonormal", across=0.02, width=0.05)
        petals: Petals = build_petals(config, count, 7)
        genres = Genres(GENRE_NAMES, 7, petals=petals)
        codes = genres.draw(9, seed)
        told = {name: getattr(petals, name).numpy() for name in ("means", "radial", "deviations")}
    codes = codes.astype(np.float32)
    sources = genres.of(codes)
    carried = [genres.carry(codes, sources, target) for target in range(count)]
    data = {"names": GENRE_NAMES, "content_size": genres.content_size, "styles": genres.styles, "petals": told}
    return {"genres": data, "codes": codes, "of": sources, "shares": genres.shares(codes), "carried": carried}


# Reading what was written


def stored_tools(folder: Path) -> tuple[Knobs, Codec, Callable[[NDArray[Any]], Codes], Decode]:
    """Knobs, codec, encoder and decoder of a stored run, computed by onnxruntime."""
    import onnxruntime

    description = json.loads((folder / "latune.json").read_text(encoding="utf-8"))
    knobs = knobs_from_dict(description["knobs"], folder / "latune.json")
    codec = codec_from_dict(description["codec"])
    sessions = {name: onnxruntime.InferenceSession(str(folder / f"{name}.onnx")) for name in ("encoder", "decoder")}

    def encode(items: NDArray[Any]) -> Codes:
        return np.asarray(sessions["encoder"].run(["mean"], {"items": items.astype(np.int32)})[0])

    def decode(codes: Codes) -> NDArray[np.uint8]:
        flat = codes.reshape(-1, codes.shape[-1]).astype(np.float32)
        logits = np.asarray(sessions["decoder"].run(["logits"], {"codes": flat})[0])
        return logits.argmax(axis=-1).astype(np.uint8).reshape(*codes.shape[:-1], -1)

    return knobs, codec, encode, decode


if __name__ == "__main__":
    main()
