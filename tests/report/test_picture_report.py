import dataclasses
import json
import re
import shutil
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from latune.attributes import AttributeTable
from latune.report import build_report, build_traversals
from latune.report.media import Subject, medium_of
from latune.report.picture_plane import plane_names
from latune.report.picture_sweeps import choose_pictures, make_picture_sweeps, one_of_each
from latune.report.tables import certificate_rows, headlines, identity_rows, rebuild_rows
from latune.report.words import caveats, recipe_sentences
from latune.training.run_folder import open_run, write_json

NAMES = ("slant", "width")
MUSIC_WORDS = ("measures", "hear", "tunes?", "notes?", "nats per token", "music", "play", "melody")


@pytest.fixture(scope="module")
def run(trained_picture_run, tmp_path_factory):
    """A copy of the trained picture run."""
    folder = tmp_path_factory.mktemp("copies") / "run"
    shutil.copytree(trained_picture_run.folder, folder)
    return open_run(folder)


@pytest.fixture(scope="module")
def classified(ellipses):
    """The pictures with two classes: narrow and wide ones."""
    widths = ellipses.attributes[:, 1]
    return dataclasses.replace(ellipses, classes=(widths > np.median(widths)).astype(np.int16))


@pytest.fixture(scope="module")
def text(run, ellipses, picture_editor):
    return build_report(run, ellipses, picture_editor).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def subject(run, classified, picture_editor):
    return Subject(run, classified, picture_editor, [3, 7])


class Words(HTMLParser):
    """Collects what a reader sees."""

    def __init__(self, text):
        super().__init__()
        self.words, self.hidden = [], 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.hidden += tag in ("style", "script", "pre")

    def handle_endtag(self, tag):
        self.hidden -= tag in ("style", "script", "pre")

    def handle_data(self, data):
        if not self.hidden:
            self.words.append(data)


def test_the_page_speaks_of_pictures(text):
    seen = " ".join(Words(text).words).lower()
    assert [word for word in MUSIC_WORDS if re.search(rf"\b{word}\b", seen)] == []
    assert "<script" not in text
    assert "grey pictures of 20 x 20 pixels" in seen
    assert "a convolutional network" in seen


def test_the_page_holds_strips_animations_and_figures(text):
    for way in ("path", "exact", "code"):
        assert text.count(f'class="card way-{way}"') == len(NAMES) * 3
        assert text.count(f'class="animation way-{way}"') == 3
    assert text.count('<li class="own">') == len(NAMES) * 3 * 2  # sweeps by code show no own decode
    assert text.count("data:image/png;base64,iVBOR") > len(NAMES) * 3 * 3 * 11
    assert text.count("data:image/gif;base64,R0lGOD") == 9
    for name in ("plane", "reconstructions", "attribute_scatter", "latent_surfaces", "response_curves"):
        assert f'<figure id="{name}">' in text


def test_the_page_shows_the_scores_of_reconstruction(run, text):
    rebuilt = run.read_json("metrics.json")["reconstruction"]
    for key in ("pixel_accuracy", "intersection_over_union", "majority_baseline"):
        assert f"{100 * rebuilt[key]['value']:.1f} %" in text
    assert f"{rebuilt['squared_error']['value']:.5f}" in text


def test_traversals_as_files(run, ellipses, picture_editor):
    found = build_traversals(run, ellipses, picture_editor, ["width", "slant"], items=[3, 7])
    names = [path.name for path in found.files]
    expected = [f"{name}{item}{way}.png" for way in ("", "_code") for name in NAMES[::-1] for item in ("_3", "_7", "")]
    animations = [f"all_{item}{way}.gif" for way in ("", "_code") for item in (3, 7)]
    assert names == [*expected, *animations, "width_and_slant_3.png"]
    assert all(path.stat().st_size > 500 for path in found.files)
    assert found.remarks == ()


def test_an_animation_has_ten_frames_a_column_per_knob_and_no_end(run, ellipses, picture_editor):
    found = build_traversals(run, ellipses, picture_editor, items=[3], way="alone")
    path = next(path for path in found.files if path.name == "all_3_alone.gif")
    with Image.open(path) as image:
        assert image.size == (2 * (4 * 20 + 2) + 2, 4 * 20 + 4)
        assert image.n_frames == 10
        assert image.info["loop"] == 0
        assert image.info["duration"] == 100


def test_a_sweep_shows_the_own_decode(subject):
    (sweep, _) = make_picture_sweeps(subject, "width", "joint")
    editor, index = subject.editor, subject.dataset.split("test")[3]
    item = subject.dataset.items[index : index + 1]
    assert (sweep.pixels[sweep.own, ..., 0] == editor.decode(editor.encode(item))[0, 0]).all()
    assert (sweep.original[..., 0] == item[0, 0]).all()
    assert "(class " in sweep.title


def test_a_sweep_by_code_moves_one_dimension_from_end_to_end(subject):
    (sweep, _) = make_picture_sweeps(subject, "width", "code")
    assert sweep.requested == pytest.approx(np.linspace(-4, 4, 10))
    assert sweep.own is None
    assert sweep.labels[0][0] == "−4.0"
    assert sweep.stem == "width_3_code"


def test_codes_of_a_fader_network_go_from_0_to_1(subject):
    recipe = SimpleNamespace(seed=0, method=SimpleNamespace(name="fader"))
    fader = dataclasses.replace(subject, run=SimpleNamespace(recipe=recipe))
    assert make_picture_sweeps(fader, "width", "code")[0].requested == pytest.approx(np.linspace(0, 1, 10))


