"""Studies whose runs are trained in teams."""

import pytest
import torch
from safetensors.torch import load_file

from latune.data.store import load_dataset
from latune.studies.ensemble import run_ensemble, teams
from latune.training.trainer import train


@pytest.fixture
def study_folder(tiny_folder, tiny_recipe):
    """Three seeds of a recipe, also with another gamma, of one that breaks, and of one that cannot be stacked."""
    recurrent = {"model": {"name": "measure_rnn", "hidden_size": 8, "latent_size": 8}, "training.steps": 6}
    recipes = [
        {"recipe": tiny_recipe, "label": "good"},
        {"recipe": tiny_recipe, "label": "other gamma", "set": {"attributes.gamma": 3.0}},
        {"recipe": tiny_recipe, "label": "broken", "set": {"training.learning_rate": 1.0e30}},
        {"recipe": tiny_recipe, "label": "recurrent", "set": recurrent},
    ]
    return tiny_folder(seeds=2, recipes=recipes, set={"training.steps": 20})


def test_teams_are_of_runs_alike(study_folder):
    found = teams(study_folder.runs, 8)
    assert sorted(sorted(f"{run.label} {run.seed}" for run in team) for team in found) == [
        ["broken 0", "broken 1"],
        ["good 0", "good 1", "other gamma 0", "other gamma 1"],
    ]
    assert sorted(len(team) for team in teams(study_folder.runs, 3)) == [2, 3]  # a rest of one is trained alone


def test_a_study_in_teams_equals_separate_runs(study_folder, tmp_path):
    told = []
    run_ensemble(study_folder, study_folder.pending(), 1, told.append)
    states = {f"{run.label} {run.seed}": study_folder.state(run) for run in study_folder.runs}
    assert {name for name, state in states.items() if state == "measured"} == set(states) - {"broken 0", "broken 1"}
    assert {name for name, state in states.items() if state == "failed"} == {"broken 0", "broken 1"}
    assert (told[-1].done, told[-1].failed) == (6, 2)
    dataset = load_dataset("chorales")
    for run in study_folder.runs:
        if run.label == "other gamma":
            alone = train(run.recipe, dataset, tmp_path / f"alone-{run.seed}")
            weights = load_file(study_folder.run_folder(run.key) / "weights.safetensors")
            for name, value in load_file(alone.folder / "weights.safetensors").items():
                torch.testing.assert_close(weights[name], value, rtol=1e-3, atol=1e-4)


def test_a_stopped_study_goes_on(study_folder):
    asked = iter(range(1000))
    run_ensemble(study_folder, study_folder.pending(), 1, stop=lambda: next(asked) >= 12)
    states = study_folder.states()
    assert "measured" not in states.values()
    assert "training" in states.values()
    run_ensemble(study_folder, study_folder.pending(), 1)
    assert set(study_folder.states().values()) == {"measured", "failed"}
