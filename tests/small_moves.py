"""Small runs with moves, trained in seconds: blobs in regions as sprites have them, and symbols with binary moves."""

import numpy as np

from latune.attributes import Attribute, AttributeTable
from latune.data.dataset import Dataset
from latune.data.picture_codec import PictureCodec
from latune.data.protocols import Protocol, with_protocol
from latune.data.regions import SYMBOLS
from latune.recipes.loading import recipe_from_dict
from latune.training.trainer import train

SIDE = 16
PLACES = [0, 2, 4, 13, 15, 17, 27, 29, 31]  # of 32: three in each band
EACH = 20  # pictures of a symbol
RECIPE = {
    "name": "tests/moves",
    "model": {"name": "absae", "latent_size": 4, "channels": 4, "hidden": 16},
    "method": {
        "name": "absae_rel",
        "labels_per_region": 10,
        "warm_up": 10,
        "discriminator_sizes": [16],
        "relations": {"sizes": [16], "batch_size": 8, "consistent": 4},
    },
    "training": {"steps": 30, "batch_size": 32, "learning_rate": 0.003, "validate_every": 30, "keep": "last"},
}
TABLE = AttributeTable(
    [
        Attribute("shape", "kind", 1.0, 3.0, "Which.", "categorical"),
        Attribute("scale", "share", 0.5, 1.0, "Here: how bright."),
        Attribute("posx", "share", 0.0, 1.0, "Right."),
        Attribute("posy", "share", 0.0, 1.0, "Down."),
    ]
)


def blobs():
    """Squares and bars at 9 x 9 places in 3 brightnesses, 27 of each of 27 regions, no two alike."""
    grid = np.stack(np.meshgrid([1, 2, 3], [2, 3, 4], PLACES, PLACES, indexing="ij"), -1).reshape(-1, 4)
    values = np.stack([grid[:, 0], 0.5 + grid[:, 1] / 10, grid[:, 2] / 31, grid[:, 3] / 31], 1)
    items = np.zeros((len(grid), 1, SIDE, SIDE), np.uint8)
    for picture, (shape, scale, x, y) in zip(items, grid, strict=True):
        high, wide = {1: (4, 4), 2: (2, 4), 3: (4, 2)}[int(shape)]
        left, top = round(x * (SIDE - wide) / 31), round(y * (SIDE - high) / 31)
        picture[0, top : top + high, left : left + wide] = 55 + 50 * scale
    return _regions("blobs", items, values.astype(np.float32), PictureCodec((1, SIDE, SIDE), 255, "none", TABLE))


def symbols():
    """Twenty pictures of each of 13 invented signs, which stand for digits and operators."""
    generator = np.random.default_rng(0)
    classes = np.repeat(np.arange(len(SYMBOLS)), EACH).astype(np.int16)
    signs = generator.integers(0, 2, (len(SYMBOLS), 1, 4, 4)).repeat(4, axis=2).repeat(4, axis=3)
    items = (signs[classes] * generator.integers(150, 256, (len(classes), 1, 1, 1))).astype(np.uint8)
    table = AttributeTable([Attribute("brightness", "share", 0.0, 1.0, "How bright.")])
    values = items.mean(axis=(1, 2, 3))[:, None].astype(np.float32) / 255
    codec = PictureCodec((1, SIDE, SIDE), 255, "none", table)
    return _regions("signs", items, values, codec, classes, {"class_names": list(SYMBOLS)})


def trained(dataset, folder):
    """A run with moves on one of these data sets."""
    recipe = {**RECIPE, "data": {"name": dataset.name, "protocol": "regions"}}
    return train(recipe_from_dict(recipe, "test"), dataset, folder)


def _regions(name, items, values, codec, classes=None, description=None):
    groups = np.arange(len(items), dtype=np.int32)
    splits = {"train": groups, "validation": groups[:5], "test": groups[:5]}
    dataset = Dataset(name, items, values, groups, splits, codec, description or {}, classes)
    return with_protocol(dataset, Protocol("regions"))
