"""`latune evaluate --directions`: knobs along other directions, beside those of the run."""

import json
import shutil
from typing import get_args

import numpy as np
import pytest
from outcomes import succeed

from latune.cli.training import Directions as Choices
from latune.control.directions import Directions
from latune.control.editor import open_editor
from latune.errors import RunError


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_run_is_calibrated_and_measured_along_directions(latune, trained_run, tmp_path):
    """The run ties its knobs to dimensions; other directions take no notice."""
    folder = tmp_path / "run"
    shutil.copytree(trained_run.folder, folder)
    before = contents(folder)
    shown = json.loads(succeed(latune("evaluate", folder, "--directions", "ridge_inverse", "--items", 10, "--json")))
    after = contents(folder)
    assert set(after) - set(before) == {"knobs-ridge_inverse.json", "certificate-ridge_inverse.json"}
    assert {name: after[name] for name in before} == before
    certificate = json.loads(after["certificate-ridge_inverse.json"])
    assert shown == {"certificate": certificate}
    assert (certificate["directions"], certificate["items"]) == ("ridge_inverse", 10)

    editor = open_editor(folder, directions="ridge_inverse")
    assert list(certificate["knobs"]) == list(editor.knobs.names) == list(trained_run.recipe.regularised)
    assert all(np.count_nonzero(knob.motion) > 1 for knob in editor.knobs.knobs)
    with pytest.raises(RunError, match=r"no knobs-linear_regression\.json yet: see latune evaluate"):
        open_editor(folder, directions="linear_regression")


def test_choices_are_the_kinds():
    assert [choice.value for choice in Choices] == list(get_args(Directions))


def test_unknown_kinds(latune, trained_run):
    result = latune("evaluate", trained_run.folder, "--directions", "sideways")
    assert result.code == 2
    assert "'sideways' is not one of 'dimension', 'difference_of_means'" in result.errors
