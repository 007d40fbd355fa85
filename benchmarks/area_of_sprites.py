"""How well a dimension that orders sprites by the area they cover would follow their scale.

    python benchmarks/area_of_sprites.py

Prints, for both sets of sprites, the rank correlation of the number of pixels that are on with scale and with shape,
over at most 20,000 held-out pictures: what a code of the area alone can reach.
"""

import numpy as np
from scipy.stats import spearmanr

from latune.data.registry import ensure_dataset

ITEMS = 20_000


def main() -> None:
    """Print a line per set."""
    for name in ("sprites-small", "sprites"):
        dataset = ensure_dataset(name)
        held_out = dataset.split("test")
        chosen = np.random.default_rng(0).choice(held_out, min(len(held_out), ITEMS), replace=False)
        area = np.array([np.count_nonzero(dataset.items[index]) for index in np.sort(chosen)])
        factors = np.asarray(dataset.attributes[np.sort(chosen)])
        found = {factor: spearmanr(area, factors[:, dataset.table.index(factor)])[0] for factor in ("scale", "shape")}
        print(f"{name}: scale {found['scale']:.3f}, shape {found['shape']:.3f}")


if __name__ == "__main__":
    main()
