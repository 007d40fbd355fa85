"""MusAE: who learns from what, the stages of the weight, and what the two variants add."""

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from latune.data.batches import Batch
from latune.errors import RecipeError
from latune.methods.attribute_term import AttributesConfig, AttributeTerm
from latune.methods.code_critic import CodeCritic
from latune.methods.method import MAIN_PLAYER
from latune.methods.musae import stage
from latune.methods.musae_mixture import MusaeMixtureConfig
from latune.methods.musae_single import MusaeSingleConfig
from latune.methods.registry import build_method
from latune.models.measure_mlp import MeasureMlp, MeasureMlpConfig
from latune.models.petals import PetalsConfig
from latune.models.song_bars import SongBars, SongBarsConfig
from latune.music.songs.attributes import SONG_ATTRIBUTES

GENRES, ITEMS = 3, 8
NOW = ((0, 0.5),)
SIZES = {"embedding_size": 4, "bar_size": 16, "bar_code_size": 8, "hidden_size": 16}
MIXTURE = MusaeMixtureConfig(weights=NOW, critic_sizes=(16, 16))
SINGLE = MusaeSingleConfig(weights=NOW, critic_sizes=(16, 16))


def method(config, styles=0, genres=GENRES, names=()):
    torch.manual_seed(0)
    model = SongBars(SongBarsConfig(latent_size=6, styles=styles, **SIZES))
    term = AttributeTerm(AttributesConfig(names=names), SONG_ATTRIBUTES, model.latent_size) if names else None
    return build_method(config, model, SONG_ATTRIBUTES, term, genres=genres)


def batch(items=ITEMS):
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(130, (items, 256, 4), generator=generator)
    labels = torch.eye(GENRES)[torch.randint(GENRES, (items,), generator=generator)]
    labels[0] = 0
    return Batch(tokens, torch.randn(items, len(SONG_ATTRIBUTES.names), generator=generator), None, labels)


def variants(regulariser="wgan", **changes):
    changes |= {"regulariser": regulariser}
    return [method(MIXTURE.model_copy(update=changes)), method(SINGLE.model_copy(update=changes), styles=GENRES)]


def gradients(module):
    found = [parameter.grad for parameter in module.parameters()]
    return [torch.zeros(1) if gradient is None else gradient for gradient in found]


@pytest.mark.parametrize("variant", [0, 1])
def test_who_learns_from_whom(variant):
    built, data = variants()[variant], batch()
    autoencoder, critic = built.players()
    autoencoder.loss(data, 0)["loss"].backward()
    assert all(not gradient.any() for gradient in gradients(built.critics))
    assert any(gradient.any() for gradient in gradients(built.model))
    built.zero_grad()
    critic.loss(data, 0)["loss"].backward()
    assert all(not gradient.any() for gradient in gradients(built.model))
    assert all(gradient.any() for gradient in gradients(built.critics) if gradient.ndim == 2)


@pytest.mark.parametrize("variant", [0, 1])
def test_the_critics_opinion_reaches_the_encoder(variant):
    built, data = variants()[variant], batch()
    posterior = built.model.encode(data.items)
    built._regularity(posterior, posterior.rsample(), data).backward()
    encoder = [built.model.encoder, built.model.bar_encoder, built.model.to_mean]
    assert all(any(gradient.any() for gradient in gradients(part)) for part in encoder)
    assert not any(gradient.any() for gradient in [*gradients(built.model.decoder), *gradients(built.critics)])


def test_opposite_moves():
    """In the published code the two gradients of the encoder cancel out; here they meet different networks."""
    critic, codes = CodeCritic(3, (8,), 10.0), torch.randn(16, 3, requires_grad=True)
    own = critic.losses(codes, torch.randn(16, 3))
    own["loss"].backward()
    assert codes.grad is None
    critic.zero_grad()
    critic.encoder_loss(codes).backward()
    assert codes.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in critic.parameters())


def test_taking_turns_brings_codes_to_the_prior():
    torch.manual_seed(0)
    critic, shift = CodeCritic(2, (32,), 10.0), torch.nn.Parameter(torch.full((2,), 2.0))
    of_critic = torch.optim.Adam(critic.parameters(), 0.01)
    of_shift = torch.optim.Adam([shift], 0.05)
    seen = []
    for _ in range(160):
        for _ in range(3):
            loss = critic.losses(torch.randn(64, 2) + shift, torch.randn(64, 2))["loss"]
            of_critic.zero_grad()
            loss.backward()
            of_critic.step()
        loss = critic.encoder_loss(torch.randn(64, 2) + shift)
        of_shift.zero_grad()
        loss.backward()
        of_shift.step()
        seen.append(shift.detach().clone())
    assert torch.stack(seen[-80:]).mean(dim=0).abs().max() < 0.5  # it swings around where it should be


