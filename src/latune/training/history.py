"""The history of a run: one row per log interval, as CSV, and for TensorBoard where it is installed."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = ["History", "read_history"]

Row = dict[str, float]


class History:
    """Appends rows to `history.csv` and mirrors them to TensorBoard where that is installed.

    Args:
        folder: The run folder.
        from_step: Rows of this step and later are dropped first: they come from after the last checkpoint.
    """

    def __init__(self, folder: Path, from_step: int = 0) -> None:
        self._path = folder / "history.csv"
        kept = [row for row in read_history(folder) if row["step"] <= from_step] if from_step else []
        self._columns: list[str] = []
        self._path.unlink(missing_ok=True)
        self._write(kept)
        self._board = _tensorboard(folder, from_step)

    def append(self, row: Row) -> None:
        """Add a row; it must have a "step"."""
        self._write([row])
        if self._board is not None:
            for name, value in row.items():
                if name != "step":
                    self._board.add_scalar(name, value, int(row["step"]))

    def close(self) -> None:
        """Flush and close the TensorBoard file."""
        if self._board is not None:
            self._board.close()

    def _write(self, rows: Iterable[Row]) -> None:
        for row in rows:
            new = [name for name in row if name not in self._columns]
            if new:
                earlier = read_history(self._path.parent)
                self._columns += new
                self._rewrite(earlier)
            with self._path.open("a", newline="", encoding="utf-8") as file:
                csv.DictWriter(file, self._columns, restval="").writerow(row)

    def _rewrite(self, rows: list[Row]) -> None:
        with self._path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self._columns, restval="")
            writer.writeheader()
            writer.writerows({k: v for k, v in row.items() if not math.isnan(v) or k in self._columns} for row in rows)


def read_history(folder: Path) -> list[Row]:
    """Rows of a run's history in order; columns that a row lacks are left out of it."""
    path = folder / "history.csv"
    if not path.is_file():
        return []
    rows: list[Row] = []
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            try:
                rows.append({k: float(v) for k, v in row.items() if v})
            except (TypeError, ValueError):
                continue  # a kill can tear the last line
    return [row for row in rows if "step" in row]


def _tensorboard(folder: Path, from_step: int) -> Any | None:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder / "tensorboard"), purge_step=from_step or None)
