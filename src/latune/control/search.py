"""Exact values: search the latent space with the true measure in the loop.

Candidates are decoded and measured in batches; the closest to the request wins, and among equally close ones the
one that keeps most of the item. First every requested knob is swept over its whole range, moving jointly, with held
knobs fixed, and alone, and the stretch around the best position more finely; then candidates that are still off are
perturbed at random, less and less, as in evolution strategies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latune.control.inference import Codes, Items
from latune.control.knobs import Knobs, Movement

__all__ = ["Found", "search"]

SWEEP = 61  # positions per knob and way of moving
FINER = 5  # positions between two neighbours of a sweep, on either side of the best one
BEYOND = 0.25  # a sweep reaches beyond the knob's range by this share of it, at either end
# Size of the perturbations per round, in standard deviations of the codes.
ROUNDS = (1.0, 0.85, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2)
PERTURBED = 96  # candidates per round
ENOUGH = 0.005  # an error below this share of the range is not improved further
ERROR_WEIGHT = 20.0  # an error of 5 % of the range weighs as much as losing the whole item


@dataclass(frozen=True)
class Found:
    """What a search found.

    Args:
        codes: Best code per item, (N, D).
        items: Its decoded item, (N, T).
        errors: Largest distance of a requested or held attribute from its target, as share of its range, (N,).
    """

    codes: Codes
    items: NDArray[np.uint8]
    errors: NDArray[np.float64]


@dataclass
class _Best:
    codes: Codes
    items: NDArray[np.uint8]
    errors: NDArray[np.float64]
    costs: NDArray[np.float64]


def search(
    items: Items,
    codes: Codes,
    targets: Mapping[str, NDArray[np.float64]],
    held: Sequence[str],
    knobs: Knobs,
    decode: Callable[[Codes], NDArray[np.uint8]],
    measure: Callable[[Items, Sequence[str]], NDArray[np.float64]],
    similarity: Callable[[Items, Items], NDArray[np.float64]],
    seed: int = 0,
) -> Found:
    """Find codes whose decoded items have the requested values.

    Args:
        items: Items to change, (N, T).
        codes: Their codes, (N, D).
        targets: Wanted value per knob and item, (N,) each, in the attribute's unit.
        held: Attributes whose measured value shall stay that of `items`.
        knobs: Calibrated knobs.
        decode: Codes (..., D) to items (..., T).
        measure: Items (M, T) and attribute names to values (M, names).
        similarity: Two arrays of items (M, T) to the share kept (M,).
        seed: Seed of the perturbations.
    """
    names = [*targets, *held]
    ends = np.array([knobs.ranges[name] for name in names])
    spans = np.maximum(ends[:, 1] - ends[:, 0], 1e-9)
    wanted = np.column_stack([*targets.values(), measure(items, list(held))] if held else list(targets.values()))
    generator = np.random.default_rng(seed)

    def consider(best: _Best | None, rows: NDArray[np.int64], candidates: Codes) -> _Best:
        """Decode and measure candidates (n, P, D) for the items `rows`; keep the best per item."""
        count = candidates.shape[1]
        decoded = decode(candidates)
        flat = decoded.reshape(len(rows) * count, *decoded.shape[2:])
        measured = measure(flat, names).reshape(len(rows), count, -1)
        deviation = np.abs(measured - wanted[rows][:, None]) / spans
        kept = similarity(np.repeat(items[rows], count, axis=0), flat).reshape(len(rows), count)
        costs = ERROR_WEIGHT * deviation.sum(axis=2) + 1 - kept
        pick = np.argmin(costs, axis=1)
        n = np.arange(len(rows))
        new = _Best(candidates[n, pick], decoded[n, pick], deviation.max(axis=2)[n, pick], costs[n, pick])
        if best is None:
            return new
        better = new.costs < best.costs[rows]
        for field in ("codes", "items", "errors", "costs"):
            getattr(best, field)[rows[better]] = getattr(new, field)[better]
        return best

    everyone = np.arange(len(items))
    best: _Best | None = None
    for name in targets:
        for candidates in _sweeps(codes, name, targets, held, knobs):
            best = consider(best, everyone, candidates)
            rows = np.flatnonzero(best.errors > ENOUGH)
            if len(rows) > 0:
                best = consider(best, rows, _between_neighbours(best.codes[rows], candidates[rows]))
    assert best is not None
    for size in ROUNDS:
        rows = np.flatnonzero(best.errors > ENOUGH)
        if len(rows) == 0:
            break
        noise = generator.normal(size=(len(rows), PERTURBED, codes.shape[1])) * knobs.spread * size
        # Perturb few dimensions at a time, so that part of the item stays.
        noise *= generator.random(noise.shape) < generator.uniform(0.05, 1.0, size=(len(rows), PERTURBED, 1))
        best = consider(best, rows, (best.codes[rows][:, None] + noise).astype(np.float32))
    return Found(best.codes, best.items, best.errors)


def _between_neighbours(best: Codes, candidates: Codes) -> Codes:
    """Positions between the candidate of a sweep (n, P, D) that is nearest to `best` (n, D) and its two neighbours."""
    rows, last = np.arange(len(best)), candidates.shape[1] - 1
    nearest = np.argmin(((candidates - best[:, None]) ** 2).sum(axis=2), axis=1)
    middle = candidates[rows, nearest][:, None]
    steps = (np.arange(1, FINER + 1, dtype=np.float32) / (FINER + 1))[None, :, None]
    sides = [candidates[rows, np.clip(nearest + side, 0, last)][:, None] for side in (-1, 1)]
    return np.concatenate([middle + steps * (side - middle) for side in sides], axis=1)


def _sweeps(
    codes: Codes, name: str, targets: Mapping[str, NDArray[np.float64]], held: Sequence[str], knobs: Knobs
) -> list[Codes]:
    """Candidates (N, SWEEP, D): one knob over its whole range, the other targets set, per way of moving."""
    knob = knobs[name]
    lowest, highest = (
        float(knob.code_of(knob.low - BEYOND * knob.span)),
        float(knob.code_of(knob.high + BEYOND * knob.span)),
    )
    positions = np.linspace(lowest, highest, SWEEP)
    others = {other: knobs[other].code_of(value) for other, value in targets.items() if other != name}
    # A held attribute need not be a knob: then only the measure holds it.
    held_knobs = [other for other in held if other in knobs.names]
    ways: list[tuple[Sequence[str], Movement]] = [((), "joint"), ((), "alone")]
    if held_knobs:
        ways.append((held_knobs, "joint"))
    return [
        np.stack([knobs.move(codes, {name: position, **others}, fixed, way) for position in positions], axis=1)
        for fixed, way in ways
    ]
