"""Handwritten digits in "plain" form with six measures of their strokes.

MNIST where its files are given or may be downloaded; else the 1,797 small digits that scikit-learn ships, enlarged to
MNIST's format, which need no network and are no substitute in a comparison with published numbers.

Source: Castro et al. 2019 (arXiv 1809.10780) for the "plain" form and the measures; LeCun, Cortes, Burges for MNIST;
Alpaydin and Kaynak, UCI "Optical Recognition of Handwritten Digits", for the embedded digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.data.dataset import Dataset
from latune.data.fetch import fetch_mnist
from latune.data.picture_codec import PictureCodec
from latune.data.preparation import Preparation
from latune.data.splits import count_overlap, groups_by_split, stratified
from latune.errors import InputError
from latune.images.idx import read_idx_images, read_idx_labels
from latune.images.morphology import DIGIT_ATTRIBUTES, measure_morphology, plain

__all__ = ["RawDigits", "embedded_digits", "prepare_digits", "read_digits", "read_mnist"]

SIZE = 28  # pixels a side
BOX = 20  # pixels a side that a digit may fill, in MNIST and here
VALIDATION = 1 / 30  # of the training file
EMBEDDED_SPLITS = {"train": 0.70, "validation": 0.10, "test": 0.20}
DIGITS = 10

Splits = dict[str, NDArray[np.int64]]


@dataclass(frozen=True)
class RawDigits:
    """Digits as they were read.

    Args:
        images: Shape (N, 28, 28), uint8, bright on dark.
        labels: Which digit, (N,).
        splits: Indices by name.
        description: Source, licence, and remarks for people.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int16]
    splits: Splits
    description: dict[str, Any]


def prepare_digits(preparation: Preparation) -> Dataset:
    """Build the data set: MNIST from `source` or by `download`, else the embedded digits.

    Raises:
        InputError: A file of the source is missing or damaged.
        DataError: The download failed.
        MissingExtraError: numba, or pooch where it is needed, is not installed.
    """
    return _measured(read_digits(preparation), preparation)


def read_digits(preparation: Preparation) -> RawDigits:
    """Read MNIST from `source` or by `download`, else the embedded digits.

    Raises:
        InputError: A file of the source is missing or damaged.
        DataError: The download failed.
        MissingExtraError: pooch is needed and not installed.
    """
    if preparation.source is not None and preparation.download:
        raise InputError("--source and --download exclude each other: choose one.")
    if preparation.source is not None:
        return read_mnist(preparation.source)
    if preparation.download:
        return read_mnist(fetch_mnist(preparation.report))
    return embedded_digits()


def _measured(raw: RawDigits, preparation: Preparation) -> Dataset:
    images = plain(raw.images, preparation.workers)
    values = measure_morphology(images, workers=preparation.workers, report=preparation.report)
    items = images[:, None]
    return Dataset(
        "digits",
        items,
        values.astype(np.float32),
        np.arange(len(items), dtype=np.int32),
        raw.splits,
        PictureCodec((1, SIZE, SIZE), 255, "morphology", DIGIT_ATTRIBUTES),
        {**raw.description, "rejected": [], "overlap": count_overlap(items, raw.splits)},
        raw.labels,
    )


def read_mnist(folder: Path, seed: int = 0) -> RawDigits:
    """Read MNIST: 58,000 of the training file to train, 2,000 to validate, the test file to test.

    Args:
        folder: With the four IDX files, gzipped or not.
        seed: Seed of the split of the training file.

    Raises:
        InputError: A file is missing or damaged, or pictures and labels do not fit.
    """
    parts = [_read_part(folder, part) for part in ("train", "t10k")]
    images, labels = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    training = len(parts[0][0])
    splits = dict(groups_by_split(training, {"train": 1 - VALIDATION, "validation": VALIDATION}, seed))
    splits["test"] = np.arange(training, len(images))
    description = {
        "source": "MNIST (LeCun, Cortes, Burges), the four IDX files, in plain form",
        "licence": "commonly given as CC BY-SA 3.0; read on the user's machine, not shipped",
        "remarks": [],
    }
    return RawDigits(images, labels.astype(np.int16), splits, description)


def _read_part(folder: Path, part: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Pictures and labels of the training ("train") or test ("t10k") files."""
    images_file, labels_file = _find(folder, f"{part}-images", 3), _find(folder, f"{part}-labels", 1)
    images, labels = read_idx_images(images_file), read_idx_labels(labels_file)
    if images.shape[1:] != (SIZE, SIZE):
        raise InputError(f"{images_file}: expected pictures of {SIZE}x{SIZE}, got {images.shape[1]}x{images.shape[2]}.")
    if len(labels) != len(images):
        raise InputError(f"{labels_file}: expected {len(images)} labels, one per picture, got {len(labels)}.")
    if labels.max() >= DIGITS:
        raise InputError(f"{labels_file}: expected labels from 0 to {DIGITS - 1}, got {labels.max()}.")
    return images, labels


def _find(folder: Path, stem: str, dimensions: int) -> Path:
    names = [f"{stem}{dot}idx{dimensions}-ubyte{end}" for dot in "-." for end in (".gz", "")]
    found = [folder / name for name in names if (folder / name).is_file()]
    if not found:
        raise InputError(f"{folder}: expected a folder with {names[0]} or {names[1]}, found neither.")
    return found[0]


def embedded_digits(seed: int = 0) -> RawDigits:
    """The 1,797 digits of 8x8 pixels that scikit-learn ships, enlarged to 20x20 in the middle of 28x28 as in MNIST.

    Args:
        seed: Seed of the split, which keeps the share of every digit.
    """
    from sklearn.datasets import load_digits

    content = load_digits()
    labels = content.target.astype(np.int16)
    description = {
        "source": f"scikit-learn {version('scikit-learn')}: its 1,797 packaged 8x8 digits, enlarged to 28x28, in plain"
        " form; not MNIST",
        "licence": "CC BY 4.0 (UCI Optical Recognition of Handwritten Digits)",
        "remarks": [
            "This is the small embedded set (scikit-learn's 1,797 digits of 8x8 pixels, enlarged), not MNIST.",
            "For MNIST: latune data prepare digits --again --download, or --source FOLDER with its four IDX files.",
        ],
    }
    return RawDigits(_enlarged(content.images), labels, stratified(labels, EMBEDDED_SPLITS, seed), description)


def _enlarged(images: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Pictures (N, 8, 8) of 0 to 16 as (N, 28, 28) of 0 to 255, by cubic interpolation."""
    from PIL import Image

    grey = np.round(images * (255 / 16)).astype(np.uint8)
    large = [np.asarray(Image.fromarray(one).resize((BOX, BOX), Image.Resampling.BICUBIC)) for one in grey]
    margin = (SIZE - BOX) // 2
    return np.pad(np.stack(large), ((0, 0), (margin, margin), (margin, margin)))
