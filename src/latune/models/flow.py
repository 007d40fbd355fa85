"""An invertible map between the codes of a network and the codes of the prior: affine couplings in rotated axes.

    one layer:  x = R z,  y1 = x1,  y2 = x2 exp(s(x1)) + t(x1),  out = R^T y

R is a fixed rotation, drawn once; s and t are what a small network reads off the other half. A layer is the identity
at first, so training begins where it would without a flow. Nothing is lost on the way, so codes that go through a flow
hold what they held before: what changes is how they are distributed.

Source: Dinh, Sohl-Dickstein and Bengio 2017, Density estimation using Real NVP (arXiv 1605.08803); rotations instead of
permutations as in Kingma and Dhariwal 2018 (Glow, arXiv 1807.03039), there learned.
"""

from __future__ import annotations

import torch
from pydantic import BaseModel, ConfigDict, PositiveInt
from torch import Tensor, nn
from torch.nn import functional as F

from latune.errors import RecipeError

__all__ = ["Flow", "FlowConfig"]

SMALLEST = 2  # dimensions that a coupling needs
STEEPEST = 2.0  # largest logarithm of a scale: a layer stretches by at most e^2


class FlowConfig(BaseModel):
    """Sizes of a `Flow`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    layers: PositiveInt = 8
    hidden_size: PositiveInt = 64  # hidden units of each layer's network


class Flow(nn.Module):
    """A stack of couplings over codes of D numbers, in the precision of its weights also where products are rounded.

    Args:
        latent_size: Numbers of a code D, at least 2.
        config: Sizes.

    Raises:
        RecipeError: There are fewer than two dimensions.
    """

    def __init__(self, latent_size: int, config: FlowConfig) -> None:
        super().__init__()
        if latent_size < SMALLEST:
            raise RecipeError(f"model.flow: needs a latent size of at least {SMALLEST}, got {latent_size}.")
        self.latent_size = latent_size
        self.couplings = nn.ModuleList(_Coupling(latent_size, config.hidden_size) for _ in range(config.layers))

    def forward(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Codes of the network (..., D) as codes of the prior, and ln |det| of the Jacobian (...,)."""
        with torch.autocast(codes.device.type, enabled=False):
            mapped = codes.to(self._precision)
            volume = mapped.new_zeros(mapped.shape[:-1])
            for coupling in self.couplings:
                mapped, stretch = coupling(mapped)
                volume = volume + stretch
        return mapped, volume

    def inverse(self, mapped: Tensor) -> Tensor:
        """Codes of the prior (..., D) as codes of the network."""
        with torch.autocast(mapped.device.type, enabled=False):
            codes = mapped.to(self._precision)
            for coupling in reversed(self.couplings):
                assert isinstance(coupling, _Coupling)
                codes = coupling.inverse(codes)
        return codes

    @property
    def _precision(self) -> torch.dtype:
        """That of the weights: products in half of it would not come back."""
        return next(self.parameters()).dtype


class _Coupling(nn.Module):
    """One layer."""

    rotation: Tensor

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__()
        self._kept = size // 2
        self.register_buffer("rotation", _rotation(size))
        self.hidden = nn.Linear(self._kept, hidden)
        self.deeper = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, 2 * (size - self._kept))
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        kept, moved = self._turned(codes)
        logs, shift = self._read(kept)
        return self._back(kept, moved * logs.exp() + shift), logs.sum(dim=-1)

    def inverse(self, mapped: Tensor) -> Tensor:
        kept, moved = self._turned(mapped)
        logs, shift = self._read(kept)
        return self._back(kept, (moved - shift) * (-logs).exp())

    def _turned(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        turned = codes @ self.rotation.T
        return turned[..., : self._kept], turned[..., self._kept :]

    def _back(self, kept: Tensor, moved: Tensor) -> Tensor:
        back: Tensor = torch.cat([kept, moved], dim=-1) @ self.rotation
        return back

    def _read(self, kept: Tensor) -> tuple[Tensor, Tensor]:
        """Logarithms of scales, and shifts, of what is moved."""
        read = self.out(F.silu(self.deeper(F.silu(self.hidden(kept)))))
        logs, shift = read.chunk(2, dim=-1)
        return STEEPEST * torch.tanh(logs / STEEPEST), shift


def _rotation(size: int) -> Tensor:
    """An orthogonal matrix (D, D), each as likely, from PyTorch's global random state."""
    turned, triangle = torch.linalg.qr(torch.randn(size, size, dtype=torch.float64))
    rotation: Tensor = (turned * triangle.diagonal().sign()).float()
    return rotation
