"""Recipes: the shipped ones load, and whatever is wrong with another is said in one sentence."""

import pytest
import yaml

from latune.data.registry import DATASETS
from latune.data.sprites import SMALL_SPRITE_TABLE, SPRITE_TABLE
from latune.errors import RecipeError
from latune.images.morphology import DIGIT_ATTRIBUTES
from latune.music.attributes import MUSIC_ATTRIBUTES
from latune.music.dmelodies import FACTORS
from latune.recipes import list_recipes, load_recipe
from latune.recipes.loading import recipe_from_dict

NAME = "chorales/ar-vae"
ATTRIBUTES = {
    "chorales": MUSIC_ATTRIBUTES.names,
    "chorales-parity": MUSIC_ATTRIBUTES.names,
    "digits": DIGIT_ATTRIBUTES.names,
    "dmelodies": FACTORS,
    "folk": MUSIC_ATTRIBUTES.names,
    "sprites": SPRITE_TABLE.names,
    "sprites-small": SMALL_SPRITE_TABLE.names,
}
NESTED = 1000 * "[" + 1000 * "]"


def refusal(name=NAME, *overrides, seed=None):
    with pytest.raises(RecipeError) as caught:
        load_recipe(name, overrides, seed)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith((".", "?"))
    return message


def test_the_shipped_ones():
    assert {NAME, "chorales/beta-vae", "chorales/ar-vae-paper", "chorales/ar-vae-parity"} <= set(list_recipes())


@pytest.mark.parametrize("name", list_recipes())
def test_every_shipped_recipe_loads(name):
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.data.name in DATASETS
    attributes = ATTRIBUTES.get(recipe.data.name)
    if attributes is not None:  # your own pictures have your own
        assert set(recipe.knob_names(attributes)) <= set(attributes)
        assert len(recipe.knob_names(attributes)) >= 4


@pytest.mark.parametrize("name", list_recipes())
def test_resolved_recipe_round_trip(name):
    recipe = load_recipe(name, ["training.steps=7", "evaluation.tolerance=0.2"], seed=3)
    text = yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False)
    assert recipe_from_dict(yaml.safe_load(text), "recipe.yaml") == recipe


@pytest.mark.parametrize("name", ["chorales/ar-vae-parity", "chorales/beta-vae-parity"])
def test_parity_recipes_hold_the_published_settings(name):
    recipe = load_recipe(name)
    assert (recipe.data.name, recipe.model.name, recipe.model.relu_logits) == ("chorales-parity", "measure_rnn", True)
    assert (recipe.method.beta, recipe.method.reconstruction) == (0.001, "mean")
    training = recipe.training
    assert (training.epochs, training.batch_size, training.learning_rate) == (100, 256, 1e-4)
    assert (training.schedule, training.keep) == ("constant", "last")


def test_recipe_from_a_file(tmp_path):
    path = tmp_path / "rezept für Bach.yaml"
    path.write_text(yaml.safe_dump(load_recipe(NAME).model_dump(mode="json")), encoding="utf-8")
    assert load_recipe(str(path)) == load_recipe(NAME)


def test_set_and_seed():
    recipe = load_recipe(
        NAME,
        [
            "training.steps=200",
            "training.learning_rate=1e-4",
            "attributes.gamma={rhythmic_complexity: 1, pitch_range: 2, note_density: 3, contour: 4}",
            "evaluation.attributes=[contour]",
            "evaluation.items=5",
        ],
        seed=9,
    )
    assert (recipe.training.steps, recipe.training.learning_rate, recipe.seed) == (200, 1e-4, 9)
    assert recipe.attributes.gamma["contour"] == 4
    assert recipe.knob_names(MUSIC_ATTRIBUTES.names) == ("contour",)
    assert recipe.evaluation.items == 5
    assert load_recipe(NAME, ["attributes=null", "method.name=beta_vae"]).regularised == ()


def test_switching_the_variant():
    recipe = load_recipe(NAME, ["model={name: measure_rnn, hidden_size: 16}"])
    assert (recipe.model.name, recipe.model.hidden_size, recipe.model.layers) == ("measure_rnn", 16, 2)


