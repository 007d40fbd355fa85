"""Schedules: values that depend on the step alone, so that a resumed run goes on as if never stopped."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

__all__ = ["Decay", "Schedule", "learning_rate"]

Schedule = Literal["constant", "linear", "cosine", "exponential"]


@dataclass(frozen=True)
class Decay:
    """Exponential decay in stairs.

    Args:
        factor: What each decay leaves of the learning rate.
        every: Steps from one decay to the next.
        first: Steps done before the first one.
    """

    factor: float
    every: int
    first: int

    def share(self, step: int) -> float:
        """What is left at a step, counted from 0: 1 before the first decay."""
        decays = 0 if step < self.first else 1 + (step - self.first) // self.every
        return float(self.factor**decays)


def learning_rate(kind: Schedule, initial: float, step: int, steps: int, decay: Decay | None = None) -> float:
    """Learning rate of a step.

    Args:
        kind: "constant", a fall from `initial` to 0 ("linear", "cosine"), or "exponential", which needs `decay`.
        initial: Value at step 0.
        step: Counted from 0.
        steps: Length of the training.
        decay: Of the exponential schedule.
    """
    if kind == "exponential":
        assert decay is not None
        return initial * decay.share(step)
    progress = step / steps
    if kind == "linear":
        return initial * (1 - progress)
    if kind == "cosine":
        return initial * 0.5 * (1 + math.cos(math.pi * progress))
    return initial
