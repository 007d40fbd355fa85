"""Unsupervised disentanglement ranking over a study: do trainings that differ in the seed alone find the same codes?"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from latune.control.inference import encode_posteriors
from latune.data.store import load_dataset
from latune.metrics.posterior import prior_divergence
from latune.metrics.unsupervised_ranking import unsupervised_ranking
from latune.recipes.items import items_of
from latune.studies.results import Place, Results
from latune.training.run_folder import open_run, write_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latune.training.run_folder import Run

__all__ = ["FILE", "MOST_MODELS", "Ranked", "study_ranking"]

FILE = "ranking.json"
MOST_MODELS = 60
"""Beyond, the comparison of every model with every other one would take long."""

_ITEMS = 1000  # held-out items that are encoded
_SEED = 0
_INFORMATIVE = 0.01  # nats; codes below are idle

Report = Callable[[int, int], None]
"""Told (models encoded, of how many)."""


@dataclass(frozen=True)
class Ranked:
    """The scores of the runs of one variant on one data set.

    Args:
        group: Data set.
        variant: Method and cell of the grid.
        keys: The runs, (M,).
        scores: UDR of each, from 0 to 1, (M,).
        items: How many held-out items were encoded.
    """

    group: str
    variant: str
    keys: tuple[str, ...]
    scores: tuple[float, ...]
    items: int


def study_ranking(results: Results, cache: Path, report: Report | None = None) -> list[Ranked]:
    """Compute the UDR (similarity by lasso) of runs that differ in the seed alone, from their codes of held-out items.

    Only runs with one `data:` block are compared, so that they share the held-out items; up to 1,000 of these, drawn
    with a fixed seed, are encoded. What `cache` holds of the same runs is not computed again.

    Source: Duan et al., *Unsupervised model selection for variational disentangled representation learning*, 2020.

    Args:
        results: The table of the study.
        cache: JSON file of earlier results, written anew.
        report: Told the progress.

    Returns:
        The scores of each variant on each data set that has at least two runs; empty where none has.

    Raises:
        DataError: A data set is not prepared.
        RunError: A run is damaged.
    """
    wanted = _comparable(results)
    cached = {(one.group, one.variant, one.keys): one for one in _read(cache)}
    missing = sum(len(places) for what, places in wanted.items() if (*what, _keys(places)) not in cached)
    found, done = [], 0
    for (group, variant), places in wanted.items():
        ranked = cached.get((group, variant, _keys(places)))
        if ranked is None:
            if report is not None:
                report(done, missing)
            ranked = _rank(group, variant, places)
            done += len(places)
        found.append(ranked)
    write_text(cache, json.dumps([asdict(one) for one in found], indent=1) + "\n")
    return found


def _comparable(results: Results) -> dict[tuple[str, str], list[Place]]:
    """Different runs of one variant on one data set, where there are at least two with one held-out set."""
    found: dict[tuple[str, str], list[Place]] = {}
    for place, variant in zip(results.places, results.variant_of_runs, strict=True):
        own = found.setdefault((place.group, variant), [])
        if place.key not in _keys(own):
            own.append(place)
    return {what: places for what, places in found.items() if len(places) > 1 and _share_data(places)}


def _share_data(places: list[Place]) -> bool:
    return len({open_run(place.folder).recipe.data.model_dump_json() for place in places}) == 1


def _rank(group: str, variant: str, places: list[Place]) -> Ranked:
    runs = [open_run(place.folder) for place in places]
    items = _held_out(runs[0])
    codes, informative = [], []
    for run in runs:
        means, scales = encode_posteriors(run.load_model(), items)
        codes.append(means)
        informative.append(prior_divergence(means, scales) > _INFORMATIVE)
    scores = unsupervised_ranking(codes, informative=informative).scores
    return Ranked(group, variant, _keys(places), tuple(float(score) for score in scores), len(items))


def _held_out(run: Run) -> NDArray[Any]:
    """Test items of a run's data set, up to 1,000 of them."""
    dataset = items_of(load_dataset(run.recipe.data.name), run.recipe.data)
    indices = dataset.split("test")
    if len(indices) > _ITEMS:
        indices = np.sort(np.random.default_rng(_SEED).choice(indices, _ITEMS, replace=False))
    return np.asarray(dataset.items[indices])


def _keys(places: list[Place]) -> tuple[str, ...]:
    return tuple(place.key for place in places)


def _read(cache: Path) -> list[Ranked]:
    """Earlier results; none where the file is missing or damaged: they are computed again."""
    try:
        content = json.loads(cache.read_text(encoding="utf-8"))
        return [Ranked(**{**one, "keys": tuple(one["keys"]), "scores": tuple(one["scores"])}) for one in content]
    except (OSError, ValueError, TypeError, KeyError):
        return []
