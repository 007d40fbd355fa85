"""Exponential decay in stairs: by steps or epochs, and the published sequence."""

import numpy as np
import pytest

from latune.errors import RecipeError
from latune.recipes.lengths import in_steps
from latune.training.history import read_history
from latune.training.schedules import Decay, learning_rate
from latune.training.trainer import resume, train

SHORT = ("model.hidden_size=8", "training.steps=24", "training.log_every=1", "training.batch_size=100")
EPOCHS_OF_4 = ("training.schedule=exponential", "training.decay=0.5", "training.decay_every=2 epochs")


def rates(folder):
    return [row["learning_rate"] for row in read_history(folder)]


def test_the_published_sequence_of_80_epochs():
    """Decay by 0.95 after epochs 0, 10, 20, ...: eight decays, 5e-3 to 3.32e-3."""
    steps_per_epoch = 1152
    decay = Decay(0.95, in_steps("10 epochs", steps_per_epoch), in_steps("1 epoch", steps_per_epoch))
    steps = np.arange(80) * steps_per_epoch
    rate = [learning_rate("exponential", 5e-3, int(step), 92_160, decay) for step in steps]
    expected, current = [], 5e-3
    for epoch in range(80):
        expected.append(current)
        if epoch % 10 == 0:
            current *= 0.95
    assert rate == pytest.approx(expected, rel=1e-12)
    assert len(set(rate)) == 9
    assert rate[0] == 5e-3
    assert rate[-1] == pytest.approx(3.32e-3, abs=3e-6)
    last_of_epoch = [learning_rate("exponential", 5e-3, int(step) + 1151, 92_160, decay) for step in steps]
    assert last_of_epoch == rate


def test_decay_is_applied_by_epochs_and_by_steps(small_recipe, synthetic, tmp_path):
    """350 training items in batches of 100: epochs of 3 steps."""
    by_epochs = small_recipe(*SHORT, *EPOCHS_OF_4)
    run = train(by_epochs, synthetic, tmp_path / "epochs")
    assert rates(run.folder) == [0.003 * 0.5 ** (step // 6) for step in range(24)]
    by_steps = small_recipe(*SHORT, *EPOCHS_OF_4, "training.decay_every=5", "training.decay_from=2")
    run = train(by_steps, synthetic, tmp_path / "steps")
    assert rates(run.folder) == [0.003 * 0.5 ** (0 if step < 2 else 1 + (step - 2) // 5) for step in range(24)]


def test_decay_goes_on_after_a_stop(small_recipe, synthetic, tmp_path):
    recipe = small_recipe(*SHORT, *EPOCHS_OF_4)
    asked = iter(range(1, 100))
    stopped = train(recipe, synthetic, tmp_path / "run", stop=lambda: next(asked) >= 13)
    assert resume(stopped.folder, synthetic).finished
    assert rates(stopped.folder) == [0.003 * 0.5 ** (step // 6) for step in range(24)]


@pytest.mark.parametrize("value", ["0", "-3", "1.5", "0 epochs", "ten epochs", "10 steps", "true"])
def test_what_is_no_length(small_recipe, value):
    with pytest.raises(RecipeError, match=r"training\.decay_every: expected a number of steps, or epochs such as"):
        small_recipe(f"training.decay_every={value}")
