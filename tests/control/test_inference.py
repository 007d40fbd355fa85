import numpy as np
import pytest

from latune.control.inference import decode_brightness, decode_items, encode_means, encode_posteriors
from latune.metrics.posterior import prior_divergence


def test_posteriors_are_those_of_the_loss(picture_editor, ellipses):
    model, items = picture_editor.model, ellipses.items[:200]  # more than one batch
    means, scales = encode_posteriors(model, items)
    assert np.array_equal(means, encode_means(model, items))
    assert scales.shape == means.shape
    assert 0 < scales.min() < scales.max() < 2
    assert prior_divergence(means, scales).min() >= 0


def test_posteriors_of_nothing(picture_editor, ellipses):
    assert [part.shape for part in encode_posteriors(picture_editor.model, ellipses.items[:0])] == [(0, 5)] * 2


def test_the_expected_brightness_is_the_picture_where_pixels_are_grey(picture_editor):
    codes = np.random.default_rng(0).normal(size=(2, 70, 5)).astype(np.float32)
    bright = decode_brightness(picture_editor.model, codes)
    assert bright.shape == (2, 70, 1, 20, 20)
    assert np.array_equal(bright, decode_items(picture_editor.model, codes))


def test_the_expected_brightness_keeps_the_doubt_of_pixels_that_are_off_or_on(picture_editor, monkeypatch):
    codes = np.zeros((3, 5), np.float32)
    grey = decode_brightness(picture_editor.model, codes)
    monkeypatch.setattr(picture_editor.model, "levels", 1)
    assert np.array_equal(decode_brightness(picture_editor.model, codes), grey)
    assert set(np.unique(decode_items(picture_editor.model, codes))) <= {0, 1}
    assert decode_items(picture_editor.model, codes) == pytest.approx((grey > 127).astype(int))
