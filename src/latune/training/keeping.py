"""What a training leaves in its run folder as it goes: history, the best weights, checkpoints, records, the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from torch.optim import Optimizer

from latune.data.batches import Batches
from latune.data.dataset import Dataset
from latune.errors import RunError, TrainingError
from latune.methods.method import Losses, Method
from latune.training.checkpoint import TrainingState, latest_checkpoint, load_checkpoint, save_checkpoint
from latune.training.distributed import Devices
from latune.training.history import History
from latune.training.recording import Recorder
from latune.training.run_folder import LOCK, Run, save_weights, write_json
from latune.training.watching import numbers, refuse_broken_weights, refuse_not_a_number, refuse_other_recipe, validate

__all__ = ["Progress", "Report", "RunKeeper", "in_work", "kept"]


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

MOST_ROWS = 20_000  # of a history, validations aside: longer trainings write one less often


@contextmanager
def in_work(folder: Path) -> Iterator[None]:
    """Keep other processes from training in this run folder while the block runs.

    Raises:
        RunError: Another process trains in it, or it cannot be written.
    """
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise RunError(f"{folder} is in work by another process: wait for it, or choose another --out.") from error
    except OSError as error:
        raise RunError(f"Cannot write to {folder}: {error.strerror}.") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def kept(run: Run) -> Iterator[None]:
    """What cannot be written while the block runs, or does not fit into memory, becomes one sentence.

    Raises:
        RunError: The folder cannot be written.
        TrainingError: The memory does not suffice.
    """
    try:
        yield
    except OSError as error:
        raise RunError(f"Cannot write to {run.folder}: {error.strerror}; free space and --resume.") from error
    except (MemoryError, RuntimeError) as error:
        if not _is_about_memory(error):
            raise
        size = run.recipe.training.batch_size
        raise TrainingError(
            f"The memory does not suffice for batches of {size} items: train with --set training.batch_size="
            f"{max(size // 2, 1)} or less, or --set training.device=cpu."
        ) from error


def _is_about_memory(error: Exception) -> bool:
    """PyTorch has an error of its own for accelerators; on a CPU it says so in words."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error)


class RunKeeper:
    """Keeps the folder of one run in step with its training, and puts a training back where its last checkpoint stands.

    Args:
        run: The run.
        dataset: What it is trained on.
        method: What is trained.
        optimisers: One per player.
        batches: Of the training split.
        held_out: Of the validation split.
        steps: Steps in all.
        report: Told the progress.
        devices: What it is trained on: the first process alone writes and reports. Default: one device.

    Raises:
        RunError: The last checkpoint is damaged, or of another recipe.
    """

    def __init__(
        self,
        run: Run,
        dataset: Dataset,
        method: Method,
        optimisers: list[Optimizer],
        batches: Batches,
        held_out: Batches,
        steps: int,
        report: Report | None = None,
        devices: Devices | None = None,
    ) -> None:
        self._run, self._method, self._optimisers = run, method, optimisers
        self._batches, self._held_out, self._steps, self._report = batches, held_out, steps, report
        self._training = run.recipe.training
        self._log_every = max(self._training.log_every, -(-steps // MOST_ROWS))
        self._devices = devices or Devices(method.model, run.recipe.seed)
        self._writes = self._devices.first  # the others do the same and leave nothing behind
        self.state = TrainingState(recipe=run.recipe.checksum)
        checkpoint = latest_checkpoint(run.folder)
        if checkpoint is not None:
            self.state = load_checkpoint(checkpoint, method, optimisers)
            refuse_other_recipe(run, self.state)
        self._history = History(run.folder, from_step=self.state.step) if self._writes else None
        self._recorded: dict[str, float] = {}
        self._interval_start, self._interval_step = time.perf_counter(), self.state.step
        self._recorder: Recorder | None = None
        if run.recipe.recording is not None and self._writes:
            recording, seed = run.recipe.recording, run.recipe.seed
            self._recorder = Recorder(run.folder, recording, dataset, seed, len(batches), self.state.step)
            if self.state.step == 0:
                self._recorder.record(method.model, 0)

    def keep(self, losses: Losses, rate: float) -> None:
        """Count a step, and now and then read its losses, validate, write a row, a record and a checkpoint.

        Args:
            losses: Of the step, by the names of the history.
            rate: Its learning rate.

        Raises:
            TrainingError: A loss or the weights are not a number any more.
            OSError: The folder cannot be written.
        """
        state, training = self.state, self._training
        state.step += 1
        last = state.step == self._steps
        # Each read of a loss waits for the device.
        validating = last or state.step % training.validate_every == 0
        logging = last or validating or state.step % self._log_every == 0
        if logging:
            self._recorded = numbers(losses)
            refuse_not_a_number(self._recorded, self._run.folder, state.step)
        if validating:
            self._validate(last)
        if logging:
            self._log(rate)
        if self._recorder is not None:
            with self._devices.alone():
                self._recorder.record(self._method.model, state.step, last)
        if state.step % training.checkpoint_every == 0 and not last:
            self.save()

    def save(self) -> None:
        """Write a checkpoint.

        Raises:
            TrainingError: The weights are not numbers any more.
            OSError: The folder cannot be written.
        """
        refuse_broken_weights(self._method, self._run.folder, self.state.step)
        if self._writes:
            save_checkpoint(self._run.folder, self._method, self._optimisers, self.state)

    def finish(self) -> None:
        """Write the last checkpoint and `finished.json`."""
        self.save()
        if not self._writes:
            return
        state, steps = self.state, self._steps
        result = {
            "steps": steps,
            "seconds": round(state.seconds, 1),
            "items_per_second": round(steps * self._batches.batch_size / max(state.seconds, 1e-9), 1),
            "best_step": state.best_step,
            "best_validation_loss": state.best_loss,
            "parameters": sum(parameter.numel() for parameter in self._method.model.parameters()),
        }
        write_json(self._run.folder / "finished.json", result)

    def _validate(self, last: bool) -> None:
        state, method, folder = self.state, self._method, self._run.folder
        refuse_broken_weights(method, folder, state.step)
        found = validate(method, self._held_out.whole())
        self._recorded |= {f"validation_{name}": value for name, value in found.items()}
        if found["loss"] < state.best_loss or (last and self._training.keep == "last"):
            state.best_loss, state.best_step = found["loss"], state.step
            if self._writes:
                save_weights(method.model, folder / "weights.safetensors")
                for name, network in method.companions().items():
                    save_weights(network, folder / f"{name}.safetensors")

    def _log(self, rate: float) -> None:
        state = self.state
        now = time.perf_counter()
        seconds = now - self._interval_start
        throughput = (state.step - self._interval_step) * self._batches.batch_size / max(seconds, 1e-9)
        state.seconds += seconds
        self._interval_start, self._interval_step = now, state.step
        if self._history is not None:
            self._history.append({"step": state.step, **self._recorded, "learning_rate": rate})
        if self._report is not None and self._writes:
            self._report(Progress(state.step, self._steps, throughput, self._recorded))
