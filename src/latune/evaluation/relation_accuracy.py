"""Do moves lead where they should? From draws of the regions' Gaussians, as published, and from unseen pictures.

Pairs of a region and a relation that the learner was trained on and pairs that were held out are told apart. A move is
not told where its code is. Where a picture should go is decided by its true region.

Source: Valenti and Bacciu 2022 (arXiv 2205.10056), and the code published with it, for the accuracy of draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from latune.control.inference import Codes
from latune.control.moves import Places
from latune.evaluation.move_subject import READINGS, Bools, MoveSubject

__all__ = ["DRAWS", "MOVED", "accuracy_of_draws", "accuracy_of_pictures"]

DRAWS = 1280  # per relation: 10 batches of 128, as published
MOVED = 500  # pictures per relation


@dataclass(frozen=True)
class _Moved:
    """Codes (N, D) after moves (N,), and where they should be (N,)."""

    relations: Places
    codes: Codes
    wanted: Places


def accuracy_of_draws(subject: MoveSubject) -> dict[str, Any]:
    """Accuracy in the latent space of draws of the regions' Gaussians.

    Returns:
        For "trained" pairs of region and relation, and for "held_out" ones where there are such: "total" and, per
        relation, accepted shares and accuracies per alpha. For the mode "mse" also the squared error per latent
        dimension to independent draws of the target, and the smallest that it can be.
    """
    generator, result = subject.generator(1), {}
    for part, cells in _parts(subject.allowed):
        moved = [_drawn(subject, relation, np.flatnonzero(row), generator) for relation, row in enumerate(cells)]
        names = zip(subject.mover.names, moved, strict=True)
        everything = _joined(moved)
        result[part] = {
            "total": _of_draws(subject, everything, generator),
            "per_relation": {name: _of_draws(subject, one, generator) for name, one in names},
        }
    return result


def accuracy_of_pictures(subject: MoveSubject, operator: str = "region") -> dict[str, Any]:
    """Accuracy of unseen pictures that are encoded and moved, in three readings (see `READINGS`).

    Args:
        subject: What is measured.
        operator: How binary moves are told their operator: "region", the middle of its Gaussian, or "picture", an
            unseen picture of its symbol.

    Returns:
        For "trained" and "held_out" pairs, "total" and per relation: the number of moves and an accuracy per reading.
    """
    mover, generator = subject.mover, subject.generator(2)
    operands = subject.operands
    left = generator.permutation(operands)[:MOVED]
    right = generator.choice(operands, len(left)) if mover.binary else None
    moved = []
    for number, relation in enumerate(mover.regions.relations):
        operators = None
        if relation.operator is not None and operator == "picture":
            symbols = np.flatnonzero(subject.places == relation.operator)
            operators = subject.codes[generator.choice(symbols, len(left))]
        moved.append(_moved_pictures(subject, number, left, right, operators))
    everything = _joined(moved)
    found = subject.readings(everything.codes)
    correct = {name: found[name] == everything.wanted for name in READINGS}
    start = (subject.places[left],) if right is None else (subject.places[left], subject.places[right])
    trained = np.concatenate([row[start] for row in subject.allowed])
    pictures = np.tile(np.arange(len(left)), len(moved))

    def entry(chosen: Bools) -> dict[str, Any]:
        shares = {name: subject.estimate(values[chosen], pictures[chosen]) for name, values in correct.items()}
        return {"moves": int(chosen.sum()), **shares}

    result = {}
    for part, chosen in (("trained", trained), ("held_out", ~trained)):
        if chosen.any():
            per_relation = {name: entry(chosen & (everything.relations == k)) for k, name in enumerate(mover.names)}
            result[part] = {"total": entry(chosen), "per_relation": per_relation}
    return result


def _parts(allowed: Bools) -> Iterator[tuple[str, Bools]]:
    """Trained start regions of each relation, flattened (R, E) or (R, E E), and held-out ones where there are such."""
    flat = allowed.reshape(len(allowed), -1)
    yield "trained", flat
    if not flat.all():
        yield "held_out", ~flat


def _drawn(subject: MoveSubject, relation: int, cells: Places, generator: np.random.Generator) -> _Moved:
    """Draws of start regions, each as likely as any other, after one move."""
    mover = subject.mover
    entities, drawn = mover.regions.entities, generator.choice(cells, DRAWS)
    relations = np.full(DRAWS, relation)
    if not mover.binary:
        codes = mover.move(_sample(subject, drawn, generator), relations)
        return _Moved(relations, codes, mover.targets(relations, drawn))
    left, right = drawn // entities, drawn % entities
    operators = np.full(DRAWS, mover.regions.relations[relation].operator)
    operands = [_sample(subject, places, generator) for places in (left, right, operators)]
    return _Moved(relations, mover.move(operands[0], relations, *operands[1:]), mover.targets(relations, left, right))


def _moved_pictures(
    subject: MoveSubject, relation: int, left: Places, right: Places | None, operators: Codes | None
) -> _Moved:
    """Pictures, by their numbers (N,), after one move."""
    mover, relations = subject.mover, np.full(len(left), relation)
    if right is None:
        wanted = mover.targets(relations, subject.places[left])
        return _Moved(relations, mover.move(subject.codes[left], relations), wanted)
    codes = mover.move(subject.codes[left], relations, subject.codes[right], operators)
    return _Moved(relations, codes, mover.targets(relations, subject.places[left], subject.places[right]))


def _joined(moved: list[_Moved]) -> _Moved:
    columns = zip(*((one.relations, one.codes, one.wanted) for one in moved), strict=True)
    return _Moved(*(np.concatenate(column) for column in columns))


def _of_draws(subject: MoveSubject, moved: _Moved, generator: np.random.Generator) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "draws": len(moved.codes),
        "rejection": subject.rejection(moved.codes, moved.wanted),
    }
    if subject.mover.moves.mode == "mse":
        error = (moved.codes - _sample(subject, moved.wanted, generator)) ** 2
        variances = subject.mover.mixture.covariances.diagonal(dim1=1, dim2=2).mean(dim=1).numpy()
        entry["squared_error"] = subject.estimate(error.mean(axis=1))
        entry["smallest_squared_error"] = float(variances[moved.wanted].mean())
    return entry


def _sample(subject: MoveSubject, places: Places, generator: np.random.Generator) -> Codes:
    return subject.mover.sample(places, int(generator.integers(1 << 31)))
