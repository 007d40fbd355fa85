"""From a recipe and its data set to what is trained: method, augmentation, decay of the learning rate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from latune.attributes import OUTER_SHARE
from latune.data.augmentation import Augmentation, Crossover, Transposition
from latune.data.dataset import Dataset
from latune.data.labelled import labelled_items
from latune.data.regions import regions_of
from latune.errors import RecipeError
from latune.methods.absae_rel import AbsAeRelConfig
from latune.methods.attribute_term import AttributeTerm
from latune.methods.control_term import ControlTerm
from latune.methods.joint_movement import JointMovement
from latune.methods.method import Method
from latune.methods.registry import build_method
from latune.models.phrase_mlp import PhraseMlp
from latune.models.registry import build_model
from latune.recipes import Recipe
from latune.recipes.lengths import in_steps
from latune.recipes.recipe import TrainingConfig
from latune.training.run_folder import Run, create_run, write_json
from latune.training.schedules import Decay

__all__ = ["begin_run", "build", "build_augmentation", "build_decay"]


def begin_run(recipe: Recipe, dataset: Dataset, folder: Path) -> Run:
    """Make the run folder of a recipe.

    Args:
        recipe: Fully resolved.
        dataset: The items that it is trained on.
        folder: New or empty.

    Raises:
        RunError: The folder holds something already or cannot be written.
    """
    run = create_run(folder, recipe, dataset.codec, dataset.plugins)
    if recipe.data.protocol == "regions":
        write_json(folder / "regions.json", regions_of(dataset)[0].to_dict())
    if dataset.labels is not None:
        write_json(folder / "genres.json", {"names": list(dataset.label_names)})
    return run


def build(recipe: Recipe, dataset: Dataset) -> tuple[Method, torch.device]:
    """Seed, then build: the seed decides the initial weights.

    Args:
        recipe: Fully resolved.
        dataset: The items that it is trained on.

    Returns:
        The method on its device.

    Raises:
        RecipeError: The recipe does not fit the data set, or its device is not there.
    """
    reference = np.asarray(dataset.attributes[dataset.split("train")])
    for name in recipe.knob_names(dataset.table.names):  # what cannot get a knob stops here, before any work
        low, high = np.quantile(reference[:, dataset.table.index(name)], [OUTER_SHARE, 1 - OUTER_SHARE])
        if low == high:
            raise RecipeError(f"Attribute '{name}' is {low:g} for nearly all training items: no knob is possible.")
    try:
        device = torch.device(recipe.training.device)
        torch.ones(1, device=device).item()
    except (RuntimeError, AssertionError) as error:
        raise RecipeError(f"training.device: '{recipe.training.device}' is not available here.") from error
    torch.manual_seed(recipe.seed)
    model = build_model(recipe.model, dataset.codec)
    if isinstance(model, PhraseMlp) and len(recipe.regularised) not in (0, model.named_dimensions):
        raise RecipeError(
            f"model.named_size: expected as many as attributes.names, got {model.named_dimensions} dimensions for"
            f" {len(recipe.regularised)} attributes of the phrase and its measures."
        )
    term = control = None
    if recipe.attributes is not None:
        term = AttributeTerm(recipe.attributes, dataset.table, model.latent_size, reference)
    if recipe.control is not None:
        movement = JointMovement(recipe.joint, model.latent_size, len(recipe.regularised))
        control = ControlTerm(recipe.control, recipe.regularised, dataset.table, dataset.codec, reference, movement)
    labelled = None
    if isinstance(recipe.method, AbsAeRelConfig):
        labelled = labelled_items(dataset, recipe.method.labels_per_region, recipe.seed)
    genres = 0 if dataset.labels is None else dataset.labels.shape[1]
    method = build_method(
        recipe.method, model, dataset.table, term, control, dataset.codec, reference, labelled, genres
    )
    return method.to(device), device


def build_augmentation(recipe: Recipe, dataset: Dataset) -> Augmentation | None:
    """What makes the training items anew in each epoch."""
    if recipe.data.transpose:
        return Transposition(dataset, "train", recipe.seed)
    return Crossover(dataset, "train", recipe.data.crossover, recipe.seed) if recipe.data.crossover > 0 else None


def build_decay(training: TrainingConfig, steps_per_epoch: int) -> Decay:
    """When the exponential schedule falls, in steps."""
    every = in_steps(training.decay_every, steps_per_epoch)
    first = every if training.decay_from is None else in_steps(training.decay_from, steps_per_epoch)
    return Decay(training.decay, every, first)
