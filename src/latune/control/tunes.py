"""Editing whole tunes, measure by measure or as phrases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latune.control.editor import Editor, Way
from latune.control.phrase_requests import Target
from latune.control.phrases import edit_ticks, phrase_answers
from latune.control.requests import (
    Answer,
    answers,
    check_names,
    one_number_each,
    refuse_unreachable,
    remarks_on_range,
)
from latune.data.measure_codec import MeasureCodec
from latune.data.phrase_codec import PhraseCodec
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
        names: The attributes, columns of the values.
        before: Attributes of the edited measures before, (M, A).
        after: Attributes of the edited measures after, (M, A).
        answers: What became of each request.
        remarks: Sentences about what was dropped or changed on the way.
    """

    tune: Tune
    edited: NDArray[np.int64]
    names: tuple[str, ...]
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    answers: tuple[Answer, ...]
    remarks: tuple[str, ...]


def edit_tune(
    editor: Editor,
    source: Path | Tune,
    targets: Mapping[str, Target],
    *,
    track: str | None = None,
    held: Sequence[str] = (),
    way: Way = "path",
    nearest: bool = False,
    seed: int = 0,
) -> TuneEdit:
    """Turn knobs in every written measure of a tune; its pick-up, repeats and endings stay.

    Args:
        editor: A run that was trained on measures, or on phrases.
        source: MIDI, MusicXML, ABC or kern file, or a tune that was read.
        targets: Wanted value per attribute, in its unit. With a run of phrases it is the mean of every phrase, and
            there may be one number per measure, or names of single measures such as "note_density_3" (`edit_ticks`).
        track: Number or name of the melody's track; default: see `latune.music.score.read_tune`.
        held: Attributes that keep their value.
        way: How the request is met, see `latune.control.editor.Way`.
        nearest: Take what comes closest where a request cannot be met.
        seed: Seed of the search of "exact".

    Raises:
        InputError: The file cannot be read or is in another metre, a name is unknown, no measure has a note, or a
            request cannot be met.
    """
    codec = _codec_of_measures(editor)
    phrases = isinstance(editor.codec, PhraseCodec)
    if not phrases:
        check_names(editor, one_number_each(targets), held, way)
    tune = source if isinstance(source, Tune) else read_tune(source, track)
    name = "The tune" if isinstance(source, Tune) else source
    if not tune.metre.has_grid_of(codec.metre):
        raise InputError(f"{name} is in {tune.metre.name}: this run was trained on {codec.metre.name}.")
    ticks = tune.ticks
    shift = fit_pitches(ticks, codec.vocabulary, name)
    moved = transposed(ticks, shift)
    if phrases:
        result = edit_ticks(editor, moved, targets, held, way, seed)
    else:
        result = _edit_measures(editor, codec, moved, one_number_each(targets), held, way, seed)
    result = tune.with_ticks(result).ticks
    edited = np.flatnonzero(is_note(ticks).any(axis=1))
    before, after = (codec.measure(codec.vocabulary.tokens_from_ticks(one[edited])) for one in (moved, result))
    if isinstance(editor.codec, PhraseCodec):
        answered = phrase_answers(editor.codec, moved, result, targets, held)
    else:
        answered = answers(codec.table.names, before, after, one_number_each(targets), held)
    if not nearest:
        refuse_unreachable(editor, answered, way)
    remarks = list(tune.remarks)
    if shift:
        remarks.append(f"Moved by {shift:+d} semitones for the model, and back in the result.")
    if len(edited) < len(ticks):
        remarks.append(f"{len(ticks) - len(edited)} measures without notes stay as they are.")
    if not is_note(result).any():
        remarks.append("The result has no notes: ask for values closer to the tune's own, or use --exact.")
    remarks += remarks_on_range(editor, targets, way)
    return TuneEdit(
        replace(tune.with_ticks(transposed(result, -shift)), fifths=_fifths(tune)),
        edited,
        codec.table.names,
        before,
        after,
        tuple(answered),
        tuple(remarks),
    )


def _codec_of_measures(editor: Editor) -> MeasureCodec:
    if isinstance(editor.codec, PhraseCodec):
        return editor.codec.measure_codec
    if isinstance(editor.codec, MeasureCodec):
        return editor.codec
    raise InputError("This run was not trained on measures or phrases: it cannot edit tunes.")


def _edit_measures(
    editor: Editor,
    codec: MeasureCodec,
    ticks: NDArray[np.int16],
    targets: Mapping[str, float],
    held: Sequence[str],
    way: Way,
    seed: int,
) -> NDArray[np.int16]:
    """Turn knobs in every measure that has notes, each by itself: ticks (M, T) to the same."""
    edited = is_note(ticks).any(axis=1)
    # Equal measures are edited once, so that they stay equal.
    items, place = np.unique(codec.vocabulary.tokens_from_ticks(ticks[edited]), axis=0, return_inverse=True)
    edit = editor.turn_by(way, items, targets, held, seed)
    result = ticks.copy()
    result[edited] = codec.ticks(edit.items[place.ravel()])
    return result


def _fifths(tune: Tune) -> int:
    """Key signature: edited notes are spelled in the key of the tune as it was."""
    return tune.fifths if tune.fifths is not None else estimate_fifths(tune.events.pitches, tune.events.durations)


def fit_pitches(ticks: NDArray[np.int16], vocabulary: Vocabulary, name: Path | str) -> int:
    """Smallest shift in semitones, octaves first, that brings all pitches into the vocabulary.

    Args:
        ticks: Measures (M, T).
        vocabulary: Of the run.
        name: What they come from, for messages.

    Raises:
        InputError: There is no note, or the tune spans more than the vocabulary.
    """
    pitches = ticks[is_note(ticks)]
    if len(pitches) == 0:
        raise InputError(f"{name}: expected notes, got only rests.")
    known = sorted(value for value in vocabulary.values if value >= 0)
    lowest, highest = known[0] - int(pitches.min()), known[-1] - int(pitches.max())
    if lowest > highest:
        raise InputError(f"{name} spans {int(np.ptp(pitches))} semitones: expected at most {known[-1] - known[0]}.")
    possible = range(lowest, highest + 1)
    return min(possible, key=lambda shift: (shift % 12 != 0, abs(shift)))
