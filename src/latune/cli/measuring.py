"""`latune measure`: our measurements for everybody's files."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from latune.cli.output import errors, print_json, progress_bar, table
from latune.cli.plugins import PluginFiles, load

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from latune.attributes import Attribute

__all__ = ["measure"]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def measure(
    files: Annotated[
        list[Path], typer.Argument(help="MIDI, MusicXML, ABC or kern files, or PNG, JPEG, npz or IDX files")
    ],
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print one line per measure or picture.")] = False,
    plugin: PluginFiles = None,
) -> None:
    """Measure the attributes of tunes, measure by measure, or of the strokes in pictures; the table shows means.

    Example: latune measure tune.mid other.abc --csv > attributes.csv

    Pictures are measured as they are, in grey, bright strokes on dark: latune measure digits.png --csv
    """
    from latune.errors import InputError
    from latune.images.reading import is_pictures
    from latune.plugins import own_attributes

    kinds = {is_pictures(file) for file in files}
    if len(kinds) > 1:
        raise InputError("Tunes and pictures have different attributes: measure them one after the other.")
    pictures = kinds.pop()
    item = "picture" if pictures else "measure"
    own = own_attributes(load(plugin))
    names, measure_file = _picture_measurement(own) if pictures else _tune_measurement(own)
    measured: list[_Measured] = []
    refused: list[InputError] = []
    for file in files:
        try:
            measured.append(measure_file(file))
        except InputError as error:
            refused.append(error)
    if not measured:
        raise refused[0]
    if as_json:
        print_json(
            [
                {
                    "file": str(one.file),
                    "remarks": list(one.remarks),
                    f"{item}s": [dict(zip(names, v, strict=True)) for v in one.rows],
                }
                for one in measured
            ]
        )
    elif as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(["file", item, *names])
        for one in measured:
            writer.writerows([one.file, number, *row] for number, row in enumerate(one.rows, start=1))
    else:
        rows = [(one.file, len(one.values), *one.means) for one in measured]
        table(f"Means over {item}s", ["file", f"{item}s", *names], rows)
    if not as_json and (pictures or not as_csv):
        for one in measured:
            for remark in one.remarks:
                errors.print(f"{one.file}: {remark}", markup=False)
    for refusal in refused:
        errors.print(f"Left out: {refusal}", markup=False, style="red")


@dataclass(frozen=True)
class _Measured:
    """Attributes of a file's items, (N, A), and remarks on how it was read."""

    file: Path
    values: NDArray[np.float64]
    remarks: tuple[str, ...]

    @property
    def rows(self) -> list[list[float | None]]:
        """The values, None where an item lacks an attribute."""
        return [[value if value == value else None for value in row] for row in self.values.tolist()]

    @property
    def means(self) -> list[float]:
        """Means over the items that have the attribute; not a number where none has."""
        columns = [column[column == column] for column in self.values.T]
        return [float(column.mean()) if len(column) else float("nan") for column in columns]


_Measurement = tuple[Sequence[str], Callable[[Path], _Measured]]  # names of the attributes, and what measures a file


def _tune_measurement(own: Sequence[Attribute]) -> _Measurement:
    """Names of the attributes, own ones last, and what measures a file of music."""
    from latune.music.attributes import MUSIC_ATTRIBUTES, music_attributes
    from latune.music.score import read_measures

    def measure_file(file: Path) -> _Measured:
        ticks, tune = read_measures(file)
        return _Measured(file, music_attributes(tune.metre).extended(own).measure(ticks), tune.remarks)

    return MUSIC_ATTRIBUTES.extended(own).names, measure_file


def _picture_measurement(own: Sequence[Attribute]) -> _Measurement:
    """Names of the attributes, own ones last, and what measures a file of pictures."""
    import numpy as np

    from latune.errors import InputError
    from latune.images.morphology import DIGIT_ATTRIBUTES, measure_morphology
    from latune.images.reading import read_pictures
    from latune.images.resizing import bright_on_dark

    table = DIGIT_ATTRIBUTES.extended(own)

    def measure_file(file: Path) -> _Measured:
        images, inverted = bright_on_dark(read_pictures(file))
        remark = f"{int(inverted.sum())} of {len(images)} inverted: expected bright strokes on dark."
        try:
            with progress_bar(f"Measuring {file.name}") as bar:
                workers = os.cpu_count() or 1
                strokes = measure_morphology(images[:, 0], workers=workers, report=lambda d, t: bar.update(d, t))
            values = np.concatenate([strokes, table.measure(images, [a.name for a in own])], axis=1)
        except InputError as error:
            raise InputError(f"{file}: {error}") from error
        return _Measured(file, values, (remark,) if inverted.any() else ())

    return table.names, measure_file
