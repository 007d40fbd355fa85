"""Attribute extraction: our vectorised functions against loops over notes.

    python benchmarks/attribute_extraction.py

Two loops are timed: the published way (tokens in a tensor, a host read per token, a music21 pitch object per note and
attribute) on a part of the measures, and the leanest loop we could write over lists of integers. Prints ratios, the
floor (one pass over the bytes of the ticks at the measured memory bandwidth) and our share of it. At the end a million
measures, with those four attributes and with all.
"""

from itertools import pairwise

import numpy as np
import torch
from music21.pitch import Pitch

from latune.music.attributes import MUSIC_ATTRIBUTES
from latune.music.measure import midi_vocabulary
from timing import alternate

NAMES = ["rhythmic_complexity", "pitch_range", "note_density", "contour"]
MEASURES = 20_000
PUBLISHED_MEASURES = 500
VOCABULARY = midi_vocabulary()
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


def published(tokens: torch.Tensor) -> list[list[float]]:
    """The four attributes, token by token, as in the published evaluation."""
    names = {token: Pitch(midi=value).nameWithOctave for token, value in enumerate(VOCABULARY.values) if value >= 0}
    total = sum(WEIGHTS)
    values = []
    for row in range(tokens.shape[0]):
        weight = 0.0
        notes = 0
        for tick in range(tokens.shape[1]):
            if tokens[row, tick].item() in names:
                weight += WEIGHTS[tick]
                notes += 1
        spans = []
        for attribute in range(2):
            pitches = []
            for tick in range(tokens.shape[1]):
                token = tokens[row, tick].item()
                if token in names:
                    pitches.append(Pitch(names[token]).midi)
            if len(pitches) < 2:
                spans.append(0.0)
            elif attribute == 0:
                spans.append((max(pitches) - min(pitches)) / 26)
            else:
                spans.append(sum(b - a for a, b in pairwise(pitches)) / 26)
        values.append([weight / total, spans[0], notes / 24, spans[1]])
    return values


def main() -> None:
    ticks = random_ticks(MEASURES)
    measures = ticks.tolist()
    tokens = torch.from_numpy(VOCABULARY.tokens_from_ticks(ticks[:PUBLISHED_MEASURES]))
    ours = MUSIC_ATTRIBUTES.measure(ticks, NAMES)
    difference = np.abs(ours - np.array(by_loop(measures))).max()
    difference = max(difference, np.abs(ours[:PUBLISHED_MEASURES] - np.array(published(tokens))).max())
    large = np.zeros(100_000_000, np.uint8)
    seconds = alternate(
        {
            "published": lambda: published(tokens),
            "lean": lambda: by_loop(measures),
            "latune": lambda: MUSIC_ATTRIBUTES.measure(ticks, NAMES),
            "memory": lambda: large.max(),
        },
        repetitions=15,
    )
    seconds["published"] *= MEASURES / PUBLISHED_MEASURES
    bandwidth = large.nbytes / seconds["memory"]
    floor = ticks.nbytes / bandwidth
    print(f"{MEASURES} measures, 4 attributes, largest difference {difference:.1e}")
    for name in ("published", "lean"):
        ratio = seconds[name] / seconds["latune"]
        print(f"{name + ' loop':16s}{seconds[name] * 1e3:10.2f} ms   ratio {ratio:.0f}x")
    print(f"{'latune':16s}{seconds['latune'] * 1e3:10.2f} ms")
    share = floor / seconds["latune"]
    print(f"{'floor':16s}{floor * 1e3:10.2f} ms   (ticks read once at {bandwidth / 1e9:.1f} GB/s); share {share:.0%}")
    million = random_ticks(1_000_000)
    whole = alternate(
        {"four": lambda: MUSIC_ATTRIBUTES.measure(million, NAMES), "all": lambda: MUSIC_ATTRIBUTES.measure(million)},
        repetitions=3,
    )
    print(
        f"a million measures: {whole['four']:.2f} s for these 4, {whole['all']:.2f} s for all {len(MUSIC_ATTRIBUTES)}"
    )


if __name__ == "__main__":
    main()
