"""Members of an ensemble are what the same recipes are when trained alone, step by step."""

import math
from typing import get_args

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from latune.errors import RecipeError, TrainingError
from latune.methods import registry as methods
from latune.models import registry as models
from latune.training import ensemble
from latune.training.ensemble import ALONE, ensemble_key, train_ensemble
from latune.training.history import read_history
from latune.training.trainer import resume, train

SHORT = ("training.steps=8", "training.validate_every=4", "training.log_every=1", "training.checkpoint_every=3")
NAMES = ["rhythmic_complexity", "pitch_range", "note_density", "contour"]
TOLERANCE = 2e-5  # sums are rounded in another order
MUSIC = {
    "ar_vae": (),
    "ar_vae, all terms": ("control={weight: 0.3, from_step: 3, movement: joint}", "joint={path: quadratic}"),
    "ar_vae, crossover": ("data.crossover=0.5", "attributes.transform=standardised"),
    "beta_vae": ("method={name: beta_vae, beta: 0.01}",),
    "capacity_vae": ("method={name: capacity_vae, gamma: 10, capacity: 3, capacity_steps: 10}",),
    "capacity_vae, multiplier": (
        "method={name: capacity_vae, capacity: 3, capacity_steps: 10, held_by: multiplier, multiplier_rate: 0.1}",
    ),
    "factor_vae": ("method={name: factor_vae, discriminator_sizes: [16, 16], standardise: true}",),
    "beta_tcvae": ("method={name: beta_tcvae}",),
    "dip_vae": ("method={name: dip_vae}",),
    "fader": (f"method={{name: fader, attributes: {NAMES}, critic_sizes: [8]}}", "attributes=null"),
    "conditional_vae": (f"method={{name: conditional_vae, attributes: {NAMES}}}", "attributes=null"),
}
PICTURES = {
    "picture_conv": (),
    "picture_conv, control by a network": ("control={measure: network, from_step: 2}",),
    "picture_conv, dropout": ("model.dropout=0.3",),
    "burgess": ("model={name: burgess, latent_size: 5}",),
    # Batch normalisation of channels that hardly vary makes much of rounding: few steps.
    "bcvae": ("model={name: bcvae, latent_size: 5}", "training.steps=2"),
}


@pytest.fixture
def recipes(small_recipe):
    """A function from overrides to recipes of several seeds."""

    def build(*overrides, seeds=(0, 1, 2), name="ar_vae"):
        sizes = ("model.hidden_size=16", "training.batch_size=24") if name == "ar_vae" else ()
        return [small_recipe(*sizes, *SHORT, *overrides, name=name, seed=seed) for seed in seeds]

    return build


def compare(together, alone, tolerance=TOLERANCE):
    """Every logged value of every step, and the weights."""
    rows, expected = read_history(together), read_history(alone)
    assert len(rows) == len(expected) > 0
    for row, wanted in zip(rows, expected, strict=True):
        assert row.keys() == wanted.keys()
        for name, value in wanted.items():
            assert row[name] == pytest.approx(value, rel=tolerance, abs=tolerance), (name, wanted["step"])
    weights, wanted = (load_file(folder / "weights.safetensors") for folder in (together, alone))
    for name, value in wanted.items():
        # Where a gradient is next to nothing, Adam makes a whole step of its rounding: few weights may be off by that.
        off = (weights[name] - value).abs().float()
        assert off.mean() < 10 * tolerance, name


def both_ways(chosen, dataset, folder):
    train_ensemble(chosen, dataset, [folder / f"member-{recipe.seed}" for recipe in chosen])
    for recipe in chosen:
        train(recipe, dataset, folder / f"alone-{recipe.seed}")
        yield folder / f"member-{recipe.seed}", folder / f"alone-{recipe.seed}"


@pytest.mark.parametrize("variant", MUSIC)
def test_members_equal_separate_runs(recipes, synthetic, tmp_path, variant):
    for together, alone in both_ways(recipes(*MUSIC[variant]), synthetic, tmp_path):
        compare(together, alone)


@pytest.mark.parametrize("variant", PICTURES)
def test_members_that_see_pictures_equal_separate_runs(recipes, ellipses, tmp_path, variant):
    small_steps = ("training.batch_size=16", "training.learning_rate=0.0002")  # large ones make much of rounding
    chosen = recipes(*PICTURES[variant], *small_steps, name="pictures", seeds=(0, 1))
    for together, alone in both_ways(chosen, ellipses, tmp_path):
        compare(together, alone, tolerance=1e-3)


def test_every_method_and_network_is_compared_or_said_to_be_trained_alone():
    def names(union):
        return {name for config in union.__args__ for name in get_args(config.model_fields["name"].annotation)}

    compared = {variant.partition(",")[0] for variant in (*MUSIC, *PICTURES)} | {"measure_mlp"}
    every = names(methods._Config) | names(models._Config)
    like_burgess = {"higgins_fc", "kim", "locatello", "bcvae_branch"}  # the same layers in other sizes
    assert every - set(ALONE) - like_burgess == compared


