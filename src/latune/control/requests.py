"""What is asked of an editor: checked before any work, remarked on where it cannot be met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from latune.control.editor import Edit, Editor
from latune.control.inference import Items
from latune.control.knobs import Movement
from latune.errors import InputError

__all__ = ["check_names", "remarks_on_range", "turn_as_asked"]


def check_names(editor: Editor, targets: Mapping[str, float], held: Sequence[str], exact: bool) -> None:
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
            raise InputError(
                f"There is no attribute '{name}' to hold: expected one of {', '.join(editor.knobs.ranges)}."
            )
        if not exact and name not in editor.knobs.names:
            raise InputError(f"'{name}' has no knob in this run: holding it needs --exact.")


def turn_as_asked(
    editor: Editor,
    items: Items,
    targets: Mapping[str, float],
    held: Sequence[str],
    movement: Movement,
    exact: bool,
    seed: int,
) -> Edit:
    """Turn knobs of items (N, ...) by search where `exact`, else in one movement."""
    if exact:
        return editor.turn_exactly(items, targets, held, seed)
    return editor.turn(items, targets, held, movement)


def remarks_on_range(editor: Editor, targets: Mapping[str, float]) -> list[str]:
    """A sentence for every wanted value that the model has hardly seen."""
    remarks = []
    for name, target in targets.items():
        knob = editor.knobs[name]
        if not knob.low <= target <= knob.high:
            remarks.append(
                f"{name}={target:g} lies outside what the model knows ({knob.low:.3g} to {knob.high:.3g}):"
                " the result comes as close as it can."
            )
    return remarks
