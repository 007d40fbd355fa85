"""Knobs: latent directions calibrated to an attribute's own unit.

Each knob has a *curve*, the code that items of a given attribute value have on average, made monotone by isotonic
regression on the training split; read one way it turns a wanted value into a code, the other way a code into a value.

A knob moves *alone* (its own dimension) or *jointly*: all other dimensions follow along their linear regression on
the knobs that are set, as the codes of real items do. A knob that is held takes part with a movement of zero. With
C the covariance of the training codes and S the dimensions that are set: dz = C[:, S] C[S, S]^-1 dz_S.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.isotonic import IsotonicRegression

from latune.attributes import OUTER_SHARE, AttributeTable
from latune.control.inference import Codes
from latune.errors import InputError, RunError

__all__ = ["Knob", "Knobs", "Movement", "calibrate", "knobs_from_dict"]

Movement = Literal["alone", "joint"]

CURVE_POINTS = 65  # at most so many points per curve are stored


@dataclass(frozen=True)
class Knob:
    """One knob.

    Args:
        name: The attribute.
        unit: Its unit in words.
        dimension: Latent dimension, counted from 0.
        low: Value below which 1 % of the training items lie.
        high: Value above which 1 % of the training items lie.
        values: Attribute values of the curve, increasing.
        codes: Their codes, monotone.
        gain: How much further than the curve says a joint movement must go, because decoders answer to a knob
            more weakly than encoders; measured on training items.
    """

    name: str
    unit: str
    dimension: int
    low: float
    high: float
    values: tuple[float, ...]
    codes: tuple[float, ...]
    gain: float = 1.0

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
        covariance: Covariance of every training code with every knob's code, shape (D, K).
        spread: Standard deviation of every training code, shape (D,).
        ranges: Low and high of every attribute of the data set, knob or not.
    """

    knobs: tuple[Knob, ...]
    covariance: NDArray[np.float64]
    spread: NDArray[np.float64]
    ranges: dict[str, tuple[float, float]]

    @property
    def names(self) -> tuple[str, ...]:
        """Their names in order."""
        return tuple(knob.name for knob in self.knobs)

    def __getitem__(self, name: str) -> Knob:
        return self.knobs[self.index(name)]

    def index(self, name: str) -> int:
        """Position of a knob.

        Raises:
            InputError: There is no such knob.
        """
        if name not in self.names:
            raise InputError(f"There is no knob '{name}': expected one of {', '.join(self.names)}.")
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
        dimensions = [self.knobs[k].dimension for k in chosen]
        change = np.zeros((len(codes), len(chosen)))
        for column, target in enumerate(targets.values()):
            change[:, column] = np.asarray(target) - codes[:, dimensions[column]]
        if movement == "alone":
            full = np.zeros(codes.shape)
            full[:, dimensions] = change
        else:
            among = self.covariance[dimensions][:, chosen]
            # The pseudo-inverse: knobs of a run without tied dimensions may share one, and then meet halfway.
            full = change @ np.linalg.pinv(among, hermitian=True) @ self.covariance[:, chosen].T
        return (codes + full).astype(np.float32)

    def to_dict(self) -> dict[str, Any]:
        """A JSON form that `knobs_from_dict` reads."""
        return {
            "knobs": [asdict(knob) for knob in self.knobs],
            "covariance": self.covariance.tolist(),
            "spread": self.spread.tolist(),
            "ranges": {name: list(ends) for name, ends in self.ranges.items()},
        }


def knobs_from_dict(content: dict[str, Any], source: Path) -> Knobs:
    """Read knobs.

    Raises:
        RunError: The content is not that of `knobs.json`.
    """
    try:
        knobs = [
            Knob(**{**knob, **{curve: tuple(float(x) for x in knob[curve]) for curve in ("values", "codes")}})
            for knob in content["knobs"]
        ]
        ranges = {name: (float(low), float(high)) for name, (low, high) in content["ranges"].items()}
        covariance, spread = (np.array(content[name], float) for name in ("covariance", "spread"))
        return Knobs(tuple(knobs), covariance, spread, ranges)
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{source} is damaged: expected the knobs of a run.") from error


def calibrate(
    codes: Codes,
    values: NDArray[np.floating[Any]],
    table: AttributeTable,
    names: Sequence[str],
    tied: Mapping[str, int] | None = None,
) -> Knobs:
    """Calibrate one knob per named attribute.

    Args:
        codes: Means of the training items, shape (N, D).
        values: Their attribute values, shape (N, A), columns as in `table`.
        table: The data set's attributes.
        names: The K attributes that get a knob.
        tied: Latent dimension of attributes that have one; others take that of the largest absolute rank correlation.

    Raises:
        InputError: A named attribute is the same for nearly all items.
        RecipeError: An attribute does not exist.
    """
    columns = [table.index(name) for name in names]
    best = _best_dimensions(codes, values[:, columns])
    chosen = [(tied or {}).get(name, dimension) for name, dimension in zip(names, best, strict=True)]
    ends = np.quantile(values.astype(float), [OUTER_SHARE, 1 - OUTER_SHARE], axis=0)
    ranges = {name: (float(low), float(high)) for name, (low, high) in zip(table.names, ends.T, strict=True)}
    knobs = []
    for name, column, dimension in zip(names, columns, chosen, strict=True):
        low, high = ranges[name]
        if low == high:
            raise InputError(f"Attribute '{name}' is {low:g} for nearly all items: no knob is possible.")
        curve = _curve(values[:, column], codes[:, dimension])
        knobs.append(Knob(name, table[name].unit, dimension, low, high, *curve))
    centred = codes.astype(float) - codes.mean(axis=0)
    covariance = centred.T @ centred[:, chosen] / len(codes)
    return Knobs(tuple(knobs), covariance, centred.std(axis=0), ranges)


def _best_dimensions(codes: Codes, values: NDArray[np.floating[Any]]) -> list[int]:
    ranked_codes, ranked_values = rankdata(codes, axis=0), rankdata(values, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):  # a constant column correlates with nothing
        correlation = np.corrcoef(ranked_codes.T, ranked_values.T)[: codes.shape[1], codes.shape[1] :]
    return [int(d) for d in np.argmax(np.abs(np.nan_to_num(correlation)), axis=0)]


def _curve(
    values: NDArray[np.floating[Any]], codes: NDArray[np.floating[Any]]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean code per value, monotone, thinned to `CURVE_POINTS`."""
    known, inverse, counts = np.unique(np.round(values.astype(float), 9), return_inverse=True, return_counts=True)
    means = np.bincount(inverse, weights=codes.astype(float)) / counts
    increasing = bool(np.cov(rankdata(values), rankdata(codes))[0, 1] >= 0)
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
