"""Regions: what the items of a data set are, as one of K kinds, and the relations that lead from one to another.

- Sprites: shape x horizontal x vertical position, 27 regions; positions are three bands with gaps between them. Items
  between the bands, of other scales or turned further lie in no region.
- Scenes: hue and shape of the object x three bands of its scale, 120 regions.
- Symbols: the thirteen classes; a relation of two digits is told by the symbol of an operator.
- Any other data set with classes has these as regions, and no relations.

Source: Valenti and Bacciu 2022, "Leveraging relational information for learning weakly disentangled representations"
(arXiv 2205.10056). Bands of the sprites are those of its code. That code leaves open which hue and which bands of scale
tell scenes apart: object hue, and bands with gaps as for sprites, are a choice made here.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from latune.data.dataset import Dataset
from latune.errors import InputError, RecipeError, RunError

__all__ = [
    "SCENE_GRID",
    "SPRITE_GRID",
    "Factor",
    "Grid",
    "Regions",
    "Relation",
    "Step",
    "regions_from_dict",
    "regions_of",
    "with_regions",
]

Table = NDArray[np.int32]
Bands = tuple[tuple[int, ...], ...]

OFF_GRID = 1e-3  # of a step between two values: float32 is far closer
ARITHMETIC = {"+": ("add", np.add), "-": ("sub", np.subtract), "times": ("mul", np.multiply)}
DIGITS = 10
SYMBOLS = (*"0123456789", *ARITHMETIC)


@dataclass(frozen=True, eq=False)
class Relation:
    """Where one region, or two, lead to.

    Args:
        name: Its name.
        table: Of a unary relation the target of each region, (K,); of a binary one the target of each pair of the E
            entities, (E, E).
        operator: Of a binary relation the region of the symbol that stands for it.
    """

    name: str
    table: Table
    operator: int | None = None

    @property
    def binary(self) -> bool:
        """Whether it relates two entities to a third."""
        return self.table.ndim == 2

    def to_dict(self) -> dict[str, Any]:
        """A JSON form."""
        return {"name": self.name, "table": self.table.tolist(), "operator": self.operator}


@dataclass(frozen=True)
class Regions:
    """The regions of a data set.

    Args:
        names: Of the K regions, in order of their numbers.
        relations: Between regions; all unary or all binary.
        entities: How many of the first regions are operands and results: K where relations are unary.

    Raises:
        InputError: Names are not different, or the relations do not fit the regions or each other.
    """

    names: tuple[str, ...]
    relations: tuple[Relation, ...]
    entities: int

    def __post_init__(self) -> None:
        if not self.names or len(set(self.names)) < len(self.names):
            raise InputError("Regions need names, all of them different.")
        if len({relation.name for relation in self.relations}) < len(self.relations):
            raise InputError("Relations need different names.")
        arities = {relation.binary for relation in self.relations}
        if len(arities) > 1:
            raise InputError("Relations must be all unary or all binary.")
        fewest, most = 1 if arities == {True} else len(self.names), len(self.names)
        if not fewest <= self.entities <= most:
            raise InputError(f"entities: expected {fewest} to {most}, got {self.entities}.")
        for relation in self.relations:
            self._check(relation)

    def _check(self, relation: Relation) -> None:
        table, name = relation.table, relation.name
        expected = (self.entities,) * (2 if relation.binary else 1)
        if table.shape != expected:
            raise InputError(f"Relation '{name}': expected a table {expected}, got {table.shape}.")
        if table.min() < 0 or table.max() >= self.entities:
            raise InputError(f"Relation '{name}': expected targets from 0 to {self.entities - 1}.")
        operators = range(len(self.names)) if relation.binary else (None,)
        if relation.operator not in operators:
            raise InputError(f"Relation '{name}': a binary relation has a region as operator, a unary one has none.")

    @property
    def inverses(self) -> Table:
        """The relation (R,) that leads back from wherever each one leads to, -1 where there is none.

        A binary one has the same right operand: (l + m) - m = l.
        """
        found = np.full(len(self.relations), -1, np.int32)
        for (first, there), (second, back) in itertools.product(enumerate(self.relations), repeat=2):
            returned = np.take_along_axis(back.table, there.table, axis=0)
            here = np.arange(len(returned)).reshape(-1, *[1] * (returned.ndim - 1))
            if (returned == here).all():
                found[first] = second
        return found

    @property
    def commuting(self) -> Table:
        """Pairs (P, 2) of different unary relations that lead to the same region in either order, everywhere."""
        pairs = itertools.combinations(range(len(self.relations)), 2) if not self.binary else ()
        tables = [relation.table for relation in self.relations]
        equal = [(r, q) for r, q in pairs if (tables[r][tables[q]] == tables[q][tables[r]]).all()]
        return np.array(equal, np.int32).reshape(-1, 2)

    @property
    def binary(self) -> bool:
        """Whether relations have two operands."""
        return bool(self.relations) and self.relations[0].binary

    def to_dict(self) -> dict[str, Any]:
        """A JSON form that `regions_from_dict` reads."""
        relations = [relation.to_dict() for relation in self.relations]
        return {"names": list(self.names), "relations": relations, "entities": self.entities}


def regions_from_dict(content: Any, path: Path) -> Regions:
    """Rebuild regions from `Regions.to_dict`.

    Args:
        content: What was read.
        path: Where from, for the error.

    Raises:
        RunError: The content is damaged.
    """
    try:
        if not isinstance(content["relations"], list):
            raise TypeError("expected a list of relations")
        relations = tuple(_relation(entry) for entry in content["relations"])
        return Regions(tuple(_all_text(content["names"])), relations, _whole(content["entities"]))
    except InputError as error:
        raise RunError(f"{path} is damaged: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{path} is damaged: expected regions with names, relations and entities.") from error


def _relation(entry: Mapping[str, Any]) -> Relation:
    table = np.asarray(entry["table"])
    if not np.issubdtype(table.dtype, np.integer) or (table != table.astype(np.int32)).any():
        raise ValueError("a table holds numbers of regions")
    operator = None if entry["operator"] is None else _whole(entry["operator"])
    return Relation(_all_text([entry["name"]])[0], table.astype(np.int32), operator)


def _all_text(values: Any) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError("expected a list of names")
    return values


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("expected a whole number")
    return value


@dataclass(frozen=True)
class Factor:
    """An attribute of evenly spaced values, and the bands of them that tell regions apart.

    Args:
        attribute: Its name.
        low: Its lowest value.
        high: Its highest value.
        count: How many values it has.
        bands: Numbers of the values, from 0, of each band; items with other values lie in no region.
        labels: What the bands are called in the name of a region; a factor with one band only filters.
        optional: Whether a data set may lack it, being the same for all its items.
    """

    attribute: str
    low: float
    high: float
    count: int
    bands: Bands
    labels: tuple[str, ...] = ("",)
    optional: bool = False

    def bands_of(self, values: NDArray[np.floating]) -> NDArray[np.int64] | None:
        """The band of each item (N,) by its value (N,), -1 outside; None where a value is none of the factor's."""
        places = (values.astype(np.float64) - self.low) * (self.count - 1) / (self.high - self.low)
        numbers = np.rint(places).astype(np.int64)
        off = (np.abs(places - numbers) > OFF_GRID) | (numbers < 0) | (numbers >= self.count)
        if off.any():
            return None
        band_of_value = np.full(self.count, -1, np.int64)
        for band, members in enumerate(self.bands):
            band_of_value[list(members)] = band
        return band_of_value[numbers]


