"""The methods that recipes can name."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from latune.attributes import AttributeTable
from latune.data.codecs import Codec
from latune.data.labelled import LabelledItems
from latune.errors import RecipeError
from latune.methods.absae_rel import AbsAeRel, AbsAeRelConfig
from latune.methods.ar_vae import ArVaeConfig, build_ar_vae
from latune.methods.attribute_term import AttributeTerm
from latune.methods.beta_tcvae import BetaTcVae, BetaTcVaeConfig
from latune.methods.beta_vae import BetaVae, BetaVaeConfig
from latune.methods.capacity_vae import CapacityVae, CapacityVaeConfig
from latune.methods.conditional_vae import ConditionalVae, ConditionalVaeConfig
from latune.methods.control_term import ControlTerm
from latune.methods.dip_vae import DipVae, DipVaeConfig
from latune.methods.factor_vae import FactorVae, FactorVaeConfig
from latune.methods.fader import Fader, FaderConfig
from latune.methods.glsr_vae import GlsrVae, GlsrVaeConfig
from latune.methods.method import Method
from latune.methods.musae_mixture import MusaeMixture, MusaeMixtureConfig
from latune.methods.musae_single import MusaeSingle, MusaeSingleConfig
from latune.models.latent_model import LatentModel
from latune.models.song_model import SongModel

__all__ = ["MethodConfig", "build_method"]

_Config = (
    BetaVaeConfig
    | CapacityVaeConfig
    | FactorVaeConfig
    | BetaTcVaeConfig
    | DipVaeConfig
    | ArVaeConfig
    | FaderConfig
    | GlsrVaeConfig
    | ConditionalVaeConfig
    | AbsAeRelConfig
    | MusaeSingleConfig
    | MusaeMixtureConfig
)
MethodConfig = Annotated[_Config, Field(discriminator="name")]


def build_method(
    config: _Config,
    model: LatentModel,
    table: AttributeTable,
    attribute_term: AttributeTerm | None,
    control_term: ControlTerm | None = None,
    codec: Codec | None = None,
    reference: NDArray[np.float32] | None = None,
    labelled: LabelledItems | None = None,
    genres: int = 0,
) -> Method:
    """Build a method around a model, with the terms that the recipe adds.

    Args:
        config: Which method, and its settings.
        model: Latent model.
        table: Attributes of the data set.
        attribute_term: The recipe's `attributes:` block, if it has one.
        control_term: The recipe's `control:` block, if it has one.
        codec: What the items are; only methods that measure what is decoded need it.
        reference: Attributes of the training items (M, A); only methods that scale attributes by them need them.
        labelled: Labelled items of every region; only methods that know regions need them.
        genres: Number of genres that items are labelled with; only methods that know genres read it.

    Raises:
        RecipeError: The method needs a term and there is none, or has no place for one that there is.
    """
    if isinstance(model, SongModel) and model.flow is not None and not isinstance(config, MusaeMixtureConfig):
        raise RecipeError(f"model.flow: needs method.name 'musae_mixture', got '{config.name}'.")
    if isinstance(config, AbsAeRelConfig):
        if attribute_term is not None or control_term is not None:
            raise RecipeError("method.name 'absae_rel' knows regions: leave out attributes: and control:.")
        if labelled is None:
            raise ValueError("method 'absae_rel' needs labelled items")
        return AbsAeRel(model, config, labelled)
    if isinstance(config, MusaeSingleConfig | MusaeMixtureConfig):
        if control_term is not None:
            raise RecipeError(f"method.name '{config.name}' has no place for control:.")
        if isinstance(config, MusaeSingleConfig):
            return MusaeSingle(model, config, genres, attribute_term)
        return MusaeMixture(model, config, genres, attribute_term)
    if isinstance(config, FaderConfig | ConditionalVaeConfig):
        if attribute_term is not None or control_term is not None:
            raise RecipeError(
                f"method.name '{config.name}' names its attributes itself: leave out attributes: and control:."
            )
        if isinstance(config, FaderConfig):
            return Fader(model, config, table, reference)
        if reference is None:
            raise ValueError("method 'conditional_vae' needs the attributes of the training items")
        return ConditionalVae(model, config, table, reference)
    if isinstance(config, GlsrVaeConfig):
        if attribute_term is not None:
            raise RecipeError("method.name 'glsr_vae' names its attributes itself: leave out attributes:.")
        if codec is None or reference is None:
            raise ValueError("method 'glsr_vae' needs the codec and the attributes of the training items")
        return GlsrVae(model, config, codec, reference, control_term)
    if isinstance(config, ArVaeConfig):
        return build_ar_vae(model, config, attribute_term, control_term)
    if isinstance(config, CapacityVaeConfig):
        return CapacityVae(model, config, attribute_term, control_term)
    if isinstance(config, FactorVaeConfig):
        return FactorVae(model, config, attribute_term, control_term)
    if isinstance(config, DipVaeConfig):
        return DipVae(model, config, attribute_term, control_term)
    if isinstance(config, BetaTcVaeConfig):
        if reference is None:
            raise ValueError("method 'beta_tcvae' needs the attributes of the training items, whose number it reads")
        return BetaTcVae(model, config, len(reference), attribute_term, control_term)
    return BetaVae(model, config, attribute_term, control_term)
