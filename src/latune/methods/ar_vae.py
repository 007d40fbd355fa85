"""AR-VAE: a beta-VAE whose first dimensions are ordered by attributes.

L = reconstruction + beta |KL - capacity| + sum_k gamma_k L_attribute(z_k, a_k); the last sum is the attribute term,
which the recipe's `attributes:` block describes and which every other method accepts too.

Source: Pati and Lerch 2021, Attribute-based Regularization of Latent Spaces for Variational Auto-Encoders
(arXiv 2004.05485).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from latune.errors import RecipeError
from latune.methods.attribute_term import AttributeTerm
from latune.methods.beta_vae import BetaVae, BetaVaeConfig
from latune.methods.control_term import ControlTerm
from latune.models.latent_model import LatentModel

__all__ = ["ArVaeConfig", "build_ar_vae"]


class ArVaeConfig(BetaVaeConfig):
    """Settings of AR-VAE: those of the beta-VAE under it. The published music values are the defaults."""

    name: Literal["ar_vae"] = "ar_vae"  # type: ignore[assignment]
    beta: Annotated[float, Field(ge=0)] = 0.001
    reconstruction: Literal["mean", "sum"] = "mean"


def build_ar_vae(
    model: LatentModel,
    config: ArVaeConfig,
    attribute_term: AttributeTerm | None,
    control_term: ControlTerm | None = None,
) -> BetaVae:
    """Build AR-VAE.

    Raises:
        RecipeError: The recipe has no `attributes:` block.
    """
    if attribute_term is None:
        raise RecipeError("method.name 'ar_vae' needs an attributes: block that names at least one attribute.")
    return BetaVae(model, config, attribute_term, control_term)
