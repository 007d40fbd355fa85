"""Files that are damaged: noticed, in one sentence, or made good; never used."""

import contextlib
import random
import shutil
import time

import pytest

from fault_count import FAULTS
from latune.data.store import load_dataset, store_dataset
from latune.errors import LatuneError, RunError
from latune.training.checkpoint import checkpoints
from latune.training.run_folder import open_run
from latune.training.trainer import resume, train

SETTINGS = ("model.hidden_size=16", "training.steps=40", "training.validate_every=20", "training.checkpoint_every=10")


@pytest.fixture(scope="module")
def whole(small_recipe, synthetic, tmp_path_factory):
    return train(small_recipe(*SETTINGS), synthetic, tmp_path_factory.mktemp("whole") / "run").folder


@pytest.fixture(scope="module")
def stopped(small_recipe, synthetic, tmp_path_factory):
    stop = iter([False] * 24 + [True]).__next__
    return train(small_recipe(*SETTINGS), synthetic, tmp_path_factory.mktemp("stopped") / "run", stop=stop).folder


def flip(path, seed):
    """Change one bit of a file."""
    generator, content = random.Random(seed), bytearray(path.read_bytes())
    content[generator.randrange(len(content))] ^= 1 << generator.randrange(8)
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("name", ["method.safetensors", "optimisers.pt", "state.json"])
def test_any_bit_of_a_checkpoint(stopped, whole, synthetic, tmp_path, name):
    """With one bit changed the checkpoint before it serves, and the weights are those of the run without damage."""
    for seed in range(FAULTS):
        folder = tmp_path / str(seed)
        shutil.copytree(stopped, folder)
        flip(checkpoints(folder)[-1] / name, seed)
        resume(folder, synthetic)
        assert (folder / "weights.safetensors").read_bytes() == (whole / "weights.safetensors").read_bytes()


def test_all_checkpoints_damaged(stopped, synthetic, tmp_path):
    shutil.copytree(stopped, tmp_path / "run")
    for path in checkpoints(tmp_path / "run"):
        flip(path / "method.safetensors", 0)
    with pytest.raises(RunError, match=r"is damaged: remove .*, and --resume begins anew\.$"):
        resume(tmp_path / "run", synthetic)
    shutil.rmtree(tmp_path / "run" / "checkpoint")
    assert resume(tmp_path / "run", synthetic).finished


@pytest.mark.parametrize("name", ["recipe.yaml", "run.json", "weights.safetensors", "finished.json"])
def test_files_of_a_run(whole, synthetic, tmp_path, name):
    """Cut or overwritten anywhere, a run is opened, or refused in one sentence."""
    content = (whole / name).read_bytes()
    for seed in range(5 * FAULTS):
        generator, folder = random.Random(seed), tmp_path / str(seed)
        shutil.copytree(whole, folder)
        place = generator.randrange(len(content))
        rest = b"" if seed % 2 else bytes(generator.randrange(256) for _ in range(8)) + content[place + 8 :]
        (folder / name).write_bytes(content[:place] + rest)
        with contextlib.suppress(LatuneError):
            open_run(folder).load_model()


def test_arrays_of_a_data_set(synthetic, tmp_path, monkeypatch):
    monkeypatch.setenv("LATUNE_DATA", str(tmp_path))
    folder = store_dataset(synthetic)
    for path in sorted(folder.glob("*.npy")):
        content = path.read_bytes()
        for damaged in (content[: len(content) // 2], b"", content[:-1] + bytes([content[-1] ^ 1])):
            path.write_bytes(damaged)
            with pytest.raises(LatuneError, match=r"is missing or damaged: latune data prepare chorales --again\.$"):
                load_dataset("chorales")
        path.write_bytes(content)
    assert len(load_dataset("chorales").items) == len(synthetic.items)


def test_a_clock_that_jumps(whole, small_recipe, synthetic, tmp_path, monkeypatch):
    """The time of day decides nothing."""
    moments = random.Random(0)
    monkeypatch.setattr(time, "time", lambda: moments.uniform(-1e9, 4e9))
    monkeypatch.setattr(time, "time_ns", lambda: int(moments.uniform(0, 4e18)))
    folder = train(small_recipe(*SETTINGS), synthetic, tmp_path / "run").folder
    assert (folder / "weights.safetensors").read_bytes() == (whole / "weights.safetensors").read_bytes()
