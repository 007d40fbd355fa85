"""The conditional VAE: what its loss is made of, where its gradients go, and a decoder that listens."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from latune.attributes import Attribute, AttributeTable
from latune.control.editor import calibrate_run, open_editor
from latune.data.batches import Batch
from latune.errors import RecipeError
from latune.evaluation.evaluate import evaluate_run
from latune.methods.conditional_vae import ConditionalVaeConfig
from latune.methods.registry import build_method
from latune.methods.told_attributes import ToldAttributes
from latune.models.picture_conv import PictureConv, PictureConvConfig
from latune.training.history import read_history
from latune.training.trainer import train

TABLE = AttributeTable([Attribute("width", "pixels", 2.0, 10.0), Attribute("light", "share", 0.0, 4.0)])
NAMES = ("light", "width")
REFERENCE = np.random.default_rng(0).normal([5.0, 0.7], [2.0, 0.1], (400, 2)).astype(np.float32)


def conditional_vae(latent_size=5, **settings):
    torch.manual_seed(0)
    model = PictureConv((1, 8, 8), 255, PictureConvConfig(latent_size=latent_size, channels=(4,), hidden_sizes=(16,)))
    config = ConditionalVaeConfig(**{"attributes": NAMES, **settings})
    return build_method(config, model, TABLE, None, reference=REFERENCE)


@pytest.fixture
def batch():
    torch.manual_seed(1)
    return Batch(torch.rand(16, 1, 8, 8), torch.randn(16, 2))


def test_attributes_are_standardised_by_the_training_items():
    prepared = conditional_vae().prepare_attributes(REFERENCE)
    assert prepared.dtype == np.float32
    assert np.allclose(prepared.mean(axis=0), 0, atol=1e-4)
    assert np.allclose(prepared.std(axis=0), 1, atol=1e-4)
    assert np.corrcoef(prepared[:, 0], REFERENCE[:, 1])[0, 1] == pytest.approx(1)  # in the order of the names


def test_loss_by_hand(batch):
    method = conditional_vae(beta=0.3).eval()
    losses = method.validation_losses(batch)
    posterior = method.model.encode(batch.items)
    mean, deviation = posterior.mean, posterior.stddev
    decoded = method.model.decode(torch.cat([batch.attributes, mean[:, 2:]], dim=1))
    reconstruction = -decoded.log_prob(batch.items).mean()
    terms = (mean**2 + deviation**2 - 1) / 2 - deviation.log()
    kl = terms[:, 2:].sum(dim=1).mean()  # of the free dimensions alone
    estimate = ((mean[:, :2] - batch.attributes) ** 2).sum(dim=1).mean()
    assert losses["kl"].item() == pytest.approx(kl.item(), rel=1e-5)
    assert losses["estimate"].item() == pytest.approx(estimate.item(), rel=1e-5)
    assert losses["loss"].item() == pytest.approx((reconstruction + 0.3 * kl + estimate).item(), rel=1e-5)


def test_mean_nats_per_pixel(batch):
    summed, mean = (conditional_vae(reconstruction=way).eval().validation_losses(batch) for way in ("sum", "mean"))
    assert summed["reconstruction"].item() == pytest.approx(64 * mean["reconstruction"].item(), rel=1e-5)


@pytest.mark.parametrize(
    ("loss", "reaches_attributes", "reaches_free", "reaches_decoder"),
    [("estimate", True, False, False), ("kl", False, True, False), ("reconstruction", False, True, True)],
)
def test_where_gradients_go(batch, loss, reaches_attributes, reaches_free, reaches_decoder):
    """The decoder learns from the true attributes: what the encoder thinks of them is no business of it."""
    method = conditional_vae()
    (player,) = method.players()
    assert {id(p) for p in player.parameters} == {id(p) for p in method.model.parameters()}
    player.loss(batch, 0)[loss].backward()
    by_dimension = method.model.mean.weight.grad.abs().sum(dim=1)
    assert (by_dimension[:2] > 0).all() == reaches_attributes
    assert (by_dimension[2:] > 0).all() == reaches_free
    decoder = [p.grad is not None and bool(p.grad.abs().sum() > 0) for p in method.model.decoder.parameters()]
    assert all(decoder) if reaches_decoder else not any(decoder)


@pytest.fixture(scope="module")
def taught():
    """A method trained on pictures of which the first attribute says how bright the upper half is."""
    method = conditional_vae(beta=5.0)
    optimiser = torch.optim.Adam(method.parameters(), 5e-3)
    generator = torch.Generator().manual_seed(2)
    for step in range(200):
        attributes = torch.randn(64, 2, generator=generator)
        items = torch.rand(64, 1, 8, 8, generator=generator).round()
        items[:, 0, :4] = torch.sigmoid(attributes[:, :1, None])
        optimiser.zero_grad()
        losses = method.players()[0].loss(Batch(items, attributes), step)
        losses["loss"].backward()
        optimiser.step()
    return method.eval(), items, attributes


def test_the_decoder_listens(taught):
    """Told another brightness, it draws it, whatever the rest of the code says; another width: nothing changes."""
    method, items, _ = taught
    free = method.model.encode(items).mean[:, 2:]
    for told in (-1.5, 0.0, 1.5):
        codes = torch.cat([torch.tensor([[told, 0.0]]).expand(len(free), 2), free], dim=1)
        upper = method.model.decode(codes).mean[:, 0, :4].mean(dim=(1, 2))
        assert (upper - torch.sigmoid(torch.tensor(told))).abs().max() < 0.1
    ends = [torch.cat([torch.tensor([[0.0, told]]).expand(len(free), 2), free], dim=1) for told in (-1.5, 1.5)]
    low, high = (method.model.decode(codes).mean for codes in ends)
    assert (high - low).abs().mean() < 0.05


def test_the_encoder_estimates_what_can_be_seen(taught):
    """Of what cannot be seen, the second attribute, the best estimate is the mean."""
    method, items, attributes = taught
    posterior = method.model.encode(items)
    estimates = posterior.mean[:, :2]
    assert np.corrcoef(estimates[:, 0].detach(), attributes[:, 0])[0, 1] > 0.97
    assert estimates[:, 1].std() < 0.3
    assert posterior.stddev[:, :2].mean() < 0.5  # noise there would be an error


@pytest.fixture(scope="module")
def run(small_recipe, ellipses, tmp_path_factory):
    recipe = small_recipe(
        "method={name: conditional_vae, attributes: [slant, width]}", "attributes=null", name="pictures"
    )
    run = train(recipe, ellipses, tmp_path_factory.mktemp("conditional") / "run")
    calibrate_run(run, ellipses)
    return run


def test_a_run_has_knobs_that_turn_what_is_decoded(run, ellipses):
    assert {"loss", "reconstruction", "kl", "estimate", "accuracy"} <= set(read_history(run.folder)[0])
    editor = open_editor(run.folder)
    assert [knob.dimension for knob in editor.knobs.knobs] == [0, 1]
    items = ellipses.items[ellipses.split("test")]
    knob, column = editor.knobs["slant"], editor.codec.table.index("slant")
    turned = [editor.turn(items, {"slant": value}, movement="alone") for value in (knob.low, knob.high)]
    low, high = (edit.values[:, column] for edit in turned)
    assert (high - low).mean() > 0.5 * knob.span


def test_a_run_gets_a_certificate(run, ellipses):
    metrics = evaluate_run(run, ellipses, open_editor(run.folder))
    assert metrics["scores"]["means"]["interpretability"]["value"] > 0.5
    assert (run.folder / "certificate.json").is_file()


@pytest.mark.parametrize(
    ("attributes", "latent_size", "sentence"),
    [
        (("width", "width"), 5, "expected distinct names"),
        (("depth",), 5, "Unknown attribute 'depth'"),
        (("width", "light"), 2, "latent_size: expected more than 2"),
    ],
)
def test_what_it_refuses(attributes, latent_size, sentence):
    with pytest.raises(RecipeError, match=sentence):
        conditional_vae(latent_size, attributes=attributes)


def test_no_term_beside_it():
    method = conditional_vae()
    for terms in ((object(), None), (None, object())):
        with pytest.raises(RecipeError, match="'conditional_vae' names its attributes itself"):
            build_method(method.config, method.model, TABLE, *terms, reference=REFERENCE)
    with pytest.raises(ValueError, match="needs the attributes of the training items"):
        build_method(method.config, method.model, TABLE, None)


@pytest.mark.parametrize("wrong", [{"beta": -1.0}, {"attributes": ()}, {"reconstruction": "median"}, {"bta": 1.0}])
def test_refused_settings(wrong):
    with pytest.raises(ValidationError):
        ConditionalVaeConfig(**{"attributes": NAMES, **wrong})


def test_scaling_by_what_was_observed():
    told = ToldAttributes(NAMES, TABLE, 5, "observed", REFERENCE)
    scaled = told.scaled(REFERENCE)
    assert np.allclose(scaled.min(axis=0), 0, atol=1e-6)
    assert np.allclose(scaled.max(axis=0), 1, atol=1e-6)
    with pytest.raises(ValueError, match="'observed' needs the attributes"):
        ToldAttributes(NAMES, TABLE, 5, "observed")


@pytest.mark.parametrize("scaling", ["observed", "standardised"])
def test_an_attribute_that_never_changes_stays_finite(scaling):
    told = ToldAttributes(NAMES, TABLE, 5, scaling, np.ones((4, 2), np.float32))
    assert np.array_equal(told.scaled(np.ones((4, 2), np.float32)), np.zeros((4, 2)))


def test_splitting_codes():
    attributes, free = ToldAttributes(NAMES, TABLE, 5, "declared").split(torch.arange(5.0))
    assert attributes.tolist() == [0, 1]
    assert free.tolist() == [2, 3, 4]
