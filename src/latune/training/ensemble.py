"""Ensembles: runs that differ in their seeds and in few numbers, trained in one process by stacked parameters.

Every step computes the losses of all members by one `torch.func.vmap`, so that what a small network costs besides its
arithmetic is paid once. Each member draws its batches, its first weights and its noise as it would alone, so its run
folder is that of the same recipe trained alone, up to the rounding of sums in another order; either way can go on
with what the other one began.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from torch.optim import Adam

from latune.data.batches import Batch, Batches
from latune.data.dataset import Dataset
from latune.errors import RecipeError, TrainingError
from latune.methods.method import Losses, Method
from latune.recipes import Recipe
from latune.training.building import begin_run, build, build_augmentation, build_decay
from latune.training.checkpoint import position
from latune.training.keeping import Progress, RunKeeper, in_work, kept
from latune.training.members import Members, RandomStreams
from latune.training.run_folder import Run, open_run, refuse_used
from latune.training.schedules import learning_rate

__all__ = ["ensemble_key", "train_ensemble"]

VARIED_OF_ATTRIBUTES = ("gamma", "delta")
VARIED_OF_METHOD = {"beta_vae": ("beta",), "ar_vae": ("beta",)}
"""Numbers of a recipe that may differ between members: they are tensors in the losses."""

ALONE = {
    "measure_rnn": "its recurrence has kernels of its own",
    "song_lstm": "its recurrence has kernels of its own",
    "phrase_mlp": "its steps depend on what is drawn",
    "glsr_vae": "its loss takes gradients of its own",
    "absae": "its regions are fitted between steps",
    "absae_rel": "its regions are fitted between steps",
    "song_bars": "its methods take gradients of their own",
    "musae_mixture": "its critic takes gradients of its own",
    "musae_single": "its critic takes gradients of its own",
}
"""Why runs of a network or a method cannot be members of an ensemble."""

Report = Callable[[int, Progress], None]
"""Told (member, progress of its training)."""

Failed = Callable[[int, TrainingError], None]
"""Told (member, what it failed of)."""


def ensemble_key(recipe: Recipe) -> dict[str, Any] | None:
    """What members of one ensemble have in common, or None where the recipe must be trained alone.

    Args:
        recipe: Of a run.
    """
    if _reason_against(recipe) is not None:
        return None
    varied = {
        "attributes": set(VARIED_OF_ATTRIBUTES),
        "method": set(VARIED_OF_METHOD.get(recipe.method.name, ())),
    }
    return recipe.model_dump(mode="json", exclude={"name": True, "seed": True, **varied})


def train_ensemble(
    recipes: Sequence[Recipe],
    dataset: Dataset,
    folders: Sequence[Path],
    *,
    report: Report | None = None,
    stop: Callable[[], bool] | None = None,
    failed: Failed | None = None,
) -> list[Run]:
    """Train recipes side by side, each into its own run folder, or go on with those that have begun.

    Args:
        recipes: One per member, with equal `ensemble_key`.
        dataset: The items that they are trained on.
        folders: One per member: new, empty, or the run folder of this very recipe.
        report: Told the progress.
        stop: Asked after each step; True makes all members write a checkpoint and return.
        failed: Told of a member whose loss is not a number any more; the others go on. Default: it is raised.

    Returns:
        The runs; those that were stopped or have failed are not `finished`.

    Raises:
        RecipeError: The recipes cannot be members of one ensemble, or do not fit the data set.
        RunError: A folder is damaged, holds another run or cannot be written.
        TrainingError: A loss is not a number any more, and nobody is told.
    """
    _refuse_other_members(recipes)
    with ExitStack() as stack:
        for folder in folders:
            if not (folder / "run.json").is_file():
                refuse_used(folder)
            stack.enter_context(in_work(folder))
        return _train(recipes, dataset, folders, report, stop, failed)


def _train(
    recipes: Sequence[Recipe],
    dataset: Dataset,
    folders: Sequence[Path],
    report: Report | None,
    stop: Callable[[], bool] | None,
    failed: Failed | None,
) -> list[Run]:
    runs = [_begun(recipe, dataset, folder) for recipe, folder in zip(recipes, folders, strict=True)]
    going = [number for number, run in enumerate(runs) if not run.finished]
    stopped = False

    def stopping() -> bool:
        nonlocal stopped
        stopped = stopped or (stop is not None and stop())
        return stopped

    while going and not stopped:
        # A kill may have left some a checkpoint behind the others: those catch up first.
        places = {number: position(runs[number].folder) for number in going}
        first, *later = sorted(set(places.values()))
        told = [number for number in going if places[number] == first]
        team = _Team([runs[number] for number in told], dataset, _renumbered(report, told))
        broken = team.advance(later[0] if later else None, stopping)
        for member, error in broken.items():
            if failed is None:
                raise error
            failed(told[member], error)
        lost = {told[member] for member in broken}
        going = [number for number in going if number not in lost and not runs[number].finished]
    return runs


class _Team:
    """Runs that stand at the same step.

    Args:
        runs: One per member.
        dataset: The items that they are trained on.
        report: Told the progress.
    """

    def __init__(self, runs: Sequence[Run], dataset: Dataset, report: Report | None) -> None:
        self._runs, self._training = runs, runs[0].recipe.training
        self._keepers: list[RunKeeper] = []
        self._methods: list[Method] = []
        self._batches: list[Batches] = []
        optimisers = []
        for number, run in enumerate(runs):
            method, device = build(run.recipe, dataset)
            if number == 0:
                self._streams, self._device = RandomStreams(device), device
            optimisers.append(self._join(run, dataset, method, report and _report_of(number, report)))
            self._streams.begin()
        self._players = self._methods[0].players()
        self._members = Members(self._methods, optimisers, self._streams, self._device)

    def advance(self, until: int | None, stopping: Callable[[], bool]) -> dict[int, TrainingError]:
        """Train up to a step or to the end; returns who cannot go on. The others have a checkpoint then."""
        broken = self._loop(until, stopping)
        end = RunKeeper.finish if self._step == self._steps and not stopping() else RunKeeper.save
        sound = [number for number in range(len(self._runs)) if number not in broken]
        return broken | self._each(sound, lambda _, keeper: end(keeper))

    @property
    def _step(self) -> int:
        return self._keepers[0].state.step

    def _join(
        self, run: Run, dataset: Dataset, method: Method, report: Callable[[Progress], None] | None
    ) -> list[Adam]:
        """Take up a run where its last checkpoint stands; returns the optimisers of its players."""
        recipe, training = run.recipe, self._training
        to_input, prepare = method.model.to_input, method.prepare_attributes
        size, seed, device = training.batch_size, recipe.seed, self._device
        augmentation = build_augmentation(recipe, dataset)
        batches = Batches(dataset, "train", size, seed, device, to_input, prepare, augmentation)
        held_out = Batches(dataset, "validation", size, seed, device, to_input, prepare)
        self._steps = training.steps or len(batches) * (training.epochs or 1)
        optimisers = [
            Adam(player.parameters, training.learning_rate, betas=player.betas, fused=True)
            for player in method.players()
        ]
        self._methods.append(method)
        self._batches.append(batches)
        with kept(run):
            keeper = RunKeeper(run, dataset, method, list(optimisers), batches, held_out, self._steps, report)
        self._keepers.append(keeper)
        return optimisers

    def _loop(self, until: int | None, stopping: Callable[[], bool]) -> dict[int, TrainingError]:
        training, end = self._training, min(until or self._steps, self._steps)
        decay = build_decay(training, len(self._batches[0]))
        half = torch.autocast(self._device.type, torch.bfloat16, enabled=training.precision == "bfloat16")
        broken: dict[int, TrainingError] = {}
        while self._step < end and not broken and not stopping():
            for method in self._methods:
                method.train()
            step = self._step
            batch = _joined([batches.at(step) for batches in self._batches])
            rate = learning_rate(training.schedule, training.learning_rate, step, self._steps, decay)
            losses: Losses = {}
            for place, player in enumerate(self._players):
                if not player.plays(step):
                    continue
                for _ in range(player.steps_per_round):
                    turn = self._members.turn(place, batch, step, rate * player.learning_rate_factor, half)
                losses |= player.named(turn)
            broken = self._keep(losses, rate)
        return broken

    def _keep(self, losses: Losses, rate: float) -> dict[int, TrainingError]:
        """Let every member's keeper see its own losses."""

        def keep(number: int, keeper: RunKeeper) -> None:
            keeper.keep({name: value[number] for name, value in losses.items()}, rate)

        return self._each(range(len(self._runs)), keep)

    def _each(self, members: Iterable[int], work: Callable[[int, RunKeeper], None]) -> dict[int, TrainingError]:
        """Do something with members' keepers, each at its own random state; returns who cannot go on."""
        broken = {}
        for number in members:
            with self._streams.of(number), kept(self._runs[number]):
                try:
                    work(number, self._keepers[number])
                except TrainingError as error:
                    broken[number] = error
        return broken


