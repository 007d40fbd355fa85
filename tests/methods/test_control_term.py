"""The control term: nothing to pay for a decoder that obeys, something for a deaf one, refused where meaningless."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from latune.errors import RecipeError
from latune.methods.control_term import ControlConfig, ControlTerm
from latune.models.latent_model import TokenModel, token_distribution

DENSITY = ("note_density",)


class DensityDecoder(TokenModel):
    """Begins as many notes as its first dimension says, or, deaf, as its second one says."""

    def __init__(self, deaf):
        super().__init__(2)
        self.deaf = deaf
        self.unused = nn.Parameter(torch.zeros(1))

    def encode(self, items):
        raise NotImplementedError

    def decode(self, codes, items=None):
        notes = (codes[:, 1 if self.deaf else 0] * 24).round().long()
        tokens = torch.where(torch.arange(24) < notes[:, None], 5, 0)
        return token_distribution(F.one_hot(tokens, 32).float() * 50)

    def generate(self, codes, temperature=1.0, top_p=1.0, generator=None):
        raise NotImplementedError


@pytest.fixture
def term(synthetic):
    return ControlTerm(ControlConfig(weight=2.0), DENSITY, synthetic.table, synthetic.codec, synthetic.attributes)


def batch(synthetic):
    items = np.array(synthetic.items[:64])
    density = synthetic.codec.measure(items, DENSITY)[:, 0]
    codes = torch.tensor(np.column_stack([density, density]), dtype=torch.float32)
    return codes, torch.from_numpy(items).long()


def test_an_obedient_decoder_pays_nothing(synthetic, term):
    codes, items = batch(synthetic)
    assert term(DensityDecoder(deaf=False), codes, items).item() < 1e-4


def test_a_deaf_decoder_pays_what_the_formula_says(synthetic, term):
    codes, items = batch(synthetic)
    torch.manual_seed(0)
    paid = term(DensityDecoder(deaf=True), codes, items)
    torch.manual_seed(0)
    order = torch.randperm(len(codes))
    error = (codes[:, 0] - codes[order, 0]) / term.deviations[0]
    assert paid.item() == pytest.approx(2.0 * F.smooth_l1_loss(error, torch.zeros(64), beta=0.25).item(), rel=1e-3)


def test_it_needs_regularised_attributes_with_an_expectation(synthetic):
    for names, words in (((), "attributes"), (("syncopation",), "expectation")):
        with pytest.raises(RecipeError, match=words):
            ControlTerm(ControlConfig(), names, synthetic.table, synthetic.codec, synthetic.attributes)
