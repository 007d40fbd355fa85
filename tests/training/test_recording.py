"""Recording: the right codes at the right steps, within bounds, and a training that does not notice."""

import numpy as np
import pytest
import torch
from PIL import Image

from latune.control.inference import decode_items, encode_means
from latune.errors import RunError
from latune.models.registry import build_model
from latune.training import recording
from latune.training.recording import Recorder, read_probes
from latune.training.trainer import resume, train

SHORT = ("training.steps=30", "training.checkpoint_every=10", "training.keep=last", "training.validate_every=30")
RECORDED = ("recording.probe_every=2 epochs", "recording.panel_every=7", "recording.probe_items=11")
DROPOUT = "model={name: measure_rnn, hidden_size: 8, latent_size: 8}"


def names(folder):
    return sorted(path.name for path in (folder / "recording").iterdir())


def contents(folder):
    return {path.name: path.read_bytes() for path in (folder / "recording").iterdir()}


def stop_after(steps):
    asked = iter(range(1, 10**6))
    return lambda: next(asked) >= steps


@pytest.fixture(scope="module")
def recorded(small_recipe, ellipses, tmp_path_factory):
    """160 training pictures in batches of 64: epochs of 2 steps."""
    recipe = small_recipe(*SHORT, *RECORDED, name="pictures")
    return train(recipe, ellipses, tmp_path_factory.mktemp("recorded") / "run")


def test_what_is_written(recorded):
    probes = [f"probe-{step:07d}.npz" for step in (*range(0, 30, 4), 30)]
    panels = [f"panel-{step:07d}.png" for step in (0, 7, 14, 21, 28, 30)]
    assert names(recorded.folder) == sorted([*probes, *panels, "probe-items.npz"])


def test_off_by_default(small_recipe, ellipses, recorded, tmp_path):
    recipe = small_recipe(*SHORT, name="pictures")
    plain = train(recipe, ellipses, tmp_path / "run")
    assert recipe.recording is None
    assert not (plain.folder / "recording").exists()
    weights = [(run.folder / "weights.safetensors").read_bytes() for run in (plain, recorded)]
    assert weights[0] == weights[1]


@pytest.mark.parametrize("every", [1, 4])
def test_weights_are_the_same_where_the_training_draws(small_recipe, synthetic, tmp_path, every):
    """A network with dropout and teacher forcing, whose every step draws numbers."""
    overrides = (*SHORT, DROPOUT, "training.steps=8")
    plain = train(small_recipe(*overrides), synthetic, tmp_path / "plain")
    recorded = small_recipe(*overrides, f"recording.probe_every={every}")
    other = train(recorded, synthetic, tmp_path / "recorded")
    assert len(read_probes(other.folder).steps) == 8 // every + 1
    assert (plain.folder / "weights.safetensors").read_bytes() == (other.folder / "weights.safetensors").read_bytes()
    assert not list((other.folder / "recording").glob("panel*"))  # measures are no pictures


def test_probes_are_codes_of_held_out_items(recorded, ellipses):
    probes = read_probes(recorded.folder)
    assert probes.steps.tolist() == [*range(0, 30, 4), 30]
    assert probes.means.shape == probes.log_variances.shape == (9, 11, 5)
    assert probes.means.dtype == probes.log_variances.dtype == np.float32
    assert len(set(probes.indices) & set(ellipses.splits["validation"])) == 11
    assert np.array_equal(probes.attributes, ellipses.attributes[probes.indices])
    assert probes.names == ellipses.table.names
    model, items = recorded.load_model(), ellipses.items[probes.indices]
    assert probes.means[-1] == pytest.approx(encode_means(model, items), abs=1e-5)
    with torch.no_grad():
        deviations = model.encode(model.to_input(torch.from_numpy(items))).stddev.numpy()
    assert np.exp(probes.log_variances[-1] / 2) == pytest.approx(deviations, rel=1e-4)
    assert np.abs(probes.means[0] - probes.means[-1]).max() > 0.1


