"""The training loop: read it from top to bottom."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.optim import Adam, Optimizer

from latune.attributes import OUTER_SHARE
from latune.data.augmentation import Augmentation, Crossover, Transposition
from latune.data.batches import Batch, Batches
from latune.data.dataset import Dataset
from latune.data.labelled import labelled_items
from latune.data.regions import regions_of
from latune.errors import RecipeError, RunError, TrainingError
from latune.methods.absae_rel import AbsAeRelConfig
from latune.methods.attribute_term import AttributeTerm
from latune.methods.control_term import ControlTerm
from latune.methods.joint_movement import JointMovement
from latune.methods.method import MAIN_PLAYER, Losses, Method, Player
from latune.methods.registry import build_method
from latune.models.phrase_mlp import PhraseMlp
from latune.models.registry import build_model
from latune.recipes import Recipe
from latune.recipes.lengths import in_steps
from latune.recipes.recipe import TrainingConfig
from latune.training.checkpoint import TrainingState, latest_checkpoint, load_checkpoint, save_checkpoint
from latune.training.history import History
from latune.training.random_state import looking_at
from latune.training.recording import Recorder
from latune.training.run_folder import Run, create_run, open_run, save_weights, write_json
from latune.training.schedules import Decay, learning_rate

__all__ = ["Progress", "resume", "train"]


@dataclass(frozen=True)
class Progress:
    """What a front end shows while a run trains.

    Args:
        step: Steps done.
        steps: Steps in all.
        items_per_second: Throughput since the last report.
        losses: Latest values by name; validation values are called "validation_...".
    """

    step: int
    steps: int
    items_per_second: float
    losses: dict[str, float]


Report = Callable[[Progress], None]


def train(
    recipe: Recipe,
    dataset: Dataset,
    folder: Path,
    *,
    report: Report | None = None,
    stop: Callable[[], bool] | None = None,
) -> Run:
    """Train a recipe into a new run folder.

    Everything random follows from `recipe.seed`, the initial weights included.

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
    method, device = _build(recipe, dataset)
    run = create_run(folder, recipe, dataset.codec, dataset.plugins)
    if recipe.data.protocol == "regions":
        write_json(folder / "regions.json", regions_of(dataset)[0].to_dict())
    if dataset.labels is not None:
        write_json(folder / "genres.json", {"names": list(dataset.label_names)})
    return _loop(run, dataset, method, device, report, stop)


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
    method, device = _build(run.recipe, dataset)
    return _loop(run, dataset, method, device, report, stop)


def _build(recipe: Recipe, dataset: Dataset) -> tuple[Method, torch.device]:
    """Seed, then build: the seed decides the initial weights."""
    reference = np.asarray(dataset.attributes[dataset.split("train")])
    for name in recipe.knob_names(dataset.table.names):  # what cannot get a knob stops here, before any work
        low, high = np.quantile(reference[:, dataset.table.index(name)], [OUTER_SHARE, 1 - OUTER_SHARE])
        if low == high:
            raise RecipeError(f"Attribute '{name}' is {low:g} for nearly all training items: no knob is possible.")
    try:
        device = torch.device(recipe.training.device)
        torch.ones(1, device=device).item()
    except (RuntimeError, AssertionError) as error:
        raise RecipeError(f"training.device: '{recipe.training.device}' is not available here.") from error
    torch.manual_seed(recipe.seed)
    model = build_model(recipe.model, dataset.codec)
    if isinstance(model, PhraseMlp) and len(recipe.regularised) not in (0, model.named_dimensions):
        raise RecipeError(
            f"model.named_size: expected as many as attributes.names, got {model.named_dimensions} dimensions for"
            f" {len(recipe.regularised)} attributes of the phrase and its measures."
        )
    term = control = None
    if recipe.attributes is not None:
        term = AttributeTerm(recipe.attributes, dataset.table, model.latent_size, reference)
    if recipe.control is not None:
        movement = JointMovement(recipe.joint, model.latent_size, len(recipe.regularised))
        control = ControlTerm(recipe.control, recipe.regularised, dataset.table, dataset.codec, reference, movement)
    labelled = None
    if isinstance(recipe.method, AbsAeRelConfig):
        labelled = labelled_items(dataset, recipe.method.labels_per_region, recipe.seed)
    genres = 0 if dataset.labels is None else dataset.labels.shape[1]
    method = build_method(
        recipe.method, model, dataset.table, term, control, dataset.codec, reference, labelled, genres
    )
    return method.to(device), device


