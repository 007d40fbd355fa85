"""Traversals: one knob set to several values in turn. Surfaces: an attribute over a plane of latent space.

A traversal answers "what does this knob do to this item?": each row starts from one item, each column asks
for one value. The column closest to the item's own value asks for nothing and shows the item as the model decodes
it, so that a change can be told from an error of reconstruction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latune.control.editor import Editor, Way
from latune.control.inference import Codes, Items
from latune.errors import InputError

__all__ = ["Surface", "Traversal", "latent_surface", "traverse"]

Values = NDArray[np.float64]

POSITIONS = 5  # as in the published figures
EXTENT = 3.0  # a surface reaches so many standard deviations of the training codes to either side


@dataclass(frozen=True)
class Traversal:
    """One knob, set to P values for each of N items.

    Args:
        name: The knob.
        way: How it was set.
        requested: Value that was asked for, (N, P), increasing; at `own` the value of the item itself.
        items: What came out, (N, P, ...); at `own` the item's own decode.
        values: All attributes measured on it, (N, P, A), columns as in the codec's table.
        own: Position that shows the item's own decode, (N,).
    """

    name: str
    way: Way
    requested: Values
    items: NDArray[np.uint8]
    values: Values
    own: NDArray[np.int64]


@dataclass(frozen=True)
class Surface:
    """An attribute measured over a plane of the latent space.

    Args:
        attribute: The attribute.
        dimensions: Latent dimensions of the two axes (x, y), counted from 0.
        x: Codes along the first axis, (X,).
        y: Codes along the second axis, (Y,).
        values: Measured values, (Y, X): rows go with `y`.
        centre: The code in the two dimensions that the plane was laid through.
    """

    attribute: str
    dimensions: tuple[int, int]
    x: Values
    y: Values
    values: Values
    centre: tuple[float, float]


def traverse(
    editor: Editor,
    items: Items,
    name: str,
    positions: int | Sequence[float] = POSITIONS,
    way: Way = "path",
    seed: int = 0,
) -> Traversal:
    """Set a knob to several values for each item.

    Args:
        editor: A trained run with its knobs.
        items: Start items, (N, ...), or a single one.
        name: The knob.
        positions: Values to ask for, or how many, spread evenly over the knob's range.
        way: How a request is met, see `latune.control.editor.Way`.
        seed: Seed of the search, for "exact".

    Raises:
        InputError: There is no such knob, or fewer than two positions are asked for.
    """
    knob = editor.knobs[name]
    if items.ndim == len(editor.codec.item_shape):
        items = items[None]
    targets = _targets(positions, knob.low, knob.high)
    starts = editor.codec.measure(items, [name])[:, 0]
    own = np.argmin(np.abs(targets - starts[:, None]), axis=1)
    requested = np.tile(targets, (len(items), 1))
    edits = [editor.turn_by(way, items, {name: column}, seed=seed) for column in requested.T]
    decoded = np.stack([edit.items for edit in edits], axis=1)
    rows = np.arange(len(items))
    requested[rows, own] = starts
    decoded[rows, own] = editor.decode(editor.encode(items))
    values = editor.codec.measure(decoded.reshape(-1, *decoded.shape[2:])).reshape(*requested.shape, -1)
    return Traversal(name, way, requested, decoded, values, own)


def _targets(positions: int | Sequence[float], low: float, high: float) -> Values:
    targets = np.linspace(low, high, positions) if isinstance(positions, int) else np.sort(positions)
    if len(targets) < 2:
        raise InputError(f"A traversal has {len(targets)} positions: expected at least 2.")
    return np.asarray(targets, float)


def latent_surface(
    editor: Editor,
    code: Codes,
    dimension_x: int,
    dimension_y: int,
    attribute: str,
    extent: float = EXTENT,
    resolution: int = 41,
) -> Surface:
    """Decode a lattice of codes around one code and measure an attribute on every item.

    Args:
        editor: A trained run with its knobs.
        code: The code in the middle, (D,).
        dimension_x: Latent dimension that varies along x.
        dimension_y: Latent dimension that varies along y.
        attribute: What is measured; need not be a knob.
        extent: Reach to either side, in standard deviations of the training codes.
        resolution: Points along each axis.

    Raises:
        InputError: The two dimensions are equal, or one does not exist.
        RecipeError: There is no such attribute.
    """
    size, dimensions = len(code), (dimension_x, dimension_y)
    if dimension_x == dimension_y or not all(0 <= d < size for d in dimensions):
        raise InputError(f"The dimensions are {dimension_x} and {dimension_y}: expected two out of 0 to {size - 1}.")
    steps = np.linspace(-extent, extent, resolution)
    x, y = (float(code[d]) + steps * editor.knobs.spread[d] for d in dimensions)
    lattice = np.tile(code, (resolution, resolution, 1))
    lattice[..., dimension_x], lattice[..., dimension_y] = np.meshgrid(x, y)
    decoded = editor.decode(lattice.reshape(-1, size))
    values = editor.codec.measure(decoded, [attribute]).reshape(resolution, resolution)
    centre = (float(code[dimension_x]), float(code[dimension_y]))
    return Surface(attribute, dimensions, x, y, values, centre)
