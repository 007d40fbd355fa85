"""The graphs of a run: its encoder, its decoder, and what measures decoded items where tensors do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent

from latune.control.editor import Editor
from latune.data.codecs import Codec
from latune.data.picture_codec import PictureCodec
from latune.errors import RecipeError
from latune.export.graphs import Graph, Port
from latune.export.networks import plain_network
from latune.losses.expectation import Expectation, expectation
from latune.models.latent_model import LatentModel, PictureModel, TokenModel, token_distribution
from latune.training.reader import Reader

__all__ = ["run_graphs"]

SEED = 0  # of the codes that graphs are traced and compared with


def run_graphs(editor: Editor, reader: Reader | None = None) -> list[Graph]:
    """What of a run can be written as graphs: encoder, decoder, and `measure` where attributes are tensor code.

    Args:
        editor: The run opened for editing.
        reader: Its attribute reader, where it has one.
    """
    plain = plain_network(editor.model)
    graphs = [_encoder(editor, plain), _decoder(editor, plain)]
    measure = _reading(editor, reader) if reader is not None else _expecting(editor)
    return [*graphs, *([] if measure is None else [measure])]


class _Encoder(nn.Module):
    def __init__(self, model: LatentModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, items: Tensor) -> tuple[Tensor, Tensor]:
        posterior = self.model.encode(items if isinstance(self.model, PictureModel) else items.long())
        return posterior.mean, posterior.stddev


class _Decoder(nn.Module):
    def __init__(self, model: LatentModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, codes: Tensor) -> tuple[Tensor]:
        return (_numbers(self.model.decode(codes)),)


class _Expecting(nn.Module):
    """Expected attributes of what was decoded."""

    def __init__(self, measure: Expectation) -> None:
        super().__init__()
        self.measure = measure

    def forward(self, logits: Tensor) -> tuple[Tensor]:
        return (self.measure(token_distribution(logits)),)


class _Reading(nn.Module):
    """What a reader says of decoded pictures, rounded as they are stored."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        header = reader.header
        self.network, self.levels = reader.network, header.levels
        self.register_buffer("means", torch.tensor(header.means, dtype=torch.float32))
        self.register_buffer("deviations", torch.tensor(header.deviations, dtype=torch.float32))

    def forward(self, brightness: Tensor) -> tuple[Tensor]:
        rounded = (brightness * self.levels).round() / self.levels
        return (self.network(rounded) * self.deviations + self.means,)


def _numbers(decoded: Distribution) -> Tensor:
    """What the most likely items follow from: logits of symbols, or the brightness of pixels."""
    assert isinstance(decoded, Independent)
    base = decoded.base_dist
    return base.logits if isinstance(base, torch.distributions.Categorical) else decoded.mean


def _encoder(editor: Editor, plain: LatentModel) -> Graph:
    shape, size = editor.codec.item_shape, editor.model.latent_size
    if isinstance(editor.model, PictureModel):
        port = Port("items", "float32", shape, "brightness of pixels, 0 to 1")
    else:
        port = Port("items", "int32", shape, "tokens")

    def examples(count: int) -> Tensor:
        decoded = editor.model.decode(_codes(editor, count))
        items = editor.model.to_input(editor.model.to_items(decoded).to(torch.uint8))
        return items if isinstance(editor.model, PictureModel) else items.int()

    return Graph(
        "encoder",
        _Encoder(plain),
        port,
        (
            Port("mean", "float32", (size,), "mean of the code's distribution: the code of an item"),
            Port("scale", "float32", (size,), "its standard deviation"),
        ),
        _Encoder(editor.model).forward,
        _without_gradients(examples),
    )


def _decoder(editor: Editor, plain: LatentModel) -> Graph:
    size = editor.model.latent_size
    return Graph(
        "decoder",
        _Decoder(plain),
        Port("codes", "float32", (size,), "codes"),
        (_decoded_port(editor),),
        _Decoder(editor.model).forward,
        lambda count: _codes(editor, count),
    )


def _decoded_port(editor: Editor) -> Port:
    shape = editor.codec.item_shape
    if isinstance(editor.model, TokenModel):
        logits = "logits: a softmax over the last axis gives probabilities, the largest one is the token"
        # Songs have more symbols in a vocabulary than a track uses; the network says how many.
        symbols = int(_numbers(editor.model.decode(_codes(editor, 1))).shape[-1])
        return Port("logits", "float32", (*shape, symbols), logits)
    return Port("brightness", "float32", shape, "expected brightness of pixels, 0 to 1")


def _expecting(editor: Editor) -> Graph | None:
    """Expected attributes, of those that have a closed form; None where none has."""
    names = [name for name in editor.codec.table.names if _has_expectation(editor.codec, name)]
    if not names:
        return None
    module = _Expecting(expectation(editor.codec, names))
    return _measure(editor, module, "expected values", names)


def _has_expectation(codec: Codec, name: str) -> bool:
    try:
        expectation(codec, [name])
    except RecipeError:
        return False
    return True


def _reading(editor: Editor, reader: Reader) -> Graph | None:
    if not isinstance(editor.codec, PictureCodec):
        return None
    meaning = "estimates of a network that learned to read pictures"
    return _measure(editor, _Reading(reader), meaning, reader.header.names)


def _measure(editor: Editor, module: nn.Module, meaning: str, names: Sequence[str]) -> Graph:
    return Graph(
        "measure",
        module,
        _decoded_port(editor),
        (Port("attributes", "float32", (len(names),), meaning, tuple(names)),),
        module.forward,
        _without_gradients(lambda size: _numbers(editor.model.decode(_codes(editor, size)))),
    )


def _codes(editor: Editor, count: int) -> Tensor:
    """Codes as far from zero as those of training items are, (count, D)."""
    drawn = np.random.default_rng(SEED).normal(size=(count, editor.model.latent_size)) * editor.knobs.spread
    return torch.from_numpy(drawn.astype(np.float32))


def _without_gradients(examples: Callable[[int], Tensor]) -> Callable[[int], Tensor]:
    def quietly(count: int) -> Tensor:
        with torch.no_grad():
            return examples(count).contiguous()

    return quietly
