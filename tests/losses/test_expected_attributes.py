"""Expected attributes against their definition: sampling, and certainty."""

import numpy as np
import pytest
import torch

from latune.errors import RecipeError
from latune.losses.expected_attributes import EXPECTED_ATTRIBUTES, expected_attributes
from latune.music.attributes import MUSIC_ATTRIBUTES
from latune.music.measure import midi_vocabulary

NAMES = tuple(EXPECTED_ATTRIBUTES)
VALUES = midi_vocabulary().values


@pytest.mark.parametrize("name", NAMES)
def test_certain_measures_have_their_measured_value(name, synthetic):
    items = synthetic.items[:100]
    certain = torch.nn.functional.one_hot(torch.from_numpy(items).long(), 32).double()
    expected = expected_attributes(certain, VALUES, [name])[:, 0]
    assert np.allclose(expected, MUSIC_ATTRIBUTES[name].measure(synthetic.codec.ticks(items)), atol=1e-4)


@pytest.mark.parametrize("hold", [0.0, 3.0, 6.0], ids=["many notes", "few notes", "hardly a note"])
def test_mean_over_many_draws(hold):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(1, 24, 32, generator=generator, dtype=torch.double)
    logits[..., 0] += hold
    probabilities = logits.softmax(dim=-1)
    draws = torch.multinomial(probabilities[0], 20_000, replacement=True, generator=generator).T
    values = MUSIC_ATTRIBUTES.measure(midi_vocabulary().ticks_from_tokens(draws.numpy()), NAMES)
    error = values.std(axis=0) / np.sqrt(len(draws))
    expected = expected_attributes(probabilities, VALUES, NAMES)[0].numpy()
    assert (np.abs(expected - values.mean(axis=0)) < 5 * error + 1e-6).all()


def test_gradient_is_finite_at_the_corners(synthetic):
    certain = torch.nn.functional.one_hot(torch.from_numpy(synthetic.items[:20]).long(), 32).float()
    certain[0, :, :] = 0
    certain[0, :, 70 - 53] = 1  # a note at every tick
    certain.requires_grad_()
    expected_attributes(certain, VALUES, NAMES).sum().backward()
    assert certain.grad.isfinite().all()


def test_refusals():
    with pytest.raises(RecipeError, match="'syncopation' has no expectation under the decoder: expected one of"):
        expected_attributes(torch.zeros(1, 24, 32), VALUES, ["syncopation"])
    with pytest.raises(RecipeError, match="need a vocabulary with one symbol per pitch"):
        expected_attributes(torch.zeros(1, 24, 4), (-1, -2, 70, 70), NAMES)
