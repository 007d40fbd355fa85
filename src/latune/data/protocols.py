"""Protocols: which items a model learns from and which it is measured on, as views of a data set's splits.

- "default": the splits as they are stored.
- "full": train on all items and measure on all of them, as the literature on sprites does; nothing is held out.
- "holdout": a tenth is held out.
- "kfold": K folds; fold k is the test split, the others are for training.
- "heldout_shape", "heldout_quadrant": what is tested is unlike anything trained on.
- "regions": the items that lie in a region (see `latune.data.regions`), which becomes their class; a tenth is held out,
  another tenth is for validation.

Nothing is stored or copied: a view has the arrays of its data set and other indices. Groups are never cut, except by
"full". Sets of tunes keep the items that are stored: tunes that were stored for training occur in every key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from latune.data.dataset import Dataset
from latune.data.regions import with_regions
from latune.errors import RecipeError

__all__ = ["MOST_VALUES", "Protocol", "ProtocolName", "fold_of_items", "with_protocol"]

ProtocolName = Literal["default", "full", "holdout", "kfold", "heldout_shape", "heldout_quadrant", "regions"]

HOLDOUT_FOLDS = 10  # "holdout" and "regions" test one fold of so many
MOST_VALUES = 10  # an attribute of at most so many values makes strata by itself
VALIDATION_ITEMS = 2048  # at most so many training items are for validation
VALIDATION_SHARE = 0.05  # and at most this share of them
QUADRANTS = (1.0, 2.0, 3.0, 4.0)  # top left, top right, bottom left, bottom right

Numbers = NDArray[np.int32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Protocol:
    """How a data set is split.

    Args:
        name: One of `ProtocolName`.
        folds: Number K of folds of "kfold".
        fold: Which of them is tested, from 0.
        heldout: Which shape or quadrant is tested; default: the last one. Quadrants are 1 top left, 2 top right,
            3 bottom left, 4 bottom right.
        stratify: Attributes whose values are spread evenly over folds; default: classes where the data set has such,
            else all attributes of at most 10 values.
        seed: Seed of all that is drawn.
    """

    name: ProtocolName = "default"
    folds: int = 10
    fold: int | None = None
    heldout: int | None = None
    stratify: tuple[str, ...] | None = None
    seed: int = 0

    @property
    def key(self) -> str:
        """A name for files, of the protocol and what differs from its defaults: "kfold-fold-3"."""
        words = [self.name, *(word for field in fields(self)[1:] for word in self._words(field.name, field.default))]
        return "-".join(words)

    def _words(self, name: str, default: object) -> list[str]:
        value = getattr(self, name)
        if value == default:
            return []
        return [name, "_".join(value) if isinstance(value, tuple) else str(value)]


def with_protocol(dataset: Dataset, protocol: Protocol) -> Dataset:
    """A view of a data set with the splits "train", "validation" and "test" of a protocol, as sorted int32 indices.

    Args:
        dataset: Any data set.
        protocol: What is trained on and what is tested.

    Raises:
        RecipeError: The data set has no attributes of that kind, no regions or too few groups, or no fold is named.
    """
    if protocol.name == "default":
        return dataset
    if protocol.name == "regions":
        dataset = with_regions(dataset)
        splits = _by_region(dataset, protocol)
    elif protocol.name == "full":
        splits = _full(len(dataset.items), protocol.seed)
    else:
        splits = _held_out(dataset, _tested(dataset, protocol), protocol.seed)
    description = {k: v for k, v in dataset.description.items() if k != "overlap"}  # that of other splits
    description |= {"splits": {name: len(part) for name, part in splits.items()}, "protocol": protocol.key}
    return replace(dataset, splits=splits, description=description)


def fold_of_items(dataset: Dataset, folds: int, stratify: Sequence[str] | None = None, seed: int = 0) -> Numbers:
    """The fold of each item (N,), from 0: stratified folds that are as equal in size as whole groups allow.

    Groups are dealt out from large to small, those of one size stratum by stratum. A group counts as what its first
    item is.

    Args:
        dataset: Any data set.
        folds: Number K of folds.
        stratify: As in `Protocol`.
        seed: Seed of the dealing.

    Raises:
        RecipeError: There are fewer groups than folds, or there is no such attribute.
    """
    return _folds_among(dataset, np.arange(len(dataset.items)), folds, stratify, seed)


def _folds_among(
    dataset: Dataset, members: NDArray[np.int64], folds: int, stratify: Sequence[str] | None, seed: int
) -> Numbers:
    """The fold of each member (M,): items by their indices (M,), as if there were no others."""
    _, first, group_of_item, sizes = np.unique(
        np.asarray(dataset.groups)[members], return_index=True, return_inverse=True, return_counts=True
    )
    if len(sizes) < folds:
        raise RecipeError(f"data.folds: data set '{dataset.name}' has {len(sizes)} groups, too few for {folds} folds.")
    strata = _strata(dataset, stratify)[members[first]]
    return _deal(sizes, strata, folds, seed)[group_of_item]


def _deal(sizes: NDArray[np.int64], strata: Numbers, folds: int, seed: int) -> Numbers:
    """The fold of each group: blocks of equal size and stratum evenly, what is left over to the smallest folds."""
    shuffled = np.random.default_rng(seed).permutation(len(sizes))
    order = shuffled[np.lexsort((strata[shuffled], -sizes[shuffled]))]
    ends = np.flatnonzero(np.diff(sizes[order]) | np.diff(strata[order])) + 1
    fold_of_group = np.empty(len(sizes), np.int32)
    filled = np.zeros(folds, np.int64)
    for block in np.split(order, ends):
        smallest_first = np.argsort(filled, kind="stable")
        fold_of_group[block] = smallest_first[np.arange(len(block)) % folds]
        filled += np.bincount(fold_of_group[block], minlength=folds) * sizes[block[0]]
    return fold_of_group


def _strata(dataset: Dataset, stratify: Sequence[str] | None) -> Numbers:
    """The stratum of each item (N,)."""
    if stratify is None and dataset.classes is not None:
        return np.asarray(dataset.classes, np.int32)
    strata = np.zeros(len(dataset.items), np.int32)
    for name in dataset.table.names if stratify is None else stratify:
        values, which = np.unique(dataset.attributes[:, dataset.table.index(name)], return_inverse=True)
        if stratify is not None or len(values) <= MOST_VALUES:
            strata = np.unique(strata.astype(np.int64) * len(values) + which, return_inverse=True)[1].astype(np.int32)
    return strata


def _by_region(dataset: Dataset, protocol: Protocol) -> dict[str, Numbers]:
    """Folds of the items inside regions: one is tested, one is for validation, the others are learned from."""
    classes = np.asarray(dataset.classes)
    members = np.flatnonzero(classes >= 0)
    fold = _folds_among(dataset, members, HOLDOUT_FOLDS, protocol.stratify, protocol.seed)
    parts = {"train": members[fold > 1], "validation": members[fold == 1], "test": members[fold == 0]}
    for split, part in parts.items():
        counts = np.bincount(classes[part], minlength=len(dataset.class_names))
        if not counts.all():
            name = dataset.class_names[int(np.argmin(counts))]
            raise RecipeError(
                f"data.protocol: region '{name}' of '{dataset.name}' has too few items for a {split} part."
            )
    return {name: part.astype(np.int32) for name, part in parts.items()}


def _full(count: int, seed: int) -> dict[str, Numbers]:
    everything = np.arange(count, dtype=np.int32)
    drawn = np.random.default_rng(seed).choice(count, min(VALIDATION_ITEMS, count), replace=False)
    return {"train": everything, "validation": np.sort(drawn).astype(np.int32), "test": everything}


def _tested(dataset: Dataset, protocol: Protocol) -> Mask:
    """Which items are tested, (N,)."""
    if protocol.name == "holdout":
        return _in_fold(dataset, protocol, HOLDOUT_FOLDS, 0)
    if protocol.name == "kfold":
        if protocol.fold is None or not 0 <= protocol.fold < protocol.folds:
            raise RecipeError(f"data.fold: expected 0 to {protocol.folds - 1}, got {protocol.fold}.")
        return _in_fold(dataset, protocol, protocol.folds, protocol.fold)
    if protocol.name == "heldout_shape":
        return _chosen(_column(dataset, "shape", protocol.name), protocol.heldout, dataset.name)
    right, down = (_beyond_middle(_column(dataset, name, protocol.name)) for name in ("posx", "posy"))
    return _chosen(1.0 + right + 2.0 * down, protocol.heldout, dataset.name, QUADRANTS)


def _in_fold(dataset: Dataset, protocol: Protocol, folds: int, fold: int) -> Mask:
    inside: Mask = fold_of_items(dataset, folds, protocol.stratify, protocol.seed) == fold
    return inside


def _column(dataset: Dataset, name: str, protocol: str) -> NDArray[np.float32]:
    if name not in dataset.table.names:
        raise RecipeError(f"data.protocol: {protocol} needs the attribute '{name}', which '{dataset.name}' lacks.")
    return np.asarray(dataset.attributes[:, dataset.table.index(name)])


def _beyond_middle(values: NDArray[np.float32]) -> Mask:
    beyond: Mask = values > (values.min() + values.max()) / 2
    return beyond


def _chosen(
    values: NDArray[np.floating], heldout: int | None, dataset: str, expected: Sequence[float] | None = None
) -> Mask:
    """Items (N,) with the value that is held out; default: the largest."""
    known = np.unique(values).tolist() if expected is None else expected
    wanted = known[-1] if heldout is None else float(heldout)
    tested: Mask = values == wanted
    if wanted not in known or not tested.any() or tested.all():
        listed = ", ".join(f"{value:g}" for value in known)
        raise RecipeError(f"data.heldout: expected one of {listed}, of which '{dataset}' has several, got {wanted:g}.")
    return tested


def _held_out(dataset: Dataset, tested: Mask, seed: int) -> dict[str, Numbers]:
    """Test what is chosen, learn from all groups that have no part in it, and set a few of those aside."""
    groups = np.asarray(dataset.groups)
    rest = np.flatnonzero(~np.isin(groups, groups[tested]))
    names, group_of_item, sizes = np.unique(groups[rest], return_inverse=True, return_counts=True)
    if len(names) < 2:
        raise RecipeError(
            f"data.protocol: data set '{dataset.name}' has {len(names)} groups to learn from, expected at least 2."
        )
    order = np.random.default_rng([seed, 1]).permutation(len(names))
    wanted = min(VALIDATION_ITEMS, VALIDATION_SHARE * len(rest))
    count = 1 + int(np.searchsorted(np.cumsum(sizes[order[:-1]]), wanted))
    aside = np.zeros(len(names), np.bool_)
    aside[order[: min(count, len(names) - 1)]] = True
    validating = aside[group_of_item]
    parts = {"train": rest[~validating], "validation": rest[validating], "test": np.flatnonzero(tested)}
    return {name: part.astype(np.int32) for name, part in parts.items()}
