"""Killed at random moments: what goes on ends as what was never killed."""

import hashlib
import os
import random
import signal
import subprocess
import sys

import numpy as np
import pytest
import yaml

from fault_count import FAULTS
from latune.data.registry import prepare_dataset
from latune.data.store import data_home, load_dataset
from latune.studies.folder import open_study
from latune.studies.plan import different_runs
from latune.training.history import read_history
from latune.training.trainer import resume, train

SETTINGS = ("model.hidden_size=32", "training.steps=120", "training.validate_every=20", "training.checkpoint_every=7")


def contents(folder, *names):
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def test_training(small_recipe, synthetic, tmp_path, killed_in_the_middle, seconds_of):
    """However often it is killed, a training ends with the weights and the history of one that was not."""
    chosen = small_recipe(*SETTINGS)
    whole = tmp_path / "whole"
    span = seconds_of(lambda: train(chosen, synthetic, whole))
    kills, trial = 0, 0
    while kills < FAULTS:
        folder, ended = tmp_path / f"killed-{trial}", False
        while not ended:

            def work(folder=folder):
                begun = (folder / "run.json").is_file()
                resume(folder, synthetic) if begun else train(chosen, synthetic, folder)

            ended = not killed_in_the_middle(work, span * 0.8, seed=1000 * trial + kills)
            kills += not ended
        assert contents(folder, "weights.safetensors") == contents(whole, "weights.safetensors")
        rows, expected = ([(row["step"], row["loss"]) for row in read_history(each)] for each in (folder, whole))
        assert rows == expected
        assert sorted(path.name for path in (folder / "checkpoint").iterdir()) == ["step-000000119", "step-000000120"]
        trial += 1


def test_preparation(tmp_path, monkeypatch, killed_in_the_middle, seconds_of):
    """A data set is there whole or not at all, and a preparation that was killed can be run again."""

    def work():
        prepare_dataset("digits", again=True)

    monkeypatch.setenv("LATUNE_DATA", str(tmp_path / "whole"))
    span = seconds_of(work)
    expected = load_dataset("digits")
    monkeypatch.setenv("LATUNE_DATA", str(tmp_path / "killed"))
    for seed in range(FAULTS):
        killed_in_the_middle(work, span, seed)
        if (data_home() / "digits").exists():
            load_dataset("digits")  # compares checksums
    work()
    found = load_dataset("digits")
    assert found.description["checksums"] == expected.description["checksums"]
    assert np.array_equal(found.items, expected.items)


def ends_within(command, seconds):
    """Run a command and kill it with all its processes after so long; whether it ended by itself."""
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return False
    assert process.returncode == 0, errors.decode()
    return True


@pytest.mark.slow
def test_study(tmp_path, data_folder, small_recipe):
    """A study whose processes are all killed again and again has every run once, each as if trained alone."""
    recipe = tmp_path / "tiny.yaml"
    chosen = small_recipe(*SETTINGS, "evaluation.items=4", "evaluation.targets=3", "evaluation.bootstrap=4")
    recipe.write_text(yaml.safe_dump(chosen.model_dump(mode="json")))
    study = tmp_path / "tiny-study.yaml"
    study.write_text(yaml.safe_dump({"name": "tiny", "recipes": [{"recipe": str(recipe)}], "seeds": 3}))
    generator, kills, trial, wanted, alone = random.Random(0), 0, 0, max(FAULTS // 3, 1), {}
    while kills < wanted:
        folder = tmp_path / f"study-{trial}"
        command = [sys.executable, "-m", "latune", "study", "run", str(study), "--out", str(folder), "--workers", "2"]
        while not ends_within(command, generator.uniform(1, 8) if kills < wanted else 300):
            kills += 1
        done = open_study(folder)
        assert set(done.states().values()) == {"measured"}
        for run in different_runs(done.runs):
            if run.seed not in alone:
                alone[run.seed] = train(run.recipe, load_dataset("chorales"), tmp_path / f"alone-{run.seed}").folder
            killed, names = done.run_folder(run.key), ("weights.safetensors",)
            assert contents(killed, *names) == contents(alone[run.seed], *names)
        trial += 1
