"""Codes of songs against the prior, and what a classifier of genres says of carried phrases."""

import numpy as np
import pytest

from latune.evaluation.song_codes import two_sample_test
from latune.evaluation.song_transfer import contour_kept
from latune.music.songs.tokens import SILENT, STEPS, tokens_of

GROUPS = np.arange(600, dtype=np.int32) // 6


def gaussian(seed, scale=1.0, shift=0.0):
    return (shift + scale * np.random.default_rng(seed).normal(size=(600, 4))).astype(np.float32)


def test_equal_distributions_cannot_be_told_apart():
    found = two_sample_test(gaussian(0), gaussian(1), GROUPS)
    assert 0.4 < found["linear"] < 0.6
    assert found["auc"] < 0.6


@pytest.mark.parametrize(("codes", "seen_by"), [(gaussian(0, shift=1.0), "linear"), (gaussian(0, scale=3.0), "trees")])
def test_other_means_and_other_widths_are_seen(codes, seen_by):
    found = two_sample_test(codes, gaussian(1), GROUPS)
    assert found[seen_by] > 0.85
    assert found["auc"] == max(found["linear"], found["trees"])


def phrases(pitches):
    whole = np.full((len(pitches), STEPS, 4), SILENT)
    whole[:, :, 1] = pitches
    return np.stack([tokens_of(one) for one in whole])


def test_contour_is_kept_by_transposition_and_lost_by_inversion():
    line = np.repeat(np.random.default_rng(0).integers(40, 60, (2, 64)), 4, axis=1)
    assert np.allclose(contour_kept(phrases(line), phrases(line + 3)), 1)
    assert np.allclose(contour_kept(phrases(line), phrases(100 - line)), -1)
    assert np.isnan(contour_kept(phrases(line), phrases(np.full_like(line, 50)))).all()
