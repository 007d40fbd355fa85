"""The data sets that latune can prepare by name."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from latune.data.dataset import Dataset
from latune.data.preparation import OPTIONS, PASSING, Preparation
from latune.data.store import is_stored, load_dataset, require_writable, store_dataset
from latune.errors import DataError, InputError

__all__ = ["DATASETS", "DatasetSource", "ensure_dataset", "prepare_dataset"]


@dataclass(frozen=True)
class DatasetSource:
    """A data set that can be prepared.

    Args:
        name: Its name.
        description: One sentence for people.
        prepare: Builds it, and data sets that come from the same reading.
        options: Which fields of `Preparation` it takes.
    """

    name: str
    description: str
    prepare: Callable[[Preparation], list[Dataset]]
    options: tuple[str, ...] = ()


def _chorales(preparation: Preparation) -> list[Dataset]:
    from latune.data.chorales import prepare_chorales

    return prepare_chorales(preparation.workers, preparation.report)


def _digits(preparation: Preparation) -> list[Dataset]:
    from latune.data.digits import prepare_digits

    return [prepare_digits(preparation)]


def _symbols(preparation: Preparation) -> list[Dataset]:
    from latune.data.symbols import prepare_symbols

    return [prepare_symbols(preparation)]


def _sprites(preparation: Preparation) -> list[Dataset]:
    from latune.data.sprites import prepare_sprites

    return [prepare_sprites(preparation)]


def _small_sprites(preparation: Preparation) -> list[Dataset]:
    from latune.data.sprites import prepare_small_sprites

    return [prepare_small_sprites(preparation)]


def _scenes(preparation: Preparation) -> list[Dataset]:
    from latune.data.shapes3d import prepare_scenes

    return [prepare_scenes(preparation)]


def _small_scenes(preparation: Preparation) -> list[Dataset]:
    from latune.data.shapes3d import prepare_small_scenes

    return [prepare_small_scenes(preparation)]


def _dmelodies(preparation: Preparation) -> list[Dataset]:
    from latune.data.dmelodies import prepare_dmelodies

    return [prepare_dmelodies()]


def _folk(preparation: Preparation) -> list[Dataset]:
    from latune.data.folk import prepare_folk

    return [prepare_folk(preparation)]


def _tunes(preparation: Preparation) -> list[Dataset]:
    from latune.data.tunes import prepare_tunes

    return [prepare_tunes(preparation)]


def _midi(preparation: Preparation) -> list[Dataset]:
    from latune.data.midi import prepare_midi

    return [prepare_midi(preparation)]


def _images(preparation: Preparation) -> list[Dataset]:
    from latune.data.pictures import prepare_pictures

    return [prepare_pictures(preparation)]


DATASETS = {
    source.name: source
    for source in (
        DatasetSource("chorales", "Soprano measures of Bach's 4/4 chorales, split by tune.", _chorales),
        DatasetSource("chorales-parity", "The same in the published set-up: all metres, padding.", _chorales),
        DatasetSource(
            "folk",
            "Measures of folk tunes (Ryan, O'Neill, Aird), split by melody; your own ABC files by --source.",
            _folk,
            ("source", "metre", "name"),
        ),
        DatasetSource(
            "tunes",
            "Your own tunes (--source): MIDI, MusicXML, ABC or kern, in any metre with a grid.",
            _tunes,
            ("source", "metre", "track", "name"),
        ),
        DatasetSource(
            "digits",
            "Handwritten digits, 28x28, six measures of their strokes; MNIST by --source or --download.",
            _digits,
            ("source", "download"),
        ),
        DatasetSource(
            "symbols",
            "Handwritten digits and + - times, 45x45; the published symbols (HWF) by --source, MNIST's digits too.",
            _symbols,
            ("source", "download"),
        ),
        DatasetSource(
            "sprites",
            "737,280 squares, ellipses and hearts, 64x64, drawn here; the official file by --source or --download.",
            _sprites,
            ("source", "download"),
        ),
        DatasetSource(
            "sprites-small",
            "The 18,432 sprites at orientation 0: shape, scale and position vary.",
            _small_sprites,
            ("source", "download"),
        ),
        DatasetSource(
            "shapes3d",
            "480,000 objects in a room, 64x64 in colour (5.9 GB), drawn here; 3D Shapes by --source or --download.",
            _scenes,
            ("source", "download"),
        ),
        DatasetSource(
            "shapes3d-small",
            "The 19,200 of them whose floor and walls are red or cyan.",
            _small_scenes,
            ("source", "download"),
        ),
        DatasetSource(
            "dmelodies",
            "1,354,752 melodies of two bars from nine independent factors, computed here.",
            _dmelodies,
        ),
        DatasetSource(
            "midi",
            "Phrases of 16 bars of songs: drums, bass, guitar, strings; composed here, or your own MIDI by --source.",
            _midi,
            (
                "source",
                "name",
                "labels",
                "cluster",
                "songs",
                "any_key",
                "triples",
                "hop",
                "highest",
                "silent_bars",
                "aligned",
            ),
        ),
        DatasetSource(
            "images",
            "Your own pictures (--source) with your own attributes (--attributes table.csv).",
            _images,
            ("source", "attributes", "name", "size", "colour"),
        ),
    )
}


def prepare_dataset(name: str, preparation: Preparation | None = None, *, again: bool = False) -> Dataset:
    """Prepare and store a data set, unless it is stored already; a stored set of your own is opened.

    Args:
        name: One of `DATASETS`, or the name of a stored set.
        preparation: How; default: one worker per core and nothing else.
        again: Prepare it even if it is stored.

    Raises:
        DataError: There is no such data set, it was stored with other options, or it cannot be stored.
        InputError: It does not take one of the options, or its source cannot be read.
    """
    preparation = preparation or Preparation(workers=os.cpu_count() or 1)
    if name not in DATASETS:
        return _open_own(name, preparation, again)
    source, given = DATASETS[name], preparation.given()
    for option in given:
        if option not in source.options:
            raise InputError(f"Data set '{name}' does not take --{option.replace('_', '-')}{_takers(option)}.")
    given = {option: value for option, value in given.items() if option not in PASSING}
    stored_name = preparation.name or name
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,99}", stored_name):
        raise InputError(f"--name {stored_name}: expected small letters, digits, - and _.")
    if stored_name != name and stored_name in DATASETS:
        raise InputError(f"--name {stored_name}: expected a name that no data set of latune has.")
    if again or not is_stored(stored_name):
        require_writable()
        for dataset in source.prepare(preparation):
            store_dataset(replace(dataset, description={**dataset.description, "prepared_with": given}))
        return load_dataset(stored_name)
    dataset = load_dataset(stored_name)
    if given and dataset.description.get("prepared_with", {}) != given:
        raise DataError(
            f"Data set '{stored_name}' is stored already, prepared from something else: add --again to replace it."
        )
    return dataset


def ensure_dataset(name: str) -> Dataset:
    """Open a stored data set, preparing it first where that is needed."""
    return prepare_dataset(name)


def _open_own(name: str, preparation: Preparation, again: bool) -> Dataset:
    if not is_stored(name):
        raise DataError(f"Unknown data set '{name}': expected one of {', '.join(DATASETS)}, or a stored one.")
    if again or preparation.given():
        raise InputError(
            f"Data set '{name}' is your own: prepare it anew with latune data prepare images --name {name} --again"
            " and its --source and --attributes."
        )
    return load_dataset(name)


def _takers(option: str) -> str:
    assert option in OPTIONS
    return f": only {', '.join(source.name for source in DATASETS.values() if option in source.options)} can"
