"""Requests met by measuring: candidates are decoded and measured in batches, and the closest to the request wins.

Two searches share the loop. `search_path` stays on the joint path: a knob is swept over its whole range while all
dimensions follow as in real items, and the stretch around the best position is looked at more finely; several knobs
take turns. `search` goes on from there: along the knob's own dimension, with held knobs fixed, and then by random
perturbations, less and less, as in evolution strategies. Among equally close candidates the one wins that keeps most of
the item, and that leaves attributes alone which real items give no reason to move.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latune.control.inference import Codes, Items
from latune.control.knobs import Knob, Knobs, Movement

__all__ = ["Found", "Tools", "search", "search_each", "search_path", "search_path_each"]

SWEEP = 61  # positions per knob and way of moving
FINER = 5  # positions between two neighbours of a sweep, on either side of the best one
BEYOND = 0.25  # a sweep reaches beyond the knob's range by this share of it, at either end
TURNS = 2  # passes over the knobs where several are set
# Size of the perturbations per round, in standard deviations of the codes.
ROUNDS = (1.0, 0.85, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2)
PERTURBED = 96  # candidates per round
ENOUGH = 0.005  # an error below this share of the range is not improved further
ERROR_WEIGHT = 20.0  # an error of 5 % of the range weighs as much as losing the whole item
MISSING = 1e3  # ranges: what lacks the attribute is further off than anything that has it
SIDE_EFFECT_WEIGHT = 2.0  # of moving all independent attributes by a standard deviation or more
TOLERATED = 0.4  # side effects, 0 to 1, beyond which a candidate is improved further

Values = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Tools:
    """What a search works with.

    Args:
        knobs: Calibrated knobs.
        decode: Codes (..., D) to items (..., T).
        measure: Items (M, T) and attribute names to values (M, names).
        similarity: Two arrays of items (M, T) to the share kept (M,).
        empty: Items (M, T) to whether they show nothing, (M,): these meet no request.
    """

    knobs: Knobs
    decode: Callable[[Codes], NDArray[np.uint8]]
    measure: Callable[[Items, Sequence[str]], Values]
    similarity: Callable[[Items, Items], Values]
    empty: Callable[[Items], NDArray[np.bool_]]


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
    errors: Values


@dataclass(frozen=True)
class _Tried:
    """Candidates that were decoded and measured.

    Args:
        codes: P candidates for each of n items, (n, P, D).
        items: What they decode to, (n, P, T).
        values: Their requested and held attributes, and those that are independent of them, (n, P, names).
        kept: How much of the item they keep, (n, P).
    """

    codes: Codes
    items: NDArray[np.uint8]
    values: Values
    kept: Values


class _Search:
    """The best candidate per item so far.

    Args:
        items: Items to change, (N, T).
        codes: Their codes, (N, D).
        targets: Wanted value per knob and item, (N,) each, in the attribute's unit.
        held: Attributes whose measured value shall stay that of `items`.
        tools: What it works with.
    """

    def __init__(
        self, items: Items, codes: Codes, targets: Mapping[str, Values], held: Sequence[str], tools: Tools
    ) -> None:
        self.items, self.codes, self.targets, self.tools = items, codes, targets, tools
        # A held attribute need not be a knob: then only the measure holds it.
        self.held_knobs = [name for name in held if name in tools.knobs.names]
        self.names = [*targets, *held]
        self.alone = _independent_of(tools.knobs, list(targets), held)
        self.before = tools.measure(items, list(self.alone)) if self.alone else np.empty((len(items), 0))
        ends = np.array([tools.knobs.ranges[name] for name in self.names])
        self.spans = np.maximum(ends[:, 1] - ends[:, 0], 1e-9)
        self.wanted = np.column_stack(
            [*targets.values(), *tools.measure(items, list(held)).T] if held else [*targets.values()]
        )
        self.best_codes, self.best_items = codes.copy(), np.array(items, dtype=np.uint8)
        self.errors, self.costs, self.side_effects = (np.full(len(items), np.inf) for _ in range(3))

    def attempt(self, rows: Rows, candidates: Codes) -> _Tried:
        """Decode and measure candidates (n, P, D) for the items `rows`."""
        shape = candidates.shape[:2]
        decoded = self.tools.decode(candidates)
        flat = decoded.reshape(-1, *decoded.shape[2:])
        values = self.tools.measure(flat, [*self.names, *self.alone])
        values[self.tools.empty(flat)] = np.nan
        values = values.reshape(*shape, -1)
        kept = self.tools.similarity(np.repeat(self.items[rows], shape[1], axis=0), flat).reshape(shape)
        return _Tried(candidates, decoded, values, kept)

    def consider(self, rows: Rows, tried: _Tried) -> Rows:
        """Keep the best of the candidates for the items `rows`; give each item's choice (n,)."""
        everyone = np.arange(len(rows))
        asked = len(self.names)
        deviation = np.abs(tried.values[:, :, :asked] - self.wanted[rows][:, None]) / self.spans
        deviation = np.where(np.isfinite(deviation), deviation, MISSING)
        costs = ERROR_WEIGHT * deviation.sum(axis=2) + 1 - tried.kept
        side_effects = self._side_effects(rows, tried.values[:, :, asked:])
        costs += SIDE_EFFECT_WEIGHT * side_effects
        pick: Rows = np.argmin(costs, axis=1)
        better = costs[everyone, pick] < self.costs[rows]
        chosen, where = rows[better], (everyone[better], pick[better])
        self.best_codes[chosen], self.best_items[chosen] = tried.codes[where], tried.items[where]
        self.errors[chosen], self.costs[chosen] = deviation.max(axis=2)[where], costs[where]
        self.side_effects[chosen] = side_effects[where]
        return pick

    def _side_effects(self, rows: Rows, values: Values) -> Values:
        """How far independent attributes (n, P, J) have moved, 0 to 1, (n, P)."""
        if not self.alone:
            return np.zeros(values.shape[:2])
        moved = np.abs(values - self.before[rows][:, None]) / np.maximum([*self.alone.values()], 1e-9)
        return np.asarray(np.nan_to_num(np.minimum(moved, 1)).mean(axis=2))

    def sweep(self, name: str, others: Mapping[str, Values], held: Sequence[str], movement: Movement) -> Values:
        """Move one knob over its whole range, the others set to codes; give the code of each item's best position."""
        return _positions(self.tools.knobs[name])[self.consider_sweep(self.swept(name, others, held, movement))]

    def swept(self, name: str, others: Mapping[str, Values], held: Sequence[str], movement: Movement) -> _Tried:
        """One knob moved over its whole range, for all items."""
        knobs, count = self.tools.knobs, len(self.items)
        places = _positions(knobs[name])
        targets = {name: np.tile(places, count)}
        targets |= {other: np.repeat(code, len(places)) for other, code in others.items()}
        moved = knobs.move(np.repeat(self.codes, len(places), axis=0), targets, held, movement)
        return self.attempt(np.arange(count), moved.reshape(count, len(places), -1))

    def consider_sweep(self, tried: _Tried) -> Rows:
        """Keep the best of a sweep, and of a finer one around it where that is not enough; give the choice (N,)."""
        pick = self.consider(np.arange(len(self.items)), tried)
        rows = self.unmet
        if len(rows) > 0:
            self.consider(rows, self.attempt(rows, _between_neighbours(self.best_codes[rows], tried.codes[rows])))
        return pick

    def perturb(self, seed: int) -> None:
        """Go on from the best candidates by random perturbations that become smaller."""
        generator, spread = np.random.default_rng(seed), self.tools.knobs.spread
        for size in ROUNDS:
            rows = self.unmet
            if len(rows) == 0:
                return
            noise = generator.normal(size=(len(rows), PERTURBED, len(spread))) * spread * size
            # Perturb few dimensions at a time, so that part of the item stays.
            noise *= generator.random(noise.shape) < generator.uniform(0.05, 1.0, size=(len(rows), PERTURBED, 1))
            self.consider(rows, self.attempt(rows, (self.best_codes[rows][:, None] + noise).astype(np.float32)))

    @property
    def unmet(self) -> Rows:
        """Items whose best candidate is not close enough yet, or moves what it has no reason to move."""
        return np.flatnonzero((self.errors > ENOUGH) | (self.side_effects > TOLERATED))

    def found(self) -> Found:
        """The best candidates."""
        return Found(self.best_codes, self.best_items, self.errors)


