"""The control term: the decoder obeys the regularised dimensions, whatever the other dimensions say.

Each item's regularised dimensions are swapped for those of another item of the batch, the result is decoded, and its
attributes shall be those of the other item:

    L = mean_k smooth_l1( (E[a_k | decoded] - a_k(other)) / s_k )

E[a_k | decoded] is the expected attribute under the decoder's distribution, s_k the attribute's standard deviation in
the training split.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt
from torch import Tensor, nn
from torch.nn import functional as F

from latune.attributes import AttributeTable
from latune.data.codecs import Codec
from latune.errors import RecipeError
from latune.losses.expectation import certain_tokens, expectation
from latune.models.latent_model import LatentModel

__all__ = ["ControlConfig", "ControlTerm"]

LINEAR_BEYOND = 0.25  # standard deviations; errors beyond count linearly, so that impossible requests do not rule


class ControlConfig(BaseModel):
    """The `control:` block of a recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weight: Annotated[float, Field(gt=0)] = 0.3
    from_step: NonNegativeInt = 300  # the decoder must decode something first


class ControlTerm(nn.Module):
    """Weighted control loss over the regularised dimensions.

    Args:
        config: The `control:` block.
        names: Attributes tied to the first latent dimensions, in order.
        table: Attributes of the data set.
        codec: What the items are.
        reference: Attributes of the training items (M, A), the measure of an error.

    Raises:
        RecipeError: No attribute is regularised, or one has no expectation under the decoder.
    """

    deviations: Tensor

    def __init__(
        self,
        config: ControlConfig,
        names: tuple[str, ...],
        table: AttributeTable,
        codec: Codec,
        reference: NDArray[np.float32],
    ) -> None:
        super().__init__()
        if not names:
            raise RecipeError("control: needs an attributes: block, whose dimensions it makes the decoder obey.")
        self.config, self.names, self._symbols = config, names, codec.symbols
        try:
            self._measure = expectation(codec, names)
        except RecipeError as error:
            raise RecipeError(
                f"control: {error} Without this block (--set control=null) any attribute will do."
            ) from error
        columns = [table.index(name) for name in names]
        deviations = torch.from_numpy(reference[:, columns].std(axis=0).astype(np.float32))
        self.register_buffer("deviations", deviations.clamp(min=1e-6), persistent=False)

    def forward(self, model: LatentModel, codes: Tensor, items: Tensor) -> Tensor:
        """The weighted loss of a batch.

        Args:
            model: Its decoder must give independent tokens.
            codes: Means of the codes of the items, (B, D); gradients reach the encoder too, which learns to keep
                what the regularised dimensions say out of the others.
            items: Tokens (B, T).
        """
        order = torch.randperm(len(codes), device=codes.device)
        regularised = len(self.names)
        swapped = torch.cat([codes[order, :regularised], codes[:, regularised:]], dim=1)
        measured = self._measure(model.decode(swapped))
        wanted = self._measure(certain_tokens(items, self._symbols))[order]
        loss = F.smooth_l1_loss(measured / self.deviations, wanted / self.deviations, beta=LINEAR_BEYOND)
        return self.config.weight * loss
