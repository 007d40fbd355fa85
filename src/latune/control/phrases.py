"""Editing whole tunes with a phrase model: all measures of a phrase change together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from latune.control.editor import Editor, Way
from latune.control.phrase_requests import PhraseRequest, Target, phrase_request, window_targets
from latune.control.phrase_search import Weights, search_tune
from latune.control.requests import Answer
from latune.data.phrase_codec import PhraseCodec
from latune.errors import InputError

__all__ = ["edit_ticks", "phrase_answers"]

Ticks = NDArray[np.int16]
Tokens = NDArray[np.uint8]


def edit_ticks(
    editor: Editor,
    ticks: Ticks,
    targets: Mapping[str, Target],
    held: Sequence[str] = (),
    way: Way = "path",
    seed: int = 0,
    weights: Weights | None = None,
) -> Ticks:
    """Turn knobs in a tune with a phrase model.

    The tune is cut into phrases of M measures from its start; the last one may be shorter. Measures that are equal, and
    of which the same is asked, stay equal. Measures without notes stay as they are.

    Args:
        editor: A run that was trained on phrases.
        ticks: The tune (L, T), its pitches in the run's vocabulary.
        targets: By attribute: a number for every phrase, which is the mean of its measures; one number per measure of
            the tune; or, under a name such as "note_density_3", a number for that measure, counted from 1.
        held: Attributes that every measure keeps.
        way: How the request is met, see `latune.control.editor.Way`; "exact" also minds what surrounds a measure.
        seed: Seed of the search of "exact".
        weights: What counts how much in the search.

    Returns:
        The edited tune (L, T).

    Raises:
        InputError: A name is unknown, the numbers do not fit the tune, or the run was not trained on phrases.
    """
    codec = editor.codec
    if not isinstance(codec, PhraseCodec):
        raise InputError("This run was not trained on phrases: expected one whose recipe says data.measures.")
    tokens = codec.measure_codec.vocabulary.tokens_from_ticks(ticks)
    request = phrase_request(codec, tokens, targets, held)
    if len(request.changing) == 0:
        return ticks.copy()
    # A tune shorter than a phrase is repeated to make one; the copies stay as they are, and are cut off again.
    length = len(tokens)
    if length < codec.measures:
        tokens, request = np.resize(tokens, (codec.measures, tokens.shape[1])), request.repeated(codec.measures)
    if way == "exact":
        edited = search_tune(editor, tokens, request, seed, weights)
    else:
        edited = _turn(editor, tokens, request, way)
    changed = codec.ticks(edited[:length])
    return np.where(np.isin(np.arange(length), request.changing)[:, None], changed, ticks).astype(np.int16)


def phrase_answers(
    codec: PhraseCodec, before: Ticks, after: Ticks, targets: Mapping[str, Target], held: Sequence[str]
) -> list[Answer]:
    """What became of each request that was made of a tune's phrases and measures.

    Args:
        codec: Of the run.
        before: The tune (L, T).
        after: The edited tune (L, T).
        targets: As for `edit_ticks`.
        held: Attributes that every measure keeps.
    """
    tokens = [codec.measure_codec.vocabulary.tokens_from_ticks(ticks) for ticks in (before, after)]
    request = phrase_request(codec, tokens[0], targets, held)
    old, new = (codec.measure_codec.measure(one, request.names) for one in tokens)
    answers = []
    for column, name in enumerate(request.names):
        asked = np.flatnonzero(np.isfinite(request.each[:, column]) & request.having)
        if len(asked):
            wanted = request.each[asked, column]
            answers.append(Answer(name, column >= request.turned, old[asked, column], new[asked, column], wanted))
    phrases = [members for members in request.members if len(members)]
    for column, wanted in request.phrase_targets():
        means = np.array([[values[members, column].mean() for members in phrases] for values in (old, new)])
        answers.append(Answer(request.names[column], False, means[0], means[1], np.full(len(phrases), wanted[0])))
    return answers


def _turn(editor: Editor, tokens: Tokens, request: PhraseRequest, way: Way) -> Tokens:
    """Each phrase by itself; the last window ends with the tune."""
    size, last = request.size, len(tokens) - request.size
    edited = tokens.copy()
    done: dict[bytes, NDArray[np.uint8]] = {}
    for start in range(0, len(tokens), size):
        window = min(start, last) + np.arange(size)
        wanted, held = window_targets(request, window)
        if not wanted:
            continue
        turned = editor.turn_by(way, tokens[window][None], wanted, held).items[0]
        for place in range(start, min(start + size, len(tokens))):
            key = tokens[place].tobytes() + request.key(place)
            edited[place] = done.setdefault(key, turned[place - window[0]])
    return edited
