"""Disks that are full or cannot be written: one sentence, and nothing of what was there is lost."""

import hashlib
import shutil

import pytest

from latune.data.store import load_dataset, store_dataset
from latune.errors import DataError, RunError
from latune.training.checkpoint import latest_checkpoint
from latune.training.trainer import resume, train

SETTINGS = ("model.hidden_size=64", "training.steps=60", "training.checkpoint_every=10", "training.log_every=10")


def checksum(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("size", [0.01, 0.5, 1.5, 2.5])
def test_training_on_a_full_disk(small_recipe, synthetic, tmp_path, disk, size):
    """A disk of so many checkpoints; two are kept, and a third one is there for a moment."""
    chosen = small_recipe(*SETTINGS)
    whole = train(chosen, synthetic, tmp_path / "whole").folder
    checkpoint = sum(path.stat().st_size for path in latest_checkpoint(whole).iterdir())
    disk.mount(f"size={int(size * checkpoint)}")
    run = disk.folder / "run"
    with pytest.raises(RunError, match=r"^Cannot write to .*/run: No space left on device"):
        train(chosen, synthetic, run)
    disk.mount("remount,size=64m")
    assert (latest_checkpoint(run) is not None) == (size > 1)
    if (run / "run.json").is_file():
        resume(run, synthetic)
    else:
        train(chosen, synthetic, run)
    assert checksum(run / "weights.safetensors") == checksum(whole / "weights.safetensors")


def test_training_in_a_folder_that_cannot_be_written(small_recipe, synthetic, disk):
    disk.mount("size=64m")
    chosen = small_recipe(*SETTINGS)
    stopped = train(chosen, synthetic, disk.folder / "run", stop=iter([False] * 14 + [True]).__next__).folder
    before = {path: checksum(path) for path in stopped.rglob("*") if path.is_file()}
    disk.mount("remount,ro")
    with pytest.raises(RunError, match=r"^Cannot write to .*/run: Read-only file system"):
        resume(stopped, synthetic)
    with pytest.raises(RunError, match=r"^Cannot write to .*/other: Read-only file system"):
        train(chosen, synthetic, disk.folder / "other")
    assert {path: checksum(path) for path in stopped.rglob("*") if path.is_file()} == before
    disk.mount("remount,rw")
    assert resume(stopped, synthetic).finished


def test_data_on_a_full_disk(synthetic, disk, monkeypatch):
    disk.mount("size=16m")
    monkeypatch.setenv("LATUNE_DATA", str(disk.folder))
    store_dataset(synthetic)
    (disk.folder / "full").write_bytes(b"0" * (shutil.disk_usage(disk.folder).free - 2**13))
    with pytest.raises(DataError, match=r"No space left on device"):
        store_dataset(synthetic)
    assert sorted(path.name for path in disk.folder.iterdir()) == ["chorales", "full"]
    assert len(load_dataset("chorales").items) == len(synthetic.items)
    disk.mount("remount,ro")
    with pytest.raises(DataError, match=r"Read-only file system"):
        store_dataset(synthetic)
