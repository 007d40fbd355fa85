"""Editing pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latune.control.editor import Editor, Way
from latune.control.requests import Answer, answers, check_names, refuse_unreachable, remarks_on_range
from latune.data.picture_codec import PictureCodec
from latune.errors import InputError
from latune.images.morphology import plain
from latune.images.resizing import bright_on_dark, fit

__all__ = ["PictureEdit", "edit_pictures", "items_from_pictures", "pictures_from_items"]

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class PictureEdit:
    """Edited pictures and what was measured of them.

    Args:
        images: The result, 0 to 255, (N, C, H, W).
        before: Attributes of the pictures before, (N, A); not a number where a picture lacks one.
        after: Attributes after, (N, A).
        answers: What became of each request.
        remarks: Sentences about what was changed on the way.
    """

    images: Bytes
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    answers: tuple[Answer, ...]
    remarks: tuple[str, ...]


def edit_pictures(
    editor: Editor,
    images: Bytes,
    targets: Mapping[str, float],
    *,
    held: Sequence[str] = (),
    way: Way = "path",
    nearest: bool = False,
    seed: int = 0,
) -> PictureEdit:
    """Turn knobs in pictures.

    Args:
        editor: A run that was trained on pictures.
        images: Shape (N, C, H, W) of any size, 0 to 255, with the run's number of channels.
        targets: Wanted value per attribute, in its unit.
        held: Attributes that keep their value.
        way: How the request is met, see `latune.control.editor.Way`.
        nearest: Take what comes closest where a request cannot be met.
        seed: Seed of the search of "exact".

    Raises:
        InputError: A name is unknown, the run cannot measure pictures or has other channels, or a request cannot be
            met.
    """
    check_names(editor, targets, held, way)
    codec = editor.codec
    if not isinstance(codec, PictureCodec):
        raise InputError("This run was not trained on pictures: it cannot edit them.")
    if not codec.measurable:
        raise InputError("This run cannot measure decoded pictures: train it anew, so that it learns to read them.")
    if images.ndim != 4 or images.shape[1] != codec.item_shape[0]:
        raise InputError(f"Expected pictures of shape (N, {codec.item_shape[0]}, H, W), got {images.shape}.")
    items, remarks = items_from_pictures(images, codec)
    edit, before = editor.turn_by(way, items, targets, held, seed), codec.measure(items)
    answered = answers(codec.table.names, before, edit.values, targets, held)
    if not nearest:
        refuse_unreachable(editor, answered, way)
    remarks += remarks_on_range(editor, targets, way)
    pictures = pictures_from_items(edit.items, codec)
    return PictureEdit(pictures, before, edit.values, tuple(answered), tuple(remarks))


def items_from_pictures(images: Bytes, codec: PictureCodec) -> tuple[Bytes, list[str]]:
    """Bring pictures to the form that a run knows, and say what was done to them.

    They get the run's size; where strokes or sprites are measured they become bright on dark; digits become "plain",
    and pictures of two values are cut at half brightness.

    Args:
        images: Shape (N, C, H, W), 0 to 255, with the codec's number of channels.
        codec: What the run's items are.

    Returns:
        Items (N, C, H', W') of 0 to `codec.levels`, and remarks.
    """
    height, width = codec.item_shape[1:]
    remarks = []
    if images.shape[2:] != (height, width):
        remarks.append(f"Brought from {images.shape[2]}x{images.shape[3]} to {height}x{width} pixels for the model.")
        images = np.stack([fit(image, height, width) for image in images])
    if codec.binary or codec.measurement == "morphology":
        images, inverted = bright_on_dark(images)
        if inverted.any():
            remarks.append(f"{int(inverted.sum())} of {len(images)} inverted: expected bright on dark.")
    if codec.measurement == "morphology":
        images = plain(images[:, 0])[:, None]
    if codec.binary:
        images = (images > 127).astype(np.uint8)
    return images, remarks


def pictures_from_items(items: NDArray[np.uint8], codec: PictureCodec) -> Bytes:
    """Items of 0 to `codec.levels` as pictures of 0 to 255."""
    return items * np.uint8(255) if codec.binary else items