def _joined(batches: Sequence[Batch]) -> Batch:
    """Batches of the members stacked field by field."""
    fields = {
        name: torch.stack([vars(batch)[name] for batch in batches])
        for name, value in vars(batches[0]).items()
        if value is not None
    }
    return Batch(**fields)


def _begun(recipe: Recipe, dataset: Dataset, folder: Path) -> Run:
    if not (folder / "run.json").is_file():
        return begin_run(recipe.resolved(dataset.table.names), dataset, folder)
    run = open_run(folder, dataset.plugins)
    if run.recipe.checksum != recipe.resolved(dataset.table.names).checksum:
        raise RecipeError(f"{folder} holds a run of another recipe.")
    return run


def _refuse_other_members(recipes: Sequence[Recipe]) -> None:
    for recipe in recipes:
        reason = _reason_against(recipe)
        if reason is not None:
            raise RecipeError(f"{recipe.name} cannot be trained as an ensemble: {reason}.")
    keys = [ensemble_key(recipe) for recipe in recipes]
    if any(key != keys[0] for key in keys):
        varied = [f"attributes.{name}" for name in VARIED_OF_ATTRIBUTES]
        varied += [f"method.{name}" for name in VARIED_OF_METHOD.get(recipes[0].method.name, ())]
        raise RecipeError(f"Recipes of an ensemble may differ in seed and {', '.join(varied)} alone.")


def _reason_against(recipe: Recipe) -> str | None:
    if any(getattr(recipe.method, name, None) is not None for name in ("wake", "begin")):
        return "its dimensions are woken between steps"
    return ALONE.get(recipe.model.name) or ALONE.get(recipe.method.name)


def _renumbered(report: Report | None, numbers: Sequence[int]) -> Report | None:
    return None if report is None else lambda number, progress: report(numbers[number], progress)


def _report_of(number: int, report: Report) -> Callable[[Progress], None]:
    return lambda progress: report(number, progress)
