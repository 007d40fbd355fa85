"""`latune traverse` and `latune edit`: turn the knobs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from latune.cli.data import prepare_with_bar
from latune.cli.output import console, errors, print_json, progress_bar, table

__all__ = ["edit", "traverse"]


class Way(StrEnum):
    """How a knob moves: its dimension alone, all dimensions jointly, or by search until the value is exact."""

    alone = "alone"
    joint = "joint"
    exact = "exact"


RunFolder = Annotated[Path, typer.Argument(help="Run folder, as latune train leaves it")]


def traverse(
    run: RunFolder,
    attribute: Annotated[list[str] | None, typer.Option(help="Which knobs; default: all.")] = None,
    item: Annotated[list[int] | None, typer.Option(min=0, help="Test items to start from; default: three.")] = None,
    way: Annotated[Way, typer.Option(help="How knobs move.")] = Way.joint,
) -> None:
    """Sweep knobs over held-out items: score (SVG), piano roll (PNG) and MIDI per attribute.

    Example: latune traverse runs/first --attribute note_density
    """
    from latune.control.editor import open_editor
    from latune.report import build_traversals
    from latune.training.run_folder import open_run

    opened = open_run(run)
    editor = open_editor(run)
    for name in attribute or ():
        editor.knobs.index(name)
    dataset = prepare_with_bar(opened.recipe.data.name)
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
    tune: Annotated[Path, typer.Argument(help="MIDI, MusicXML or ABC file", metavar="INPUT")],
    knob: Annotated[list[str], typer.Option(help="Wanted value in the attribute's unit.", metavar="NAME=VALUE")],
    output: Annotated[Path, typer.Option(help="File to write: .mid or .musicxml")],
    hold: Annotated[list[str] | None, typer.Option(help="Attribute that keeps its value.", metavar="NAME")] = None,
    exact: Annotated[bool, typer.Option("--exact", help="Search until the measured value hits.")] = False,
    alone: Annotated[bool, typer.Option("--alone", help="Move only the knob's own dimension.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the search of --exact.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Turn knobs in every measure of a tune and write the result.

    Example: latune edit runs/first tune.mid --knob note_density=0.25 --hold contour --exact --output out.mid
    """
    from latune.control.editor import open_editor
    from latune.control.tunes import edit_tune
    from latune.errors import InputError
    from latune.music.score import WRITABLE, write_tune

    targets = dict(_parse_knob(text) for text in knob)
    if output.suffix.lower() not in WRITABLE:
        raise InputError(f"{output}: expected a name that ends in {', '.join(WRITABLE)}.")
    if alone and exact:
        raise InputError("--alone and --exact exclude each other: choose one.")
    editor = open_editor(run)
    result = edit_tune(
        editor, tune, targets, held=hold or (), movement="alone" if alone else "joint", exact=exact, seed=seed
    )
    write_tune(result.tune, output)
    names = editor.codec.table.names
    shown = [*targets, *(hold or ())]
    rows = []
    for name in shown:
        column = names.index(name)
        wanted = targets[name] if name in targets else result.before[:, column]
        span = editor.knobs.ranges[name][1] - editor.knobs.ranges[name][0]
        hits = abs(result.after[:, column] - wanted) <= 0.1 * span + 1e-9
        rows.append(
            (
                name,
                f"{targets[name]:g}" if name in targets else "held",
                float(result.before[:, column].mean()),
                float(result.after[:, column].mean()),
                f"{int(hits.sum())} of {len(hits)}",
            )
        )
    columns = ["attribute", "wanted", "mean before", "mean after", "measures within 10 %"]
    if as_json:
        print_json(
            {
                "output": str(output),
                "remarks": list(result.remarks),
                "edited_measures": (result.edited + 1).tolist(),
                "before": [dict(zip(names, row, strict=True)) for row in result.before.tolist()],
                "after": [dict(zip(names, row, strict=True)) for row in result.after.tolist()],
            }
        )
        return
    for remark in result.remarks:
        errors.print(remark, markup=False)
    table(f"{len(result.edited)} measures", columns, rows)
    console.print(f"Written: {output}", markup=False)


def _parse_knob(text: str) -> tuple[str, float]:
    from latune.errors import InputError

    name, separator, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not separator or not name or not abs(number) < float("inf"):
        raise InputError(f"--knob {text}: expected NAME=VALUE with a number, such as note_density=0.25.")
    return name, number
