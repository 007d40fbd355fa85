"""Handwritten symbols: the digits and the signs plus, minus and times, 45x45.

The symbol pictures that come with the handwritten formulas (HWF) where their folder is given. Else the digits of the
data set `digits` brought to that size beside drawn signs whose strokes are as thick; these are no substitute in a
comparison with published numbers.

Source: Li et al. 2020, "Closed loop neural-symbolic learning via integrating neural perception, grammar parsing, and
symbolic reasoning" (ICML) for the pictures and their classes; Valenti and Bacciu 2022 (arXiv 2205.10056) for the 13
classes and the rule that a file's name begins with its class.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.attributes import AttributeTable
from latune.data.dataset import Dataset
from latune.data.digits import DIGITS, RawDigits, read_digits
from latune.data.picture_codec import PictureCodec
from latune.data.preparation import Preparation, Report
from latune.data.splits import count_overlap, stratified
from latune.errors import DataError, InputError
from latune.images.morphology import DIGIT_ATTRIBUTES, measure_morphology, plain
from latune.images.reading import FolderReading, picture_files, read_folder
from latune.images.resizing import bright_on_dark, fit
from latune.images.symbols import OPERATORS, SIZE, draw_symbols

__all__ = ["CLASS_NAMES", "FOLDER", "SYMBOL_ATTRIBUTES", "prepare_symbols"]

CLASS_NAMES = (*"0123456789", *OPERATORS)
"""The classes by number, called as the published folders are."""

FOLDER = "Handwritten_Math_Symbols"  # of the published pictures
FRACTIONS = {"train": 0.8, "validation": 0.1, "test": 0.1}
FEWEST = 10  # pictures of a class, so that each split has one

# A tilted minus leans by almost a right angle to either side: slant says nothing of it.
SYMBOL_ATTRIBUTES = AttributeTable(
    [
        replace(DIGIT_ATTRIBUTES[name], high=high, description=description)
        for name, high, description in (
            ("area", 900.0, "How much of the picture the strokes cover."),
            ("length", 160.0, "How long the strokes are, along their middle."),
            ("thickness", 24.0, "How thick the strokes are, on average along their middle."),
            ("width", 45.0, "How wide the symbol is once it is set upright."),
            ("height", 45.0, "How high the symbol is."),
        )
    ]
)
"""Five measures of strokes, in the same units as those of digits, with the ranges that 45x45 pixels leave."""

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class _Symbols:
    """Symbols as they were read or drawn.

    Args:
        images: Shape (N, 45, 45), bright on dark.
        classes: Numbers of their classes (N,).
        description: Source, licence, remarks and rejected files.
    """

    images: Bytes
    classes: NDArray[np.int16]
    description: dict[str, Any]


def prepare_symbols(preparation: Preparation, seed: int = 0) -> Dataset:
    """Build the data set: the published pictures from `source`, else digits (as for `digits`) and drawn signs.

    Every picture is a group of its own. Classes keep the share that they have; a batch of equal shares is a matter of
    drawing it.

    Args:
        preparation: Its source is the folder of the published pictures, or one with the four files of MNIST.
        seed: Of splits and drawn signs.

    Raises:
        InputError: A folder or file of the source is missing or damaged, or the pictures are bright on dark.
        DataError: A class has fewer than 10 pictures, or the download failed.
        MissingExtraError: numba, or pooch where it is needed, is not installed.
    """
    published = None if preparation.download else _published_folder(preparation.source)
    symbols = _drawn(preparation, seed) if published is None else _read(published, preparation.report)
    items = symbols.images[:, None]
    names = SYMBOL_ATTRIBUTES.names
    values = measure_morphology(symbols.images, names, preparation.workers, preparation.report)
    splits = stratified(symbols.classes, FRACTIONS, seed)
    return Dataset(
        "symbols",
        items,
        values.astype(np.float32),
        np.arange(len(items), dtype=np.int32),
        splits,
        PictureCodec((1, SIZE, SIZE), 255, "morphology", SYMBOL_ATTRIBUTES),
        {**symbols.description, "class_names": list(CLASS_NAMES), "overlap": count_overlap(items, splits)},
        symbols.classes,
    )


def _published_folder(source: Path | None) -> Path | None:
    """The folder of classes in the source, or None where the source has none."""
    if source is None:
        return None
    for folder in (source / FOLDER, source):
        if any((folder / name).is_dir() for name in CLASS_NAMES):
            return folder
    if not any(source.glob("*ubyte*")):
        raise InputError(f"{source}: expected a folder with {FOLDER}, or with the four IDX files of MNIST.")
    return None


def _read(folder: Path, report: Report | None) -> _Symbols:
    """The published pictures, inverted: their ink is dark."""
    readings = []
    for done, name in enumerate(CLASS_NAMES):
        readings.append(_read_class(folder / name))
        if report is not None:
            report(done + 1, len(CLASS_NAMES))
    others = sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name not in CLASS_NAMES)
    remarks = [f"The folder '{other}' is none of the {len(CLASS_NAMES)} classes: left out." for other in others]
    resized = sum(reading.resized for reading in readings)
    if resized:
        remarks.append(f"{resized} pictures had another size and were brought to {SIZE}x{SIZE}.")
    description = {
        "source": f"{folder}: the symbol pictures of the handwritten formulas (HWF), inverted",
        "licence": "none stated by the source; read on the user's machine, not shipped",
        "remarks": remarks,
        "rejected": [row for reading in readings for row in reading.rejected],
    }
    images = np.concatenate([reading.images for reading in readings])
    classes = np.repeat(np.arange(len(readings), dtype=np.int16), [len(reading.images) for reading in readings])
    return _Symbols(_inverted(images, folder)[:, 0], classes, description)


def _read_class(folder: Path) -> FolderReading:
    """The pictures whose names begin with their folder's; rejected ones are named with it."""
    name, present = folder.name, picture_files(folder)
    reading = read_folder(folder, [file for file in present if file.startswith(name)], SIZE, SIZE)
    if len(reading.images) < FEWEST:
        raise DataError(
            f"{folder}: expected at least {FEWEST} pictures whose names begin with '{name}', got {len(reading.images)}."
        )
    damaged = [(row["name"], row["reason"]) for row in reading.rejected]
    others = [(file, f"Its name does not begin with '{name}'.") for file in present if not file.startswith(name)]
    rejected = tuple({"name": f"{name}/{file}", "reason": reason} for file, reason in damaged + others)
    return replace(reading, rejected=rejected)