def test_stages_of_the_weight():
    steps = (0, 1001, 5001, 10_001, 15_001)
    assert [stage(MusaeSingleConfig().weights, step) for step in steps] == [0, 0, 0, 0.1, 0.2]
    assert [stage(MusaeMixtureConfig().weights, step) for step in steps] == [0, 0, 0.1, 0.2, 0.2]
    with pytest.raises(ValueError, match="begin at 0"):
        MusaeSingleConfig(weights=((5, 0.1),))
    with pytest.raises(ValueError, match="begin at 0"):
        MusaeSingleConfig(weights=((0, 0.1), (9, 0.2), (3, 0.3)))


def test_players_and_their_turns():
    autoencoder, critic = method(MusaeMixtureConfig()).players()
    assert (autoencoder.name, autoencoder.steps_per_round, autoencoder.from_step) == (MAIN_PLAYER, 1, 0)
    assert (critic.name, critic.steps_per_round, critic.from_step) == ("critic", 5, 5000)
    assert (critic.clip_norm, critic.clip_value) == (autoencoder.clip_norm, autoencoder.clip_value) == (1.0, 0.5)
    assert len(method(MIXTURE.model_copy(update={"regulariser": "mmd"})).players()) == 1
    assert len(method(MIXTURE.model_copy(update={"weights": ((0, 0.0),)})).players()) == 1


def test_the_published_critics():
    with torch.device("meta"):
        sizes = [CodeCritic(inputs, (512, 512), 10.0) for inputs in (512, 32, 544)]
    counts = [sum(parameter.numel() for parameter in critic.parameters()) for critic in sizes]
    assert counts == [525_825, 280_065, 542_209]


@pytest.mark.parametrize("regulariser", ["wgan", "mmd", "kl"])
def test_losses_add_up(regulariser):
    for built in variants(regulariser):
        losses = built.players()[0].loss(batch(), 0)
        terms = [value for name, value in losses.items() if name not in ("loss", "accuracy")]
        assert losses["loss"].item() == pytest.approx(sum(terms).item(), rel=1e-5)
        assert {"reconstruction", "regularity"} <= set(losses)
        assert losses["reconstruction"].item() == pytest.approx(4 * math.log(130), rel=0.05)  # four tracks, per step
        losses["loss"].backward()
        assert all(gradient.isfinite().all() for gradient in gradients(built))


def test_nothing_is_asked_of_codes_before_the_first_weight():
    built = method(MIXTURE.model_copy(update={"weights": ((0, 0.0), (10, 0.3))}))
    assert "regularity" not in built.players()[0].loss(batch(), 9)
    assert "regularity" in built.players()[0].loss(batch(), 10)
    assert built.players()[1].from_step == 10


def test_the_critic_of_the_mixture_reads_genres():
    built, data = method(MIXTURE), batch()
    codes = torch.randn(ITEMS, 6)
    ((found, wanted),) = built.pairs(codes, data)
    assert torch.equal(found, torch.cat([codes, data.labels], dim=1))  # one genre each, or none
    assert torch.equal(wanted[:, 6:], data.labels)
    petals = torch.where(data.labels.sum(dim=1) == 0, GENRES, data.labels.argmax(dim=1))
    assert torch.equal(built.petals.responsibilities(wanted[:, :6]).argmax(dim=1), petals)
    assert built.companions() == {"petals": built.petals}


def test_divergence_of_the_mixture_is_smallest_in_its_petal():
    built, data = method(MIXTURE), batch()
    torch.manual_seed(0)
    codes = built.petals.sample(built.petals.choose(data.labels))
    posterior = torch.distributions.Independent(Normal(codes, torch.full_like(codes, 0.03)), 1)
    elsewhere = built.petals.sample((built.petals.choose(data.labels) + 1) % (GENRES + 1))
    away = torch.distributions.Independent(Normal(elsewhere, torch.full_like(codes, 0.03)), 1)
    assert built.divergence(posterior, posterior.mean, data) < built.divergence(away, away.mean, data)


