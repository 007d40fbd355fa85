"""`latune traverse` and `latune edit`: turn the knobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from latune.cli.arguments import RunFolder, parse_knobs, rows_of_values
from latune.cli.data import prepare_items
from latune.cli.moving import MoveNames, MoveRequest, OperandFiles, OperatorFiles, edit_by_moves
from latune.cli.output import console, errors, print_json, progress_bar, table
from latune.cli.plugins import PluginFiles, load, open_run_with

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from latune.control.editor import Editor, Way
    from latune.control.requests import Answer

    Values = NDArray[np.float64]

__all__ = ["edit", "traverse"]

COLOURS = 3  # channels


class Setting(StrEnum):
    """How a knob is set: as a request is met, see `latune.control.editor.Way`, or to evenly spaced codes."""

    alone = "alone"
    joint = "joint"
    path = "path"
    exact = "exact"
    code = "code"


def traverse(
    run: RunFolder,
    attribute: Annotated[list[str] | None, typer.Option(help="Which knobs; default: all.")] = None,
    item: Annotated[list[int] | None, typer.Option(min=0, help="Test items to start from; default: three.")] = None,
    way: Annotated[Setting, typer.Option(help="How knobs are set.")] = Setting.path,
    plugin: PluginFiles = None,
) -> None:
    """Sweep knobs over held-out items and write what comes out to RUN/traversals.

    Music: score (SVG), piano roll (PNG) and MIDI. Songs: piano rolls (PNG) and MIDI. Pictures: strips and grids (PNG),
    animations (GIF), and two knobs at once.

    Example: latune traverse runs/first --attribute note_density
    """
    from latune.control.editor import open_editor
    from latune.report import build_traversals

    plugins = load(plugin)
    opened, editor = open_run_with(run, plugins), open_editor(run, plugins)
    for name in attribute or ():
        editor.knobs.index(name)
    dataset = prepare_items(opened.recipe.data, plugins)
    with progress_bar("Drawing") as bar:
        drawn = build_traversals(
            opened,
            dataset,
            editor,
            attribute,
            item,
            way.value,
            report=lambda what, d, t: bar.update(d, t, title=f"Drawing {what}"),
        )
    for remark in drawn.remarks:
        errors.print(remark, markup=False)
    for path in drawn.files:
        console.print(str(path), markup=False)


def edit(
    run: RunFolder,
    source: Annotated[
        Path, typer.Argument(help="MIDI, MusicXML, ABC or kern file, or PNG, JPEG, npz or IDX file", metavar="INPUT")
    ],
    output: Annotated[
        Path, typer.Option(help="File to write: .mid, .musicxml, .abc, .svg, .pdf, .wav, or .png, .npz, .gif (moves)")
    ],
    knob: Annotated[
        list[str] | None, typer.Option(help="Wanted value in the attribute's unit.", metavar="NAME=VALUE")
    ] = None,
    move: MoveNames = None,
    operand: OperandFiles = None,
    operator: OperatorFiles = None,
    hold: Annotated[list[str] | None, typer.Option(help="Attribute that keeps its value.", metavar="NAME")] = None,
    exact: Annotated[bool, typer.Option("--exact", help="Search off the path too, until the value hits.")] = False,
    unmeasured: Annotated[bool, typer.Option("--unmeasured", help="Trust the calibration: decode once.")] = False,
    alone: Annotated[bool, typer.Option("--alone", help="So too, and move only the knob's own dimension.")] = False,
    nearest: Annotated[bool, typer.Option("--nearest", help="Instead of refusing, take what comes closest.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the search of --exact.")] = 0,
    track: Annotated[str | None, typer.Option(help="Number or name of a tune's melody track.")] = None,
    plugin: PluginFiles = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Turn knobs in every measure or phrase of a tune, or in every picture of a file, and write the result.

    A knob moves together with what goes with it in real items, to where the measured value comes closest.

    Example: latune edit runs/first tune.mid --knob note_density=0.25 --hold contour --exact --output out.mid

    Phrases: a value is the mean of every phrase; NAME_3=VALUE is for measure 3, NAME=V,V,... has one value per measure.

    Runs with moves: latune edit runs/weak picture.png --move right --move shape --output out.gif
    """
    from latune.control.editor import open_editor
    from latune.errors import InputError

    if bool(knob) == bool(move):
        raise InputError("Expected --knob NAME=VALUE or --move NAME, one of the two.")
    if output.absolute() == source.absolute():
        raise InputError(f"--output {output} is the input: choose another name.")
    of_knobs: dict[str, Any] = {"--exact": exact, "--unmeasured": unmeasured, "--alone": alone, "--nearest": nearest}
    of_knobs |= {"--hold": hold, "--seed": seed, "--track": track}
    of_moves: dict[str, Any] = {"--operand": operand, "--operator": operator}
    beside, unread = ("--knob", of_knobs) if move else ("--move", of_moves)
    given = [option for option, value in unread.items() if value]
    if given:
        raise InputError(f"{', '.join(given)}: expected only beside {beside}.")
    if move:
        moving = MoveRequest(source, output, move, operand or (), operator or ())
        edit_by_moves(open_run_with(run, load(plugin)), moving, as_json)
        return
    targets = parse_knobs(knob or ())
    ways: list[Way] = [way for way, on in (("exact", exact), ("joint", unmeasured), ("alone", alone)) if on]  # type: ignore[misc]
    if len(ways) > 1:
        raise InputError("--exact, --unmeasured and --alone exclude each other: choose one.")
    request = _Request(source, output, targets, track, tuple(hold or ()), ways[0] if ways else "path", nearest, seed)
    plugins = load(plugin)
    open_run_with(run, plugins)
    _edit_by_knobs(open_editor(run, plugins), request, as_json)


