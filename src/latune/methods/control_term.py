"""The control term: what is decoded shall have the attributes that the regularised dimensions say.

Codes are moved as a user moves them and decoded:

    L = weight * ( mean of e over what was asked for + others * mean of e over what was not )
    e = smooth_l1( (a(decoded) - a(wanted)) / s )

Each item asks for values of another item of the batch. It moves *jointly* (one knob at random; the others follow as
`latune.methods.joint_movement` says), or all its regularised dimensions are *swapped* for the other item's while the
rest stays, as when every other knob is held. What was not asked for: of a joint movement the other regularised
attributes, which shall go as far as their own dimensions went, and of either movement the attributes of `keep`, which
have no dimension and shall stay. s is an attribute's standard deviation in the training split.

a(decoded) must be differentiable. Where it has a closed form under the decoder's distribution it is expected under
that distribution raised to the power 1 / temperature: at 1 a decoder can satisfy the term by being undecided, near 0
the expectation is that of the most likely item, which is what a user sees. Pictures are measured by a network that
learns to, see `latune.methods.measuring_network`.

The term is ours. Expected attributes as a training signal are the idea of GLSR-VAE (Hadjeres et al. 2017, arXiv
1707.04588).
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt
from torch import Tensor, nn
from torch.nn import functional as F

from latune.attributes import AttributeTable
from latune.data.codecs import Codec
from latune.data.picture_codec import PictureCodec
from latune.errors import RecipeError
from latune.losses.expectation import Expectation, expectation, tempered
from latune.methods.joint_movement import JointMovement
from latune.methods.measuring_network import SEEN_ITEMS, MeasuringNetwork
from latune.models.latent_model import LatentModel

__all__ = ["ControlConfig", "ControlTerm"]

LINEAR_BEYOND = 0.25  # standard deviations; errors beyond count linearly, so that impossible requests do not rule


class ControlConfig(BaseModel):
    """The `control:` block of a recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weight: Annotated[float, Field(gt=0)] = 0.3
    from_step: NonNegativeInt = 300  # the decoder must decode something first
    movement: Literal["joint", "swapped", "both"] = "both"  # "both": half of each batch
    measure: Literal["expected", "network"] = "expected"  # of what is decoded: by formula, or (pictures) by a network
    keep: tuple[str, ...] = ()  # attributes without a dimension that shall stay when a knob moves
    others: Annotated[float, Field(ge=0)] = 0.5  # weight of attributes that were not asked for
    temperature: Annotated[float, Field(gt=0, le=1)] = 0.25  # of the decoder's probabilities, where expectations exist


