"""The fast GRU against `torch.nn.GRU`: same parameters, same values, same gradients."""

import pytest
import torch
from torch import nn

from latune.models.gru import Gru, dropout_mask, linear

SHAPES = {
    "one layer": {"num_layers": 1},
    "two layers": {"num_layers": 2},
    "bidirectional": {"num_layers": 2, "bidirectional": True},
    "time first": {"num_layers": 2, "batch_first": False},
    "without bias": {"num_layers": 1, "bias": False},
}


def pair(options, dtype):
    torch.manual_seed(0)
    chosen = {"batch_first": True, **options}
    ours, reference = Gru(5, 7, **chosen).to(dtype), nn.GRU(5, 7, **chosen).to(dtype)
    reference.load_state_dict(ours.state_dict())
    steps = torch.randn(4, 6, 5, dtype=dtype, requires_grad=True)
    rows = 4 if chosen["batch_first"] else 6
    state = torch.randn((1 + bool(options.get("bidirectional"))) * options["num_layers"], rows, 7, dtype=dtype)
    return ours, reference, steps, state.requires_grad_()


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.double, 1e-11), (torch.float, 2e-5)])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("given", [True, False], ids=["state", "no state"])
def test_values_and_gradients(shape, dtype, tolerance, given):
    ours, reference, steps, state = pair(SHAPES[shape], dtype)
    results = []
    for network in (ours, reference):
        outputs, last = network(steps, state) if given else network(steps)
        inputs = [steps, *([state] if given else []), *network.parameters()]
        loss = outputs.sin().sum() + (last**2).sum()
        results.append([outputs, last, *torch.autograd.grad(loss, inputs)])
    for found, expected in zip(*results, strict=True):
        assert found.shape == expected.shape
        assert torch.allclose(found, expected, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("part", ["outputs", "last"])
def test_gradients_where_only_one_result_is_used(part):
    ours, reference, steps, _ = pair(SHAPES["two layers"], torch.double)
    gradients = []
    for network in (ours, reference):
        outputs, last = network(steps)
        loss = (outputs if part == "outputs" else last).sin().sum()
        gradients.append(torch.autograd.grad(loss, [steps, *network.parameters()]))
    assert all(torch.allclose(found, expected, atol=1e-11) for found, expected in zip(*gradients, strict=True))


def test_without_gradients_the_values_are_the_same():
    ours, _, steps, _ = pair(SHAPES["bidirectional"], torch.float)
    with_gradients = ours(steps)
    with torch.no_grad():
        without = ours(steps)
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(with_gradients, without, strict=True))


def test_dropout_only_in_training_and_between_layers():
    torch.manual_seed(0)
    network, steps = Gru(5, 7, 2, dropout=0.5, batch_first=True), torch.randn(4, 6, 5)
    assert not torch.equal(network(steps)[0], network(steps)[0])
    first_layers = [network(steps)[1][0] for _ in range(2)]
    assert torch.equal(*first_layers)
    network.eval()
    assert torch.equal(network(steps)[0], network(steps)[0])
    assert network.masks(6, 4) is None


def test_masks_given_beforehand_are_used():
    torch.manual_seed(0)
    network, steps, state = Gru(5, 7, 2, dropout=0.5), torch.randn(6, 4, 5), torch.zeros(2, 4, 7)
    masks = network.masks(6, 4)
    gates = network.input_gates(steps)
    first, again = (network.run(gates, state, masks)[0] for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, network.run(gates, state)[0])


def test_input_gates_of_parts_add_up():
    network, steps = Gru(5, 7).double(), torch.randn(6, 4, 5, dtype=torch.double)
    parts = network.input_gates(steps[..., :2]) + network.input_gates(steps[..., 2:], start=2)
    assert torch.allclose(parts, network.input_gates(steps))


@pytest.mark.parametrize("drop", [0.25, 0.5, 0.3, 1.0])
def test_dropout_mask(drop):
    torch.manual_seed(0)
    mask = dropout_mask((101, 203), drop, torch.zeros(1))
    kept = mask > 0
    assert kept.float().mean().item() == pytest.approx(1 - drop, abs=0.02)
    if drop < 1:
        assert torch.allclose(mask[kept], torch.tensor(1 / (1 - drop)))
    torch.manual_seed(0)
    assert torch.equal(mask, dropout_mask((101, 203), drop, torch.zeros(1)))


@pytest.mark.parametrize("bias", [True, False])
def test_linear(bias):
    torch.manual_seed(0)
    inputs, weight, offset = torch.randn(3, 4, 5), torch.randn(6, 5), torch.randn(6) if bias else None
    tensors = [tensor.requires_grad_() for tensor in (inputs, weight, offset) if tensor is not None]
    results = []
    for function in (linear, nn.functional.linear):
        values = function(inputs, weight, offset)
        results.append([values, *torch.autograd.grad(values.sin().sum(), tensors)])
    assert all(torch.allclose(found, expected, atol=1e-5) for found, expected in zip(*results, strict=True))
