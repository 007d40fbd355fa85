"""A network with a flow as graphs: codes of the prior in and out, as PyTorch has them."""

import numpy as np
import pytest
import torch

from latune.control.editor import Editor
from latune.control.inference import encode_posteriors, encode_samples
from latune.control.knobs import Knobs
from latune.data.song_codec import SongCodec
from latune.export.graphs import TOLERANCE, write_graph
from latune.export.run_graphs import run_graphs
from latune.models.flow import FlowConfig
from latune.models.registry import build_model
from latune.models.song_bars import SongBarsConfig
from latune.music.songs.tokens import SYMBOLS

SIZE = 4


@pytest.fixture
def model():
    torch.manual_seed(0)
    config = SongBarsConfig(
        latent_size=SIZE,
        embedding_size=4,
        bar_size=8,
        bar_code_size=4,
        hidden_size=8,
        flow=FlowConfig(layers=3, hidden_size=8),
    )
    model = build_model(config, SongCodec()).eval()
    with torch.no_grad():  # as after training, not the identity of fresh weights
        for coupling in model.flow.couplings:
            coupling.out.weight.normal_(0, 0.3)
            coupling.out.bias.normal_(0, 0.3)
    return model


@pytest.mark.slow
def test_graphs_compute_what_the_network_computes(model, tmp_path):
    editor = Editor(model, SongCodec(), Knobs((), np.zeros((SIZE, 0)), np.ones(SIZE), {}))
    for graph in run_graphs(editor):
        assert write_graph(graph, tmp_path) <= TOLERANCE


def test_arrays_of_codes_are_those_of_the_prior(model):
    items = np.random.default_rng(0).integers(SYMBOLS, size=(5, 256, 4)).astype(np.uint8)
    means, deviations = encode_posteriors(model, items)
    with torch.no_grad():
        posterior = model.encode(torch.from_numpy(items).long())
        assert np.allclose(means, posterior.mean.numpy(), atol=1e-6)
        assert not np.allclose(means, posterior.base.mean.numpy(), atol=0.01)
    assert deviations.shape == means.shape
    draws = np.stack([encode_samples(model, items, seed) for seed in range(300)])
    own = model.own_codes(torch.from_numpy(draws).flatten(0, 1)).detach().view(300, 5, SIZE)
    base = posterior.base
    standard = ((own - base.mean) / base.stddev).flatten()
    assert abs(float(standard.mean())) < 0.06
    assert abs(float(standard.std()) - 1) < 0.05
