"""Which items stand for all: some from all over a data set, not its first ones, which in a grid are all alike."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["evenly"]


def evenly(count: int, most: int) -> NDArray[np.int64]:
    """Numbers of about `most` out of `count` items, at least one, in order.

    The step has no factor in common with `count`: in a full grid every value of every factor is met equally often.
    """
    step = max(1, -(-count // most))
    while math.gcd(step, count) > 1:
        step += 1
    return np.arange(0, count, step)
