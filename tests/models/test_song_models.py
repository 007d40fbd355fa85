"""The networks for phrases of songs: published sizes, shapes, soft tokens, and what the decoders read."""

from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional as F

from latune.data.song_codec import SongCodec
from latune.errors import RecipeError
from latune.models.latent_model import token_distribution
from latune.models.measure_mlp import MeasureMlpConfig
from latune.models.registry import build_model
from latune.models.song_bars import SongBarsConfig
from latune.models.song_lstm import SongLstm, SongLstmConfig
from latune.models.song_model import probabilities
from latune.music.songs.tokens import STEPS, SYMBOLS, TRACKS

LSTM = {"latent_size": 6, "hidden_size": 8, "layers": 2}
BARS = {"decoder": "hierarchical", "lower_size": 8, "lower_layers": 1}
CONFIGS = {
    "bars": SongBarsConfig(latent_size=6, embedding_size=4, bar_size=16, bar_code_size=8, hidden_size=16),
    "bars, styles": SongBarsConfig(
        latent_size=6, styles=3, embedding_size=4, bar_size=16, bar_code_size=8, hidden_size=16
    ),
    "lstm": SongLstmConfig(**LSTM),
    "lstm, styles": SongLstmConfig(**LSTM, styles=3),
    "lstm, hierarchical": SongLstmConfig(**LSTM, **BARS),
    "lstm, forced": SongLstmConfig(**LSTM, **BARS, teacher_forcing=True),
}
BATCH = 3


def build(config, seed=0):
    torch.manual_seed(seed)
    return build_model(config, SongCodec())


@pytest.fixture(params=CONFIGS)
def model(request):
    return build(CONFIGS[request.param])


@pytest.fixture
def items():
    return torch.randint(SYMBOLS, (BATCH, STEPS, len(TRACKS)), generator=torch.Generator().manual_seed(1))


def parameters(*modules):
    return sum(parameter.numel() for module in modules for parameter in module.parameters())


@pytest.mark.parametrize(("styles", "encoder", "decoder"), [(0, 17_884_160, 25_744_392), (32, 17_916_960, 26_022_920)])
def test_the_published_numbers_of_parameters(styles, encoder, decoder):
    with torch.device("meta"):
        model = SongLstm(SongLstmConfig(styles=styles))
    heads = [model.to_mean, model.to_log_variance, *([model.to_style] if styles else [])]
    assert parameters(model.reader, *heads) == encoder
    assert parameters(model.to_state, model.writers) == decoder
    assert parameters(model) == encoder + decoder


def test_shapes_and_finite_values(model, items):
    posterior = model.encode(items)
    codes = posterior.rsample()
    assert codes.shape == (BATCH, model.latent_size)
    decoded = model.decode(codes, items)
    log_prob = decoded.log_prob(items)
    assert log_prob.shape == (BATCH,)
    log_prob.sum().backward()
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters())
    assert decoded.mode.shape == model.right_elements(decoded, items).shape == items.shape
    drawn = model.generate(codes.detach(), 0.9, 0.8, torch.Generator().manual_seed(0))
    assert drawn.shape == items.shape
    assert 0 <= drawn.min() <= drawn.max() < SYMBOLS


def test_every_part_of_a_phrase_is_read_and_follows_the_code(model, items):
    model.eval()
    mean = model.encode(items).mean
    for step in (0, STEPS - 1):  # what an untrained LSTM reads in the middle hardly reaches its ends
        for track in range(len(TRACKS)):
            other = items.clone()
            other[:, step, track] = (other[:, step, track] + 1) % SYMBOLS
            assert (model.encode(other).mean != mean).any()
    first, second = model.logits(torch.randn(2, model.latent_size))
    changed = (first != second).any(dim=-1).float().mean()
    assert changed == 1


def test_soft_tokens_are_read_like_hard_ones(model, items):
    soft = F.one_hot(items, SYMBOLS).float()
    model.eval()
    hard, read = model.encode(items), model.encode_soft(soft)
    assert torch.allclose(hard.mean, read.mean, atol=1e-5)
    assert torch.allclose(hard.stddev, read.stddev, atol=1e-5)


