"""Tables of studies made by hand."""

from pathlib import Path

import numpy as np

from latune.studies.results import Place, Results

SCORE, ACCURACY = "scores.means.mig", "reconstruction_accuracy"


def table(values, *, metric=SCORE, cells=None, media="music", **columns):
    """Results of {(group, label): values by seed}; `cells` by label, further columns in the order of the runs."""
    places, column = [], []
    for (group, label), own in values.items():
        for seed, value in enumerate(own):
            cell = (cells or {}).get(label, {})
            name = label.partition("/")[0]
            places.append(Place(f"{group}-{label}-{seed}", group, name, seed, cell, Path("nowhere")))
            column.append(value)
    found = {metric: np.array(column, float)} | {name: np.asarray(own, float) for name, own in columns.items()}
    return Results(tuple(places), (media,) * len(places), found)
