"""Measuring decoded pictures whose attributes have no measuring function: by a network that has learned to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from latune.data.codecs import Codec
from latune.data.dataset import Dataset
from latune.data.picture_codec import PictureCodec
from latune.training.reader import Reader, load_reader, save_reader, train_attribute_reader
from latune.training.run_folder import Run

__all__ = ["ensure_attribute_reader", "measuring_codec", "run_reader"]

NAME = "attribute_reader"

Report = Callable[[int, int], None]


def run_reader(run: Run) -> Reader | None:
    """The attribute reader of a run, where it has one."""
    return load_reader(run.folder / NAME)


def ensure_attribute_reader(run: Run, dataset: Dataset, report: Report | None = None) -> None:
    """Train an attribute reader into the run's folder, if its items cannot be measured and it has none yet."""
    if not run.codec.measurable and run_reader(run) is None:
        save_reader(train_attribute_reader(dataset, run.recipe.seed, report), run.folder / NAME)


def measuring_codec(run: Run) -> Codec:
    """The run's codec, with its attribute reader where it has one."""
    reader = run_reader(run)
    if reader is None or not isinstance(run.codec, PictureCodec):
        return run.codec
    return replace(run.codec, reader=reader.values)
