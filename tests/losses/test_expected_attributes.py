"""Expected attributes: equal to the measured ones where the decoder is certain, to sampling where it is not."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from latune.errors import RecipeError
from latune.losses.expected_attributes import EXPECTED_ATTRIBUTES, expected_attributes
from latune.music.attributes import MUSIC_ATTRIBUTES
from latune.music.measure import midi_vocabulary

NAMES = list(EXPECTED_ATTRIBUTES)
VOCABULARY = midi_vocabulary()


def measured(tokens):
    return MUSIC_ATTRIBUTES.measure(VOCABULARY.ticks_from_tokens(tokens), NAMES)


def test_certain_probabilities_give_the_measured_values():
    generator = np.random.default_rng(0)
    notes = generator.integers(2, 32, (200, 24))
    share = generator.random((200, 1)) * 0.5  # from silent to dense
    tokens = np.where(generator.random((200, 24)) < share, notes, generator.integers(0, 2, (200, 24)))
    probabilities = F.one_hot(torch.from_numpy(tokens), len(VOCABULARY)).double()
    expected = expected_attributes(probabilities, VOCABULARY.values, NAMES).numpy()
    np.testing.assert_allclose(expected, measured(tokens), atol=5e-6)


def test_equals_the_mean_over_samples():
    torch.manual_seed(0)
    logits = torch.randn(24, len(VOCABULARY)).double()
    logits[:, 0] += 3
    probabilities = torch.softmax(logits, dim=-1)
    samples = torch.distributions.Categorical(probs=probabilities).sample((60_000,)).numpy()
    values = measured(samples)
    expected = expected_attributes(probabilities[None], VOCABULARY.values, NAMES)[0].numpy()
    # Ratios of expectations stand for means over notes; here the samples differ little in their count of notes.
    ratios = [NAMES.index("mean_pitch"), NAMES.index("syncopation")]
    assert expected[ratios] == pytest.approx(values[:, ratios].mean(axis=0), rel=0.05)
    expected, values = np.delete(expected, ratios), np.delete(values, ratios, axis=1)
    error = values.std(axis=0) / np.sqrt(len(values))
    assert (np.abs(expected - values.mean(axis=0)) < 5 * error).all()


def test_gradients_are_right():
    torch.manual_seed(1)
    logits = torch.randn(2, 24, len(VOCABULARY), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda x: expected_attributes(torch.softmax(x, dim=-1), VOCABULARY.values, NAMES), (logits,), fast_mode=True
    )


def test_refuses_what_has_no_expectation():
    uniform = torch.full((1, 24, len(VOCABULARY)), 1 / len(VOCABULARY))
    with pytest.raises(RecipeError, match="rhythmic_entropy"):
        expected_attributes(uniform, VOCABULARY.values, ["rhythmic_entropy"])
    with pytest.raises(RecipeError, match="one symbol per pitch"):
        expected_attributes(uniform, tuple(reversed(VOCABULARY.values)), NAMES)
