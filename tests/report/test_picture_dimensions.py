import dataclasses
import shutil

import numpy as np
import pytest
from PIL import Image

from latune.attributes import Attribute, AttributeTable
from latune.control.inference import encode_posteriors
from latune.metrics.posterior import prior_divergence
from latune.recipes.recipe import RecordingConfig
from latune.report.charts import chart_makers
from latune.report.choice import evenly
from latune.report.media import Subject, medium_of
from latune.report.picture_dimensions import draw_responses, draw_traversals, has_places
from latune.report.picture_sweeps import one_of_each
from latune.training.recording import Recorder, read_probes
from latune.training.run_folder import open_run

CELLS = 4  # of a side


@pytest.fixture(scope="module")
def placed(ellipses):
    """The ellipses as if they were two shapes in places: width and height tell the place, the lean the shape."""
    slant, *sides = ellipses.attributes.T
    places = [np.floor(CELLS * (np.argsort(np.argsort(side)) / len(side))) / (CELLS - 1) for side in sides]
    table = AttributeTable(
        [
            Attribute("shape", "1 left, 2 right", 1, 2, kind="categorical"),
            Attribute("posx", "share of the way", 0, 1),
            Attribute("posy", "share of the way", 0, 1),
        ]
    )
    values = np.stack([1 + (slant > 0), *places], axis=1).astype(np.float32)
    codec = dataclasses.replace(ellipses.codec, table=table)
    return dataclasses.replace(ellipses, attributes=values, codec=codec)


@pytest.fixture(scope="module")
def subject(trained_picture_run, placed, picture_editor):
    return Subject(trained_picture_run, placed, picture_editor, [3, 7])


def order_of(subject, indices):
    posteriors = encode_posteriors(subject.editor.model, subject.dataset.items[indices])
    divergences = prior_divergence(*posteriors)
    return np.argsort(-divergences), divergences


def test_evenly_meets_every_value_of_a_grid_equally_often():
    numbers = evenly(3 * 6 * 32 * 32, 4000)
    assert 3000 < len(numbers) <= 4000
    for size, base in ((3, 6144), (6, 1024), (32, 32), (32, 1)):
        count = np.bincount(numbers // base % size, minlength=size)
        assert np.ptp(count) <= 0.02 * len(numbers) / size + 1
    assert evenly(5, 100).tolist() == [0, 1, 2, 3, 4]
    assert evenly(1, 1).tolist() == [0]


def test_responses_name_the_shapes_and_sort_the_dimensions(subject):
    figure = draw_responses(subject)
    rows = [axes.get_ylabel().split("\n")[0] for axes in figure.axes if axes.images]
    order, _ = order_of(subject, np.arange(len(subject.dataset.items)))
    assert rows == [f"dimension {dimension}" for dimension in order]
    assert np.asarray(figure.axes[0].images[0].get_array()).shape == (CELLS, CELLS)


def test_traversals_start_from_every_shape_a_random_picture_and_zero(subject):
    figure = draw_traversals(subject)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["shape 1", "shape 2", "random", "z = 0"]
    order, divergences = order_of(subject, subject.dataset.split("test"))
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == [f"{dimension}: {divergences[dimension]:.2f}" for dimension in order]


def test_a_shape_that_is_not_tested_is_no_start(subject):
    dataset = subject.dataset
    test = dataset.split("test")
    left = test[dataset.attributes[test, 0] == 1]
    narrow = dataclasses.replace(dataset, splits={**dataset.splits, "test": left})
    figure = draw_traversals(dataclasses.replace(subject, dataset=narrow))
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["shape 1", "random", "z = 0"]


def test_traversals_of_dimensions_are_written_as_moving_pictures(trained_picture_run, placed, picture_editor, tmp_path):
    run = open_run(shutil.copytree(trained_picture_run.folder, tmp_path / "run"))
    knob = dataclasses.replace(picture_editor.knobs.knobs[0], name="posx")
    editor = dataclasses.replace(picture_editor, knobs=picture_editor.knobs.changed(knob))
    medium, folder = medium_of(placed.codec), tmp_path / "files"
    folder.mkdir()
    files, _ = medium.write(Subject(run, placed, editor, [3]), [], "code", folder, lambda *_: None)
    names = ["dimensions.png", *(f"dimensions_{start}.gif" for start in ("shape_1", "shape_2", "random", "zero"))]
    assert [path.name for path in files] == names
    with Image.open(files[1]) as image:
        assert image.n_frames == 18  # ten codes, forth and back


def test_pictures_without_a_place_have_no_such_figures(subject, ellipses):
    assert (has_places(ellipses.table), has_places(subject.dataset.table)) == (False, True)
    medium, ours = medium_of(ellipses.codec), {"factor_responses", "latent_traversals"}
    assert ours <= set(medium.charts(subject))
    assert not ours & set(medium.charts(dataclasses.replace(subject, dataset=ellipses)))


def test_a_recorded_run_shows_the_divergence_of_its_dimensions(trained_picture_run, ellipses, picture_editor, tmp_path):
    run = open_run(shutil.copytree(trained_picture_run.folder, tmp_path / "run"))
    subject, medium = Subject(run, ellipses, picture_editor, [3]), medium_of(ellipses.codec)
    assert "divergence_curves" not in chart_makers(medium, subject, None)
    recorder = Recorder(run.folder, RecordingConfig(probe_items=10), ellipses, seed=0, steps_per_epoch=10, from_step=0)
    recorder.record(run.build_model(), 0)
    recorder.record(run.load_model(), 150, last=True)
    _, draw = chart_makers(medium, subject, None)["divergence_curves"]
    axes = draw().axes[0]
    order, divergences = order_of(subject, read_probes(run.folder).indices)
    assert axes.get_xlim() == (0, 150)
    assert axes.texts[0].get_text() == f"dimension {order[0]}: {divergences[order[0]]:.2f}"


def test_reconstructions_are_shown_of_pictures_from_first_to_last(ellipses):
    indices, names = one_of_each(ellipses)
    assert (len(indices), indices[0], indices[-1], names) == (10, 180, 239, [])
    assert (np.diff(indices) >= 6).all()
