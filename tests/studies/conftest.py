"""Studies of tiny runs on the synthetic measures."""

import pytest
import yaml

from latune.studies.folder import create_study
from latune.studies.study import study_from_dict

TINY = (
    "model.hidden_size=16",
    "training.steps=120",
    "training.log_every=5",
    "training.validate_every=40",
    "training.checkpoint_every=10",
    "evaluation.attributes=[note_density]",
)


@pytest.fixture(scope="session")
def tiny_recipe(tmp_path_factory, small_recipe):
    """The file of a recipe that trains in a second."""
    path = tmp_path_factory.mktemp("tiny") / "tiny.yaml"
    path.write_text(yaml.safe_dump(small_recipe(*TINY).model_dump(mode="json")))
    return str(path)


@pytest.fixture(scope="session")
def tiny_study(tiny_recipe):
    """A function from settings to a study of the tiny recipe, trained and not measured."""

    def build(**settings):
        values = {"name": "tiny", "recipes": [tiny_recipe], "evaluate": False, **settings}
        return study_from_dict(values, "tiny")

    return build


@pytest.fixture
def tiny_folder(tiny_study, tmp_path):
    """A function from settings to the folder of such a study."""
    return lambda **settings: create_study(tmp_path / "out", tiny_study(**settings))
