"""Correlations of latent sweeps."""

import numpy as np
from scipy import stats

from latune.control.song_sweep import _p_values, correlations


def test_correlations_are_pearsons():
    generator = np.random.default_rng(0)
    rows, others = generator.normal(size=(3, 9)), generator.normal(size=(4, 9))
    found = correlations(rows, others)
    for i, row in enumerate(rows):
        for j, other in enumerate(others):
            wanted = stats.pearsonr(row, other)
            assert np.isclose(found[i, j], wanted.statistic)
            assert np.isclose(_p_values(found, 9)[i, j], wanted.pvalue)


def test_what_is_constant_has_no_correlation():
    found = correlations(np.arange(5.0)[None], np.stack([np.full(5, 3.0), np.arange(5.0), -np.arange(5.0)]))
    assert np.isnan(found[0, 0])
    assert np.allclose(found[0, 1:], [1, -1])
    assert np.allclose(_p_values(found, 5)[0, 1:], 0)
