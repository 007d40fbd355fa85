"""Exact values for a whole tune: candidates for every measure, and the choice among them that hangs together.

Candidates come from the phrase model: phrases of the tune are encoded, their knobs are swept, jointly, alone and with
the free code of a measure hidden, and decoded. What is chosen are measures, one candidate for each, so that

    sum over measures of  error + loss of tokens
                          + COHERENCE x (nats per note that the phrase model needs for the candidate's pitches, given
                            the wanted values and the measures around it: as they were, and as they are now)
                          + STRUCTURE x (mean change of its similarity to the other measures of the tune)
                          + KEY x (change of the share of the pitch classes in the whole tune)

is small, with the weights of `Weights`. Where only the mean of a phrase is asked for, its measures shall keep their
differences: each has a soft target, its own value moved by what the mean lacks. Measures that are equal in the
original, with equal requests, get one choice together. The choice is improved measure by measure until it stays
(iterated conditional modes, Besag 1986).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from latune.control.editor import Editor
from latune.control.inference import Codes
from latune.control.phrase_candidates import candidate_measures, hidden_logits
from latune.control.phrase_requests import PhraseRequest, window_targets
from latune.data.phrase_codec import PhraseCodec, of_measure
from latune.models.phrase_mlp import PhraseMlp
from latune.music.coherence import Aspect, self_similarity, similarity
from latune.music.measure import HOLD

__all__ = ["Weights", "search_tune"]

Tokens = NDArray[np.uint8]
Values = NDArray[np.float64]

ROUNDS = 3  # at most so often is the choice for every measure looked at again
ASPECTS: tuple[Aspect, ...] = ("notes", "rhythm")


@dataclass(frozen=True)
class Weights:
    """What counts how much in the choice; losing all tokens of a measure counts 1.

    Args:
        error: Of an error as large as the range of the attribute.
        soft_error: The same for the soft target of a measure, where only the mean of its phrase is asked for.
        coherence: Of a nat per note under the phrase model.
        structure: Of becoming like a measure that was wholly different, or the other way round.
        key: Of pitch classes that the tune did not have, for all of a measure.
    """

    error: float = 50.0
    soft_error: float = 2.0
    coherence: float = 0.25
    structure: float = 3.0
    key: float = 0.6


@dataclass(frozen=True)
class _Voice:
    """Measures that change together, and what they may become.

    Args:
        places: Their numbers in the tune.
        tokens: Candidates (C, T); the first one is the measure as it is.
        ticks: The same as ticks, (C, T).
        values: Attributes of the candidates that are turned or held, (C, K).
        fixed: Cost of each candidate that does not depend on other measures, (C,).
    """

    places: NDArray[np.int64]
    tokens: Tokens
    ticks: NDArray[np.int16]
    values: Values
    fixed: Values


def search_tune(
    editor: Editor,
    tokens: Tokens,
    request: PhraseRequest,
    seed: int = 0,
    weights: Weights | None = None,
) -> Tokens:
    """Measures (L, T) of a tune changed so that the measured attributes come as close to the request as possible.

    Args:
        editor: A run with a phrase model.
        tokens: The tune, at least as many measures as a phrase has.
        request: What is wanted.
        seed: Seed of the random candidates.
        weights: What counts how much.
    """
    return _Search(editor, tokens, request, seed, weights or Weights()).run()


class _Search:
    def __init__(self, editor: Editor, tokens: Tokens, request: PhraseRequest, seed: int, weights: Weights) -> None:
        assert isinstance(editor.codec, PhraseCodec)
        assert isinstance(editor.model, PhraseMlp)
        self.editor, self.codec, self.model = editor, editor.codec, editor.model
        self.tokens, self.request, self.weights = tokens, request, weights
        self.size = self.codec.measures
        self.generator = np.random.default_rng(seed)
        self.names = request.names
        self.spans = np.array([_span(editor, of_measure(name, 1)) for name in self.names])
        self.phrase_spans = np.array([_span(editor, name) for name in self.names])
        self.own = self.codec.measure_codec.measure(tokens, self.names)
        # Every run of M measures, one from each start; the moved codes say what named values belong to the request.
        self.starts = np.arange(len(tokens) - self.size + 1)
        windows = tokens[self.starts[:, None] + np.arange(self.size)]
        self.codes = editor.encode(windows)
        self.ticks = self.codec.ticks(tokens)
        self.pitches = np.flatnonzero(np.array(self.codec.measure_codec.vocabulary.values) >= 0)
        self.similarity = {aspect: self_similarity(self.ticks, aspect) for aspect in ASPECTS}
        self.moved = self._moved()

    def run(self) -> Tokens:
        """The best choice that was found."""
        voices = self._voices()
        current, values = self.tokens.copy(), self.own.copy()
        # The first choices are made among measures as they were; the means of phrases wait until all have been made.
        chosen = [self._improve(voice, current, values, phrases=False) for voice in voices]
        for _ in range(ROUNDS):
            before = list(chosen)
            for index in self.generator.permutation(len(voices)):
                chosen[index] = self._improve(voices[index], current, values, phrases=True)
            if chosen == before:
                break
        return current

    def _improve(self, voice: _Voice, current: Tokens, values: Values, phrases: bool) -> int:
        """Give a voice the best candidate as all others stand, in place; its number."""
        count = len(voice.places)
        costs = voice.fixed + self.weights.structure * count * self._structure_change(voice, current)
        costs = costs + self.weights.key * self._key_change(voice, current)
        if self.weights.coherence > 0:
            costs = costs + self.weights.coherence * count * self._surprise(voice.places, voice.tokens, current) / 2
        if phrases:
            costs = costs + self._phrase_costs(voice, values)
        best = int(np.argmin(costs))
        current[voice.places] = voice.tokens[best]
        values[voice.places] = voice.values[best]
        return best

    def _phrase_costs(self, voice: _Voice, values: Values) -> Values:
        """Error of the phrases that the voice takes part in, for each candidate (C,)."""
        costs = np.zeros(len(voice.tokens))
        for column, targets in self.request.phrase_targets():
            for phrase, target in enumerate(targets):
                members = self.request.members[phrase]
                inside = np.isin(members, voice.places)
                if not inside.any():
                    continue
                rest = values[members[~inside], column].sum()
                means = (rest + inside.sum() * voice.values[:, column]) / len(members)
                costs += self.weights.error * len(members) * np.abs(means - target) / self.phrase_spans[column]
        return costs

    def _structure_change(self, voice: _Voice, current: Tokens) -> Values:
        """Mean absolute change of the similarity to all other measures with notes, for each candidate (C,)."""
        others = np.flatnonzero(self.request.having)
        others = others[~np.isin(others, voice.places)]
        if len(others) == 0:
            return np.zeros(len(voice.tokens))
        ticks, place = self.codec.ticks(current[others]), voice.places[0]
        changes = [
            np.abs(similarity(voice.ticks, ticks, aspect) - self.similarity[aspect][place, others])
            for aspect in ASPECTS
        ]
        return np.asarray(np.mean(changes, axis=(0, 2)))

    def _key_change(self, voice: _Voice, current: Tokens) -> Values:
        """Change of the shares of the pitch classes in the tune, times its measures, for each candidate (C,)."""
        rest = np.delete(self.codec.ticks(current), voice.places, axis=0)
        totals = self._sounding(rest).sum(axis=0) + len(voice.places) * self._sounding(voice.ticks)
        own = self._sounding(self.ticks).sum(axis=0)
        shares = totals / np.maximum(totals.sum(axis=1, keepdims=True), 1e-9)
        return np.asarray(np.abs(shares - own / own.sum()).sum(axis=1) / 2 * len(self.tokens))

    def _sounding(self, ticks: NDArray[np.int16]) -> Values:
        """How long each pitch class sounds in measures (N, T), each by itself: (N, 12)."""
        begun = np.maximum.accumulate(np.where(ticks != HOLD, np.arange(ticks.shape[1]), 0), axis=1)
        pitches = np.take_along_axis(ticks, begun, axis=1)
        classes = (pitches % 12)[..., None] == np.arange(12)
        return np.asarray((classes & (pitches >= 0)[..., None]).transpose(0, 2, 1) @ self.codec.metre.durations)

    def _surprise(self, places: NDArray[np.int64], tokens: Tokens, around: Tokens) -> Values:
        """Nats per note of the pitches of candidates (C, T) under the phrase model, mean over places: (C,).

        Args:
            places: Where the candidates may stand.
            tokens: The candidates.
            around: The tune (L, T) that they would stand in.
        """
        starts = np.clip(places - self.size // 2, 0, self.starts[-1])
        slots, rows = places - starts, np.arange(len(places))
        codes = self.editor.encode(around[starts[:, None] + np.arange(self.size)])
        named = self.model.named_of(slots)
        codes[rows[:, None], named] = self.moved[starts[:, None], named]
        hidden = np.zeros((len(starts), self.size), bool)
        hidden[rows, slots] = True
        logits = hidden_logits(self.editor, codes, hidden)[rows, slots][..., self.pitches]  # (n, T, P)
        nats = torch.full((len(rows), tokens.shape[1], self.codec.symbols), 0.0)
        nats[..., self.pitches] = -torch.log_softmax(logits, dim=-1)
        per_tick = nats.mean(dim=0).numpy()[np.arange(tokens.shape[1]), tokens]  # (C, T)
        notes = np.isin(tokens, self.pitches).sum(axis=1)
        return np.asarray(per_tick.sum(axis=1) / np.maximum(notes, 1), float)

    def _moved(self) -> Codes:
        """Codes of all windows, with the knobs of the request turned."""
        moved = self.codes.copy()
        for start in self.starts:
            wanted, held = window_targets(self.request, start + np.arange(self.size))
            held = [name for name in held if name in self.editor.knobs.names]
            if wanted:
                moved[start] = self.editor.move(self.codes[start : start + 1], wanted, held)[0]
        return moved

    def _voices(self) -> list[_Voice]:
        pool = self._pool()
        keys: dict[bytes, list[int]] = {}
        for place in self.request.changing:
            key = self.tokens[place].tobytes() + self.request.key(place)
            keys.setdefault(key, []).append(int(place))
        return [self._voice(np.array(places), pool) for places in keys.values()]

    def _voice(self, places: NDArray[np.int64], pool: list[Tokens]) -> _Voice:
        original = self.tokens[places[0]]
        candidates = np.unique(np.concatenate([pool[place] for place in places]), axis=0)
        tokens = np.concatenate([original[None], candidates])
        values = self.codec.measure_codec.measure(tokens, self.names)
        kept = self.codec.measure_codec.similarity(np.broadcast_to(original, tokens.shape), tokens)
        cost = 1 - kept
        for column in range(len(self.names)):
            target = self.request.measure_target(column)[places[0]]
            if np.isfinite(target):
                cost = cost + self.weights.error * np.abs(values[:, column] - target) / self.spans[column]
        for column, targets in self.request.phrase_targets():
            for place in places:
                phrase = self.request.phrase_of[place]
                lacking = targets[phrase] - self.own[self.request.members[phrase], column].mean()
                off = np.abs(values[:, column] - (self.own[place, column] + lacking)) / self.spans[column]
                cost = cost + self.weights.soft_error * off / len(places)
        if self.weights.coherence > 0:
            cost = cost + self.weights.coherence * self._surprise(places, tokens, self.tokens) / 2
        return _Voice(places, tokens, self.codec.ticks(tokens), values, len(places) * cost)

    def _pool(self) -> list[Tokens]:
        """Candidates (C, T) for every measure of the tune."""
        starts = np.unique(np.append(np.arange(0, self.starts[-1] + 1, self.size), self.starts[-1]))
        turned = self.names[: self.request.turned]
        measures = candidate_measures(self.editor, self.codes[starts], self.moved[starts], turned, self.generator)
        pool: list[list[Tokens]] = [[] for _ in self.tokens]
        for start, of_phrase in zip(starts, measures, strict=True):
            for slot in range(self.size):
                pool[start + slot].append(of_phrase[:, slot])
        return [np.concatenate(parts) for parts in pool]


def _span(editor: Editor, name: str) -> float:
    low, high = editor.knobs.ranges[name]
    return max(high - low, 1e-9)
