"""Knobs: latent directions calibrated to an attribute's own unit.

Each knob has a *curve*, the code that items of a given attribute value have on average, made monotone by isotonic
regression on the training split; read one way it turns a wanted value into a code, the other way a code into a value.

A knob has a *reading*, the linear combination of the latent dimensions that is its code, and a *motion*, how codes move
per unit of its code where it moves alone. Both are a single dimension, unless other directions are asked for (see
`latune.control.directions`).

A knob moves *alone* (along its motion) or *jointly*: the other dimensions follow along their regression on the codes of
the knobs that are set, as the codes of real items do. A knob that is held takes part with a movement of zero. With
u = R z the codes of the knobs that are set, and f(u) = u, or (u, u^2) where the path is quadratic:
dz = Cov(z, f) Cov(f, f)^-1 df; and alone, with M their motions, dz = M (R M)^-1 du.

Where items come in classes the covariances are those within classes: a digit that gets wider moves as digits of its
class do, not towards classes that are wide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from latune.attributes import OUTER_SHARE, AttributeTable
from latune.control.directions import Directions, find_directions, one_hot
from latune.control.inference import Codes
from latune.errors import InputError, RunError
from latune.methods.joint_movement import JointConfig
from latune.metrics.dependence import relate
from latune.recipes.reading import meant

__all__ = ["Knob", "Knobs", "Movement", "calibrate", "knobs_from_dict"]

Movement = Literal["alone", "joint"]

CURVE_POINTS = 65  # at most so many points per curve are stored
RELATED_ITEMS = 50_000  # at most so many training items say what is independent
SAME_FEATURE = 1e-6  # eigenvalues of a correlation below this share of the largest: two that say the same
SAME_KNOB = 1e-12  # singular values below this share of the largest: knobs that are one and the same
_ARRAYS = ("values", "codes", "reading", "motion")


@dataclass(frozen=True)
class Knob:
    """One knob.

    Args:
        name: The attribute.
        unit: Its unit in words.
        dimension: Latent dimension, counted from 0; of a knob with a motion of its own the one that moves furthest.
        low: Value below which 1 % of the training items lie.
        high: Value above which 1 % of the training items lie.
        values: Attribute values of the curve, increasing.
        codes: Their codes, monotone.
        gain: How much further than the curve says a joint movement must go, because decoders answer to a knob
            more weakly than encoders; measured on training items.
        reading: Weights of the latent dimensions in the knob's code, (D,); None: the code is that of `dimension`.
        motion: How codes move per unit of the knob's code where it moves alone, (D,); None: `dimension` moves.
    """

    name: str
    unit: str
    dimension: int
    low: float
    high: float
    values: tuple[float, ...]
    codes: tuple[float, ...]
    gain: float = 1.0
    reading: tuple[float, ...] | None = None
    motion: tuple[float, ...] | None = None

    @property
    def span(self) -> float:
        """Width of the range of values."""
        return self.high - self.low

    def code_of(self, value: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Code that items of this value have; beyond the curve it goes on straight."""
        return _interpolate(np.asarray(value, float), np.array(self.values), np.array(self.codes))

    def value_of(self, code: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Value that items of this code have: the inverse of `code_of`."""
        codes, values = np.array(self.codes), np.array(self.values)
        order = slice(None) if codes[-1] >= codes[0] else slice(None, None, -1)
        return _interpolate(np.asarray(code, float), codes[order], values[order])


@dataclass(frozen=True)
class Knobs:
    """All knobs of a run.

    Args:
        knobs: In the order of the recipe.
        covariance: Covariance of every training code with every knob's code, shape (D, K), or, where the path is
            quadratic, with every knob's code and then every knob's squared code, shape (D, 2 K).
        spread: Standard deviation of every training code, shape (D,).
        ranges: Low and high of every attribute of the data set, knob or not.
        among: Covariance of the knobs' codes (and their squares) with each other, shape (F, F); None: it follows from
            `covariance`.
        independent: For each knob the attributes that it has no reason to move (`latune.metrics.dependence`), with
            their standard deviations in real items.
    """

    knobs: tuple[Knob, ...]
    covariance: NDArray[np.float64]
    spread: NDArray[np.float64]
    ranges: dict[str, tuple[float, float]]
    among: NDArray[np.float64] | None = None
    independent: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Their names in order."""
        return tuple(knob.name for knob in self.knobs)

    def __getitem__(self, name: str) -> Knob:
        return self.knobs[self.index(name)]

    @cached_property
    def readings(self) -> NDArray[np.float64]:
        """Weights of the latent dimensions in every knob's code, shape (K, D)."""
        return self._directions([knob.reading for knob in self.knobs])

    @cached_property
    def motions(self) -> NDArray[np.float64]:
        """How codes move per unit of every knob's code, shape (D, K)."""
        return self._directions([knob.motion for knob in self.knobs]).T

    def _directions(self, given: Sequence[tuple[float, ...] | None]) -> NDArray[np.float64]:
        """The given directions as rows, single dimensions where none is given: (K, D)."""
        rows = one_hot([knob.dimension for knob in self.knobs], len(self.spread)).readings
        for row, direction in zip(rows, given, strict=True):
            if direction is not None:
                row[:] = direction
        return rows

    def code(self, codes: Codes, name: str) -> NDArray[np.float64]:
        """A knob's code (N,) of items with these codes (N, D).

        Raises:
            InputError: There is no such knob.
        """
        return np.asarray(codes @ self.readings[self.index(name)])

    def index(self, name: str) -> int:
        """Position of a knob.

        Raises:
            InputError: There is no such knob.
        """
        if name not in self.names:
            guess = meant(name, self.names)
            raise InputError(f"There is no knob '{name}'{guess}: expected one of {', '.join(self.names)}.")
        return self.names.index(name)

    def changed(self, knob: Knob) -> Knobs:
        """These knobs with the one of that name replaced."""
        return replace(self, knobs=tuple(knob if other.name == knob.name else other for other in self.knobs))

    def move(
        self,
        codes: Codes,
        targets: Mapping[str, NDArray[np.float64] | float],
        held: Sequence[str] = (),
        movement: Movement = "joint",
    ) -> Codes:
        """Turn knobs to codes.

        Args:
            codes: Shape (N, D).
            targets: Wanted code of each knob that is turned: a number or one per item (N,).
            held: Knobs that keep their code while others follow.
            movement: "joint" (the other dimensions follow) or "alone".

        Returns:
            New codes, (N, D).
        """
        chosen = [self.index(name) for name in (*targets, *held)]
        readings, motions = self.readings[chosen], self.motions[:, chosen]
        here = codes @ readings.T
        there = here.copy()
        for column, target in enumerate(targets.values()):
            there[:, column] = np.asarray(target)
        full = np.zeros(codes.shape) if movement == "alone" else self._follow(here, there, chosen)
        # What is set is set exactly. The pseudo-inverse: knobs of a run without tied dimensions may share one, and then
        # meet halfway.
        missing = there - here - full @ readings.T
        full += missing @ np.linalg.pinv(readings @ motions, rcond=SAME_KNOB).T @ motions.T
        return (codes + full).astype(np.float32)

    def _follow(self, here: NDArray[np.float64], there: NDArray[np.float64], chosen: list[int]) -> NDArray[np.float64]:
        """How all dimensions move (N, D) when the chosen knobs go from codes to codes (N, S)."""
        count, change, features = len(self.knobs), there - here, list(chosen)
        among = self.readings @ self.covariance[:, :count] if self.among is None else self.among
        if self.covariance.shape[1] > count:
            change = np.concatenate([change, there**2 - here**2], axis=1)
            features += [count + k for k in chosen]
        ways, within = self.covariance[:, features], among[np.ix_(features, features)]
        scale = np.sqrt(np.maximum(np.diag(within), 1e-12))
        inverse = np.linalg.pinv(within / np.outer(scale, scale), rcond=SAME_FEATURE, hermitian=True)
        return np.asarray((change / scale) @ inverse @ (ways / scale).T)

    def to_dict(self) -> dict[str, Any]:
        """A JSON form that `knobs_from_dict` reads."""
        return {
            "knobs": [{key: x for key, x in asdict(knob).items() if x is not None} for knob in self.knobs],
            "covariance": self.covariance.tolist(),
            "spread": self.spread.tolist(),
            "ranges": {name: list(ends) for name, ends in self.ranges.items()},
            **({} if self.among is None else {"among": self.among.tolist()}),
            "independent": {name: dict(others) for name, others in self.independent.items()},
        }


def knobs_from_dict(content: dict[str, Any], source: Path) -> Knobs:
    """Read knobs.

    Raises:
        RunError: The content is not that of `knobs.json`.
    """
    try:
        knobs = [
            Knob(**{**knob, **{key: tuple(float(x) for x in knob[key]) for key in _ARRAYS if key in knob}})
            for knob in content["knobs"]
        ]
        ranges = {name: (float(low), float(high)) for name, (low, high) in content["ranges"].items()}
        covariance, spread = (np.array(content[name], float) for name in ("covariance", "spread"))
        if any(len(given) != len(spread) for knob in knobs for given in (knob.reading, knob.motion) if given):
            raise ValueError("a direction of another number of dimensions")
        among = np.array(content["among"], float) if "among" in content else None
        if among is not None and among.shape != (covariance.shape[1], covariance.shape[1]):
            raise ValueError("covariances of another number of knobs")
        independent = {
            name: {other: float(deviation) for other, deviation in others.items()}
            for name, others in content.get("independent", {}).items()
        }
        return Knobs(tuple(knobs), covariance, spread, ranges, among, independent)
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{source} is damaged: expected the knobs of a run.") from error


def calibrate(
    codes: Codes,
    values: NDArray[np.floating[Any]],
    table: AttributeTable,
    names: Sequence[str],
    tied: Mapping[str, int] | None = None,
    directions: Directions = "dimension",
    joint: JointConfig | None = None,
    classes: NDArray[np.integer[Any]] | None = None,
) -> Knobs:
    """Calibrate one knob per named attribute.

    Args:
        codes: Means of the training items, shape (N, D).
        values: Their attribute values, shape (N, A), columns as in `table`.
        table: The data set's attributes.
        names: The K attributes that get a knob.
        tied: Latent dimension of attributes that have one; others take that of the largest absolute rank correlation.
        directions: What knobs are; other than "dimension", no knob is tied.
        joint: How the others follow; default: all of them, linearly.
        classes: Class of each training item, (N,), where there are such.

    Raises:
        InputError: A named attribute is the same for nearly all items, or codes say nothing about it that the
            directions could follow.
        RecipeError: An attribute does not exist.
    """
    columns = [table.index(name) for name in names]
    ends = np.quantile(values.astype(float), [OUTER_SHARE, 1 - OUTER_SHARE], axis=0)
    ranges = {name: (float(low), float(high)) for name, (low, high) in zip(table.names, ends.T, strict=True)}
    for name in names:
        if ranges[name][0] == ranges[name][1]:
            raise InputError(f"Attribute '{name}' is {ranges[name][0]:g} for nearly all items: no knob is possible.")
    found = find_directions(codes, values[:, columns], names, directions, tied)
    knob_codes = codes.astype(float) @ found.readings.T
    knobs = []
    for k, (name, column) in enumerate(zip(names, columns, strict=True)):
        curve = _curve(values[:, column], knob_codes[:, k])
        knob = Knob(name, table[name].unit, found.dimensions[k], *ranges[name], *curve)
        if directions != "dimension":
            reading, motion = found.readings[k].tolist(), found.motions[:, k].tolist()
            knob = replace(knob, reading=tuple(reading), motion=tuple(motion))
        knobs.append(knob)
    joint = joint or JointConfig()
    features = np.concatenate([knob_codes, knob_codes**2], axis=1) if joint.path == "quadratic" else knob_codes
    centred, centred_features = _centred(codes.astype(float), classes), _centred(features, classes)
    covariance = centred.T @ centred_features / len(codes)
    if joint.followers == "tied" and directions == "dimension":
        covariance[np.setdiff1d(np.arange(codes.shape[1]), found.dimensions)] = 0
    among = centred_features.T @ centred_features / len(codes)
    independent = _independent(values, table, names)
    return Knobs(tuple(knobs), covariance, codes.astype(float).std(axis=0), ranges, among, independent)


def _independent(
    values: NDArray[np.floating[Any]], table: AttributeTable, names: Sequence[str]
) -> dict[str, dict[str, float]]:
    """For each knob the attributes that are independent of it, and their standard deviations."""
    columns = dict(zip(table.names, values[:RELATED_ITEMS].astype(float).T, strict=True))
    found: dict[str, dict[str, float]] = {}
    for name in names:
        found[name] = {}
        for other in table.names:
            given = np.column_stack(
                [columns[knob] for knob in names if knob not in (name, other)] or [np.empty((len(columns[name]), 0))]
            )
            relation = None if other == name else relate(columns[name], columns[other], given)
            if relation is not None and relation.independent:
                found[name][other] = float(np.nanstd(columns[other]))
    return found


def _centred(values: NDArray[np.float64], classes: NDArray[np.integer[Any]] | None) -> NDArray[np.float64]:
    """Values (N, F) less their mean, or less the mean of their class."""
    if classes is None:
        return np.asarray(values - values.mean(axis=0))
    _, own, counts = np.unique(classes, return_inverse=True, return_counts=True)
    members = scipy.sparse.coo_array((np.ones(len(own)), (own, np.arange(len(own)))), (len(counts), len(own))).tocsr()
    means = np.asarray(members @ values) / counts[:, None]
    return np.asarray(values - means[own])


def _curve(
    values: NDArray[np.floating[Any]], codes: NDArray[np.floating[Any]]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean code per value, monotone, thinned to `CURVE_POINTS`."""
    from sklearn.isotonic import IsotonicRegression

    known, inverse, counts = np.unique(np.round(values.astype(float), 9), return_inverse=True, return_counts=True)
    means = np.bincount(inverse, weights=codes.astype(float)) / counts
    increasing = bool(np.cov(scipy.stats.rankdata(values), scipy.stats.rankdata(codes))[0, 1] >= 0)
    fitted = IsotonicRegression(increasing=increasing).fit_transform(known, means, sample_weight=counts)
    if len(known) > CURVE_POINTS:
        positions = np.interp(np.linspace(0, 1, CURVE_POINTS), np.cumsum(counts) / counts.sum(), known)
        known, fitted = positions, np.interp(positions, known, fitted)
    # A flat stretch would have no inverse; its middle stands for it.
    flat, index = np.unique(np.round(fitted, 6), return_inverse=True)
    middles = np.bincount(index, weights=known) / np.bincount(index)
    order = np.argsort(middles)
    return tuple(middles[order].tolist()), tuple(flat[order].tolist())


def _interpolate(x: NDArray[Any], xs: NDArray[Any], ys: NDArray[Any]) -> NDArray[np.float64]:
    """Piecewise linear through (xs, ys); beyond the ends with the mean slope of the whole curve."""
    if len(xs) < 2:
        return np.full(x.shape, ys[0])
    slope = (ys[-1] - ys[0]) / (xs[-1] - xs[0])
    inside = np.interp(x, xs, ys)
    return np.asarray(inside + slope * (np.minimum(x - xs[0], 0) + np.maximum(x - xs[-1], 0)))
