"""Interpolation: items between two others, decoded from codes between theirs.

Both ways go from the mean of q(z|x) of the one item to that of the other. "linear" is a straight line, which changes a
knob evenly. "spherical" turns around the origin and changes the length of the code evenly, so that codes on the way are
as far from the origin as those of items are (White 2016, Sampling Generative Networks); it suits models whose codes are
close to the prior.

Tunes are interpolated measure by measure, the shorter one repeated; the result is one version of the tune after the
other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from latune.control.editor import Editor
from latune.control.inference import Codes, Items
from latune.control.pictures import items_from_pictures, pictures_from_items
from latune.control.tunes import fit_pitches
from latune.control.versions import tune_of_versions
from latune.data.measure_codec import MeasureCodec
from latune.data.picture_codec import PictureCodec
from latune.errors import InputError
from latune.music.measure import is_note, transposed
from latune.music.score import read_measures
from latune.music.tune import Tune

__all__ = [
    "FEWEST_STEPS",
    "MOST_STEPS",
    "Interpolation",
    "PictureInterpolation",
    "TuneInterpolation",
    "Way",
    "interpolate",
    "interpolate_codes",
    "interpolate_pictures",
    "interpolate_tunes",
]

Way = Literal["linear", "spherical"]
Values = NDArray[np.float64]

FEWEST_STEPS, MOST_STEPS = 2, 1000
_SMALLEST_ANGLE = 1e-4  # radians; below it an arc is a straight line


@dataclass(frozen=True)
class Interpolation:
    """S steps between N pairs of items; the first and the last step are the items as the model decodes them.

    Args:
        shares: How far each step is on the way, from 0 to 1, (S,).
        items: Decoded items, (S, N, ...).
        values: All attributes measured on them, (S, N, A); not a number where an item lacks one.
        kept: Similarity of each to the two items that it lies between, 0 to 1, (S, N, 2).
    """

    shares: Values
    items: NDArray[np.uint8]
    values: Values
    kept: Values

    @property
    def mean_values(self) -> Values:
        """Mean of every attribute at each step over the items that have it, (S, A); not a number where none has."""
        having = np.isfinite(self.values)
        sums = np.where(having, self.values, 0.0).sum(axis=1)
        counts = having.sum(axis=1)
        means: Values = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
        return means


@dataclass(frozen=True)
class TuneInterpolation:
    """Versions of a tune between two others.

    Args:
        tune: All versions one after the other, each beginning with a measure of its own.
        steps: What was measured of the measures that have notes.
        remarks: Sentences about what was done on the way.
    """

    tune: Tune
    steps: Interpolation
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class PictureInterpolation:
    """Pictures between pairs of others.

    Args:
        images: A row per pair, 0 to 255, (N, S, C, H, W).
        steps: What was measured of them.
        remarks: Sentences about what was done on the way.
    """

    images: NDArray[np.uint8]
    steps: Interpolation
    remarks: tuple[str, ...]


def interpolate_codes(first: Codes, second: Codes, steps: int, way: Way = "linear") -> Codes:
    """Codes between others.

    Args:
        first: Shape (N, D).
        second: Shape (N, D).
        steps: How many, with both ends.
        way: "linear" or "spherical".

    Returns:
        Shape (steps, N, D), evenly spaced.

    Raises:
        InputError: The number of steps is out of range.
    """
    if not FEWEST_STEPS <= steps <= MOST_STEPS:
        raise InputError(f"The number of steps is {steps}: expected {FEWEST_STEPS} to {MOST_STEPS}.")
    shares = np.linspace(0, 1, steps)[:, None, None]
    if way == "linear":
        return ((1 - shares) * first + shares * second).astype(np.float32)
    lengths = [np.linalg.norm(codes, axis=1, keepdims=True) for codes in (first, second)]
    directions = [
        np.divide(c, n, out=np.zeros_like(c), where=n > 0) for c, n in zip((first, second), lengths, strict=True)
    ]
    cosine = (directions[0] * directions[1]).sum(axis=1, keepdims=True)
    angle = np.arccos(np.clip(cosine, -1, 1))
    is_arc = (angle > _SMALLEST_ANGLE) & (angle < np.pi - _SMALLEST_ANGLE)  # opposite codes have no arc between them
    sine = np.where(is_arc, np.sin(angle), 1.0)
    weights = [np.where(is_arc, np.sin(share * angle) / sine, share) for share in (1 - shares, shares)]
    length = (1 - shares) * lengths[0] + shares * lengths[1]
    return np.asarray(length * (weights[0] * directions[0] + weights[1] * directions[1]), np.float32)


def interpolate(editor: Editor, first: Items, second: Items, steps: int, way: Way = "linear") -> Interpolation:
    """Decode and measure items between others.

    Args:
        editor: A trained run.
        first: Items (N, ...).
        second: As many items.
        steps: How many, with both ends.
        way: "linear" or "spherical".

    Raises:
        InputError: The number of steps is out of range.
    """
    items = editor.decode(interpolate_codes(editor.encode(first), editor.encode(second), steps, way))
    flat = items.reshape(-1, *items.shape[2:])
    kept = [editor.codec.similarity(flat, np.concatenate([ends] * steps)) for ends in (first, second)]
    return Interpolation(
        np.linspace(0, 1, steps),
        items,
        editor.codec.measure(flat).reshape(*items.shape[:2], -1),
        np.stack(kept, axis=1).reshape(*items.shape[:2], 2),
    )


def interpolate_tunes(
    editor: Editor, first: Path | Tune, second: Path | Tune, steps: int, way: Way = "linear"
) -> TuneInterpolation:
    """Interpolate between two tunes as they are played, measure by measure.

    The shorter tune is repeated until it is as long as the other. Where both have no notes, none are made.

    Args:
        editor: A run that was trained on measures.
        first: MIDI, MusicXML or ABC file, or a tune that was read, whose tempo and key signature the result has.
        second: Another one.
        steps: Versions, with both ends.
        way: "linear" or "spherical".

    Raises:
        InputError: A file cannot be read, has no notes or spans too much, is in another metre than the run's measures,
            the run was not trained on measures, or the number of steps is out of range.
    """
    codec = editor.codec
    if not isinstance(codec, MeasureCodec):
        raise InputError("This run was not trained on single measures: it cannot interpolate between tunes.")
    sources = first, second
    given = zip(sources, ("The first tune", "The second tune"), strict=True)
    names = [name if isinstance(source, Tune) else source for source, name in given]
    fitted = (_fitted(each, name, codec) for each, name in zip(sources, names, strict=True))
    ticks, tunes, shifts = zip(*fitted, strict=True)
    lengths = [len(measures) for measures in ticks]
    pairs = [measures[np.arange(max(lengths)) % len(measures)] for measures in ticks]
    having = np.flatnonzero(is_note(np.stack(pairs)).any(axis=(0, 2)))
    items = [codec.vocabulary.tokens_from_ticks(measures[having]) for measures in pairs]
    result = interpolate(editor, items[0], items[1], steps, way)
    versions = np.stack([pairs[0]] * steps)
    versions[:, having] = codec.vocabulary.ticks_from_tokens(result.items)
    back = shifts[0] if shifts[0] == shifts[1] else 0
    title = f"{tunes[0].title} to {tunes[1].title}"
    tune = tune_of_versions(transposed(versions, -back), codec.metre, title, tunes[0].tempo, tunes[0].fifths)
    remarks = [f"{name}: {remark}" for name, one in zip(names, tunes, strict=True) for remark in one.remarks]
    remarks += _remarks_on_length(names, lengths, "measures") + _remarks_on_shifts(names, shifts)
    return TuneInterpolation(tune, result, tuple(remarks))


def _fitted(source: Path | Tune, name: Path | str, codec: MeasureCodec) -> tuple[NDArray[np.int16], Tune, int]:
    """Measures of a tune as they are played, in the run's range of pitches; the tune; by how much they were moved."""
    played, tune = (source.performed, source) if isinstance(source, Tune) else read_measures(source)
    if not tune.metre.has_grid_of(codec.metre):
        raise InputError(f"{name} is in {tune.metre.name}: this run was trained on {codec.metre.name}.")
    shift = fit_pitches(played, codec.vocabulary, name)
    return transposed(played, shift), tune, shift


