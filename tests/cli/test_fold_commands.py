"""Cross-validation on the command line."""

import json

import pytest
import yaml
from outcomes import refuse, succeed

from latune.training import trainer

SMALL = ["model.hidden_size=16", "training.batch_size=64", "evaluation.items=10", "evaluation.bootstrap=5"]
SMALL += ["evaluation.targets=3", "evaluation.sweep=3", "training.steps=20", "training.log_every=10"]
SMALL += ["evaluation.attributes=[note_density]", "evaluation.scored=60"]
KFOLD = ["data.protocol=kfold", "data.folds=2"]


def overrides(*settings):
    return [part for setting in (*SMALL, *settings) for part in ("--set", setting)]


def test_train_stop_resume_and_evaluate(latune, tmp_path, monkeypatch):
    out, learning_rate, calls = tmp_path / "folds", trainer.learning_rate, []

    def interrupt(*arguments):  # Ctrl-C in the second fold
        calls.append(arguments)
        if len(calls) == 30:
            import signal

            signal.raise_signal(signal.SIGINT)
        return learning_rate(*arguments)

    monkeypatch.setattr(trainer, "learning_rate", interrupt)
    stopped = latune("train", "chorales/ar-vae", *overrides(*KFOLD), "--out", out)
    monkeypatch.undo()
    assert stopped.code == 130
    assert stopped.errors.splitlines()[-1].endswith(f"Go on with: latune train --resume --out {out}")
    assert json.loads((out / "folds.json").read_text()) == {"folds": ["fold-0", "fold-1"]}
    assert yaml.safe_load((out / "recipe.yaml").read_text())["data"]["fold"] is None
    assert (out / "fold-0" / "knobs.json").is_file()
    assert not (out / "fold-1" / "finished.json").exists()
    assert "not all 2 folds are trained to their end" in refuse(latune("evaluate", out))

    shown = succeed(latune("train", "--resume", "--out", out))
    assert f"Trained 2 folds: {out}" in shown
    assert len(calls) == 30
    assert all((out / fold / "knobs.json").is_file() for fold in ("fold-0", "fold-1"))

    content = json.loads(succeed(latune("evaluate", out, "--json")))
    assert content == json.loads((out / "folds.json").read_text())
    measured = [json.loads((out / fold / "metrics.json").read_text()) for fold in content["folds"]]
    values = [metrics["scores"]["means"]["mig"]["value"] for metrics in measured]
    entry = content["metrics"]["scores.means.mig"]
    assert entry["runs"] == 2
    assert entry["mean"] == pytest.approx(sum(values) / 2)
    assert entry["high"] - entry["mean"] == pytest.approx(12.7062 * abs(values[0] - values[1]) / 2, rel=1e-4)
    assert [metrics["data"]["items"] for metrics in measured] == [60, 60]

    assert "holds one run for each fold" in refuse(latune("report", out))
    assert "is resumed with its own recipe" in refuse(latune("train", "--resume", "--out", out, "--seed", 3))
    assert "holds folds" in refuse(latune("evaluate", out, "--directions", "ridge_inverse"))
    assert "is not empty" in refuse(latune("train", "chorales/ar-vae", *overrides(*KFOLD), "--out", out))


def test_the_table_of_folds(latune, tmp_path, monkeypatch):
    from latune.evaluation import folds as measuring
    from latune.recipes import load_recipe
    from latune.training.folds import create_folds

    create_folds(tmp_path / "folds", load_recipe("chorales/ar-vae", KFOLD))
    contents = {"folds": ["fold-0", "fold-1"], "metrics": measuring.summary([{"a": {"b": 1.0}}, {"a": {"b": 2.0}}])}
    contents["metrics"]["c"] = measuring.mean_and_interval([3.0])
    monkeypatch.setattr(measuring, "evaluate_folds", lambda *_, **__: contents)
    lines = [line.split("│") for line in succeed(latune("evaluate", tmp_path / "folds")).splitlines()]
    cells = [[cell.strip(" ┃│") for cell in line if cell.strip(" ┃│")] for line in lines]
    assert cells[0] == ["Means over 2 folds, with 95 % intervals"]
    assert ["a.b", "1.500 [-4.853, 7.853]", "2"] in cells
    assert ["c", "3.000", "1"] in cells


def test_one_fold_is_a_run(latune, tmp_path):
    out = tmp_path / "fold"
    succeed(latune("train", "chorales/ar-vae", *overrides(*KFOLD, "data.fold=1"), "--out", out))
    assert (out / "run.json").is_file()
    assert yaml.safe_load((out / "recipe.yaml").read_text())["data"]["fold"] == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["data.protocol=heldout_shape"], "heldout_shape needs the attribute 'shape', which 'chorales' lacks."),
        (["data.protocol=heldout_quadrant"], "needs the attribute 'posx', which 'chorales' lacks."),
        (["data.protocol=kfold", "data.folds=50"], "'chorales' has 20 groups, too few for 50 folds."),
        (["data.fold=3"], "fold is for protocol kfold alone"),
        (["data.folds=3"], "folds is for protocol kfold alone"),
    ],
)
def test_a_protocol_that_does_not_fit(latune, tmp_path, settings, message):
    assert message in refuse(latune("train", "chorales/ar-vae", *overrides(*settings), "--out", tmp_path / "run"))
