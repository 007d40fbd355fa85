"""Attribute extraction: our vectorised functions against a loop over notes.

    python benchmarks/attribute_extraction.py

Prints the ratio, the floor (one pass over the bytes of the ticks at the measured memory bandwidth) and our share of it.
"""

import numpy as np
from timing import alternate

from latune.music.attributes import MUSIC_ATTRIBUTES

NAMES = ["rhythmic_complexity", "pitch_range", "note_density", "contour"]
MEASURES = 20_000
WEIGHTS = [w for first in (0.20, 0.67, 0.25, 0.67) for w in (first, 1, 2, 0.5, 2, 1)]


def random_ticks(count: int) -> np.ndarray:
    """Measures with the share of notes that chorales have."""
    generator = np.random.default_rng(0)
    pitches = generator.integers(55, 85, (count, 24))
    return np.where(generator.random((count, 24)) < 0.2, pitches, -1).astype(np.int16)


def by_loop(measures: list[list[int]]) -> list[list[float]]:
    """The four attributes, one note after the other."""
    total = sum(WEIGHTS)
    values = []
    for measure in measures:
        notes = 0
        weight = 0.0
        pitches = []
        for tick, pitch in enumerate(measure):
            if pitch >= 0:
                notes += 1
                weight += WEIGHTS[tick]
                pitches.append(pitch)
        span = (max(pitches) - min(pitches)) / 26 if len(pitches) > 1 else 0.0
        steps = 0
        for i in range(len(pitches) - 1):
            steps += pitches[i + 1] - pitches[i]
        values.append([weight / total, span, notes / 24, steps / 26])
    return values


def main() -> None:
    ticks = random_ticks(MEASURES)
    measures = ticks.tolist()
    difference = np.abs(MUSIC_ATTRIBUTES.measure(ticks, NAMES) - np.array(by_loop(measures))).max()
    large = np.zeros(100_000_000, np.uint8)
    seconds = alternate(
        {
            "loop": lambda: by_loop(measures),
            "latune": lambda: MUSIC_ATTRIBUTES.measure(ticks, NAMES),
            "memory": lambda: large.sum(dtype=np.uint64),
        },
        repetitions=15,
    )
    bandwidth = large.nbytes / seconds["memory"]
    floor = ticks.nbytes / bandwidth
    print(f"{MEASURES} measures, 4 attributes, largest difference {difference:.1e}")
    print(f"loop over notes {seconds['loop'] * 1e3:8.2f} ms")
    print(f"latune          {seconds['latune'] * 1e3:8.2f} ms   ratio {seconds['loop'] / seconds['latune']:.0f}x")
    print(f"floor           {floor * 1e3:8.2f} ms   (read the ticks once, {bandwidth / 1e9:.1f} GB/s);"
          f" share reached {floor / seconds['latune']:.0%}")


if __name__ == "__main__":
    main()
