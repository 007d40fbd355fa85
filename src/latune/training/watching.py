"""What a training loop looks at between steps: values of losses, validation, and whether it may go on."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import torch

from latune.data.batches import Batch
from latune.errors import RunError, TrainingError
from latune.methods.method import Losses, Method
from latune.training.checkpoint import TrainingState, latest_checkpoint
from latune.training.random_state import looking_at
from latune.training.run_folder import Run

__all__ = ["numbers", "refuse_broken_weights", "refuse_not_a_number", "refuse_other_recipe", "validate"]


def validate(method: Method, batches: Iterable[Batch]) -> dict[str, float]:
    """Means over the held-out items."""
    sums: dict[str, float] = {}
    items = 0
    with looking_at(method):  # validating more or less often changes nothing else
        for batch in batches:
            items += len(batch.items)
            for name, value in numbers(method.validation_losses(batch)).items():
                sums[name] = sums.get(name, 0.0) + value * len(batch.items)
    return {name: value / items for name, value in sums.items()}


def numbers(losses: Losses) -> dict[str, float]:
    """One read for all values."""
    stacked = torch.stack([value.detach().float() for value in losses.values()]).tolist()
    return dict(zip(losses, stacked, strict=True))


def refuse_not_a_number(values: dict[str, float], folder: Path, step: int) -> None:
    """Stop where a loss is not a number any more.

    Raises:
        TrainingError: It is not.
    """
    broken = [name for name, value in values.items() if not math.isfinite(value)]
    if broken:
        good = latest_checkpoint(folder)
        kept = f"; the last good checkpoint is {good}" if good is not None else ""
        raise TrainingError(
            f"{' and '.join(broken)} became not a number by step {step}: lower training.learning_rate{kept}."
        )


def refuse_broken_weights(method: Method, folder: Path, step: int) -> None:
    """The loss of a step is computed before its update: look at the weights themselves before they are kept."""
    sound = torch.stack([parameter.detach().isfinite().all() for parameter in method.parameters()]).all()
    refuse_not_a_number({"the weights": 0.0 if sound else math.nan}, folder, step)


def refuse_other_recipe(run: Run, state: TrainingState) -> None:
    """Half of one experiment and half of another would be neither."""
    if state.recipe not in ("", run.recipe.checksum):
        raise RunError(
            f"{run.folder / 'recipe.yaml'} has been changed since the last checkpoint: put it back, or train into a new"
            " folder."
        )
    state.recipe = run.recipe.checksum
