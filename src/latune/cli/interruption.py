"""What commands that train share: their progress, and Ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from latune.cli.output import Bar, errors

__all__ = ["stop_on_interrupt", "stopped_early", "training_progress"]

INTERRUPTED = 130

SHOWN = ("validation_loss", "loss", "flow_loss")
"""Which loss is shown: the first that there is; an autoencoder that has learned has none any more."""


@contextmanager
def stop_on_interrupt() -> Iterator[list[bool]]:
    """The first Ctrl-C asks the training to stop at the next step; the second one kills it."""
    stopped: list[bool] = []

    def ask(number: int, frame: Any) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stopped.append(True)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


def stopped_early(folder: Path) -> typer.Exit:
    """Say how to go on; what is returned ends the command."""
    errors.print(f"Stopped after a checkpoint. Go on with: latune train --resume --out {folder}")
    return typer.Exit(INTERRUPTED)


def training_progress(bar: Bar, before: str = "") -> Any:
    """A function that shows the progress of a training behind the text `before`."""

    def show(progress: Any) -> None:
        # Where the autoencoder has no turn any more, that of another player.
        shown = next(progress.losses[name] for name in SHOWN if name in progress.losses)
        accuracy = progress.losses.get("accuracy")
        note = f"{before}{progress.items_per_second:,.0f} items/s, loss {shown:.3f}"
        bar.update(
            progress.step,
            progress.steps,
            note + (f", accuracy {accuracy:.1%}" if accuracy is not None else ""),
        )

    return show
