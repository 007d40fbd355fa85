"""What is asked of an editor: checked before any work, remarked on where it cannot be met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latune.control.editor import Editor, Way
from latune.errors import InputError
from latune.recipes.reading import meant

__all__ = [
    "HIT",
    "Answer",
    "answers",
    "check_names",
    "one_number_each",
    "refuse_unreachable",
    "remarks_on_range",
]

Values = NDArray[np.float64]

HIT = 0.1  # of an attribute's range: so close is a hit


@dataclass(frozen=True)
class Answer:
    """What became of one request.

    Args:
        name: The attribute.
        held: Whether it was to keep its value.
        before: Its values in what was asked for it (measures, phrases or pictures), (n,).
        after: The same in the result, (n,).
        wanted: What was asked for, (n,).
    """

    name: str
    held: bool
    before: Values
    after: Values
    wanted: Values

    def hits(self, span: float) -> int:
        """How many values came within a tenth of the attribute's range; one that is missing is no hit."""
        return int((self.distances <= HIT * span + 1e-9).sum())

    @property
    def distances(self) -> Values:
        """How far from what was wanted each result is, (n,); infinite where it lacks the attribute."""
        distances = np.abs(self.after - self.wanted)
        return np.where(np.isfinite(distances), distances, np.inf)


def answers(
    names: Sequence[str], before: Values, after: Values, targets: Mapping[str, float], held: Sequence[str]
) -> list[Answer]:
    """What became of each request that was made of every item.

    Args:
        names: Attributes, columns of the values.
        before: Values (N, A).
        after: Values (N, A).
        targets: Wanted value per attribute.
        held: Attributes that keep their value.
    """
    found = []
    for name in (*targets, *held):
        old, new = before[:, names.index(name)], after[:, names.index(name)]
        wanted = np.full(len(old), targets[name]) if name in targets else old
        found.append(Answer(name, name not in targets, old, new, wanted))
    return found


def check_names(editor: Editor, targets: Mapping[str, float], held: Sequence[str], way: Way) -> None:
    """Check that what is turned has a knob, and that what is held exists and is not turned.

    Raises:
        InputError: A name is unknown or asked for twice.
    """
    for name in targets:
        editor.knobs.index(name)
    for name in held:
        if name in targets:
            raise InputError(f"'{name}' is both turned and held: choose one.")
        if name not in editor.knobs.ranges:
            known = tuple(editor.knobs.ranges)
            raise InputError(
                f"There is no attribute '{name}' to hold{meant(name, known)}: expected one of {', '.join(known)}."
            )
        if way != "exact" and name not in editor.knobs.names:
            raise InputError(f"'{name}' has no knob in this run: holding it needs --exact.")


def one_number_each(targets: Mapping[str, object]) -> dict[str, float]:
    """Targets that are single numbers, which is what items that stand by themselves can be asked for.

    Raises:
        InputError: One is a list of numbers.
    """
    for name, value in targets.items():
        if not isinstance(value, (int, float)):
            raise InputError(f"'{name}': expected one number; one per measure needs a run that was trained on phrases.")
    return {name: float(value) for name, value in targets.items() if isinstance(value, (int, float))}


def refuse_unreachable(editor: Editor, found: Sequence[Answer], way: Way) -> None:
    """Refuse requests that no item came close to, naming the nearest value that one did reach.

    Args:
        editor: A run.
        found: What became of the requests.
        way: How they were met; only those that measure what they decode can be refused.

    Raises:
        InputError: Of a request that was not to hold, no result lies within a tenth of the attribute's range.
    """
    if way not in ("path", "exact"):
        return
    for answer in found:
        low, high = editor.knobs.ranges[answer.name]
        if answer.held or len(answer.after) == 0 or answer.hits(high - low) > 0:
            continue
        closest = int(np.argmin(answer.distances))
        if not np.isfinite(answer.distances[closest]):
            raise InputError(f"{answer.name}={answer.wanted[0]:g} cannot be reached: no result has this attribute.")
        further = "" if way == "exact" else " --exact looks further;"
        others = " and ".join(other.name for other in found if other is not answer)
        beside = f" together with {others}" if others else ""
        raise InputError(
            f"{answer.name}={answer.wanted[closest]:g} cannot be reached{beside}: the nearest that was reached is"
            f" {answer.after[closest]:.4g}.{further} --nearest writes what comes closest."
        )


def remarks_on_range(editor: Editor, targets: Mapping[str, object], way: Way = "joint") -> list[str]:
    """A sentence for every wanted value of a knob that the model has hardly seen, unless results were measured."""
    remarks: list[str] = []
    if way in ("path", "exact"):
        return remarks
    for name, target in targets.items():
        if name not in editor.knobs.names or not isinstance(target, (int, float)):
            continue
        knob = editor.knobs[name]
        if not knob.low <= target <= knob.high:
            remarks.append(
                f"{name}={target:g} lies outside what the model knows ({knob.low:.3g} to {knob.high:.3g}):"
                " the result will fall short of it."
            )
    return remarks
