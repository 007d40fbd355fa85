"""A flower of Gaussians over codes: one petal per genre, and one for music of none.

The petals lie around a circle in a plane, petal k of n in the direction (cos 2 pi k / n, sin 2 pi k / n), or on
orthonormal axes, one per petal. A petal is long along its direction and thin across it.

    mean_k = radius u_k,  covariance_k = diag(deviations^2) + radial_k radial_k^T,  radial_k = sqrt(along - across) u_k

so a draw is mean_k + radial_k e + deviations * eps: closed form, no D x D matrix.

Published: a radius of 1, the variances 0.1 along and 0.001 everywhere else, the plane of the first two dimensions of
512. Here the plane is that of the last two unless `place` says otherwise, so that the first ones are free for
attributes: the same up to a rotation of the code.

Source: Valenti, Carta and Bacciu 2020 (arXiv 2001.05494), and the code published with it.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor

from latune.errors import RecipeError
from latune.models.mixture import UNLABELLED, CodePrior

__all__ = ["Petals", "PetalsConfig", "build_petals"]

Positive = Annotated[float, Field(gt=0)]


class PetalsConfig(BaseModel):
    """Shape of the flower; the published values are the defaults, but for the place."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    axes: Literal["plane", "orthonormal"] = "plane"  # orthonormal: no two petals are closer than any other two
    place: Literal["first", "last"] = "last"  # which dimensions of the code the flower is in; published: first
    radius: Positive = 1.0  # distance of the petals' means from 0
    along: Positive = 0.1  # variance along a petal
    across: Positive = 0.001  # variance across a petal, within the flower
    width: Positive = 0.001  # variance of all other dimensions

    @model_validator(mode="after")
    def _is_longest_along(self) -> PetalsConfig:
        if self.across > self.along:
            raise ValueError(f"across: expected at most along ({self.along:g}), got {self.across:g}")
        return self

    def size(self, genres: int) -> int:
        """Dimensions that the flower of so many genres is in."""
        return 2 if self.axes == "plane" else genres + 1


class Petals(CodePrior):
    """n Gaussians of the same weight whose covariances differ in one direction alone; the last one is "no genre".

    Args:
        means: Means (n, D).
        radial: Direction of each petal, as long as the deviation that it adds, (n, D).
        deviations: Standard deviation of every dimension beside that, (D,).

    Raises:
        ValueError: The shapes do not belong together.
    """

    means: Tensor
    radial: Tensor
    deviations: Tensor

    def __init__(self, means: Tensor, radial: Tensor, deviations: Tensor) -> None:
        if means.ndim != 2 or radial.shape != means.shape or deviations.shape != means.shape[1:]:
            shapes = ", ".join(str(tuple(tensor.shape)) for tensor in (means, radial, deviations))
            raise ValueError(f"expected means (n, D), radial (n, D) and deviations (D,), got {shapes}")
        super().__init__(means.shape[1])
        self.register_buffer("means", means)
        self.register_buffer("radial", radial)
        self.register_buffer("deviations", deviations)

    @property
    def genres(self) -> int:
        """Number of genres L, one less than petals."""
        return len(self.means) - 1

    def choose(self, labels: Tensor) -> Tensor:
        """A petal for each row of k-hot labels (B, L): one of its genres, each as likely, or "no genre" (B,).

        Raises:
            ValueError: There are not as many labels as genres.
        """
        if labels.ndim != 2 or labels.shape[1] != self.genres:
            raise ValueError(f"expected labels (B, {self.genres}), got {tuple(labels.shape)}")
        bare = labels.sum(dim=1, keepdim=True) == 0
        return torch.multinomial(torch.cat([labels, bare], dim=1).float(), 1)[:, 0]

    def one_hot(self, petals: Tensor) -> Tensor:
        """Petals (B,) as genres (B, L): one 1, or none for "no genre"."""
        return torch.nn.functional.one_hot(petals, self.genres + 1)[:, : self.genres].to(self.means.dtype)

    def sample(self, regions: Tensor) -> Tensor:
        """Codes (B, D) of the petals that are named (B,); -1 stands for "no genre", as L does."""
        chosen = torch.where(regions == UNLABELLED, self.genres, regions)
        along = torch.randn(len(chosen), 1, device=self.means.device, dtype=self.means.dtype)
        around = torch.randn(len(chosen), self.latent_size, device=self.means.device, dtype=self.means.dtype)
        return self.means[chosen] + self.radial[chosen] * along + self.deviations * around

    def log_density(self, codes: Tensor) -> Tensor:
        """Natural logarithm of every petal's density at codes (B, D), (B, n)."""
        # In double precision: petals are thin, so that squares of what is far away nearly cancel out.
        with torch.autocast(self.means.device.type, enabled=False):
            deviations = self.deviations.double()
            points, means, radial = (t.double() / deviations for t in (codes, self.means, self.radial))
            squared = (points**2).sum(1, keepdim=True) - 2 * points @ means.T + (means**2).sum(1)
            projected = points @ radial.T - (means * radial).sum(1)
            stretch = 1 + (radial**2).sum(1)
            log_volume = deviations.log().sum() + 0.5 * stretch.log() + 0.5 * self.latent_size * math.log(2 * math.pi)
            density = -0.5 * (squared - projected**2 / stretch) - log_volume
        return density.to(self.means.dtype)

    def exchanged(self, codes: Tensor, sources: Tensor, targets: Tensor) -> Tensor:
        """Codes (B, D) mirrored so that the petals `sources` and `targets`, both (B,), change places.

        The reflection (Householder's) at the plane between the two directions: a code keeps its place within the petal
        and all that is not in their plane.
        """
        across = (self.means[sources] - self.means[targets]).to(codes.dtype)
        squared = (across**2).sum(1, keepdim=True)
        share = (codes * across).sum(1, keepdim=True) / squared.clamp_min(torch.finfo(codes.dtype).tiny)
        return codes - 2 * share * across

    def responsibilities(self, codes: Tensor) -> Tensor:
        """Probability of every petal given codes (B, D), (B, n); rows sum to 1."""
        return self.log_density(codes).softmax(dim=1)


def build_petals(config: PetalsConfig, genres: int, latent_size: int) -> Petals:
    """Build a flower.

    Args:
        config: Its shape.
        genres: Number of genres L; there is one petal more.
        latent_size: Number of latent dimensions D.

    Raises:
        RecipeError: The code has too few dimensions.
    """
    size, petals = config.size(genres), genres + 1
    if latent_size < size:
        raise RecipeError(
            f"method.petals: {petals} petals ({config.axes}) need a latent size of at least {size}, got {latent_size}."
        )
    inside = slice(0, size) if config.place == "first" else slice(latent_size - size, latent_size)
    directions = torch.zeros(petals, latent_size)
    if config.axes == "plane":
        angles = torch.arange(petals) * (2 * math.pi / petals)
        directions[:, inside] = torch.stack([angles.cos(), angles.sin()], dim=1)
    else:
        directions[:, inside] = torch.eye(petals)
    deviations = torch.full((latent_size,), math.sqrt(config.width))
    deviations[inside] = math.sqrt(config.across)
    return Petals(config.radius * directions, math.sqrt(config.along - config.across) * directions, deviations)
