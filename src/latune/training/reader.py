"""Readers: networks that learn from labels what a picture is, to look at pictures that have no labels.

A *class reader* says which class (digit) a picture shows; an *attribute reader* estimates attributes for which there
is no measuring function. Both are trained on real pictures of the training split alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

from latune.data.dataset import Dataset
from latune.data.picture_codec import PictureCodec
from latune.errors import RunError
from latune.models.picture_reader import PictureReader
from latune.training.run_folder import save_weights, write_json

__all__ = ["Reader", "load_reader", "save_reader", "train_attribute_reader", "train_class_reader"]

Values = NDArray[np.float64]
Report = Callable[[int, int], None]

BATCH = 128
LEARNING_RATE = 2e-3
EPOCHS = 6
FEWEST_STEPS, MOST_STEPS = 600, 4000  # small data sets are seen more often, large ones in part
BATCH_ELEMENTS = 400_000  # elements of pictures that are read at a time


@dataclass(frozen=True)
class _Header:
    """What a reader's JSON file says."""

    item_shape: tuple[int, ...]
    levels: int
    names: tuple[str, ...]  # of the attributes; empty for classes
    means: tuple[float, ...]  # of the training values; the network reads standardised ones
    deviations: tuple[float, ...]
    score: float  # on held-out items: share of right classes, or mean R squared
    scores: tuple[float, ...]  # R squared per attribute


@dataclass(frozen=True)
class Reader:
    """A trained reader.

    Args:
        network: In evaluation mode.
        header: Shapes, scales and held-out scores.
    """

    network: PictureReader
    header: _Header

    @property
    def score(self) -> float:
        """On held-out real pictures: share of right classes, or mean R squared of the attributes."""
        return self.header.score

    @property
    def score_per_attribute(self) -> dict[str, float]:
        """R squared on held-out real pictures."""
        return dict(zip(self.header.names, self.header.scores, strict=True))

    def classes(self, items: NDArray[np.integer[Any]]) -> NDArray[np.int16]:
        """Most likely class of pictures (N, C, H, W): (N,)."""
        return np.asarray(np.argmax(self._outputs(items), axis=1), np.int16)

    def values(self, items: NDArray[np.integer[Any]]) -> Values:
        """Estimated attributes of pictures (N, C, H, W): (N, A), in their own units."""
        return np.asarray(self._outputs(items) * np.array(self.header.deviations) + np.array(self.header.means))

    def features(self, items: NDArray[np.integer[Any]]) -> Values:
        """What the last layer reads, of pictures (N, C, H, W): (N, F)."""
        return self._outputs(items, self.network.layers[:-1])

    @torch.no_grad()
    def _outputs(self, items: NDArray[np.integer[Any]], layers: nn.Module | None = None) -> Values:
        network = self.network if layers is None else layers
        size = max(1, BATCH_ELEMENTS // int(np.prod(items.shape[1:])))
        pieces = [items[start : start + size] for start in range(0, len(items), size)]
        outputs = [network(_brightness(piece, self.header.levels)).double().numpy() for piece in pieces]
        return np.concatenate(outputs) if outputs else np.empty((0, len(self.header.means)))


def train_class_reader(dataset: Dataset, seed: int, report: Report | None = None) -> Reader:
    """Train a reader of classes on the training split; its score is measured on the test split."""
    assert dataset.classes is not None
    classes = np.asarray(dataset.classes).astype(np.int64)
    count = int(classes.max()) + 1
    reader = _train(dataset, torch.from_numpy(classes), count, F.cross_entropy, _Scale((), (), ()), seed, report)
    test = dataset.split("test")
    right = reader.classes(np.asarray(dataset.items[test])) == classes[test]
    return Reader(reader.network, _scored(reader.header, float(right.mean()), ()))


def train_attribute_reader(dataset: Dataset, seed: int, report: Report | None = None) -> Reader:
    """Train a reader of all built-in attributes on the training split; its score is measured on the test split."""
    names = dataset.table.built_in.names  # own attributes come behind these, and have functions
    values = np.asarray(dataset.attributes, dtype=float)[:, : len(names)]
    training = values[dataset.split("train")]
    scale = _Scale(names, tuple(training.mean(axis=0)), tuple(np.maximum(training.std(axis=0), 1e-9)))
    targets = torch.from_numpy(((values - scale.means) / scale.deviations).astype(np.float32))
    reader = _train(dataset, targets, values.shape[1], F.smooth_l1_loss, scale, seed, report)
    test = dataset.split("test")
    errors = (reader.values(np.asarray(dataset.items[test])) - values[test]) ** 2
    explained = 1 - errors.mean(axis=0) / np.maximum(values[test].var(axis=0), 1e-12)
    return Reader(reader.network, _scored(reader.header, float(explained.mean()), tuple(explained.tolist())))


@dataclass(frozen=True)
class _Scale:
    names: tuple[str, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]


def _train(
    dataset: Dataset,
    targets: torch.Tensor,
    outputs: int,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    scale: _Scale,
    seed: int,
    report: Report | None,
) -> Reader:
    assert isinstance(dataset.codec, PictureCodec)
    levels, indices = dataset.codec.levels, dataset.split("train")
    with torch.random.fork_rng(devices=[]):  # training a reader changes nothing else
        torch.manual_seed(seed)
        network = PictureReader(dataset.codec.item_shape, outputs)
        optimiser = torch.optim.Adam(network.parameters(), LEARNING_RATE)
        generator = np.random.default_rng(seed)
        steps = min(max(EPOCHS * (len(indices) // BATCH), FEWEST_STEPS), MOST_STEPS)
        for step in range(steps):
            chosen = np.sort(generator.choice(indices, min(BATCH, len(indices)), replace=False))
            for group in optimiser.param_groups:
                group["lr"] = LEARNING_RATE * (1 - step / steps)
            read = network(_brightness(np.asarray(dataset.items[chosen]), levels))
            optimiser.zero_grad(set_to_none=True)
            loss(read, targets[chosen]).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            if report is not None:
                report(step + 1, steps)
    header = _Header(dataset.codec.item_shape, levels, scale.names, scale.means, scale.deviations, 0.0, ())
    return Reader(network.eval(), header)


def _scored(header: _Header, score: float, scores: tuple[float, ...]) -> _Header:
    return _Header(**{**asdict(header), "score": score, "scores": scores})


def _brightness(items: NDArray[np.integer[Any]], levels: int) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(items, dtype=np.float32)) / levels


def save_reader(reader: Reader, stem: Path) -> None:
    """Write `stem`.safetensors, then `stem`.json: a reader without the latter does not exist."""
    save_weights(reader.network, stem.with_suffix(".safetensors"))
    outputs = reader.network.layers[-1]
    assert isinstance(outputs, nn.Linear)
    write_json(stem.with_suffix(".json"), {**asdict(reader.header), "outputs": outputs.out_features})


def load_reader(stem: Path) -> Reader | None:
    """Read what `save_reader` wrote; None where there is nothing.

    Raises:
        RunError: The files are damaged.
    """
    path = stem.with_suffix(".json")
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        outputs = content.pop("outputs")
        fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in content.items()}
        header = _Header(**fields)
        network = PictureReader(header.item_shape, outputs)
        network.load_state_dict(load_file(stem.with_suffix(".safetensors")))
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, SafetensorError) as error:
        raise RunError(f"{path} or its weights are damaged: delete it, and it is made again.") from error
    return Reader(network.eval(), header)
