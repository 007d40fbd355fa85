"""Codes of songs: are they distributed as the prior, and do they know genres?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.control.inference import Codes
from latune.evaluation.song_subject import SongSubject

__all__ = ["genre_probe", "two_sample_test"]

FOLDS = 5
FEWEST = 10  # phrases of a genre for a probe


def two_sample_test(codes: Codes, draws: Codes, groups: NDArray[np.int32], seed: int = 0) -> dict[str, float]:
    """How well classifiers tell codes from draws of the prior, cross-validated, as areas under ROC curves.

    Args:
        codes: Draws of the posteriors of N phrases, (N, D).
        draws: As many draws of the prior, (N, D).
        groups: Which song each phrase is from; a song is never in training and test of a fold.
        seed: Of the folds.

    Returns:
        "linear" (logistic regression, which sees means), "trees" (boosted trees, which see variances and dependence),
        and the larger one as "auc": 0.5 where nothing tells them apart, 1 where everything does.

    Source: Lopez-Paz and Oquab 2017, Revisiting Classifier Two-Sample Tests (arXiv 1610.06545).
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    points, real = np.concatenate([codes, draws]), np.repeat([1, 0], [len(codes), len(draws)])
    members = np.concatenate([groups, groups])  # a draw goes with a phrase, so that both are balanced in each fold
    folds = GroupKFold(min(FOLDS, len(np.unique(groups))), shuffle=True, random_state=seed)
    classifiers = {
        "linear": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        "trees": HistGradientBoostingClassifier(max_iter=100, random_state=seed),
    }
    found = {}
    for name, classifier in classifiers.items():
        told = cross_val_predict(classifier, points, real, groups=members, cv=folds, method="predict_proba")[:, 1]
        found[name] = float(roc_auc_score(real, told))
    return {**found, "auc": max(found.values())}


def genre_probe(subject: SongSubject) -> dict[str, Any]:
    """How often a logistic regression on codes of training phrases finds the genre of held-out ones.

    Phrases with exactly one genre count; empty where no two genres have enough of them.

    Returns:
        "codes", and "prior" where the run knows genres: the share whose petal (or largest style) is their genre; beside
        "majority", always saying the most frequent genre.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    trained, tested = (labels.sum(axis=1) == 1 for labels in (subject.training_labels, subject.labels))
    known, wanted = subject.training_labels[trained].argmax(axis=1), subject.labels[tested].argmax(axis=1)
    if len(np.unique(known)) < 2 or len(known) < FEWEST or len(wanted) == 0:
        return {}
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    told = probe.fit(subject.training_means[trained], known).predict(subject.means[tested])
    counted = np.where(tested, 0.0, np.nan)

    def share(found: NDArray[np.int64]) -> dict[str, float | None]:
        values = counted.copy()
        values[tested] = found == wanted
        return subject.estimate(values)

    result: dict[str, Any] = {
        "phrases": int(tested.sum()),
        "genres": len(np.unique(known)),
        "codes": share(told),
        "majority": float((wanted == np.bincount(known).argmax()).mean()),
    }
    if subject.genres.names:
        result["prior"] = share(subject.genres.of(subject.means[tested]))
    return result