def _loop(
    run: Run,
    dataset: Dataset,
    method: Method,
    device: torch.device,
    report: Report | None,
    stop: Callable[[], bool] | None,
) -> Run:
    # Settings, data, players, optimisers.
    recipe, training = run.recipe, run.recipe.training
    to_input, prepare = method.model.to_input, method.prepare_attributes
    augmentation = _augmentation(recipe, dataset)
    batches = Batches(dataset, "train", training.batch_size, recipe.seed, device, to_input, prepare, augmentation)
    held_out = Batches(dataset, "validation", training.batch_size, recipe.seed, device, to_input, prepare)
    steps = training.steps or len(batches) * (training.epochs or 1)
    decay = _decay(training, len(batches))
    half = torch.autocast(device.type, torch.bfloat16, enabled=training.precision == "bfloat16")
    players = method.players()
    optimisers: list[Optimizer] = [
        Adam(player.parameters, training.learning_rate, betas=player.betas, fused=True) for player in players
    ]

    # Go on where the last checkpoint stands.
    state = TrainingState(recipe=recipe.checksum)
    checkpoint = latest_checkpoint(run.folder)
    if checkpoint is not None:
        state = load_checkpoint(checkpoint, method, optimisers)
        _refuse_other_recipe(run, state)
    history = History(run.folder, from_step=state.step)
    recorded: dict[str, float] = {}
    interval_start, interval_step = time.perf_counter(), state.step

    try:
        recorder = None
        if recipe.recording is not None:
            recorder = Recorder(run.folder, recipe.recording, dataset, recipe.seed, len(batches), state.step)
            if state.step == 0:
                recorder.record(method.model, 0)
        while state.step < steps:
            # One round: every player takes its turns on the batch of this step.
            method.train()
            batch = batches.at(state.step)
            rate = learning_rate(training.schedule, training.learning_rate, state.step, steps, decay)
            losses: Losses = {}
            for player, optimiser in zip(players, optimisers, strict=True):
                if state.step < player.from_step:
                    continue
                for group in optimiser.param_groups:
                    group["lr"] = rate * player.learning_rate_factor
                for _ in range(player.steps_per_round):
                    with half:
                        turn = player.loss(batch, state.step)
                    optimiser.zero_grad(set_to_none=True)
                    turn["loss"].backward()  # type: ignore[no-untyped-call]
                    _clip_gradients(player)
                    optimiser.step()
                prefix = "" if player.name == MAIN_PLAYER else f"{player.name}_"
                losses |= {f"{prefix}{name}": value for name, value in turn.items()}
            state.step += 1
            last = state.step == steps

            # Read values back now and then: each read waits for the device.
            validating = last or state.step % training.validate_every == 0
            logging = last or validating or state.step % training.log_every == 0
            if logging:
                recorded = _numbers(losses)
                _refuse_not_a_number(recorded, run.folder, state.step)
            if validating:
                _refuse_broken_weights(method, run.folder, state.step)
                recorded |= {f"validation_{k}": v for k, v in _validate(method, held_out.whole()).items()}
                if recorded["validation_loss"] < state.best_loss or (last and training.keep == "last"):
                    state.best_loss, state.best_step = recorded["validation_loss"], state.step
                    save_weights(method.model, run.folder / "weights.safetensors")
                    for name, network in method.companions().items():
                        save_weights(network, run.folder / f"{name}.safetensors")
            if logging:
                now = time.perf_counter()
                seconds = now - interval_start
                throughput = (state.step - interval_step) * batches.batch_size / max(seconds, 1e-9)
                state.seconds += seconds
                interval_start, interval_step = now, state.step
                history.append({"step": state.step, **recorded, "learning_rate": rate})
                if report is not None:
                    report(Progress(state.step, steps, throughput, recorded))

            if recorder is not None:
                recorder.record(method.model, state.step, last)
            stopping = stop is not None and stop()
            if stopping or state.step % training.checkpoint_every == 0:
                _refuse_broken_weights(method, run.folder, state.step)
                save_checkpoint(run.folder, method, optimisers, state)
            if stopping:
                return run
    except OSError as error:
        raise RunError(f"Cannot write to {run.folder}: {error.strerror}; free space and --resume.") from error
    finally:
        history.close()

    save_checkpoint(run.folder, method, optimisers, state)
    result = {
        "steps": steps,
        "seconds": round(state.seconds, 1),
        "items_per_second": round(steps * batches.batch_size / max(state.seconds, 1e-9), 1),
        "best_step": state.best_step,
        "best_validation_loss": state.best_loss,
        "parameters": sum(parameter.numel() for parameter in method.model.parameters()),
    }
    write_json(run.folder / "finished.json", result)
    return run