def interpolate_pictures(
    editor: Editor, first: NDArray[np.uint8], second: NDArray[np.uint8], steps: int, way: Way = "linear"
) -> PictureInterpolation:
    """Interpolate between pictures, the first one of each array, the second ones, and so on; fewer ones are repeated.

    Args:
        editor: A run that was trained on pictures.
        first: Shape (N, C, H, W) of any size, 0 to 255, with the run's number of channels.
        second: Shape (M, C, H, W).
        steps: Pictures per pair, with both ends.
        way: "linear" or "spherical".

    Raises:
        InputError: The run was not trained on pictures or cannot measure them, the pictures have other channels, or the
            number of steps is out of range.
    """
    codec = editor.codec
    if not isinstance(codec, PictureCodec):
        raise InputError("This run was not trained on pictures: it cannot interpolate between them.")
    if not codec.measurable:
        raise InputError("This run cannot measure decoded pictures: train it anew, so that it learns to read them.")
    for images in (first, second):
        if images.ndim != 4 or images.shape[1] != codec.item_shape[0]:
            raise InputError(f"Expected pictures of shape (N, {codec.item_shape[0]}, H, W), got {images.shape}.")
    count = max(len(first), len(second))
    pairs, remarks = [], []
    for name, images in (("first", first), ("second", second)):
        items, said = items_from_pictures(images, codec)
        pairs.append(items[np.arange(count) % len(items)])
        remarks += [f"The {name} file: {remark}" for remark in said]
    remarks += _remarks_on_length(("The first file", "The second file"), (len(first), len(second)), "pictures")
    result = interpolate(editor, pairs[0], pairs[1], steps, way)
    images = pictures_from_items(np.swapaxes(result.items, 0, 1), codec)
    return PictureInterpolation(images, result, tuple(remarks))


def _remarks_on_length(names: Sequence[object], lengths: Sequence[int], what: str) -> list[str]:
    if lengths[0] == lengths[1]:
        return []
    shorter = int(lengths[1] < lengths[0])
    fewer, more = lengths[shorter], lengths[1 - shorter]
    return [f"{names[shorter]} has fewer {what} ({fewer}) than the other ({more}) and is repeated."]


def _remarks_on_shifts(names: Sequence[object], shifts: Sequence[int]) -> list[str]:
    if shifts[0] == shifts[1]:
        return [f"Both moved by {shifts[0]:+d} semitones for the model, and back in the result."] if shifts[0] else []
    moved = [f"{name} by {shift:+d} semitones" for name, shift in zip(names, shifts, strict=True) if shift]
    return [f"Moved for the model, and not back in the result: {' and '.join(moved)}."]
