"""How time grows with items, latent dimensions, attributes and seeds.

    python benchmarks/growth.py [--longest 20]

Each row is one function at four sizes, median of repetitions, and the exponent of its growth: the slope of the
logarithm of its time over the larger half of the sizes, 1 being linear. Sizes whose time would pass `--longest`
seconds, as foreseen from the smaller ones, are left out. What grows faster than linearly says why in its note.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # as the command line does

import numpy as np
import torch

from latune.attributes import Attribute, AttributeTable
from latune.control.knobs import calibrate
from latune.data.batches import Batches
from latune.data.dataset import Dataset
from latune.data.measure_codec import MeasureCodec
from latune.data.store import load_dataset, store_dataset
from latune.images.morphology import DIGIT_ATTRIBUTES, measure_morphology
from latune.losses.attribute import attribute_regularization
from latune.metrics import Representation, evaluate, gaussian_total_correlation, score, unsupervised_ranking
from latune.music.measure import midi_vocabulary
from latune.music.songs.attributes import SONG_ATTRIBUTES, measure_song_attributes
from latune.studies.plan import plan_runs
from latune.studies.study import study_from_dict

ENOUGH = 0.3  # seconds: a size is repeated until it has taken so long, at least three times
LINEAR = 1.15  # a larger exponent is more than linear

Work = Callable[[], object]


@dataclass(frozen=True)
class Row:
    """A function whose growth is measured.

    Args:
        axis: What grows.
        name: The function in words.
        make: Work for a size.
        note: Why it may grow faster than linearly.
    """

    axis: str
    name: str
    make: Callable[[int], Work]
    note: str = ""


SIZES = {
    "items": (1_000, 10_000, 100_000, 1_000_000),
    "latent dimensions": (8, 32, 128, 512),
    "attributes": (1, 4, 16, 64),
    "seeds": (1, 4, 16, 64),
}


def melodies(count: int) -> Dataset:
    """Random measures; eight make a tune."""
    codec, generator = MeasureCodec(midi_vocabulary()), np.random.default_rng(0)
    items = generator.integers(0, codec.symbols - 2, (count, 24)).astype(np.uint8)
    splits = {"train": np.arange(count // 2), "validation": np.arange(count // 2, count), "test": np.arange(0)}
    groups = (np.arange(count) // 8).astype(np.int32)
    return Dataset("growth", items, codec.measure(items).astype(np.float32), groups, splits, codec, {})


def coded(items: int, latent: int, attributes: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes, and attributes that follow from them up to noise."""
    generator = np.random.default_rng(0)
    codes = generator.normal(size=(items, latent))
    mixing = generator.normal(size=(latent, attributes))
    return codes, codes @ mixing + 0.1 * generator.normal(size=(items, attributes))


def table_of(count: int) -> tuple[AttributeTable, list[str]]:
    """A table of so many attributes."""
    names = [f"a{number}" for number in range(count)]
    return AttributeTable([Attribute(name, "units", -9.0, 9.0) for name in names]), names


def measuring(count: int) -> Work:
    dataset = melodies(count)
    return lambda: dataset.codec.measure(dataset.items)


def storing(count: int) -> Work:
    dataset = melodies(count)
    return lambda: (store_dataset(dataset), load_dataset("growth"))


def one_batch(count: int) -> Work:
    batches = Batches(melodies(count), "train", 256, 0, torch.device("cpu"))
    steps = iter(range(10**9))
    return lambda: batches.at(next(steps) % max(len(batches), 1))


def scoring(items: int, latent: int, attributes: int) -> Work:
    codes, values = coded(items, latent, attributes)
    return lambda: evaluate(codes, values, bootstrap=0)


def scoring_factors(count: int) -> Work:
    codes, values = coded(count, 8, 4)
    factors = np.digitize(values, [-1.0, 0.0, 1.0])
    return lambda: score(Representation(codes, factors=factors), ["factor_mig", "factor_sap", "factor_modularity"])


def calibrating(items: int, latent: int, attributes: int) -> Work:
    codes, values = coded(items, latent, attributes)
    table, names = table_of(attributes)
    return lambda: calibrate(codes, values, table, names)


def moving(latent: int) -> Work:
    codes, values = coded(2_000, latent, 4)
    table, names = table_of(4)
    knobs = calibrate(codes, values, table, names)
    return lambda: knobs.move(codes[:1000], {"a0": 1.0, "a1": 0.5}, ["a2"])


def total_correlation(latent: int) -> Work:
    codes, _ = coded(2_000, latent, 1)
    return lambda: gaussian_total_correlation(codes)


def regularising(attributes: int) -> Work:
    generator = torch.Generator().manual_seed(0)
    codes, values = (torch.randn(256, attributes, generator=generator) for _ in range(2))
    return lambda: attribute_regularization(codes, values, torch.ones(attributes))


