"""Noise on pictures: how many are disturbed, and how."""

import torch

from latune.methods.picture_noise import NoiseConfig, disturbed


def _pictures(count=2000):
    torch.manual_seed(0)
    pictures = torch.zeros(count, 1, 8, 8)
    pictures[:, :, 2:6, 2:6] = 0.5
    return pictures


def test_no_share_changes_nothing():
    pictures = _pictures(10)
    assert torch.equal(disturbed(pictures, NoiseConfig(share=0)), pictures)


def test_noise_stays_on_the_foreground_and_masks_darken():
    pictures = _pictures()
    found = disturbed(pictures, NoiseConfig(share=0.8, deviation=0.3, masked=0.3))
    assert found.min() >= 0
    assert found.max() <= 1
    assert torch.equal(found[pictures == 0], torch.zeros_like(found[pictures == 0]))
    changed = (found != pictures).flatten(1).any(dim=1)
    assert abs(float(changed.float().mean()) - 0.8) < 0.05
    values = found[:, :, 2:6, 2:6].flatten(1)
    masked = ((values == 0) | (values == 0.5)).all(dim=1) & changed
    assert abs(float(masked.float().mean()) - 0.4) < 0.05
    assert abs(float((values[masked] == 0).float().mean()) - 0.3) < 0.02
    noisy = values[changed & ~masked]
    # A normal deviation of 0.3 around 0.5, cut at 0 and 1.
    assert abs(float(noisy.mean()) - 0.5) < 0.02
    assert 0.2 < float(noisy.std()) < 0.3


def test_all_channels_of_a_pixel_are_masked_together():
    torch.manual_seed(0)
    found = disturbed(torch.ones(400, 3, 4, 4), NoiseConfig(share=1, deviation=0, masked=0.5))
    dark = found == 0
    assert torch.equal(dark.any(dim=1), dark.all(dim=1))
    assert dark.any()