def test_the_encoder_reads_soft_tokens_in_the_published_order(items):
    model = build(CONFIGS["lstm"]).eval()
    columns = torch.full((BATCH, STEPS, 4 * SYMBOLS), -1.0)
    for track in range(4):
        columns.scatter_(2, items[:, :, track : track + 1] * 4 + track, 1.0)
    _, (last, _) = model.reader(columns)
    mean = model.to_mean(torch.cat([last[-2], last[-1]], dim=1))
    assert torch.allclose(model.encode(items).mean, mean, atol=1e-5)


def test_styles_stand_last_and_have_no_noise(items):
    for name in ("bars, styles", "lstm, styles"):
        model = build(CONFIGS[name])
        posterior = model.encode(items)
        assert posterior.mean.shape == (BATCH, 6 + 3)
        styles = posterior.mean[:, 6:]
        assert 0 < styles.min() < styles.max() < 1
        assert posterior.stddev[:, 6:].max() < 1e-5 < posterior.stddev[:, :6].min()


def test_tokens_have_the_probabilities_of_a_categorical_distribution(items):
    model = build(CONFIGS["bars"])
    codes = torch.randn(BATCH, 6)
    logits = model.logits(codes).detach().requires_grad_()
    plain = token_distribution(logits)
    wanted = torch.autograd.grad(plain.log_prob(items).square().sum(), logits)[0]
    decoded = model.decode(codes)
    decoded.base_dist.logits = logits
    found = torch.autograd.grad(decoded.log_prob(items).square().sum(), logits)[0]
    assert torch.allclose(decoded.log_prob(items), plain.log_prob(items), rtol=1e-5)
    assert torch.allclose(found, wanted, rtol=1e-4, atol=1e-3)
    assert torch.allclose(probabilities(decoded), logits.softmax(dim=-1))
    assert torch.equal(decoded.mode, plain.mode)
    assert torch.allclose(decoded.entropy(), plain.entropy(), rtol=1e-5)
    assert torch.equal(model.right_elements(decoded, items), plain.mode == items)
    assert decoded.sample().shape == items.shape


def test_bars_of_the_hierarchical_decoder_differ():
    model = build(CONFIGS["lstm, hierarchical"]).eval()
    bars = model.logits(torch.randn(1, 6))[0].view(16, 16, 4, SYMBOLS)
    assert (bars[0] != bars[1]).any()
    writer = model.writers[0]
    assert writer.steps.input_size == 8


def test_forcing_reads_the_token_before_within_a_bar(items):
    model = build(CONFIGS["lstm, forced"])
    codes = torch.randn(BATCH, 6)
    other = items.clone()
    other[:, 20, 1] = (other[:, 20, 1] + 1) % SYMBOLS
    changed = (model.logits(codes, items) != model.logits(codes, other)).any(dim=-1).any(dim=0)  # (256, 4)
    assert changed[21:32, 1].all()
    assert changed.sum() == 11  # the rest of the bar, in this track alone
    model.eval()
    assert torch.equal(model.logits(codes, items), model.logits(codes, other))  # afterwards it reads what it wrote


def test_forced_writing_agrees_with_reading_what_was_written():
    model = build(CONFIGS["lstm, forced"]).eval()
    codes = torch.randn(BATCH, 6)
    logits = model.logits(codes)
    own = logits.argmax(dim=-1)
    assert torch.allclose(model.train().logits(codes, own), logits, atol=1e-5)


def test_refusals():
    with pytest.raises(RecipeError, match="reads phrases of songs"):
        build_model(CONFIGS["bars"], SimpleNamespace(symbols=SYMBOLS, item_shape=(4, 24), cuts=()))
    with pytest.raises(RecipeError, match="reads no phrases of songs"):
        build_model(MeasureMlpConfig(), SongCodec())
    with pytest.raises(ValueError, match="hierarchical"):
        SongLstmConfig(teacher_forcing=True)


def test_no_variance_is_so_large_that_a_draw_is_not_finite(items):
    model = build(CONFIGS["bars"])
    with torch.no_grad():
        model.to_log_variance.bias.fill_(500.0)
        assert model.encode(items).rsample().isfinite().all()
        model.to_log_variance.bias.fill_(-500.0)
        assert (model.encode(items).stddev > 0).all()
