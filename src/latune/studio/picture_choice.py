"""Pictures of a gallery: from all classes, and within each as different in their attributes as can be."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from latune.attributes import Attribute
from latune.data.dataset import Dataset
from latune.studio.tune_choice import Chosen

__all__ = ["PICTURES", "choose_pictures"]

PICTURES = 120
_CANDIDATES = 6000  # test items that are looked at
_LABEL = re.compile(r"(\d+) ([^,]+)")  # of a unit such as "1 square, 2 ellipse"


def choose_pictures(dataset: Dataset, seed: int) -> Chosen:
    """Choose some 120 pictures of the test split.

    Every class has its share; within a class pictures are drawn one after the other, those far from all that were drawn
    so far more likely (the seeding of k-means++, Arthur and Vassilvitskii 2007).

    Args:
        dataset: The run's data.
        seed: Of the draws.
    """
    generator, test = np.random.default_rng(seed), dataset.split("test")
    places = np.arange(len(test))
    if len(places) > _CANDIDATES:
        places = np.sort(generator.choice(places, _CANDIDATES, replace=False))
    values = np.asarray(dataset.attributes[test[places]], float)
    labels, names = _kinds(dataset, test[places], values)
    kinds = np.unique(labels)
    each = max(1, PICTURES // len(kinds))
    of_kind = [_spread(places[labels == kind], values[labels == kind], each, generator) for kind in kinds[:PICTURES]]
    told = [names[kind] for kind, members in zip(kinds, of_kind, strict=False) for _ in members]
    # One of each kind in turn, so that the first ones show them all.
    turns = np.argsort(np.concatenate([np.arange(len(members)) for members in of_kind]), kind="stable")
    chosen = np.concatenate(of_kind)[turns]
    titles = tuple(f"{told[turn]}, test item {place}" for turn, place in zip(turns, chosen.tolist(), strict=True))
    return Chosen(np.asarray(dataset.items[test[chosen]]), titles, ())


def _kinds(
    dataset: Dataset, indices: NDArray[np.int64], values: NDArray[np.float64]
) -> tuple[NDArray[np.int64], dict[int, str]]:
    """What tells pictures apart at first sight: classes, else the first attribute of kinds, else nothing."""
    if dataset.classes is not None:
        return np.asarray(dataset.classes[indices], np.int64), dict(enumerate(dataset.class_names)) | {-1: "picture"}
    for column, attribute in enumerate(dataset.table):
        if attribute.kind == "categorical":
            numbers = np.rint(values[:, column]).astype(np.int64)
            return numbers, _labels(attribute, np.unique(numbers))
    return np.zeros(len(indices), np.int64), {0: "picture"}


def _labels(attribute: Attribute, numbers: NDArray[np.int64]) -> dict[int, str]:
    known = {int(number): label for number, label in _LABEL.findall(attribute.unit)}
    return {number: known.get(number, f"{attribute.name} {number}") for number in numbers.tolist()}


def _spread(
    places: NDArray[np.int64], values: NDArray[np.float64], count: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Some of the places (N,), as far from each other in their values (N, A) as can be."""
    if len(places) <= count:
        return places
    scale = values.std(axis=0)
    standard = (values - values.mean(axis=0)) / np.where(scale > 0, scale, 1.0)
    _, first = np.unique(standard, axis=0, return_index=True)  # equal ones would be drawn twice
    if len(first) <= count:
        return np.sort(places[first])
    from sklearn.cluster import kmeans_plusplus

    _, drawn = kmeans_plusplus(standard[first], count, random_state=int(generator.integers(2**31)))
    return np.sort(places[first[drawn]])
