"""What moves are measured on, and the three ways to read where a code is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from latune.control.inference import Codes, Items
from latune.control.moves import Mover, Places
from latune.metrics import bootstrap_mean

__all__ = ["ALPHAS", "READINGS", "Bools", "MoveSubject", "ReadsClasses"]

ALPHAS = (0.0, 0.001, 0.01, 0.05, 0.1)  # share of a region's own codes that is rejected
READINGS = ("latent", "pictures", "encoded_again")
"""Where a code is: by the Gaussians; by a class reader of what is decoded; by the Gaussians after encoding that."""

Bools = NDArray[np.bool_]


class ReadsClasses(Protocol):
    """An independent reader of classes, which are the regions here."""

    @property
    def score(self) -> float:
        """Share of unseen real pictures that it reads right."""

    def classes(self, items: Items) -> NDArray[np.int16]:
        """Most likely class of pictures (N, C, H, W): (N,)."""

    def features(self, items: Items) -> NDArray[np.float64]:
        """Features of pictures (N, C, H, W): (N, F)."""


@dataclass(frozen=True)
class MoveSubject:
    """What moves are measured on.

    Args:
        mover: The run's model, regions and moves.
        reader: Trained on real pictures.
        items: Pictures of the test split (N, C, H, W).
        places: Their true regions (N,).
        codes: Their codes (N, D).
        allowed: Which start regions (R, E), of binary relations which pairs (R, E, E), were trained.
        repetitions: Of the bootstrap.
        seed: Of every draw.
    """

    mover: Mover
    reader: ReadsClasses
    items: Items
    places: Places
    codes: Codes
    allowed: Bools
    repetitions: int
    seed: int

    def generator(self, purpose: int) -> np.random.Generator:
        """Random numbers of the seed; each purpose has its own."""
        return np.random.default_rng([self.seed, purpose])

    @property
    def operands(self) -> Places:
        """Numbers of the test items (M,) that lie in a region that moves start from."""
        return np.flatnonzero(self.places < self.mover.regions.entities)

    def readings(self, codes: Codes) -> dict[str, Places]:
        """Where codes (N, D) are, in each of the three ways (N,)."""
        decoded = self.mover.decode(codes)
        found = (self.mover.places(codes), self.reader.classes(decoded), self.mover.places(self.mover.encode(decoded)))
        return dict(zip(READINGS, (np.asarray(places, np.int64) for places in found), strict=True))

    def estimate(self, values: NDArray[Any], groups: NDArray[Any] | None = None) -> dict[str, float | None]:
        """Mean of values (N,) with an interval, drawn over groups (N,); nothing where there are no values."""
        if len(values) == 0:
            return {"value": None, "low": None, "high": None}
        if groups is not None and len(np.unique(groups)) < 2:
            groups = None
        return bootstrap_mean(values, groups, self.repetitions, self.seed).to_dict()

    def rejection(self, codes: Codes, wanted: Places, entities: bool = False) -> list[dict[str, Any]]:
        """Accepted share and accuracy among the accepted, of codes (N, D) that should be in regions (N,), per alpha."""
        entries = []
        for alpha in ALPHAS:
            found = self.mover.places(codes, alpha, entities)
            entries.append({"alpha": alpha, **self.accepted(found, wanted)})
        return entries

    def accepted(self, found: Places, wanted: Places) -> dict[str, Any]:
        """Accepted share of regions (N,), -1 being rejected, and the share of right ones (N,) among the accepted."""
        kept = found >= 0
        return {"accepted": self.estimate(kept), "accuracy": self.estimate(found[kept] == wanted[kept])}