def test_members_may_differ_in_weights_of_the_loss(recipes, synthetic, tmp_path):
    chosen = [
        recipes(f"attributes.gamma={gamma}", f"attributes.delta={delta}", f"method.beta={beta}", seeds=[seed])[0]
        for seed, (gamma, delta, beta) in enumerate([(0.1, 10, 0.001), (10, 1, 0.1), (1, 0.1, 0)])
    ]
    for together, alone in both_ways(chosen, synthetic, tmp_path):
        compare(together, alone)


def test_a_stopped_ensemble_goes_on_together_or_alone(recipes, synthetic, tmp_path):
    chosen = recipes()
    count = iter(range(100))
    folders = [tmp_path / f"member-{recipe.seed}" for recipe in chosen]
    runs = train_ensemble(chosen, synthetic, folders, stop=lambda: next(count) >= 5)
    assert not any(run.finished for run in runs)
    resume(folders[0], synthetic)  # one goes on alone, two together
    train_ensemble(chosen[1:], synthetic, folders[1:])
    for recipe, folder in zip(chosen, folders, strict=True):
        alone = train(recipe, synthetic, tmp_path / f"alone-{recipe.seed}")
        compare(folder, alone.folder)


def test_members_behind_the_others_catch_up(recipes, synthetic, tmp_path):
    """As a kill between two checkpoints leaves them."""
    chosen = recipes()
    folders = [tmp_path / f"member-{recipe.seed}" for recipe in chosen]
    for recipe, folder, steps in zip(chosen, folders, (2, 5, 5), strict=True):
        count = iter(range(1, 100))
        train(recipe, synthetic, folder, stop=lambda count=count, steps=steps: next(count) >= steps)
    runs = train_ensemble(chosen, synthetic, folders)
    assert all(run.finished for run in runs)
    for recipe, folder in zip(chosen, folders, strict=True):
        compare(folder, train(recipe, synthetic, tmp_path / f"alone-{recipe.seed}").folder)


def test_a_member_that_fails_leaves_the_others_alone(recipes, synthetic, tmp_path, monkeypatch):
    chosen = recipes()
    folders = [tmp_path / f"member-{recipe.seed}" for recipe in chosen]
    build = ensemble.build

    def with_a_broken_one(recipe, dataset):
        method, device = build(recipe, dataset)
        if recipe.seed == 1:
            with torch.no_grad():
                next(method.parameters()).fill_(math.inf)
        return method, device

    monkeypatch.setattr(ensemble, "build", with_a_broken_one)
    told = []
    runs = train_ensemble(chosen, synthetic, folders, failed=lambda number, error: told.append((number, str(error))))
    assert [number for number, _ in told] == [1]
    assert "not a number" in told[0][1]
    assert [run.finished for run in runs] == [True, False, True]
    for seed in (0, 2):
        compare(folders[seed], train(chosen[seed], synthetic, tmp_path / f"alone-{seed}").folder)
    with pytest.raises(TrainingError, match="not a number"):
        train_ensemble(chosen, synthetic, [tmp_path / f"again-{seed}" for seed in range(3)])


def test_progress_names_the_member(recipes, synthetic, tmp_path):
    seen = []
    chosen = recipes(seeds=(0, 1))
    train_ensemble(chosen, synthetic, [tmp_path / "a", tmp_path / "b"], report=lambda k, p: seen.append((k, p.step)))
    assert [step for number, step in seen if number == 1] == list(range(1, 9))
    assert {number for number, _ in seen} == {0, 1}


def test_only_alike_recipes_make_an_ensemble(recipes, synthetic, tmp_path):
    first, second = recipes(seeds=(0, 1))
    assert ensemble_key(first) == ensemble_key(second)
    other = recipes("training.batch_size=32", seeds=(1,))[0]
    assert ensemble_key(first) != ensemble_key(other)
    with pytest.raises(RecipeError, match=r"may differ in seed and attributes.gamma"):
        train_ensemble([first, other], synthetic, [tmp_path / "a", tmp_path / "b"])
    alone = recipes("model={name: measure_rnn, hidden_size: 8, latent_size: 8}", seeds=(0,))[0]
    assert ensemble_key(alone) is None
    with pytest.raises(RecipeError, match="cannot be trained as an ensemble"):
        train_ensemble([alone], synthetic, [tmp_path / "c"])
    woken = "method={name: factor_vae, begin: {steps: 4, capacity: 2}}", "model={name: burgess, latent_size: 5}"
    assert ensemble_key(recipes(*woken, seeds=(0,), name="pictures")[0]) is None
    factor = [recipes(f"method={{name: factor_vae, beta: {beta}}}", seeds=(0,))[0] for beta in (1, 2)]
    assert ensemble_key(factor[0]) != ensemble_key(factor[1])  # its beta is no tensor


def test_members_differ_from_each_other(recipes, synthetic, tmp_path):
    chosen = recipes(seeds=(0, 1))
    train_ensemble(chosen, synthetic, [tmp_path / "a", tmp_path / "b"])
    first, second = (load_file(tmp_path / name / "weights.safetensors") for name in "ab")
    assert all(not np.array_equal(first[name], second[name]) for name in first if "weight" in name)
