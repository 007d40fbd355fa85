"""Sweeps of pictures: which pictures to start from, and what a knob makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latune.attributes import Attribute
from latune.control.editor import Editor
from latune.control.inference import Items
from latune.control.knobs import Knob
from latune.control.traverse import traverse
from latune.data.dataset import Dataset
from latune.figures.pictures import Strip
from latune.figures.pixels import Pixels, as_pixels
from latune.report.media import Subject
from latune.report.sweeps import Setting, Sweep, starts_in_split

__all__ = ["POSITIONS", "PictureSweep", "choose_pictures", "make_picture_sweeps", "one_of_each", "pixels_of"]

POSITIONS = 10  # of a sweep, as published
_CODES = (-4.0, 4.0)  # as published
_SCALED_CODES = (0.0, 1.0)  # of a method whose codes are the attributes themselves, scaled
_CANDIDATES = 256  # test items that start items are chosen from
_MOST_CLASSES = 16  # that are shown one of each
_PAIRS = 10  # pictures that are shown beside what comes back, where there are no classes


@dataclass(frozen=True)
class PictureSweep(Sweep):
    """A sweep of a picture.

    Args:
        pixels: What came out, (P, H, W, C).
        original: The start picture, (H, W, C).
        title: What to call the start picture.
    """

    pixels: Pixels
    original: Pixels
    title: str

    @property
    def strip(self) -> Strip:
        """What the figures draw."""
        return Strip(self.pixels, self.requested, self.measured, self.own, by_code=self.way == "code")


def pixels_of(dataset: Dataset, items: Items) -> Pixels:
    """Pictures (..., C, H, W) as pixels (..., H, W, C)."""
    return as_pixels(items, dataset.codec.symbols - 1)


def choose_pictures(dataset: Dataset, editor: Editor, count: int, seed: int) -> tuple[list[int], bool]:
    """Draw start pictures from the test split at random.

    Pictures that do not occur in the training split come first; one at least has every attribute that a knob
    turns; where the data set has classes, the pictures are of different ones.

    Returns:
        Their numbers in the test split, and whether all of them are absent from the training split.
    """
    indices = dataset.split("test")
    order = np.random.default_rng(seed).permutation(len(indices))[:_CANDIDATES]
    is_new = ~dataset.occur_in(indices[order], "train")
    # A stable sort keeps the random order among equals.
    sorting = np.argsort(~is_new, kind="stable")
    order, is_new = order[sorting], is_new[sorting]
    values = editor.codec.measure(np.asarray(dataset.items[indices[order]]), editor.knobs.names)
    complete = np.flatnonzero(np.isfinite(values).all(axis=1))
    kinds = np.zeros(len(order)) if dataset.classes is None else np.asarray(dataset.classes)[indices[order]]
    chosen = [int(place) for place in complete[:1]]
    for is_other in (True, False):  # other classes first, then anything
        for place in range(len(order)):
            fits = not is_other or kinds[place] not in kinds[chosen]
            if len(chosen) < count and place not in chosen and fits:
                chosen.append(place)
    return sorted(int(number) for number in order[chosen]), bool(is_new[chosen].all())


def one_of_each(dataset: Dataset) -> tuple[NDArray[np.int64], list[str]]:
    """Indices of the first test picture of each class, or of ten from first to last where there are none; names."""
    indices = dataset.split("test")
    if dataset.classes is None:
        return indices[np.linspace(0, len(indices) - 1, min(_PAIRS, len(indices))).astype(int)], []
    classes, first = np.unique(np.asarray(dataset.classes)[indices], return_index=True)
    return indices[first[:_MOST_CLASSES]], [dataset.class_names[number] for number in classes[:_MOST_CLASSES]]


def make_picture_sweeps(subject: Subject, name: str, way: Setting) -> list[PictureSweep]:
    """Turn one knob for each start picture that has its attribute; for all of them where none has.

    Raises:
        DataError: The test split has no such item.
        InputError: There is no such knob.
    """
    dataset, editor = subject.dataset, subject.editor
    knob, column = editor.knobs[name], dataset.table.index(name)
    numbers = np.asarray(subject.items)
    starts = np.asarray(dataset.items[starts_in_split(dataset, subject.items)])
    known = np.isfinite(editor.codec.measure(starts, [name])[:, 0])
    if known.any():
        starts, numbers = starts[known], numbers[known]
    if way == "code":
        requested, items = _by_code(subject, starts, name)
        measured = editor.codec.measure(items.reshape(-1, *items.shape[2:]), [name]).reshape(requested.shape)
        own: list[int | None] = [None] * len(starts)
    else:
        seed = subject.run.recipe.seed
        positions = _positions(knob, dataset.table[name])
        traversal = traverse(editor, starts, name, positions, way, seed)
        requested, items, measured = traversal.requested, traversal.items, traversal.values[:, :, column]
        own = list(traversal.own.tolist())
    originals, pictures = pixels_of(dataset, starts), pixels_of(dataset, items)
    limits, titles = (knob.low, knob.high), [_title(dataset, number) for number in numbers]
    return [
        PictureSweep(
            name,
            knob.unit,
            int(number),
            way,
            requested[row],
            measured[row],
            own[row],
            limits,
            pictures[row],
            originals[row],
            titles[row],
        )
        for row, number in enumerate(numbers)
    ]


def _positions(knob: Knob, attribute: Attribute) -> int | list[float]:
    """How many values are asked for, or which: between kinds, such as a square and an ellipse, there is nothing."""
    kinds = np.arange(np.ceil(knob.low), np.floor(knob.high) + 1)
    return kinds.tolist() if attribute.kind == "categorical" and 2 <= len(kinds) <= POSITIONS else POSITIONS


def _by_code(subject: Subject, starts: Items, name: str) -> tuple[NDArray[np.float64], Items]:
    """Codes (N, P) that one knob is set to while it moves alone, and what comes out (N, P, ...)."""
    editor = subject.editor
    ends = _SCALED_CODES if subject.run.recipe.method.name == "fader" else _CODES
    positions = np.linspace(*ends, POSITIONS)
    own = editor.encode(starts)
    codes = np.stack([editor.knobs.move(own, {name: place}, movement="alone") for place in positions], axis=1)
    return np.tile(positions, (len(own), 1)), editor.decode(codes)


def _title(dataset: Dataset, number: int) -> str:
    title = f"test picture {number}"
    if dataset.classes is None:
        return title
    return f"{title} (class {dataset.class_names[dataset.classes[dataset.split('test')[number]]]})"