def search_path(items: Items, codes: Codes, targets: Mapping[str, Values], held: Sequence[str], tools: Tools) -> Found:
    """The joint movement whose decoded items come closest to the requested values.

    Args:
        items: Items to change, (N, T).
        codes: Their codes, (N, D).
        targets: Wanted value per knob and item, (N,) each, in the attribute's unit.
        held: Attributes whose measured value shall stay; those with knobs do not move, of others the closest is taken.
        tools: What the search works with.
    """
    return _along_path(items, codes, targets, held, tools).found()


def search(
    items: Items, codes: Codes, targets: Mapping[str, Values], held: Sequence[str], tools: Tools, seed: int = 0
) -> Found:
    """Find codes, on the path or off it, whose decoded items have the requested values.

    Args:
        items: As for `search_path`, like those that follow.
        codes: Codes.
        targets: Requests.
        held: Attributes whose measured value shall stay; their knobs may move.
        tools: What the search works with.
        seed: Seed of the perturbations.
    """
    state = _along_path(items, codes, targets, held, tools)
    ways: list[tuple[Sequence[str], Movement]] = [((), "alone")]
    if state.held_knobs:
        ways.append(((), "joint"))
    for name in targets:
        others = {other: tools.knobs[other].code_of(value) for other, value in targets.items() if other != name}
        for fixed, movement in ways:
            state.sweep(name, others, fixed, movement)
    state.perturb(seed)
    return state.found()


