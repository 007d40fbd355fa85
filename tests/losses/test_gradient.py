"""The gradient loss of GLSR-VAE against its closed form, and its derivatives against finite differences."""

import math

import pytest
import torch

from latune.data.measure_codec import MeasureCodec
from latune.errors import RecipeError
from latune.losses.expectation import certain_tokens, expectation
from latune.losses.gradient import gradient_loss, gradients_in_turn
from latune.models.measure_mlp import MeasureMlp, MeasureMlpConfig
from latune.models.measure_rnn import MeasureRnn, MeasureRnnConfig
from latune.music.measure import midi_vocabulary

NAMES = ("note_density", "contour", "pitch_range")
SMALL = {
    MeasureMlp: MeasureMlpConfig(latent_size=5, embedding_size=3, hidden_size=8),
    MeasureRnn: MeasureRnnConfig(latent_size=5, embedding_size=3, hidden_size=6, dropout=0.0),
}
CODEC = MeasureCodec(midi_vocabulary())


def small(kind):
    torch.manual_seed(0)
    model = kind(CODEC.symbols, 24, SMALL[kind]).double().train()
    for parameter in model.parameters():
        parameter.data.mul_(1.5)  # fresh decoders hardly answer
    return model, torch.randn(7, 5, dtype=torch.double)


def test_closed_form():
    gradients = torch.tensor([[0.5, 2.0], [-1.0, 1.0]])
    terms = [(g - 1.0) ** 2 / (2 * 0.4**2) + math.log(0.4) + math.log(2 * math.pi) / 2 for g in (0.5, 2.0, -1.0, 1.0)]
    assert gradient_loss(gradients, mean=1.0, deviation=0.4).item() == pytest.approx(sum(terms) / 4)


def test_it_pulls_towards_the_mean():
    gradients = torch.tensor([0.0, 3.0], requires_grad=True)
    gradient_loss(gradients, mean=1.0, deviation=1.0).backward()
    assert gradients.grad.tolist() == pytest.approx([-0.5, 1.0])


def test_each_item_serves_one_attribute():
    codes = torch.randn(5, 4, requires_grad=True)
    values = torch.stack([codes[:, 0] ** 2 + codes[:, 1], codes[:, 0] * codes[:, 1] ** 3], dim=1)
    found = gradients_in_turn(values, codes)
    first, second = codes[:, 0], codes[:, 1]
    assert torch.allclose(found, torch.where(torch.arange(5) % 2 == 0, 2 * first, 3 * first * second**2))
    (again,) = torch.autograd.grad(found.sum(), codes)
    assert torch.allclose(again[::2, 0], torch.tensor(2.0))
    assert torch.allclose(again[1::2, 1], 6 * (first * second)[1::2])


@pytest.mark.parametrize("kind", SMALL, ids=lambda kind: kind.__name__)
def test_gradients_of_a_decoder_by_finite_differences(kind):
    model, codes = small(kind)
    measure, step = expectation(CODEC, NAMES), 1e-5

    def measured(codes):
        torch.manual_seed(1)
        return measure(model.decode(codes))

    found = gradients_in_turn(measured(codes.requires_grad_()), codes)
    for item in range(len(codes)):
        turned = torch.zeros_like(codes)
        turned[item, item % 3] = step
        with torch.no_grad():
            difference = (measured(codes + turned) - measured(codes - turned))[item, item % 3] / (2 * step)
        assert found[item].item() == pytest.approx(difference.item(), rel=1e-5, abs=1e-9)
    assert found.abs().max() > 1e-3


@pytest.mark.parametrize("kind", SMALL, ids=lambda kind: kind.__name__)
def test_what_the_weights_learn_by_finite_differences(kind):
    """The second derivative: how the loss of the gradients changes with the decoder's weights."""
    model, codes = small(kind)
    measure, step = expectation(CODEC, NAMES), 1e-5

    def loss():
        leaf = codes.detach().requires_grad_()
        return gradient_loss(gradients_in_turn(measure(model.decode(leaf)), leaf), 0.3, 0.5)

    loss().backward()
    learning = [parameter for parameter in model.parameters() if parameter.grad is not None]
    for _ in range(3):
        directions = [torch.randn_like(parameter) for parameter in learning]
        expected = sum((p.grad * d).sum().item() for p, d in zip(learning, directions, strict=True))
        losses = []
        for change in (step, -2 * step):
            for parameter, direction in zip(learning, directions, strict=True):
                parameter.data.add_(change * direction)
            losses.append(loss().item())
        for parameter, direction in zip(learning, directions, strict=True):
            parameter.data.add_(step * direction)
        assert (losses[0] - losses[1]) / (2 * step) == pytest.approx(expected, rel=1e-4)


def test_certain_tokens_have_the_attributes_of_the_item(synthetic):
    items = torch.from_numpy(synthetic.items[:30]).long()
    found = expectation(CODEC, NAMES)(certain_tokens(items, CODEC.symbols)).numpy()
    assert found == pytest.approx(CODEC.measure(synthetic.items[:30], NAMES), abs=1e-4)


def test_what_has_no_expectation(ellipses):
    with pytest.raises(RecipeError, match="xpect"):
        expectation(ellipses.codec, ["slant"])
    with pytest.raises(RecipeError, match="'rhythmic_entropy' has no expectation"):
        expectation(CODEC, ["rhythmic_entropy"])
