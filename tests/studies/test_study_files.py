"""Study files: what they mean, and one sentence for every mistake in them."""

import pytest
import yaml

from latune.errors import RecipeError
from latune.recipes import load_recipe
from latune.studies.plan import different_runs, plan_runs, with_groups
from latune.studies.study import list_studies, load_study, study_from_dict

SMALL = {
    "name": "small",
    "seeds": 2,
    "recipes": ["chorales/vae", {"recipe": "chorales/ar-vae", "label": "ours", "set": {"control": None}}],
    "set": {"training.steps": 50},
    "grid": {"training.learning_rate": [0.001, 0.002], "training.batch_size": [32, 64]},
    "quick": {"seeds": [7], "set": {"training.batch_size": 16}, "grid": {"training.learning_rate": [0.003]}},
}


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(SMALL, sort_keys=False))
    return str(path)


def planned(**changes):
    return plan_runs(study_from_dict({**SMALL, **changes}, "small"))


def test_every_combination_is_a_run(small):
    runs = plan_runs(load_study(small))
    assert len(runs) == len({run.key for run in runs}) == 2 * 2 * 2 * 2
    assert {run.group for run in runs} == {"chorales"}
    assert [run.label for run in runs[:3]] == ["vae", "ours", "vae"]
    assert [run.seed for run in runs] == [0] * 8 + [1] * 8
    run = runs[-1]
    assert run.cell == {"training.learning_rate": 0.002, "training.batch_size": 64}
    alone = ["control=null", "training.steps=50", "training.learning_rate=0.002", "training.batch_size=64"]
    assert run.recipe == load_recipe("chorales/ar-vae", alone, seed=1)
    assert run.key.startswith("chorales-ours-learning-rate0.002-batch-size64-seed1-")
    assert run.key.endswith(run.recipe.checksum[:8])


def test_later_settings_win():
    entry = {"recipe": "chorales/vae", "set": {"training.steps": 60, "training.batch_size": 8}}
    (run,) = planned(recipes=[entry], seeds=1, grid={"training.batch_size": [9]})
    assert (run.recipe.training.steps, run.recipe.training.batch_size) == (60, 9)


def test_quick_size_replaces(small):
    study = load_study(small, quick=True)
    assert study.name == "small-quick"
    assert study.quick is None
    runs = plan_runs(study)
    assert [(run.seed, run.label) for run in runs] == [(7, "vae"), (7, "ours")]
    training = runs[0].recipe.training
    assert (training.steps, training.batch_size, training.learning_rate) == (50, 16, 0.003)


def test_overrides_of_study_and_recipe_keys(small):
    study = load_study(small, overrides=["seeds=[3]", "set.training.steps=70", "grid.training.batch_size=[8]"])
    runs = plan_runs(study)
    assert {run.seed for run in runs} == {3}
    assert {run.recipe.training.steps for run in runs} == {70}
    assert {run.recipe.training.batch_size for run in runs} == {8}


def test_equal_recipes_are_one_run():
    recipes = [{"recipe": "chorales/vae", "label": label} for label in ("one", "two")]
    runs = planned(recipes=recipes, grid={})
    assert [run.label for run in runs] == ["one", "two"] * 2
    assert runs[0].key == runs[1].key != runs[2].key
    assert [run.label for run in different_runs(runs)] == ["one", "one"]


def test_methods_of_equal_settings_are_different_runs():
    """A checksum leaves out defaults, the name of the method among them."""
    names = {"method": [{"name": "beta_vae"}, {"name": "beta_tcvae"}]}
    runs = planned(recipes=["chorales/vae"], grid=names, seeds=1)
    assert runs[0].recipe.checksum == runs[1].recipe.checksum
    assert runs[0].key != runs[1].key


def test_group_follows_the_data_set():
    runs = planned(recipes=["chorales/vae"], grid={"data.name": ["chorales", "folk"]}, seeds=1)
    assert [run.group for run in runs] == ["chorales", "folk"]


