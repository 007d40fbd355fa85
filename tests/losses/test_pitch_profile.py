"""The pitches of every bar: what the loss hears, and what it does not."""

import math

import pytest
import torch
from torch.nn import functional as F

from latune.losses.pitch_profile import pitch_profile_loss

PITCHES, SYMBOLS, STEPS = 5, 7, 4  # tokens 5 and 6 begin no note


def loss(told, wanted):
    """Of two phrases (T,) of one track."""
    probabilities = F.one_hot(torch.tensor(told), SYMBOLS).float()[None, :, None]
    return float(pitch_profile_loss(probabilities, torch.tensor(wanted)[None, :, None], PITCHES, STEPS))


def test_equal_pitches_in_another_rhythm_cost_nothing():
    assert loss([6, 2, 6, 2, 1, 1, 1, 1], [2, 6, 6, 6, 6, 6, 6, 1]) == pytest.approx(0, abs=1e-4)


def test_two_pitches_cost_their_entropy():
    assert loss([2, 3, 6, 6], [3, 6, 6, 2]) == pytest.approx(math.log(2), abs=1e-4)
    assert loss([2, 6, 6, 6], [2, 6, 6, 3]) > 3


def test_a_bar_has_pitches_of_its_own():
    there, exchanged = [2, 6, 6, 6, 1, 6, 6, 6], [1, 6, 6, 6, 2, 6, 6, 6]
    assert loss(there, there) == pytest.approx(0, abs=1e-4)
    assert loss(exchanged, there) > 3


def test_bars_without_notes_do_not_count():
    assert loss([2, 6, 6, 6, 1, 6, 6, 6], [2, 6, 6, 6, 5, 6, 6, 6]) == pytest.approx(0, abs=1e-4)
    assert loss([2, 6, 6, 6], [5, 6, 6, 6]) == 0


def test_descending_leads_to_the_wanted_pitches():
    torch.manual_seed(0)
    tokens = torch.randint(PITCHES, (2, 2 * STEPS, 3))
    logits = torch.zeros(2, 2 * STEPS, 3, SYMBOLS, requires_grad=True)
    optimiser = torch.optim.Adam([logits], 0.2)
    losses = []
    for _ in range(150):
        nats = pitch_profile_loss(logits.softmax(dim=-1), tokens, PITCHES, STEPS)
        optimiser.zero_grad()
        nats.backward()
        optimiser.step()
        losses.append(float(nats.detach()))
    shares = F.one_hot(tokens.view(2, 2, STEPS, 3), SYMBOLS).float().mean(dim=2)
    least = torch.special.entr(shares).sum(dim=-1).mean()
    assert losses[0] == pytest.approx(math.log(PITCHES), abs=1e-4)
    assert losses[-1] == pytest.approx(float(least), abs=0.02)
