"""Linear directions of attributes in a latent space: how an attribute is read from codes, and how codes move for it.

Four kinds. "dimension" is one latent dimension; the others suit models that were trained without attributes:

- "difference_of_means": from the mean code of the items in the lower third of an attribute to that of the items in the
  upper third (attribute vectors: Larsen et al. 2016, Autoencoding beyond pixels; Carter and Nielsen 2017, Using
  artificial intelligence to augment human intelligence, who use items with and without the attribute).
- "linear_regression": the weights of the attribute's linear regression on the codes, the steepest way up for a linear
  model of the attribute (as InterFaceGAN goes along the normal of a linear classifier: Shen et al. 2020).
- "ridge_inverse": the other way round, the codes regressed on all attributes together; an attribute's motion is how
  codes differ between items that differ in it and are alike in the other attributes.

The last three read an attribute by the same linear regression, in standard deviations of the attribute, so they
differ in how codes move. Attributes are standardised, codes are centred; K attributes, D dimensions, N items.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import scipy
from numpy.typing import NDArray

from latune.errors import InputError

__all__ = [
    "KINDS",
    "Directions",
    "LinearDirections",
    "best_dimensions",
    "difference_of_means",
    "file_name",
    "find_directions",
    "one_hot",
    "regression_of_codes",
    "regression_on_codes",
]

Directions = Literal["dimension", "difference_of_means", "linear_regression", "ridge_inverse"]
KINDS: tuple[Directions, ...] = get_args(Directions)

Values = NDArray[np.float64]
Array = NDArray[np.floating[Any]]

# Ridge of the regression on codes, in mean variances of the codes. Dimensions that the decoder does not use have means
# with hardly any variance; plain least squares would give them most of the weights.
CODE_RIDGE = 0.1
# Ridge of the regression of codes on attributes, in their variance: for attributes that nearly say the same.
ATTRIBUTE_RIDGE = 0.01
SMALLEST_PRODUCT = 1e-9  # a motion that changes its reading by less, of the largest change possible, has no direction


@dataclass(frozen=True)
class LinearDirections:
    """How K attributes are read from codes, and how codes move for them.

    Args:
        readings: Shape (K, D); the code of knob k is codes @ readings[k].
        motions: Shape (D, K); how codes change per unit of that code where the knob moves alone, so that
            readings[k] @ motions[:, k] is 1.
    """

    readings: Values
    motions: Values

    @property
    def dimensions(self) -> list[int]:
        """For each knob the dimension that moves furthest."""
        return [int(dimension) for dimension in np.argmax(np.abs(self.motions), axis=0)]


def file_name(stem: str, directions: Directions) -> str:
    """Name of a file of a run about its knobs: "knobs.json", or beside it "knobs-ridge_inverse.json" and so on."""
    return f"{stem}.json" if directions == "dimension" else f"{stem}-{directions}.json"


def one_hot(dimensions: Sequence[int], size: int) -> LinearDirections:
    """Directions along single dimensions out of `size`: a knob's code is the code of its dimension."""
    readings = np.zeros((len(dimensions), size))
    readings[np.arange(len(dimensions)), dimensions] = 1
    return LinearDirections(readings, readings.T)


def best_dimensions(codes: Array, values: Array) -> list[int]:
    """For each attribute the dimension of the largest absolute rank correlation: codes (N, D), values (N, K)."""
    ranked_codes, ranked_values = scipy.stats.rankdata(codes, axis=0), scipy.stats.rankdata(values, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):  # a constant column correlates with nothing
        correlation = np.corrcoef(ranked_codes.T, ranked_values.T)[: codes.shape[1], codes.shape[1] :]
    return [int(d) for d in np.argmax(np.abs(np.nan_to_num(correlation)), axis=0)]


def find_directions(
    codes: Array, values: Array, names: Sequence[str], kind: Directions, tied: Mapping[str, int] | None = None
) -> LinearDirections:
    """Directions of a kind, found from the codes and attributes of items.

    Args:
        codes: Shape (N, D).
        values: Attributes, shape (N, K), finite.
        names: Their names, for messages.
        kind: Which directions; see the head of this module.
        tied: For the kind "dimension" the dimension of attributes that have one; others take the best-correlated.

    Raises:
        InputError: A linear direction is asked for, and an attribute is the same for all items, or the codes say
            nothing linear about it.
    """
    if kind == "dimension":
        best = zip(names, best_dimensions(codes, values), strict=True)
        return one_hot([(tied or {}).get(name, dimension) for name, dimension in best], codes.shape[1])
    for name, column in zip(names, values.T, strict=True):
        if column.min() == column.max():
            raise InputError(f"Attribute '{name}' is {column[0]:g} for all items: it has no direction.")
    centred, standardised = codes.astype(float) - codes.mean(axis=0), _standardised(values)
    readings = regression_on_codes(centred, standardised)
    if kind == "difference_of_means":
        motions = difference_of_means(centred, values)
    elif kind == "linear_regression":
        motions = readings.T
    else:
        motions = regression_of_codes(centred, standardised)
    return _scaled(readings, motions, names, kind)


def difference_of_means(codes: Array, values: Array) -> Values:
    """Mean code of the upper third of an attribute minus that of the lower: codes (N, D), values (N, K) to (D, K).

    Items that equal a limit count as beyond it. Where one value fills the middle third and more, so that both limits
    are that value, the items above the attribute's mean are set against those below it.
    """
    columns = []
    for column in values.T:
        low, high = np.quantile(column, [1 / 3, 2 / 3])
        middle = column.mean()
        upper, lower = (column >= high, column <= low) if low < high else (column > middle, column < middle)
        columns.append(codes[upper].mean(axis=0) - codes[lower].mean(axis=0))
    return np.column_stack(columns).astype(float)


def regression_on_codes(codes: Values, values: Values) -> Values:
    """Weights of the ridge regression of each attribute on the codes, both centred: (N, D), (N, K) to (K, D)."""
    covariance = codes.T @ codes / len(codes)
    ridge = CODE_RIDGE * np.trace(covariance) / len(covariance)
    return _solved(covariance, ridge, codes.T @ values / len(codes)).T


def regression_of_codes(codes: Values, values: Values) -> Values:
    """Weights of the ridge regression of codes on all standardised attributes together: (N, D), (N, K) to (D, K)."""
    covariance = values.T @ values / len(values)
    return _solved(covariance, ATTRIBUTE_RIDGE, values.T @ codes / len(codes)).T


def _scaled(readings: Values, motions: Values, names: Sequence[str], kind: Directions) -> LinearDirections:
    """The motions scaled so that each changes its own reading by 1."""
    products = np.einsum("kd,dk->k", readings, motions)
    largest = np.linalg.norm(readings, axis=1) * np.linalg.norm(motions, axis=0)
    for name, product, limit in zip(names, products, largest, strict=True):
        if abs(product) <= SMALLEST_PRODUCT * limit:
            raise InputError(f"The codes say nothing linear about attribute '{name}': it has no direction ({kind}).")
    return LinearDirections(readings, motions / products)


def _standardised(values: Array) -> Values:
    centred = values.astype(float) - values.mean(axis=0, dtype=float)
    return np.asarray(centred / centred.std(axis=0))


def _solved(covariance: Values, ridge: float, products: Values) -> Values:
    # The pseudo-inverse: codes that are all alike have neither variance nor ridge.
    return np.asarray(np.linalg.pinv(covariance + ridge * np.eye(len(covariance)), hermitian=True) @ products)
