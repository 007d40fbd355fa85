"""The networks that recipes can name."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from latune.data.codecs import Codec
from latune.errors import RecipeError
from latune.models.latent_model import LatentModel
from latune.models.measure_mlp import MeasureMlp, MeasureMlpConfig
from latune.models.measure_rnn import MeasureRnn, MeasureRnnConfig
from latune.models.picture_conv import PictureConv, PictureConvConfig

__all__ = ["ModelConfig", "build_model"]

ModelConfig = Annotated[MeasureMlpConfig | MeasureRnnConfig | PictureConvConfig, Field(discriminator="name")]


def build_model(config: MeasureMlpConfig | MeasureRnnConfig | PictureConvConfig, codec: Codec) -> LatentModel:
    """Build a network with fresh weights from the global random state.

    Args:
        config: Which network, and its sizes.
        codec: What the items are.

    Raises:
        RecipeError: The network does not read such items.
    """
    shape, wanted = codec.item_shape, 3 if isinstance(config, PictureConvConfig) else 1
    if len(shape) != wanted:
        kind = "pictures" if wanted == 3 else "sequences"
        raise RecipeError(f"model.name: '{config.name}' reads {kind}, but the items have the shape {tuple(shape)}.")
    if isinstance(config, PictureConvConfig):
        return PictureConv(shape, codec.symbols - 1, config)
    if isinstance(config, MeasureRnnConfig):
        return MeasureRnn(codec.symbols, shape[0], config)
    return MeasureMlp(codec.symbols, shape[0], config)
