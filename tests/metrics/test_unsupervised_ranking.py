"""UDR: models that agree, models that are rotated against each other, masks, refusals."""

import numpy as np
import pytest
from sklearn.linear_model import Lasso

from latune.errors import InputError
from latune.metrics.unsupervised_ranking import unsupervised_ranking


@pytest.fixture
def codes():
    return np.random.default_rng(0).normal(size=(800, 5))


def rotated(codes, seed):
    return codes @ np.linalg.qr(np.random.default_rng(seed).normal(size=(5, 5)))[0]


@pytest.mark.parametrize(("similarity", "ceiling"), [("lasso", 0.9), ("spearman", 0.9)])
def test_models_alike_up_to_order_sign_and_scale(codes, similarity, ceiling):
    models = [codes, -3 * codes[:, ::-1], codes[:, [1, 0, 3, 2, 4]] + 7]
    result = unsupervised_ranking(models, similarity=similarity)
    assert result.scores.min() > ceiling - 0.05
    assert result.pairs.shape == (3, 3)
    apart = unsupervised_ranking([rotated(codes, seed) for seed in range(3)], similarity=similarity)
    assert apart.scores.max() < result.scores.min() - 0.3


@pytest.mark.parametrize("similarity", ["lasso", "spearman"])
def test_noise_is_near_zero(similarity):
    models = [np.random.default_rng(seed).normal(size=(2000, 5)) for seed in range(3)]
    assert unsupervised_ranking(models, similarity=similarity).scores.max() < 0.03


def test_the_odd_one_out_ranks_last(codes):
    models = [codes, codes[:, ::-1], rotated(codes, 0), -codes]
    scores = unsupervised_ranking(models).scores
    assert np.argmin(scores) == 2


def test_one_pair_by_the_formula():
    generator = np.random.default_rng(3)
    first = generator.normal(size=(300, 2))
    second = np.column_stack([first @ [0.8, 0.6], first @ [0.1, 1.0], first[:, 0]])
    result = unsupervised_ranking([first, second])
    x, y = ((table - table.mean(axis=0)) / table.std(axis=0) for table in (first, second))
    weights = np.column_stack([np.abs(Lasso(alpha=0.1).fit(x, column).coef_) for column in y.T])
    expected = (weights.max(0) ** 2 / weights.sum(0)).sum() + (weights.max(1) ** 2 / weights.sum(1)).sum()
    assert result.pairs[0, 1] == pytest.approx(expected / 5)
    assert result.scores[0] == result.pairs[0, 1]


def test_masks_leave_idle_codes_out(codes):
    idle = [np.random.default_rng(seed).normal(size=(800, 3)) for seed in (1, 2)]
    models = [np.hstack([codes, idle[0]]), np.hstack([idle[1], codes])]
    masks = [np.arange(8) < 5, np.arange(8) >= 3]
    masked = unsupervised_ranking(models, informative=masks)
    assert masked.scores == pytest.approx(0.9, abs=0.01)
    assert unsupervised_ranking(models).scores.max() < 0.65
    none = unsupervised_ranking(models, informative=[np.zeros(8, dtype=bool), masks[1]])
    assert none.scores.tolist() == [0, 0]


def test_refusals(codes):
    with pytest.raises(InputError, match="at least two models, not of 1"):
        unsupervised_ranking([codes])
    with pytest.raises(InputError, match="same items in all models"):
        unsupervised_ranking([codes, codes[:-1]])
    with pytest.raises(InputError, match="similarity must be one of lasso, spearman"):
        unsupervised_ranking([codes, codes], similarity="pearson")
    with pytest.raises(InputError, match=r"informative\[1\] must be 5 truth values"):
        unsupervised_ranking([codes, codes], informative=[np.ones(5, dtype=bool), np.ones(4, dtype=bool)])
    with pytest.raises(InputError, match="one mask for each of the 2 models"):
        unsupervised_ranking([codes, codes], informative=[np.ones(5, dtype=bool)])
