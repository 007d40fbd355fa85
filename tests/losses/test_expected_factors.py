"""Expected factors: equal to the matched ones where the decoder is certain, in between where it is not."""

import itertools

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from latune.data.dmelody_codec import REST_TOKEN, DMelodyCodec
from latune.errors import RecipeError
from latune.losses.expectation import certain_tokens, expectation
from latune.losses.expected_factors import EPSILON, expected_factors
from latune.music.dmelodies import FACTOR_SIZES, FACTORS, MELODIES, ONSETS, melody_factors, render_melodies

CODEC = DMelodyCodec()


def melodies(count, seed=0):
    """Factors (N, 9) and tokens (N, 16) of random melodies."""
    factors = melody_factors(np.random.default_rng(seed).choice(MELODIES, count, replace=False))
    return factors, torch.from_numpy(CODEC.tokens(render_melodies(factors))).long()


def blurred(tokens, noise, seed=0):
    """Probabilities that favour these tokens."""
    torch.manual_seed(seed)
    logits = 4 * F.one_hot(tokens, CODEC.symbols) + noise * torch.randn(*tokens.shape, CODEC.symbols)
    return torch.softmax(logits.double(), dim=-1)


def test_certain_probabilities_give_the_factors():
    factors, tokens = melodies(2000)
    expected = expectation(CODEC, FACTORS)(certain_tokens(tokens, CODEC.symbols))
    np.testing.assert_allclose(expected.numpy(), factors, atol=1e-4)
    np.testing.assert_array_equal(CODEC.measure(tokens.numpy()), factors)


def test_equals_the_sum_over_all_keys_and_directions():
    """Against the plain sum over the 1,728 melodies of the likely rhythm, and over the 28 rhythms of each bar."""
    probabilities = blurred(melodies(1, seed=5)[1], noise=2.0, seed=6)
    expected = expected_factors(probabilities, FACTORS)[0].numpy()
    logarithms = np.log(probabilities[0].numpy() + EPSILON)
    silence = np.log(1 - probabilities[0, :, REST_TOKEN].numpy() + EPSILON)
    likely = []
    for bar in range(2):
        here = slice(8 * bar, 8 * bar + 8)
        sounding = np.array([[eighth in onsets for eighth in range(8)] for onsets in ONSETS])
        score = np.where(sounding, silence[here], logarithms[here, REST_TOKEN]).sum(axis=1)
        posterior = np.exp(score) / np.exp(score).sum()
        assert expected[3 + bar] == pytest.approx(posterior @ np.arange(28), abs=1e-9)
        likely.append(int(np.argmax(posterior)))
    others = [range(size) for column, size in enumerate(FACTOR_SIZES) if column not in (3, 4)]
    factors = np.array([(*key[:3], *likely, *key[3:]) for key in itertools.product(*others)])
    assert len(factors) == 1728
    tokens = CODEC.tokens(render_melodies(factors))
    is_note = tokens[0] != REST_TOKEN
    score = logarithms[np.arange(16), tokens][:, is_note].sum(axis=1)
    posterior = np.exp(score) / np.exp(score).sum()
    columns = [0, 1, 2, 5, 6, 7, 8]
    np.testing.assert_allclose(expected[columns], posterior @ factors[:, columns], atol=1e-9)


def test_gradients_are_right_once_and_twice():
    logits = torch.log(blurred(melodies(2)[1], noise=1.0)).requires_grad_()

    def of_logits(values):
        return expected_factors(torch.softmax(values, dim=-1), FACTORS)

    assert torch.autograd.gradcheck(of_logits, (logits,), fast_mode=True)
    assert torch.autograd.gradgradcheck(of_logits, (logits,), fast_mode=True)


def test_gradients_lead_to_the_wanted_factors():
    _, tokens = melodies(1, seed=1)
    logits = (2.0 * F.one_hot(tokens, CODEC.symbols)).requires_grad_()
    wanted = torch.tensor([[1.0, 0.0]])
    optimiser = torch.optim.Adam([logits], 0.1)
    for _ in range(100):
        loss = (expected_factors(torch.softmax(logits, dim=-1), ["arp_chord1", "octave"]) - wanted).square().sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert CODEC.measure(logits.argmax(dim=-1).numpy(), ["arp_chord1", "octave"]).tolist() == wanted.tolist()


def test_finite_wherever_the_decoder_is_sure_of_anything():
    torch.manual_seed(0)
    tokens = torch.randint(CODEC.symbols, (50, 16))
    probabilities = F.one_hot(tokens, CODEC.symbols).float().requires_grad_()
    expected = expected_factors(probabilities, FACTORS)
    expected.sum().backward()
    sizes = torch.tensor(FACTOR_SIZES)
    assert ((expected >= 0) & (expected <= sizes - 1 + 1e-4)).all()
    assert probabilities.grad.isfinite().all()


def test_columns_follow_the_names():
    probabilities = blurred(melodies(3)[1], noise=1.0)
    whole = expected_factors(probabilities, FACTORS)
    some = expected_factors(probabilities, ["arp_chord2", "tonic"])
    assert torch.equal(some, whole[:, [6, 0]])


def test_refuses_unknown_factors():
    with pytest.raises(RecipeError, match="no factor 'contour'"):
        expectation(CODEC, ["contour"])
