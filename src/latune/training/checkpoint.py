"""Checkpoints: all that is needed to go on as if nothing had happened, written whole or not at all."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from torch.optim import Optimizer

from latune.errors import RunError

__all__ = ["TrainingState", "latest_checkpoint", "load_checkpoint", "position", "save_checkpoint"]


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
    """Write `checkpoint/step-N` and remove older ones.

    A kill at any moment leaves the old checkpoint or the new one: the folder is renamed into place when complete.
    """
    target = folder / "checkpoint" / f"step-{state.step:09d}"
    temporary = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    save_file({k: v.contiguous() for k, v in method.state_dict().items()}, temporary / "method.safetensors")
    random_state = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        random_state["cuda"] = torch.cuda.get_rng_state()
    torch.save(
        {"optimisers": [optimiser.state_dict() for optimiser in optimisers], "random_state": random_state},
        temporary / "optimisers.pt",
    )
    (temporary / "state.json").write_text(json.dumps(asdict(state)), encoding="utf-8")
    if target.exists():
        shutil.rmtree(target)
    temporary.rename(target)
    for other in target.parent.iterdir():
        if other != target:
            shutil.rmtree(other, ignore_errors=True)


def latest_checkpoint(folder: Path) -> Path | None:
    """The newest complete checkpoint of a run folder, if it has one."""
    complete = sorted((folder / "checkpoint").glob("step-*"))
    return complete[-1] if complete else None


def position(folder: Path) -> int:
    """Steps done at the newest checkpoint of a run folder; 0 without one."""
    newest = latest_checkpoint(folder)
    return 0 if newest is None else int(newest.name.removeprefix("step-"))


def load_checkpoint(path: Path, method: nn.Module, optimisers: list[Optimizer]) -> TrainingState:
    """Put weights, optimisers and random state back.

    Raises:
        RunError: The checkpoint is damaged or of another recipe.
    """
    try:
        method.load_state_dict(load_file(path / "method.safetensors"))
        saved: dict[str, Any] = torch.load(path / "optimisers.pt", weights_only=True)
        for optimiser, values in zip(optimisers, saved["optimisers"], strict=True):
            optimiser.load_state_dict(values)
        torch.set_rng_state(saved["random_state"]["cpu"])
        if "cuda" in saved["random_state"] and torch.cuda.is_available():
            torch.cuda.set_rng_state(saved["random_state"]["cuda"])
        return TrainingState(**json.loads((path / "state.json").read_text(encoding="utf-8")))
    except (
        SafetensorError,
        UnpicklingError,
        EOFError,
        OSError,
        ValueError,
        RuntimeError,
        KeyError,
        TypeError,
    ) as error:
        raise RunError(f"{path} is damaged or does not fit recipe.yaml.") from error
