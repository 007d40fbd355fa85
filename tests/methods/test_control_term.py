"""The control term: nothing to pay for a decoder that obeys, something for a deaf one, refused where meaningless."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from latune.errors import RecipeError
from latune.methods.control_term import ControlConfig, ControlTerm
from latune.methods.joint_movement import JointConfig, JointMovement
from latune.models.latent_model import TokenModel, token_distribution

DENSITY = ("note_density",)


class DensityDecoder(TokenModel):
    """Begins as many notes as its first dimension says, or, deaf, as its second one says."""

    def __init__(self, deaf):
        super().__init__(2)
        self.deaf = deaf
        self.unused = nn.Parameter(torch.zeros(1))

    def encode(self, items):
        raise NotImplementedError

    def decode(self, codes, items=None):
        notes = (codes[:, 1 if self.deaf else 0] * 24).round().long()
        tokens = torch.where(torch.arange(24) < notes[:, None], 5, 0)
        return token_distribution(F.one_hot(tokens, 32).float() * 50)

    def generate(self, codes, temperature=1.0, top_p=1.0, generator=None):
        raise NotImplementedError


def make_term(synthetic, movement="swapped", **options):
    config = ControlConfig(weight=2.0, movement=movement, **options)
    joint = JointMovement(JointConfig(), 2, 1)
    return ControlTerm(config, DENSITY, synthetic.table, synthetic.codec, synthetic.attributes, joint)


def batch(synthetic):
    """Codes that are the density twice, and the densities."""
    items = np.array(synthetic.items[:64])
    density = torch.tensor(synthetic.codec.measure(items, DENSITY), dtype=torch.float32)
    return density.repeat(1, 2), density


@pytest.mark.parametrize("movement", ["swapped", "joint", "both"])
def test_an_obedient_decoder_pays_nothing(synthetic, movement):
    assert make_term(synthetic, movement)(DensityDecoder(deaf=False), *batch(synthetic)).item() < 1e-4


def test_a_deaf_decoder_pays_what_the_formula_says(synthetic):
    term, (codes, values) = make_term(synthetic), batch(synthetic)
    torch.manual_seed(0)
    paid = term(DensityDecoder(deaf=True), codes, values)
    torch.manual_seed(0)
    order = torch.randperm(len(codes))
    error = (codes[:, 0] - codes[order, 0]) / term.deviations[0]
    assert paid.item() == pytest.approx(2.0 * F.smooth_l1_loss(error, torch.zeros(64), beta=0.25).item(), rel=1e-3)


def test_a_joint_movement_takes_what_goes_with_the_knob_along(synthetic):
    """The second dimension follows the first one exactly here: a decoder that reads it obeys a joint movement."""
    codes, values = batch(synthetic)
    assert make_term(synthetic, "joint")(DensityDecoder(deaf=True), codes, values).item() < 1e-4


def test_what_is_not_a_number_is_not_asked_for(synthetic):
    codes, values = batch(synthetic)
    values[::2] = torch.nan
    assert make_term(synthetic)(DensityDecoder(deaf=False), codes, values).item() < 1e-4
    assert make_term(synthetic)(DensityDecoder(deaf=False), codes, torch.full_like(values, torch.nan)).item() == 0


def test_what_is_kept_and_was_not_asked_for_counts_less(synthetic):
    """The decoder draws all notes at one pitch: the mean pitch of every item moves, unless it was there."""
    codes, density = batch(synthetic)
    pitch = torch.full_like(density, 60.0)
    decoder = DensityDecoder(deaf=False)
    drawn = synthetic.codec.measure(decoder.decode(codes).base_dist.logits.argmax(-1).numpy(), ["mean_pitch"])[0, 0]
    there, off = (make_term(synthetic, keep=("mean_pitch",), others=0.5) for _ in range(2))
    assert there(decoder, codes, torch.cat([density, pitch * 0 + drawn], dim=1)).item() < 1e-3
    error = (60.0 - drawn) / off.deviations[1]
    expected = 2.0 * 0.5 * F.smooth_l1_loss(error, torch.zeros(()), beta=0.25).item()
    assert off(decoder, codes, torch.cat([density, pitch], dim=1)).item() == pytest.approx(expected, rel=1e-2)


def test_what_has_a_dimension_is_not_to_be_kept(synthetic):
    with pytest.raises(RecipeError, match=r"control\.keep: 'note_density' has a dimension"):
        make_term(synthetic, keep=DENSITY)


def test_undecided_probabilities_do_not_satisfy_it(synthetic):
    """Half a note at every tick is 12 expected notes; the most likely measure has none."""

    class Undecided(DensityDecoder):
        def decode(self, codes, items=None):
            logits = torch.full((len(codes), 24, 32), -50.0)
            logits[:, :, 0], logits[:, :, 5] = 0.1, 0.0
            return token_distribution(logits)

    codes, values = batch(synthetic)
    values = torch.full_like(values, 0.475)
    blind, sharp = (make_term(synthetic, temperature=t)(Undecided(False), codes, values).item() for t in (1.0, 0.01))
    assert blind < 0.01 < 1 < sharp


def test_it_needs_regularised_attributes_with_an_expectation(synthetic):
    for names, words in (((), "attributes"), (("rhythmic_entropy",), "expectation")):
        joint = JointMovement(JointConfig(), 2, len(names))
        with pytest.raises(RecipeError, match=words):
            ControlTerm(ControlConfig(), names, synthetic.table, synthetic.codec, synthetic.attributes, joint)


def test_pictures_are_pointed_to_the_network(ellipses):
    names, joint = ("width",), JointMovement(JointConfig(), 2, 1)
    with pytest.raises(RecipeError, match=r"music only.* \(--set control\.measure=network\)"):
        ControlTerm(ControlConfig(), names, ellipses.table, ellipses.codec, ellipses.attributes, joint)