def test_kinds_are_asked_for_one_by_one(subject):
    attributes = [dataclasses.replace(a, kind="categorical") for a in subject.dataset.table]
    codec = dataclasses.replace(subject.dataset.codec, table=AttributeTable(attributes))
    knobs = subject.editor.knobs
    knobs = knobs.changed(dataclasses.replace(knobs["width"], low=6.0, high=8.0))
    editor = dataclasses.replace(subject.editor, knobs=knobs)
    changed = Subject(subject.run, dataclasses.replace(subject.dataset, codec=codec), editor, [3])
    (sweep,) = make_picture_sweeps(changed, "width", "joint")
    others = [value for place, value in enumerate(sweep.requested) if place != sweep.own]
    assert len(sweep.pixels) == 3
    assert set(others) < {6.0, 7.0, 8.0}


def without(codec, chosen):
    """A codec that finds no slant in the chosen pictures."""

    class Lacking(type(codec)):
        def measure(self, items, names=None):
            values = super().measure(items, names)
            column = list(names or self.table.names).index("slant") if "slant" in (names or self.table.names) else None
            if column is not None:
                values[chosen(items), column] = np.nan
            return values

    return Lacking(codec.item_shape, codec.levels, codec.measurement, codec.table)


def test_pictures_without_the_attribute_are_left_out(run, ellipses, picture_editor):
    lacking = ellipses.items[ellipses.split("test")[3]]
    codec = without(ellipses.codec, lambda items: (items == lacking).all(axis=(1, 2, 3)))
    subject = Subject(run, ellipses, dataclasses.replace(picture_editor, codec=codec), [3, 7])
    assert [sweep.item for sweep in make_picture_sweeps(subject, "slant", "joint")] == [7]
    assert [sweep.item for sweep in make_picture_sweeps(subject, "width", "joint")] == [3, 7]


def test_a_knob_that_nothing_has_crashes_nothing(run, ellipses, picture_editor):
    codec = without(ellipses.codec, lambda items: np.ones(len(items), bool))
    editor = dataclasses.replace(picture_editor, codec=codec)
    certificate = run.read_json("certificate.json")
    knob = certificate["knobs"]["slant"]
    knob["items"] = 5
    for way in ("alone", "joint", "exact"):
        for part in ("mean", "low", "high"):
            knob[way][f"measured_{part}"] = [None] * len(knob["targets"])
        knob[way]["hit_rate"] = {"value": None, "low": None, "high": None}
        knob[way]["cross_talk"]["response"]["width"] = None
    write_json(run.folder / "certificate.json", certificate)
    text = build_report(run, ellipses, editor).read_text(encoding="utf-8")
    assert "nothing to measure here" in text
    assert "5 of 12 items have it" in text
    assert "Only 5 of the 12 items have a value of slant" in text
    assert "got –" in text


def test_start_pictures_are_drawn_by_seed_from_different_classes(classified, picture_editor):
    items, are_new = choose_pictures(classified, picture_editor, 3, seed=0)
    assert (items, are_new) == choose_pictures(classified, picture_editor, 3, seed=0)
    assert len(set(items)) == 3
    assert len(set(classified.classes[classified.split("test")[items]])) == 2


def test_reconstructions_show_one_of_each_class(classified):
    indices, names = one_of_each(classified)
    assert names == ["0", "1"]
    assert classified.classes[indices].tolist() == [0, 1]
    named = dataclasses.replace(classified, description={"class_names": ["narrow", "wide"]})
    assert one_of_each(named)[1] == ["narrow", "wide"]


@pytest.mark.parametrize(
    ("names", "pair"),
    [
        (("area", "thickness", "slant"), ("slant", "thickness")),
        (("shape", "posx", "posy"), ("posx", "posy")),
        (("b", "a", "c"), ("b", "a")),
        (("a",), None),
    ],
)
def test_the_plane_takes_the_published_pair_or_the_first_two(names, pair):
    assert plane_names(names) == pair


def test_numbers_of_identity_come_in_words(run):
    metrics = run.read_json("metrics.json")
    estimate = {"value": 0.5, "low": 0.4, "high": 0.6}
    metrics["reconstruction"]["sharpness"] = estimate
    metrics["identity"] = {
        "classifier_accuracy": estimate,
        "reconstructed": {"value": 0.928, "low": 0.9, "high": 0.95},
        "interpolated": {"value": 0.798, "low": None, "high": None},
        "per_attribute": {"slant": 0.875},
        "range": [-4, 4],
        "steps": 10,
    }
    rows = {row.name: row.value for row in identity_rows(metrics)}
    assert rows["What comes back"] == "92.8 % [90.0, 95.0]"
    assert rows["… slant"] == "87.5 %"
    assert "92.8 %" in [headline.value for headline in headlines(metrics, None)]
    assert {row.name: row.value for row in rebuild_rows(metrics)}["Sharpness"] == "50.0 % [40.0, 60.0]"


def test_items_that_all_have_an_attribute_are_not_counted(trained_picture_run):
    certificate = json.loads((trained_picture_run.folder / "certificate.json").read_text())
    assert not any("have it" in row.detail for row in certificate_rows(certificate))


def test_a_fader_network_in_words(small_recipe, ellipses, picture_editor):
    recipe = small_recipe(name="pictures")
    fader = {"name": "fader", "attributes": ["slant", "width"], "beta": 3.0}
    recipe = type(recipe).model_validate(recipe.model_dump() | {"method": fader, "attributes": None})
    sentences = " ".join(recipe_sentences(recipe, ellipses, None))
    assert "fooling the critic that reads attributes from the code has weight 3" in sentences
    assert "slant, width are tied to the first 2 latent dimensions" in sentences
    nouns = medium_of(ellipses.codec).nouns
    assert "look natural" in " ".join(caveats(recipe, ellipses, picture_editor, nouns, None, None))
