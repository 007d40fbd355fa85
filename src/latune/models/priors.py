"""The priors over codes that recipes can name."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor

from latune.errors import RecipeError
from latune.models.mixture import UNLABELLED, CodePrior, Mixture

__all__ = ["CodePrior", "DoubleMoon", "Gaussian", "Mixture", "PriorConfig", "SwissRoll", "Uniform", "build_prior"]

PriorName = Literal[
    "uniform",
    "gaussian",
    "mixture",
    "flower",
    "flower_isotropic",
    "line",
    "double_moon",
    "swiss_roll",
    "adaptive",
]
_MIXTURES = ("mixture", "flower", "flower_isotropic", "line", "adaptive")
_CURVES = ("double_moon", "swiss_roll")
_READERS = {"covariance": _MIXTURES, "noise": _CURVES}  # settings that not every prior reads
PETAL = 0.1  # variance of a flower's component across its radius, as a share of that along it
ROLL_FROM, ROLL_TO = 1.5 * math.pi, 4.5 * math.pi  # of the swiss roll's angle


class PriorConfig(BaseModel):
    """Which prior, and its sizes.

    Priors with a shape for every region (source: the code of Valenti and Bacciu 2022):

    - mixture: means uniform in [-scale, scale]^D, covariance `covariance` times the identity.
    - flower: means on a circle of the radius `scale` in the first two dimensions, variance `covariance` along the
      radius and a tenth of it in every other direction; flower_isotropic: the same variance in all directions.
    - line: means at (k * scale, 0, 0, ...), covariance `covariance` times the identity.
    - adaptive: begins as mixture and is to be replaced by Gaussians fitted to labelled codes (`fit_mixture`).
    - double_moon: two half circles of the radius `scale` in 2 dimensions; the first half of the regions lies on the
      first, the others on the second.

    Priors that ignore regions: uniform in [-scale, scale]^D; gaussian, N(0, scale^2 I); swiss_roll, a spiral of one
    and a half turns in 2 dimensions, whose outer end is `scale` away from 0.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: PriorName
    scale: Annotated[float, Field(gt=0)] = 1.0  # how far codes or means reach
    covariance: Annotated[float, Field(gt=0)] = 0.1  # variance of a component per dimension; mixtures only
    noise: Annotated[float, Field(ge=0)] = 0.05  # standard deviation around a curve; double_moon and swiss_roll only

    @model_validator(mode="after")
    def _is_read(self) -> PriorConfig:
        for setting, readers in _READERS.items():
            changed = getattr(self, setting) != type(self).model_fields[setting].default
            if changed and self.name not in readers:
                raise ValueError(f"{setting} is read by {', '.join(readers)}, not by '{self.name}'")
        return self


class _Scaled(CodePrior):
    """A prior of one size.

    Args:
        latent_size: Number of latent dimensions D.
        scale: How far codes reach.
    """

    scale: Tensor

    def __init__(self, latent_size: int, scale: float = 1.0) -> None:
        super().__init__(latent_size)
        self.register_buffer("scale", torch.tensor(scale))

    def _uniform(self, *shape: int) -> Tensor:
        return torch.rand(*shape, device=self.scale.device)

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, device=self.scale.device)


class Uniform(_Scaled):
    """Independent dimensions, each uniform in [-scale, scale]."""

    def sample(self, regions: Tensor) -> Tensor:
        """Codes (B, D) for regions (B,), which are ignored."""
        return self.scale * (2 * self._uniform(len(regions), self.latent_size) - 1)


class Gaussian(_Scaled):
    """N(0, scale^2 I), one shape for all regions."""

    def sample(self, regions: Tensor) -> Tensor:
        """Codes (B, D) for regions (B,), which are ignored."""
        return self.scale * self._normal(len(regions), self.latent_size)


