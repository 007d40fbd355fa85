"""What is recorded of a training besides its history: latent codes of a fixed probe, and pictures with reconstructions.

`RUN/recording/` holds `probe-0001234.npz` (what the encoder says of the probe at step 1,234), `probe-items.npz` (which
items these are) and, where items are pictures, `panel-0001000.png` (originals above, reconstructions below). All are
written whole or not at all. Recording reads the network and changes nothing: a run has the same weights without it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray

from latune.data.dataset import Dataset
from latune.data.picture_codec import PictureCodec
from latune.errors import RunError
from latune.images.sheets import sheet, write_png
from latune.models.latent_model import LatentModel
from latune.recipes.lengths import in_steps
from latune.recipes.recipe import RecordingConfig
from latune.training.random_state import looking_at
from latune.training.run_folder import write_bytes

__all__ = ["FOLDER", "Probes", "Recorder", "read_probes"]

FOLDER = "recording"
PROBE, PANEL, PROBE_ITEMS = "probe", "panel", "probe-items.npz"
BATCH = 128  # items that are encoded at a time: bounds the memory

Values = NDArray[np.float32]


@dataclass(frozen=True)
class Probes:
    """Latent codes of the same P items at T steps of a training.

    Args:
        steps: Steps done, (T,), increasing.
        means: Of q(z|x), (T, P, D).
        log_variances: Natural logarithms, (T, P, D).
        indices: Which items of the data set, (P,).
        attributes: Their attributes, (P, A), columns as in `names`.
        names: Of the attributes.
    """

    steps: NDArray[np.int64]
    means: Values
    log_variances: Values
    indices: NDArray[np.int64]
    attributes: Values
    names: tuple[str, ...]


class Recorder:
    """Records the items of the validation split that the seed draws.

    Args:
        folder: The run folder.
        config: What is recorded and when.
        dataset: Where items come from.
        seed: Chooses the items.
        steps_per_epoch: Batches of one pass over the training split.
        from_step: Records of later steps are dropped: they come from after the last checkpoint.
    """

    def __init__(
        self, folder: Path, config: RecordingConfig, dataset: Dataset, seed: int, steps_per_epoch: int, from_step: int
    ) -> None:
        self._folder, self._most_bytes = folder / FOLDER, int(config.most_megabytes * 1e6)
        self._every = {PROBE: in_steps(config.probe_every, steps_per_epoch)}
        self._folder.mkdir(exist_ok=True)
        for path in self._folder.glob(".*.tmp"):
            path.unlink()
        for path, step in _records(self._folder):
            if step > from_step:
                path.unlink()
        order = np.random.default_rng(seed).permutation(dataset.split("validation"))
        indices = np.sort(order[: config.probe_items])
        self._probe = np.asarray(dataset.items[indices])
        self._write_items(dataset, indices)
        if isinstance(dataset.codec, PictureCodec):
            self._every[PANEL] = in_steps(config.panel_every, steps_per_epoch)
            self._panel = np.asarray(dataset.items[np.sort(order[: config.panel_items])])
            self._brightness = 255 // dataset.codec.levels

    def record(self, model: LatentModel, step: int, last: bool = False) -> None:
        """Record what is due at a step: all at the first and last one.

        Raises:
            OSError: The folder cannot be written.
        """
        due = [kind for kind, every in self._every.items() if last or step % every == 0]
        if not due:
            return
        with looking_at(model):
            if PROBE in due:
                self._write_probe(model, step)
            if PANEL in due:
                self._write_panel(model, step)
        self._thin_out()

    def _write_items(self, dataset: Dataset, indices: NDArray[np.int64]) -> None:
        _write_arrays(
            self._folder / PROBE_ITEMS,
            indices=indices,
            attributes=np.asarray(dataset.attributes[indices], np.float32),
            names=np.array(dataset.table.names, dtype=np.str_),
        )

    def _write_probe(self, model: LatentModel, step: int) -> None:
        means, log_variances = [], []
        for items in np.array_split(self._probe, max(1, len(self._probe) // BATCH)):
            posterior = model.encode(_input(model, items))
            means.append(posterior.mean.float().cpu().numpy())
            log_variances.append(posterior.variance.float().log().cpu().numpy())
        arrays = {"means": np.concatenate(means), "log_variances": np.concatenate(log_variances)}
        _write_arrays(self._folder / f"{PROBE}-{step:07d}.npz", step=np.array(step), **arrays)

    def _write_panel(self, model: LatentModel, step: int) -> None:
        decoded = model.to_items(model.decode(model.encode(_input(model, self._panel)).mean))
        rows = np.stack([self._panel, decoded.to(torch.uint8).cpu().numpy()]) * np.uint8(self._brightness)
        write_png(self._folder / f"{PANEL}-{step:07d}.png", sheet(rows))

    def _thin_out(self) -> None:
        """Remove records until the rest fits; of the kind that takes most space, the one with the closest neighbours.

        First and newest records stay. What stays is spread nearly evenly over the training.
        """
        records = [(path, step, path.stat().st_size) for path, step in _records(self._folder)]
        total = sum(size for _, _, size in records) + (self._folder / PROBE_ITEMS).stat().st_size
        while total > self._most_bytes:
            kinds = [[record for record in records if record[0].name.startswith(kind)] for kind in (PROBE, PANEL)]
            thinnable = [kind for kind in kinds if len(kind) > 2]
            if not thinnable:
                return
            largest = max(thinnable, key=lambda kind: sum(size for _, _, size in kind))
            gaps = [after[1] - before[1] for before, after in zip(largest, largest[2:], strict=False)]
            removed = largest[1 + gaps.index(min(gaps))]
            removed[0].unlink()
            records.remove(removed)
            total -= removed[2]


def read_probes(folder: Path) -> Probes:
    """The recorded latent codes of a run.

    Args:
        folder: The run folder.

    Raises:
        RunError: The run has no such records, or they are damaged.
    """
    recording = folder / FOLDER
    paths = [path for path, _ in _records(recording) if path.name.startswith(PROBE)]
    if not paths:
        raise RunError(f"{folder} has no recorded probes: train with --set recording.probe_items=2048.")
    try:
        items = _read_arrays(recording / PROBE_ITEMS)
        parts = [_read_arrays(path) for path in paths]
        return Probes(
            np.array([int(part["step"]) for part in parts]),
            np.stack([part["means"] for part in parts]),
            np.stack([part["log_variances"] for part in parts]),
            items["indices"],
            items["attributes"],
            tuple(str(name) for name in items["names"]),
        )
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise RunError(f"{recording} is damaged: {' '.join(str(error).split())}.") from error


def _records(folder: Path) -> list[tuple[Path, int]]:
    """Probes and panels with their steps, oldest first."""
    found = [path for kind in (PROBE, PANEL) for path in folder.glob(f"{kind}-[0-9]*.*")]
    return sorted(((path, int(path.stem.rpartition("-")[2])) for path in found), key=lambda record: record[1])


def _input(model: LatentModel, items: NDArray[np.uint8]) -> torch.Tensor:
    device = next(model.parameters()).device
    return model.to_input(torch.from_numpy(np.ascontiguousarray(items)).to(device))


def _write_arrays(path: Path, **arrays: Any) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_bytes(path, buffer.getvalue())


def _read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}
