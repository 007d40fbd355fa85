"""The table that comes with your own pictures: a CSV file with a row per picture and a column per attribute."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latune.attributes import Attribute, AttributeTable, Kind
from latune.errors import DataError, InputError
from latune.music.wording import printable

__all__ = ["SPLITS", "PictureTable", "attribute_table", "read_table"]

SPLITS = ("train", "validation", "test")
FILE, SPLIT, GROUP = "file", "split", "group"  # columns that are no attributes
FEW = 20  # at most so many different integers are ordered steps

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PictureTable:
    """What the table says of the pictures.

    Args:
        path: The file.
        names: Attributes, in the order of the columns.
        values: Shape (N, A), finite.
        files: Name of each picture's file, (N,); empty where the pictures come in the order of the rows.
        splits: "train", "validation" or "test" per picture, (N,); empty where the table does not say.
        groups: What a picture belongs to, (N,); empty where the table does not say.
        ignored: Columns of text.
    """

    path: Path
    names: tuple[str, ...]
    values: Floats
    files: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    def rows(self, kept: NDArray[np.int64]) -> PictureTable:
        """The table of some of its rows."""
        files, splits, groups = (tuple(c[k] for k in kept) if c else () for c in (self.files, self.splits, self.groups))
        return PictureTable(self.path, self.names, self.values[kept], files, splits, groups, self.ignored)


def read_table(path: Path, with_files: bool) -> PictureTable:
    """Read the table of attributes.

    Every column of numbers is an attribute, but for `split` and `group`; columns of text are left out.

    Args:
        path: CSV file with a header, separated by commas, semicolons or tabs.
        with_files: Whether a column names the pictures' files: the one called `file`, else the first.

    Raises:
        InputError: The file cannot be read, or is no table.
        DataError: A value, a name or a column is missing, double or not of its kind.
    """
    header, lines, cells = _cells(path)
    columns = {name: [row[k] for row in cells] for k, name in enumerate(header)}
    file_column = (FILE if FILE in columns else header[0]) if with_files else None
    special = {SPLIT, GROUP, file_column} - {None}
    texts = {name for name in columns if name not in special and not any(map(_is_number, columns[name]))}
    blank = [name for name in columns if all(not cell for cell in columns[name])]
    if blank:
        raise DataError(f"{path}, column '{printable(blank[0])}': expected values, found none.")
    names = [name for name in header if name not in special | texts]
    if not names:
        raise DataError(f"{path}: expected a column of numbers, found none among {printable(', '.join(header))}.")
    for name in names:
        if not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII):
            raise DataError(f"{path}, column '{printable(name)}': expected a name of letters, digits and underscores.")
    values = [[_number(path, line, n, cell) for line, cell in zip(lines, columns[n], strict=True)] for n in names]
    return PictureTable(
        path,
        tuple(names),
        np.array(values).T,
        _files(path, lines, columns[file_column], file_column) if file_column else (),
        _splits(path, lines, columns.get(SPLIT, [])),
        _filled(path, lines, columns.get(GROUP, []), GROUP),
        tuple(name for name in header if name in texts),
    )


def attribute_table(table: PictureTable) -> AttributeTable:
    """The attributes: ordered steps where a column has few integers, else continuous; ranges as in the data.

    Raises:
        DataError: A column has only one value.
    """
    attributes = []
    for name, column in zip(table.names, table.values.T, strict=True):
        steps = np.unique(column)
        if len(steps) == 1:
            raise DataError(f"{table.path}, column '{name}': expected different values, all are {steps[0]:g}.")
        ordered = len(steps) <= FEW and bool(np.all(steps == np.round(steps)))
        kind: Kind = "ordinal" if ordered else "continuous"
        described = f"Column '{name}' of {table.path.name}."
        attributes.append(Attribute(name, "as in the table", float(steps[0]), float(steps[-1]), described, kind))
    return AttributeTable(attributes)


def _cells(path: Path) -> tuple[list[str], list[int], list[list[str]]]:
    """Header, numbers of the rows as a spreadsheet counts them, and stripped cells."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist: expected a CSV table of attributes.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: expected a CSV table as UTF-8 text, got other bytes.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    first = text.split("\n", 1)[0]
    separator = next((mark for mark in ",;\t" if mark in first), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        found = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise InputError(f"{path}, row {reader.line_num}: expected CSV, got {error}.") from error
    if len(found) < 2:
        raise InputError(f"{path}: expected a header and a row per picture, got {len(found)} rows in all.")
    header = found[0][1]
    for name in header:
        if not name or header.count(name) > 1:
            raise DataError(f"{path}: expected a name of its own for every column, got {printable(', '.join(header))}.")
    for line, row in found[1:]:
        if len(row) != len(header):
            raise DataError(f"{path}, row {line}: expected {len(header)} cells as in the header, got {len(row)}.")
    return header, [line for line, _ in found[1:]], [row for _, row in found[1:]]


def _is_number(cell: str) -> bool:
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False


def _number(path: Path, line: int, column: str, cell: str) -> float:
    if not _is_number(cell):
        got = f"got '{printable(cell)}'" if cell else "it is missing"
        raise DataError(f"{path}, row {line}, column '{column}': expected a number, {got}.")
    return float(cell)


def _filled(path: Path, lines: Sequence[int], cells: Sequence[str], column: str) -> tuple[str, ...]:
    for line, cell in zip(lines, cells, strict=False):
        if not cell:
            raise DataError(f"{path}, row {line}, column '{column}': expected a value, it is missing.")
    return tuple(cells)


def _files(path: Path, lines: Sequence[int], cells: Sequence[str], column: str) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    for line, cell in zip(lines, _filled(path, lines, cells, column), strict=True):
        if cell in seen:
            raise DataError(
                f"{path}, row {line}, column '{column}': '{printable(cell)}' stands in row {seen[cell]} already."
            )
        seen[cell] = line
    return tuple(cells)


def _splits(path: Path, lines: Sequence[int], cells: Sequence[str]) -> tuple[str, ...]:
    for line, cell in zip(lines, cells, strict=False):
        if cell not in SPLITS:
            raise DataError(
                f"{path}, row {line}, column '{SPLIT}': expected {', '.join(SPLITS)}, got '{printable(cell)}'."
            )
    return tuple(cells)
