"""Methods: what their loss is made of, and which settings they refuse."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from latune.data.batches import Batch
from latune.data.measure_codec import MeasureCodec
from latune.errors import RecipeError
from latune.losses.attribute import attribute_regularization
from latune.losses.vae import divergence, reconstruction
from latune.methods.ar_vae import ArVaeConfig
from latune.methods.attribute_term import AttributesConfig, AttributeTerm
from latune.methods.beta_vae import BetaVaeConfig
from latune.methods.control_term import ControlConfig, ControlTerm
from latune.methods.joint_movement import JointConfig, JointMovement
from latune.methods.registry import build_method
from latune.models.measure_mlp import MeasureMlpConfig
from latune.models.registry import build_model
from latune.music.attributes import MUSIC_ATTRIBUTES
from latune.music.measure import midi_vocabulary

NAMES = ("note_density", "contour", "pitch_range")


@pytest.fixture
def model():
    torch.manual_seed(0)
    return build_model(
        MeasureMlpConfig(latent_size=5, hidden_size=16, embedding_size=4), MeasureCodec(midi_vocabulary())
    )


@pytest.fixture
def term(synthetic):
    reference = synthetic.attributes[synthetic.splits["train"]]
    return lambda **options: AttributeTerm(
        AttributesConfig(**{"names": NAMES, **options}), MUSIC_ATTRIBUTES, 5, reference
    )


@pytest.fixture
def batch(synthetic):
    return lambda term=None: Batch(
        torch.from_numpy(synthetic.items[:40]).long(),
        torch.from_numpy(synthetic.attributes if term is None else _prepared(term, synthetic.attributes))[:40],
    )


def _prepared(term, attributes):
    return term.prepare(attributes) if isinstance(term, AttributeTerm) else term.prepare_attributes(attributes)


METHODS = [
    ("beta_vae", BetaVaeConfig(beta=0.3, capacity=2.0), False),
    ("beta_vae", BetaVaeConfig(beta=0.3, reconstruction="mean"), True),
    ("ar_vae", ArVaeConfig(), True),
    ("ar_vae", ArVaeConfig(beta=0.5, capacity=1.0, reconstruction="sum"), True),
]


@pytest.mark.parametrize(("name", "config", "with_term"), METHODS)
def test_contract(name, config, with_term, model, term, batch):
    assert config.name == name
    attribute_term = term() if with_term else None
    method = build_method(config, model, MUSIC_ATTRIBUTES, attribute_term)
    seen = batch(attribute_term)
    (player,) = method.players()
    assert {id(p) for p in player.parameters} == {id(p) for p in model.parameters()}
    losses = player.loss(seen, 0)
    assert set(losses) - {"attribute"} == {"loss", "reconstruction", "kl", "accuracy"}
    assert ("attribute" in losses) == with_term
    assert all(value.shape == () and value.isfinite() for value in losses.values())
    losses["loss"].backward()
    assert all(p.grad.abs().sum() > 0 for p in player.parameters)
    weighted = losses["reconstruction"] + config.beta * (losses["kl"] - config.capacity).abs()
    assert torch.isclose(losses["loss"], weighted + losses.get("attribute", torch.zeros(())))


@pytest.mark.parametrize(("name", "config", "with_term"), METHODS)
def test_validation_is_the_loss_at_the_means(name, config, with_term, model, term, batch):
    attribute_term = term() if with_term else None
    method = build_method(config, model, MUSIC_ATTRIBUTES, attribute_term).eval()
    seen = batch(attribute_term)
    posterior = model.encode(seen.items)
    decoded = model.decode(posterior.mean)
    expected = reconstruction(decoded, seen.items, config.reconstruction)
    expected = expected + config.beta * (divergence(posterior, model.prior) - config.capacity).abs()
    if with_term:
        expected = expected + attribute_term(posterior, posterior.mean, seen.attributes)
    values = method.validation_losses(seen)
    assert torch.isclose(values["loss"], expected)
    assert torch.equal(values["loss"], method.validation_losses(seen)["loss"])
    assert values["accuracy"] == (decoded.mode == seen.items).float().mean()


def test_ar_vae_is_a_beta_vae_with_the_term(model, term, batch):
    settings = {"beta": 0.3, "reconstruction": "sum"}
    values = [
        build_method(config, model, MUSIC_ATTRIBUTES, term()).validation_losses(batch(term()))["loss"]
        for config in (BetaVaeConfig(**settings), ArVaeConfig(**settings))
    ]
    assert torch.equal(*values)


def test_published_defaults():
    config, attributes = ArVaeConfig(), AttributesConfig(names=NAMES)
    assert (config.beta, config.capacity, config.reconstruction) == (0.001, 0.0, "mean")
    assert (attributes.gamma, attributes.delta, attributes.ties, attributes.codes) == (1.0, 10.0, "zero", "samples")


def test_term_is_the_weighted_sum_over_the_first_dimensions(model, term, batch):
    gammas = dict(zip(NAMES, (0.5, 1.0, 3.0), strict=True))
    deltas = dict(zip(NAMES, (1.0, 10.0, 5.0), strict=True))
    weighted = term(gamma=gammas, delta=deltas)
    seen = batch(weighted)
    posterior = model.encode(seen.items)
    samples = posterior.rsample()
    losses = [
        attribute_regularization(samples[:, [k]], seen.attributes[:, [k]], torch.tensor([deltas[name]])).sum()
        for k, name in enumerate(NAMES)
    ]
    expected = sum(gammas[name] * value for name, value in zip(NAMES, losses, strict=True))
    assert torch.isclose(weighted(posterior, samples, seen.attributes), expected)


def test_term_reads_samples_or_means(model, term, batch):
    seen = batch(term())
    posterior = model.encode(seen.items)
    samples = posterior.mean + 1.0 * torch.randn(posterior.mean.shape)
    on_means = term(codes="means")(posterior, samples, seen.attributes)
    assert torch.equal(on_means, term()(posterior, posterior.mean, seen.attributes))
    assert not torch.equal(on_means, term()(posterior, samples, seen.attributes))


def test_prepare_chooses_columns_in_the_order_of_the_names(synthetic, term):
    columns = [synthetic.table.index(name) for name in NAMES]
    assert np.array_equal(term().prepare(synthetic.attributes), synthetic.attributes[:, columns])


@pytest.mark.parametrize("transform", ["standardised", "quantile_normal"])
def test_transforms_are_fitted_on_the_training_split(synthetic, term, transform):
    columns = term(transform=transform).prepare(synthetic.attributes)
    trained = columns[synthetic.splits["train"]]
    assert columns.dtype == np.float32
    assert np.allclose(trained.mean(axis=0), 0, atol=0.1)
    if transform == "standardised":
        assert np.allclose(trained.std(axis=0), 1, atol=1e-4)
        assert np.allclose(trained.mean(axis=0), 0, atol=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"names": ()}, "expected distinct names, got"),
        ({"names": ("contour", "contour")}, "expected distinct names, got"),
        ({"names": ("loudness",)}, "Unknown attribute 'loudness': expected one of"),
        ({"names": MUSIC_ATTRIBUTES.names}, r"expected at most 5 \(model.latent_size\), got 9"),
        ({"gamma": {"contour": 1.0}}, "attributes.gamma: expected one value for each of"),
        ({"delta": {**dict.fromkeys(NAMES, 1.0), "loudness": 1.0}}, "attributes.delta: expected one value for each of"),
    ],
)
def test_refused_terms(term, options, message):
    with pytest.raises(RecipeError, match=message):
        term(**options)


def test_a_transform_needs_its_reference():
    config = AttributesConfig(names=NAMES, transform="quantile_normal")
    with pytest.raises(ValueError, match="needs the attributes of the training items"):
        AttributeTerm(config, MUSIC_ATTRIBUTES, 5)


def test_ar_vae_needs_the_attributes_block(model):
    with pytest.raises(RecipeError, match="'ar_vae' needs an attributes: block"):
        build_method(ArVaeConfig(), model, MUSIC_ATTRIBUTES, None)


@pytest.mark.parametrize("config", [BetaVaeConfig, ArVaeConfig])
@pytest.mark.parametrize("wrong", [{"beta": -1.0}, {"capacity": -1.0}, {"reconstruction": "median"}, {"bta": 1.0}])
def test_refused_settings(config, wrong):
    with pytest.raises(ValidationError):
        config(**wrong)


def test_control_begins_at_its_step_and_reaches_encoder_and_decoder(model, synthetic, term, batch):
    names, reference = NAMES, synthetic.attributes[synthetic.splits["train"]]
    joint = JointMovement(JointConfig(), model.latent_size, len(names))
    control = ControlTerm(ControlConfig(from_step=10), names, MUSIC_ATTRIBUTES, synthetic.codec, reference, joint)
    method = build_method(ArVaeConfig(), model, MUSIC_ATTRIBUTES, term(), control)
    (player,) = method.players()
    given = batch(method)  # a method prepares what its terms read
    assert "control" not in player.loss(given, 9)
    losses = player.loss(given, 10)
    losses["control"].backward()
    assert all(p.grad is not None and p.grad.isfinite().all() and p.grad.abs().sum() > 0 for p in player.parameters)
    assert "control" not in method.validation_losses(given)


def test_spread_widens_what_a_transform_gives(synthetic):
    names = ("note_density", "contour")
    terms = [
        AttributeTerm(
            AttributesConfig(names=names, transform="standardised", spread=spread),
            MUSIC_ATTRIBUTES,
            5,
            synthetic.attributes,
        )
        for spread in (1.0, 3.0)
    ]
    narrow, wide = (term.prepare(synthetic.attributes) for term in terms)
    assert np.allclose(narrow.std(axis=0), 1, atol=1e-4)
    assert np.allclose(wide, 3 * narrow)


def test_spread_needs_a_transform(synthetic):
    config = AttributesConfig(names=("contour",), spread=2.0)
    with pytest.raises(RecipeError, match="spread: needs a transform"):
        AttributeTerm(config, MUSIC_ATTRIBUTES, 5)
