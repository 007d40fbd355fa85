"""Is a digit still the same digit? Content kept by reconstruction and along sweeps of the knobs' dimensions.

A class reader, trained on real pictures, says which class a decoded picture shows. As published, each attribute's
dimension of every sampled code is set to 10 values from -4 to 4 in turn, decoded and read; the share that is still
read as the source's class is averaged. (The published average has a defect, a last dimension swept as if it were an
attribute; `last_dimension` brings it back for comparison.)

A fixed range of codes flatters models whose codes spread wide: -4 to 4 is then a small part of what the knob can do.
`turned` is free of that: each knob is set to 10 values over its own range of the attribute, jointly, as a user does.

Source: Pati and Lerch 2021 (arXiv 2004.05485), section on content preservation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.control.editor import Editor
from latune.control.inference import Codes, Items
from latune.data.dataset import Dataset
from latune.data.store import data_home
from latune.metrics import bootstrap_mean
from latune.training.reader import Reader, load_reader, save_reader, train_class_reader

__all__ = ["RANGE", "STEPS", "class_reader", "identity_kept"]

RANGE = (-4.0, 4.0)
STEPS = 10
NAME = "class_reader"
SEED = 0  # of the reader: one reader judges all runs

Report = Callable[[int, int], None]


def class_reader(dataset: Dataset, report: Report | None = None) -> Reader:
    """The class reader of a stored data set under a protocol, trained on first use and kept beside its arrays."""
    protocol = dataset.description.get("protocol")  # another one has other training items
    stem = data_home() / dataset.name / (NAME if protocol is None else f"{NAME}-{protocol}")
    reader = load_reader(stem)
    if reader is None:
        reader = train_class_reader(dataset, SEED, report)
        save_reader(reader, stem)
    return reader


def identity_kept(
    reader: Reader,
    editor: Editor,
    items: Items,
    classes: NDArray[np.int16],
    codes: Codes,
    dimensions: Mapping[str, int],
    *,
    last_dimension: bool = False,
    repetitions: int = 200,
    seed: int = 0,
    report: Report | None = None,
) -> dict[str, Any]:
    """Shares of items that are read as their own class.

    Args:
        reader: Reads classes.
        editor: The run.
        items: Held-out pictures (N, C, H, W).
        classes: Their classes (N,).
        codes: Sampled codes (N, D).
        dimensions: Latent dimension of each attribute.
        last_dimension: Sweep the last dimension too, as the published code did.
        repetitions: Of the bootstrap.
        seed: Of the bootstrap.
        report: Told (done, total) decodings.
    """
    swept = dict(dimensions)
    if last_dimension:
        swept["last dimension"] = codes.shape[1] - 1
    groups, own = np.arange(len(items)), editor.encode(items)

    def estimate(right: NDArray[Any]) -> dict[str, Any]:
        return bootstrap_mean(right.astype(float), groups, repetitions, seed).to_dict()

    def right(pictures: Items) -> NDArray[np.bool_]:
        return np.asarray(reader.classes(pictures) == classes)

    positions, total = np.linspace(*RANGE, STEPS), (len(swept) + len(editor.knobs.names)) * STEPS
    shares = np.zeros((len(swept), len(items)))
    turned = np.zeros((len(editor.knobs.names), len(items)))
    for row, dimension in enumerate(swept.values()):
        for place, position in enumerate(positions):
            moved = codes.copy()
            moved[:, dimension] = position
            shares[row] += right(editor.decode(moved)) / STEPS
            if report is not None:
                report(row * STEPS + place + 1, total)
    for row, knob in enumerate(editor.knobs.knobs):
        for place, value in enumerate(np.linspace(knob.low, knob.high, STEPS)):
            turned[row] += right(editor.decode(editor.move(own, {knob.name: value}))) / STEPS
            if report is not None:
                report((len(swept) + row) * STEPS + place + 1, total)
    return {
        "items": len(items),
        "classifier_accuracy": estimate(right(items)),
        "classifier_accuracy_all": reader.score,
        "reconstructed": estimate(right(editor.decode(codes))),
        "interpolated": estimate(shares.mean(axis=0)),
        "per_attribute": dict(zip(swept, shares.mean(axis=1).tolist(), strict=True)),
        "turned": estimate(turned.mean(axis=0)),
        "turned_per_knob": dict(zip(editor.knobs.names, turned.mean(axis=1).tolist(), strict=True)),
        "attributes": list(dimensions),
        "range": list(RANGE),
        "steps": STEPS,
    }