def digits(count: int) -> Work:
    generator = np.random.default_rng(0)
    y, x = np.mgrid[:28, :28] - 13.5
    wide, high = (generator.uniform(4, 9, (count, 1, 1)) for _ in range(2))
    rings = np.abs((x / wide) ** 2 + (y / high) ** 2 - 1) < 0.35
    pictures = (255 * rings).astype(np.uint8)
    return lambda: measure_morphology(pictures, DIGIT_ATTRIBUTES.names, workers=1)


def songs(count: int) -> Work:
    tokens = np.random.default_rng(0).integers(30, 131, (count, 256, 4)).clip(max=129).astype(np.uint8)
    return lambda: measure_song_attributes(tokens, SONG_ATTRIBUTES.names)


def planning(seeds: int) -> Work:
    study = study_from_dict(
        {"name": "growth", "recipes": ["chorales/ar-vae", "chorales/beta-vae"], "seeds": seeds}, "-"
    )
    return lambda: plan_runs(study)


def ranking(seeds: int) -> Work:
    codes = [np.random.default_rng(seed).normal(size=(500, 8)) for seed in range(seeds + 1)]
    return lambda: unsupervised_ranking(codes, similarity="spearman")


NEIGHBOURS = "neighbours are searched in trees: n log n"
ROWS = (
    Row("items", "attributes of measures", measuring),
    Row("items", "attributes of digits", digits),
    Row("items", "attributes of songs", songs),
    Row("items", "store and open a data set", storing),
    Row("items", "one batch of 256", one_batch),
    Row("items", "five scores of 8 codes and 4 attributes", lambda n: scoring(n, 8, 4), NEIGHBOURS),
    Row("items", "MIG, SAP, modularity against factors", scoring_factors),
    Row("items", "calibrate 4 knobs", lambda n: calibrating(n, 8, 4), "ranks are sorted: n log n"),
    Row("latent dimensions", "five scores of 2,000 items", lambda d: scoring(2_000, d, 4)),
    Row("latent dimensions", "calibrate 4 knobs on 2,000 items", lambda d: calibrating(2_000, d, 4)),
    Row("latent dimensions", "turn two knobs of 1,000 items, hold one", moving, "codes outgrow the processor's cache"),
    Row("latent dimensions", "Gaussian total correlation", total_correlation, "a determinant of D x D"),
    Row("attributes", "five scores of 2,000 items, 64 codes", lambda a: scoring(2_000, 64, a)),
    Row(
        "attributes",
        "calibrate knobs, 64 codes",
        lambda a: calibrating(2_000, 64, a),
        "each pair of attributes is related given all others",
    ),
    Row("attributes", "attribute term of 256 items", regularising),
    Row("seeds", "plan a study of two recipes", planning),
    Row("seeds", "unsupervised ranking", ranking, "every model is compared with every other one, by definition"),
)


def seconds_of(work: Work) -> float:
    """Median time of some work."""
    work()
    times: list[float] = []
    while len(times) < 3 or (sum(times) < ENOUGH and len(times) < 200):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return median(times)


def measured(row: Row, longest: float) -> list[float]:
    """Times for the sizes that can be afforded."""
    times: list[float] = []
    for place, size in enumerate(SIZES[row.axis]):
        if times and times[-1] * size / SIZES[row.axis][place - 1] > longest:
            break
        times.append(seconds_of(row.make(size)))
    return times


def exponent(sizes: Sequence[int], times: Sequence[float]) -> float:
    """Slope of the logarithms over the larger half of the sizes."""
    half = len(times) // 2 if len(times) > 2 else 0
    return (
        float(np.polyfit(np.log(sizes[half : len(times)]), np.log(times[half:]), 1)[0])
        if len(times) - half > 1
        else np.nan
    )


def written(seconds: float) -> str:
    return (
        f"{1e6 * seconds:.0f} µs"
        if seconds < 1e-3
        else f"{1e3 * seconds:.3g} ms"
        if seconds < 1
        else f"{seconds:.3g} s"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--longest", type=float, default=20.0)
    options.add_argument("--only", help="rows whose name holds this")
    chosen = options.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LATUNE_DATA"] = folder
        for axis, sizes in SIZES.items():
            rows = [row for row in ROWS if row.axis == axis and (chosen.only or "") in row.name]
            if not rows:
                continue
            print(f"\n| {axis} | {' | '.join(f'{size:,}' for size in sizes)} | exponent | note |")
            print("|---" * (len(sizes) + 3) + "|")
            for row in rows:
                times = measured(row, chosen.longest)
                cells = [written(each) for each in times] + ["-"] * (len(sizes) - len(times))
                slope = exponent(sizes, times)
                note = row.note if slope > LINEAR and row.note else ("**more than linear**" if slope > LINEAR else "")
                print(f"| {row.name} | {' | '.join(cells)} | {slope:.2f} | {note} |", flush=True)


if __name__ == "__main__":
    main()
