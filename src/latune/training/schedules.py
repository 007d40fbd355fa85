"""Schedules: values that depend on the step alone, so that a resumed run goes on as if never stopped."""

from __future__ import annotations

import math
from typing import Literal

__all__ = ["Schedule", "learning_rate"]

Schedule = Literal["constant", "linear", "cosine"]


def learning_rate(kind: Schedule, initial: float, step: int, steps: int) -> float:
    """Learning rate of a step.

    Args:
        kind: "constant", or a fall from `initial` to 0: "linear" or "cosine".
        initial: Value at step 0.
        step: Counted from 0.
        steps: Length of the training.
    """
    progress = step / steps
    if kind == "linear":
        return initial * (1 - progress)
    if kind == "cosine":
        return initial * 0.5 * (1 + math.cos(math.pi * progress))
    return initial
