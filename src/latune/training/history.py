"""The history of a run: one row per log interval, as CSV, and for TensorBoard where it is installed."""

from __future__ import annotations

import csv
from pathlib import Path

from latune.training.tensorboard import open_tensorboard

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
        self._columns = list(dict.fromkeys(name for row in kept for name in row))
        self._rewrite(kept)
        self._board = open_tensorboard(folder / "tensorboard", from_step)

    def append(self, row: Row) -> None:
        """Add a row; it must have a "step"."""
        new = [name for name in row if name not in self._columns]
        if new:
            self._columns += new
            self._rewrite(read_history(self._path.parent))
        with self._path.open("a", newline="", encoding="utf-8") as file:
            csv.DictWriter(file, self._columns, restval="").writerow(row)
        if self._board is not None:
            self._board.append({name: value for name, value in row.items() if name != "step"}, int(row["step"]))

    def _rewrite(self, rows: list[Row]) -> None:
        """Write all rows with the columns there are now, whole or not at all."""
        temporary = self._path.with_name(f".{self._path.name}.tmp")
        with temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self._columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
        temporary.replace(self._path)


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