@pytest.mark.parametrize(
    ("override", "nearest"),
    [
        ("trainning.steps=1", "unknown key 'trainning': did you mean 'training'?"),
        ("training.step=1", "unknown key 'training.step': did you mean 'steps'?"),
        ("model.hiden_size=1", "unknown key 'model.hiden_size': did you mean 'hidden_size'?"),
        ("method.betta=1", "unknown key 'method.betta': did you mean 'beta'?"),
        ("attributes.gama=1", "unknown key 'attributes.gama': did you mean 'gamma'?"),
        ("evaluation.tolerence=1", "unknown key 'evaluation.tolerence': did you mean 'tolerance'?"),
        ("data.xyz=1", "unknown key 'data.xyz': expected one of name"),
        ("model.teacher_forcing=1", "unknown key 'model.teacher_forcing': expected one of name, latent_size, "),
    ],
)
def test_unknown_key_names_the_nearest(override, nearest):
    assert refusal(NAME, override).startswith(f"{NAME}: {nearest}")


@pytest.mark.parametrize(
    ("override", "part"),
    [
        ("training.steps=many", "training.steps: input should be a valid integer"),
        ("training.steps=0", "training.steps: input should be greater than 0, got 0."),
        ("training.steps=1.5", "training.steps: "),
        ("training.learning_rate=-1", "training.learning_rate: input should be greater than 0, got -1."),
        (
            "training.schedule=step",
            "training.schedule: input should be 'constant', 'linear', 'cosine' or 'exponential', got 'step'.",
        ),
        ("training.epochs=null", "training: training needs steps or epochs"),
        ("training=5", "training: "),
        ("data=null", "data: "),
        (
            "model.name=unet",
            "model.name: expected one of 'measure_mlp', 'measure_rnn', 'phrase_mlp', 'picture_conv', 'burgess',",
        ),
        (
            "method.name=gan",
            "method.name: expected one of 'beta_vae', 'capacity_vae', 'factor_vae', 'beta_tcvae', 'dip_vae', 'ar_vae',",
        ),
        ("method.beta=-0.1", "method.beta: input should be greater than or equal to 0, got -0.1."),
        ("attributes.ties=loose", "attributes.ties: input should be 'zero' or 'masked', got 'loose'."),
        ("evaluation.tolerance=2", "evaluation.tolerance: input should be less than or equal to 1, got 2."),
        ("seed=-1", "seed: input should be greater than or equal to 0, got -1."),
        (f"seed={2**40}", "seed: input should be less than 4294967296"),
    ],
)
def test_wrong_values(override, part):
    assert refusal(NAME, override).startswith(f"{NAME}: {part}")


@pytest.mark.parametrize("gamma", ["much", "0", "-1"])
def test_wrong_gamma_names_the_field_as_the_user_wrote_it(gamma):
    message = refusal(NAME, f"attributes.gamma={gamma}")
    assert message.startswith(f"{NAME}: attributes.gamma: ")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.steps", "--set training.steps: expected NAME=VALUE, such as training.steps=200."),
        ("=3", "--set =3: expected NAME=VALUE, such as training.steps=200."),
        ("seed=[1", "--set seed=[1: the value is not YAML."),
        pytest.param(f"seed={NESTED}", f"--set seed={NESTED}: the value is not YAML.", id="nested"),
        ("seed.low=1", "--set seed.low=1: 'seed' is a single value, not a block."),
    ],
)
def test_malformed_overrides(override, message):
    assert refusal(NAME, override) == message


def test_unknown_recipe():
    assert refusal("chorales/arvae") == "There is no recipe 'chorales/arvae': did you mean 'chorales/ar-vae'?"
    assert f"expected a YAML file or one of {', '.join(list_recipes())}." in refusal("xyz")


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "expected a mapping of keys to values, got NoneType."),
        (b"- a", "expected a mapping of keys to values, got list."),
        (b"a: [", "cannot be read as YAML: "),
        (b"\xff\xfe\x00", "cannot be read as YAML: "),
        (b"!!python/object/apply:os.getcwd []", "cannot be read as YAML: "),
        (b"name: x", "the key 'data' is missing."),
        (b"a: " + 1000 * b"[" + 1000 * b"]", "cannot be read as YAML: lists or blocks are nested too deeply."),
    ],
    ids=["empty", "list", "unclosed", "binary", "python object", "incomplete", "nested"],
)
def test_files_that_are_no_recipes(tmp_path, content, part):
    path = tmp_path / "recipe.yaml"
    path.write_bytes(content)
    with pytest.raises(RecipeError) as caught:
        load_recipe(str(path))
    message = str(caught.value)
    assert message.startswith(str(path))
    assert part in message
    assert "\n" not in message


def test_a_folder_is_no_recipe(tmp_path):
    refusal(str(tmp_path))