class ControlTerm(nn.Module):
    """Weighted control loss over the regularised dimensions.

    Args:
        config: The `control:` block.
        names: Attributes tied to the first latent dimensions, in order.
        table: Attributes of the data set.
        codec: What the items are.
        reference: Attributes of the training items (M, A), the measure of an error.
        movement: How codes move jointly.

    Raises:
        RecipeError: No attribute is regularised, one has no expectation under the decoder, or one to keep is
            regularised.
    """

    deviations: Tensor

    def __init__(
        self,
        config: ControlConfig,
        names: tuple[str, ...],
        table: AttributeTable,
        codec: Codec,
        reference: NDArray[np.float32],
        movement: JointMovement,
    ) -> None:
        super().__init__()
        if not names:
            raise RecipeError("control: needs an attributes: block, whose dimensions it makes the decoder obey.")
        twice = set(names) & set(config.keep)
        if twice:
            raise RecipeError(f"control.keep: '{min(twice)}' has a dimension, which says where it shall go.")
        self.config, self.names = config, (*names, *config.keep)
        self.columns = [table.index(name) for name in self.names]
        self._tied, self._movement = len(names), movement
        known = reference[:, self.columns].astype(float)
        deviations = torch.from_numpy(np.nanstd(known, axis=0).astype(np.float32)).clamp(min=1e-6)
        self.register_buffer("deviations", deviations, persistent=False)
        self.network: MeasuringNetwork | None = None
        if config.measure == "network":
            means = torch.from_numpy(np.nanmean(known, axis=0).astype(np.float32))
            self.network = MeasuringNetwork(codec, self.names, means, deviations.clone())
            self._measure: Expectation = self.network.measure
        else:
            self._measure = _expected(codec, self.names, config.temperature)

    def prepare(self, attributes: NDArray[np.float32]) -> NDArray[np.float32]:
        """From all attribute columns (N, A) to those this term reads (N, K), as they are."""
        return attributes[:, self.columns]

    def forward(self, model: LatentModel, codes: Tensor, values: Tensor, classes: Tensor | None = None) -> Tensor:
        """The weighted loss of a batch.

        Args:
            model: Its decoder must give independent elements.
            codes: Means of the codes of the items, (B, D); gradients reach the encoder too, which learns to keep
                what the regularised dimensions say out of the others.
            values: Attributes of the items as `prepare` gives them, (B, K).
            classes: Their classes (B,), where there are such.
        """
        moved, wanted, asked = self._requests(codes, values, classes)
        measured, known = self._measure(model.decode(moved)), wanted.isfinite()  # some items lack an attribute
        errors = (measured - torch.where(known, wanted, measured)) / self.deviations
        losses = F.smooth_l1_loss(errors, torch.zeros_like(errors), beta=LINEAR_BEYOND, reduction="none")
        means = [(losses * chosen).sum() / chosen.sum().clamp(min=1) for chosen in (asked & known, ~asked & known)]
        return self.config.weight * (means[0] + self.config.others * means[1])

    def network_loss(self, model: LatentModel, items: Tensor, values: Tensor, classes: Tensor | None = None) -> Tensor:
        """The loss of the measuring network on a batch; it alone gets gradients.

        Args:
            model: Its decoder draws what the network learns to measure, beside the items.
            items: As the model reads them, (B, ...); the first ones are used.
            values: As for `forward`.
            classes: As for `forward`.
        """
        assert self.network is not None
        items, values = items[:SEEN_ITEMS], values[:SEEN_ITEMS]
        classes = None if classes is None else classes[:SEEN_ITEMS]
        with torch.no_grad():
            moved, _, _ = self._requests(model.encode(items).mean, values, classes)
        return self.network.loss(items, values, model, moved)

    def _requests(self, codes: Tensor, values: Tensor, classes: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Moved codes (B, D), the values wanted of them (B, K), and which of these were asked for (B, K)."""
        if self.training:
            self._movement.remember(codes.detach(), classes)
        others = torch.randperm(len(codes), device=codes.device)
        cut = {"joint": len(codes), "swapped": 0, "both": len(codes) // 2}[self.config.movement]
        parts = [
            self._jointly(codes[:cut], codes[others[:cut]], values[:cut], values[others[:cut]]),
            self._swapped(codes[cut:], codes[others[cut:]], values[cut:], values[others[cut:]]),
        ]
        moved, wanted, asked = (torch.cat(pieces) for pieces in zip(*parts, strict=True))
        return moved, wanted, asked

    def _jointly(
        self, codes: Tensor, other_codes: Tensor, values: Tensor, other_values: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One knob each goes to where the other item has it: codes (n, D), wanted values, asked for (n, K)."""
        knobs = torch.randint(self._tied, (len(codes),), device=codes.device)
        moved = self._movement.move(codes, knobs, other_codes.gather(1, knobs[:, None])[:, 0])
        with torch.no_grad():
            # A regularised attribute goes as far as its dimension; standard deviations are the common unit.
            units = self.deviations[: self._tied] / self._movement.deviations.clamp(min=1e-6)
            wanted = values.clone()
            wanted[:, : self._tied] += (moved - codes)[:, : self._tied] * units
            asked = torch.zeros_like(values, dtype=torch.bool).scatter(1, knobs[:, None], True)
            wanted = torch.where(asked, other_values, wanted)
        return moved, wanted, asked

    def _swapped(
        self, codes: Tensor, other_codes: Tensor, values: Tensor, other_values: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """All regularised dimensions are those of the other item: codes (n, D), wanted values, asked for (n, K)."""
        tied = self._tied
        moved = torch.cat([other_codes[:, :tied], codes[:, tied:]], dim=1)
        asked = torch.arange(values.shape[1], device=values.device).expand(values.shape) < tied
        return moved, torch.cat([other_values[:, :tied], values[:, tied:]], dim=1), asked


def _expected(codec: Codec, names: tuple[str, ...], temperature: float) -> Expectation:
    try:
        expected = expectation(codec, names)
    except RecipeError as error:
        hint = ""
        if isinstance(codec, PictureCodec):
            hint = " Pictures are measured by a network (--set control.measure=network)."
        raise RecipeError(
            f"control: {error}{hint} Without this block (--set control=null) any attribute will do."
        ) from error
    return lambda decoded: expected(tempered(decoded, temperature))
