"""`latune edit --move`: carry pictures from region to region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from latune.cli.output import console, errors, print_json, table

if TYPE_CHECKING:
    from latune.control.move_pictures import MovedPictures
    from latune.training.run_folder import Run

__all__ = ["MoveNames", "MoveRequest", "OperandFiles", "OperatorFiles", "edit_by_moves"]

COLOURS = 3  # channels

MoveNames = Annotated[
    list[str] | None,
    typer.Option(
        "--move", help="Instead of a knob: a move, of runs that have such; again for the next.", metavar="NAME"
    ),
]
OperandFiles = Annotated[
    list[Path] | None,
    typer.Option("--operand", help="Picture of the right operand, for each binary move.", metavar="FILE"),
]
OperatorFiles = Annotated[
    list[Path] | None,
    typer.Option("--operator", help="Picture of the operator, for each binary move; needed by none.", metavar="FILE"),
]


@dataclass(frozen=True)
class MoveRequest:
    """What is to be moved, how, and where to."""

    source: Path
    output: Path
    moves: Sequence[str]
    operands: Sequence[Path]
    operators: Sequence[Path]


def edit_by_moves(run: Run, request: MoveRequest, as_json: bool) -> None:
    """Move the pictures of a file, write what becomes of them, and print which regions they reach.

    Raises:
        InputError: A file does not fit, or there is no such move.
        RunError: The run has no moves.
    """
    from latune.control.move_pictures import check_moved_writable, move_pictures, write_moved
    from latune.control.moves import open_mover
    from latune.data.picture_codec import PictureCodec
    from latune.errors import RunError
    from latune.images.reading import read_pictures

    mover = open_mover(run)
    if not isinstance(run.codec, PictureCodec):
        raise RunError(f"{run.folder} was not trained on pictures: only these can be moved.")
    colour = run.codec.item_shape[0] == COLOURS
    images = read_pictures(request.source, colour)
    check_moved_writable(request.output, len(images))
    operands, operators = (
        [read_pictures(path, colour) for path in paths] for paths in (request.operands, request.operators)
    )
    moved = move_pictures(mover, run.codec, images, request.moves, operands, operators)
    write_moved(request.output, moved)
    names = mover.regions.names
    if as_json:
        told = {"output": str(request.output), "remarks": list(moved.remarks), "moves": list(moved.moves)}
        print_json({**told, "pictures": _pictures(moved, names)})
        return
    for remark in moved.remarks:
        errors.print(remark, markup=False)
    columns = ["picture", "before", *(f"{move}: wanted, reached" for move in moved.moves)]
    table(f"{len(images)} picture{'' if len(images) == 1 else 's'}", columns, _rows(moved, names))
    arrived = int((moved.reached[-1] == moved.wanted[-1]).sum())
    last = " after the last move" if len(request.moves) > 1 else ""
    console.print(f"{arrived} of {len(images)} reach the wanted region{last}. Written: {request.output}", markup=False)


def _pictures(moved: MovedPictures, names: Sequence[str]) -> list[dict[str, Any]]:
    """What became of each picture, for programs."""
    return [
        {
            "before": names[moved.before[place]],
            "inside": bool(moved.inside[place]),
            "after": [
                {"move": move, "wanted": names[wanted[place]], "reached": names[reached[place]]}
                for move, wanted, reached in zip(moved.moves, moved.wanted, moved.reached, strict=True)
            ],
        }
        for place in range(len(moved.before))
    ]


def _rows(moved: MovedPictures, names: Sequence[str]) -> list[list[Any]]:
    """A row per picture; a region that a picture only lies nearest to is said to be near."""
    rows = []
    for place, picture in enumerate(_pictures(moved, names)):
        near = "" if picture["inside"] else "near "
        steps = [f"{step['wanted']}, {step['reached']}" for step in picture["after"]]
        rows.append([place, f"{near}{picture['before']}", *steps])
    return rows
