"""The networks that recipes can name."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from latune.data.codecs import Codec
from latune.data.phrase_codec import PhraseCodec
from latune.data.song_codec import SongCodec
from latune.errors import RecipeError
from latune.models.latent_model import LatentModel
from latune.models.measure_mlp import MeasureMlp, MeasureMlpConfig
from latune.models.measure_rnn import MeasureRnn, MeasureRnnConfig
from latune.models.phrase_mlp import PhraseMlp, PhraseMlpConfig
from latune.models.picture_conv import PictureConv, PictureConvConfig
from latune.models.picture_networks import PictureNetwork, PictureNetworkConfig
from latune.models.region_autoencoder import RegionAutoencoder, RegionAutoencoderConfig
from latune.models.song_bars import SongBars, SongBarsConfig
from latune.models.song_lstm import SongLstm, SongLstmConfig

__all__ = ["ModelConfig", "build_model"]

_PictureConfig = PictureConvConfig | PictureNetworkConfig | RegionAutoencoderConfig
_SongConfig = SongBarsConfig | SongLstmConfig
_Config = MeasureMlpConfig | MeasureRnnConfig | PhraseMlpConfig | _PictureConfig | _SongConfig
ModelConfig = Annotated[_Config, Field(discriminator="name")]


def build_model(config: _Config, codec: Codec) -> LatentModel:
    """Build a network with fresh weights from the global random state.

    Args:
        config: Which network, and its sizes.
        codec: What the items are.

    Raises:
        RecipeError: The network does not read such items, or none of their size.
    """
    shape = codec.item_shape
    if isinstance(config, _SongConfig) != isinstance(codec, SongCodec):
        kind = "phrases of songs" if isinstance(config, _SongConfig) else "no phrases of songs"
        raise RecipeError(f"model.name: '{config.name}' reads {kind}, but the items have the shape {tuple(shape)}.")
    if isinstance(config, SongBarsConfig):
        return SongBars(config)
    if isinstance(config, SongLstmConfig):
        return SongLstm(config)
    pictures = isinstance(config, _PictureConfig)
    wanted = 3 if pictures else 2 if isinstance(config, PhraseMlpConfig) else 1
    if len(shape) != wanted:
        kind = {1: "sequences", 2: "phrases (data.measures)", 3: "pictures"}[wanted]
        raise RecipeError(f"model.name: '{config.name}' reads {kind}, but the items have the shape {tuple(shape)}.")
    if isinstance(config, PhraseMlpConfig):
        assert isinstance(codec, PhraseCodec)
        return PhraseMlp(codec.measure_codec.vocabulary.values, (shape[0], shape[1]), config)
    if isinstance(config, PictureConvConfig):
        return PictureConv(shape, codec.symbols - 1, config)
    if isinstance(config, PictureNetworkConfig):
        return PictureNetwork(shape, codec.symbols - 1, config)
    if isinstance(config, RegionAutoencoderConfig):
        return RegionAutoencoder(shape, codec.symbols - 1, config)
    if isinstance(config, MeasureRnnConfig):
        return MeasureRnn(codec.symbols, shape[0], config, beats=len(codec.cuts) + 1)
    return MeasureMlp(codec.symbols, shape[0], config)
