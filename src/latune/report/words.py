"""A run in words: what was trained, and what its numbers do not say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.stats import rankdata

from latune.control.editor import Editor
from latune.data.dataset import Dataset
from latune.figures.style import percent, readable
from latune.recipes.recipe import Recipe

__all__ = ["caveats", "duration", "recipe_sentences"]

_METHODS = {"ar_vae": "AR-VAE (attribute-regularised variational auto-encoder)", "beta_vae": "beta-VAE"}
_MODELS = {
    "measure_mlp": "a plain network that reads and writes all ticks at once",
    "measure_rnn": "the published recurrent network, which writes tick by tick",
}
_SCHEDULES = {
    "constant": "constant",
    "linear": "falling to 0 in a straight line",
    "cosine": "falling to 0 along a cosine",
}
_SPLITS = {"train": "training"}
_ROWS = 20_000  # of training items that are read for the correlation of attributes
_TOGETHER = 0.7  # rank correlation from which two attributes are called hard to separate


def duration(seconds: float) -> str:
    """A time in words, to two units at most."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def recipe_sentences(recipe: Recipe, dataset: Dataset, finished: Mapping[str, Any] | None) -> list[str]:
    """The recipe in plain sentences.

    Args:
        recipe: The fully resolved recipe.
        dataset: The data set.
        finished: The content of `finished.json`, or None where training did not end.
    """
    sizes = {name: f"{len(indices):,}" for name, indices in dataset.splits.items()}
    counts = ", ".join(f"{size} for {_SPLITS.get(name, name)}" for name, size in sizes.items())
    method, training = recipe.method, recipe.training
    length = f"{training.steps:,} steps" if training.steps else f"{training.epochs} passes over the training split"
    return [
        f"Data: {dataset.name}, items of {' x '.join(str(size) for size in dataset.codec.item_shape)} elements: {counts}.",
        f"Network: {_MODELS.get(recipe.model.name, recipe.model.name)}, with"
        f" {recipe.model.latent_size} latent dimensions"
        + (f" and {finished['parameters']:,} parameters." if finished else "."),
        f"Method: {_METHODS.get(method.name, method.name)} with weight {method.beta:g} on the divergence.",
        _attribute_sentence(recipe),
        f"Training: Adam for {length} with batches of {training.batch_size}, learning rate"
        f" {training.learning_rate:g}, {_SCHEDULES[training.schedule]}; seed {recipe.seed}.",
        _end_sentence(recipe, finished),
    ]


def _attribute_sentence(recipe: Recipe) -> str:
    block = recipe.attributes
    if block is None:
        return (
            "Attributes: none took part in training; each knob is the latent dimension that came out best"
            " correlated with its attribute."
        )
    names = ", ".join(readable(name) for name in block.names)
    return (
        f"Attributes: {names} order the first {len(block.names)} latent dimensions"
        f" (weight {_setting(block.gamma)}, steepness {_setting(block.delta)})."
    )


def _setting(value: float | Mapping[str, float]) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{readable(name)} {number:g}" for name, number in value.items())
    return f"{value:g}"


def _end_sentence(recipe: Recipe, finished: Mapping[str, Any] | None) -> str:
    if finished is None:
        return "Training did not come to its end; what follows is about the best weights so far."
    kept = "last weights" if recipe.training.keep == "last" else "best weights on the validation split"
    return (
        f"It took {duration(finished['seconds'])} for {finished['steps']:,} steps"
        f" ({finished['items_per_second']:,.0f} items a second on {recipe.training.device}); the {kept}"
        + (" are kept." if recipe.training.keep == "last" else f", of step {finished['best_step']:,}, are kept.")
    )


def caveats(
    recipe: Recipe,
    dataset: Dataset,
    editor: Editor,
    metrics: Mapping[str, Any] | None,
    certificate: Mapping[str, Any] | None,
) -> list[str]:
    """What a reader should know before believing the numbers."""
    sentences = []
    if metrics is not None:
        data = metrics["data"]
        also = metrics["reconstruction"]["items_also_in_training"]
        sentences.append(
            f"{also:,} of the {data['items']:,} test items ({percent(also / data['items'])}) also occur, note for"
            " note, among the training items: the repertoire is small, though no tune is in both. The accuracy on"
            " the others is the fairer number."
        )
        sentences.append(
            f"The test items come from {data['groups']} tunes. Intervals are bootstraps over whole tunes; they"
            " do not cover another training seed or another split."
        )
    if certificate is not None:
        sentences.append(
            f"The certificate rests on {certificate['items']} items of {certificate['groups']} tunes and asks only"
            " for values that such items have; beyond that range nothing was measured."
        )
    sentences += _together(dataset, editor)
    sentences.append(f"This is one run with seed {recipe.seed}; another seed gives other numbers.")
    sentences.append(
        "Nothing here says whether the music is good: no number looks at style, harmony or the measures around,"
        " and nobody was asked. Listen."
    )
    return sentences


def _together(dataset: Dataset, editor: Editor) -> list[str]:
    """Name the pairs of knobs whose attributes go together in real items."""
    names = editor.knobs.names
    if len(names) < 2:
        return []
    indices = dataset.split("train")
    indices = indices[:: max(1, len(indices) // _ROWS)]
    columns = [dataset.table.index(name) for name in names]
    ranks = rankdata(np.asarray(dataset.attributes[indices])[:, columns], axis=0)
    correlation = np.asarray(np.corrcoef(ranks.T))
    return [
        f"In real items, {readable(names[j])} and {readable(names[i])} go together (rank correlation"
        f" {correlation[i, j]:.2f}): one cannot be turned far while the other stays, by any method."
        for i in range(len(names))
        for j in range(i)
        if abs(correlation[i, j]) >= _TOGETHER
    ]