@dataclass(frozen=True)
class _Request:
    """What is to be edited, and how."""

    source: Path
    output: Path
    targets: dict[str, float | list[float]]
    track: str | None
    held: tuple[str, ...]
    way: Way
    nearest: bool
    seed: int

    @property
    def options(self) -> dict[str, Any]:
        return {"held": self.held, "way": self.way, "nearest": self.nearest, "seed": self.seed}


@dataclass(frozen=True)
class _Result:
    """What was edited (a noun), its attributes before and after, the answers to requests, and more for programs."""

    noun: str
    names: Sequence[str]
    before: Values
    after: Values
    answers: Sequence[Answer]
    remarks: tuple[str, ...]
    more: dict[str, Any]


def _edit_by_knobs(editor: Editor, request: _Request, as_json: bool) -> None:
    """Turn knobs, write the result, and print what became of it."""
    from latune.data.picture_codec import PictureCodec
    from latune.data.song_codec import SongCodec

    if isinstance(editor.codec, SongCodec):
        result = _edit_song(editor, request)
    else:
        result = (_edit_pictures if isinstance(editor.codec, PictureCodec) else _edit_tune)(editor, request)
    names = result.names
    if as_json:
        print_json(
            {
                "output": str(request.output),
                "remarks": list(result.remarks),
                **result.more,
                "answers": [_summary(editor, answer) for answer in result.answers],
                "before": rows_of_values(names, result.before),
                "after": rows_of_values(names, result.after),
            }
        )
        return
    for remark in result.remarks:
        errors.print(remark, markup=False)
    columns = ["attribute", "wanted", "mean before", "mean after", "within 10 %"]
    count = len(result.after)
    table(f"{count} {result.noun}{'' if count == 1 else 's'}", columns, _hits(editor, result))
    console.print(f"Written: {request.output}", markup=False)


def _edit_tune(editor: Editor, request: _Request) -> _Result:
    from latune.control.tunes import edit_tune
    from latune.music.score import check_writable, write_tune

    check_writable(request.output)
    edited = edit_tune(editor, request.source, request.targets, track=request.track, **request.options)
    remarks = edited.remarks + write_tune(edited.tune, request.output)
    more = {"edited_measures": (edited.edited + 1).tolist()}
    return _Result("measure", edited.names, edited.before, edited.after, edited.answers, remarks, more)


def _edit_song(editor: Editor, request: _Request) -> _Result:
    from latune.control.requests import one_number_each
    from latune.control.songs import edit_song
    from latune.report.song_files import check_writable, write_phrases

    check_writable(request.output)
    targets, names = one_number_each(request.targets), editor.codec.table.names
    edited = edit_song(editor, request.source, targets, **request.options)
    remarks = edited.phrases.remarks + write_phrases(edited.phrases, request.output, compare=True)
    return _Result("phrase", names, edited.before, edited.after, edited.answers, remarks, {})


def _edit_pictures(editor: Editor, request: _Request) -> _Result:
    from latune.control.pictures import edit_pictures
    from latune.control.requests import one_number_each
    from latune.images.reading import read_pictures
    from latune.images.writing import check_writable, write_pictures

    images = read_pictures(request.source, colour=editor.codec.item_shape[0] == COLOURS)
    check_writable(request.output, len(images))
    targets, names = one_number_each(request.targets), editor.codec.table.names
    edited = edit_pictures(editor, images, targets, **request.options)
    write_pictures(request.output, edited.images)
    return _Result("picture", names, edited.before, edited.after, edited.answers, edited.remarks, {})


def _hits(editor: Editor, result: _Result) -> list[tuple[Any, ...]]:
    """A row per attribute that was turned or held; an item that lacks one counts in no mean and is no hit."""
    rows = []
    for answer in result.answers:
        told = _summary(editor, answer)
        wanted = ", ".join(f"{value:g}" for value in told["wanted"])
        hits = f"{told['within_10_percent']} of {told['count']}"
        rows.append((answer.name, "held" if answer.held else wanted, told["mean_before"], told["mean_after"], hits))
    return rows


def _summary(editor: Editor, answer: Answer) -> dict[str, Any]:
    """What became of one request, for programs."""
    import numpy as np

    low, high = editor.knobs.ranges[answer.name]
    means = [
        float(values[np.isfinite(values)].mean()) if np.isfinite(values).any() else float("nan")
        for values in (answer.before, answer.after)
    ]
    return {
        "name": answer.name,
        "held": answer.held,
        "wanted": list(dict.fromkeys(answer.wanted.tolist())),
        "mean_before": means[0],
        "mean_after": means[1],
        "within_10_percent": answer.hits(high - low),
        "count": len(answer.after),
    }
