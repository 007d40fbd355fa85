"""Joint movement in training: what follows when a regularised dimension moves, learned from recent batches.

With u the regularised dimensions and f(u) = u, or (u, u^2) where the path is quadratic, all dimensions z move along
their regression on f of the one that is set: dz = Cov(z, f) Cov(f, f)^-1 (f(u') - f(u)). `latune.control.knobs` does
the same with the codes of the training split, and for several knobs at once. Where items come in classes the
covariances are those within classes.
"""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

__all__ = ["JointConfig", "JointMovement"]

MEMORY = 0.98  # share of what is known of the codes that the next batch leaves as it is
RIDGE = 1e-6  # of the variances, keeps the regression defined


class JointConfig(BaseModel):
    """The `joint:` block of a recipe: how the others follow when a knob moves."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Literal["linear", "quadratic"] = "linear"  # regression on the knob's code, or on that and its square
    followers: Literal["all", "tied"] = "all"  # "tied": dimensions without an attribute stay


class JointMovement(nn.Module):
    """Moves codes along the regression of recent codes.

    Args:
        config: The `joint:` block.
        latent_size: Dimensions of the codes.
        tied: How many of the first dimensions are tied to an attribute.
    """

    moments: Tensor
    variances: Tensor
    seen: Tensor

    def __init__(self, config: JointConfig, latent_size: int, tied: int) -> None:
        super().__init__()
        self.config, self.tied, self.latent_size = config, tied, latent_size
        # Codes and the squares of the tied ones. Part of the state: a resumed run moves as one that was never stopped.
        self.register_buffer("moments", torch.zeros(latent_size + tied, latent_size + tied))
        self.register_buffer("variances", torch.zeros(tied))  # of the tied ones, over all classes
        self.register_buffer("seen", torch.zeros(()))

    @property
    def deviations(self) -> Tensor:
        """Standard deviations of the tied dimensions, (K,)."""
        return self.variances.sqrt()

    @torch.no_grad()
    def remember(self, codes: Tensor, classes: Tensor | None = None) -> None:
        """Bring the covariances up to date with the codes of a batch, (B, D), and the class of each item, (B,)."""
        known = torch.cat([codes, codes[:, : self.tied] ** 2], dim=1)
        centred = known - (known.mean(dim=0) if classes is None else _class_means(known, classes))
        # A mean over the batches so far at first, later over recent ones.
        memory = torch.clamp(self.seen / (self.seen + 1), max=MEMORY)
        self.moments.mul_(memory).add_((1 - memory) * (centred.T @ centred) / len(codes))
        self.variances.mul_(memory).add_((1 - memory) * codes[:, : self.tied].var(dim=0, correction=0))
        self.seen.add_(1)

    def move(self, codes: Tensor, knobs: Tensor, targets: Tensor) -> Tensor:
        """Move one knob per item.

        Args:
            codes: Shape (B, D).
            knobs: Which tied dimension moves, (B,).
            targets: Where to, (B,).

        Returns:
            Codes (B, D), in which that dimension is the target.
        """
        own = codes.gather(1, knobs[:, None])[:, 0]
        changes = [targets - own]
        if self.config.path == "quadratic":
            changes.append(targets**2 - own**2)
        slopes = self._slopes()[knobs][:, : len(changes)]  # (B, F, D)
        moved: Tensor = codes + torch.einsum("bf,bfd->bd", torch.stack(changes, dim=1), slopes)
        return moved

    def _slopes(self) -> Tensor:
        """Of all dimensions on each tied one (and its square), (K, F, D)."""
        every = torch.arange(self.tied, device=self.moments.device)
        features = every[:, None]
        if self.config.path == "quadratic":
            features = torch.stack([every, self.latent_size + every], dim=1)
        among = self.moments[features[:, :, None], features[:, None, :]]  # (K, F, F)
        ridge = torch.diag_embed(RIDGE * among.diagonal(dim1=1, dim2=2) + 1e-12)
        slopes: Tensor = torch.linalg.solve(among + ridge, self.moments[features, : self.latent_size])
        if self.config.followers == "tied":
            slopes = slopes * (torch.arange(self.latent_size, device=slopes.device) < self.tied)
        # Exactly, whatever the ridge and rounding: a knob that is set is where it was set.
        own = torch.eye(self.tied, self.latent_size, dtype=torch.bool, device=slopes.device)[:, None, :]
        unit = torch.eye(features.shape[1], device=slopes.device)[0, :, None]
        return torch.where(own, unit, slopes)


def _class_means(values: Tensor, classes: Tensor) -> Tensor:
    """The mean of each item's class: values (B, F) and classes (B,) to (B, F)."""
    members = nn.functional.one_hot(classes.long()).to(values.dtype)
    means = members.T @ values / members.sum(dim=0).clamp(min=1)[:, None]
    return means[classes.long()]
