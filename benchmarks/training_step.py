"""One training step: the paper and the fast preset against the plain formulation.

    python benchmarks/training_step.py

The plain formulation is that of the published work, with the same network made of torch.nn.GRU: 24 Python steps in the
decoder, each with a range check of its indices on the host; a scan of every weight for NaN in encoder and decoder;
pitch range and contour measured in every batch, each by its own Python loop over all tokens that reads them one by one
and makes a music21 pitch of every note. A second version of it looks the pitches up in a table instead, in its favour.
Teacher-forced and free-running batches are timed apart; a step is their mean, as the coin of the method falls.
The floor is the arithmetic of a step in float32 at the speed of the faster matrix product of PyTorch on this machine.
"""

import sys
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import torch
from music21.pitch import Pitch
from torch import Tensor, nn
from torch.nn import functional as F

from latune.data.batches import Batch
from latune.data.measure_codec import MeasureCodec
from latune.losses.attribute import attribute_regularization
from latune.methods.ar_vae import ArVaeConfig
from latune.methods.attribute_term import AttributesConfig, AttributeTerm
from latune.methods.registry import build_method
from latune.models.gru import linear
from latune.models.measure_mlp import MeasureMlpConfig
from latune.models.measure_rnn import MeasureRnn, MeasureRnnConfig
from latune.models.registry import build_model
from latune.music.attributes import MUSIC_ATTRIBUTES
from latune.music.measure import midi_vocabulary
from timing import alternate, operations_per_second

BATCH = 256
NAMES = ("rhythmic_complexity", "pitch_range", "note_density", "contour")
VOCABULARY = midi_vocabulary()
PLAIN_AND_PAPER = ("plain", "table", "paper")


def random_batch() -> Batch:
    generator = np.random.default_rng(0)
    pitches = generator.integers(55, 85, (BATCH, 24))
    ticks = np.where(generator.random((BATCH, 24)) < 0.2, pitches, -1).astype(np.int16)
    items = torch.from_numpy(VOCABULARY.tokens_from_ticks(ticks)).long()
    return Batch(items, torch.from_numpy(MUSIC_ATTRIBUTES.measure(ticks, NAMES)).float())


def ours(config: MeasureRnnConfig | MeasureMlpConfig, batch: Batch):
    """A training step of latune as a function without arguments."""
    model = build_model(config, MeasureCodec(VOCABULARY))
    term = AttributeTerm(AttributesConfig(names=NAMES), MUSIC_ATTRIBUTES, model.latent_size)
    method = build_method(ArVaeConfig(), model, MUSIC_ATTRIBUTES, term).train()
    optimiser = torch.optim.Adam(model.parameters(), 1e-4)
    (player,) = method.players()

    def step() -> None:
        loss = player.loss(batch, 0)["loss"]
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()

    return step


def with_stock_gru(model: MeasureRnn) -> MeasureRnn:
    """The same network and weights with torch.nn.GRU in the place of ours."""
    for name, ours_ in model.named_children():
        if isinstance(ours_, nn.GRU):
            both = {"bidirectional": ours_.bidirectional, "batch_first": True, "dropout": ours_.dropout}
            stock = nn.GRU(ours_.input_size, ours_.hidden_size, ours_.num_layers, **both)
            stock.load_state_dict(ours_.state_dict())
            setattr(model, name, stock)
    return model