def test_the_panel_shows_originals_and_reconstructions(recorded, ellipses):
    page = np.asarray(Image.open(recorded.folder / "recording" / "panel-0000030.png"))
    assert page.shape == (2 * 22 + 2, 16 * 22 + 2)
    assert page.dtype == np.uint8
    tiles = [[page[y : y + 20, x : x + 20] for x in range(2, 354, 22)] for y in (2, 24)]
    held_out = {item.tobytes() for item in ellipses.items[ellipses.splits["validation"], 0]}
    assert len({tile.tobytes() for tile in tiles[0]} & held_out) == 16
    model, originals = recorded.load_model(), np.array(tiles[0])[:, None]
    expected = decode_items(model, encode_means(model, originals))
    assert np.abs(np.array(tiles[1])[:, None].astype(int) - expected).max() <= 1
    first = np.asarray(Image.open(recorded.folder / "recording" / "panel-0000000.png"))
    assert np.array_equal(first[:24], page[:24])
    assert not np.array_equal(first, page)


@pytest.mark.parametrize("stops", [(3,), (10, 5), (13, 1)])
def test_stop_and_resume(small_recipe, ellipses, recorded, tmp_path, stops):
    recipe = small_recipe(*SHORT, *RECORDED, name="pictures")
    folder = tmp_path / "run"
    train(recipe, ellipses, folder, stop=stop_after(stops[0]))
    for steps in stops[1:]:
        resume(folder, ellipses, stop=stop_after(steps))
    assert resume(folder, ellipses).finished
    assert contents(folder) == contents(recorded.folder)


def test_what_lies_behind_the_checkpoint_is_dropped(small_recipe, ellipses, recorded, tmp_path, monkeypatch):
    """Killed at step 17, with a checkpoint of step 10."""
    recipe, write, folder = small_recipe(*SHORT, *RECORDED, name="pictures"), recording._write_arrays, tmp_path / "run"

    def kill(path, **arrays):
        if path.name == "probe-0000016.npz":
            path.with_name(f".{path.name}.tmp").write_bytes(b"half")
            raise KeyboardInterrupt
        write(path, **arrays)

    monkeypatch.setattr(recording, "_write_arrays", kill)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, ellipses, folder)
    monkeypatch.undo()
    assert {"probe-0000012.npz", "panel-0000014.png", ".probe-0000016.npz.tmp"} <= set(names(folder))
    seen = []
    resume(folder, ellipses, stop=lambda: seen.append(names(folder)) or True)
    assert "probe-0000012.npz" not in seen[0]
    assert {"probe-0000008.npz", "panel-0000007.png"} <= set(seen[0])
    assert resume(folder, ellipses).finished
    assert contents(folder) == contents(recorded.folder)


def test_records_are_thinned_out_evenly(small_recipe, ellipses, tmp_path):
    size = len(contents_of_one_probe(small_recipe, ellipses, tmp_path))
    most = 14 * size / 1e6
    bounded = ("recording.probe_every=1", f"recording.most_megabytes={most}")
    config = small_recipe(*bounded, "recording.panel_every=1000", "recording.panel_items=1", name="pictures")
    recorder = Recorder(tmp_path, config.recording, ellipses, 0, 2, 0)
    model = build_model(config.model, ellipses.codec)
    for step in range(100):
        recorder.record(model, step)
        total = sum(path.stat().st_size for path in (tmp_path / "recording").iterdir())
        assert total <= most * 1e6
        kept = read_probes(tmp_path).steps
        assert kept[0] == 0
        assert kept[-1] == step
    assert len(kept) >= 10
    assert np.diff(kept).max() <= 2 * 99 / len(kept)


def contents_of_one_probe(small_recipe, ellipses, tmp_path):
    recipe = small_recipe("training.steps=1", "recording.panel_every=9", name="pictures")
    folder = train(recipe, ellipses, tmp_path / "one").folder
    return (folder / "recording" / "probe-0000001.npz").read_bytes()


def test_a_full_disk_is_one_sentence(small_recipe, ellipses, tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recording, "write_bytes", full)
    with pytest.raises(RunError, match=r"Cannot write to .*: No space left on device; free space and --resume\.$"):
        train(small_recipe(*SHORT, *RECORDED, name="pictures"), ellipses, tmp_path / "run")


def test_reading_what_is_not_there_or_damaged(recorded, tmp_path):
    with pytest.raises(RunError, match="has no recorded probes"):
        read_probes(tmp_path)
    (tmp_path / "recording").mkdir()
    for name, content in contents(recorded.folder).items():
        (tmp_path / "recording" / name).write_bytes(content)
    assert len(read_probes(tmp_path).steps) == 9
    (tmp_path / "recording" / "probe-0000004.npz").write_bytes(b"PK\x03\x04")
    with pytest.raises(RunError, match=r"recording is damaged: .*\.$"):
        read_probes(tmp_path)
