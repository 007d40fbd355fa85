"""The training loop: read it from top to bottom."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch
from torch.optim import Adam, Optimizer

from latune.data.batches import Batches
from latune.data.dataset import Dataset
from latune.errors import RunError
from latune.methods.method import Losses, Method, Player
from latune.recipes import Recipe
from latune.training.building import begin_run, build, build_augmentation, build_decay
from latune.training.distributed import Devices
from latune.training.keeping import Progress, Report, RunKeeper, in_work, kept
from latune.training.run_folder import Run, open_run, refuse_used
from latune.training.schedules import learning_rate

__all__ = ["Progress", "resume", "train"]


def train(
    recipe: Recipe,
    dataset: Dataset,
    folder: Path,
    *,
    report: Report | None = None,
    stop: Callable[[], bool] | None = None,
) -> Run:
    """Train a recipe into a new run folder.

    Everything random follows from `recipe.seed`, the initial weights included. Within a `process_group` all processes
    train one run together: the first one writes its folder and reports.

    Args:
        recipe: What to train.
        dataset: The data set that the recipe names, with the columns of plugins where the recipe uses such.
        folder: New or empty folder.
        report: Told the progress every `training.log_every` steps.
        stop: Asked after each step; True makes it write a checkpoint and return.

    Returns:
        The run; `finished` is False where it was stopped.

    Raises:
        RecipeError: The recipe does not fit the data set.
        RunError: The folder is not empty or cannot be written.
        TrainingError: The loss is not a number any more.
    """
    recipe = recipe.resolved(dataset.table.names)
    method, device = build(recipe, dataset)
    devices = Devices(method.model, recipe.seed)
    if devices.first:
        refuse_used(folder)
    with _alone_in(folder, devices):
        run = begin_run(recipe, dataset, folder) if devices.first else Run(folder, recipe, dataset.codec)
        return _loop(run, dataset, method, device, devices, report, stop)


def resume(
    folder: Path,
    dataset: Dataset,
    *,
    report: Report | None = None,
    stop: Callable[[], bool] | None = None,
) -> Run:
    """Go on with a run from its last checkpoint; on one machine the result equals that of an uninterrupted run.

    Args:
        folder: The run folder.
        dataset: The data set that its recipe names.
        report: As for `train`.
        stop: As for `train`.

    Raises:
        RunError: It is not a run folder, it is damaged, or it was trained on another data set.
        TrainingError: The loss is not a number any more.
    """
    run = open_run(folder, dataset.plugins)
    if run.codec.to_dict() != dataset.codec.to_dict():
        raise RunError(f"{folder} was trained on other items than data set '{dataset.name}' holds now.")
    if run.finished:
        return run
    method, device = build(run.recipe, dataset)
    devices = Devices(method.model, run.recipe.seed)
    with _alone_in(folder, devices):
        return _loop(run, dataset, method, device, devices, report, stop)


def _alone_in(folder: Path, devices: Devices) -> AbstractContextManager[None]:
    """The first process of a run keeps others from its folder."""
    return in_work(folder) if devices.first else nullcontext()


def _loop(
    run: Run,
    dataset: Dataset,
    method: Method,
    device: torch.device,
    devices: Devices,
    report: Report | None,
    stop: Callable[[], bool] | None,
) -> Run:
    # Settings, data, players, optimisers.
    recipe, training = run.recipe, run.recipe.training
    to_input, prepare = method.model.to_input, method.prepare_attributes
    augmentation = build_augmentation(recipe, dataset)
    batches = Batches(dataset, "train", training.batch_size, recipe.seed, device, to_input, prepare, augmentation)
    held_out = Batches(dataset, "validation", training.batch_size, recipe.seed, device, to_input, prepare)
    steps = training.steps or len(batches) * (training.epochs or 1)
    decay = build_decay(training, len(batches))
    half = torch.autocast(device.type, torch.bfloat16, enabled=training.precision == "bfloat16")
    players = method.players()
    optimisers: list[Optimizer] = [
        Adam(player.parameters, training.learning_rate, betas=player.betas, fused=True) for player in players
    ]

    # Go on where the last checkpoint stands.
    with kept(run):
        keeper = RunKeeper(run, dataset, method, optimisers, batches, held_out, steps, report, devices)
    with kept(run), devices.sharing():
        devices.require_same(keeper.state.step)
        while keeper.state.step < steps:
            # One round: every player takes its turns on the batch of this step.
            method.train()
            step = keeper.state.step
            devices.begin(step)
            batch = batches.at(step)
            rate = learning_rate(training.schedule, training.learning_rate, step, steps, decay)
            losses: Losses = {}
            for player, optimiser in zip(players, optimisers, strict=True):
                if not player.plays(step):
                    continue
                if player.own_time:
                    rate = learning_rate(training.schedule, training.learning_rate, *player.time(step, steps), decay)
                for group in optimiser.param_groups:
                    group["lr"] = rate * player.learning_rate_factor
                for _ in range(player.steps_per_round):
                    with half:
                        turn = player.loss(batch, step)
                    optimiser.zero_grad(set_to_none=True)
                    turn["loss"].backward()  # type: ignore[no-untyped-call]
                    devices.combine_gradients(player.parameters)
                    _clip_gradients(player)
                    optimiser.step()
                losses |= player.named(turn)
            keeper.keep(losses, rate)
            if devices.any(stop is not None and stop()):
                keeper.save()
                return run
        keeper.finish()
    return run


def _clip_gradients(player: Player) -> None:
    """Cut a player's gradients to the size it wants, first all together and then each number."""
    if player.clip_norm is not None:
        torch.nn.utils.clip_grad_norm_(player.parameters, player.clip_norm)
    if player.clip_value is not None:
        torch.nn.utils.clip_grad_value_(player.parameters, player.clip_value)