class DoubleMoon(_Scaled):
    """Two interleaved half circles with noise: scikit-learn's `make_moons`, as large as there where scale is 1.

    The upper moon is (cos t, sin t), the lower one (1 - cos t, 1/2 - sin t), t uniform in [0, pi].

    Args:
        regions: Number of regions K; the first K / 2 (rounded up) lie on the upper moon, the others on the lower one.
        scale: Radius of the half circles.
        noise: Standard deviation of what is added to every coordinate.
    """

    def __init__(self, regions: int, scale: float = 1.0, noise: float = 0.05) -> None:
        super().__init__(2, scale)
        self.regions, self.noise = regions, noise

    def sample(self, regions: Tensor) -> Tensor:
        """Codes (B, 2) on the moons of regions (B,); -1 draws either moon."""
        angles = math.pi * self._uniform(len(regions))
        either = self._uniform(len(regions)) < 0.5
        upper = torch.where(regions == UNLABELLED, either, 2 * regions < self.regions)
        first = torch.where(upper, angles.cos(), 1 - angles.cos())
        second = torch.where(upper, angles.sin(), 0.5 - angles.sin())
        return self.scale * torch.stack([first, second], dim=1) + self.noise * self._normal(len(regions), 2)


class SwissRoll(_Scaled):
    """A spiral with noise: axes 0 and 2 of scikit-learn's `make_swiss_roll`, divided by its largest radius, 4.5 pi.

    A point is scale * t (cos t, sin t) / (4.5 pi), t uniform in [1.5 pi, 4.5 pi].

    Args:
        scale: Distance of the outer end from 0.
        noise: Standard deviation of what is added to every coordinate, after the division.
    """

    def __init__(self, scale: float = 1.0, noise: float = 0.05) -> None:
        super().__init__(2, scale)
        self.noise = noise

    def sample(self, regions: Tensor) -> Tensor:
        """Codes (B, 2) for regions (B,), which are ignored."""
        angles = ROLL_FROM + (ROLL_TO - ROLL_FROM) * self._uniform(len(regions))
        points = (angles / ROLL_TO)[:, None] * torch.stack([angles.cos(), angles.sin()], dim=1)
        return self.scale * points + self.noise * self._normal(len(regions), 2)


def build_prior(config: PriorConfig, components: int, latent_size: int) -> CodePrior:
    """Build a prior; random means come from PyTorch's global random state.

    Args:
        config: Which prior, and its sizes.
        components: Number of regions K.
        latent_size: Number of latent dimensions D.

    Raises:
        RecipeError: The prior does not exist in so many dimensions.
    """
    if config.name in _CURVES and latent_size != 2:
        raise RecipeError(f"prior.name: '{config.name}' needs a latent size of 2, got {latent_size}.")
    if config.name.startswith("flower") and latent_size < 2:
        raise RecipeError(f"prior.name: '{config.name}' needs a latent size of at least 2, got {latent_size}.")
    match config.name:
        case "uniform":
            return Uniform(latent_size, config.scale)
        case "gaussian":
            return Gaussian(latent_size, config.scale)
        case "double_moon":
            return DoubleMoon(components, config.scale, config.noise)
        case "swiss_roll":
            return SwissRoll(config.scale, config.noise)
        case _:
            means = config.scale * _means(config.name, components, latent_size)
            return Mixture(means, _factors(config, components, latent_size))


def _means(name: PriorName, components: int, latent_size: int) -> Tensor:
    """Means (K, D) of a mixture of scale 1."""
    if name in ("mixture", "adaptive"):
        return 2 * torch.rand(components, latent_size) - 1
    means = torch.zeros(components, latent_size)
    if name == "line":
        means[:, 0] = torch.arange(components)
    else:
        means[:, :2] = torch.stack(_directions(components), dim=1)
    return means


def _factors(config: PriorConfig, components: int, latent_size: int) -> Tensor:
    """Lower Cholesky factors (K, D, D) of a mixture."""
    covariances = config.covariance * torch.eye(latent_size).repeat(components, 1, 1)
    if config.name == "flower":
        cosine, sine = _directions(components)
        radial = torch.zeros(components, latent_size)
        radial[:, :2] = torch.stack([cosine, sine], dim=1)
        covariances = PETAL * covariances + (1 - PETAL) * config.covariance * radial[:, :, None] * radial[:, None]
    factors: Tensor = torch.linalg.cholesky(covariances)
    return factors


def _directions(components: int) -> tuple[Tensor, Tensor]:
    """Cosine and sine (K,) of K even steps around the circle."""
    angles = torch.arange(components) * (2 * math.pi / components)
    return angles.cos(), angles.sin()
