"""The fast GRU against `torch.nn.GRU`: same parameters, same values, same gradients."""

import copy

import pytest
import torch
from torch import nn

from latune.models.gru import Gru, dropout_mask, linear
from latune.models.measure_rnn import MeasureRnn, MeasureRnnConfig

SHAPES = {
    "one layer": {"num_layers": 1},
    "two layers": {"num_layers": 2},
    "three layers": {"num_layers": 3, "bidirectional": True},
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


@pytest.mark.parametrize("size", [(1, 6), (4, 1), (1, 1), (3, 17)], ids=str)
def test_any_batch_and_any_length(size):
    ours, reference, _, _ = pair(SHAPES["bidirectional"], torch.double)
    steps = torch.randn(*size, 5, dtype=torch.double)
    for found, expected in zip(ours(steps), reference(steps), strict=True):
        assert torch.allclose(found, expected, atol=1e-11)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_gradients_by_finite_differences(bidirectional):
    torch.manual_seed(0)
    network = Gru(2, 3, 2, bidirectional=bidirectional).double()
    steps = torch.randn(3, 2, 2, dtype=torch.double, requires_grad=True)
    state = torch.randn(4 if bidirectional else 2, 2, 3, dtype=torch.double, requires_grad=True)
    names, values = zip(*network.named_parameters(), strict=True)

    def run(steps, state, *parameters):
        return torch.func.functional_call(network, dict(zip(names, parameters, strict=True)), (steps, state))

    assert torch.autograd.gradcheck(run, (steps, state, *values))


def test_a_second_way_back_gives_the_same_gradients():
    ours, _, steps, _ = pair(SHAPES["two layers"], torch.double)
    loss = ours(steps)[0].sin().sum()
    first = torch.autograd.grad(loss, [*ours.parameters()], retain_graph=True)
    assert all(map(torch.equal, first, torch.autograd.grad(loss, [*ours.parameters()])))


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


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.double, 1e-12), (torch.float, 1e-5)])
def test_input_gates_of_parts_add_up(dtype, tolerance):
    network, steps = Gru(5, 7).to(dtype), torch.randn(6, 4, 5, dtype=dtype)
    parts = network.input_gates(steps[..., :2]) + network.input_gates(steps[..., 2:], start=2)
    whole = network.input_gates(steps)
    assert torch.allclose(parts, whole, atol=tolerance)
    weight = network.weight_ih_l0
    gradients = [torch.autograd.grad(gates.sin().sum(), weight)[0] for gates in (parts, whole)]
    assert torch.allclose(*gradients, atol=10 * tolerance)


def with_stock_gru(model):
    copied = copy.deepcopy(model)
    for name, ours in model.named_children():
        if isinstance(ours, Gru):
            stock = nn.GRU(
                ours.input_size, ours.hidden_size, ours.num_layers, bidirectional=ours.bidirectional, batch_first=True
            )
            stock.load_state_dict(ours.state_dict())
            setattr(copied, name, stock)
    return copied


def test_the_published_network_keeps_its_keys_and_its_values():
    """In float32 and in its full size: forced logits and all gradients against 24 steps of torch.nn.GRU."""
    torch.manual_seed(0)
    model = MeasureRnn(32, 24, MeasureRnnConfig(dropout=0.0))
    stock = with_stock_gru(model)
    assert list(model.state_dict()) == list(stock.state_dict())
    items, weights = torch.randint(32, (3, 24)), torch.randn(3, 24, 32)
    codes = model.encode(items).mean
    expected_codes = stock.encode(items).mean
    fused = model._forced_logits(codes, items)
    states, inputs = stock._beats(expected_codes)
    previous, state, looped = stock.first_token.expand(3, -1), states, []
    for tick in range(24):
        beat = tick // 6
        if tick % 6 == 0:
            state = states[:, :, beat].contiguous()
        output, state = stock.tick_rnn(torch.cat([previous, inputs[:, beat]], dim=-1)[:, None], state)
        looped.append(stock.output(output[:, 0]))
        previous = stock.decoder_embedding(items[:, tick])
    assert torch.allclose(fused, torch.stack(looped, dim=1), atol=1e-4)
    (fused * weights).sum().backward()
    (torch.stack(looped, dim=1) * weights).sum().backward()
    expected = dict(stock.named_parameters())
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            assert torch.allclose(parameter.grad, expected[name].grad, atol=1e-3, rtol=1e-3), name


def test_both_passes_of_a_free_running_batch_see_the_same_dropout():
    torch.manual_seed(0)
    model = MeasureRnn(32, 24, MeasureRnnConfig()).double().train()
    beats = model._beats(torch.randn(5, 32, dtype=torch.double))
    masks = model.tick_rnn.masks(6, 4 * 5)
    stepped, tokens = model._step(beats, masks=masks)
    assert torch.allclose(stepped, model._fused(beats, tokens, masks), atol=1e-12)
    assert not torch.allclose(stepped, model._fused(beats, tokens, model.tick_rnn.masks(6, 4 * 5)), atol=1e-3)


@pytest.mark.parametrize("forcing", [0.0, 1.0])
def test_same_seed_same_training_step_bit_by_bit(forcing):
    torch.manual_seed(0)
    model, items = MeasureRnn(32, 24, MeasureRnnConfig(teacher_forcing=forcing)).train(), torch.randint(32, (5, 24))
    results = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        logits = model.decode(model.encode(items).rsample(), items).base_dist.logits
        results.append([logits, *torch.autograd.grad(logits.sin().sum(), [*model.parameters()])])
    assert all(map(torch.equal, results[0], results[1]))
    assert not torch.equal(results[0][0], results[2][0])


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


@pytest.mark.parametrize("bidirectional", [False, True])
def test_second_derivatives_by_finite_differences(bidirectional):
    torch.manual_seed(0)
    network = Gru(2, 2, 2, bidirectional=bidirectional).double()
    steps = torch.randn(2, 2, 2, dtype=torch.double, requires_grad=True)
    names, values = zip(*network.named_parameters(), strict=True)

    def run(steps, *parameters):
        return torch.func.functional_call(network, dict(zip(names, parameters, strict=True)), (steps,))

    assert torch.autograd.gradgradcheck(run, (steps, *values), fast_mode=True)


def test_second_derivatives_of_the_matrix_product():
    torch.manual_seed(0)
    shapes = ((5, 4), (3, 4), (3,))
    inputs = [torch.randn(shape, dtype=torch.double, requires_grad=True) for shape in shapes]
    assert torch.autograd.gradgradcheck(linear, inputs)
