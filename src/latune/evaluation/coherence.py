"""Coherence of edited tunes: a phrase model against editing measure by measure, with equal requests.

Held-out tunes are edited as a whole, knob by knob, to values that real measures and phrases have. There are two kinds
of requests: "measures" (every measure shall have the value) and "phrases" (the mean of every phrase shall have it). A
model of single measures can only be asked for a value of each measure: the phrase's value ("measure by measure"), or
the measure's own value moved by what the mean of its phrase lacks ("shifted"). What was reached and how the tune hangs
together are measured on the result (`latune.music.coherence`), with intervals over whole tunes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.control.editor import Editor
from latune.control.phrases import edit_ticks
from latune.data.dataset import Dataset
from latune.data.measure_codec import MeasureCodec
from latune.data.phrase_codec import PhraseCodec
from latune.errors import DataError, InputError
from latune.metrics import bootstrap_weights
from latune.metrics.bootstrap import interval
from latune.music import coherence as music

__all__ = ["LEVELS", "Tune", "compare_coherence", "tunes_of"]

FORMAT = 1
LEVELS = (0.1, 0.5, 0.9)  # quantiles of the training measures and phrases that are asked for
TOLERANCE = 0.1  # a hit is within this share of the range

Ticks = NDArray[np.int16]
Values = NDArray[np.float64]
Edit = Callable[[Ticks, str, float], Ticks]
"""Edits a tune: its ticks, the name of the knob, the wanted value."""
Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Tune:
    """A held-out tune: its ticks (L, T) and the group that it belongs to."""

    ticks: Ticks
    group: int


def tunes_of(dataset: Dataset, split: str = "test") -> list[Tune]:
    """The tunes of a split of a data set of measures, in every transposition that it holds.

    Raises:
        DataError: The data set does not know which measures follow each other.
    """
    if dataset.sequences is None or not isinstance(dataset.codec, MeasureCodec):
        raise DataError(f"Data set '{dataset.name}' has no tunes: latune data prepare {dataset.name} --again.")
    indices = dataset.split(split)
    ticks = dataset.codec.ticks(np.asarray(dataset.items[indices]))
    groups, ends = np.asarray(dataset.groups)[indices], np.flatnonzero(np.diff(dataset.sequences[indices])) + 1
    starts = np.append(0, ends)
    return [Tune(part, int(groups[start])) for part, start in zip(np.split(ticks, ends), starts, strict=True)]


def compare_coherence(
    phrases: Editor,
    measures: Editor,
    dataset: Dataset,
    *,
    tunes: int | None = None,
    levels: tuple[float, ...] = LEVELS,
    repetitions: int = 1000,
    seed: int = 0,
    report: Report | None = None,
) -> dict[str, Any]:
    """Edit held-out tunes in every way and measure control and coherence.

    Args:
        phrases: A run of a phrase model.
        measures: A run of a model of single measures, on the same data set.
        dataset: The data set of measures.
        tunes: At most so many tunes, drawn by the seed.
        levels: Quantiles of the training measures' (phrases') values that are asked for.
        repetitions: Of the bootstrap over tunes.
        seed: Of the choice of tunes, the searches and the bootstrap.
        report: Told (done, total) edits.

    Returns:
        The content of `coherence.json`.

    Raises:
        InputError: The runs are not of the expected kinds.
        DataError: The data set does not know which measures follow each other.
    """
    if not isinstance(phrases.codec, PhraseCodec) or not isinstance(measures.codec, MeasureCodec):
        raise InputError("Coherence is compared of a run on phrases and a run on single measures, in this order.")
    subjects = [tune for tune in tunes_of(dataset) if (tune.ticks >= 0).any(axis=1).sum() > 1]
    if tunes is not None and len(subjects) > tunes:
        chosen = np.random.default_rng(seed).choice(len(subjects), tunes, replace=False)
        subjects = [subjects[index] for index in np.sort(chosen)]
    bench = _Bench(phrases, measures, dataset, subjects, levels, repetitions, seed)
    names = [name for name in measures.knobs.names if name in phrases.knobs.names]
    kinds: dict[str, dict[str, Edit]] = {
        "measures": bench.ways_for_measures(),
        "phrases": bench.ways_for_phrases(),
    }
    total = sum(len(ways) for ways in kinds.values()) * len(names) * len(levels) * len(subjects)
    done = 0
    content: dict[str, Any] = {}
    for kind, ways in kinds.items():
        results: dict[str, list[_Record]] = {}
        for way, edit in ways.items():
            results[way] = []
            for (index, tune), name in product(enumerate(subjects), names):
                for target in bench.targets(kind, name):
                    results[way].append(_Record(index, name, bench.observe(kind, name, target, tune, edit)))
                done += len(levels)
                if report is not None:
                    report(done, total)
        content[kind] = bench.summarise(results, names)
    return {
        "format": FORMAT,
        "tunes": len(subjects),
        "levels": list(levels),
        "seed": seed,
        "measures_per_phrase": phrases.codec.measures,
        "real": bench.real(),
        **content,
    }


@dataclass(frozen=True)
class _Observation:
    """What is measured of one edited tune: numbers by name, and histograms that are pooled over tunes."""

    numbers: dict[str, float]
    histograms: dict[str, Values]


@dataclass(frozen=True)
class _Record:
    tune: int
    knob: str
    observation: _Observation


@dataclass(frozen=True)
class _Bench:
    phrases: Editor
    measures: Editor
    dataset: Dataset
    tunes: list[Tune]
    levels: tuple[float, ...]
    repetitions: int
    seed: int

    @property
    def codec(self) -> MeasureCodec:
        assert isinstance(self.measures.codec, MeasureCodec)
        return self.measures.codec

    @property
    def size(self) -> int:
        assert isinstance(self.phrases.codec, PhraseCodec)
        return self.phrases.codec.measures

    def targets(self, kind: str, name: str) -> Values:
        """Values that real measures, or phrases, have."""
        return np.unique(np.quantile(self._real_values(name, kind), self.levels, method="nearest"))

    def _real_values(self, name: str, kind: str) -> Values:
        column = self.codec.table.index(name)
        values = np.asarray(self.dataset.attributes[self.dataset.split("train")], float)[:, column]
        if kind == "measures":
            return values
        whole = len(values) // self.size * self.size
        return np.asarray(values[:whole].reshape(-1, self.size).mean(axis=1))

    def ways_for_measures(self) -> dict[str, Edit]:
        """Every measure shall have the value."""
        return {
            "measure by measure, joint": lambda ticks, name, target: self._one_by_one(ticks, name, target, False),
            "measure by measure, exact": lambda ticks, name, target: self._one_by_one(ticks, name, target, True),
            "phrase, joint": lambda ticks, name, target: edit_ticks(
                self.phrases, ticks, {name: np.full(len(ticks), target)}, seed=self.seed
            ),
            "phrase, exact": lambda ticks, name, target: edit_ticks(
                self.phrases, ticks, {name: np.full(len(ticks), target)}, way="exact", seed=self.seed
            ),
        }

    def ways_for_phrases(self) -> dict[str, Edit]:
        """The mean of every phrase shall have the value."""
        return {
            "measure by measure, exact": lambda ticks, name, target: self._one_by_one(ticks, name, target, True),
            "shifted, exact": lambda ticks, name, target: self._one_by_one(
                ticks, name, self._shifted(ticks, name, target), True
            ),
            "phrase, joint": lambda ticks, name, target: edit_ticks(
                self.phrases, ticks, {name: target}, way="joint", seed=self.seed
            ),
            "phrase, exact": lambda ticks, name, target: edit_ticks(
                self.phrases, ticks, {name: target}, way="exact", seed=self.seed
            ),
        }

    def _one_by_one(self, ticks: Ticks, name: str, target: float | Values, exact: bool) -> Ticks:
        """As `latune edit` does with a model of single measures: equal measures with equal targets stay equal."""
        having = np.flatnonzero((ticks >= 0).any(axis=1))
        tokens = self.codec.vocabulary.tokens_from_ticks(ticks[having])
        targets = np.broadcast_to(np.asarray(target, float), len(ticks))[having]
        rows, place = np.unique(np.column_stack([tokens, targets]), axis=0, return_inverse=True)
        different, wanted = rows[:, :-1].astype(np.uint8), {name: rows[:, -1]}
        editor = self.measures
        edit = editor.turn_exactly(different, wanted, seed=self.seed) if exact else editor.turn(different, wanted)
        result = ticks.copy()
        result[having] = self.codec.ticks(edit.items[place.ravel()])
        return result

    def _shifted(self, ticks: Ticks, name: str, target: float) -> Values:
        """Every measure's own value, moved by what the mean of its phrase lacks, within the attribute's range."""
        own = self._values(ticks, name)
        low, high = self.measures.knobs.ranges[name]
        moved = own + target - self._means(ticks, own)[np.arange(len(own)) // self.size]
        return np.clip(moved, low, high)

    def _values(self, ticks: Ticks, name: str) -> Values:
        return self.codec.table.measure(ticks, [name])[:, 0]

    def _means(self, ticks: Ticks, values: Values) -> Values:
        """Mean of every phrase over its measures with notes; not a number where there is none."""
        phrase = np.arange(len(values)) // self.size
        having = (ticks >= 0).any(axis=1)
        counts = np.bincount(phrase, having)
        return np.where(counts > 0, np.bincount(phrase, values * having) / np.maximum(counts, 1), np.nan)

    def observe(self, kind: str, name: str, target: float, tune: Tune, edit: Edit) -> _Observation:
        """Edit a tune and measure what came out."""
        edited = edit(tune.ticks, name, target)
        values = self._values(edited, name)
        if kind == "measures":
            having = (tune.ticks >= 0).any(axis=1)
            low, high = self.measures.knobs.ranges[name]
            errors = np.abs(values[having] - target) / (high - low)
        else:
            low, high = self.phrases.knobs.ranges[name]
            means = self._means(tune.ticks, values)
            errors = np.abs(means[np.isfinite(means)] - target) / (high - low)
        numbers = {"error": float(errors.mean()), "hits": float(np.mean(errors <= TOLERANCE + 1e-9))}
        return _Observation({**numbers, **_numbers(edited, tune.ticks)}, _histograms(edited))

    def real(self) -> dict[str, Any]:
        """The tunes as they are."""
        observations = [_Observation(_numbers(tune.ticks, tune.ticks), _histograms(tune.ticks)) for tune in self.tunes]
        records = [_Record(index, "", observation) for index, observation in enumerate(observations)]
        return self._estimates(records, None)

    def summarise(self, results: Mapping[str, list[_Record]], names: list[str]) -> dict[str, Any]:
        """Estimates per way, over all knobs and per knob; with differences from the first exact way."""
        baseline = next(way for way in results if way.endswith("exact"))
        content: dict[str, Any] = {"baseline": baseline}
        others = results[baseline]
        for way, records in results.items():
            content[way] = {
                "all": self._estimates(records, others),
                **{
                    name: self._estimates([r for r in records if r.knob == name], [r for r in others if r.knob == name])
                    for name in names
                },
            }
        return content

    def _estimates(self, records: list[_Record], others: list[_Record] | None) -> dict[str, Any]:
        table, labels = _per_tune(records, len(self.tunes), self._reference)
        against = _per_tune(others, len(self.tunes), self._reference)[0] if others is not None else None
        groups = [tune.group for tune in self.tunes]
        weights = np.concatenate(list(bootstrap_weights(len(self.tunes), self.repetitions, self.seed, groups)))
        plain = np.full((1, len(self.tunes)), 1 / len(self.tunes))
        content = {}
        for label in labels:
            value, draws = table.statistic(label, plain)[0], table.statistic(label, weights)
            content[label] = _plain(value, draws)
            if against is not None:
                change = value - against.statistic(label, plain)[0]
                changes = draws - against.statistic(label, weights)
                content[label]["difference"] = _plain(change, changes)
        return content

    @cached_property
    def _reference(self) -> dict[str, Values]:
        """Histograms of all real training tunes."""
        totals: dict[str, Values] = {}
        for tune in tunes_of(self.dataset, "train"):
            for name, counts in _histograms(tune.ticks).items():
                totals[name] = totals.get(name, 0) + counts
        return totals


@dataclass(frozen=True)
class _Table:
    """Per tune: means of numbers (U,), and histograms (U, K) to be pooled and compared with a reference."""

    numbers: dict[str, Values]
    histograms: dict[str, Values]
    reference: dict[str, Values]

    def statistic(self, label: str, weights: Values) -> Values:
        """The value for every row of weights (B, U): (B,)."""
        if label in self.numbers:
            values = self.numbers[label]
            known = np.isfinite(values)
            total = weights[:, known].sum(axis=1)
            return np.asarray(weights[:, known] @ values[known] / np.where(total > 0, total, np.nan))
        pooled = weights @ self.histograms[label]
        return np.array([music.jensen_shannon(row, self.reference[label]) for row in pooled])


def _plain(value: float, draws: Values) -> dict[str, Any]:
    """A value with its interval; None where it is not known, as JSON has no other word for it."""
    if not np.isfinite(value):
        return {"value": None, "low": None, "high": None}
    return dict(interval(float(value), draws[np.isfinite(draws)]).to_dict())


def _per_tune(records: list[_Record], tunes: int, reference: dict[str, Values]) -> tuple[_Table, list[str]]:
    labels = list(records[0].observation.numbers)
    kinds = list(records[0].observation.histograms)
    numbers = {}
    for label in labels:
        per_tune = [[r.observation.numbers[label] for r in records if r.tune == index] for index in range(tunes)]
        known = [[value for value in values if np.isfinite(value)] for values in per_tune]
        numbers[label] = np.array([np.mean(values) if values else np.nan for values in known])
    histograms = {
        kind: np.stack(
            [sum(r.observation.histograms[kind] for r in records if r.tune == index) for index in range(tunes)]
        )
        for kind in kinds
    }
    return _Table(numbers, histograms, reference), [*labels, *kinds]


def _numbers(edited: Ticks, original: Ticks) -> dict[str, float]:
    """Coherence of one tune; every number against the original."""
    notes, rhythm = (music.repetition(edited, original, aspect) for aspect in ("notes", "rhythm"))
    steps = music.bar_line_intervals(edited)
    return {
        "tokens_kept": float(np.mean(edited == original)),
        "repeats_kept": notes.kept,
        "repeats_invented": notes.invented,
        "rhythm_repeats_kept": rhythm.kept,
        "rhythm_repeats_invented": rhythm.invented,
        "similarity_change": music.similarity_change(edited, original),
        "rhythm_similarity_change": music.similarity_change(edited, original, "rhythm"),
        "bar_line_step": float(steps.mean()) if steps.size else float("nan"),
        "bar_line_leaps": float(np.mean(steps > music.FIFTH)) if steps.size else float("nan"),
        "bar_line_over_octave": float(np.mean(steps > music.OCTAVE)) if steps.size else float("nan"),
        "in_key": music.in_key_share(edited, original),
        "key_clarity": music.key_clarity(edited),
        "pitch_class_distance": music.pitch_class_distance(edited, original),
    }


def _histograms(ticks: Ticks) -> dict[str, Values]:
    """Histograms that are compared with those of real tunes."""
    return {"interval_distance": music.interval_histogram(ticks), "duration_distance": music.duration_histogram(ticks)}
