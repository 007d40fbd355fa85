"""Do moves still lead where they should after many moves, and do they obey the algebra of their relations?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from latune.control.inference import Codes
from latune.control.moves import Places
from latune.data.regions import Regions
from latune.evaluation.move_subject import READINGS, Bools, MoveSubject

__all__ = ["CHAINS", "LONGEST", "Law", "algebra", "chain_accuracy", "laws"]

LONGEST = 20  # moves in a chain
CHAINS = 250
LONGEST_CYCLE = 4
LAW_ITEMS = 1000


def chain_accuracy(subject: MoveSubject) -> dict[str, Any]:
    """Accuracy after 1 to 20 random moves of unseen pictures, which stay codes in between.

    Each move of each chain is drawn anew; binary moves take the running result and another unseen picture as operands,
    and the middle of the operator's region.

    Returns:
        "lengths", the number of "chains", the "chance" of a guess, and per reading (see `READINGS`) an accuracy for
        each length.
    """
    mover, generator = subject.mover, subject.generator(3)
    operands = subject.operands
    start = generator.permutation(operands)[:CHAINS]
    codes, places = subject.codes[start], subject.places[start]
    shares: dict[str, list[dict[str, float | None]]] = {name: [] for name in READINGS}
    for _ in range(LONGEST):
        relations = generator.integers(len(mover.names), size=len(start))
        if mover.binary:
            right = generator.choice(operands, len(start))
            codes = mover.move(codes, relations, subject.codes[right])
            places = mover.targets(relations, places, subject.places[right])
        else:
            codes, places = mover.move(codes, relations), mover.targets(relations, places)
        for name, found in subject.readings(codes).items():
            shares[name].append(subject.estimate(found == places))
    lengths = list(range(1, LONGEST + 1))
    return {"lengths": lengths, "chains": len(start), "chance": 1 / mover.regions.entities, **shares}


@dataclass(frozen=True)
class Law:
    """Two sequences of moves that lead to the same region from everywhere.

    Args:
        name: In words.
        kind: "inverse", "commutation" or "cycle".
        one: Numbers of relations, in their order.
        other: The same; nothing where `one` leads back.
    """

    name: str
    kind: str
    one: tuple[int, ...]
    other: tuple[int, ...]


def laws(regions: Regions) -> Iterator[Law]:
    """What follows from the tables of relations: there and back, either order, and round in at most four moves.

    A unary relation that is its own inverse goes round in two moves and is named once, as a cycle.
    """
    names = [relation.name for relation in regions.relations]
    for first, second in enumerate(regions.inverses.tolist()):
        if second >= 0 and (regions.binary or second != first):
            yield Law(f"{names[first]}, {names[second]} = nothing", "inverse", (first, second), ())
    for first, second in regions.commuting.tolist():
        name = f"{names[first]}, {names[second]} = {names[second]}, {names[first]}"
        yield Law(name, "commutation", (first, second), (second, first))
    if not regions.binary:
        for number, relation in enumerate(regions.relations):
            length = _cycle(relation.table)
            if length is not None:
                yield Law(f"{length} x {names[number]} = nothing", "cycle", (number,) * length, ())


def algebra(subject: MoveSubject) -> list[dict[str, Any]]:
    """How well codes of unseen pictures obey each law.

    Returns:
        Per law: its name and kind; "accuracy", the share whose ends (of both sequences) lie in the right region; and
        "distance" of one end from the other, or from the start: root mean square over latent dimensions, in standard
        deviations of the end region.
    """
    mover, generator = subject.mover, subject.generator(4)
    start = generator.permutation(subject.operands)[:LAW_ITEMS]
    right = generator.choice(subject.operands, len(start)) if mover.binary else None
    entries = []
    for law in laws(mover.regions):
        (one, places), (other, _) = (_after(subject, start, right, moves) for moves in (law.one, law.other))
        arrived: Bools = mover.places(one) == places
        if law.other:
            arrived &= mover.places(other) == places
        distance = _whitened_distance(subject, one - other, places)
        entries.append(
            {
                "law": law.name,
                "kind": law.kind,
                "items": len(start),
                "accuracy": subject.estimate(arrived),
                "distance": subject.estimate(distance),
            }
        )
    return entries


def _cycle(table: NDArray[np.integer]) -> int | None:
    """After how many moves, at most four, one is back everywhere."""
    here = np.arange(len(table))
    reached: NDArray[np.integer] = here
    for length in range(1, LONGEST_CYCLE + 1):
        reached = table[reached]
        if (reached == here).all():
            return length
    return None


def _after(subject: MoveSubject, start: Places, right: Places | None, moves: Sequence[int]) -> tuple[Codes, Places]:
    """Codes and right places of pictures, by their numbers (N,), after moves with the same right operand."""
    mover, codes, places = subject.mover, subject.codes[start], subject.places[start]
    for move in moves:
        relations = np.full(len(start), move)
        if right is None:
            codes, places = mover.move(codes, relations), mover.targets(relations, places)
        else:
            codes = mover.move(codes, relations, subject.codes[right])
            places = mover.targets(relations, places, subject.places[right])
    return codes, places


def _whitened_distance(subject: MoveSubject, offsets: Codes, places: Places) -> Codes:
    """Length (N,) of offsets (N, D), whitened by the Gaussians of regions (N,), per latent dimension."""
    factors = subject.mover.mixture.factors[torch.from_numpy(places)]
    columns = torch.from_numpy(offsets)[..., None].to(factors.dtype)
    whitened = torch.linalg.solve_triangular(factors, columns, upper=False)[..., 0]
    return np.asarray(whitened.square().mean(dim=1).sqrt().numpy())
