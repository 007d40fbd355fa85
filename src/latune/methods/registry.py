"""The methods that recipes can name."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from latune.attributes import AttributeTable
from latune.errors import RecipeError
from latune.methods.ar_vae import ArVaeConfig, build_ar_vae
from latune.methods.attribute_term import AttributeTerm
from latune.methods.beta_vae import BetaVae, BetaVaeConfig
from latune.methods.control_term import ControlTerm
from latune.methods.fader import Fader, FaderConfig
from latune.methods.method import Method
from latune.models.latent_model import LatentModel

__all__ = ["MethodConfig", "build_method"]

MethodConfig = Annotated[BetaVaeConfig | ArVaeConfig | FaderConfig, Field(discriminator="name")]


def build_method(
    config: BetaVaeConfig | ArVaeConfig | FaderConfig,
    model: LatentModel,
    table: AttributeTable,
    attribute_term: AttributeTerm | None,
    control_term: ControlTerm | None = None,
) -> Method:
    """Build a method around a model, with the terms that the recipe adds.

    Args:
        config: Which method, and its settings.
        model: Latent model.
        table: Attributes of the data set.
        attribute_term: The recipe's `attributes:` block, if it has one.
        control_term: The recipe's `control:` block, if it has one.

    Raises:
        RecipeError: The method needs a term and there is none, or has no place for one that there is.
    """
    if isinstance(config, FaderConfig):
        if attribute_term is not None or control_term is not None:
            raise RecipeError("method.name 'fader' names its attributes itself: leave out attributes: and control:.")
        return Fader(model, config, table)
    if isinstance(config, ArVaeConfig):
        return build_ar_vae(model, config, attribute_term, control_term)
    return BetaVae(model, config, attribute_term, control_term)
