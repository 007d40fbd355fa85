"""The gallery: held-out items to start from, measured and encoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latune.control.genres import open_genres
from latune.control.moves import has_moves, open_mover
from latune.data.codecs import Codec
from latune.data.dataset import Dataset
from latune.data.picture_codec import PictureCodec
from latune.data.song_codec import SongCodec
from latune.export.source import RunSource
from latune.studio.picture_choice import choose_pictures
from latune.studio.song_choice import choose_songs
from latune.studio.tune_choice import Chosen, Tune, choose_tunes

__all__ = ["SAMPLES", "Gallery", "make_gallery"]

SAMPLES = 48  # where there are no data
SEED = 0


@dataclass(frozen=True)
class Gallery:
    """Items to start from.

    Args:
        items: Shape (N, ...).
        names: Of each.
        values: Attributes measured on them, (N, A); not a number where an item lacks one.
        codes: Shape (N, D).
        tunes: Which items follow each other; none of pictures.
        remark: A sentence about where they come from, where that needs one.
    """

    items: NDArray[np.uint8]
    names: tuple[str, ...]
    values: NDArray[np.float64]
    codes: NDArray[np.float32]
    tunes: tuple[Tune, ...]
    remark: str = ""


def make_gallery(source: RunSource) -> Gallery:
    """Choose the items of a run's gallery, measure and encode them.

    Some 120 pictures that differ in class and attributes, or a dozen whole tunes or songs, all of them of the test
    split; samples of the run where its data are not here and it knows where its codes lie; or none.

    Args:
        source: A finished run.
    """
    dataset = source.dataset
    chosen, remark = _samples(source) if dataset is None else (_held_out(source, dataset), "")
    codec, items = source.editor.codec, np.ascontiguousarray(chosen.items, np.uint8)
    values = np.full((len(items), len(codec.table)), np.nan)
    if len(items) and codec.measurable:
        values = codec.measure(items)
    return Gallery(items, chosen.names, values, source.editor.encode(items), chosen.tunes, remark)


def _held_out(source: RunSource, dataset: Dataset) -> Chosen:
    if isinstance(source.run.codec, PictureCodec):
        return choose_pictures(dataset, SEED)
    if isinstance(source.run.codec, SongCodec):
        return choose_songs(dataset)
    return choose_tunes(dataset, source.run.recipe.data, source.plugins)


def _samples(source: RunSource) -> tuple[Chosen, str]:
    """Items that the run makes itself."""
    name, codes = source.run.recipe.data.name, _drawn(source)
    if codes is None:
        nothing = np.empty((0, *source.editor.codec.item_shape), np.uint8)
        return Chosen(nothing, (), ()), (
            f"The data set '{name}' is not prepared on the machine that wrote this, and the run does not say where its"
            " codes lie: there is no item to start from."
        )
    items, names = source.editor.decode(codes), tuple(f"sample {number}" for number in range(1, len(codes) + 1))
    words = f"The data set '{name}' is not prepared on the machine that wrote this: these are samples of the run."
    return Chosen(items, names, _single(source.run.codec, names)), words


def _drawn(source: RunSource) -> NDArray[np.float32] | None:
    if source.codes is not None:
        return source.codes.draw(SAMPLES, SEED)
    if isinstance(source.run.codec, SongCodec):
        return open_genres(source.run, source.editor.model.latent_size).draw(SAMPLES, SEED)
    if has_moves(source.run):
        mover = open_mover(source.run)
        return mover.sample(np.arange(SAMPLES) % mover.mixture.components, SEED)
    return None


def _single(codec: Codec, names: Sequence[str]) -> tuple[Tune, ...]:
    """Each item by itself; pictures are no tunes."""
    if isinstance(codec, PictureCodec):
        return ()
    return tuple(Tune(name, place, 1) for place, name in enumerate(names))
