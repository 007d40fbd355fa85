"""One contract for all networks, and what is particular to each."""

from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file
from torch.distributions import Normal
from torch.distributions import kl_divergence as kl

from latune.models.latent_model import sample_tokens
from latune.models.measure_mlp import MeasureMlpConfig
from latune.models.measure_rnn import MeasureRnnConfig
from latune.models.registry import build_model
from latune.training.run_folder import save_weights

BEATS = (6, 12, 18)
SYMBOLS, TICKS, BATCH = 13, 24, 5
SMALL_RNN = {"latent_size": 6, "hidden_size": 16, "embedding_size": 4}
CONFIGS = {
    "mlp": MeasureMlpConfig(latent_size=6, hidden_size=16, embedding_size=4),
    "deep mlp": MeasureMlpConfig(latent_size=6, hidden_size=16, hidden_layers=3),
    "mlp, codes without noise": MeasureMlpConfig(latent_size=6, hidden_size=16, posterior="point"),
    "rnn": MeasureRnnConfig(**SMALL_RNN),
    "rnn, always forced": MeasureRnnConfig(**SMALL_RNN, teacher_forcing=1.0),
    "rnn, never forced": MeasureRnnConfig(**SMALL_RNN, teacher_forcing=0.0),
    "rnn, one layer": MeasureRnnConfig(**SMALL_RNN, layers=1),
    "rnn, parity": MeasureRnnConfig(**SMALL_RNN, relu_logits=True),
}


def build(config, seed=0):
    torch.manual_seed(seed)
    return build_model(config, SimpleNamespace(symbols=SYMBOLS, item_shape=(TICKS,), cuts=BEATS))


@pytest.fixture(params=CONFIGS)
def model(request):
    return build(CONFIGS[request.param])


@pytest.fixture
def items():
    return torch.randint(SYMBOLS, (BATCH, TICKS), generator=torch.Generator().manual_seed(1))


def test_shapes_and_finite_values(model, items):
    posterior = model.encode(items)
    codes = posterior.rsample()
    assert codes.shape == (BATCH, model.latent_size)
    assert posterior.log_prob(codes).shape == (BATCH,)
    assert kl(posterior, model.prior).isfinite().all()
    decoded = model.decode(codes, items)
    log_prob = decoded.log_prob(items)
    assert log_prob.shape == (BATCH,)
    assert log_prob.isfinite().all()
    assert decoded.mode.shape == items.shape
    drawn = model.generate(codes)
    assert drawn.shape == items.shape
    assert drawn.min() >= 0
    assert drawn.max() < SYMBOLS


def test_prior_is_standard_normal(model):
    codes = torch.randn(4, model.latent_size)
    assert torch.allclose(model.prior.log_prob(codes), Normal(0.0, 1.0).log_prob(codes).sum(dim=1))


def test_gradient_reaches_every_parameter(model, items):
    """Over several batches: a coin decides whether a batch of the recurrent network is teacher-forced."""
    model.train()
    with torch.no_grad():  # a learned input that starts at 0 gives its weights no gradient yet
        for parameter in model.parameters():
            parameter += 0.01
    touched = set()
    for _ in range(12):
        model.zero_grad()
        posterior = model.encode(items)
        loss = -model.decode(posterior.rsample(), items).log_prob(items).mean() + kl(posterior, model.prior).mean()
        loss.backward()
        for name, parameter in model.named_parameters():
            assert parameter.grad is None or parameter.grad.isfinite().all(), name
            if parameter.grad is not None and parameter.grad.abs().sum() > 0:
                touched.add(name)
    assert touched == {name for name, _ in model.named_parameters()}


def test_evaluation_is_deterministic_and_ignores_the_true_items(model, items):
    model.eval()
    codes = model.encode(items).mean
    assert torch.equal(codes, model.encode(items).mean)
    logits = model.decode(codes).base_dist.logits
    assert torch.equal(logits, model.decode(codes, items).base_dist.logits)
    assert torch.equal(logits, model.decode(codes, items.flip(0)).base_dist.logits)


