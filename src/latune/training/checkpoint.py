"""Checkpoints: all that is needed to go on as if nothing had happened, written whole or not at all.

The last two are kept, each with the checksums of its files: where the newest one is damaged, training goes on from the
one before and ends with the same weights.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn
from torch.optim import Optimizer

from latune.errors import RunError

__all__ = ["TrainingState", "checkpoints", "latest_checkpoint", "load_checkpoint", "position", "save_checkpoint"]

KEPT = 2  # checkpoints
WEIGHTS, OPTIMISERS, STATE = "method.safetensors", "optimisers.pt", "state.json"


@dataclass
class TrainingState:
    """Where a training stands.

    Args:
        step: Steps done.
        best_loss: Lowest validation loss so far, infinity before the first.
        best_step: Steps done when it was measured.
        seconds: Time spent in training so far.
        recipe: Checksum of the recipe that is trained.
    """

    step: int = 0
    best_loss: float = float("inf")
    best_step: int = 0
    seconds: float = 0.0
    recipe: str = ""


def save_checkpoint(folder: Path, method: nn.Module, optimisers: list[Optimizer], state: TrainingState) -> None:
    """Write `checkpoint/step-N` and remove all but the one before.

    A kill at any moment leaves the checkpoints there were, or this one too: the folder is renamed into place when
    complete.

    Raises:
        OSError: The folder cannot be written.
    """
    target = folder / "checkpoint" / f"step-{state.step:09d}"
    temporary = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    random_state = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        random_state["cuda"] = torch.cuda.get_rng_state()
    optimiser_states = [optimiser.state_dict() for optimiser in optimisers]
    # Through memory: what writes to files by itself has errors of its own when a disk is full.
    contents = {
        WEIGHTS: save({name: tensor.contiguous() for name, tensor in method.state_dict().items()}),
        OPTIMISERS: _saved({"optimisers": optimiser_states, "random_state": random_state}),
    }
    for name, content in contents.items():
        (temporary / name).write_bytes(content)
    (temporary / STATE).write_text(_sealed(asdict(state), contents), encoding="utf-8")
    if target.exists():
        shutil.rmtree(target)
    temporary.rename(target)
    recent = checkpoints(folder)[-KEPT:]
    for other in target.parent.iterdir():
        if other not in recent:
            shutil.rmtree(other, ignore_errors=True)


def checkpoints(folder: Path) -> list[Path]:
    """The complete checkpoints of a run folder, the newest one last; damaged ones among them."""
    return sorted((folder / "checkpoint").glob("step-*"))


def latest_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint of a run folder that is as it was written, if it has any checkpoint.

    Raises:
        RunError: It has some, and all are damaged.
    """
    found = checkpoints(folder)
    for path in reversed(found):
        if _contents(path) is not None:
            return path
    if found:
        raise RunError(f"{found[-1]} is damaged: remove {folder / 'checkpoint'}, and --resume begins anew.")
    return None


def position(folder: Path) -> int:
    """Steps done at the checkpoint that training goes on from; 0 without one.

    Raises:
        RunError: All checkpoints are damaged.
    """
    newest = latest_checkpoint(folder)
    return 0 if newest is None else int(newest.name.removeprefix("step-"))


def load_checkpoint(path: Path, method: nn.Module, optimisers: list[Optimizer]) -> TrainingState:
    """Put weights, optimisers and random state back.

    Raises:
        RunError: The checkpoint is damaged or of another recipe.
    """
    contents = _contents(path)
    if contents is None:
        raise RunError(f"{path} is damaged.")
    try:
        method.load_state_dict(load(contents[WEIGHTS]))
        saved: dict[str, Any] = torch.load(io.BytesIO(contents[OPTIMISERS]), weights_only=True)
        for optimiser, values in zip(optimisers, saved["optimisers"], strict=True):
            optimiser.load_state_dict(values)
        torch.set_rng_state(saved["random_state"]["cpu"])
        if "cuda" in saved["random_state"] and torch.cuda.is_available():
            torch.cuda.set_rng_state(saved["random_state"]["cuda"])
        return TrainingState(**json.loads(contents[STATE])["state"])
    except (SafetensorError, ValueError, RuntimeError, KeyError, TypeError) as error:
        raise RunError(f"{path} does not fit recipe.yaml.") from error


def _saved(content: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def _sealed(state: dict[str, Any], contents: Mapping[str, bytes]) -> str:
    """The text of `state.json`: the state, checksums of the files beside it, and one of all this."""
    sealed = {"state": state, "files": {name: _checksum(content) for name, content in contents.items()}}
    return json.dumps({**sealed, "checksum": _checksum(json.dumps(sealed).encode())})


def _contents(path: Path) -> dict[str, bytes] | None:
    """The files of a checkpoint, or None where one is not as it was written."""
    try:
        contents = {name: (path / name).read_bytes() for name in (WEIGHTS, OPTIMISERS, STATE)}
        sealed = json.loads(contents[STATE])
        checksum = sealed.pop("checksum")
        files = sealed["files"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    intact = checksum == _checksum(json.dumps(sealed).encode())
    return contents if intact and all(_checksum(contents[name]) == files[name] for name in files) else None


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
