"""Codes whose scores are known in advance: what perfect codes reach, and what noise reaches.

No method can score 1 everywhere: attributes that are correlated with each other share information, so even
codes that *are* the attributes have a small MIG and SAP. On chorales such an oracle reaches MIG 0.28 and
SAP 0.41 (Pati and Lerch 2020's attributes), and a method at 0.17 and 0.32 is near the limit. And pure noise
does not score 0 in modularity. Print both beside every score.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from latune.errors import InputError
from latune.metrics.arrays import MINIMUM_ITEMS, FloatArray, check_attributes
from latune.metrics.correlation import standardised
from latune.metrics.disentanglement import DisentanglementResult, evaluate

__all__ = ["ReferenceScores", "ceiling_and_chance", "noise_codes", "oracle_codes"]


@dataclass(frozen=True)
class ReferenceScores:
    """The scores between which a model's scores are read.

    Attributes:
        ceiling: What codes that are the true attributes reach.
        chance: What pure noise reaches.
    """

    ceiling: DisentanglementResult
    chance: DisentanglementResult

    def to_dict(self) -> dict[str, dict[str, float]]:
        """Return the five scores of both, by name, as plain numbers."""
        results = {"ceiling": self.ceiling, "chance": self.chance}
        return {
            kind: {name: estimate.value for name, estimate in result.scores.items()} for kind, result in results.items()
        }


def oracle_codes(attributes: ArrayLike, latent_size: int, noise: float = 1e-3, seed: int = 0) -> FloatArray:
    """Return codes that are the attributes, standardised, plus a little noise; the other codes are noise.

    Args:
        attributes: (N, A) attributes; each must vary.
        latent_size: Number of codes D, at least A.
        noise: Standard deviation of the noise on the attributes, in their standard deviations.
        seed: Seed of the noise.

    Returns:
        (N, D) codes; code i is attribute i for i < A.
    """
    table = check_attributes(attributes)
    count = table.shape[1]
    if latent_size < count:
        raise InputError(f"latent_size must be at least the number of attributes, {count}, not {latent_size}.")
    if not (np.isfinite(noise) and noise >= 0):
        raise InputError(f"noise must be zero or more standard deviations, not {noise}.")
    codes = noise_codes(len(table), latent_size, seed)
    codes[:, :count] = standardised(table) + noise * codes[:, :count]
    return codes


def noise_codes(items: int, latent_size: int, seed: int = 0) -> FloatArray:
    """Return (items, latent_size) independent standard normal codes that know nothing of any attribute."""
    if items < MINIMUM_ITEMS:
        raise InputError(f"items must be at least {MINIMUM_ITEMS}, not {items}.")
    if latent_size < 1:
        raise InputError(f"latent_size must be at least 1, not {latent_size}.")
    return np.random.default_rng(seed).standard_normal((items, latent_size))


def ceiling_and_chance(
    attributes: ArrayLike,
    latent_size: int,
    seed: int = 0,
    *,
    names: Sequence[str] | None = None,
    noise: float = 1e-3,
    bootstrap: int = 0,
    groups: ArrayLike | None = None,
) -> ReferenceScores:
    """Score the oracle and pure noise on these attributes, to be printed beside a model's scores.

    Args:
        attributes: (N, A) attributes of the very items that the model is scored on.
        latent_size: Number of codes D of the model.
        seed: Seed of the codes (and of the bootstrap).
        names: Names of the attributes.
        noise: Noise of the oracle, in standard deviations of each attribute.
        bootstrap: Number of repetitions for intervals; 0, the default, leaves them open.
        groups: Optional (N,) labels of items that belong together.

    Returns:
        Both results; `to_dict` gives the five scores of each.
    """
    table = check_attributes(attributes, names)
    oracle = oracle_codes(table, latent_size, noise, seed)
    # Another seed than the oracle's, whose unused codes are noise of the same generator.
    chance = noise_codes(len(table), latent_size, seed + 1)
    return ReferenceScores(
        ceiling=evaluate(oracle, table, names, bootstrap=bootstrap, groups=groups, seed=seed),
        chance=evaluate(chance, table, names, bootstrap=bootstrap, groups=groups, seed=seed),
    )
