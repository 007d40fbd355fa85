"""Everything that is measured on a trained run: `metrics.json` and `certificate.json`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.control.editor import Editor
from latune.control.inference import Codes, decode_items, encode_means, encode_samples
from latune.data.dataset import Dataset
from latune.data.splits import seen_before
from latune.errors import DataError
from latune.evaluation.certificate import certify
from latune.metrics import (
    bootstrap_mean,
    ceiling_and_chance,
    evaluate,
    exact_items,
    majority_baseline,
    onset_f1,
    token_accuracy,
)
from latune.training.run_folder import Run, write_json

__all__ = ["evaluate_run"]

SMALLEST_SPLIT = 10

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
    indices = dataset.split("test")
    if len(indices) < SMALLEST_SPLIT:
        raise DataError(f"The test split of '{dataset.name}' has {len(indices)} items: expected at least 10.")
    items, groups = np.asarray(dataset.items[indices]), np.asarray(dataset.groups[indices])
    names = list(editor.knobs.names)
    values = np.asarray(dataset.attributes[indices], float)[:, [dataset.table.index(name) for name in names]]
    config = run.recipe.evaluation
    seed, repetitions = run.recipe.seed, config.bootstrap

    tell("codes", 0, 3)
    means = encode_means(editor.model, items)
    samples = encode_samples(editor.model, items, seed)
    tell("scores", 1, 3)
    scored = {
        kind: evaluate(codes, values, names, bootstrap=repetitions, groups=groups, seed=seed).to_dict()
        for kind, codes in (("means", means), ("samples", samples))
    }
    reference = ceiling_and_chance(values, editor.model.latent_size, seed)
    tell("reconstruction", 2, 3)
    metrics = {
        "data": {
            "name": dataset.name,
            "split": "test",
            "items": len(indices),
            "groups": len(np.unique(groups)),
        },
        "scores": {**scored, **reference.to_dict()},
        "reconstruction": _reconstruction(run, dataset, editor, means, items, groups),
    }
    write_json(run.folder / "metrics.json", metrics)

    training = np.asarray(dataset.attributes[dataset.split("train")], dtype=float)
    certificate = certify(
        editor,
        items,
        groups,
        training,
        config if controlled_items is None else config.model_copy(update={"items": controlled_items}),
        seed,
        lambda done, total: tell("control", done, total),
    )
    write_json(run.folder / "certificate.json", certificate)
    return metrics


def _reconstruction(
    run: Run,
    dataset: Dataset,
    editor: Editor,
    means: Codes,
    items: NDArray[np.uint8],
    groups: NDArray[np.int32],
) -> dict[str, Any]:
    """How well items come back from the means of their codes, beside the constant predictor."""
    decoded = decode_items(editor.model, means)
    onsets, decoded_onsets = editor.codec.onsets(items), editor.codec.onsets(decoded)
    training = np.asarray(dataset.items[dataset.split("train")])
    unseen = ~seen_before(items, training)
    per_item = {
        "token_accuracy": token_accuracy(decoded, items),
        "onset_f1": onset_f1(decoded, items, decoded_onsets, onsets),
        "exact_items": exact_items(decoded, items),
        "majority_baseline": majority_baseline(training, items),
    }
    seed, repetitions = run.recipe.seed, run.recipe.evaluation.bootstrap
    result: dict[str, Any] = {
        name: bootstrap_mean(values, groups, repetitions, seed).to_dict() for name, values in per_item.items()
    }
    result["items_also_in_training"] = int((~unseen).sum())
    if unseen.any():
        accuracy = per_item["token_accuracy"][unseen]
        result["token_accuracy_unseen_items"] = bootstrap_mean(accuracy, groups[unseen], repetitions, seed).to_dict()
    return result
