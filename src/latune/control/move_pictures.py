"""Moving pictures: what the moves of a run make of them, one move after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latune.control.inference import Codes
from latune.control.moves import Mover, Places
from latune.control.pictures import items_from_pictures, pictures_from_items
from latune.data.picture_codec import PictureCodec
from latune.errors import InputError
from latune.images.sheets import enlarge, sheet, write_gif
from latune.images.strips import grid
from latune.images.writing import WRITABLE, write_pictures

__all__ = ["OUTSIDE", "MovedPictures", "check_moved_writable", "move_pictures", "write_moved"]

OUTSIDE = 0.001  # share of a region's own codes that count as lying outside of it
_ANIMATION = ".gif"
_WIDE_ENOUGH, _WIDEST = 80, 1024  # pixels: of a picture of an animation at least, of a row of them at most
_FRAME_MILLISECONDS = 700

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class MovedPictures:
    """N pictures before and after each of M moves.

    Args:
        moves: Names of the moves.
        images: The pictures as the model rebuilds them, and after each move, 0 to 255, (M + 1, N, C, H, W).
        before: Region that each picture is nearest to, (N,).
        inside: Whether it lies in that region, (N,).
        wanted: Region that the moves lead to from there, (M, N).
        reached: Region that each decoded picture is nearest to when it is encoded again, (M, N).
        remarks: Sentences about what was changed on the way, and what to doubt.
    """

    moves: tuple[str, ...]
    images: Bytes
    before: Places
    inside: NDArray[np.bool_]
    wanted: Places
    reached: Places
    remarks: tuple[str, ...]


def move_pictures(
    mover: Mover,
    codec: PictureCodec,
    images: Bytes,
    moves: Sequence[str],
    operands: Sequence[Bytes] = (),
    operators: Sequence[Bytes] = (),
) -> MovedPictures:
    """Apply moves in turn to pictures.

    Each move starts from the code that the one before it has reached, not from the code of its picture.

    Args:
        mover: A run with moves.
        codec: What its items are.
        images: Shape (N, C, H, W) of the run's size, 0 to 255.
        moves: Names of one move or more, in order.
        operands: Of binary moves the right operands, for each move one picture (1, C, H, W) or N.
        operators: Of binary moves the symbols, in the same way; default: the middles of their regions.

    Raises:
        InputError: There is no such move, pictures have another size, or operands are missing or too many.
    """
    numbers = [mover.index(name) for name in moves]
    _check_counts(mover, len(moves), len(operands), len(operators))
    own = _read(mover, codec, images, len(images), "pictures")
    rights = [_read(mover, codec, shown, len(images), "operands") for shown in operands]
    symbols = [_read(mover, codec, shown, len(images), "operators") for shown in operators]
    codes, wanted = [own.codes], [own.places]
    for step, number in enumerate(numbers):
        each = np.full(len(images), number)
        right = rights[step] if rights else None
        symbol = symbols[step].codes if symbols else None
        codes.append(mover.move(codes[-1], each, right.codes if right else None, symbol))
        wanted.append(mover.targets(each, wanted[-1], right.places if right else None))
    items = mover.decode(np.stack(codes))
    reached = np.stack([mover.places(mover.encode(moved)) for moved in items[1:]])
    remarks = [remark for read in (own, *rights, *symbols) for remark in read.remarks]
    remarks += [remark for read in (own, *rights) for remark in _outside(read)]
    remarks += [remark for read in (own, *rights) for remark in _no_operands(mover, read)]
    remarks += [
        remark for read, number in zip(symbols, numbers, strict=False) for remark in _unlike(mover, read, number)
    ]
    shown = pictures_from_items(items.reshape(-1, *items.shape[2:]), codec).reshape(items.shape)
    told = tuple(dict.fromkeys(remarks))
    return MovedPictures(tuple(moves), shown, own.places, own.inside, np.stack(wanted[1:]), reached, told)


def check_moved_writable(path: Path, count: int) -> None:
    """Check, before any work, that a file of this name can hold so many moved pictures.

    Raises:
        InputError: Its name ends in something else, or it is PNG and there are several.
    """
    if path.suffix.lower() not in (*WRITABLE, _ANIMATION):
        raise InputError(f"{path}: expected a name that ends in {', '.join((*WRITABLE, _ANIMATION))}.")
    if path.suffix.lower() == ".png" and count != 1:
        raise InputError(f"{path}: expected a name that ends in .npz or .gif for {count} pictures.")


def write_moved(path: Path, moved: MovedPictures) -> None:
    """Write the pictures after the last move (PNG or npz), or all pictures side by side, move by move (GIF).

    Raises:
        InputError: The file cannot be written, or its name does not fit (`check_moved_writable`).
    """
    check_moved_writable(path, moved.images.shape[1])
    if path.suffix.lower() != _ANIMATION:
        write_pictures(path, moved.images[-1])
        return
    sheets = np.stack([grid(pictures) for pictures in moved.images])  # (M + 1, rows, columns, C, H, W)
    columns, width = sheets.shape[2], sheets.shape[-1]
    times = min(-(-_WIDE_ENOUGH // width), max(1, _WIDEST // (columns * width)))
    write_gif(path, [sheet(enlarge(pictures, times)) for pictures in sheets], _FRAME_MILLISECONDS)


@dataclass(frozen=True)
class _Read:
    """Pictures as moves read them: codes (N, D), nearest regions (N,), whether they lie there (N,); and remarks."""

    what: str
    codes: Codes
    places: Places
    inside: NDArray[np.bool_]
    remarks: list[str]


def _read(mover: Mover, codec: PictureCodec, images: Bytes, count: int, what: str) -> _Read:
    """Encode N = `count` pictures, or one that stands for all."""
    if images.ndim != 4 or images.shape[1:] != codec.item_shape:
        channels, height, width = codec.item_shape
        size = "x".join(map(str, images.shape[2:]))
        raise InputError(f"The {what} are {size}: expected {channels} channel(s) of {height}x{width} pixels.")
    if len(images) not in (1, count):
        raise InputError(f"{len(images)} {what}: expected one picture, or {count} as in the input.")
    items, remarks = items_from_pictures(images, codec)
    codes = np.repeat(mover.encode(items), count // len(images), axis=0)
    as_operands = what != "operators"  # which may lie in any region
    inside = mover.places(codes, OUTSIDE, as_operands) >= 0
    return _Read(what, codes, mover.places(codes, entities=as_operands), inside, remarks)


def _check_counts(mover: Mover, moves: int, operands: int, operators: int) -> None:
    if not moves:
        raise InputError("Expected at least one move.")
    if not mover.binary and (operands or operators):
        raise InputError("The moves of this run have one operand, the input: leave out other operands and operators.")
    if mover.binary and operands != moves:
        raise InputError(f"Each move of this run needs a right operand: expected {moves}, got {operands}.")
    if operators not in (0, moves):
        raise InputError(f"Expected an operator for each of {moves} moves, or none; got {operators}.")


def _outside(read: _Read) -> list[str]:
    count = int((~read.inside).sum())
    if not count:
        return []
    return [f"{count} of {len(read.inside)} {read.what} lie in no region: moved as if they lay in the nearest one."]


def _no_operands(mover: Mover, read: _Read) -> list[str]:
    """What to say of pictures that look like something that no move starts from, such as a sign."""
    nearest = mover.places(read.codes)
    others = nearest >= mover.regions.entities
    if not others.any():
        return []
    names = ", ".join(f"'{mover.regions.names[place]}'" for place in np.unique(nearest[others]))
    return [f"{int(others.sum())} of {len(nearest)} {read.what} are read as {names}, which no move starts from."]


def _unlike(mover: Mover, read: _Read, number: int) -> list[str]:
    """What to say of pictures of an operator that look like something else."""
    relation, names = mover.regions.relations[number], mover.regions.names
    assert relation.operator is not None
    count = int((read.places != relation.operator).sum())
    if not count:
        return []
    sign = names[relation.operator]
    return [f"{count} of {len(read.places)} operators of {relation.name} are not read as '{sign}'."]
