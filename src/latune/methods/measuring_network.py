"""A network that learns to measure decoded pictures, so that a loss can ask for attributes without a formula.

It learns beside the model, in every step from items of the training split with their attributes and from pictures that
the decoder has just drawn of moved codes, with what the codec measures of them: what it cannot judge yet it is shown
next. Its input is the decoder's brightness, its labels are those of the picture as it would be stored (pixels off or
on, where pictures are so).

The loss that asks for attributes changes the decoder and the encoder, never the network: else the network would learn
to say what is wanted.

Where the codec cannot measure decoded pictures (attributes that are labels) it learns from items of the training split
alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.func import functional_call
from torch.nn import functional as F

from latune.data.codecs import Codec
from latune.data.picture_codec import PictureCodec
from latune.errors import RecipeError
from latune.models.latent_model import LatentModel
from latune.models.picture_measurer import PictureMeasurer

__all__ = ["LEARNING_RATE_FACTOR", "SEEN_ITEMS", "WARM_UP", "MeasuringNetwork"]

WARM_UP = 600  # steps that it learns before anything is asked of the decoder
LEARNING_RATE_FACTOR = 2.0  # it learns late, when the learning rate has fallen
SEEN_ITEMS = 64  # of each batch, and as many decoded ones
LINEAR_BEYOND = 0.25  # standard deviations; larger errors count linearly

Measure = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""From stored pictures (N, C, H, W) to their attributes (N, K)."""


class MeasuringNetwork(nn.Module):
    """Measures pictures: brightness (B, C, H, W), 0 to 1, to attributes (B, K) in their own units.

    Args:
        codec: Measures what the network learns from.
        names: The K attributes.
        means: Of the attributes in the training split, (K,).
        deviations: Their standard deviations there, (K,), positive.

    Raises:
        RecipeError: The items are not pictures.
    """

    means: Tensor
    deviations: Tensor

    def __init__(self, codec: Codec, names: Sequence[str], means: Tensor, deviations: Tensor) -> None:
        super().__init__()
        if not isinstance(codec, PictureCodec):
            raise RecipeError("control.measure: 'network' measures pictures; for music use 'expected'.")
        self._codec, self._names = codec, tuple(names)
        self.network = PictureMeasurer(codec.item_shape, len(self._names))
        self.register_buffer("means", means, persistent=False)
        self.register_buffer("deviations", deviations, persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """Attributes of pictures, with gradients to the network and to the pictures."""
        measured: Tensor = self.network(pictures)
        return measured * self.deviations + self.means

    def measure(self, decoded: Distribution) -> Tensor:
        """Attributes (B, K) of the pictures that a decoder expects, with gradients to these alone."""
        fixed = {name: parameter.detach() for name, parameter in self.network.named_parameters()}
        measured: Tensor = functional_call(self.network, fixed, (decoded.mean,))
        return measured * self.deviations + self.means

    def loss(self, pictures: Tensor, values: Tensor, model: LatentModel, codes: Tensor) -> Tensor:
        """How far it is off, in standard deviations (smooth L1, mean over what has a value).

        Args:
            pictures: Of the training split, (B, C, H, W).
            values: Their attributes (B, K); where not a number nothing is learned.
            model: Its decoder draws.
            codes: Moved codes (N, D) that are decoded and measured.
        """
        if self._codec.measurable:
            drawn, measured = self._drawn(model, codes)
            pictures, values = torch.cat([pictures, drawn]), torch.cat([values, measured])
        known = values.isfinite()
        errors = (self(pictures) - torch.where(known, values, self.means)) / self.deviations * known
        losses = F.smooth_l1_loss(errors, torch.zeros_like(errors), beta=LINEAR_BEYOND, reduction="sum")
        return losses / known.sum().clamp(min=1)

    @torch.no_grad()
    def _drawn(self, model: LatentModel, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Decoded pictures and what they measure once they are stored."""
        decoded = model.decode(codes)
        measured: Tensor = _MEASURED(model.to_items(decoded).to(torch.uint8), self._measured)
        return decoded.mean.float(), measured

    def _measured(self, stored: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self._codec.measure(stored, self._names).astype(np.float32)


class _Measured(torch.autograd.Function):
    """What NumPy measures of stored pictures (N, C, H, W); under `vmap` of those of all members at once."""

    @staticmethod
    def forward(stored: Tensor, measure: Measure) -> Tensor:
        return torch.from_numpy(measure(stored.cpu().numpy())).to(stored.device)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.mark_non_differentiable(output)

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int, None], stored: Tensor, measure: Measure) -> tuple[Tensor, int]:
        members = stored.movedim(in_dims[0], 0)
        measured: Tensor = _MEASURED(members.flatten(0, 1), measure)
        return measured.view(*members.shape[:2], -1), 0


_MEASURED: Any = _Measured.apply