def _refuse_other_recipe(run: Run, state: TrainingState) -> None:
    """Half of one experiment and half of another would be neither."""
    if state.recipe not in ("", run.recipe.checksum):
        raise RunError(
            f"{run.folder / 'recipe.yaml'} has been changed since the last checkpoint: put it back, or train into a new"
            " folder."
        )
    state.recipe = run.recipe.checksum


def _augmentation(recipe: Recipe, dataset: Dataset) -> Augmentation | None:
    """What makes the training items anew in each epoch."""
    if recipe.data.transpose:
        return Transposition(dataset, "train", recipe.seed)
    return Crossover(dataset, "train", recipe.data.crossover, recipe.seed) if recipe.data.crossover > 0 else None


def _clip_gradients(player: Player) -> None:
    """Cut a player's gradients to the size it wants, first all together and then each number."""
    if player.clip_norm is not None:
        torch.nn.utils.clip_grad_norm_(player.parameters, player.clip_norm)
    if player.clip_value is not None:
        torch.nn.utils.clip_grad_value_(player.parameters, player.clip_value)


def _decay(training: TrainingConfig, steps_per_epoch: int) -> Decay:
    every = in_steps(training.decay_every, steps_per_epoch)
    first = every if training.decay_from is None else in_steps(training.decay_from, steps_per_epoch)
    return Decay(training.decay, every, first)


def _validate(method: Method, batches: Iterable[Batch]) -> dict[str, float]:
    """Means over the held-out items."""
    sums: dict[str, float] = {}
    items = 0
    with looking_at(method):  # validating more or less often changes nothing else
        for batch in batches:
            items += len(batch.items)
            for name, value in _numbers(method.validation_losses(batch)).items():
                sums[name] = sums.get(name, 0.0) + value * len(batch.items)
    return {name: value / items for name, value in sums.items()}


def _numbers(losses: Losses) -> dict[str, float]:
    """One read for all values."""
    stacked = torch.stack([value.detach().float() for value in losses.values()]).tolist()
    return dict(zip(losses, stacked, strict=True))


def _refuse_not_a_number(values: dict[str, float], folder: Path, step: int) -> None:
    broken = [name for name, value in values.items() if not math.isfinite(value)]
    if broken:
        good = latest_checkpoint(folder)
        kept = f"; the last good checkpoint is {good}" if good is not None else ""
        raise TrainingError(
            f"{' and '.join(broken)} became not a number by step {step}: lower training.learning_rate{kept}."
        )


def _refuse_broken_weights(method: Method, folder: Path, step: int) -> None:
    """The loss of a step is computed before its update: look at the weights themselves before they are kept."""
    sound = torch.stack([parameter.detach().isfinite().all() for parameter in method.parameters()]).all()
    _refuse_not_a_number({"the weights": 0.0 if sound else math.nan}, folder, step)
