"""FactorVAE through the training loop: both players are recorded, and a stopped run ends like an unstopped one."""

import torch

from latune.control.editor import calibrate_run, open_editor
from latune.recipes.loading import recipe_from_dict
from latune.training.checkpoint import latest_checkpoint
from latune.training.history import read_history
from latune.training.trainer import resume, train

FACTOR_VAE = {
    "name": "tests/factor-vae",
    "data": {"name": "ellipses"},
    "model": {"name": "picture_conv", "latent_size": 5, "channels": [8, 16], "hidden_sizes": [64]},
    "method": {"name": "factor_vae", "gamma": 10.0, "discriminator_sizes": [32, 32]},
    "training": {
        "steps": 40,
        "batch_size": 32,
        "learning_rate": 0.001,
        "validate_every": 20,
        "checkpoint_every": 20,
        "log_every": 20,
        "keep": "last",
    },
}


def test_a_stopped_run_ends_like_an_unstopped_one(ellipses, tmp_path):
    recipe = recipe_from_dict(FACTOR_VAE, "test")
    whole = train(recipe, ellipses, tmp_path / "whole")
    told = []
    stopped = train(recipe, ellipses, tmp_path / "parts", stop=lambda: told.append(0) or len(told) == 27)
    assert not stopped.finished
    resume(tmp_path / "parts", ellipses)
    weights = [(tmp_path / name / "weights.safetensors").read_bytes() for name in ("whole", "parts")]
    assert whole.finished
    assert weights[0] == weights[1]

    rows = read_history(whole.folder)
    assert {"kl", "total_correlation", "discriminator_loss", "discriminator_accuracy"} <= set(rows[0])
    assert rows[-1]["validation_loss"] < rows[0]["loss"]
    state = torch.load(latest_checkpoint(whole.folder) / "optimisers.pt", weights_only=True)
    assert [each["param_groups"][0]["betas"] for each in state["optimisers"]] == [(0.9, 0.999), (0.5, 0.9)]

    calibrate_run(whole, ellipses)
    assert len(open_editor(whole.folder).knobs.knobs) == len(ellipses.table.names)
