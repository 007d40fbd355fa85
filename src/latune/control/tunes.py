"""Editing whole tunes, measure by measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latune.control.editor import Editor
from latune.control.knobs import Movement
from latune.control.requests import check_names, remarks_on_range, turn_as_asked
from latune.data.measure_codec import MeasureCodec
from latune.errors import InputError
from latune.music.measure import Vocabulary, is_note, transposed
from latune.music.score import read_tune
from latune.music.spelling import estimate_fifths
from latune.music.tune import Tune

__all__ = ["TuneEdit", "edit_tune", "fit_pitches"]


@dataclass(frozen=True)
class TuneEdit:
    """An edited tune and what was measured of it.

    Args:
        tune: The result, ready to be written.
        edited: Numbers of the measures that were changed, counted from 0; those without notes stay as they are.
        before: Attributes of the edited measures before, (M, A).
        after: Attributes of the edited measures after, (M, A).
        remarks: Sentences about what was dropped or changed on the way.
    """

    tune: Tune
    edited: NDArray[np.int64]
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    remarks: tuple[str, ...]


def edit_tune(
    editor: Editor,
    path: Path,
    targets: Mapping[str, float],
    *,
    held: Sequence[str] = (),
    movement: Movement = "joint",
    exact: bool = False,
    seed: int = 0,
) -> TuneEdit:
    """Turn knobs in every written measure of a tune; its pick-up, repeats and endings stay.

    Args:
        editor: A run that was trained on measures.
        path: MIDI, MusicXML or ABC file.
        targets: Wanted value per attribute, in its unit.
        held: Attributes that keep their value.
        movement: "joint" or "alone"; not read where `exact`.
        exact: Search for the measured value instead of trusting the calibration.
        seed: Seed of the search.

    Raises:
        InputError: The file cannot be read or is in another metre, a name is unknown, or no measure has a note.
    """
    check_names(editor, targets, held, exact)
    if not isinstance(editor.codec, MeasureCodec):
        raise InputError("This run was not trained on measures: it cannot edit tunes.")
    tune = read_tune(path)
    if not tune.metre.has_grid_of(editor.codec.metre):
        raise InputError(f"{path} is in {tune.metre.name}: this run was trained on {editor.codec.metre.name}.")
    ticks, vocabulary = tune.ticks, editor.codec.vocabulary
    shift = fit_pitches(ticks, vocabulary, path)
    moved = transposed(ticks, shift)
    edited = np.flatnonzero(is_note(ticks).any(axis=1))
    items = vocabulary.tokens_from_ticks(moved[edited])
    # Equal measures are edited once, so that they stay equal.
    different, place = np.unique(items, axis=0, return_inverse=True)
    edit = turn_as_asked(editor, different, targets, held, movement, exact, seed)
    result = moved.copy()
    result[edited] = vocabulary.ticks_from_tokens(edit.items[place.ravel()])
    result = tune.with_ticks(result).ticks
    after = editor.codec.measure(vocabulary.tokens_from_ticks(result[edited]))
    remarks = list(tune.remarks)
    if shift:
        remarks.append(f"Moved by {shift:+d} semitones for the model, and back in the result.")
    if len(edited) < len(ticks):
        remarks.append(f"{len(ticks) - len(edited)} measures without notes stay as they are.")
    if not is_note(result).any():
        remarks.append("The result has no notes: ask for values closer to the tune's own, or use --exact.")
    remarks += remarks_on_range(editor, targets)
    return TuneEdit(
        replace(tune.with_ticks(transposed(result, -shift)), fifths=_fifths(tune)),
        edited,
        editor.codec.measure(items),
        after,
        tuple(remarks),
    )


def _fifths(tune: Tune) -> int:
    """Key signature: edited notes are spelled in the key of the tune as it was."""
    return tune.fifths if tune.fifths is not None else estimate_fifths(tune.events.pitches, tune.events.durations)


def fit_pitches(ticks: NDArray[np.int16], vocabulary: Vocabulary, path: Path) -> int:
    """Smallest shift in semitones, octaves first, that brings all pitches into the vocabulary.

    Raises:
        InputError: There is no note, or the tune spans more than the vocabulary.
    """
    pitches = ticks[is_note(ticks)]
    if len(pitches) == 0:
        raise InputError(f"{path}: expected notes, got only rests.")
    known = sorted(value for value in vocabulary.values if value >= 0)
    lowest, highest = known[0] - int(pitches.min()), known[-1] - int(pitches.max())
    if lowest > highest:
        raise InputError(f"{path} spans {int(np.ptp(pitches))} semitones: expected at most {known[-1] - known[0]}.")
    possible = range(lowest, highest + 1)
    return min(possible, key=lambda shift: (shift % 12 != 0, abs(shift)))
