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
from torch.distributions import Categorical, Independent
from torch.nn import functional as F

from latune.attributes import AttributeTable
from latune.data.codecs import Codec
from latune.data.measure_codec import MeasureCodec
from latune.errors import RecipeError
from latune.losses.expected_attributes import expected_attributes
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
        RecipeError: No attribute is regularised, one has no expectation, or the items are not measures.
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
        if not isinstance(codec, MeasureCodec):
            raise RecipeError("control: works on measures of music only.")
        self.config, self.names, self._values = config, names, codec.vocabulary.values
        columns = [table.index(name) for name in names]
        deviations = torch.from_numpy(reference[:, columns].std(axis=0).astype(np.float32))
        self.register_buffer("deviations", deviations.clamp(min=1e-6), persistent=False)
        self._measure(torch.full((1, *codec.item_shape, codec.symbols), 1 / codec.symbols))  # refuses early

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
        decoded = model.decode(swapped)
        assert isinstance(decoded, Independent)
        assert isinstance(decoded.base_dist, Categorical)
        measured = self._measure(decoded.base_dist.probs)
        wanted = self._measure(F.one_hot(items, len(self._values)).float())[order]
        loss = F.smooth_l1_loss(measured / self.deviations, wanted / self.deviations, beta=LINEAR_BEYOND)
        return self.config.weight * loss

    def _measure(self, probabilities: Tensor) -> Tensor:
        return expected_attributes(probabilities, self._values, self.names)
