"""Cross-validation: a fresh network per fold, each equal to what its recipe gives alone, also after a stop."""

import numpy as np
import pytest
from safetensors.torch import load_file

from latune.errors import RecipeError, RunError
from latune.recipes.items import items_of
from latune.training import folds as fold_runs
from latune.training.folds import create_folds, is_folds, open_folds, train_folds
from latune.training.run_folder import open_run
from latune.training.trainer import train

SHORT = ("model.hidden_size=8", "training.steps=12", "training.log_every=4", "training.validate_every=12")
FOLDS = ("data.protocol=kfold", "data.folds=3")


@pytest.fixture(scope="module")
def recipe(small_recipe):
    return small_recipe(*SHORT, *FOLDS)


@pytest.fixture(scope="module")
def whole(recipe, synthetic, tmp_path_factory):
    folds = create_folds(tmp_path_factory.mktemp("folds") / "whole", recipe)
    runs = train_folds(folds, synthetic)
    assert all(run.finished for run in runs)
    return folds


def weights(folder):
    return (folder / "weights.safetensors").read_bytes()


def test_every_fold_is_a_run_of_its_own(whole, recipe):
    assert [folder.name for folder in whole.folders] == ["fold-0", "fold-1", "fold-2"]
    assert whole.finished
    assert open_folds(whole.folder) == whole
    for fold, folder in enumerate(whole.folders):
        assert open_run(folder).recipe.data.fold == fold
        assert open_run(folder).recipe.seed == recipe.seed
    assert len({weights(folder) for folder in whole.folders}) == 3


@pytest.mark.parametrize("fold", [0, 2])
def test_a_fold_equals_a_single_run_of_it(whole, small_recipe, synthetic, tmp_path, fold):
    alone = small_recipe(*SHORT, *FOLDS, f"data.fold={fold}")
    run = train(alone, items_of(synthetic, alone.data), tmp_path / "alone")
    assert weights(run.folder) == weights(whole.folders[fold])
    assert (run.folder / "recipe.yaml").read_bytes() == (whole.folders[fold] / "recipe.yaml").read_bytes()


def test_no_weights_are_shared(small_recipe, synthetic, tmp_path):
    """With next to no learning rate, every fold ends where its own fresh network began: at the seed's weights."""
    still = small_recipe(*SHORT, *FOLDS, "training.learning_rate=1.0e-30", "training.steps=2")
    runs = train_folds(create_folds(tmp_path / "still", still), synthetic)
    moving = small_recipe(*SHORT, *FOLDS, "training.learning_rate=0.1", "training.steps=2")
    moved = train_folds(create_folds(tmp_path / "moving", moving), synthetic)
    assert len({weights(run.folder) for run in runs}) == 1
    assert len({weights(run.folder) for run in moved}) == 3
    first = load_file(runs[0].folder / "weights.safetensors")
    for run in moved:  # no fold began where the one before it ended: all are two steps of Adam away from the start
        for name, tensor in load_file(run.folder / "weights.safetensors").items():
            assert (tensor - first[name]).abs().max() <= 2 * 0.1 + 1e-4, name


@pytest.mark.parametrize("stop_at", [5, 12, 17, 30])
def test_stop_and_resume(whole, recipe, synthetic, tmp_path, stop_at):
    asked = iter(range(1, 10**6))
    folds = create_folds(tmp_path / "parts", recipe)
    runs = train_folds(folds, synthetic, stop=lambda: next(asked) >= stop_at)
    assert not folds.finished
    assert len(runs) == -(-stop_at // 12)
    assert [run.finished for run in runs] == [True] * (len(runs) - 1) + [False]
    resumed = train_folds(open_folds(folds.folder), synthetic)
    assert [run.finished for run in resumed] == [True] * 3
    for left, right in zip(folds.folders, whole.folders, strict=True):
        assert weights(left) == weights(right)


def test_progress_and_what_follows_a_fold(recipe, synthetic, tmp_path):
    folds = create_folds(tmp_path / "folds", recipe)
    seen, done = [], []
    train_folds(
        folds,
        synthetic,
        report=lambda fold, progress: seen.append((fold, progress.step)),
        finish=lambda run, items: done.append((run.folder.name, len(items.split("test")))),
    )
    assert seen == [(fold, step) for fold in range(3) for step in (4, 8, 12)]
    assert [name for name, _ in done] == ["fold-0", "fold-1", "fold-2"]
    assert sum(count for _, count in done) == 500


def test_a_fold_that_was_killed_while_its_folder_was_made(whole, recipe, synthetic, tmp_path):
    folds = create_folds(tmp_path / "folds", recipe)
    folds.folders[0].mkdir()
    (folds.folders[0] / "recipe.yaml").write_text("half")
    train_folds(folds, synthetic)
    assert weights(folds.folders[0]) == weights(whole.folders[0])


def test_no_fold_has_seen_its_test_part(whole, synthetic):
    tested = []
    for folder in whole.folders:
        items = items_of(synthetic, open_run(folder).recipe.data)
        parts = {name: set(items.split(name)) for name in items.splits}
        assert not parts["test"] & (parts["train"] | parts["validation"])
        tested.extend(parts["test"])
    assert np.array_equal(np.sort(tested), np.arange(500))


def test_what_is_refused(whole, recipe, small_recipe, tmp_path):
    with pytest.raises(RecipeError, match=r"expected kfold without data\.fold"):
        create_folds(tmp_path / "one", small_recipe(*SHORT))
    with pytest.raises(RunError, match="is not empty"):
        create_folds(whole.folder, recipe)
    with pytest.raises(RunError, match="is not the folder of a cross-validation"):
        open_folds(whole.folders[0])
    with pytest.raises(RunError, match=r"holds one run for each fold: expected one of them, such as .*fold-0\.$"):
        open_run(whole.folder)
    assert not is_folds(whole.folders[0])


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"folds": ["fold-0"]}', pytest.param(100_000 * "[", id="nested")])
def test_damaged_list_of_folds(recipe, tmp_path, content):
    folds = create_folds(tmp_path / "folds", recipe)
    (folds.folder / fold_runs.FILE).write_text(content)
    with pytest.raises(RunError, match=r"\.$"):
        open_folds(folds.folder)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["data.fold=1"], "fold is for protocol kfold alone"),
        (["data.protocol=kfold", "data.fold=10"], "fold: expected 0 to 9"),
        (["data.heldout=1"], "heldout is for protocols heldout_shape and heldout_quadrant alone"),
        (["data.protocol=threefold"], "data.protocol: input should be 'default', 'full'"),
        (["data.folds=1"], "data.folds: input should be greater than or equal to 2"),
    ],
)
def test_settings_that_do_not_go_together(small_recipe, overrides, message):
    with pytest.raises(RecipeError, match=message):
        small_recipe(*overrides)
