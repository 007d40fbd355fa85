"""One training step on pictures: the two published networks and the fast one against plain PyTorch.

    python benchmarks/picture_step.py [REPETITIONS] [THREADS]

Plain is what the published code does: the same network of nn.Conv2d, nn.ConvTranspose2d, nn.Linear and nn.Dropout in
float32, fed by a shuffling DataLoader over a TensorDataset of float32, the attribute loss one attribute at a time, Adam
with its defaults. Candidates alternate in one run. The loss curves are compared without dropout, whose random numbers
differ, on the same batches from the same weights and with the same noise of the codes. In the digits network rounding
grows from step to step: after some ten steps either curve is as far from one in double precision as from the other.
"""

import copy
import sys
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.optim import Adam
from torch.utils.data import DataLoader, TensorDataset

from latune.attributes import Attribute, AttributeTable
from latune.data.batches import Batch
from latune.methods.ar_vae import ArVaeConfig
from latune.methods.attribute_term import AttributesConfig, AttributeTerm
from latune.methods.registry import build_method
from latune.models.convolution import Convolution, TransposedConvolution
from latune.models.dropout import ActivationDropout
from latune.models.picture_conv import PictureConv, PictureConvConfig
from timing import alternate

BATCH, ITEMS, CURVE = 128, 1280, 20
NAMES = ("area", "length", "thickness", "slant", "width", "height")
DELTA, GAMMA = 10.0, 10.0

NETWORKS = {
    "digits": (
        (1, 28, 28),
        PictureConvConfig(
            latent_size=16,
            channels=(64, 64, 8),
            stride=1,
            hidden_sizes=(256,),
            activation="selu",
            dropout=0.5,
            initialisation="xavier_normal",
        ),
    ),
    "sprites": (
        (1, 64, 64),
        PictureConvConfig(
            latent_size=10,
            channels=(32, 32, 32, 32),
            stride=2,
            hidden_sizes=(256, 256),
            activation="relu",
            initialisation="xavier_normal",
        ),
    ),
    "fast": ((1, 28, 28), PictureConvConfig(latent_size=16, channels=(32, 64), stride=2, hidden_sizes=(256,))),
}


def plain_network(model: PictureConv) -> PictureConv:
    """The same network and weights, made of PyTorch's own layers."""
    copied = copy.deepcopy(model)
    for layers in (copied.encoder, copied.decoder):
        for position, layer in enumerate(layers):
            layers[position] = _plain_layer(layer)
    return copied


def _plain_layer(layer: nn.Module) -> nn.Module:
    if isinstance(layer, ActivationDropout):
        activation = {"relu": nn.ReLU, "selu": nn.SELU, "silu": nn.SiLU}[layer.activation]()
        return nn.Sequential(activation, nn.Dropout(layer.drop))
    if isinstance(layer, Convolution | TransposedConvolution):
        kind = nn.Conv2d if isinstance(layer, Convolution) else nn.ConvTranspose2d
        sizes = layer.in_channels, layer.out_channels, layer.kernel_size, layer.stride, layer.padding
        return _with_weights(kind(*sizes), layer)
    if isinstance(layer, nn.Linear):
        return _with_weights(nn.Linear(layer.in_features, layer.out_features), layer)
    return type(layer)() if isinstance(layer, nn.ReLU | nn.SELU | nn.SiLU) else layer


def _with_weights(new: nn.Module, old: nn.Module) -> nn.Module:
    new.load_state_dict(old.state_dict())
    return new


