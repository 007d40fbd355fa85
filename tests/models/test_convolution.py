"""The fast convolutions, dropout and whole picture networks against PyTorch's own layers."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from latune.models.convolution import Convolution, TransposedConvolution
from latune.models.dropout import ActivationDropout
from latune.models.gru import linear

# inputs, outputs, kernel, stride, padding, height, width
SHAPES = [
    (1, 8, 4, 1, 0, 12, 12),
    (1, 8, 4, 2, 1, 12, 8),
    (3, 8, 4, 2, 1, 11, 13),
    (8, 1, 4, 1, 0, 9, 11),
    (8, 1, 4, 2, 1, 6, 6),
    (8, 3, 4, 2, 1, 7, 5),
    (8, 8, 4, 1, 0, 9, 7),
    (7, 9, 4, 2, 1, 10, 8),
    (2, 1, 3, 2, 1, 7, 5),
    (4, 1, 4, 2, 3, 5, 6),
    (5, 2, 2, 3, 0, 5, 5),
]
KINDS = {Convolution: nn.Conv2d, TransposedConvolution: nn.ConvTranspose2d}
ACTIVATIONS = {"relu": F.relu, "selu": F.selu, "silu": F.silu}


def pair(kind, shape, bias=True):
    torch.manual_seed(0)
    ours, reference = kind(*shape[:5], bias=bias), KINDS[kind](*shape[:5], bias=bias)
    reference.load_state_dict(ours.state_dict())
    return ours, reference, torch.randn(3, shape[0], *shape[5:])


def close(found, expected):
    scale = expected.abs().max().clamp(min=1)
    return found.shape == expected.shape and torch.allclose(found / scale, expected / scale, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
def test_values_and_gradients(kind, shape, bias):
    ours, reference, values = pair(kind, shape, bias)
    values.requires_grad_()
    found, expected = ours(values), reference(values)
    assert close(found, expected)
    weights = torch.randn_like(expected)
    found = torch.autograd.grad(found, [values, *ours.parameters()], weights)
    expected = torch.autograd.grad(expected, [values, *reference.parameters()], weights)
    assert all(map(close, found, expected))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("frozen", ["input", "weight", "bias"])
@pytest.mark.parametrize("channels", [(1, 8), (8, 1), (8, 8)], ids=str)
def test_only_the_gradients_that_are_wanted(kind, frozen, channels):
    ours, reference, values = pair(kind, (*channels, 4, 2, 1, 8, 8))
    gradients = []
    for layer in (ours, reference):
        leaf = values.clone().requires_grad_(frozen != "input")
        for name, parameter in layer.named_parameters():
            parameter.requires_grad_(name != frozen)
        layer(leaf).sin().sum().backward()
        gradients.append([leaf.grad, *(parameter.grad for parameter in layer.parameters())])
    for found, expected in zip(*gradients, strict=True):
        assert (found is None) == (expected is None)
        assert found is None or close(found, expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layout", ["channels last", "expanded", "strided", "transposed"])
def test_any_memory_layout_of_the_input_and_of_the_gradient(kind, layout):
    ours, reference, values = pair(kind, (6, 5, 4, 2, 1, 8, 8))
    given = {
        "channels last": values.contiguous(memory_format=torch.channels_last),
        "expanded": values[:1].expand_as(values),
        "strided": values.repeat(2, 1, 1, 1)[::2],
        "transposed": values.transpose(2, 3),
    }[layout]
    found, expected = ours(given), reference(given)
    assert close(found, expected)
    found = torch.autograd.grad(found.transpose(2, 3).sum(), [*ours.parameters()])
    expected = torch.autograd.grad(expected.transpose(2, 3).sum(), [*reference.parameters()])
    assert all(map(close, found, expected))


@pytest.mark.parametrize("kind", KINDS)
def test_parameters_and_their_names_are_those_of_pytorch(kind):
    torch.manual_seed(0)
    ours = kind(3, 5, 4, 2, 1)
    torch.manual_seed(0)
    reference = KINDS[kind](3, 5, 4, 2, 1)
    assert list(ours.state_dict()) == list(reference.state_dict())
    assert all(map(torch.equal, ours.state_dict().values(), reference.state_dict().values()))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", [{"groups": 2}, {"dilation": 2}, {"padding": 3}, {"stride": (1, 2)}], ids=str)
def test_other_options_of_pytorch(kind, options):
    torch.manual_seed(0)
    ours, reference = kind(4, 2, 3, **options), KINDS[kind](4, 2, 3, **options)
    reference.load_state_dict(ours.state_dict())
    values = torch.randn(2, 4, 9, 8)
    assert close(ours(values), reference(values))
    assert close(ours(values[0]), reference(values[0]))


def test_options_of_one_kind():
    values = torch.randn(2, 2, 6, 6)
    for layer in (Convolution(2, 3, 3, padding="same"), Convolution(2, 3, 3, padding=1, padding_mode="circular")):
        assert layer(values).shape == (2, 3, 6, 6)
    transposed = TransposedConvolution(2, 1, 3, 2, 1, output_padding=1)
    assert torch.equal(transposed(values), nn.ConvTranspose2d.forward(transposed, values))
    assert TransposedConvolution(2, 1, 4, 2, 1)(values, [13, 13]).shape == (2, 1, 13, 13)
    assert Convolution(2, 3, 3)(values[:0]).shape == (0, 3, 4, 4)


@pytest.mark.parametrize("kind", KINDS)
def test_double_precision_by_finite_differences(kind):
    ours, _, values = pair(kind, (2, 1, 4, 2, 1, 4, 4))
    ours.double()

    def run(values, weight, bias):
        return torch.func.functional_call(ours, {"weight": weight, "bias": bias}, (values,))

    inputs = (values.double().requires_grad_(), *ours.parameters())
    assert torch.autograd.gradcheck(run, inputs)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [(1, 8), (8, 1), (8, 8)], ids=str)
def test_gradients_of_gradients(kind, channels):
    ours, reference, values = pair(kind, (*channels, 4, 2, 1, 6, 6))
    found = []
    for layer in (ours, reference):
        leaf = values.clone().requires_grad_()
        first = torch.autograd.grad(layer(leaf).sin().sum(), [leaf, *layer.parameters()], create_graph=True)
        penalty = sum((gradient**2).sum() for gradient in first)
        found.append(torch.autograd.grad(penalty, [leaf, *layer.parameters()]))
    assert all(map(close, *found))


def test_transforms_of_functions():
    ours, reference, values = pair(TransposedConvolution, (4, 1, 4, 2, 1, 5, 5))
    with_dropout = nn.Sequential(ours, ActivationDropout("selu", 0.5).eval())

    found = torch.func.grad(lambda given: with_dropout(given).sin().sum())(values)
    expected = torch.func.grad(lambda given: F.selu(reference(given)).sin().sum())(values)
    assert close(found, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_without_gradients_pytorch_runs(kind):
    ours, reference, values = pair(kind, (3, 1, 4, 2, 1, 8, 8))
    with torch.no_grad():
        assert torch.equal(ours(values), reference(values))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("layout", ["dense", "channels last", "strided", "odd"])
@pytest.mark.parametrize("inplace", [False, True])
def test_half_dropout_keeps_or_clears(activation, layout, inplace):
    torch.manual_seed(0)
    leaf = torch.randn(4, 6, 10, 9, requires_grad=True)
    given = {
        "dense": leaf * 1,
        "channels last": (leaf * 1).contiguous(memory_format=torch.channels_last),
        "strided": (leaf * 1)[:, ::2],
        "odd": (leaf * 1)[:1, :1, :7, :5].contiguous(),
    }[layout]
    active = ACTIVATIONS[activation](given.detach().requires_grad_())
    found = ActivationDropout(activation, 0.5, inplace)(given)
    kept = found.detach() != 0
    assert close(found, active * kept * 2)
    weights = torch.randn_like(found)
    derivative = torch.autograd.grad(ACTIVATIONS[activation](leaf).sum(), leaf, retain_graph=True)[0]
    part = {"strided": leaf[:, ::2], "odd": leaf[:1, :1, :7, :5]}.get(layout, leaf)
    (gradient,) = torch.autograd.grad(found, leaf, weights)
    expected = torch.zeros_like(leaf)
    place = {"strided": expected[:, ::2], "odd": expected[:1, :1, :7, :5]}.get(layout, expected)
    place.copy_(2 * weights * kept)
    assert part.shape == place.shape
    assert close(gradient, expected * derivative)


@pytest.mark.parametrize("drop", [0.5, 0.25, 0.3])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_dropout_falls_as_often_as_it_should_and_independently(drop, activation):
    torch.manual_seed(0)
    layer, values = ActivationDropout(activation, drop), torch.ones(64, 3, 40, 31).transpose(1, 3)
    dropped = layer(values) == 0
    count = dropped.numel()
    deviation = (drop * (1 - drop) / count) ** 0.5
    assert abs(dropped.float().mean() - drop) < 4 * deviation
    flat = (dropped.float() - drop).contiguous().flatten() / (drop * (1 - drop)) ** 0.5
    for shift in (1, 2, 8, 31, 32, 33, 63, 64, 2**16):
        assert abs((flat[shift:] * flat[:-shift]).mean()) < 4.5 / (count - shift) ** 0.5, shift
    again = layer(values) == 0
    assert abs((dropped == again).float().mean() - (drop**2 + (1 - drop) ** 2)) < 5e-3
    if drop == 0.5:
        bits = dropped.transpose(1, 3).flatten()[: count // 64 * 64].view(-1, 64).float().mean(dim=0)
        assert (bits - 0.5).abs().max() < 4.5 * 0.5 / (count // 64) ** 0.5
    kept = layer(values)[~again & (layer(values) != 0)]
    assert kept.numel() > 0


def test_dropout_follows_the_global_seed_and_its_state():
    layer, values = ActivationDropout("selu", 0.5), torch.randn(5, 4, 7, 3)
    torch.manual_seed(3)
    layer(values)
    state = torch.get_rng_state()
    first = layer(values)
    torch.set_rng_state(state)
    assert torch.equal(first, layer(values))
    assert not torch.equal(first, layer(values))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_where_dropout_does_nothing(activation):
    values, expected = torch.randn(3, 4, requires_grad=True), ACTIVATIONS[activation]
    assert torch.equal(ActivationDropout(activation, 0.5).eval()(values), expected(values))
    assert torch.equal(ActivationDropout(activation, 0.0)(values), expected(values))
    assert not ActivationDropout(activation, 1.0)(values).any()
    with torch.no_grad():
        kept = ActivationDropout(activation, 0.5)(values)
    assert close(kept, expected(values) * (kept != 0) * 2)
    assert ActivationDropout(activation, 0.5)(values.double()).dtype == torch.double
    assert ActivationDropout(activation, 0.5)(values[:0]).shape == (0, 4)


def test_inplace_dropout_writes_into_its_input():
    values = torch.randn(4, 3, 6, 5, requires_grad=True) * 1
    assert ActivationDropout("selu", 0.5, inplace=True)(values) is values
    assert repr(ActivationDropout("selu", 0.5)) == "ActivationDropout(selu, drop=0.5, inplace=False)"


class FastLinear(nn.Linear):
    def forward(self, input):  # noqa: A002 (the name in nn.Linear)
        return linear(input, self.weight, self.bias)


def network(activation, stride, fast):
    convolution, transposed = (Convolution, TransposedConvolution) if fast else (nn.Conv2d, nn.ConvTranspose2d)
    full, padding, size = (FastLinear if fast else nn.Linear), stride - 1, 4 if stride == 2 else 10
    between = {"relu": nn.ReLU, "selu": nn.SELU, "silu": nn.SiLU}[activation]
    return nn.Sequential(
        convolution(1, 8, 4, stride, padding),
        between(),
        convolution(8, 6, 4, stride, padding),
        between(),
        nn.Flatten(),
        full(6 * size * size, 16),
        between(),
        full(16, 6 * size * size),
        between(),
        nn.Unflatten(1, (6, size, size)),
        transposed(6, 8, 4, stride, padding),
        between(),
        transposed(8, 1, 4, stride, padding),
    )


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("stride", [1, 2])
def test_whole_networks_learn_alike(activation, stride):
    torch.manual_seed(0)
    fast, plain = network(activation, stride, True), network(activation, stride, False)
    plain.load_state_dict(copy.deepcopy(fast.state_dict()))
    pictures = (torch.rand(20, 16, 1, 16, 16) > 0.7).float()
    curves = []
    for model in (fast, plain):
        optimiser = torch.optim.Adam(model.parameters(), 1e-3)
        curves.append([])
        for batch in pictures:
            loss = F.binary_cross_entropy_with_logits(model(batch), batch)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            curves[-1].append(loss.item())
    assert curves[0] == pytest.approx(curves[1], rel=1e-4)
    assert curves[0][-1] < curves[0][0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(1, 8, 4, 2, 1, 12, 8), (8, 1, 4, 2, 1, 6, 6), (8, 8, 4, 1, 0, 9, 7)])
def test_half_precision_stays_close(kind, shape):
    inputs, outputs, kernel, stride, padding, height, width = shape
    torch.manual_seed(0)
    ours = kind(inputs, outputs, kernel, stride, padding)
    plain = KINDS[kind](inputs, outputs, kernel, stride, padding)
    plain.load_state_dict(ours.state_dict())
    values = torch.randn(4, inputs, height, width)
    with torch.autocast("cpu", torch.bfloat16):
        found = ours(values).float()
    wanted = plain(values)
    assert (found - wanted).abs().max() < 0.03 * wanted.abs().max()
    for result in (found, wanted):
        result.pow(2).sum().backward()
    for mine, theirs in zip(ours.parameters(), plain.parameters(), strict=True):
        assert mine.grad.dtype == torch.float32
        assert (mine.grad - theirs.grad).abs().max() < 0.03 * theirs.grad.abs().max()