@dataclass(frozen=True)
class Step:
    """A unary relation: a step along one factor.

    Args:
        name: Its name.
        factor: The attribute.
        bands: How many bands it goes on.
        ends: "wrap" goes on at the other end, "clip" stays.
    """

    name: str
    factor: str
    bands: int
    ends: Literal["wrap", "clip"]


@dataclass(frozen=True)
class Grid:
    """Regions that are a full grid of bands, the first factor varying slowest.

    Args:
        factors: What tells items apart.
        title: Name of a region, made of the labels of its bands by attribute.
        steps: Its relations.
    """

    factors: tuple[Factor, ...]
    title: str
    steps: tuple[Step, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Bands of each factor."""
        return tuple(len(factor.bands) for factor in self.factors)

    def regions(self) -> Regions:
        """The K regions of the grid with their relations."""
        attributes = [factor.attribute for factor in self.factors]
        labels = itertools.product(*(factor.labels for factor in self.factors))
        names = tuple(self.title.format(**dict(zip(attributes, chosen, strict=True))) for chosen in labels)
        relations = tuple(
            Relation(step.name, _step_table(self.sizes, attributes.index(step.factor), step.bands, step.ends))
            for step in self.steps
        )
        return Regions(names, relations, len(names))

    def region_of_items(self, dataset: Dataset) -> NDArray[np.int16] | None:
        """The region of each item (N,), -1 outside of all; None where the data set does not have these factors."""
        columns = []
        for factor in self.factors:
            if factor.attribute in dataset.table.names:
                bands = factor.bands_of(np.asarray(dataset.attributes[:, dataset.table.index(factor.attribute)]))
            else:
                bands = np.zeros(len(dataset.attributes), np.int64) if factor.optional else None
            if bands is None:
                return None
            columns.append(bands)
        inside = np.min(columns, axis=0) >= 0
        numbers = np.ravel_multi_index(tuple(columns), self.sizes, mode="clip")
        return np.where(inside, numbers, -1).astype(np.int16)


def _step_table(sizes: tuple[int, ...], axis: int, bands: int, ends: Literal["wrap", "clip"]) -> Table:
    """The target (K,) of each region of a grid when one factor goes some bands on."""
    places = np.indices(sizes).reshape(len(sizes), -1)
    places[axis] += bands
    return np.ravel_multi_index(tuple(places), sizes, mode=ends).astype(np.int32)


def _single(count: int) -> Bands:
    """Each value as a band of its own."""
    return tuple((number,) for number in range(count))


def _numbered(word: str, count: int) -> tuple[str, ...]:
    return tuple(f"{word}{number}" for number in range(count))


_THIRDS = (tuple(range(5)), tuple(range(13, 18)), tuple(range(27, 32)))  # of 32 positions

SPRITE_GRID = Grid(
    factors=(
        Factor("shape", 1, 3, 3, _single(3), ("S", "E", "H")),
        Factor("posx", 0, 1, 32, _THIRDS, ("<", "x", ">")),
        Factor("posy", 0, 1, 32, _THIRDS, ("^", "x", "v")),
        Factor("scale", 0.5, 1, 6, ((2, 3, 4),)),
        Factor("orientation", 0, 2 * np.pi, 40, ((0, 1, 2, 37, 38, 39),), optional=True),
    ),
    title="{posx}{posy}{shape}",
    steps=(
        Step("left", "posx", -1, "wrap"),
        Step("right", "posx", 1, "wrap"),
        Step("up", "posy", -1, "wrap"),
        Step("down", "posy", 1, "wrap"),
        Step("shape", "shape", 1, "wrap"),
    ),
)
"""27 regions of sprites: number 9 shape + 3 posx + posy, "<^S" to ">vH"; 12,150 of all sprites lie in one."""

SCENE_GRID = Grid(
    factors=(
        Factor("object_hue", 0, 0.9, 10, _single(10), _numbered("HU", 10)),
        Factor("shape", 0, 3, 4, _single(4), _numbered("SH", 4)),
        Factor("scale", 0.75, 1.25, 8, ((0, 1), (3, 4), (6, 7)), _numbered("SC", 3)),
    ),
    title="{object_hue},{shape},{scale}",
    steps=(
        Step("more_hue", "object_hue", 1, "clip"),
        Step("less_hue", "object_hue", -1, "clip"),
        Step("bigger", "scale", 1, "clip"),
        Step("smaller", "scale", -1, "clip"),
        Step("shape", "shape", 1, "wrap"),
    ),
)
"""120 regions of scenes: number 12 hue + 3 shape + scale, "HU0,SH0,SC0" to "HU9,SH3,SC2"."""


def regions_of(dataset: Dataset) -> tuple[Regions, NDArray[np.int16]]:
    """The regions of a data set, and the region of each of its items (N,), -1 outside of all.

    A data set has the regions of sprites or scenes where it has their attributes, with no values but theirs.

    Raises:
        RecipeError: The data set has neither such attributes nor classes.
        InputError: Its classes have equal names.
    """
    for grid in (SPRITE_GRID, SCENE_GRID):
        region_of_item = grid.region_of_items(dataset)
        if region_of_item is not None:
            return grid.regions(), region_of_item
    if dataset.classes is None:
        raise RecipeError(f"data.protocol: regions needs classes, sprites or scenes, and '{dataset.name}' has none.")
    names = dataset.class_names
    regions = _symbol_regions() if names == SYMBOLS else Regions(names, (), len(names))
    return regions, np.asarray(dataset.classes, np.int16)


def with_regions(dataset: Dataset) -> Dataset:
    """A view of a data set with its regions as classes, -1 for items outside of all.

    Raises:
        RecipeError: As `regions_of`.
        InputError: As `regions_of`.
    """
    regions, region_of_item = regions_of(dataset)
    description = {**dataset.description, "class_names": list(regions.names)}
    return replace(dataset, classes=region_of_item, description=description)


def _symbol_regions() -> Regions:
    """Digits and operators, with what each operator makes of two digits, modulo 10."""
    digits = np.arange(DIGITS)
    relations = tuple(
        Relation(name, (function.outer(digits, digits) % DIGITS).astype(np.int32), SYMBOLS.index(sign))
        for sign, (name, function) in ARITHMETIC.items()
    )
    return Regions(SYMBOLS, relations, DIGITS)