def _inverted(images: Bytes, folder: Path) -> Bytes:
    if bright_on_dark(images)[1].mean() < 0.5:
        raise InputError(f"{folder}: expected dark ink on a bright ground, got mostly pictures of a dark ground.")
    return 255 - images


def _drawn(preparation: Preparation, seed: int) -> _Symbols:
    """Digits at this size, and as many of each sign as there are of a digit on average, their strokes as thick."""
    digits = read_digits(preparation)
    images = plain(np.concatenate([fit(image[None], SIZE, SIZE) for image in digits.images]), preparation.workers)
    count = len(images) // DIGITS
    generator = np.random.default_rng(seed)
    parts, classes = [images], [digits.labels]
    for name in OPERATORS:
        models = images[generator.choice(len(images), count)]
        thickness = measure_morphology(models, ["thickness"], preparation.workers)[:, 0]
        parts.append(plain(draw_symbols(name, count, seed, thickness), preparation.workers))
        classes.append(np.full(count, CLASS_NAMES.index(name), np.int16))
    return _Symbols(np.concatenate(parts), np.concatenate(classes), _described(digits))


def _described(digits: RawDigits) -> dict[str, Any]:
    told = digits.description
    return {
        "source": f"digits at {SIZE}x{SIZE} ({told['source']}) and signs {' '.join(OPERATORS)} drawn by latune",
        "licence": f"digits: {told['licence']}; signs: that of latune",
        "remarks": [
            "These are enlarged digits and drawn signs, not the published symbols.",
            f"For those: latune data prepare symbols --again --source FOLDER with {FOLDER}; for the digits of MNIST:"
            " --download, or --source FOLDER with its four IDX files.",
        ],
        "rejected": [],
    }
