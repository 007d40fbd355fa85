"""Style transfer, judged by a classifier of genres that has seen real phrases alone and no codes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.evaluation.song_subject import SongSubject
from latune.metrics.correlation import average_ranks
from latune.music.songs.patterns import bar_patterns
from latune.music.songs.tokens import DRUMS, SILENT, sounding

__all__ = ["contour_kept", "style_transfer"]


def style_transfer(subject: SongSubject) -> dict[str, Any]:
    """Carry every held-out phrase of one genre into another one that the seed draws, and see what became of it.

    Returns:
        The probability of the wanted genre that the classifier gives to the run's reconstruction ("before") and to the
        carried phrase ("after"), the share that it takes for the wanted genre ("arrived"), its own accuracy on real
        phrases, and what stays: "tokens" (share equal to the reconstruction) and "contour" (see `contour_kept`); beside
        both the same of a phrase that is drawn afresh from the wanted genre. Empty where the run knows no genres.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    single, known = subject.labels.sum(axis=1) == 1, subject.training_labels.sum(axis=1) == 1
    if len(subject.genres.names) < 2 or not single.any() or not known.any():
        return {}
    reader = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, C=0.1))
    reader.fit(bar_patterns(subject.training[known]), subject.training_labels[known].argmax(axis=1))
    own = subject.labels[single].argmax(axis=1)
    classes = reader.classes_
    generator = np.random.default_rng(subject.seed)
    targets = np.array([generator.choice(classes[classes != genre]) for genre in own])
    codes = subject.means[single]
    carried, fresh = codes.copy(), codes.copy()
    for target in np.unique(targets):
        rows = np.flatnonzero(targets == target)
        carried[rows] = subject.genres.carry(codes[rows], own[rows], int(target))
        fresh[rows] = subject.genres.draw(len(rows), subject.seed + int(target), int(target))
    before = subject.decoded[single]
    after, other = (subject.editor.decode(each) for each in (carried, fresh))
    column = np.searchsorted(classes, targets)

    def estimate(values: NDArray[Any]) -> dict[str, float | None]:
        placed = np.full(len(single), np.nan)
        placed[single] = values
        return subject.estimate(placed)

    def probability(tokens: NDArray[np.uint8]) -> NDArray[np.float64]:
        return np.asarray(reader.predict_proba(bar_patterns(tokens))[np.arange(len(tokens)), column])

    similarity = subject.editor.codec.similarity
    return {
        "phrases": int(single.sum()),
        "classifier_accuracy": estimate(reader.predict(bar_patterns(subject.items[single])) == own),
        "before": estimate(probability(before)),
        "after": estimate(probability(after)),
        "arrived": estimate(reader.predict(bar_patterns(after)) == targets),
        "tokens": estimate(similarity(after, before)),
        "contour": estimate(contour_kept(before, after)),
        "fresh": {
            "after": estimate(probability(other)),
            "tokens": estimate(similarity(other, before)),
            "contour": estimate(contour_kept(before, other)),
        },
    }


def contour_kept(tokens: NDArray[np.uint8], others: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Rank correlation of the pitches of two phrases where both sound, the mean over the tracks with pitches.

    Args:
        tokens: Phrases (N, T, 4).
        others: As many.

    Returns:
        (N,), -1 to 1; not a number where no track of a pair sounds together at two different pitches.
    """
    first, second = (sounding(each)[..., DRUMS + 1 :] for each in (tokens, others))
    values = np.full((len(first), first.shape[2]), np.nan)
    for row in range(len(first)):
        for track in range(first.shape[2]):
            a, b = first[row, :, track], second[row, :, track]
            both = (a != SILENT) & (b != SILENT)
            if both.any() and np.ptp(a[both]) > 0 and np.ptp(b[both]) > 0:
                ranks = average_ranks(np.stack([a[both], b[both]], axis=1).astype(float))
                values[row, track] = np.asarray(np.corrcoef(ranks, rowvar=False))[0, 1]
    counted = np.isfinite(values)
    means = np.where(counted, values, 0).sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
    return np.where(counted.any(axis=1), means, np.nan)
