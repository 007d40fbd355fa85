"""The data sets that latune can prepare by name."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from latune.data.dataset import Dataset
from latune.data.store import is_stored, load_dataset, require_writable, store_dataset
from latune.errors import DataError

__all__ = ["DATASETS", "DatasetSource", "ensure_dataset", "prepare_dataset"]

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class DatasetSource:
    """A data set that can be prepared.

    Args:
        name: Its name.
        description: One sentence for people.
        prepare: Builds it, and data sets that come from the same reading; told workers and a progress report.
    """

    name: str
    description: str
    prepare: Callable[[int, Report | None], list[Dataset]]


def _chorales(workers: int, report: Report | None) -> list[Dataset]:
    from latune.data.chorales import prepare_chorales

    return prepare_chorales(workers, report)


DATASETS = {
    source.name: source
    for source in (
        DatasetSource("chorales", "Soprano measures of Bach's 4/4 chorales, split by tune.", _chorales),
        DatasetSource("chorales-parity", "The same in the published set-up: all metres, padding.", _chorales),
    )
}


def prepare_dataset(
    name: str, *, again: bool = False, workers: int | None = None, report: Report | None = None
) -> Dataset:
    """Prepare and store a data set, unless it is stored already.

    Args:
        name: One of `DATASETS`.
        again: Prepare it even if it is stored.
        workers: Processes; default: one per core.
        report: Told (done, total).

    Raises:
        DataError: There is no such data set, or it cannot be stored.
    """
    if name not in DATASETS:
        raise DataError(f"Unknown data set '{name}': expected one of {', '.join(DATASETS)}.")
    if again or not is_stored(name):
        require_writable()
        for dataset in DATASETS[name].prepare(workers or os.cpu_count() or 1, report):
            store_dataset(dataset)
    return load_dataset(name)


def ensure_dataset(name: str) -> Dataset:
    """Open a stored data set, preparing it first where that is needed."""
    return prepare_dataset(name)
