"""MusAE with a flow: it finds the petals when the autoencoder is done, and carried phrases keep their pitches."""

import numpy as np
import pytest
import torch

from latune.data.batches import Batch
from latune.data.song_codec import SongCodec
from latune.errors import RecipeError
from latune.methods.beta_vae import BetaVaeConfig
from latune.methods.method import Player
from latune.methods.musae_flow import flow_losses, other_genres
from latune.methods.musae_mixture import MusaeMixture, MusaeMixtureConfig
from latune.methods.registry import build_method
from latune.models.flow import Flow, FlowConfig
from latune.models.latent_model import diagonal_normal
from latune.models.petals import PetalsConfig, build_petals
from latune.models.registry import build_model
from latune.models.song_bars import SongBarsConfig
from latune.music.songs.tokens import SYMBOLS

GENRES, SIZE = 3, 6
PETALS = PetalsConfig(axes="orthonormal", radius=3.0, along=1.0, across=0.25, width=1.0)
SIZES = {"latent_size": SIZE, "embedding_size": 4, "bar_size": 16, "bar_code_size": 8, "hidden_size": 16}


def build(**changes):
    torch.manual_seed(0)
    model = build_model(SongBarsConfig(**SIZES, flow=FlowConfig(layers=4, hidden_size=16)), SongCodec())
    settings = {"regulariser": "kl", "weights": ((0, 0.01),), "petals": PETALS, "flow_from_step": 5} | changes
    return MusaeMixture(model, MusaeMixtureConfig(**settings), GENRES)


@pytest.fixture
def batch():
    torch.manual_seed(1)
    labels = torch.eye(GENRES)[torch.arange(9) % GENRES]
    return Batch(torch.randint(SYMBOLS, (9, 256, 4)), torch.zeros(9, 0), None, labels)


def clusters(count):
    """Posteriors of codes that are neither normal nor where petals are, and their genres."""
    generator = torch.Generator().manual_seed(0)
    genres = torch.randint(GENRES, (count,), generator=generator)
    codes = torch.randn(count, SIZE, generator=generator)
    codes[:, 1] = codes[:, 0] ** 2 + 0.5 * codes[:, 1]
    codes = codes * 0.5 + 2 * torch.eye(GENRES, SIZE).roll(1, 1)[genres]
    return diagonal_normal(codes, torch.full_like(codes, 0.2)), genres


def learn(transport_weight, steps=150):
    torch.manual_seed(0)
    flow, petals = Flow(SIZE, FlowConfig(layers=4, hidden_size=32)), build_petals(PETALS, GENRES, SIZE)
    posterior, genres = clusters(128)
    optimiser = torch.optim.Adam(flow.parameters(), 0.01)
    found = []
    for _ in range(steps):
        losses = flow_losses(flow, petals, posterior, genres, transport_weight)
        optimiser.zero_grad()
        losses["loss"].backward()
        optimiser.step()
        found.append(losses)
    return flow, petals, found


def test_a_flow_carries_codes_into_the_petals_of_their_genres():
    flow, petals, found = learn(0.0)
    assert set(found[0]) == {"loss", "likelihood"}
    assert found[-1]["likelihood"] < found[0]["likelihood"] - 5
    posterior, genres = clusters(2000)
    with torch.no_grad():
        mapped = flow(posterior.sample())[0]
    assert (petals.responsibilities(mapped).argmax(dim=1) == genres).float().mean() > 0.95
    wanted = petals.sample(genres)
    assert torch.allclose(mapped.mean(0), wanted.mean(0), atol=0.2)
    assert torch.allclose(mapped.std(0), wanted.std(0), atol=0.25)


def test_the_transport_term_keeps_where_codes_are_carried():
    def strayed(transport_weight):
        flow, petals, _ = learn(transport_weight)
        posterior, genres = clusters(500)
        with torch.no_grad():
            codes, others = posterior.mean, (genres + 1) % GENRES
            carried = flow.inverse(petals.exchanged(flow(codes)[0], genres, others))
        return float((carried - petals.exchanged(codes, genres, others)).norm(dim=1).mean())

    assert strayed(0.03) < 0.7 * strayed(0.0)