def test_divergence_of_one_gaussian_by_hand():
    built, data = method(SINGLE, styles=GENRES), batch()
    posterior = built.model.encode(data.items)
    mean, deviation, styles = posterior.mean[:, :6], posterior.stddev[:, :6], posterior.mean[:, 6:]
    content = kl_divergence(Normal(mean, deviation), Normal(0.0, 1.0)).sum(dim=1)
    entropy = torch.special.entr(styles) + torch.special.entr(1 - styles)
    wanted = (content + (math.log(2) - entropy).sum(dim=1)).mean()
    assert built.divergence(posterior, posterior.mean, data).item() == pytest.approx(wanted.item(), rel=1e-4)


def test_styles_learn_genres_and_come_back():
    config = SINGLE.model_copy(
        update={"supervised_weight": 1.0, "infomax_items": 4, "style_prior": "labels", "regulariser": "kl"}
    )
    built, data = method(config, styles=GENRES), batch()
    losses = built.players()[0].loss(data, 0)
    assert losses["supervised"].item() == pytest.approx(math.log(2), rel=0.2)
    assert losses["infomax"].item() == pytest.approx(math.log(2), rel=0.2)
    drawn = {tuple(row) for row in built._draw(data, 200)[:, 6:].tolist()}
    assert drawn == {tuple(row) for row in data.labels.tolist()}
    built.zero_grad()
    built.other_terms(built.model.encode(data.items).mean, data)["infomax"].backward()
    assert all(any(g.any() for g in gradients(part)) for part in (built.model.decoder, built.model.to_style))


def test_infomax_teaches_encoder_and_decoder_to_keep_styles():
    config = SINGLE.model_copy(update={"weights": ((0, 0.0),), "infomax_weight": 1.0})
    built, data = method(config, styles=GENRES), batch()
    optimiser = torch.optim.Adam(built.model.parameters(), 0.01)
    for _ in range(100):
        loss = built.other_terms(built.model.encode(data.items).mean, data)["infomax"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss < 0.75 * math.log(2)


def test_validation_knows_reconstruction_alone():
    built, data = method(MIXTURE), batch()
    losses = built.validation_losses(data)
    tracks = {f"accuracy_{track}" for track in ("drums", "bass", "guitar", "strings")}
    assert set(losses) == {"loss", "reconstruction", "accuracy"} | tracks
    assert losses["loss"] == losses["reconstruction"]
    assert torch.stack([losses[name] for name in tracks]).mean() == pytest.approx(losses["accuracy"].item())
    whole = method(MIXTURE.model_copy(update={"reconstruction": "sum"})).validation_losses(data)
    assert whole["loss"].item() == pytest.approx(256 * losses["loss"].item(), rel=1e-5)


def test_attributes_order_the_first_dimensions():
    names = ("all_notes", "drums_notes")
    built = method(MIXTURE, names=names)
    data = batch()
    prepared = built.prepare_attributes(data.attributes.numpy())
    assert prepared.shape == (ITEMS, 2)
    data = Batch(data.items, torch.from_numpy(prepared), None, data.labels)
    assert built.players()[0].loss(data, 0)["attribute"] > 0


def test_refusals():
    with pytest.raises(RecipeError, match="labelled with genres"):
        method(MIXTURE, genres=0)
    with pytest.raises(RecipeError, match="expected 0, got 3"):
        method(MIXTURE, styles=3)
    with pytest.raises(RecipeError, match="expected the number of genres of the data set, 3"):
        method(SINGLE.model_copy(update={"supervised_weight": 1.0}), styles=2)
    names = tuple(SONG_ATTRIBUTES.names[:5])
    with pytest.raises(RecipeError, match="at least 7"):
        method(MIXTURE, names=names)
    with pytest.raises(RecipeError, match="expected 'last'"):
        method(MIXTURE.model_copy(update={"petals": PetalsConfig(place="first")}), names=names[:1])
    with pytest.raises(RecipeError, match="song_bars or song_lstm"):
        build_method(SINGLE, MeasureMlp(13, 24, MeasureMlpConfig()), SONG_ATTRIBUTES, None)
    with pytest.raises(RecipeError, match="control:"):
        build_method(SINGLE, method(SINGLE).model, SONG_ATTRIBUTES, None, object())
