"""dMelodies: 1,354,752 melodies of two bars from nine independent factors, computed here.

Source: Pati, Gururani and Lerch 2020, "dMelodies: A Music Dataset for Disentanglement Learning" (arXiv 2007.15067).
"""

from __future__ import annotations

import numpy as np

from latune.data.dataset import Dataset
from latune.data.dmelody_codec import DMelodyCodec
from latune.data.splits import count_overlap, groups_by_split
from latune.music.dmelodies import MELODIES, melody_factors, render_melodies

__all__ = ["prepare_dmelodies"]

# 70 % for training, as published; of the rest few for validation, which is looked at often while a model trains.
FRACTIONS = {"train": 0.70, "validation": 0.02, "test": 0.28}
SOURCE = "computed by latune from the definitions of dMelodies (Pati, Gururani and Lerch 2020, arXiv 2007.15067)"
LICENCE = "computed after the published definitions; the authors' own recording of the data set is CC BY-NC-SA 4.0"


def prepare_dmelodies(seed: int = 0) -> Dataset:
    """Compute all melodies, in the official order, and deal them to splits at random.

    All melodies are distinct, so each is a group of its own.

    Args:
        seed: Seed of the splits.
    """
    codec = DMelodyCodec()
    factors = melody_factors()
    items = codec.tokens(render_melodies(factors))
    splits = {name: indices.astype(np.int32) for name, indices in groups_by_split(MELODIES, FRACTIONS, seed).items()}
    description = {"source": SOURCE, "licence": LICENCE, "rejected": [], "overlap": count_overlap(items, splits)}
    groups = np.arange(MELODIES, dtype=np.int32)
    return Dataset("dmelodies", items, factors.astype(np.float32), groups, splits, codec, description)
