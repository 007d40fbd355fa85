"""The flow between codes: nothing is lost, volumes are right, densities sum to 1, and who learns from what."""

import math

import pytest
import torch
from torch.distributions import Normal
from torch.func import jacrev, vmap

from latune.data.song_codec import SongCodec
from latune.errors import RecipeError
from latune.models.flow import Flow, FlowConfig
from latune.models.latent_model import diagonal_normal
from latune.models.mapped_posterior import MappedPosterior
from latune.models.registry import build_model
from latune.models.song_bars import SongBarsConfig
from latune.models.song_lstm import SongLstmConfig
from latune.music.songs.tokens import STEPS, SYMBOLS, TRACKS

SIZE = 7
NETWORKS = {
    "bars": SongBarsConfig(
        latent_size=6, embedding_size=4, bar_size=16, bar_code_size=8, hidden_size=16, flow=FlowConfig(layers=3)
    ),
    "lstm": SongLstmConfig(latent_size=6, hidden_size=8, layers=2, flow=FlowConfig(layers=3)),
}


def bent(size=SIZE, layers=5, seed=0, strength=0.25):
    """A flow that is far from the identity."""
    torch.manual_seed(seed)
    flow = Flow(size, FlowConfig(layers=layers, hidden_size=16))
    with torch.no_grad():
        for coupling in flow.couplings:
            coupling.out.weight.normal_(0, strength)
            coupling.out.bias.normal_(0, strength)
    return flow


@pytest.fixture(params=NETWORKS)
def model(request):
    torch.manual_seed(0)
    model = build_model(NETWORKS[request.param], SongCodec())
    with torch.no_grad():
        for coupling in model.flow.couplings:
            coupling.out.weight.normal_(0, 0.3)
    return model


@pytest.fixture
def items():
    return torch.randint(SYMBOLS, (3, STEPS, len(TRACKS)), generator=torch.Generator().manual_seed(1))


def test_a_new_flow_is_the_identity():
    torch.manual_seed(0)
    codes = torch.randn(9, SIZE)
    mapped, volume = Flow(SIZE, FlowConfig())(codes)
    assert torch.allclose(mapped, codes, atol=1e-5)
    assert not volume.any()


@pytest.mark.parametrize("size", [2, 3, SIZE, 32])
def test_there_and_back(size):
    flow, codes = bent(size), torch.randn(50, size, generator=torch.Generator().manual_seed(1))
    mapped, _ = flow(codes)
    assert (mapped - codes).abs().mean() > 0.2
    assert torch.allclose(flow.inverse(mapped), codes, atol=1e-3)
    assert torch.allclose(flow(flow.inverse(codes))[0], codes, atol=1e-3)


def test_volume_is_that_of_the_jacobian():
    codes = torch.randn(20, SIZE, generator=torch.Generator().manual_seed(2)).double()
    flow = bent().double()
    jacobians = vmap(jacrev(lambda code: flow(code)[0]))(codes)
    wanted = torch.linalg.slogdet(jacobians)[1]
    assert wanted.abs().min() > 0.01
    assert torch.allclose(flow(codes)[1], wanted, atol=1e-9)


def test_half_precision_does_not_reach_it():
    flow, codes = bent(), torch.randn(20, SIZE, generator=torch.Generator().manual_seed(2))
    with torch.autocast("cpu", torch.bfloat16):
        mapped, volume = flow(codes)
        back = flow.inverse(mapped)
    assert torch.equal(mapped, flow(codes)[0])
    assert torch.equal(volume, flow(codes)[1])
    assert torch.allclose(back, codes, atol=1e-3)


def test_the_density_of_a_mapped_posterior_sums_to_one_and_is_that_of_its_draws():
    flow = bent(2, layers=4)
    posterior = MappedPosterior(diagonal_normal(torch.tensor([[0.5, -0.3]]), torch.tensor([[0.3, 0.6]])), flow)
    torch.manual_seed(0)
    drawn = posterior.sample((20_000,))[:, 0]
    low, high = drawn.amin(0) - 0.5, drawn.amax(0) + 0.5
    lines = [torch.linspace(float(a), float(b), 400) for a, b in zip(low, high, strict=True)]
    cell = math.prod(float(line[1] - line[0]) for line in lines)
    grid = torch.cartesian_prod(*lines)
    density = posterior.log_prob(grid[:, None])[:, 0].exp().detach() * cell
    assert float(density.sum()) == pytest.approx(1, abs=0.01)
    mean = (density[:, None] * grid).sum(0)
    assert torch.allclose(mean, drawn.mean(0), atol=0.03)


