"""Trainings of thousands of epochs: memory stays flat, and what a run leaves on the disk stays small."""

import os
from pathlib import Path

import pytest

from fault_count import FAULTS
from latune.training import keeping
from latune.training.history import read_history
from latune.training.trainer import train

EPOCHS = 200 * FAULTS  # `make faults`: 10,000
MIB = 2**20
PAGE = os.sysconf("SC_PAGE_SIZE")
STATISTICS = Path("/proc/self/statm")
FULL_BATCHES = (
    "model.hidden_size=16",
    "training.steps=null",
    "training.batch_size=350",  # the whole training split: an epoch is a step
    "training.log_every=1",
    "training.validate_every=5",
    "training.checkpoint_every=20",
)


@pytest.mark.skipif(not STATISTICS.exists(), reason="the system does not say how much memory a process has")
def test_memory_stays_flat(small_recipe, synthetic, tmp_path):
    resident = {}

    def report(progress):
        resident[progress.step] = int(STATISTICS.read_text().split()[1]) * PAGE / MIB

    train(small_recipe(*FULL_BATCHES, f"training.epochs={EPOCHS}"), synthetic, tmp_path / "run", report=report)
    assert max(resident) == EPOCHS
    early, late = (max(size for step, size in resident.items() if part(step)) for part in (_early, _late))
    assert late - early < 16, f"{early:.0f} MiB in the first epochs, {late:.0f} in the last"


def _early(step):
    return EPOCHS // 10 <= step < EPOCHS // 4


def _late(step):
    return step >= EPOCHS * 3 // 4


def test_the_folder_stays_small(small_recipe, synthetic, tmp_path, monkeypatch):
    """Rows of the history get rarer, and only the last checkpoints are there."""
    monkeypatch.setattr(keeping, "MOST_ROWS", 20)
    overrides = (*FULL_BATCHES, "training.epochs=160", "training.validate_every=1000000")
    folder = train(small_recipe(*overrides), synthetic, tmp_path / "run").folder
    steps = [row["step"] for row in read_history(folder)]
    assert steps == [*range(8, 161, 8)]
    assert len(list((folder / "checkpoint").iterdir())) <= 2
    logs = [folder / "history.csv", *(folder / "tensorboard").glob("*")]
    assert sum(file.stat().st_size for file in logs) < 2**16
