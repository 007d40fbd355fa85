"""The methods that recipes can name."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from latune.methods.ar_vae import ArVaeConfig, build_ar_vae
from latune.methods.attribute_term import AttributeTerm
from latune.methods.beta_vae import BetaVae, BetaVaeConfig
from latune.methods.control_term import ControlTerm
from latune.methods.method import Method
from latune.models.latent_model import LatentModel

__all__ = ["MethodConfig", "build_method"]

MethodConfig = Annotated[BetaVaeConfig | ArVaeConfig, Field(discriminator="name")]


def build_method(
    config: BetaVaeConfig | ArVaeConfig,
    model: LatentModel,
    attribute_term: AttributeTerm | None,
    control_term: ControlTerm | None = None,
) -> Method:
    """Build a method around a model, with the terms that the recipe adds.

    Raises:
        RecipeError: The method needs an attribute term and there is none.
    """
    if isinstance(config, ArVaeConfig):
        return build_ar_vae(model, config, attribute_term, control_term)
    return BetaVae(model, config, attribute_term, control_term)
