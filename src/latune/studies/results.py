"""What the runs of a study measured, as one table: a row per run and place, a column per number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latune.errors import RunError
from latune.evaluation.folds import scalars
from latune.studies.quantities import KNOB_HIT_RATE, RECONSTRUCTION_ACCURACY, RECONSTRUCTIONS

if TYPE_CHECKING:
    from latune.studies.folder import StudyFolder

__all__ = ["Place", "Results", "cell_words", "collect", "read_results"]

_FILES = {"metrics.json": "", "certificate.json": "certificate.", "finished.json": "finished."}


@dataclass(frozen=True)
class Place:
    """A measured run in one place of a study; a run may stand in several.

    Args:
        key: Name of the run.
        group: Data set.
        label: Method.
        seed: Seed.
        cell: Values of the grid, by dotted key; empty where there is no grid.
        folder: Its run folder.
    """

    key: str
    group: str
    label: str
    seed: int
    cell: Mapping[str, Any]
    folder: Path


@dataclass(frozen=True, eq=False)
class Results:
    """The table of a study.

    Args:
        places: The runs in the order of the study, (R,).
        media: "music" or "pictures" of each run, (R,).
        columns: Numbers of each run by dotted name, each (R,); not-a-number where a run lacks it.
    """

    places: tuple[Place, ...]
    media: tuple[str, ...]
    columns: Mapping[str, NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.places)

    @property
    def groups(self) -> tuple[str, ...]:
        """Data sets, in the order of the study."""
        return _distinct(place.group for place in self.places)

    @property
    def labels(self) -> tuple[str, ...]:
        """Methods, in the order of the study."""
        return _distinct(place.label for place in self.places)

    @cached_property
    def variants(self) -> tuple[str, ...]:
        """Methods with their cell of the grid, such as "ar-vae, gamma 10", in the order of the study, by method."""
        names = sorted(
            zip(self.places, self.variant_of_runs, strict=True), key=lambda one: self.labels.index(one[0].label)
        )
        return _distinct(name for _, name in names)

    @cached_property
    def variant_of_runs(self) -> tuple[str, ...]:
        """The variant of each run, (R,)."""
        keys = self.grid_keys
        return tuple(", ".join(filter(None, (place.label, cell_words(place.cell, keys)))) for place in self.places)

    @property
    def grid_keys(self) -> tuple[str, ...]:
        """Dotted keys of the grid, in the order of the study."""
        return _distinct(key for place in self.places for key in place.cell)

    @property
    def seeds(self) -> NDArray[np.int64]:
        """Seed of each run, (R,)."""
        return np.array([place.seed for place in self.places], np.int64)

    def column(self, name: str) -> NDArray[np.float64]:
        """One number of all runs, (R,); not-a-number where a run lacks it."""
        return self.columns.get(name, np.full(len(self), np.nan))

    def chosen(self, group: str, variant: str) -> NDArray[np.bool_]:
        """Which runs are of this data set and variant, (R,)."""
        names = zip(self.places, self.variant_of_runs, strict=True)
        return np.array([place.group == group and name == variant for place, name in names], bool)

    def paired(self, name: str, group: str, first: str, second: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """One number of two variants on a data set at the n seeds that both have, in the order of seeds: twice (n,)."""
        column, known = self.column(name), np.isfinite(self.column(name))
        one, other = (
            {self.places[i].seed: column[i] for i in np.flatnonzero(self.chosen(group, variant) & known)}
            for variant in (first, second)
        )
        shared = sorted(one.keys() & other.keys())
        return np.array([one[seed] for seed in shared], float), np.array([other[seed] for seed in shared], float)


def collect(study_folder: StudyFolder) -> Results:
    """Read what every measured run of a study measured.

    Args:
        study_folder: The study; its other runs are left out.

    Raises:
        RunError: A file of a run is damaged.
    """
    states = study_folder.states()
    return read_results(
        [
            Place(run.key, run.group, run.label, run.seed, run.cell, study_folder.run_folder(run.key))
            for run in study_folder.runs
            if states[run.key] == "measured"
        ]
    )


def read_results(places: Sequence[Place]) -> Results:
    """Read the numbers of finished runs.

    They are those of `metrics.json`, those of `certificate.json` behind "certificate.", those of `finished.json`
    behind "finished.", and two that stand in no file:

    - "reconstruction_accuracy": the accuracy of tokens or pixels, whichever the run has;
    - "knob_hit_rate": the certificate's hit rate in the way "path", mean over knobs.

    Raises:
        RunError: A file is damaged.
    """
    folders = {place.key: place.folder for place in places}
    numbers = {key: _numbers(folder) for key, folder in folders.items()}
    media = {key: _medium(folder) for key, folder in folders.items()}
    names = _distinct(name for own in numbers.values() for name in own)
    columns = {name: np.array([numbers[place.key].get(name, np.nan) for place in places], float) for name in names}
    return Results(tuple(places), tuple(media[place.key] for place in places), columns)


def cell_words(cell: Mapping[str, Any], keys: Sequence[str] = ()) -> str:
    """A cell of a grid in words, such as "gamma 10, delta 1"; a key is shortened to its last part where that is clear.

    Args:
        cell: Values by dotted key.
        keys: All keys of the grid; default: those of the cell.
    """
    lasts = [key.rpartition(".")[2] for key in keys or cell]
    words = []
    for key, value in cell.items():
        last = key.rpartition(".")[2]
        name = last if lasts.count(last) == 1 else key
        shown = f"{value:g}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)
        words.append(f"{name} {shown}")
    return ", ".join(words)


def _numbers(folder: Path) -> dict[str, float]:
    found: dict[str, float] = {}
    for file, prefix in _FILES.items():
        content = _content(folder / file)
        found |= {f"{prefix}{name}": value for name, value in scalars(content).items()}
    accuracy = next((found[name] for name in RECONSTRUCTIONS if name in found), None)
    if accuracy is not None:
        found[RECONSTRUCTION_ACCURACY] = accuracy
    rates = [value for name, value in found.items() if _is_hit_rate(name)]
    if rates:
        found[KNOB_HIT_RATE] = float(np.mean(rates))
    return found


def _is_hit_rate(name: str) -> bool:
    return name.startswith("certificate.knobs.") and name.endswith(".path.hit_rate")


def _medium(folder: Path) -> str:
    kind = _content(folder / "run.json").get("codec", {}).get("kind")
    return "pictures" if kind == "picture" else "music"


def _content(path: Path) -> dict[str, Any]:
    """A JSON file, empty where it is missing."""
    try:
        content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (OSError, ValueError) as error:
        raise RunError(f"{path} is damaged: expected the JSON file of a finished run.") from error
    if not isinstance(content, dict):
        raise RunError(f"{path} is damaged: expected the JSON file of a finished run.")
    return content


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