class PlainStep:
    """The published formulation of a training step.

    Args:
        batch: The batch to learn from.
        forced: Whether the decoder reads the true previous token.
        note_objects: Whether every note becomes a music21 pitch, as published; else its pitch is looked up.
    """

    def __init__(self, batch: Batch, forced: bool, note_objects: bool) -> None:
        self.model = with_stock_gru(MeasureRnn(len(VOCABULARY), 24, MeasureRnnConfig())).train()
        self.optimiser = torch.optim.Adam(self.model.parameters(), 1e-4)
        self.batch, self.forced = batch, forced
        pitches = {token: value for token, value in enumerate(VOCABULARY.values) if value >= 0}
        names = {token: Pitch(value).nameWithOctave for token, value in pitches.items()}
        self.is_note = pitches.keys()
        self.pitch_of = (lambda token: Pitch(names[token]).midi) if note_objects else pitches.__getitem__

    def check_weights(self, modules: Iterable[nn.Module]) -> None:
        for module in modules:
            for parameter in module.parameters():
                if torch.isnan(parameter).any().item():
                    raise ValueError("NaN")

    def check_indices(self, tokens: Tensor) -> None:
        indices = tokens.cpu().numpy().flatten().tolist()
        if min(indices) < 0 or max(indices) >= len(VOCABULARY):
            raise ValueError("range")

    def pitches(self, items: Tensor, row: int) -> list[int]:
        found = []
        for tick in range(items.shape[1]):
            token = items[row, tick].item()
            if token in self.is_note:
                found.append(self.pitch_of(token))
        return found

    def pitch_range(self, items: Tensor) -> Tensor:
        values = torch.zeros(len(items))
        for row in range(len(items)):
            pitches = self.pitches(items, row)
            if len(pitches) > 1:
                values[row] = (max(pitches) - min(pitches)) / 26
        return values

    def contour(self, items: Tensor) -> Tensor:
        values = torch.zeros(len(items))
        for row in range(len(items)):
            pitches = self.pitches(items, row)
            if len(pitches) > 1:
                values[row] = sum(b - a for a, b in pairwise(pitches)) / 26
        return values

    def decode(self, codes: Tensor, items: Tensor) -> Tensor:
        model = self.model
        decoder = (model.beat_state, model.beat_rnn, model.tick_state, model.tick_input, model.decoder_embedding)
        self.check_weights((*decoder, model.tick_rnn, model.output))
        states, inputs = model._beats(codes)
        previous = model.first_token.expand(len(codes), -1)
        logits = []
        for beat in range(4):
            state = states[:, :, beat].contiguous()
            for tick in range(6):
                step = torch.cat([previous, inputs[:, beat]], dim=-1).unsqueeze(1)
                output, state = model.tick_rnn(step, state)
                logits.append(model.output(output[:, 0]))
                token = items[:, beat * 6 + tick] if self.forced else logits[-1].argmax(dim=-1)
                self.check_indices(token)
                previous = model.decoder_embedding(token)
        return torch.stack(logits, dim=1)

    def __call__(self) -> None:
        items, attributes = self.batch.items, self.batch.attributes
        model = self.model
        self.check_weights((model.embedding, model.encoder_rnn, model.mean_head, model.log_scale_head))
        self.check_indices(items)
        posterior = model.encode(items)
        codes = posterior.rsample()
        logits = self.decode(codes, items)
        loss = F.cross_entropy(logits.flatten(0, 1), items.flatten())
        loss = loss + 0.001 * torch.distributions.kl_divergence(posterior, model.prior).mean()
        columns = [attributes[:, 0], self.pitch_range(items), attributes[:, 2], self.contour(items)]
        for dimension, column in enumerate(columns):
            one = codes[:, dimension : dimension + 1]
            loss = loss + attribute_regularization(one, column[:, None], torch.tensor([10.0])).sum()
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()


def operations(config: MeasureRnnConfig | MeasureMlpConfig) -> float:
    """Multiplications and additions of a step: two per weight and use, three times for forward and backward."""
    model = build_model(config, MeasureCodec(VOCABULARY))
    uses = {"encoder_rnn": 24, "beat_rnn": 4, "tick_state": 4, "tick_input": 4, "tick_rnn": 24, "output": 24}
    weights = 0
    for name, parameter in model.named_parameters():
        if parameter.ndim == 2 and "embedding" not in name:
            weights += parameter.numel() * uses.get(name.split(".")[0], 1)
    return 3 * 2 * weights * BATCH


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    torch.manual_seed(0)
    batch = random_batch()
    seconds = alternate(
        {
            "plain forced": PlainStep(batch, forced=True, note_objects=True),
            "table forced": PlainStep(batch, forced=True, note_objects=False),
            "paper forced": ours(MeasureRnnConfig(teacher_forcing=1.0), batch),
            "fast": ours(MeasureMlpConfig(), batch),
            "plain free": PlainStep(batch, forced=False, note_objects=True),
            "table free": PlainStep(batch, forced=False, note_objects=False),
            "paper free": ours(MeasureRnnConfig(teacher_forcing=0.0), batch),
        },
        repetitions,
    )
    plain, table, paper = ((seconds[f"{name} forced"] + seconds[f"{name} free"]) / 2 for name in PLAIN_AND_PAPER)
    peaks = {"MKL": operations_per_second(F.linear), "oneDNN": operations_per_second(linear)}
    listed = ", ".join(f"{name} {peak / 1e9:.0f}" for name, peak in peaks.items())
    print(f"batch {BATCH}, {torch.get_num_threads()} threads, medians of {repetitions}, peak GFLOP/s: {listed}")
    for name, value in seconds.items():
        print(f"{name:14s}{value * 1e3:9.1f} ms")
    for name, value, config in (("paper", paper, MeasureRnnConfig()), ("fast", seconds["fast"], MeasureMlpConfig())):
        floor = operations(config) / max(peaks.values())
        print(
            f"{name} preset: {value * 1e3:.1f} ms against {plain * 1e3:.1f} ms plain, ratio {plain / value:.2f}"
            f" ({table * 1e3:.1f} ms and {table / value:.2f} with a table for the note objects);"
            f" floor {floor * 1e3:.1f} ms, share reached {floor / value:.0%}; {BATCH / value:,.0f} measures/s"
        )


if __name__ == "__main__":
    main()
