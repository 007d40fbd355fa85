"""What TensorBoard reads is what was written, also after a resume."""

import pytest

from latune.training.tensorboard import open_tensorboard

accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator", reason="no tensorboard")


def scalars(folder, name):
    found = accumulators.EventAccumulator(str(folder))
    found.Reload()
    return [(event.step, event.value) for event in found.Scalars(name)]


def test_scalars(tmp_path):
    board = open_tensorboard(tmp_path / "tensorboard")
    for step in (10, 20, 30):
        board.append({"loss": step / 4, "kl": 1.0}, step)
    assert scalars(tmp_path / "tensorboard", "loss") == [(10, 2.5), (20, 5.0), (30, 7.5)]
    assert scalars(tmp_path / "tensorboard", "kl") == [(10, 1.0), (20, 1.0), (30, 1.0)]


def test_steps_behind_the_checkpoint_do_not_count(tmp_path):
    for from_step, steps in ((0, (10, 20, 30)), (15, (20, 30, 40))):
        board = open_tensorboard(tmp_path, from_step)
        for step in steps:
            board.append({"loss": float(from_step)}, step)
    assert scalars(tmp_path, "loss") == [(10, 0.0), (20, 15.0), (30, 15.0), (40, 15.0)]
