"""Sprites: drawing the whole set, and finding the factors of pictures.

    python benchmarks/sprites.py

The drawing is compared with two plain ways on a part of the pictures: matplotlib's point-in-polygon test of every pixel
centre, and the same in numpy. Their times for the whole set are extrapolated from that part. Matching is timed on one
thread, on official sprites, on sprites with 5 % of their pixels' number flipped around them, and on random pixels.
"""

import time

import numpy as np
from matplotlib.path import Path

from latune.images.sprite_matching import SYMMETRY, match_sprites
from latune.images.sprites import SPRITES, draw_all_sprites, outline, render_sprites, sprite_factors
from timing import alternate

PART = 300  # pictures the plain ways draw
MATCHED = 3000
CENTRES = np.stack(np.meshgrid(np.arange(64) + 0.5, np.arange(64) + 0.5), axis=-1).reshape(-1, 2)


def rounded_outline(factors: np.ndarray) -> np.ndarray:
    shape, *rest = factors
    return np.rint(256 * outline(int(shape), *rest)) / 256


def by_matplotlib(factors: np.ndarray) -> np.ndarray:
    """Pictures by `Path.contains_points`."""
    return np.stack([Path(rounded_outline(row)).contains_points(CENTRES) for row in factors]).reshape(-1, 64, 64)


def by_numpy(factors: np.ndarray) -> np.ndarray:
    """Pictures by an even-odd test of every pixel centre against every edge."""
    pictures = np.zeros((len(factors), 64, 64), bool)
    x = y = np.arange(64) + 0.5
    for picture, row in zip(pictures, factors, strict=True):
        corners = rounded_outline(row)
        for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            crossed = (y0 <= y) != (y1 <= y)
            if crossed.any():
                picture[crossed] ^= x >= (x0 + (y[crossed] - y0) * (x1 - x0) / (y1 - y0))[:, None]
    return pictures


def flipped(pictures: np.ndarray, share: float) -> np.ndarray:
    """Pictures with pixels flipped within and around their sprite."""
    generator = np.random.default_rng(1)
    noisy = pictures.copy()
    for picture in noisy:
        places = np.nonzero(picture)
        count = max(1, round(share * len(places[0])))
        picture[tuple(generator.integers(p.min() - 2, p.max() + 3, count).clip(0, 63) for p in places)] ^= 1
    return noisy


def drawing() -> None:
    indices = np.random.default_rng(0).choice(SPRITES, PART, replace=False)
    factors = sprite_factors(indices).astype(np.float64)
    ours = render_sprites(factors)
    plain = {"matplotlib": by_matplotlib, "numpy": by_numpy}
    different = {name: int((draw(factors) != ours).any(axis=(1, 2)).sum()) for name, draw in plain.items()}
    seconds = alternate(
        {
            "matplotlib": lambda: by_matplotlib(factors),
            "numpy": lambda: by_numpy(factors),
            "1 thread": lambda: draw_all_sprites(workers=1),
            "2 threads": lambda: draw_all_sprites(workers=2),
        },
        repetitions=5,
    )
    rows = draw_all_sprites()
    mean = np.bitwise_count(rows).sum(dtype=np.int64) / rows.size / 8
    print(f"{SPRITES} sprites, {rows.nbytes / 1e6:.0f} MB of bits, mean pixel {mean:.7f}")
    for name in plain:
        whole = seconds[name] * SPRITES / PART
        ratio = whole / seconds["1 thread"]
        print(
            f"{name:12s}{whole:10.2f} s    extrapolated from {PART} pictures ({different[name]} of them different), "
            f"ratio {ratio:.0f}x to 1 thread"
        )
    for name in ("1 thread", "2 threads"):
        print(f"{name:12s}{seconds[name]:10.2f} s    {seconds[name] / SPRITES * 1e6:.2f} us a picture")


def matching() -> None:
    factors = sprite_factors(np.random.default_rng(2).choice(SPRITES, MATCHED, replace=False)).astype(np.float64)
    sprites = render_sprites(factors)
    pictures = {
        "sprites": sprites,
        "5 % flipped": flipped(sprites, 0.05),
        "random": (np.random.default_rng(3).random(sprites.shape) < 0.5).astype(np.uint8),
    }
    match_sprites(sprites[:10])
    print(f"\nmatching {MATCHED} pictures on one thread; orientation errors up to the shape's symmetry")
    for name, images in pictures.items():
        start = time.perf_counter()
        match = match_sprites(images, workers=1)
        line = (
            f"{name:12s}{(time.perf_counter() - start) / MATCHED * 1e3:8.3f} ms a picture, IoU {match.iou.mean():.4f}"
        )
        print(line + ("" if name == "random" else accuracy(match.factors, factors)))


def accuracy(found: np.ndarray, true: np.ndarray) -> str:
    """How close found factors (N, 5) are to the true ones."""
    symmetry = np.array(SYMMETRY)[true[:, 0].astype(int) - 1]
    turn = np.degrees(np.abs(np.mod(found[:, 2] - true[:, 2] + symmetry / 2, symmetry) - symmetry / 2))
    scale = np.quantile(np.abs(found[:, 1] - true[:, 1]), 0.99)
    moved = np.quantile(32 * np.hypot(*(found[:, 3:] - true[:, 3:]).T), 0.99)
    return (
        f", shape right {np.mean(found[:, 0] == true[:, 0]):.2%}, 99 % of errors below: scale {scale:.3f}, "
        f"position {moved:.2f} pixels, orientation {np.quantile(turn, 0.99):.1f} degrees"
    )


def main() -> None:
    drawing()
    matching()


if __name__ == "__main__":
    main()