def test_the_density_of_the_last_draw_needs_no_way_back():
    posterior = MappedPosterior(diagonal_normal(torch.zeros(5, SIZE), torch.full((5, SIZE), 0.7)), bent())
    torch.manual_seed(0)
    drawn = posterior.rsample()
    assert torch.allclose(posterior.log_prob(drawn), posterior.log_prob(drawn.clone()), atol=1e-2)


def test_means_and_deviations_of_narrow_posteriors():
    torch.manual_seed(0)
    centre, narrow = torch.randn(4, SIZE), 0.01 * torch.rand(4, SIZE) + 0.005
    posterior = MappedPosterior(diagonal_normal(centre, narrow), bent(strength=0.2))
    drawn = posterior.sample((20_000,))
    assert torch.allclose(posterior.mean, drawn.mean(0), atol=3e-3)
    assert torch.allclose(posterior.stddev, drawn.std(0), rtol=0.05)
    assert torch.allclose(posterior.variance, posterior.stddev**2)
    noise = torch.randn(4, SIZE)
    assert torch.equal(posterior.at(0 * noise), posterior.mean)


def test_without_a_bend_a_mapped_posterior_is_the_normal_itself():
    torch.manual_seed(0)
    base = diagonal_normal(torch.randn(3, SIZE), torch.rand(3, SIZE) + 0.1)
    posterior = MappedPosterior(base, Flow(SIZE, FlowConfig()))
    codes = torch.randn(3, SIZE)
    assert torch.allclose(posterior.mean, base.mean, atol=1e-5)
    assert torch.allclose(posterior.stddev, base.stddev, atol=1e-5)
    assert torch.allclose(posterior.log_prob(codes), base.log_prob(codes), atol=1e-3)


def test_a_phrase_comes_back_as_without_the_flow(model, items):
    model.eval()
    mean = model.encode(items).mean
    assert not torch.allclose(mean, model.own_codes(mean), atol=0.05)
    flow, model.flow = model.flow, None
    plain = model.decode(model.encode(items).mean).log_prob(items)
    drawn = model.generate(model.encode(items).mean, 0.5, 0.9, torch.Generator().manual_seed(0))
    model.flow = flow
    assert torch.allclose(model.decode(mean).log_prob(items), plain, rtol=1e-4)
    assert torch.equal(model.generate(mean, 0.5, 0.9, torch.Generator().manual_seed(0)), drawn)


def test_the_flow_learns_from_the_prior_alone_and_the_encoder_from_both(model, items):
    torch.manual_seed(0)
    posterior = model.encode(items)
    codes = posterior.rsample()
    of_flow, of_encoder = list(model.flow.parameters()), [model.to_mean.weight]
    nats = -model.decode(codes, items).log_prob(items).mean()
    divergence = (posterior.log_prob(codes) - Normal(0, 1).log_prob(codes).sum(dim=1)).mean()

    def size(loss, parameters):
        found = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
        return max(0.0 if one is None else float(one.abs().max()) for one in found)

    assert size(divergence, of_flow) > 1e-2
    assert size(nats, of_flow) < 1e-3 * size(divergence, of_flow)
    assert size(nats, of_encoder) > 0
    assert size(divergence, of_encoder) > 0


def test_weights_beside_the_flow_do_not_depend_on_it():
    with_flow, without = [], []
    for config, found in ((NETWORKS["bars"], with_flow), (NETWORKS["bars"].model_copy(update={"flow": None}), without)):
        torch.manual_seed(3)
        model = build_model(config, SongCodec())
        found += [value for name, value in model.state_dict().items() if not name.startswith("flow.")]
    assert all(torch.equal(one, other) for one, other in zip(with_flow, without, strict=True))


def test_refusals():
    with pytest.raises(RecipeError, match=r"model\.flow: a model with a flow has no styles"):
        build_model(SongBarsConfig(styles=2, flow=FlowConfig()), SongCodec())
    with pytest.raises(RecipeError, match="at least 2, got 1"):
        Flow(1, FlowConfig())
