"""The latent dimensions of pictures of a thing in a place: what each answers to, and what it does when it is moved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latune.attributes import AttributeTable
from latune.control.inference import Codes, decode_brightness, encode_posteriors
from latune.data.dataset import Dataset
from latune.data.picture_codec import PictureCodec
from latune.figures import factor_responses, latent_traversals, save_figure
from latune.figures.pixels import as_pixels
from latune.images.sprites import SHAPES
from latune.images.strips import write_strips
from latune.metrics.posterior import prior_divergence
from latune.report.choice import evenly
from latune.report.media import Subject

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "RESPONSES",
    "TRAVERSALS",
    "draw_responses",
    "draw_traversals",
    "has_places",
    "shape_name",
    "write_traversals",
]

_CODES = np.linspace(-3, 3, 10)  # that a dimension is set to, as published
_MOST_ROWS = 12  # dimensions that are shown, those with the largest divergence
_MOST_ITEMS = 65_536  # of the grid that are encoded
_TEST_ITEMS = 2000  # test items whose divergences sort the dimensions
_FROM_ZERO = "z = 0"


def has_places(table: AttributeTable) -> bool:
    """Whether it is known of every picture where its thing is."""
    return {"posx", "posy"} <= set(table.names)


def draw_responses(subject: Subject) -> Figure:
    """Posterior means over the place and against scale and orientation, of items from all over the data set."""
    dataset = subject.dataset
    indices = evenly(len(dataset.items), _MOST_ITEMS)
    means, scales = encode_posteriors(subject.editor.model, np.asarray(dataset.items[indices]))
    columns = dict(zip(dataset.table.names, np.asarray(dataset.attributes[indices]).T, strict=True))
    units = {attribute.name: attribute.unit for attribute in dataset.table}
    shapes = [shape_name(dataset, number) for number in np.unique(columns.get("shape", []))]
    return factor_responses(means, columns, prior_divergence(means, scales), units, shapes)


def draw_traversals(subject: Subject) -> Figure:
    """Every dimension set to ten codes from -3 to 3, for the starts of `_starts`."""
    dimensions, divergences = _sorted_dimensions(subject)
    return _figure(_sweeps(subject, dimensions), dimensions, divergences)


def write_traversals(subject: Subject, folder: Path) -> list[Path]:
    """The figure of `draw_traversals`, and for each start a moving picture of all dimensions in the same order."""
    dimensions, divergences = _sorted_dimensions(subject)
    sweeps = _sweeps(subject, dimensions)
    files = [folder / "dimensions.png"]
    save_figure(_figure(sweeps, dimensions, divergences), files[0])
    for name, pictures in sweeps.items():
        files.append(folder / f"dimensions_{'zero' if name == _FROM_ZERO else name.replace(' ', '_')}.gif")
        write_strips(files[-1], pictures)
    return files


def _figure(
    sweeps: dict[str, NDArray[np.uint8]], dimensions: NDArray[np.int64], divergences: NDArray[np.float64]
) -> Figure:
    pixels = {name: as_pixels(pictures, 255) for name, pictures in sweeps.items()}
    return latent_traversals(pixels, _CODES, dimensions, divergences)


def _sorted_dimensions(subject: Subject) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The dimensions with the largest divergence on test items, and that divergence in nats."""
    indices = subject.dataset.split("test")
    indices = indices[evenly(len(indices), _TEST_ITEMS)]
    means, scales = encode_posteriors(subject.editor.model, np.asarray(subject.dataset.items[indices]))
    divergences = prior_divergence(means, scales)
    order = np.argsort(-divergences, kind="stable")[:_MOST_ROWS]
    return order, divergences[order]


def _sweeps(subject: Subject, dimensions: NDArray[np.int64]) -> dict[str, NDArray[np.uint8]]:
    """Pictures (R, P, C, H, W) by the name of the start: a row for each dimension, a column for each code."""
    sweeps = {}
    for name, start in _starts(subject).items():
        codes = np.tile(start, (len(dimensions), len(_CODES), 1))
        codes[np.arange(len(dimensions)), :, dimensions] = _CODES
        sweeps[name] = decode_brightness(subject.editor.model, codes)
    return sweeps


def _starts(subject: Subject) -> dict[str, Codes]:
    """Mean codes (D,) of a test picture in the middle of everything, for each shape, and of a random one; and zeros."""
    dataset, editor = subject.dataset, subject.editor
    indices = dataset.split("test")
    columns = dict(zip(dataset.table.names, np.asarray(dataset.attributes[indices], float).T, strict=True))
    shapes = columns.pop("shape", np.zeros(len(indices)))
    others = np.stack(list(columns.values()), axis=1)
    distance = (((others - np.median(others, axis=0)) / (others.std(axis=0) + 1e-9)) ** 2).sum(axis=1)
    names = [shape_name(dataset, shape) for shape in np.unique(shapes)]
    chosen = [int(np.argmin(np.where(shapes == shape, distance, np.inf))) for shape in np.unique(shapes)]
    chosen.append(int(np.random.default_rng(subject.run.recipe.seed).integers(len(indices))))
    codes = editor.encode(np.asarray(dataset.items[indices[chosen]]))
    return {**dict(zip([*names, "random"], codes, strict=True)), _FROM_ZERO: np.zeros_like(codes[0])}


def shape_name(dataset: Dataset, number: float) -> str:
    """What a shape is called; "in the middle" where the data set has none."""
    if "shape" not in dataset.table.names:
        return "in the middle"
    is_sprites = isinstance(dataset.codec, PictureCodec) and dataset.codec.measurement == "sprites"
    return SHAPES[int(number) - 1] if is_sprites else f"shape {number:g}"


RESPONSES = (
    "The posterior mean of each latent dimension, the one with the most nats first: over the place of the thing (x to"
    " the right, y down), and against its scale and turn where these vary, one line per shape; every point is a mean"
    " over all pictures with that value."
)
TRAVERSALS = (
    "What the decoder expects when one latent dimension is set to ten codes from −3 to 3 and the others stay as they"
    " are in the mean code of a test picture (of each shape the one closest to the middle, and one drawn at random) or"
    " at zero. Grey is doubt; rows that change nothing are dimensions that the model does not use."
)
