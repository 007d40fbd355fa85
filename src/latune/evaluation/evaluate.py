"""Everything that is measured on a trained run: `metrics.json` and `certificate.json`.

Knobs along other directions than dimensions have certificates of their own, such as `certificate-ridge_inverse.json`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.control.attribute_reader import run_reader
from latune.control.directions import Directions, file_name
from latune.control.editor import Editor
from latune.control.genres import open_genres
from latune.control.inference import Codes, decode_items, encode_posteriors, encode_samples
from latune.control.moves import has_moves, open_mover
from latune.data.dataset import Dataset
from latune.data.song_codec import SongCodec
from latune.errors import DataError
from latune.evaluation.certificate import certify
from latune.evaluation.identity import class_reader, identity_kept
from latune.evaluation.regions import measure_regions
from latune.evaluation.representation import score_codes
from latune.evaluation.song_subject import song_subject
from latune.evaluation.songs import measure_songs
from latune.metrics import (
    bootstrap_mean,
    ceiling_and_chance,
    evaluate,
)
from latune.training.run_folder import Run, write_json

__all__ = ["certify_run", "evaluate_run"]

SMALLEST_SPLIT = 10
BASELINE_ITEMS = 20_000  # training items that the constant predictor is made from

Report = Callable[[str, int, int], None]
"""Told (what is being measured, done, total)."""


def evaluate_run(
    run: Run,
    dataset: Dataset,
    editor: Editor,
    report: Report | None = None,
    controlled_items: int | None = None,
) -> dict[str, Any]:
    """Measure a run on the test split and write `metrics.json` and `certificate.json`.

    Args:
        run: A run with weights.
        dataset: The data set it was trained on.
        editor: The run opened for editing.
        report: Told the progress.
        controlled_items: Items that the certificate decodes; default: as the recipe says.

    Returns:
        The content of `metrics.json`.

    Raises:
        DataError: The test split has fewer than 10 items.
    """
    tell = report or (lambda *_: None)
    config = run.recipe.evaluation
    seed, repetitions = run.recipe.seed, config.bootstrap
    indices = _held_out(run, dataset)
    items, groups = np.asarray(dataset.items[indices]), np.asarray(dataset.groups[indices])
    names = list(editor.knobs.names)
    values = np.asarray(dataset.attributes[indices], float)[:, [dataset.table.index(name) for name in names]]

    tell("codes", 0, 4)
    means, scales = encode_posteriors(editor.model, items)
    samples = encode_samples(editor.model, items, seed)
    tell("scores", 1, 4)
    scored = {
        kind: evaluate(codes, values, names, bootstrap=repetitions, groups=_drawn(groups), seed=seed).to_dict()
        for kind, codes in (("means", means), ("samples", samples))
    }
    reference = ceiling_and_chance(values, editor.model.latent_size, seed)
    tell("representation", 2, 4)
    labelled = all(dataset.table[name].measure is None for name in names)
    representation = score_codes(means, scales, values if labelled else None, names, repetitions, seed)
    tell("reconstruction", 3, 4)
    metrics = {
        "data": {
            "name": dataset.name,
            "split": "test",
            "items": len(indices),
            "groups": len(np.unique(groups)),
        },
        "scores": {**scored, **reference.to_dict()},
        "representation": representation,
        "reconstruction": _reconstruction(run, dataset, editor, means, indices),
    }
    if dataset.classes is not None and run.recipe.data.protocol != "regions":  # a region is there to be left
        found = {name: entry["dimension"] for name, entry in scored["samples"]["attributes"].items()}
        metrics["identity"] = _identity(run, dataset, editor, samples, indices, found, tell)
    if isinstance(dataset.codec, SongCodec):
        genres = open_genres(run, editor.model.latent_size)
        metrics["songs"] = measure_songs(song_subject(editor, genres, dataset, repetitions, seed), tell)
    if has_moves(run):
        metrics["regions"] = measure_regions(run, dataset, open_mover(run), tell)
    reader = run_reader(run)
    if reader is not None:
        metrics["attribute_reader"] = {"r_squared": reader.score, "per_attribute": reader.score_per_attribute}
    write_json(run.folder / "metrics.json", metrics)

    certify_run(run, dataset, editor, tell, controlled_items)
    return metrics


def certify_run(
    run: Run,
    dataset: Dataset,
    editor: Editor,
    report: Report | None = None,
    controlled_items: int | None = None,
    directions: Directions = "dimension",
) -> dict[str, Any]:
    """Measure a run's knobs on items of the test split and write `certificate.json`.

    The certificate of other directions says which, and is written to a file of its own.

    Args:
        run: A run with weights.
        dataset: The data set it was trained on.
        editor: The run opened for editing, with knobs along these directions.
        report: Told the progress.
        controlled_items: Items that are decoded; default: as the recipe says.
        directions: What its knobs are.

    Returns:
        The content of the file.

    Raises:
        DataError: The test split has fewer than 10 items.
    """
    tell, config = report or (lambda *_: None), run.recipe.evaluation
    indices = _held_out(run, dataset)
    certificate = certify(
        editor,
        np.asarray(dataset.items[indices]),
        _drawn(np.asarray(dataset.groups[indices])),
        np.asarray(dataset.attributes[dataset.split("train")], dtype=float),
        config if controlled_items is None else config.model_copy(update={"items": controlled_items}),
        run.recipe.seed,
        lambda done, total: tell("control", done, total),
    )
    if directions != "dimension":
        certificate["directions"] = directions
    write_json(run.folder / file_name("certificate", directions), certificate)
    return certificate


def _held_out(run: Run, dataset: Dataset) -> NDArray[np.int64]:
    """Indices of the test items that are measured: all, or as many as the recipe says, chosen by its seed."""
    indices, most = dataset.split("test"), run.recipe.evaluation.scored
    if len(indices) < SMALLEST_SPLIT:
        raise DataError(f"The test split of '{dataset.name}' has {len(indices)} items: expected at least 10.")
    if len(indices) > most:
        indices = np.sort(np.random.default_rng(run.recipe.seed).choice(indices, most, replace=False))
    return indices


def _drawn(groups: NDArray[np.int32]) -> NDArray[np.int32]:
    """What intervals are drawn over: groups, or single items where there is one group alone."""
    return groups if len(np.unique(groups)) > 1 else np.arange(len(groups), dtype=np.int32)


def _identity(
    run: Run,
    dataset: Dataset,
    editor: Editor,
    samples: Codes,
    indices: NDArray[np.int64],
    dimensions: dict[str, int],
    tell: Report,
) -> dict[str, Any]:
    """Whether decoded items are still what they were, judged by a class reader."""
    assert dataset.classes is not None
    config, seed = run.recipe.evaluation, run.recipe.seed
    chosen = np.random.default_rng(seed).permutation(len(indices))[: config.identity_items]
    reader = class_reader(dataset, lambda done, total: tell("classes", done, total))
    return identity_kept(
        reader,
        editor,
        np.asarray(dataset.items[indices[chosen]]),
        np.asarray(dataset.classes[indices[chosen]]),
        samples[chosen],
        dimensions,
        last_dimension=config.identity_last_dimension,
        repetitions=config.bootstrap,
        seed=seed,
        report=lambda done, total: tell("identity", done, total),
    )


def _reconstruction(
    run: Run, dataset: Dataset, editor: Editor, means: Codes, indices: NDArray[np.int64]
) -> dict[str, Any]:
    """How well items come back from the means of their codes, beside the constant predictor."""
    items, groups = np.asarray(dataset.items[indices]), np.asarray(dataset.groups[indices])
    seed, repetitions = run.recipe.seed, run.recipe.evaluation.bootstrap
    training = dataset.split("train")
    if len(training) > BASELINE_ITEMS:
        training = np.sort(np.random.default_rng(seed).choice(training, BASELINE_ITEMS, replace=False))
    per_item = editor.codec.compare(decode_items(editor.model, means), items)
    accuracy_name, accuracy = next(iter(per_item.items()))
    per_item["majority_baseline"] = editor.codec.baseline(np.asarray(dataset.items[training]), items)
    result: dict[str, Any] = {
        name: bootstrap_mean(values, _drawn(groups), repetitions, seed).to_dict() for name, values in per_item.items()
    }
    unseen = ~dataset.occur_in(indices, "train")
    result["items_also_in_training"] = int((~unseen).sum())
    if unseen.any() and not unseen.all():
        estimate = bootstrap_mean(accuracy[unseen], _drawn(groups[unseen]), repetitions, seed)
        result[f"{accuracy_name}_unseen_items"] = estimate.to_dict()
    return result
