"""The phrase network: measures come back from their own codes, hidden ones from what is around them."""

import pytest
import torch

from latune.data.measure_codec import MeasureCodec
from latune.data.phrase_codec import PhraseCodec
from latune.errors import RecipeError
from latune.models.phrase_mlp import PhraseMlp, PhraseMlpConfig
from latune.models.registry import build_model
from latune.music.measure import Vocabulary, midi_vocabulary

CONFIG = PhraseMlpConfig(named_size=2, free_size=5, embedding_size=4, hidden_size=16, context_size=3, reach=2)
MEASURES, BATCH = 4, 6


@pytest.fixture
def model():
    torch.manual_seed(0)
    return build_model(CONFIG, PhraseCodec(MeasureCodec(midi_vocabulary()), MEASURES)).eval()


@pytest.fixture
def codes(model):
    return torch.randn(BATCH, model.latent_size, generator=torch.Generator().manual_seed(1))


def test_shapes(model, codes):
    tokens = torch.randint(32, (BATCH, MEASURES, 24))
    assert model.latent_size == 2 + MEASURES * (2 + 5) == CONFIG.latent_size_of(MEASURES)
    assert model.encode(tokens).mean.shape == codes.shape
    decoded = model.decode(codes)
    assert decoded.log_prob(tokens).shape == (BATCH,)
    assert decoded.mode.shape == tokens.shape
    assert model.generate(codes, generator=torch.Generator().manual_seed(0)).shape == tokens.shape


def test_named_dimensions_of_a_measure(model):
    assert model.named_dimensions == 2 + 2 * MEASURES
    found = model.named_of(torch.tensor([0, 3]).numpy())
    assert found.tolist() == [[0, 1, 2, 3], [0, 1, 8, 9]]


@torch.no_grad()
def test_a_measure_that_is_not_hidden_depends_on_no_other(model, codes):
    other = codes.clone()
    free = model.named_dimensions + 2 * CONFIG.free_size
    other[:, free : free + CONFIG.free_size] += 1  # of the third measure
    changed = (model.decode(codes).base_dist.logits != model.decode(other).base_dist.logits).flatten(2).any(dim=2)
    assert changed.tolist() == [[False, False, True, False]] * BATCH


@torch.no_grad()
def test_a_hidden_measure_depends_on_those_around_it_and_not_on_its_own_free_code(model, codes):
    hidden = torch.zeros(BATCH, MEASURES, dtype=torch.bool)
    hidden[:, 1] = True
    expected = model.expected_logits(codes, hidden)[:, 1]
    for measure, matters in ((0, True), (1, False), (2, True), (3, True)):
        other = codes.clone()
        free = model.named_dimensions + measure * CONFIG.free_size
        other[:, free : free + CONFIG.free_size] += 1
        assert torch.equal(model.expected_logits(other, hidden)[:, 1], expected) != matters


@torch.no_grad()
def test_measures_are_hidden_only_while_a_reconstruction_is_learned(model, codes):
    tokens = torch.randint(32, (BATCH, MEASURES, 24))
    plain = model.decode(codes).base_dist.logits
    assert torch.equal(model.decode(codes, tokens).base_dist.logits, plain)
    model.train()
    assert torch.equal(model.decode(codes).base_dist.logits, plain)
    assert not torch.equal(model.decode(codes, tokens).base_dist.logits, plain)


def test_pitches_must_be_consecutive():
    vocabulary = Vocabulary("spelled", ("__", "rest", "C4", "E4"), (-1, -2, 60, 64))
    with pytest.raises(RecipeError, match="one symbol per pitch"):
        PhraseMlp(vocabulary.values, (MEASURES, 24), CONFIG)
