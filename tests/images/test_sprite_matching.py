"""Sprites are found again: official ones, noisy ones, and pictures that are none."""

import numpy as np
import pytest

from latune.errors import InputError

pytest.importorskip("numba")

from latune.images.sprite_matching import SYMMETRY, match_sprites
from latune.images.sprites import SPRITES, render_sprites, sprite_factors


def errors(found, true):
    """Shape right, and differences in scale, orientation (degrees, up to symmetry) and position (pixels), each (N,)."""
    symmetry = np.array(SYMMETRY)[true[:, 0].astype(int) - 1]
    turn = np.mod(found[:, 2] - true[:, 2] + symmetry / 2, symmetry) - symmetry / 2
    moved = 32 * np.hypot(*(found[:, 3:] - true[:, 3:]).T)
    return found[:, 0] == true[:, 0], np.abs(found[:, 1] - true[:, 1]), np.abs(np.degrees(turn)), moved


def jaccard(a, b):
    return (a & b).sum(axis=(1, 2)) / (a | b).sum(axis=(1, 2))


@pytest.fixture(scope="module")
def sample():
    """3000 pictures of the official set, and their factors."""
    factors = sprite_factors(np.random.default_rng(1).choice(SPRITES, 3000, replace=False)).astype(np.float64)
    return factors, render_sprites(factors)


def test_official_sprites_are_found(sample):
    factors, images = sample
    match = match_sprites(images)
    shape, scale, turn, moved = errors(match.factors, factors)
    assert shape.mean() >= 0.995
    assert (scale <= 0.05).mean() >= 0.99
    assert (moved <= 0.5).mean() >= 0.99
    assert (turn <= 5)[factors[:, 0] > 1].mean() >= 0.98
    assert (turn <= 5)[(factors[:, 0] == 1) & (factors[:, 1] > 0.65)].mean() >= 0.95
    assert match.iou.mean() > 0.99
    assert match.iou.min() > 0.85


def test_overlap_is_that_of_the_drawing(sample):
    _, images = sample
    match = match_sprites(images[:500])
    drawn = render_sprites(match.factors)
    # The search turns around the centroid: the same drawing up to rounding at the border.
    assert np.mean(np.abs(jaccard(drawn, images[:500]) - match.iou) < 1e-12) > 0.99
    assert np.abs(jaccard(drawn, images[:500]) - match.iou).max() < 0.05


def test_orientation_is_the_smallest_equivalent(sample):
    factors, images = sample
    found = match_sprites(images).factors
    assert found.dtype == np.float64
    assert (found[:, 2] >= 0).all()
    assert (found[:, 2] < np.array(SYMMETRY)[found[:, 0].astype(int) - 1]).all()
    assert found[factors[:, 0] == 3, 2].max() > np.pi


@pytest.mark.parametrize(("share", "right"), [(0.05, 0.99), (0.2, 0.97)])
def test_noise_is_borne(sample, share, right):
    generator = np.random.default_rng(2)
    factors, images = (values[:1500] for values in sample)
    noisy = images.copy()
    for picture in noisy:
        rows, columns = np.nonzero(picture)
        flips = max(1, round(share * len(rows)))
        places = (generator.integers(c.min() - 2, c.max() + 3, flips).clip(0, 63) for c in (rows, columns))
        picture[tuple(places)] ^= 1
    match = match_sprites(noisy)
    shape, scale, turn, moved = errors(match.factors, factors)
    assert shape.mean() >= right
    assert (scale <= 0.06).mean() >= right
    assert (moved <= 0.6).mean() >= right - 0.02
    assert (turn <= 9).mean() >= right - 0.02
    assert (match.iou >= jaccard(noisy, images) - 0.03).mean() > 0.96  # as good as the sprite below the noise


def test_continuous_and_clipped_sprites():
    generator = np.random.default_rng(3)
    low, high = (0.45, 0, -0.05, -0.05), (1.2, 6.28, 1.05, 1.05)
    factors = np.column_stack([generator.integers(1, 4, 300), generator.uniform(low, high, (300, 4))])
    match = match_sprites(render_sprites(factors))
    shape, scale, _, moved = errors(match.factors, factors)
    assert shape.mean() > 0.98
    assert np.quantile(scale, 0.98) < 0.05
    assert np.quantile(moved, 0.98) < 0.5
    cut = render_sprites([(1, 1, 0.3, -0.5, 0.5), (2, 1, 0.3, 1.4, 0.5), (3, 1, 0.3, 0.5, 1.4)])
    assert (match_sprites(cut).iou > 0.7).all()


def test_specks_far_away_do_not_matter():
    factors = np.array([(3, 0.8, 1, 0.1, 0.2), (1, 0.6, 0.4, 0.9, 0.9), (2, 1, 2, 0.5, 0.1)])
    images = render_sprites(factors)
    images[:, 30, 60] = images[:, 60, 2] = images[:, 61:, 0] = 1
    shape, scale, turn, moved = errors(match_sprites(images).factors, factors)
    assert shape.all()
    assert scale.max() < 0.05
    assert turn.max() < 9
    assert moved.max() < 0.6


def test_empty_full_and_strange_pictures():
    generator = np.random.default_rng(4)
    empty, full, dot, two, stripe = np.zeros((5, 64, 64), np.uint8)
    full[:] = 1
    dot[63, 0] = 1
    two[0, 0] = two[63, 63] = 1
    stripe[10] = 1
    noise = (generator.random((20, 64, 64)) < generator.random((20, 1, 1))).astype(np.uint8)
    match = match_sprites(np.stack([empty, full, dot, two, stripe, *noise]))
    assert np.isnan(match.factors[0]).all()
    assert match.iou[0] == 0
    assert np.isfinite(match.factors[1:]).all()
    assert (match.iou[1:] >= 0).all()
    assert (match.iou <= 1).all()
    assert match.iou[1] > 0.9
    assert np.isin(match.factors[1:, 0], (1, 2, 3)).all()


def test_results_do_not_depend_on_company_or_workers(sample):
    _, images = sample
    alone = match_sprites(images[7:9], workers=1)
    together = match_sprites(np.concatenate([images, images[7:9]]), workers=3)
    assert np.array_equal(together.factors[7:9], alone.factors)
    assert np.array_equal(together.factors[-2:], alone.factors)
    assert np.array_equal(together.iou[-2:], alone.iou)
    nothing = match_sprites(np.empty((0, 64, 64), np.uint8))
    assert nothing.factors.shape == (0, 5)
    assert nothing.iou.shape == (0,)


def test_bad_pictures_are_refused():
    for wrong in (
        np.zeros((64, 64), np.uint8),
        np.zeros((1, 32, 32), np.uint8),
        np.full((1, 64, 64), 2, np.uint8),
        np.full((1, 64, 64), 0.5),
    ):
        with pytest.raises(InputError):
            match_sprites(wrong)
    assert match_sprites(np.ones((1, 64, 64), bool)).iou[0] > 0.9
