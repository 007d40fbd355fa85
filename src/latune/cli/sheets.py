"""The sheets of `latune data show`: what a data set's items look like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from latune.data.dataset import Dataset

__all__ = ["picture_sheet", "song_sheet", "tune_sheet"]

PHRASES = 3  # of songs
ROWS, COLUMNS = 8, 16
WIDTH = 1024  # pixels; smaller sheets are enlarged by whole pixels


def tune_sheet(dataset: Dataset, path: Path, measures: int) -> Path:
    """Engrave so many measures as SVG: the first test tunes, or melodies from all over the test split.

    Raises:
        DataError: The file cannot be written.
    """
    import numpy as np

    from latune.data.dmelody_codec import DMelodyCodec
    from latune.errors import DataError
    from latune.music.dmelodies import BARS
    from latune.music.engrave import engrave
    from latune.music.tune import tune_from_ticks
    from latune.training.run_folder import write_text

    codec: Any = dataset.codec
    test = dataset.split("test")
    chosen, title = test[:measures], f"{dataset.name}: the first {min(measures, len(test))} test measures"
    if isinstance(codec, DMelodyCodec):  # neighbours are much alike, and nothing follows upon anything
        chosen = test[np.linspace(0, len(test) - 1, max(1, measures // BARS)).astype(int)]
        title = f"{dataset.name}: {len(chosen)} test melodies of {BARS} measures"
    ticks = codec.ticks(dataset.items[chosen]).reshape(-1, codec.metre.ticks)
    try:
        write_text(path, engrave(tune_from_ticks(ticks, title, metre=codec.metre)))
    except OSError as error:
        raise DataError(f"Cannot write {path}: {error.strerror}.") from error
    return path


def song_sheet(dataset: Dataset, path: Path) -> Path:
    """Draw three phrases from all over the test split as piano rolls.

    Raises:
        InputError: The file cannot be written.
    """
    import numpy as np

    from latune.figures.song_roll import song_roll
    from latune.figures.style import save_figure

    test = dataset.split("test")
    chosen = np.unique(test[np.linspace(0, len(test) - 1, PHRASES).astype(int)])
    names = [f"Phrase {item}{_genres(dataset, item)}" for item in chosen.tolist()]
    save_figure(song_roll(dataset.items[chosen], names, f"{dataset.name}: {len(chosen)} test phrases"), path)
    return path


def _genres(dataset: Dataset, item: int) -> str:
    if dataset.labels is None:
        return ""
    names = [name for name, holds in zip(dataset.label_names, dataset.labels[item], strict=True) if holds]
    return f": {', '.join(names)}" if names else ""


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
