"""Measures that do not belong together, such as versions of a tune, as one tune."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latune.music.measure import HOLD, REST
from latune.music.metre import Metre
from latune.music.tune import DEFAULT_TEMPO, Tune, tune_from_ticks

__all__ = ["tune_of_versions"]


def tune_of_versions(
    versions: NDArray[np.int16],
    metre: Metre,
    title: str = "",
    tempo: float = DEFAULT_TEMPO,
    fifths: int | None = None,
) -> Tune:
    """Versions (V, M, T) of M measures one after the other; no note sounds on from one version into the next."""
    ticks = np.array(versions, np.int16)
    first = ticks[:, 0, 0]
    first[first == HOLD] = REST
    return tune_from_ticks(ticks.reshape(-1, ticks.shape[-1]), title, tempo, fifths, metre)
