"""What do moves change besides? Attributes of decoded pictures before and after a move.

An attribute is looked at as its deviation from the mean of the region that the picture is in, in standard deviations
within regions, so that the change that a move is for does not count.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.attributes import AttributeTable
from latune.control.moves import Places
from latune.data.codecs import Codec
from latune.evaluation.move_subject import MoveSubject
from latune.metrics.nuisances import RegionScale, correlation, region_scale, wrapped

__all__ = ["NUISANCE_ITEMS", "nuisance_preservation"]

NUISANCE_ITEMS = 250  # pictures, each of which makes every move
FEWEST_ITEMS = 10  # of fewer that count, nothing is said

Values = NDArray[np.float64]


def nuisance_preservation(subject: MoveSubject, codec: Codec, real: Values, regions: Places) -> dict[str, Any]:
    """How far moves shift attributes that vary within regions.

    Pictures that are read as another region than they should be, before or after the move, do not count: they say
    nothing about a region's mean. Nor do values that are not a number, such as the orientation of a square.

    Args:
        subject: What is measured.
        codec: Measures decoded pictures.
        real: Attributes of real training items (M, A).
        regions: Their regions (M,).

    Returns:
        Per attribute and move: "change", the root mean square of deviation after less deviation before, "correlation"
        of the two, "constant", the change where every answer was the mean of its region, and the "items" that count
        (0 where they are too few).
    """
    mover, table = subject.mover, codec.table
    scale = region_scale(_unwound(table, real), regions, len(mover.regions.names))
    generator = subject.generator(5)
    start = generator.permutation(subject.operands)[:NUISANCE_ITEMS]
    right = generator.choice(subject.operands, len(start)) if mover.binary else None
    before = _deviations(subject, codec, scale, mover.decode(subject.codes[start]), subject.places[start])
    per_move = {}
    for number, name in enumerate(mover.names):
        relations = np.full(len(start), number)
        others = None if right is None else subject.codes[right]
        wanted = mover.targets(relations, subject.places[start], None if right is None else subject.places[right])
        decoded = mover.decode(mover.move(subject.codes[start], relations, others))
        per_move[name] = _deviations(subject, codec, scale, decoded, wanted)
    return {
        attribute: {name: _compared(subject, before[:, column], after[:, column]) for name, after in per_move.items()}
        for column, attribute in enumerate(table.names)
        if scale.varying[column]
    }


def _deviations(
    subject: MoveSubject, codec: Codec, scale: RegionScale, pictures: NDArray[np.uint8], places: Places
) -> Values:
    """Deviations (N, A) of pictures from the means of their regions (N,), not a number where they are not there."""
    arrived = subject.reader.classes(pictures) == places
    deviations = scale.deviations(_unwound(codec.table, codec.measure(pictures)), places)
    return np.where(arrived[:, None] & ~codec.empty(pictures)[:, None], deviations, np.nan)


def _unwound(table: AttributeTable, values: Values) -> Values:
    """Values (N, A) with angles in (-pi, pi]: a region around 0 is not torn apart."""
    angular = np.array([attribute.unit == "radians" for attribute in table])
    return np.where(angular, wrapped(values), values)


def _compared(subject: MoveSubject, before: Values, after: Values) -> dict[str, Any]:
    known = np.isfinite(before) & np.isfinite(after)
    if known.sum() < FEWEST_ITEMS:
        known[:] = False
    before, after = before[known], after[known]
    return {
        "items": len(before),
        "change": _root(subject.estimate((after - before) ** 2)),
        "correlation": correlation(before, after),
        "constant": _root(subject.estimate(before**2)),
    }


def _root(estimate: dict[str, float | None]) -> dict[str, float | None]:
    return {name: None if value is None else float(np.sqrt(value)) for name, value in estimate.items()}
