"""The control certificate: do the knobs work on the decoded items?

Held-out items are encoded, every knob is set to values across its attribute's range, the result is decoded and every
attribute is measured again. Four ways of setting a knob are compared: by its calibration, in one decoding, "alone" (its
dimension only) or "joint" (the other dimensions follow); by measuring, at the best place of the joint "path", or
wherever a search finds the "exact" value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, get_args

import numpy as np
import scipy
from numpy.typing import NDArray

from latune.control.editor import Editor, Way
from latune.control.inference import Items
from latune.control.knobs import Knob, Movement
from latune.data.codecs import KnowsLeastChange
from latune.metrics import Estimate, bootstrap_mean
from latune.metrics.dependence import Relation, relate
from latune.recipes.recipe import EvaluationConfig

__all__ = ["FORMAT", "certify", "rank_correlation"]

FORMAT = 1
TARGET_LEVELS = (0.05, 0.95)  # targets lie between these quantiles of the held-out items' own values
WAYS: tuple[Way, ...] = get_args(Way)
SWEPT: tuple[Movement, ...] = get_args(Movement)
RELATED_ITEMS = 50_000  # at most so many real items say which attributes depend on each other
Values = NDArray[np.float64]
Report = Callable[[int, int], None]


@dataclass(frozen=True)
class _Subject:
    """What a certificate is made of."""

    editor: Editor
    items: Items
    values: Values
    groups: NDArray[np.int32]
    real: Values  # (M, A): attributes of real items, the measure of what belongs together
    slopes: Values  # (A, A): regression of attribute j (row) on attribute k (column) in real items
    deviations: Values  # (A,): standard deviation of each attribute in real items
    config: EvaluationConfig
    seed: int

    def having(self, knob: Knob) -> _Subject:
        """The part of the items that have the attribute at all."""
        known = np.isfinite(self.values[:, self.editor.codec.table.index(knob.name)])
        return replace(self, items=self.items[known], values=self.values[known], groups=self.groups[known])

    def estimate(self, per_item: Values) -> dict[str, float | None]:
        """Mean over items with an interval over groups; items that are not a number do not count."""
        known = np.isfinite(per_item)
        if not known.any():
            return {"value": None, "low": None, "high": None}
        if len(np.unique(self.groups[known])) < 2:  # one tune has no spread to draw an interval from
            return Estimate(float(per_item[known].mean())).to_dict()
        return bootstrap_mean(per_item[known], self.groups[known], self.config.bootstrap, self.seed).to_dict()


def certify(
    editor: Editor,
    items: Items,
    groups: NDArray[np.int32],
    reference_values: Values,
    config: EvaluationConfig,
    seed: int,
    report: Report | None = None,
) -> dict[str, Any]:
    """Measure all knobs of a run.

    Args:
        editor: The run.
        items: Held-out items (N, T).
        groups: Their groups (N,), for the intervals.
        reference_values: Attributes of real items (M, A), the measure of what belongs together.
        config: Numbers of targets and sweep positions, tolerance, bootstrap repetitions.
        seed: Seed of the choice of items, the search and the bootstrap.
        report: Told (done, total) knob settings.

    Returns:
        The content of `certificate.json`.
    """
    if len(items) > config.items:
        chosen = np.sort(np.random.default_rng(seed).choice(len(items), config.items, replace=False))
        items, groups = items[chosen], groups[chosen]
    slopes, deviations = _regressions(reference_values)
    real = reference_values
    if len(real) > RELATED_ITEMS:
        real = real[np.random.default_rng(seed).choice(len(real), RELATED_ITEMS, replace=False)]
    subject = _Subject(editor, items, editor.codec.measure(items), groups, real, slopes, deviations, config, seed)
    total = len(WAYS) * len(editor.knobs.knobs)
    knobs: dict[str, Any] = {}
    for index, knob in enumerate(editor.knobs.knobs):
        having = subject.having(knob)
        targets, relations = _targets(having, knob), _relations(subject, knob)
        entry: dict[str, Any] = {
            "unit": knob.unit,
            "dimension": knob.dimension,
            "low": knob.low,
            "high": knob.high,
            "items": len(having.items),
            "targets": targets.tolist(),
            "in_real_items": {name: relation and asdict(relation) for name, relation in relations.items()},
        }
        for number, way in enumerate(WAYS):
            entry[way] = _requests(having, knob, targets, way, relations)
            if way in SWEPT:
                entry[way]["sweep"] = _sweep(having, knob, way)
            if report is not None:
                report(index * len(WAYS) + number + 1, total)
        knobs[knob.name] = entry
    return {
        "format": FORMAT,
        "items": len(items),
        "groups": len(np.unique(groups)),
        "tolerance": config.tolerance,
        "seed": seed,
        "attributes": list(editor.codec.table.names),
        "knobs": knobs,
    }


def _regressions(values: Values) -> tuple[Values, Values]:
    """Slopes of every attribute on every other, (A, A), and standard deviations, (A,), in real items."""
    covariance = np.cov(values.T)
    return covariance / np.maximum(np.diag(covariance), 1e-12), np.nanstd(values, axis=0, ddof=1)


def _targets(subject: _Subject, knob: Knob) -> Values:
    """Values that real items have, spread over quantile levels."""
    column = subject.values[:, subject.editor.codec.table.index(knob.name)]
    levels = np.linspace(*TARGET_LEVELS, subject.config.targets)
    return np.unique(np.quantile(column, levels, method="nearest"))


def _relations(subject: _Subject, knob: Knob) -> dict[str, Relation | None]:
    """How every other attribute goes with the turned one in real items, given those of the other knobs."""
    table, columns = subject.editor.codec.table, subject.real.T
    turned, found = columns[table.index(knob.name)], {}
    for name, column in zip(table.names, columns, strict=True):
        if name != knob.name:
            given = [table.index(other) for other in subject.editor.knobs.names if other not in (knob.name, name)]
            found[name] = relate(turned, column, columns[given].T)
    return found


def _requests(
    subject: _Subject, knob: Knob, targets: Values, way: Way, relations: dict[str, Relation | None]
) -> dict[str, Any]:
    """Set the knob to every target for every item and measure what came out."""
    editor, tolerance = subject.editor, subject.config.tolerance
    edits = editor.turn_each(way, subject.items, knob.name, targets.tolist(), subject.seed)
    measured = np.stack([edit.values for edit in edits], axis=1)  # (N, targets, A)
    kept = np.stack([editor.codec.similarity(subject.items, edit.items) for edit in edits], axis=1)
    column = editor.codec.table.index(knob.name)
    result = measured[:, :, column]
    # A silent measure has the pitch range 0 by definition, and met no request for it.
    empty = np.stack([editor.codec.empty(edit.items) for edit in edits], axis=1)
    errors = np.where(empty, np.inf, np.abs(result - targets) / knob.span)
    before = editor.codec.measure(editor.decode(editor.encode(subject.items)))
    correlation = rank_correlation(np.broadcast_to(targets, result.shape), result)
    return {
        "rank_correlation": subject.estimate(np.nan_to_num(correlation)),
        "rank_correlation_of_responding": subject.estimate(correlation),
        "responding": subject.estimate(np.isfinite(correlation).astype(float)),
        "hit_rate": subject.estimate(np.mean(errors <= tolerance + 1e-9, axis=1)),
        "hit_rate_half_tolerance": subject.estimate(np.mean(errors <= tolerance / 2 + 1e-9, axis=1)),
        "hit_rate_per_target": np.mean(errors <= tolerance + 1e-9, axis=0).tolist(),
        "measured_mean": _known(np.nanmean, result),
        "measured_low": _known(np.nanquantile, result, 0.1),
        "measured_high": _known(np.nanquantile, result, 0.9),
        "identity_kept": subject.estimate(kept.mean(axis=1)),
        "kept_at_most": _kept_at_most(subject, knob, targets),
        "empty": float(empty.mean()),
        "cross_talk": _cross_talk(subject, measured - before[:, None], empty, column, relations),
    }


def _kept_at_most(subject: _Subject, knob: Knob, targets: Values) -> dict[str, float | None] | None:
    """What "identity_kept" could not exceed if all requests were met; None where the codec does not know."""
    codec, tolerance = subject.editor.codec, subject.config.tolerance * knob.span
    if not isinstance(codec, KnowsLeastChange):
        return None
    count = len(subject.items)
    least = [codec.least_change(subject.items, knob.name, np.full(count, t), tolerance) for t in targets]
    return subject.estimate(1 - np.mean(least, axis=0))


def _cross_talk(
    subject: _Subject, changes: Values, empty: NDArray[np.bool_], column: int, relations: dict[str, Relation | None]
) -> dict[str, Any]:
    """How every attribute moves when this one moves: as such, and beyond what real items would lead to expect.

    `response` is the regression slope of the change of attribute j on the change of the turned one, both in
    standard deviations. `unexplained` is the mean absolute change of attribute j that remains when the change
    expected from real items (their regression of j on the turned attribute) is taken away, in standard deviations.

    Of every other attribute: `independent`, whether it is so in real items (see `latune.metrics.dependence`);
    `moved`, how far the mean over items lies from that of the plain reconstructions, at the target where it lies
    furthest; `moved_each`, the mean absolute change over items and targets; both in standard deviations of real items,
    and of results that show anything at all.
    """
    scaled = changes / np.maximum(subject.deviations, 1e-12)
    turned = scaled[:, :, column]
    power = max(float(np.nansum(turned**2)), 1e-12)
    response = np.nansum(scaled * turned[:, :, None], axis=(0, 1)) / power
    expected = changes[:, :, column, None] * subject.slopes[:, column]
    rest = np.abs(changes - expected) / np.maximum(subject.deviations, 1e-12)
    names = subject.editor.codec.table.names
    others = [(j, name) for j, name in enumerate(names) if j != column]
    scaled[empty] = np.nan
    scaled[:, :, subject.deviations == 0] = np.nan  # what all real items have alike has no unit to move in
    return {
        "response": dict(zip(names, response.tolist(), strict=True)),
        "unexplained": {name: subject.estimate(rest[:, :, j].mean(axis=1)) for j, name in others},
        "independent": {name: known is not None and known.independent for name, known in relations.items()},
        "moved": {name: _moved(scaled[:, :, j]) for j, name in others},
        "moved_each": {name: _mean(np.abs(scaled[:, :, j])) for j, name in others},
    }


def _moved(changes: Values) -> float | None:
    """Largest absolute mean over items of changes (N, targets); None where nothing is known."""
    means = [abs(mean) for mean in _known(np.nanmean, changes) if mean is not None]
    return max(means, default=None)


def _mean(values: Values) -> float | None:
    """Mean of what is known."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else None


