"""The sheets of `latune data show`: what a data set's items look like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from latune.data.dataset import Dataset

__all__ = ["picture_sheet", "tune_sheet"]

ROWS, COLUMNS = 8, 16
WIDTH = 1024  # pixels; smaller sheets are enlarged by whole pixels


def tune_sheet(dataset: Dataset, path: Path, measures: int) -> Path:
    """Engrave the first test tunes as SVG.

    Raises:
        DataError: The file cannot be written.
    """
    from latune.errors import DataError
    from latune.music.engrave import engrave
    from latune.music.tune import tune_from_ticks
    from latune.training.run_folder import write_text

    codec: Any = dataset.codec
    ticks = codec.ticks(dataset.items[dataset.split("test")[:measures]])
    title = f"{dataset.name}: the first {len(ticks)} test measures"
    try:
        write_text(path, engrave(tune_from_ticks(ticks, title, metre=codec.metre)))
    except OSError as error:
        raise DataError(f"Cannot write {path}: {error.strerror}.") from error
    return path


def picture_sheet(dataset: Dataset, path: Path, by: str | None = None, seed: int = 0) -> Path:
    """Lay random test pictures out as PNG, row by row, from the lowest to the highest value of an attribute.

    Raises:
        InputError: The file cannot be written.
    """
    import numpy as np

    from latune.images.sheets import enlarge, sheet, write_png

    test = dataset.split("test")
    rows = min(ROWS, max(1, len(test) // COLUMNS))
    columns = min(COLUMNS, len(test))
    chosen = np.sort(np.random.default_rng(seed).choice(test, rows * columns, replace=False))
    if by is not None:
        values = np.asarray(dataset.attributes[chosen, dataset.table.index(by)])
        chosen = chosen[np.argsort(values, kind="stable")]
    scale = 255 // (dataset.codec.symbols - 1)
    pictures = np.asarray(dataset.items[chosen]) * np.uint8(scale)
    times = max(1, WIDTH // (columns * pictures.shape[-1]))
    write_png(path, sheet(enlarge(pictures.reshape(rows, columns, *pictures.shape[1:]), times)))
    return path
