"""The items of a recipe: a stored data set under the recipe's protocol, as phrases where it asks for them."""

from __future__ import annotations

from latune.data.dataset import Dataset
from latune.data.phrases import phrase_dataset
from latune.data.protocols import Protocol, with_protocol
from latune.recipes.recipe import DataConfig

__all__ = ["items_of"]


def items_of(dataset: Dataset, data: DataConfig) -> Dataset:
    """What a recipe trains on and is measured on.

    Args:
        dataset: The stored data set that the recipe names, with the columns of plugins.
        data: The recipe's `data:` block.

    Raises:
        RecipeError: The data set does not fit the protocol, or its items are no measures.
        DataError: The data set does not know which measures follow each other.
    """
    protocol = Protocol(data.protocol, data.folds, data.fold, data.heldout, data.stratify, data.split_seed)
    view = with_protocol(dataset, protocol)
    return view if data.measures is None else phrase_dataset(view, data.measures, data.hop)