def random_data(shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Items as uint8 from 0 to 255 (N, C, H, W): one bright rectangle each; attributes (N, K)."""
    generator = torch.Generator().manual_seed(0)
    low, high = torch.rand(2, 2, ITEMS, 1, 1, generator=generator).sort(dim=0).values
    rows, columns = torch.linspace(0, 1, shape[1])[:, None], torch.linspace(0, 1, shape[2])
    inside = (rows >= low[0]) & (rows <= high[0]) & (columns >= low[1]) & (columns <= high[1])
    return inside[:, None].to(torch.uint8) * 255, torch.rand(ITEMS, len(NAMES), generator=generator)


class OurStep:
    """A training step of latune: items stay uint8 in memory, losses come from the method."""

    def __init__(self, model: PictureConv, items: Tensor, attributes: Tensor, half: bool = False) -> None:
        self.half = torch.autocast("cpu", torch.bfloat16, enabled=half)  # training.precision: bfloat16
        table = AttributeTable([Attribute(name, "pixels", 0, 1) for name in NAMES])
        term = AttributeTerm(AttributesConfig(names=NAMES, gamma=GAMMA, delta=DELTA), table, model.latent_size)
        self.model, self.items, self.attributes = model.train(), items, attributes
        (self.player,) = build_method(ArVaeConfig(beta=1, reconstruction="sum"), model, table, term).players()
        self.optimiser = Adam(model.parameters(), 1e-4, fused=True)
        self.position = 0

    def __call__(self) -> float:
        chosen = torch.arange(self.position, self.position + BATCH) % ITEMS
        self.position += BATCH
        batch = Batch(self.model.to_input(self.items[chosen]), self.attributes[chosen])
        with self.half:
            loss = self.player.loss(batch, 0)["loss"]
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        return float(loss.detach())


class PlainStep:
    """The published formulation of a training step."""

    def __init__(self, model: PictureConv, items: Tensor, attributes: Tensor) -> None:
        self.model = plain_network(model).train()
        dataset = TensorDataset(items.float() / 255, attributes)
        self.loader = DataLoader(dataset, batch_size=BATCH, shuffle=True, drop_last=True)
        self.optimiser = Adam(self.model.parameters(), 1e-4)
        self.batches: Iterator[list[Tensor]] = iter(())

    def __call__(self) -> None:
        batch = next(self.batches, None)
        if batch is None:
            self.batches = iter(self.loader)
            batch = next(self.batches)
        pictures, attributes = batch
        model = self.model
        features = model.encoder(pictures)
        posterior = Normal(model.mean(features), model.log_scale(features).exp())
        codes = posterior.rsample()
        decoded = Bernoulli(logits=model.decoder(codes), validate_args=False)
        loss = -decoded.log_prob(pictures).sum(dim=(1, 2, 3)).mean()
        loss = loss + kl_divergence(posterior, Normal(0.0, 1.0)).sum(dim=-1).mean()
        for number in range(len(NAMES)):
            loss = loss + GAMMA * _published_attribute_loss(codes[:, number], attributes[:, number])
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()


def _published_attribute_loss(codes: Tensor, attributes: Tensor) -> Tensor:
    distances = torch.tanh(DELTA * (codes[:, None] - codes))
    return nn.functional.l1_loss(distances, torch.sign(attributes[:, None] - attributes))


def loss_curves(name: str) -> list[list[float]]:
    """Losses of the plain network, ours, and ours in bfloat16, without dropout: same weights, batches and noise."""
    shape, config = NETWORKS[name]
    torch.manual_seed(1)
    model = PictureConv(shape, 255, config.model_copy(update={"dropout": 0.0}))
    curves = []
    for network, half in ((plain_network(model), False), (copy.deepcopy(model), False), (model, True)):
        torch.manual_seed(2)
        step = OurStep(network, *random_data(shape), half=half)
        curves.append([step() for _ in range(CURVE)])
    return curves


def largest_difference(curve: list[float], expected: list[float]) -> float:
    """As a share of the loss."""
    return max(abs(found - wanted) / abs(wanted) for found, wanted in zip(curve, expected, strict=True))


def steps(name: str) -> dict[str, Callable[[], object]]:
    """Our step, ours in bfloat16, and the plain one."""
    shape, config = NETWORKS[name]
    torch.manual_seed(0)
    model = PictureConv(shape, 255, config)
    data = random_data(shape)
    return {
        "ours": OurStep(copy.deepcopy(model), *data),
        "half": OurStep(copy.deepcopy(model), *data, half=True),
        "plain": PlainStep(model, *data),
    }


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    if len(sys.argv) > 2:
        torch.set_num_threads(int(sys.argv[2]))
    candidates = {f"{name} {kind}": step for name in NETWORKS for kind, step in steps(name).items()}
    seconds = alternate(candidates, repetitions, warm_up=2)
    print(f"batch {BATCH}, {torch.get_num_threads()} threads, medians of {repetitions} steps")
    for name in NETWORKS:
        ours, half, plain = (seconds[f"{name} {kind}"] for kind in ("ours", "half", "plain"))
        expected, single, rounded = loss_curves(name)
        print(
            f"{name:8s} {plain * 1e3:6.1f} ms plain; float32 {ours * 1e3:6.1f} ms, ratio {plain / ours:4.2f}, losses"
            f" differ by at most {largest_difference(single[:5], expected[:5]):.0e} in 5 steps,"
            f" {largest_difference(single, expected):.0e} in {CURVE}; bfloat16 {half * 1e3:6.1f} ms, ratio"
            f" {plain / half:4.2f}, losses differ by at most {largest_difference(rounded, expected):.0e}"
        )
    print(f"fast network against the plain digits network: ratio {seconds['digits plain'] / seconds['fast ours']:.1f}")


if __name__ == "__main__":
    main()
