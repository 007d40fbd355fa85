"""Everything that is measured of regions and moves: the entry "regions" of `metrics.json`.

Numbers of items are bounded, so that it takes a minute or two on one core; everything drawn has the recipe's seed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from latune.control.attribute_reader import measuring_codec
from latune.control.moves import Mover, Places
from latune.data.dataset import Dataset
from latune.evaluation import region_draws
from latune.evaluation.identity import class_reader
from latune.evaluation.move_chains import algebra, chain_accuracy
from latune.evaluation.move_subject import MoveSubject
from latune.evaluation.nuisances import nuisance_preservation
from latune.evaluation.region_accuracy import region_accuracy
from latune.evaluation.relation_accuracy import accuracy_of_draws, accuracy_of_pictures
from latune.methods.absae_rel import AbsAeRelConfig, allowed_pairs
from latune.training.run_folder import Run

__all__ = ["measure_regions"]

TESTED = 3000  # pictures of the test split

Report = Callable[[str, int, int], None]
"""Told (what is being measured, done, total)."""


def measure_regions(run: Run, dataset: Dataset, mover: Mover, report: Report | None = None) -> dict[str, Any]:
    """Measure regions and moves of a run on the test split.

    Args:
        run: A run with moves.
        dataset: The data set it was trained on, under the protocol "regions".
        mover: The run's moves.
        report: Told the progress.

    Returns:
        JSON: the "class_reader" that judges pictures, "region_accuracy", "draws" and "pictures" (accuracy of single
        moves), "pictures_operator_region" where moves are binary, "chains", "algebra", "nuisances" where attributes can
        be measured, "prior" and "reconstruction"; what each holds is said where it is made.
    """
    tell = report or (lambda *_: None)
    subject = _subject(run, dataset, mover, tell)
    tell("moves", 0, 6)
    result: dict[str, Any] = {
        "class_reader": {"accuracy": subject.reader.score},
        "region_accuracy": region_accuracy(subject),
        "draws": accuracy_of_draws(subject),
    }
    tell("moves", 1, 6)
    if mover.binary:
        result["pictures"] = accuracy_of_pictures(subject, "picture")
        result["pictures_operator_region"] = accuracy_of_pictures(subject)
    else:
        result["pictures"] = accuracy_of_pictures(subject)
    tell("moves", 2, 6)
    result["chains"] = chain_accuracy(subject)
    tell("moves", 3, 6)
    result["algebra"] = algebra(subject)
    tell("moves", 4, 6)
    codec, training = measuring_codec(run), dataset.split("train")
    if codec.measurable:
        real = np.asarray(dataset.attributes[training], float)
        result["nuisances"] = nuisance_preservation(subject, codec, real, _places(dataset, training))
    tell("moves", 5, 6)
    compared = _some(training, region_draws.DRAWS, subject.seed)
    result["prior"] = region_draws.draw_quality(subject, np.asarray(dataset.items[compared]))
    result["reconstruction"] = region_draws.held_out_reconstruction(subject)
    tell("moves", 6, 6)
    return result


def _subject(run: Run, dataset: Dataset, mover: Mover, tell: Report) -> MoveSubject:
    method = run.recipe.method
    assert isinstance(method, AbsAeRelConfig)
    reader = class_reader(dataset, lambda done, total: tell("classes", done, total))
    tested = _some(dataset.split("test"), TESTED, run.recipe.seed)
    items = np.asarray(dataset.items[tested])
    return MoveSubject(
        mover=mover,
        reader=reader,
        items=items,
        places=_places(dataset, tested),
        codes=mover.encode(items),
        allowed=allowed_pairs(mover.moves.tables, method.relations.held_out).numpy(force=True),
        repetitions=run.recipe.evaluation.bootstrap,
        seed=run.recipe.seed,
    )


def _places(dataset: Dataset, indices: Places) -> Places:
    """The true regions of items, by their numbers (N,)."""
    assert dataset.classes is not None
    return np.asarray(dataset.classes[indices], np.int64)


def _some(indices: Places, most: int, seed: int) -> Places:
    """All indices, or so many of them that the seed draws, in order."""
    if len(indices) <= most:
        return indices
    return np.sort(np.random.default_rng(seed).choice(indices, most, replace=False))
