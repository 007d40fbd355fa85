"""A run in words: what was trained, and what its numbers do not say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy

from latune.control.editor import Editor
from latune.data.codecs import Codec
from latune.data.dataset import Dataset
from latune.data.picture_codec import PictureCodec
from latune.data.song_codec import SongCodec
from latune.figures.style import percent, readable
from latune.methods.absae_rel import AbsAeRelConfig
from latune.methods.beta_tcvae import BetaTcVaeConfig
from latune.methods.capacity_vae import CapacityVaeConfig
from latune.methods.factor_vae import FactorVaeConfig
from latune.methods.fader import FaderConfig
from latune.methods.musae import MusaeConfig
from latune.models.phrase_mlp import PhraseMlpConfig
from latune.models.song_bars import SongBarsConfig
from latune.models.song_lstm import SongLstmConfig
from latune.recipes.recipe import Recipe
from latune.report.media import Nouns

__all__ = ["caveats", "counted", "duration", "recipe_sentences"]

_METHODS = {
    "ar_vae": "AR-VAE (attribute-regularised variational auto-encoder)",
    "beta_tcvae": "beta-TCVAE (a weight of its own on the total correlation of the codes)",
    "beta_vae": "beta-VAE",
    "capacity_vae": "beta-VAE of controlled capacity (its KL term follows a rising number of nats)",
    "conditional_vae": "conditional VAE (a variational auto-encoder whose decoder is told the attributes)",
    "dip_vae": "DIP-VAE (the covariance of the codes is drawn to the identity)",
    "factor_vae": "FactorVAE (a discriminator keeps the dimensions of the codes independent)",
    "fader": "Fader network (a code without the attributes, and a decoder that is told them)",
    "glsr_vae": "GLSR-VAE (a variational auto-encoder whose decoder answers each knob at a given rate)",
    "musae_mixture": "MusAE (codes are distributed as a mixture with a petal for every genre)",
    "musae_single": "MusAE (codes are distributed as one Gaussian, styles stand beside it)",
}
_MODELS = {
    "measure_mlp": "a plain network that reads and writes all ticks at once",
    "measure_rnn": "the published recurrent network, which writes tick by tick",
    "song_bars": "one plain network for all bars of a phrase, and one over the bars",
    "song_lstm": "the published recurrent network, with a decoder for every track",
    "phrase_mlp": "one plain network for all measures of a phrase, and what the measures around make likely",
    "picture_conv": "a convolutional network and its mirror image",
    "burgess": "the convolutional network of Burgess et al. 2018",
    "higgins_fc": "the network without convolutions of Higgins et al. 2017",
    "kim": "the convolutional network of Kim and Mnih 2018",
    "locatello": "the convolutional network of Locatello et al. 2019",
    "bcvae": "a convolutional network with batch normalisation, from a public replication",
    "bcvae_branch": "a convolutional network with batch normalisation, a later state of that replication",
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
    training = recipe.training
    length = f"{training.steps:,} steps" if training.steps else f"{training.epochs} passes over the training split"
    return [
        f"Data: {dataset.name}, {_items_in_words(dataset.codec)}: {counts}.",
        f"Network: {_MODELS.get(recipe.model.name, recipe.model.name)}, with"
        f" {_latent_size(recipe)} latent dimensions"
        + (f" and {finished['parameters']:,} parameters." if finished else "."),
        _method_sentence(recipe),
        _attribute_sentence(recipe),
        f"Training: Adam for {length} with batches of {training.batch_size}, learning rate"
        f" {training.learning_rate:g}, {_SCHEDULES[training.schedule]}; seed {recipe.seed}.",
        _end_sentence(recipe, finished),
    ]


def _latent_size(recipe: Recipe) -> int:
    if isinstance(recipe.model, PhraseMlpConfig):
        return recipe.model.latent_size_of(recipe.data.measures or 1)
    if isinstance(recipe.model, SongBarsConfig | SongLstmConfig):
        return recipe.model.latent_size + recipe.model.styles
    return recipe.model.latent_size


def _items_in_words(codec: Codec) -> str:
    if isinstance(codec, SongCodec):
        return "phrases of 16 bars in four tracks"
    if not isinstance(codec, PictureCodec):
        return f"items of {' x '.join(str(size) for size in codec.item_shape)} elements"
    channels, height, width = codec.item_shape
    kind = "colour" if channels > 1 else "black-and-white" if codec.binary else "grey"
    return f"{kind} pictures of {width} x {height} pixels"


def _method_sentence(recipe: Recipe) -> str:
    method = recipe.method
    name = _METHODS.get(method.name, method.name)
    if isinstance(method, FaderConfig):
        return (
            f"Method: {name}; fooling the critic that reads attributes from the code has weight {method.beta:g}, which"
            f" is reached after {method.ramp_steps:,} steps."
        )
    if isinstance(method, AbsAeRelConfig):
        return (
            f"Method: {name}; {method.labels_per_region} items of each region are labelled, moves are of the kind"
            f" '{method.relations.mode}'."
        )
    if isinstance(method, CapacityVaeConfig):
        return (
            f"Method: {name}: {method.capacity:g} nats after {method.capacity_steps:,} steps; the distance from them"
            f" has weight {method.gamma * method.kappa:g}."
        )
    if isinstance(method, FactorVaeConfig):
        return f"Method: {name} with weight {method.gamma:g} on the total correlation."
    if isinstance(method, BetaTcVaeConfig):
        return f"Method: {name} with weight {method.beta:g} on the total correlation."
    if isinstance(method, MusaeConfig):
        how = {"wgan": "a critic", "mmd": "the mean discrepancy", "kl": "the divergence"}[method.regulariser]
        return (
            f"Method: {name}; codes are drawn to the prior by {how}, with weight {method.weights[-1][1]:g} in the end."
        )
    return f"Method: {name} with weight {method.beta:g} on the divergence."


def _attribute_sentence(recipe: Recipe) -> str:
    block = recipe.attributes
    if block is None and recipe.regularised:
        names = ", ".join(readable(name) for name in recipe.regularised)
        return f"Attributes: {names} are tied to the first {len(recipe.regularised)} latent dimensions."
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
    nouns: Nouns,
    metrics: Mapping[str, Any] | None,
    certificate: Mapping[str, Any] | None,
) -> list[str]:
    """What a reader should know before believing the numbers."""
    sentences = []
    if metrics is not None:
        sentences += _about_metrics(metrics, nouns)
    if certificate is not None:
        of_groups = counted(certificate["items"], certificate["groups"], nouns)
        sentences.append(
            f"The certificate rests on {of_groups} and asks only"
            " for values that such items have; beyond that range nothing was measured."
        )
        sentences += _lacking(certificate)
    sentences += _together(dataset, editor)
    sentences.append(f"This is one run with seed {recipe.seed}; another seed gives other numbers.")
    sentences.append(nouns.truth)
    return sentences


def counted(items: int, groups: int, nouns: Nouns) -> str:
    """A number of items, with what they come from where they are not each by itself."""
    return f"{items} items" + (f" of {groups} {nouns.group}s" if groups != items else "")


def _about_metrics(metrics: Mapping[str, Any], nouns: Nouns) -> list[str]:
    data = metrics["data"]
    also = metrics["reconstruction"].get("items_also_in_training", 0)
    sentences = []
    if also or nouns.group == "tune":
        sentences.append(
            f"{also:,} of the {data['items']:,} test items ({percent(also / data['items'])}) also occur,"
            f" {nouns.exactly}, among the training items: {nouns.small}. The accuracy on"
            " the others is the fairer number."
        )
    reader = metrics.get("attribute_reader")
    if reader is not None:
        sentences.append(
            "Decoded items carry no labels: their attributes are read by a network that was trained on labelled ones"
            f" (R² {_r_squared(reader)} on held-out items). Its errors are part of every number of the certificate, and"
            " a decoder may please it without being right."
        )
    if data["groups"] == data["items"]:
        over = f"Intervals are bootstraps over the {data['items']:,} test items; they"
    else:
        groups = f"{nouns.group}s"
        over = f"The test items come from {data['groups']} {groups}. Intervals are bootstraps over whole {groups}; they"
    sentences.append(f"{over} do not cover another training seed or another split.")
    return sentences


def _r_squared(reader: Mapping[str, Any]) -> str:
    """The reader's R² on the whole, and of each attribute where it is known."""
    parts = ", ".join(f"{readable(name)} {value:.3f}" for name, value in reader.get("per_attribute", {}).items())
    return f"{reader['r_squared']:.3f}" + (f": {parts};" if parts else "")


def _lacking(certificate: Mapping[str, Any]) -> list[str]:
    """Name the knobs whose attribute some items do not have."""
    return [
        f"Only {knob['items']} of the {certificate['items']} items have a value of {readable(name)}: its numbers rest"
        " on them, and where a changed item has none the request counts as missed."
        for name, knob in certificate["knobs"].items()
        if knob.get("items", certificate["items"]) < certificate["items"]
    ]


def _together(dataset: Dataset, editor: Editor) -> list[str]:
    """Name the pairs of knobs whose attributes go together in real items."""
    names = editor.knobs.names
    if len(names) < 2:
        return []
    indices = dataset.split("train")
    indices = indices[:: max(1, len(indices) // _ROWS)]
    columns = [dataset.table.index(name) for name in names]
    ranks = scipy.stats.rankdata(np.asarray(dataset.attributes[indices])[:, columns], axis=0)
    correlation = np.asarray(np.corrcoef(ranks.T))
    return [
        f"In real items, {readable(names[j])} and {readable(names[i])} go together (rank correlation"
        f" {correlation[i, j]:.2f}): one cannot be turned far while the other stays, by any method."
        for i in range(len(names))
        for j in range(i)
        if abs(correlation[i, j]) >= _TOGETHER
    ]