def test_items_of_a_batch_do_not_influence_each_other(model, items):
    model.eval()
    together = model.encode(items).mean
    alone = torch.cat([model.encode(item[None]).mean for item in items])
    assert torch.allclose(together, alone, atol=1e-6)
    decoded = model.decode(together).base_dist.logits
    apart = torch.cat([model.decode(code[None]).base_dist.logits for code in together])
    assert torch.allclose(decoded, apart, atol=1e-5)


def test_generation_follows_its_generator(model, items):
    model.eval()
    codes = model.encode(items).mean
    first, again, other = (model.generate(codes, generator=torch.Generator().manual_seed(s)) for s in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


# Not in parity mode: there logits clamped at 0 tie, and a tie is drawn at random.
@pytest.mark.parametrize("model", [name for name in CONFIGS if name != "rnn, parity"], indirect=True)
def test_cold_generation_is_the_mode(model):
    model.eval()
    codes = 3 * torch.randn(BATCH, model.latent_size, generator=torch.Generator().manual_seed(2))
    assert torch.equal(model.generate(codes, temperature=1e-6), model.decode(codes).mode)


def test_weights_survive_saving(model, items, tmp_path, request):
    path = tmp_path / "weights.safetensors"
    save_weights(model, path)
    other = build(CONFIGS[request.node.callspec.params["model"]], seed=1)
    other.load_state_dict(load_file(path))
    model.eval()
    other.eval()
    assert torch.equal(model.encode(items).mean, other.encode(items).mean)
    codes = torch.randn(BATCH, model.latent_size)
    assert torch.equal(model.decode(codes).base_dist.logits, other.decode(codes).base_dist.logits)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_codes_without_noise(items):
    posterior = build(CONFIGS["mlp, codes without noise"]).encode(items)
    assert torch.allclose(posterior.sample(), posterior.mean, atol=1e-4)


# The recurrent network against its specification.


@pytest.mark.parametrize("symbols", [32, 77, 78])
def test_published_number_of_parameters(symbols):
    model = build_model(MeasureRnnConfig(), SimpleNamespace(symbols=symbols, item_shape=(TICKS,), cuts=BEATS))
    assert sum(parameter.numel() for parameter in model.parameters()) == 1_092_427 + 149 * symbols


def test_weights_are_xavier_normal_and_learned_inputs_start_at_zero():
    model = build(MeasureRnnConfig())
    assert model.beat_input.abs().sum() == model.first_token.abs().sum() == 0
    weight = model.tick_rnn.weight_hh_l0
    assert weight.std().item() == pytest.approx((2 / sum(weight.shape)) ** 0.5, rel=0.05)


def plain_logits(model, codes, previous_of):
    """Tick by tick: the state starts anew with each beat, the token before is chosen by `previous_of`."""
    layers, hidden = model.config.layers, model.config.hidden_size
    state = model.beat_state(codes).reshape(len(codes), layers, hidden).transpose(0, 1).contiguous()
    beat_input = model.beat_input.reshape(1, 1, 1).expand(len(codes), 1, 1)
    previous, steps = model.first_token.expand(len(codes), -1), []
    for beat in range(4):
        output, state = model.beat_rnn(beat_input, state)
        first = model.tick_state(output[:, 0]).reshape(len(codes), layers, hidden)
        tick_state = first.transpose(0, 1).contiguous()
        tick_input = model.tick_input(output[:, 0])
        for tick in range(6):
            step = torch.cat([previous, tick_input], dim=1)[:, None]
            output_tick, tick_state = model.tick_rnn(step, tick_state)
            logits = model.output(output_tick[:, 0])
            steps.append(logits.relu() if model.config.relu_logits else logits)
            previous = model.decoder_embedding(previous_of(6 * beat + tick, steps[-1]))
    return torch.stack(steps, dim=1)


@pytest.mark.parametrize("relu", [False, True])
def test_fused_teacher_forcing_equals_a_plain_loop(items, relu):
    config = MeasureRnnConfig(**SMALL_RNN, dropout=0.0, teacher_forcing=1.0, relu_logits=relu)
    model = build(config).double().train()
    codes = torch.randn(BATCH, 6, dtype=torch.double)
    fused = model.decode(codes, items).base_dist.logits
    plain = plain_logits(model, codes, lambda tick, _: items[:, tick])
    assert torch.allclose(fused, plain.log_softmax(dim=-1), atol=1e-12)


def test_free_running_equals_a_plain_loop():
    model = build(CONFIGS["rnn"]).double().eval()
    codes = torch.randn(BATCH, 6, dtype=torch.double)
    plain = plain_logits(model, codes, lambda _, logits: logits.argmax(dim=-1))
    assert torch.allclose(model.decode(codes).base_dist.logits, plain.log_softmax(dim=-1), atol=1e-12)


def test_free_running_in_training_equals_a_plain_loop_in_value_and_gradient(items):
    """There the tokens are found first, and all ticks learned from in one fused call."""
    model = build(MeasureRnnConfig(**SMALL_RNN, dropout=0.0, teacher_forcing=0.0)).double().train()
    codes = torch.randn(BATCH, 6, dtype=torch.double, requires_grad=True)
    fused = model.decode(codes, items).base_dist.logits
    plain = plain_logits(model, codes, lambda _, logits: logits.argmax(dim=-1)).log_softmax(dim=-1)
    assert torch.allclose(fused, plain, atol=1e-12)
    inputs = [codes, *decoder_of(model)]
    gradients = [torch.autograd.grad(logits.sin().sum(), inputs) for logits in (fused, plain)]
    assert all(torch.allclose(ours, expected, atol=1e-10) for ours, expected in zip(*gradients, strict=True))


def decoder_of(model):
    return [p for name, p in model.named_parameters() if not name.startswith(("encoder", "embedding", "mean", "log"))]


def test_teacher_forcing_is_drawn_for_the_given_share_of_batches():
    model = build(MeasureRnnConfig(**SMALL_RNN, teacher_forcing=0.25))
    torch.manual_seed(0)
    drawn = [model._draw_teacher_forcing() for _ in range(2000)]
    assert sum(drawn) / 2000 == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("relu", [False, True])
def test_logits_are_clamped_only_in_parity_mode(monkeypatch, relu):
    model = build(MeasureRnnConfig(**SMALL_RNN, relu_logits=relu)).eval()
    raw = []
    monkeypatch.setattr(
        model, "_to_logits", lambda outputs: raw.append(type(model)._to_logits(model, outputs)) or raw[-1]
    )
    model.decode(torch.randn(BATCH, 6))
    assert (torch.stack(raw).min() >= 0).item() is relu


# Sampling.


def draws(logits, count=4000, **options):
    generator = torch.Generator().manual_seed(0)
    tokens = sample_tokens(logits.expand(count, -1), generator=generator, **options)
    return torch.bincount(tokens, minlength=len(logits)) / count


@pytest.mark.parametrize(("top_p", "kept"), [(1.0, 4), (0.95, 4), (0.85, 3), (0.7, 2), (0.45, 1), (1e-9, 1)])
def test_only_the_nucleus_is_drawn(top_p, kept):
    probabilities = torch.tensor([0.1, 0.5, 0.15, 0.25])  # sums in order: .5, .75, .9, 1
    shares = draws(probabilities.log(), temperature=1.0, top_p=top_p)
    nucleus = probabilities.argsort(descending=True)[:kept]
    expected = torch.zeros(4)
    expected[nucleus] = probabilities[nucleus] / probabilities[nucleus].sum()
    assert torch.allclose(shares, expected, atol=0.03)
    assert (shares > 0).sum() == kept


def test_temperature_sharpens_and_flattens():
    logits = torch.tensor([0.0, 1.0, 2.0])
    for temperature in (0.5, 1.0, 3.0):
        expected = torch.softmax(logits / temperature, dim=0)
        assert torch.allclose(draws(logits, temperature=temperature, top_p=1.0), expected, atol=0.03)


@pytest.mark.parametrize("options", [(0.0, 1.0), (-1.0, 1.0), (1.0, 0.0), (1.0, 1.1)])
def test_meaningless_sampling_is_refused(options):
    with pytest.raises(ValueError, match="expected temperature > 0"):
        sample_tokens(torch.zeros(1, 3), *options, None)
