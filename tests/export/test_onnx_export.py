"""A run as graphs: held-out items give the same numbers, and `latune.json` says what is needed beside them."""

import json

import numpy as np
import onnxruntime
import pytest
import torch

from latune.control.editor import open_editor
from latune.control.knobs import knobs_from_dict
from latune.control.sample import codes_from_dict, fit_codes
from latune.errors import InputError, MissingExtraError
from latune.export import graphs
from latune.export.onnx_export import export_onnx
from latune.export.source import open_source


@pytest.fixture(scope="module")
def exported(trained_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports") / "onnx"
    export_onnx(open_source(trained_run.folder), folder)
    return folder


def session(path):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("count", [1, 3, 17])
def test_held_out_items(exported, synthetic, editor, count):
    items = synthetic.items[synthetic.splits["test"][:count]]
    mean, scale = session(exported / "encoder.onnx").run(None, {"items": items.astype(np.int32)})
    logits = session(exported / "decoder.onnx").run(None, {"codes": mean})[0]
    attributes = session(exported / "measure.onnx").run(None, {"logits": logits})[0]
    with torch.no_grad():
        posterior = editor.model.encode(torch.from_numpy(items).long())
        expected = editor.model.decode(posterior.mean).base_dist.logits.numpy()
    assert np.abs(mean - posterior.mean.numpy()).max() < 1e-4
    assert np.abs(scale - posterior.stddev.numpy()).max() < 1e-4
    assert np.abs(logits - expected).max() < 1e-4
    assert np.array_equal(logits.argmax(axis=-1), editor.decode(editor.encode(items)))
    assert attributes.shape == (count, 6)


def test_pictures(trained_picture_run, ellipses, picture_editor, tmp_path):
    differences = export_onnx(open_source(trained_picture_run.folder), tmp_path / "onnx")
    assert set(differences) == {"encoder.onnx", "decoder.onnx"}  # strokes are measured by no network
    items = ellipses.items[ellipses.splits["test"][:3]]
    mean, _ = session(tmp_path / "onnx" / "encoder.onnx").run(None, {"items": items.astype(np.float32) / 255})
    brightness = session(tmp_path / "onnx" / "decoder.onnx").run(None, {"codes": mean})[0]
    assert np.abs(mean - picture_editor.encode(items)).max() < 1e-4
    difference = np.round(brightness * 255) - picture_editor.decode(picture_editor.encode(items)).astype(float)
    assert np.abs(difference).max() <= 1  # a brightness may lie at the border of two stored values


def test_the_description(exported, trained_run, editor, synthetic):
    told = json.loads((exported / "latune.json").read_text())
    assert (told["format"], told["opset"], told["network"]) == (1, graphs.OPSET, "measure_mlp")
    assert told["codec"] == trained_run.codec.to_dict()
    assert told["data"] == {"name": "chorales", "source": "invented", "licence": "none needed"}
    read = knobs_from_dict(told["knobs"], exported)
    codes = editor.encode(synthetic.items[:5])
    here = {name: editor.knobs[name].code_of(0.2) for name in ("note_density",)}
    assert np.array_equal(read.move(codes, here), editor.knobs.move(codes, here))
    fitted = fit_codes(open_editor(trained_run.folder), synthetic)
    assert np.allclose(codes_from_dict(told["codes"], exported).covariance, fitted.covariance)
    assert told["graphs"]["encoder"]["input"]["shape"] == ["batch", 24]
    assert told["graphs"]["measure"]["outputs"][0]["columns"][0] == "rhythmic_complexity"
    certificate = trained_run.read_json("certificate.json")
    for knob in told["certificate"]["knobs"]:
        for way, rate in knob["hit_rates"].items():
            assert rate == certificate["knobs"][knob["name"]][way]["hit_rate"]["value"]


def test_an_existing_folder_stays(exported, trained_run):
    before = sorted(path.name for path in exported.iterdir())
    with pytest.raises(InputError, match=r"onnx exists already: choose another --output\.$"):
        export_onnx(open_source(trained_run.folder), exported)
    assert sorted(path.name for path in exported.iterdir()) == before


def test_nothing_is_left_of_an_export_that_fails(trained_run, tmp_path, monkeypatch):
    monkeypatch.setattr("latune.export.onnx_export.write_json", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        export_onnx(open_source(trained_run.folder), tmp_path / "onnx")
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra(trained_run, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnxscript", None)
    with pytest.raises(MissingExtraError, match=r"'onnxscript': pip install 'latune\[export\]'\.$"):
        export_onnx(open_source(trained_run.folder), tmp_path / "onnx")