def test_budget_of_steps():
    assert {run.recipe.training.steps for run in planned(budget={"steps": 20})} == {20}
    assert {run.recipe.training.steps for run in planned(budget={"steps": 80})} == {50}
    with pytest.raises(RecipeError, match=r"chorales/vae: budget.steps: expected a recipe that counts steps"):
        planned(budget={"steps": 20}, set={})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seeds": []}, "seeds: expected a number of seeds from 1, or a list of different seeds"),
        ({"seeds": 0}, "seeds: expected a number of seeds"),
        ({"seeds": [1, 1]}, "seeds: expected a number of seeds"),
        ({"seeds": [True]}, "seeds: expected a number of seeds"),
        ({"sedes": 3}, "unknown key 'sedes': did you mean 'seeds'"),
        ({"recipes": []}, "recipes: "),
        ({"recipes": "chorales/vae"}, "recipes: input should be a list"),
        ({"recipes": ["chorales/vaee"]}, "There is no recipe 'chorales/vaee': did you mean 'chorales/vae'"),
        (
            {"recipes": [{"recipe": "chorales/vae", "lable": "x"}]},
            r"unknown key 'recipes.0.lable': did you mean 'label'",
        ),
        (
            {"recipes": ["chorales/vae", {"recipe": "chorales/vae"}]},
            "two recipes of group 'chorales' have the label 'vae'",
        ),
        ({"grid": {"training.steps": 3}}, "grid: expected a list of values for every key"),
        ({"grid": {"training.steps": []}}, "grid: expected a list of values for every key"),
        ({"grid": {"training.stps": [3]}}, "chorales/vae: unknown key 'training.stps': did you mean 'steps'"),
        ({"grid": {"method.gamma": [3]}}, "unknown key 'method.gamma'"),
        ({"grid": {"training.learning_rate": [-1]}}, "training.learning_rate: input should be greater than 0"),
        ({"grid": {"seed": [1]}}, "'seed' is no key of a grid"),
        ({"set": {"seed": 1}}, "'seed' is no key of a grid"),
        ({"set": {"name.x": 1}}, "'name' is a single value, not a block"),
        ({"set": {"data.protocol": "kfold"}}, "kfold stands for a run per fold: add data.fold to the grid"),
        ({"published": [{"group": "a"}]}, r"the key 'published.0.label' is missing"),
        ({"name": "a/b"}, "name: string should match"),
        ({"quick": {"seds": 1}}, "unknown key 'quick.seds': did you mean 'seeds'"),
    ],
)
def test_mistakes_are_one_sentence(changes, message):
    with pytest.raises(RecipeError, match=message) as error:
        planned(**changes)
    assert str(error.value).endswith((".", "?"))
    assert "\n" not in str(error.value)


def test_unknown_study(tmp_path):
    with pytest.raises(RecipeError, match="There is no study 'ar-vae-papr': did you mean 'ar-vae-paper'"):
        load_study("ar-vae-papr")
    path = tmp_path / "no-quick.yaml"
    path.write_text(yaml.safe_dump({key: value for key, value in SMALL.items() if key != "quick"}))
    with pytest.raises(RecipeError, match="has no quick size"):
        load_study(str(path), quick=True)


@pytest.mark.parametrize("name", list_studies())
@pytest.mark.parametrize("quick", [False, True])
def test_shipped_studies(name, quick):
    study = load_study(name, quick=quick)
    runs = plan_runs(study)
    assert study.title
    assert len(runs) == len(different_runs(runs)) > 4
    places = {(run.group, run.label, tuple(run.cell.items())) for run in runs}
    for value in study.published:
        assert 0 <= value.value <= 1
        if not quick:
            assert (value.group, value.label, tuple(value.cell.items())) in places
    if quick:
        assert {run.group for run in plan_runs(load_study(name))} == {run.group for run in runs}
    else:
        assert study.full is not None
        assert study.quick is not None
        assert study.quick.time


def test_published_sizes():
    assert len(plan_runs(load_study("ar-vae-paper"))) == 4 * 3 * 10
    sweep = load_study("ar-vae-sweep")
    assert len(plan_runs(sweep)) == 35 * 3
    cells = {tuple(value.cell.values()) for value in sweep.published}
    assert len(cells) == 35
    (number,) = [
        value.value
        for value in sweep.published
        if value.cell == {"attributes.gamma": 10, "attributes.delta": 1} and value.metric.endswith("interpretability")
    ]
    assert number == 0.839


def test_part_of_a_study():
    study = load_study("ar-vae-paper")
    part = with_groups(study, ["Bach chorales"])
    assert {run.group for run in plan_runs(part)} == {"Bach chorales"}
    assert [run.key for run in plan_runs(part)] == [run.key for run in plan_runs(study) if run.group == "Bach chorales"]
    with pytest.raises(RecipeError, match="did you mean 'Bach chorales'"):
        with_groups(study, ["bach chorales"])
