"""The attribute term: adds the order of attributes to the loss of any method."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.distributions import Distribution

from latune.attributes import AttributeTable
from latune.errors import RecipeError
from latune.losses.attribute import Ties, attribute_regularization, quantile_normal, standardised

__all__ = ["AttributeTerm", "AttributesConfig"]

Positive = Annotated[float, Field(gt=0)]


class AttributesConfig(BaseModel):
    """The `attributes:` block of a recipe. Attribute k is tied to latent dimension k."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    names: tuple[str, ...] = ()  # empty: all attributes of the data set
    gamma: Positive | dict[str, Positive] = 1.0  # weight; a number, or one per attribute name
    delta: Positive | dict[str, Positive] = 10.0  # steepness; a number, or one per attribute name
    ties: Ties = "zero"  # pairs of equal values: "zero" pulls their codes together, "masked" leaves them
    codes: Literal["samples", "means"] = "samples"  # which codes are ordered
    transform: Literal["none", "standardised", "quantile_normal"] = (
        "none"  # what the codes shall equal, not only follow
    )
    spread: Positive = 1.0  # with a transform: standard deviation that the regularised codes shall have


class AttributeTerm(nn.Module):
    """gamma-weighted sum of attribute-regularisation losses over the regularised dimensions.

    Args:
        config: The `attributes:` block.
        table: Attributes of the data set.
        latent_size: Dimensions of the model; at least as many as attributes.
        reference: Attributes of the training items (M, A), which define the transform; not needed without one.

    Raises:
        RecipeError: An attribute is unknown, named twice, or there are more attributes than dimensions.
    """

    gamma: Tensor
    delta: Tensor

    def __init__(
        self,
        config: AttributesConfig,
        table: AttributeTable,
        latent_size: int,
        reference: NDArray[np.float32] | None = None,
    ) -> None:
        super().__init__()
        if len(set(config.names)) != len(config.names) or not config.names:
            raise RecipeError(f"attributes.names: expected distinct names, got {list(config.names)}.")
        if len(config.names) > latent_size:
            raise RecipeError(
                f"attributes.names: expected at most {latent_size} (model.latent_size), got {len(config.names)}."
            )
        self.config = config
        if config.transform == "none" and config.spread != 1.0:
            raise RecipeError("attributes.spread: needs a transform, 'standardised' or 'quantile_normal'.")
        if config.transform != "none" and reference is None:
            raise ValueError("a transform needs the attributes of the training items")
        self.columns = [table.index(name) for name in config.names]
        self._reference = reference[:, self.columns] if reference is not None else None
        self.register_buffer("gamma", _per_attribute("gamma", config.gamma, config.names), persistent=False)
        self.register_buffer("delta", _per_attribute("delta", config.delta, config.names), persistent=False)

    def prepare(self, attributes: NDArray[np.float32]) -> NDArray[np.float32]:
        """From all attribute columns (N, A) to those this term reads (N, K), transformed by the training split."""
        chosen = attributes[:, self.columns]
        if self.config.transform == "none" or self._reference is None:
            return chosen
        transform = standardised if self.config.transform == "standardised" else quantile_normal
        return np.asarray(self.config.spread * transform(chosen, self._reference), np.float32)

    def forward(self, posterior: Distribution, samples: Tensor, attributes: Tensor) -> Tensor:
        """The weighted loss of a batch.

        Args:
            posterior: q(z|x) over (B, D).
            samples: Codes drawn from it, (B, D).
            attributes: As `prepare` gives them, (B, A).
        """
        codes = samples if self.config.codes == "samples" else posterior.mean
        regularised = codes[:, : len(self.columns)]
        transformed = self.config.transform != "none"
        losses = attribute_regularization(
            regularised, attributes, self.delta, self.config.ties, transformed=transformed
        )
        return (self.gamma * losses).sum()


def _per_attribute(field: str, value: float | dict[str, float], names: tuple[str, ...]) -> Tensor:
    if not isinstance(value, dict):
        return torch.full((len(names),), float(value))
    if set(value) != set(names):
        raise RecipeError(f"attributes.{field}: expected one value for each of {list(names)}, got {value}.")
    return torch.tensor([float(value[name]) for name in names])