def _sweep(subject: _Subject, knob: Knob, movement: Movement) -> dict[str, Any]:
    """Move the knob through its range in even steps and record the response curve."""
    positions = np.linspace(knob.low, knob.high, subject.config.sweep)
    edits = [subject.editor.turn(subject.items, {knob.name: p}, movement=movement) for p in positions]
    measured = np.stack([edit.values for edit in edits], axis=1)  # (N, P, A)
    result = measured[:, :, subject.editor.codec.table.index(knob.name)]
    lowest, highest = np.fmin.reduce(result, axis=1), np.fmax.reduce(result, axis=1)
    correlation = rank_correlation(np.broadcast_to(positions, result.shape), result)
    names = subject.editor.codec.table.names
    return {
        "positions": positions.tolist(),
        "response": {name: _known(np.nanmean, measured[:, :, j]) for j, name in enumerate(names)},
        "monotonicity": subject.estimate(np.nan_to_num(correlation)),
        "reachable_low": subject.estimate(lowest),
        "reachable_high": subject.estimate(highest),
        "reachable_share": subject.estimate((highest - lowest) / knob.span),
    }


def _known(statistic: Callable[..., Any], values: Values, *arguments: float) -> list[float | None]:
    """A statistic per column of values (N, P) that ignores what is not a number; None where nothing is known."""
    known = np.asarray(np.isfinite(values).any(axis=0))
    results = statistic(np.where(known, values, 0), *arguments, axis=0)
    return [float(result) if there else None for result, there in zip(results, known, strict=True)]


def rank_correlation(left: Values, right: Values) -> Values:
    """Spearman correlation of each row of two arrays (N, P): (N,); not a number where a row is constant."""
    ranks_left, ranks_right = scipy.stats.rankdata(left, axis=1), scipy.stats.rankdata(right, axis=1)
    ranks_left -= ranks_left.mean(axis=1, keepdims=True)
    ranks_right -= ranks_right.mean(axis=1, keepdims=True)
    scale = np.sqrt((ranks_left**2).sum(axis=1) * (ranks_right**2).sum(axis=1))
    products = (ranks_left * ranks_right).sum(axis=1)
    return np.where(scale > 0, products / np.where(scale > 0, scale, 1), np.nan)
