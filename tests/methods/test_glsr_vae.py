"""GLSR-VAE: what its loss is made of, what training does to the gradients, and what it refuses."""

import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from latune.control.editor import calibrate_run, open_editor
from latune.data.batches import Batch
from latune.errors import RecipeError
from latune.losses.expectation import expectation
from latune.methods.glsr_vae import GlsrVaeConfig
from latune.methods.registry import build_method
from latune.models.measure_mlp import MeasureMlp, MeasureMlpConfig
from latune.music.attributes import MUSIC_ATTRIBUTES
from latune.training.trainer import train

NAMES = ("contour", "note_density")


@pytest.fixture
def glsr_vae(synthetic):
    def build(**settings):
        torch.manual_seed(0)
        model = MeasureMlp(synthetic.codec.symbols, 24, MeasureMlpConfig(latent_size=6, hidden_size=48))
        config = GlsrVaeConfig(**{"attributes": NAMES, **settings})
        reference = synthetic.attributes[synthetic.splits["train"]]
        return build_method(config, model, MUSIC_ATTRIBUTES, None, None, synthetic.codec, reference)

    return build


@pytest.fixture
def batch(synthetic):
    return Batch(torch.from_numpy(synthetic.items[:60]).long(), torch.from_numpy(synthetic.attributes[:60]))


def gradients(method, synthetic, items):
    """d (expected attribute k / its deviation) / d z_k of all items and attributes at the means, (N, K)."""
    codes = method.model.encode(items).mean.detach().requires_grad_()
    values = expectation(synthetic.codec, NAMES)(method.model.decode(codes))
    columns = [synthetic.table.index(name) for name in NAMES]
    deviations = synthetic.attributes[synthetic.splits["train"]][:, columns].std(axis=0)
    own = [torch.autograd.grad(values[:, k].sum(), codes, retain_graph=True)[0][:, k] for k in range(len(NAMES))]
    return torch.stack(own, dim=1) / torch.from_numpy(deviations)


def test_loss_by_hand(glsr_vae, synthetic, batch):
    method = glsr_vae(beta=0.2, weight=0.7, mean=0.9, deviation=0.5).eval()
    with torch.no_grad():
        losses = method.validation_losses(batch)
    found = gradients(method, synthetic, batch.items)
    served = found[torch.arange(60), torch.arange(60) % 2]  # the items serve the attributes in turn
    terms = (served - 0.9) ** 2 / (2 * 0.5**2) + math.log(0.5) + math.log(2 * math.pi) / 2
    assert losses["gradient"].item() == pytest.approx(0.7 * terms.mean().item(), rel=1e-5)
    expected = losses["reconstruction"] + 0.2 * losses["kl"] + losses["gradient"]
    assert losses["loss"].item() == pytest.approx(expected.item(), rel=1e-6)


def test_it_teaches_the_decoder_alone(glsr_vae, batch):
    method = glsr_vae()
    (player,) = method.players()
    player.loss(batch, 0)["gradient"].backward()
    assert all(parameter.grad is None for parameter in method.model.encoder.parameters())
    assert all(parameter.grad.abs().sum() > 0 for parameter in method.model.decoder[:-1].parameters())


def test_gradients_move_to_the_mean_that_is_asked_for(glsr_vae, synthetic, batch):
    """Without the term they do not."""

    def trained(weight):
        method = glsr_vae(weight=weight, mean=0.8, deviation=0.5, beta=0.01)
        (player,) = method.players()
        optimiser = torch.optim.Adam(player.parameters, 3e-3)
        for step in range(150):
            optimiser.zero_grad()
            player.loss(batch, step)["loss"].backward()
            optimiser.step()
        return gradients(method, synthetic, batch.items).mean(dim=0).detach().numpy()

    assert np.abs(trained(weight=1.0) - 0.8).max() < 0.2
    assert np.abs(trained(weight=1e-9) - 0.8).min() > 0.3


def test_a_run_ties_its_attributes_to_the_first_dimensions(small_recipe, synthetic, tmp_path):
    block = "{name: glsr_vae, attributes: [contour, note_density], weight: 0.1}"
    recipe = small_recipe(f"method={block}", "training.steps=20", name="beta_vae")
    assert recipe.regularised == NAMES
    run = train(recipe, synthetic, tmp_path / "run")
    calibrate_run(run, synthetic)
    knobs = open_editor(run.folder).knobs
    assert [knobs[name].dimension for name in NAMES] == [0, 1]


@pytest.mark.parametrize(
    ("attributes", "sentence"),
    [
        (("contour", "contour"), "expected distinct names"),
        (("loudness",), "Unknown attribute 'loudness'"),
        (("rhythmic_entropy",), "'rhythmic_entropy' has no expectation"),
        (MUSIC_ATTRIBUTES.names, r"expected at most 6 \(model.latent_size\), got"),
    ],
)
def test_what_it_refuses(glsr_vae, attributes, sentence):
    with pytest.raises(RecipeError, match=sentence):
        glsr_vae(attributes=attributes)


def test_no_attribute_term_beside_it(glsr_vae):
    method = glsr_vae()
    with pytest.raises(RecipeError, match="names its attributes itself"):
        build_method(method.config, method.model, MUSIC_ATTRIBUTES, attribute_term=object())
    with pytest.raises(ValueError, match="needs the codec and the attributes"):
        build_method(method.config, method.model, MUSIC_ATTRIBUTES, attribute_term=None)


@pytest.mark.parametrize("wrong", [{"mean": 0.0}, {"deviation": -1.0}, {"weight": 0.0}, {"attributes": ()}])
def test_refused_settings(wrong):
    with pytest.raises(ValidationError):
        GlsrVaeConfig(**{"attributes": NAMES, **wrong})