def test_other_genres():
    torch.manual_seed(0)
    chosen = torch.arange(GENRES + 1).repeat(300)
    others = other_genres(chosen, GENRES)
    assert (others != chosen).all()
    pairs = set(zip(chosen.tolist(), others.tolist(), strict=True))
    assert pairs >= {(one, other) for one in range(GENRES) for other in range(GENRES) if one != other}
    assert others.max() < GENRES


def test_the_autoencoder_learns_first_and_then_the_flow_alone(batch):
    method = build(transport_weight=0.001)
    autoencoder, flow = method.players()
    assert [(autoencoder.plays(step), flow.plays(step)) for step in (0, 4, 5, 9)] == [(True, False)] * 2 + [
        (False, True)
    ] * 2
    assert autoencoder.time(2, 20) == (2, 5)
    assert flow.time(8, 20) == (3, 15)
    own, others = ({id(parameter) for parameter in player.parameters} for player in (autoencoder, flow))
    assert not own & others
    assert own | others == {id(parameter) for parameter in method.model.parameters()}
    assert {"reconstruction", "regularity"} <= set(autoencoder.loss(batch, 0))
    with torch.no_grad():
        for coupling in method.model.flow.couplings:
            coupling.out.weight.normal_(0, 0.1)
    turn = flow.loss(batch, 5)
    turn["loss"].backward()
    assert {"likelihood", "transport"} <= set(turn)
    assert all(parameter.grad is None for parameter in autoencoder.parameters)
    assert max(float(parameter.grad.abs().max()) for parameter in flow.parameters) > 0


def test_players_without_an_end_follow_the_schedule_of_the_training():
    player = Player("critic", [], lambda batch, step: {}, from_step=3)
    assert [player.plays(step) for step in (2, 3, 90)] == [False, True, True]
    assert player.time(7, 20) == (7, 20)


def test_the_content_term_reaches_encoder_and_decoder(batch):
    method = build(content_weight=0.5, content_items=4, weights=((0, 0.0),))
    losses = method.players()[0].loss(batch, 0)
    losses["content"].backward()
    model = method.model
    for layer in (model.to_mean, model.to_logits, model.bar_encoder[0]):
        assert float(layer.weight.grad.abs().max()) > 0


def test_with_the_content_term_carried_phrases_keep_their_pitches():
    """Phrases of one pitch each, in the rhythm of their genre: the pitch stays."""
    generator = np.random.default_rng(0)
    count = 9
    labels = torch.eye(GENRES)[torch.arange(count) % GENRES]
    items = np.full((count, 256, 4), 129, np.int64)
    for number in range(count):
        items[number, :: 2 ** (1 + number % GENRES)] = generator.choice([40, 50, 60, 70])
    batch = Batch(torch.from_numpy(items), torch.zeros(count, 0), None, labels)
    method = build(content_weight=1.0, reconstruction="mean")
    player = method.players()[0]
    optimiser, found = torch.optim.Adam(player.parameters, 0.02), []
    for step in range(80):
        losses = player.loss(batch, step)
        optimiser.zero_grad()
        losses["loss"].backward()
        optimiser.step()
        found.append(float(losses["content"].detach()))
    assert found[-1] < 0.5 * found[0]


def test_refusals():
    model, plain = (
        build_model(SongBarsConfig(**SIZES, flow=flow), SongCodec()) for flow in (FlowConfig(layers=2), None)
    )
    divergence = {"regulariser": "kl", "petals": PETALS}
    with pytest.raises(RecipeError, match=r"needs method\.regulariser 'kl', got 'mmd'"):
        MusaeMixture(model, MusaeMixtureConfig(regulariser="mmd"), GENRES)
    for network, first in ((plain, 5), (model, None)):
        with pytest.raises(RecipeError, match="expected both or neither"):
            MusaeMixture(network, MusaeMixtureConfig(**divergence, flow_from_step=first), GENRES)
    with pytest.raises(RecipeError, match="expected two or more"):
        MusaeMixture(plain, MusaeMixtureConfig(**divergence, content_weight=0.1), 1)
    with pytest.raises(RecipeError, match=r"model\.flow: needs method\.name 'musae_mixture', got 'beta_vae'"):
        build_method(BetaVaeConfig(), model, SongCodec().table, None)
