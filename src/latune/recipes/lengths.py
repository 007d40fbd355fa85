"""Lengths of time in a recipe: a number of steps, or epochs such as "10 epochs"."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import PlainValidator

__all__ = ["Length", "in_steps"]

_EPOCHS = re.compile(r"([1-9]\d*) epochs?")


def _checked(value: Any) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    if isinstance(value, str) and _EPOCHS.fullmatch(value):
        return value
    raise ValueError("expected a number of steps, or epochs such as '10 epochs'")


Length = Annotated[int | str, PlainValidator(_checked)]
"""Steps as an integer from 1, or epochs as text: "1 epoch", "10 epochs"."""


def in_steps(length: int | str, steps_per_epoch: int) -> int:
    """A length in steps.

    Args:
        length: As a recipe says it, see `Length`.
        steps_per_epoch: Batches of one pass over the training split.
    """
    if isinstance(length, int):
        return length
    match = _EPOCHS.fullmatch(length)
    assert match is not None  # checked when the recipe was read
    return int(match[1]) * steps_per_epoch
