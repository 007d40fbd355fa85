"""The networks that recipes can name."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from latune.models.latent_model import LatentModel
from latune.models.measure_mlp import MeasureMlp, MeasureMlpConfig
from latune.models.measure_rnn import MeasureRnn, MeasureRnnConfig

__all__ = ["ModelConfig", "build_model"]

ModelConfig = Annotated[MeasureMlpConfig | MeasureRnnConfig, Field(discriminator="name")]


def build_model(config: MeasureMlpConfig | MeasureRnnConfig, symbols: int, item_length: int) -> LatentModel:
    """Build a network with fresh weights from the global random state.

    Args:
        config: Which network, and its sizes.
        symbols: Number of values that one element of an item can take.
        item_length: Number of elements of an item.
    """
    if isinstance(config, MeasureRnnConfig):
        return MeasureRnn(symbols, item_length, config)
    return MeasureMlp(symbols, item_length, config)
