"""The training loop: the same recipe gives the same weights, also after a stop or a kill; and it learns."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file

from latune.control.editor import calibrate_run, open_editor
from latune.data.dataset import Dataset
from latune.errors import RecipeError, RunError, TrainingError
from latune.evaluation.evaluate import evaluate_run
from latune.recipes import load_recipe
from latune.training import keeping, trainer
from latune.training.checkpoint import checkpoints, latest_checkpoint
from latune.training.history import History, read_history
from latune.training.keeping import in_work
from latune.training.run_folder import open_run
from latune.training.schedules import learning_rate
from latune.training.trainer import resume, train

SHORT = ("model.hidden_size=16", "training.steps=40", "training.validate_every=15", "training.log_every=10")
NETWORKS = {
    "mlp": (),
    "mlp, all terms": (
        "control={weight: 0.3, from_step: 5}",
        "data.crossover=0.5",
        "attributes.transform=quantile_normal",
    ),
    "mlp, a multiplier": ("method={name: capacity_vae, capacity: 2, capacity_steps: 20, held_by: multiplier}",),
    "rnn": ("model={name: measure_rnn, hidden_size: 8, latent_size: 8}", "training.steps=12", "training.log_every=4"),
}


@pytest.fixture
def recipe(small_recipe):
    return lambda *overrides, **options: small_recipe(*SHORT, *overrides, **options)


def weights(folder):
    return (folder / "weights.safetensors").read_bytes()


def stop_after(steps):
    """A `stop` that is asked once per step."""
    count = iter(range(1, 10**6))
    return lambda: next(count) >= steps


def steps_of(folder):
    return [int(row["step"]) for row in read_history(folder)]


# Reproducibility.


@pytest.mark.parametrize("network", NETWORKS)
def test_same_recipe_same_weights(recipe, synthetic, tmp_path, network):
    chosen = recipe(*NETWORKS[network])
    first = train(chosen, synthetic, tmp_path / "first")
    torch.manual_seed(123)  # whatever happened before does not matter
    second = train(chosen, synthetic, tmp_path / "second")
    assert weights(first.folder) == weights(second.folder)
    assert read_history(first.folder) == read_history(second.folder)


def test_the_seed_decides_everything(recipe, synthetic, tmp_path):
    initial = {}
    for name, seed in (("a", 0), ("b", 1)):
        still = recipe("training.steps=1", "training.learning_rate=1.0e-30", seed=seed)
        initial[name] = load_file(train(still, synthetic, tmp_path / name).folder / "weights.safetensors")
    for name, tensor in initial["a"].items():
        assert not torch.equal(tensor, initial["b"][name]), f"{name} starts equal under two seeds"


@pytest.mark.parametrize("every", [1, 7, 1000])
def test_validating_logging_and_checkpoints_change_nothing(recipe, synthetic, tmp_path, every):
    plain = train(recipe("training.keep=last"), synthetic, tmp_path / "plain")
    often = recipe(
        "training.keep=last",
        f"training.validate_every={every}",
        f"training.log_every={every}",
        f"training.checkpoint_every={every}",
    )
    assert weights(plain.folder) == weights(train(often, synthetic, tmp_path / "often").folder)


# Stopping, killing, going on.


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("stops", [(5,), (1, 1, 9), (11,)])
def test_stop_and_resume(recipe, synthetic, tmp_path, network, stops):
    chosen = recipe(*NETWORKS[network])
    whole = train(chosen, synthetic, tmp_path / "whole")
    parts = tmp_path / "parts"
    run = train(chosen, synthetic, parts, stop=stop_after(stops[0]))
    for steps in stops[1:]:
        run = resume(parts, synthetic, stop=stop_after(steps))
    assert not run.finished
    run = resume(parts, synthetic)
    assert run.finished
    assert weights(parts) == weights(whole.folder)
    assert steps_of(parts) == steps_of(whole.folder)
    assert (parts / "recipe.yaml").read_bytes() == (whole.folder / "recipe.yaml").read_bytes()


@pytest.mark.parametrize(
    "method",
    [
        "{name: capacity_vae, held_by: multiplier, capacity_steps: 5, wake: {step: 6, capacity: 2}}",
        "{name: factor_vae, discriminator_sizes: [16], begin: {steps: 6, capacity: 2}}",
    ],
)
@pytest.mark.parametrize("stops", [(5,), (6,), (7,)])
def test_stop_and_resume_where_dimensions_are_woken(small_recipe, ellipses, tmp_path, method, stops):
    chosen = small_recipe(
        "model={name: burgess, latent_size: 4}",
        f"method={method}",
        "training.steps=10",
        "training.batch_size=16",
        name="pictures",
    )
    whole = train(chosen, ellipses, tmp_path / "whole")
    run = train(chosen, ellipses, tmp_path / "parts", stop=stop_after(stops[0]))
    assert not run.finished
    assert resume(run.folder, ellipses).finished
    assert weights(run.folder) == weights(whole.folder)


def test_stop_after_the_last_step(recipe, synthetic, tmp_path):
    whole = train(recipe(), synthetic, tmp_path / "whole")
    run = train(recipe(), synthetic, tmp_path / "run", stop=stop_after(40))
    assert not run.finished
    assert resume(run.folder, synthetic).finished
    assert weights(run.folder) == weights(whole.folder)


def test_resume_of_a_finished_run_does_nothing(recipe, synthetic, tmp_path):
    run = train(recipe(), synthetic, tmp_path / "run")
    before = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")}
    assert resume(run.folder, synthetic).finished
    assert before == {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")}


def test_a_failed_checkpoint_leaves_the_one_before(recipe, synthetic, tmp_path, monkeypatch):
    whole = train(recipe("training.checkpoint_every=10"), synthetic, tmp_path / "whole")
    write, calls = Path.write_bytes, []

    def fail_third(path, content):
        calls.append(path.name)
        if calls.count("optimisers.pt") == 3:
            write(path, b"half")
            raise OSError(28, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", fail_third)
    with pytest.raises(RunError, match=r"Cannot write to .*: No space left on device; free space and --resume\.$"):
        train(recipe("training.checkpoint_every=10"), synthetic, tmp_path / "run")
    assert latest_checkpoint(tmp_path / "run").name == "step-000000020"
    monkeypatch.undo()
    resume(tmp_path / "run", synthetic)
    assert weights(tmp_path / "run") == weights(whole.folder)
    assert [path.name for path in checkpoints(tmp_path / "run")] == ["step-000000030", "step-000000040"]
    assert not list((tmp_path / "run" / "checkpoint").glob(".*"))


@pytest.mark.parametrize("file", ["method.safetensors", "optimisers.pt", "state.json"])
@pytest.mark.parametrize("damage", ["empty", "cut", "other", "missing"])
def test_damaged_checkpoint(recipe, synthetic, tmp_path, file, damage):
    run = train(recipe(), synthetic, tmp_path / "run", stop=stop_after(3))
    path = latest_checkpoint(run.folder) / file
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes({"empty": b"", "cut": content[: len(content) // 2], "other": b'{"a": 1}'}[damage])
    with pytest.raises(RunError, match=r"is damaged: remove .*/run/checkpoint, and --resume begins anew\.$"):
        resume(run.folder, synthetic)


def test_a_damaged_checkpoint_is_passed_over(recipe, synthetic, tmp_path):
    chosen = recipe("training.checkpoint_every=10")
    whole = train(chosen, synthetic, tmp_path / "whole")
    run = train(chosen, synthetic, tmp_path / "run", stop=stop_after(25))
    before, newest = checkpoints(run.folder)
    assert (before.name, newest.name) == ("step-000000020", "step-000000025")
    (newest / "method.safetensors").write_bytes(b"")
    assert latest_checkpoint(run.folder) == before
    assert resume(run.folder, synthetic).finished
    assert weights(run.folder) == weights(whole.folder)
    assert steps_of(run.folder) == steps_of(whole.folder)


def test_a_run_in_work_is_refused(recipe, synthetic, tmp_path):
    run = train(recipe(), synthetic, tmp_path / "run", stop=stop_after(3))
    with (
        in_work(run.folder),
        pytest.raises(RunError, match=r"/run is in work by another process: wait for it, or choose another --out\.$"),
    ):
        resume(run.folder, synthetic)
    assert resume(run.folder, synthetic).finished


def test_a_folder_in_use_is_left_as_it_is(recipe, synthetic, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "to whom.txt").write_text("dear")
    with pytest.raises(RunError, match="is not empty"):
        train(recipe(), synthetic, tmp_path / "letters")
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["to whom.txt"]


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes."),
    ],
)
def test_too_large_a_batch(recipe, synthetic, tmp_path, monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(trainer, "learning_rate", fail)
    with pytest.raises(TrainingError, match=r"does not suffice for batches of 64 items: .*training.batch_size=32 or"):
        train(recipe(), synthetic, tmp_path / "run")


def test_other_errors_of_tensors_are_not_taken_for_too_little_memory(recipe, synthetic, tmp_path, monkeypatch):
    def fail(*_):
        raise RuntimeError("shapes cannot be multiplied")

    monkeypatch.setattr(trainer, "learning_rate", fail)
    with pytest.raises(RuntimeError, match="shapes"):
        train(recipe(), synthetic, tmp_path / "run")


def test_resume_with_other_items_is_refused(recipe, synthetic, tmp_path):
    from latune.data.measure_codec import MeasureCodec
    from latune.music.measure import midi_vocabulary

    run = train(recipe(), synthetic, tmp_path / "run", stop=stop_after(1))
    other = Dataset(**{**vars(synthetic), "codec": MeasureCodec(midi_vocabulary(padded=True))})
    with pytest.raises(RunError, match="was trained on other items than data set 'chorales' holds now"):
        resume(run.folder, other)


def test_resume_with_another_recipe_is_refused(recipe, synthetic, tmp_path):
    run = train(recipe(), synthetic, tmp_path / "run", stop=stop_after(1))
    path = run.folder / "recipe.yaml"
    before = path.read_text()
    path.write_text(before.replace("steps: 40", "steps: 50"))
    assert path.read_text() != before
    with pytest.raises(RunError, match=r"recipe.yaml has been changed since the last checkpoint: put it back"):
        resume(run.folder, synthetic)
    path.write_text(before)
    assert resume(run.folder, synthetic).finished


# A real process, killed at a random moment, resumed, interrupted, resumed.

LONG = (
    "model.hidden_size=64",
    "training.batch_size=32",
    "training.steps=600",
    "training.checkpoint_every=30",
    "training.validate_every=90",
    "training.log_every=30",
)


def latune_train(out, *arguments):
    command = [sys.executable, "-m", "latune", "train", *arguments, "--out", str(out)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)


def wait_for_step(process, folder, step):
    """Until a checkpoint of that step or later is there, and a random moment longer."""
    deadline = time.monotonic() + 300
    while process.poll() is None and time.monotonic() < deadline:
        if any(int(path.name.removeprefix("step-")) >= step for path in checkpoints(folder)):
            time.sleep(random.Random().uniform(0, 0.1))
            assert process.poll() is None, "the training was over too soon: make it longer"
            return
        time.sleep(0.005)
    raise AssertionError(f"no checkpoint of step {step}: {process.communicate()}")


@pytest.mark.slow
def test_kill_interrupt_and_resume(synthetic, tmp_path):
    whole = train(load_recipe("chorales/ar-vae", LONG), synthetic, tmp_path / "whole").folder
    folder = tmp_path / "broken off"

    process = latune_train(folder, "chorales/ar-vae", *(part for text in LONG for part in ("--set", text)))
    wait_for_step(process, folder, 30)
    process.kill()
    process.communicate()
    assert not (folder / "finished.json").exists()

    process = latune_train(folder, "--resume")
    wait_for_step(process, folder, 200)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"Stopped after a checkpoint. Go on with: latune train --resume --out {folder}" in errors.splitlines()
    assert "Traceback" not in errors
    assert 200 <= int(latest_checkpoint(folder).name.removeprefix("step-")) < 600

    process = latune_train(folder, "--resume")
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert weights(folder) == weights(whole)
    assert steps_of(folder) == steps_of(whole)
    assert (folder / "knobs.json").is_file()


# What is kept, what is recorded.


def validation_losses(folder):
    return {int(row["step"]): row["validation_loss"] for row in read_history(folder) if "validation_loss" in row}


@pytest.mark.parametrize(("keep", "kept"), [("best", 20), ("last", 40)])
def test_keep_best_and_keep_last(recipe, synthetic, tmp_path, monkeypatch, keep, kept):
    losses = iter([3.0, 1.0, float("nan"), 1.0, 2.0])  # at steps 10, 20, 30, 40 of each run
    monkeypatch.setattr(keeping, "validate", lambda method, batch: {"loss": next(losses)})
    chosen = recipe(f"training.keep={keep}", "training.validate_every=10")
    run = train(chosen, synthetic, tmp_path / "run")
    assert run.read_json("finished.json")["best_step"] == kept
    monkeypatch.undo()
    upto = train(chosen, synthetic, tmp_path / "upto", stop=stop_after(kept))
    state = load_file(latest_checkpoint(upto.folder) / "method.safetensors")
    for name, tensor in load_file(run.folder / "weights.safetensors").items():
        assert torch.equal(tensor, state[f"model.{name}"])


def test_history(recipe, synthetic, tmp_path):
    reports = []
    run = train(recipe(), synthetic, tmp_path / "run", report=reports.append)
    rows = read_history(run.folder)
    assert steps_of(run.folder) == [10, 15, 20, 30, 40] == [report.step for report in reports]
    assert [int(row["step"]) for row in rows if "validation_loss" in row] == [15, 30, 40]
    assert {"loss", "reconstruction", "kl", "attribute", "accuracy", "learning_rate"} <= set(rows[0])
    assert all(np.isfinite(list(row.values())).all() for row in rows)
    assert reports[-1].losses["validation_loss"] == pytest.approx(rows[-1]["validation_loss"])
    assert all(report.steps == 40 and report.items_per_second > 0 for report in reports)


def test_history_drops_what_lies_behind_the_checkpoint(tmp_path):
    first = History(tmp_path)
    for step in (1, 2, 3, 4):
        first.append({"step": step, "loss": step / 3} | ({"validation_loss": 0.5} if step == 3 else {}))
    rows = read_history(tmp_path)
    second = History(tmp_path, from_step=3)
    assert read_history(tmp_path) == rows[:3]
    second.append({"step": 4, "loss": 0.1})
    assert read_history(tmp_path) == [*rows[:3], {"step": 4, "loss": 0.1}]


@pytest.mark.parametrize(
    ("kind", "values"),
    [("constant", [2, 2, 2, 2, 2]), ("linear", [2, 1.5, 1, 0.5, 0]), ("cosine", [2, 1.7071, 1, 0.2929, 0])],
)
def test_schedules(kind, values):
    assert [learning_rate(kind, 2.0, step, 40) for step in range(0, 41, 10)] == pytest.approx(values, abs=1e-4)


def test_schedule_is_applied(recipe, synthetic, tmp_path):
    run = train(recipe("training.schedule=linear", "training.learning_rate=0.01"), synthetic, tmp_path / "run")
    rates = [row["learning_rate"] for row in read_history(run.folder)]
    assert rates == pytest.approx([0.01 * (1 - (step - 1) / 40) for step in steps_of(run.folder)])


def test_epochs(recipe, synthetic, tmp_path):
    run = train(recipe("training.steps=null", "training.epochs=2"), synthetic, tmp_path / "run")
    assert run.read_json("finished.json")["steps"] == 2 * (350 // 64)


# When it goes wrong.


def test_not_a_number_stops_and_the_last_good_checkpoint_is_kept(recipe, synthetic, tmp_path):
    broken = Dataset(**vars(synthetic))
    object.__setattr__(
        broken, "attributes", np.full_like(synthetic.attributes, np.nan)
    )  # past the data set's own check
    chosen = recipe("training.checkpoint_every=2", "training.log_every=1", "attributes.transform=standardised")
    stopped = train(chosen, synthetic, tmp_path / "run", stop=stop_after(4))
    with pytest.raises(TrainingError) as caught:
        resume(stopped.folder, broken)
    kept = latest_checkpoint(stopped.folder)
    assert str(caught.value) == (
        "loss and attribute became not a number by step 5: lower training.learning_rate;"
        f" the last good checkpoint is {kept}."
    )
    assert kept.name == "step-000000004"
    whole = train(chosen, synthetic, tmp_path / "whole")
    assert resume(stopped.folder, synthetic).finished
    assert weights(stopped.folder) == weights(whole.folder)


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("keep", ["best", "last"])
def test_weights_that_break_after_a_finite_loss_are_not_kept(recipe, synthetic, tmp_path, monkeypatch, keep, steps):
    monkeypatch.setattr(trainer, "learning_rate", lambda *_: float("inf"))
    wild = recipe(f"training.steps={steps}", "training.checkpoint_every=1", f"training.keep={keep}")
    folder = tmp_path / "run"
    with pytest.raises(TrainingError, match=r"weights became not a number by step 1: lower training.learning_rate\.$"):
        train(wild, synthetic, folder)
    assert latest_checkpoint(folder) is None
    assert not (folder / "weights.safetensors").exists()


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["attributes.names=[loudness]"], "Unknown attribute 'loudness'"),
        (["evaluation.attributes=[loudness]"], "Unknown attribute 'loudness'"),
        (["model.latent_size=3"], r"expected at most 3 \(model.latent_size\), got 4"),
        (["training.device=abacus"], "training.device: 'abacus' is not available here"),
        (["attributes=null"], "needs an attributes: block"),
        (["attributes=null", "method.name=beta_vae", "control.weight=1"], "control: needs an attributes: block"),
        (["attributes.names=[rhythmic_entropy]", "control.weight=1"], "'rhythmic_entropy' has no expectation under"),
    ],
)
def test_a_recipe_that_does_not_fit_stops_before_any_work(recipe, synthetic, tmp_path, overrides, message):
    with pytest.raises(RecipeError, match=message):
        train(recipe(*overrides), synthetic, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_folder_in_use(recipe, synthetic, tmp_path):
    (tmp_path / "notes.txt").touch()
    for folder in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(RunError, match=r"is not empty: choose another --out, or go on with --resume\.$"):
            train(recipe(), synthetic, folder)
    with pytest.raises(RunError, match=r"Cannot write to .*: Not a directory\.$"):
        train(recipe(), synthetic, tmp_path / "notes.txt" / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


# The run folder.


@pytest.fixture
def copied(trained_run, tmp_path):
    """A copy of the trained run that may be damaged."""
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("recipe.yaml", "run.json", "weights.safetensors", "knobs.json", "finished.json"):
        (folder / name).write_bytes((trained_run.folder / name).read_bytes())
    return folder


NESTED = 100_000 * "["


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"format": 1}', '{"format": 1, "codec": {}}', "nonsense", pytest.param(NESTED, id="nested")],
)
def test_damaged_header(copied, content):
    (copied / "run.json").write_text(content)
    with pytest.raises(RunError, match=r"\.$"):
        open_run(copied)


def test_other_format_names_both_versions(copied):
    header = json.loads((copied / "run.json").read_text())
    (copied / "run.json").write_text(json.dumps(header | {"format": 9, "latune_version": "8.1"}))
    with pytest.raises(RunError, match=r"has run format 9 \(latune 8.1\), expected 1 \(latune .*\): train it again"):
        open_run(copied)


@pytest.mark.parametrize("content", ["", "- a", "a: [", "name: x", pytest.param(f"a: {NESTED}", id="nested")])
def test_damaged_recipe(copied, content):
    (copied / "recipe.yaml").write_text(content)
    with pytest.raises((RunError, RecipeError), match=r"recipe"):
        open_run(copied)


def test_weights_of_another_size(copied):
    values = yaml.safe_load((copied / "recipe.yaml").read_text())
    values["model"]["hidden_size"] += 1
    (copied / "recipe.yaml").write_text(yaml.safe_dump(values))
    with pytest.raises(RunError, match=r"weights.safetensors is damaged or does not fit recipe.yaml\.$"):
        open_run(copied).load_model()


@pytest.mark.parametrize(
    "content", ["", "{", "[1, 2]", "{}", '{"knobs": [{}], "ranges": {}}', "NaN", pytest.param(NESTED, id="nested")]
)
def test_damaged_knobs(copied, content):
    (copied / "knobs.json").write_text(content)
    with pytest.raises(RunError, match=r"knobs.json is damaged"):
        open_editor(copied)


def test_knobs_that_are_not_numbers(copied):
    content = json.loads((copied / "knobs.json").read_text())
    content["knobs"][0]["values"][0] = "x"
    (copied / "knobs.json").write_text(json.dumps(content))
    with pytest.raises(RunError, match=r"knobs.json is damaged"):
        open_editor(copied)


def test_a_run_without_knobs_says_what_makes_them(copied):
    (copied / "knobs.json").unlink()
    with pytest.raises(RunError, match=r"has no knobs yet: go on with latune train --resume --out"):
        open_editor(copied)


# End to end: does it learn?


def test_it_learns(trained_run, synthetic, small_recipe, tmp_path):
    metrics = trained_run.read_json("metrics.json")
    reconstruction, scores = metrics["reconstruction"], metrics["scores"]["means"]
    assert reconstruction["token_accuracy"]["value"] > 0.95
    assert reconstruction["token_accuracy"]["value"] > reconstruction["majority_baseline"]["value"] + 0.15
    assert scores["interpretability"]["value"] > 0.8
    assert scores["interpretability"]["value"] > metrics["scores"]["chance"]["interpretability"] + 0.5
    losses = validation_losses(trained_run.folder)
    assert losses[600] < losses[100]

    baseline = train(small_recipe(name="beta_vae"), synthetic, tmp_path / "beta-vae")
    calibrate_run(baseline, synthetic)
    plain = evaluate_run(baseline, synthetic, open_editor(baseline.folder))
    assert plain["reconstruction"]["token_accuracy"]["value"] > 0.95
    assert plain["scores"]["means"]["interpretability"]["value"] < scores["interpretability"]["value"] - 0.2
