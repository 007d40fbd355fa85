"""Morphology of digits: our compiled kernels against the same definition written with scikit-image.

    python benchmarks/morphology.py [DIGITS]

Both run on one core and alternate in one run; the baseline measures the first 100 digits only. Prints milliseconds per
digit and core, the ratio, and the largest difference. Digits are MNIST's where they are beside the repository,
otherwise scikit-learn's, enlarged. The published Morpho-MNIST code takes about 24 ms a digit and core.
"""

import gzip
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # a core each: the baseline may call threaded libraries

import numpy as np
from skimage.morphology import medial_axis
from skimage.transform import pyramid_expand, pyramid_reduce
from sklearn.datasets import load_digits

from latune.images.morphology import MORPHOLOGY_NAMES, measure_morphology, plain
from timing import alternate

MNIST = Path(__file__).resolve().parents[2] / "shared" / "data" / "mnist" / "train-images-idx3-ubyte.gz"
DIGITS = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
BASELINE_DIGITS = 100
PUBLISHED = 24.0  # ms per digit and core


def digits() -> tuple[str, np.ndarray]:
    """Where the digits are from, and raw digits (N, 28, 28)."""
    if MNIST.exists():
        with gzip.open(MNIST) as file:
            pixels = np.frombuffer(file.read(16 + DIGITS * 28 * 28), np.uint8, offset=16)
        return "MNIST", pixels.reshape(-1, 28, 28)
    small = load_digits().images[:DIGITS]  # 8 x 8, 0 to 16
    large = np.repeat(np.repeat(small, 3, axis=1), 3, axis=2) * 15
    return "scikit-learn", np.pad(large, ((0, 0), (2, 2), (2, 2))).astype(np.uint8)


def large_and_bright(digit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    large = (pyramid_expand(digit, 4, sigma=8 / 6, order=3) * 255).astype(np.uint8)
    low, high = int(large.min()), int(large.max())
    return large, large >= low + (high - low) / 2


def baseline_plain(raw: np.ndarray) -> np.ndarray:
    reduced = [pyramid_reduce(large_and_bright(digit)[1].astype(float), 4, sigma=8 / 6, order=3) for digit in raw]
    return (np.array(reduced) * 255).astype(np.uint8)


def baseline(pictures: np.ndarray) -> np.ndarray:
    """The six measures, digit by digit."""
    values = []
    for digit in pictures:
        large, bright = large_and_bright(digit)
        lines, distance = medial_axis(bright, return_distance=True, rng=42)
        straight = (lines[:, :-1] & lines[:, 1:]).sum() + (lines[:-1] & lines[1:]).sum()
        diagonal = (lines[:-1, :-1] & lines[1:, 1:]).sum() + (lines[:-1, 1:] & lines[1:, :-1]).sum()
        mass = large / large.sum()
        y, x = np.mgrid[: large.shape[0], : large.shape[1]]
        y = y - (mass * y).sum()
        lean = (mass * y * (x - (mass * x).sum())).sum() / (mass * y * y).sum()
        upright = x + 0.5 - lean * y
        across = [mass[upright < t].sum() for t in range(large.shape[1])]
        down = np.concatenate([[0], np.cumsum(mass.sum(axis=1))[:-1]])
        left, right = np.interp([0.01, 0.99], across, np.arange(len(across)))
        top, bottom = np.interp([0.01, 0.99], down, np.arange(len(down)))
        length = (straight + np.sqrt(2) * diagonal) / 4
        thickness = 2 * distance[lines].mean() / 4
        values.append([bright.sum() / 16, length, thickness, np.arctan(-lean), (right - left) / 4, (bottom - top) / 4])
    return np.array(values)


def main() -> None:
    source, raw = digits()
    pictures = plain(raw)
    few = pictures[:BASELINE_DIGITS]
    difference = np.abs(measure_morphology(few) - baseline(few)).max()
    unequal = int((plain(raw[:BASELINE_DIGITS]) != baseline_plain(raw[:BASELINE_DIGITS])).sum())
    seconds = alternate(
        {
            "all, scikit-image": lambda: baseline(few),
            "all six": lambda: measure_morphology(pictures),
            "all six, 2 threads": lambda: measure_morphology(pictures, workers=2),
            "slant, width, height": lambda: measure_morphology(pictures, ["slant", "width", "height"]),
            "area": lambda: measure_morphology(pictures, ["area"]),
            "length, thickness": lambda: measure_morphology(pictures, ["length", "thickness"]),
            "plain, scikit-image": lambda: baseline_plain(raw[:BASELINE_DIGITS]),
            "plain": lambda: plain(raw),
        },
        repetitions=9,
    )
    print(f"{len(pictures)} digits of {source}; baseline on {len(few)}")
    print(f"largest difference {difference:.1e} in {', '.join(MORPHOLOGY_NAMES)}; {unequal} pixels differ in plain")
    each = {
        name: value * 1e3 / (len(few) if "scikit-image" in name else len(pictures)) for name, value in seconds.items()
    }
    for name, value in each.items():
        slow = each["plain, scikit-image" if name.startswith("plain") else "all, scikit-image"]
        print(f"{name:22s}{value:9.4f} ms a digit   ratio to scikit-image {slow / value:6.0f}x")
    print(f"the published code, elsewhere: {PUBLISHED:.0f} ms a digit, {PUBLISHED / each['all six']:.0f}x")


if __name__ == "__main__":
    main()
