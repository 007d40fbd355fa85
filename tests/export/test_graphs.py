"""Every network as graphs: onnxruntime computes what PyTorch computes, for batches of any size."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch

from latune.attributes import AttributeTable
from latune.control.editor import Editor
from latune.control.knobs import Knobs
from latune.data.dmelody_codec import DMelodyCodec
from latune.data.measure_codec import MeasureCodec
from latune.data.phrase_codec import PhraseCodec
from latune.data.picture_codec import PictureCodec
from latune.data.song_codec import SongCodec
from latune.errors import InputError, RunError
from latune.export import graphs
from latune.export.graphs import TOLERANCE, largest_difference, write_graph
from latune.export.run_graphs import run_graphs
from latune.losses.expectation import certain_tokens
from latune.models import song_lstm
from latune.models.measure_mlp import MeasureMlpConfig
from latune.models.measure_rnn import MeasureRnnConfig
from latune.models.phrase_mlp import PhraseMlpConfig
from latune.models.picture_conv import PictureConvConfig
from latune.models.picture_networks import PictureNetworkConfig
from latune.models.region_autoencoder import RegionAutoencoderConfig
from latune.models.registry import build_model
from latune.models.song_bars import SongBarsConfig
from latune.models.song_lstm import SongLstmConfig
from latune.music.measure import midi_vocabulary
from latune.music.metre import metre_from_name

SHORT = MeasureCodec(midi_vocabulary(), metre_from_name("2/4"))  # 12 ticks
SIGNS = PictureCodec((1, 16, 16), 1, "none", AttributeTable([]))
COLOURS = PictureCodec((3, 16, 16), 255, "none", AttributeTable([]))
CASES = {
    "measure_mlp": (MeasureMlpConfig(latent_size=4, embedding_size=4, hidden_size=8), SHORT),
    "dmelodies": (MeasureMlpConfig(latent_size=12, embedding_size=4, hidden_size=8), DMelodyCodec()),
    "phrase_mlp": (
        PhraseMlpConfig(named_size=2, free_size=3, embedding_size=4, hidden_size=8),
        PhraseCodec(SHORT, 3),
    ),
    "picture_conv": (PictureConvConfig(latent_size=3, channels=(4, 4), hidden_sizes=(8,), dropout=0.5), SIGNS),
    "burgess": (PictureNetworkConfig(name="burgess", latent_size=3), COLOURS),
    "absae": (RegionAutoencoderConfig(latent_size=3, channels=4, hidden=8, likelihood="gaussian"), COLOURS),
    "song_bars": (
        SongBarsConfig(latent_size=4, styles=2, embedding_size=4, bar_size=8, bar_code_size=4, hidden_size=8),
        SongCodec(),
    ),
    "measure_rnn": (MeasureRnnConfig(latent_size=4, embedding_size=4, hidden_size=6, layers=2), SHORT),
}


def opened(config, codec):
    """An editor of a network with fresh weights."""
    torch.manual_seed(0)
    model = build_model(config, codec).eval()
    for module in model.modules():  # as after training, not the zeros and ones of fresh weights
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.5, 0.5)
            torch.nn.init.uniform_(module.running_var, 0.5, 2)
    return Editor(model, codec, Knobs((), np.zeros((model.latent_size, 0)), np.ones(model.latent_size), {}))


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_graphs_compute_what_the_network_computes(name, tmp_path):
    config, codec = CASES[name]
    found = run_graphs(opened(config, codec))
    assert [graph.name for graph in found[:2]] == ["encoder", "decoder"]
    for graph in found:
        assert write_graph(graph, tmp_path) <= TOLERANCE
        inputs = onnx.load(tmp_path / graph.file).graph.input
        assert [port.name for port in inputs] == [graph.input.name]
        assert inputs[0].type.tensor_type.shape.dim[0].dim_param == "batch"
        with torch.no_grad():
            outputs = graph.reference(graph.examples(3))
        assert [tuple(output.shape) for output in outputs] == [(3, *port.shape) for port in graph.outputs]


@pytest.mark.slow
def test_a_recurrent_network_of_songs(tmp_path, monkeypatch):
    monkeypatch.setattr(song_lstm, "STEPS", 2)  # instead of 256: tracing takes as long as it has steps
    config = SongLstmConfig(latent_size=3, styles=2, hidden_size=4, layers=2)
    for graph in run_graphs(opened(config, SongCodec())):
        assert write_graph(graph, tmp_path) <= TOLERANCE


def test_measured_attributes_are_those_of_the_codec(synthetic, tmp_path):
    """On logits that are certain, the expected attributes are the measured ones."""
    import onnxruntime

    config = MeasureMlpConfig(latent_size=4, embedding_size=4, hidden_size=8)
    measure = run_graphs(opened(config, synthetic.codec))[2]
    write_graph(measure, tmp_path)
    columns = measure.outputs[0].columns
    assert {"note_density", "contour", "pitch_range", "rhythmic_complexity"} <= set(columns)
    items = synthetic.items[:20]
    certain = certain_tokens(torch.from_numpy(items).long(), synthetic.codec.symbols).base_dist.probs
    logits = (100 * certain).numpy()
    session = onnxruntime.InferenceSession(str(tmp_path / measure.file), providers=["CPUExecutionProvider"])
    values = session.run(None, {"logits": logits})[0]
    assert np.abs(values - synthetic.codec.measure(items, columns)).max() < 1e-3


def test_a_graph_tells_nothing_of_the_code_it_was_made_of(tmp_path):
    config, codec = CASES["measure_mlp"]
    for graph in run_graphs(opened(config, codec)):
        write_graph(graph, tmp_path)
        content = (tmp_path / graph.file).read_bytes()
        assert b".py" not in content
        assert b"/latune/" not in content


def test_another_function_is_noticed(tmp_path, monkeypatch):
    config, codec = CASES["picture_conv"]
    decoder = run_graphs(opened(config, codec))[1]
    write_graph(decoder, tmp_path)
    other = run_graphs(opened(config.model_copy(update={"activation": "relu"}), codec))[1]
    assert largest_difference(other, tmp_path / decoder.file) > TOLERANCE
    monkeypatch.setattr(graphs, "TOLERANCE", -1.0)
    with pytest.raises(RunError, match=r"decoder\.onnx differs from PyTorch by .*: expected at most -1\."):
        write_graph(decoder, tmp_path)


def test_what_onnx_lacks_is_one_sentence(tmp_path):
    class Unknown(torch.nn.Module):
        def forward(self, codes):
            return (torch.from_numpy(np.sort(codes.numpy())),)

    config, codec = CASES["measure_mlp"]
    _, decoder, _ = run_graphs(opened(config, codec))
    broken = replace(decoder, module=Unknown())
    with pytest.raises(InputError, match=r"^The decoder of this network cannot be written as ONNX: ") as caught:
        write_graph(broken, tmp_path)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
