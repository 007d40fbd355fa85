"""Write `studio/src/pictures/golden/pictures.json`: pictures and what Python makes of them.

Run from the repository's root: python studio/scripts/pictures_golden.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.images.morphology import plain
from latune.images.resizing import border, bright_on_dark, fit

TARGET = Path(__file__).parents[1] / "src" / "pictures" / "golden" / "pictures.json"
FITS = [
    ((1, 5, 7), (28, 28)),
    ((1, 40, 30), (28, 28)),
    ((3, 13, 9), (8, 8)),
    ((1, 90, 64), (64, 64)),
    ((1, 9, 9), (9, 9)),
]
STROKES = [(12, 12), (28, 28), (28, 28), (20, 26)]

Bytes = NDArray[np.uint8]


def strokes(rng: np.random.Generator, height: int, width: int) -> Bytes:
    """A soft stroke along a random curve, bright on dark."""
    rows, columns = np.mgrid[:height, :width]
    along = np.linspace(0, 1, 60)
    corners = rng.uniform(0.15, 0.85, (3, 2)) * (height, width)
    curve = np.stack([(1 - along) ** 2, 2 * along * (1 - along), along**2], 1) @ corners
    distances = np.hypot(rows[..., None] - curve[:, 0], columns[..., None] - curve[:, 1]).min(axis=2)
    return np.round(255 * np.clip(2.2 - distances, 0, 1)).astype(np.uint8)


def told(picture: Bytes) -> dict[str, Any]:
    """A picture (C, H, W) as the page has it."""
    channels, height, width = picture.shape
    return {"channels": channels, "height": height, "width": width, "data": picture.ravel().tolist()}


def main() -> None:
    """Write the file."""
    rng = np.random.default_rng(11)
    fits = []
    for shape, size in FITS:
        picture = rng.integers(0, 256, shape).astype(np.uint8)
        dark, inverted = bright_on_dark(picture[None])
        fits.append({"picture": told(picture), "border": border(picture).tolist(), "fitted": told(fit(picture, *size))})
        fits[-1] |= {"dark": told(dark[0]), "inverted": bool(inverted[0])}
    drawn = [strokes(rng, *size) for size in STROKES] + [np.full((8, 8), 200, np.uint8)]
    plains = [{"picture": told(each[None]), "plain": plain(each[None])[0].ravel().tolist()} for each in drawn]
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps({"fits": fits, "plains": plains}, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