def search_path_each(items: Items, codes: Codes, name: str, values: Sequence[float], tools: Tools) -> list[Found]:
    """`search_path` for each of several values of one knob, at little more cost than for one: the sweep is shared.

    Args:
        items: Items to change, (N, T).
        codes: Their codes, (N, D).
        name: The knob.
        values: What is wanted of all items, one value after the other.
        tools: What the search works with.
    """
    return [state.found() for state in _swept_each(items, codes, name, values, ("joint",), tools)]


def search_each(
    items: Items, codes: Codes, name: str, values: Sequence[float], tools: Tools, seed: int = 0
) -> list[Found]:
    """`search` for each of several values of one knob, with sweeps that are shared; arguments as of the two others."""
    states = _swept_each(items, codes, name, values, ("joint", "alone"), tools)
    for state in states:
        state.perturb(seed)
    return [state.found() for state in states]


def _swept_each(
    items: Items, codes: Codes, name: str, values: Sequence[float], movements: Sequence[Movement], tools: Tools
) -> list[_Search]:
    states = [_Search(items, codes, {name: np.full(len(items), value)}, (), tools) for value in values]
    for movement in movements if states else ():
        tried = states[0].swept(name, {}, (), movement)
        for state in states:
            state.consider_sweep(tried)
    return states


def _along_path(
    items: Items, codes: Codes, targets: Mapping[str, Values], held: Sequence[str], tools: Tools
) -> _Search:
    state = _Search(items, codes, targets, held, tools)
    places = {name: tools.knobs[name].code_of(value) for name, value in targets.items()}
    for _ in range(TURNS if len(targets) > 1 else 1):
        for name in targets:
            others = {other: place for other, place in places.items() if other != name}
            places[name] = state.sweep(name, others, state.held_knobs, "joint")
    return state


def _independent_of(knobs: Knobs, targets: Sequence[str], held: Sequence[str]) -> dict[str, float]:
    """Attributes that are independent of all that is turned, and not held anyway, with their standard deviations."""
    each = [knobs.independent.get(name, {}) for name in targets]
    return {
        name: deviation
        for name, deviation in each[0].items()
        if name not in (*targets, *held) and all(name in others for others in each)
    }


def _positions(knob: Knob) -> Values:
    """Codes over the knob's range and somewhat beyond, (SWEEP,)."""
    lowest, highest = knob.low - BEYOND * knob.span, knob.high + BEYOND * knob.span
    return np.linspace(float(knob.code_of(lowest)), float(knob.code_of(highest)), SWEEP)


def _between_neighbours(best: Codes, candidates: Codes) -> Codes:
    """Positions between the candidate of a sweep (n, P, D) that is nearest to `best` (n, D) and its two neighbours."""
    rows, last = np.arange(len(best)), candidates.shape[1] - 1
    nearest = np.argmin(((candidates - best[:, None]) ** 2).sum(axis=2), axis=1)
    middle = candidates[rows, nearest][:, None]
    steps = (np.arange(1, FINER + 1, dtype=np.float32) / (FINER + 1))[None, :, None]
    sides = [candidates[rows, np.clip(nearest + side, 0, last)][:, None] for side in (-1, 1)]
    return np.concatenate([middle + steps * (side - middle) for side in sides], axis=1)
