"""The measuring network: who gets gradients, what it learns, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from latune.data.batches import Batch
from latune.errors import RecipeError
from latune.methods.control_term import ControlConfig, ControlTerm
from latune.methods.joint_movement import JointConfig, JointMovement
from latune.methods.measuring_network import WARM_UP, MeasuringNetwork
from latune.methods.method import MAIN_PLAYER
from latune.models.picture_measurer import PictureMeasurer
from latune.training.building import build

CONTROL = "control={measure: network, weight: 5.0, from_step: 40}"


@pytest.fixture
def method(small_recipe, ellipses):
    return build(small_recipe(CONTROL, name="pictures"), ellipses)[0].train()


@pytest.fixture
def batch(method, ellipses):
    chosen = ellipses.split("train")[:64]
    items = method.model.to_input(torch.from_numpy(ellipses.items[chosen]))
    return Batch(items, torch.from_numpy(method.prepare_attributes(ellipses.attributes[chosen])))


def moved_by(parameters, loss):
    """Whether a loss has any gradient to these parameters."""
    parameters = list(parameters)
    for parameter in parameters:
        parameter.grad = None
    loss.backward()
    return any(parameter.grad is not None and parameter.grad.abs().max() > 0 for parameter in parameters)


def test_the_control_loss_changes_encoder_and_decoder_but_never_the_network(method, batch):
    term = method.control_term

    def loss():
        codes = method.model.encode(batch.items).mean
        return term(method.model, codes, batch.attributes[:, 2:])

    assert moved_by(method.model.decoder.parameters(), loss())
    assert moved_by(method.model.encoder.parameters(), loss())
    assert not moved_by(term.network.parameters(), loss())


def test_the_network_learns_without_changing_the_model(method, batch):
    main, measurer = method.players()
    assert (main.name, measurer.name) == (MAIN_PLAYER, "measurer")
    assert {id(p) for p in main.parameters}.isdisjoint({id(p) for p in measurer.parameters})
    assert moved_by(measurer.parameters, measurer.loss(batch, 0)["loss"])
    assert not moved_by(main.parameters, measurer.loss(batch, 0)["loss"])


def test_it_begins_some_steps_before_anything_is_asked(small_recipe, ellipses):
    for from_step, begin in ((40, 0), (WARM_UP + 500, 500)):
        overrides = f"control={{measure: network, from_step: {from_step}}}"
        _, measurer = build(small_recipe(overrides, name="pictures"), ellipses)[0].players()
        assert measurer.from_step == begin


def test_it_learns_what_decoded_pictures_measure(method, batch):
    """The untrained decoder draws grey clouds, unlike any ellipse: only who has seen them can measure them."""
    _, measurer = method.players()
    network, codec, model = method.control_term.network, method.control_term.network._codec, method.model
    optimiser = torch.optim.Adam(measurer.parameters, 3e-3)

    @torch.no_grad()
    def errors():
        decoded = model.decode(3 * torch.randn(100, 5, generator=torch.Generator().manual_seed(0)))
        true = codec.measure(model.to_items(decoded).to(torch.uint8).numpy(), ["slant", "width"])
        known = np.isfinite(true)
        off = (network.measure(decoded).numpy() - true)[known] / np.broadcast_to(network.deviations.numpy(), (100, 2))[
            known
        ]
        return np.abs(off).mean()

    before = errors()
    for step in range(60):
        loss = measurer.loss(batch, step)["loss"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.15
    assert errors() < 0.5 * before


def test_labels_are_those_of_the_picture_as_it_is_stored(ellipses):
    """A binary decoder that is 60 % sure of a picture: what is stored, and measured, is the picture."""
    items = (ellipses.items[:8] > 127).astype(np.uint8)
    codec = replace(ellipses.codec, levels=1)
    seen = []

    class Measuring:
        measurable = True
        item_shape = codec.item_shape

        def measure(self, pictures, names):
            seen.append(pictures)
            return np.zeros((len(pictures), 2))

    class Unsure:
        def decode(self, codes):
            return torch.distributions.Bernoulli(probs=0.4 + 0.2 * torch.from_numpy(items).float())

        def to_items(self, decoded):
            return decoded.mean.round()

    network = MeasuringNetwork(codec, ("slant", "width"), torch.zeros(2), torch.ones(2))
    network._codec = Measuring()
    network.loss(torch.zeros(0, 1, 20, 20), torch.zeros(0, 2), Unsure(), torch.zeros(8, 5))
    assert np.array_equal(seen[0], items)


def test_what_a_picture_lacks_teaches_nothing(ellipses):
    torch.manual_seed(0)
    codec = replace(ellipses.codec, measurement="none")
    network = MeasuringNetwork(codec, ("slant", "width"), torch.zeros(2), torch.ones(2))
    pictures, values = torch.rand(6, 1, 20, 20), torch.randn(6, 2)
    half = torch.cat([values, torch.full((6, 2), torch.nan)])
    alone = network.loss(pictures, values, None, torch.zeros(6, 5))
    assert network.loss(pictures.repeat(2, 1, 1, 1), half, None, torch.zeros(6, 5)).item() == pytest.approx(
        alone.item()
    )
    nothing = network.loss(pictures, torch.full((6, 2), torch.nan), None, torch.zeros(6, 5))
    assert nothing.item() == 0


def test_music_is_refused(synthetic):
    joint = JointMovement(JointConfig(), 4, 1)
    with pytest.raises(RecipeError, match=r"control\.measure: 'network' measures pictures"):
        ControlTerm(
            ControlConfig(measure="network"),
            ("note_density",),
            synthetic.table,
            synthetic.codec,
            synthetic.attributes,
            joint,
        )


@pytest.mark.parametrize("shape", [(1, 28, 28), (1, 64, 64), (3, 128, 96), (1, 7, 9)])
def test_pictures_of_any_size(shape):
    pictures = torch.rand(2, *shape, requires_grad=True)
    measured = PictureMeasurer(shape, 3)(pictures)
    measured.sum().backward()
    assert measured.shape == (2, 3)
    assert (pictures.grad.abs().amax(dim=(0, 1)) > 0).any()
