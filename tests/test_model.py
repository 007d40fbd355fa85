"""`latune.load` and what a model does, from files, arrays and objects."""

import numpy as np
import pytest
from PIL import Image

import latune
from latune.control.interpolate import interpolate_codes
from latune.control.tunes import edit_tune
from latune.errors import InputError, RunError
from latune.export.hub import export_hub
from latune.export.source import RunSource
from latune.music.score import read_tune, tune_from_ticks, write_tune


@pytest.fixture(scope="module")
def music(trained_run):
    return latune.load(trained_run.folder)


@pytest.fixture(scope="module")
def drawing(trained_picture_run):
    return latune.load(str(trained_picture_run.folder))


@pytest.fixture
def ticks(synthetic):
    return synthetic.codec.ticks(synthetic.items[synthetic.splits["test"][:5]])


@pytest.fixture
def pictures(ellipses):
    return ellipses.items[ellipses.splits["test"][:3]]


def test_knobs(music, trained_run):
    certificate = trained_run.read_json("certificate.json")["knobs"]
    assert [knob.name for knob in music.knobs] == list(certificate)
    for knob in music.knobs:
        told = certificate[knob.name]
        assert (knob.unit, knob.low, knob.high) == (told["unit"], told["low"], told["high"])
        assert knob.hit_rates == {way: told[way]["hit_rate"]["value"] for way in ("alone", "joint", "path", "exact")}
        sweep = told["joint"]["sweep"]
        assert knob.reachable == (sweep["reachable_low"]["value"], sweep["reachable_high"]["value"])
        changes = told["path"]["cross_talk"]["unexplained"]
        assert knob.side_effects == {name: changes[name]["value"] for name in knob.side_effects}
        assert all(value >= 0.1 for value in knob.side_effects.values())
    assert "note_density: " in repr(music)


def test_ticks_files_and_tunes_are_the_same(music, ticks, tmp_path):
    path = tmp_path / "tune.musicxml"
    write_tune(tune_from_ticks(ticks), path)
    results = [music.edit(x, note_density=0.25) for x in (ticks, path, str(path), read_tune(path))]
    for result in results:
        assert np.array_equal(result.items, results[0].items)
    assert np.array_equal(results[1].items, edit_tune(music.editor, path, {"note_density": 0.25}).tune.ticks)


def test_a_result(music, ticks, tmp_path):
    result = music.edit(ticks, hold="contour", way="exact", note_density=8 / 24)
    assert result.items.shape == ticks.shape
    assert np.array_equal(result.measured["note_density"], music.attributes(result.items)["note_density"])
    assert np.array_equal(result.requested["note_density"], np.full(5, 8 / 24))
    assert set(result.hits) == {"note_density", "contour"}
    assert result.hits["note_density"] == 1
    assert result.save(tmp_path / "out.mid") == tmp_path / "out.mid"
    assert np.array_equal(music.attributes(tmp_path / "out.mid")["note_density"], result.measured["note_density"])
    assert "note_density: 0.333333 (before " in repr(result)
    assert "<td>held</td>" in result._repr_html_()
    with pytest.raises(InputError, match=r"ends in '\.txt'"):
        result.save(tmp_path / "out.txt")


def test_codes(music, drawing, ticks, pictures, synthetic, ellipses):
    codes = music.encode(ticks)
    assert np.array_equal(codes, music.editor.encode(synthetic.items[synthetic.splits["test"][:5]]))
    assert np.array_equal(music.decode(codes), synthetic.codec.ticks(music.editor.decode(codes)))
    assert np.array_equal(drawing.decode(drawing.encode(pictures)[0]), drawing.decode(drawing.encode(pictures))[0])
    with pytest.raises(InputError, match=r"^Expected codes of shape \(N, 12\), got \(5, 3\)\.$"):
        music.decode(codes[:, :3])


def test_forms_of_pictures(drawing, pictures, tmp_path):
    Image.fromarray(pictures[0, 0]).save(tmp_path / "one.png")
    np.savez(tmp_path / "one.npz", images=pictures[:1])
    forms = [pictures[0, 0], pictures[0], pictures[:1], pictures[:1, 0], tmp_path / "one.png", tmp_path / "one.npz"]
    forms += [pictures[:1] / 255, np.repeat(pictures[0, 0][..., None], 3, axis=2)]
    codes = [drawing.encode(form) for form in forms]
    assert all(np.array_equal(one, codes[0]) for one in codes)
    assert codes[0].shape == (1, 5)
    assert drawing.attributes(pictures)["slant"].shape == (3,)


def test_an_edited_picture(drawing, pictures, tmp_path):
    result = drawing.edit(pictures, width=10.0, way="joint")
    assert result.items.shape == pictures.shape
    assert np.array_equal(drawing.editor.codec.measure(result.items, ["width"])[:, 0], result.measured["width"])
    result.save(tmp_path / "out.npz")
    assert np.array_equal(np.load(tmp_path / "out.npz")["images"], result.items)
    assert result._repr_html_().startswith('<img alt="" src="data:image/png;base64,iVBOR')
    with pytest.raises(InputError, match=r"ends in \.npz for 3 pictures"):
        result.save(tmp_path / "out.png")


def test_samples(music, trained_picture_run, ellipses, picture_editor, tmp_path):
    made = music.sample(4, note_density=0.2, exact=True, seed=1)
    assert made.items.shape == (4, 24)
    assert made.hits["note_density"] == 1
    assert made.before is None
    assert "before none" in repr(made)
    assert not np.array_equal(made.items, music.sample(4, note_density=0.2, exact=True, seed=2).items)
    export_hub(RunSource(trained_picture_run, picture_editor, (), ellipses), tmp_path / "drawing")
    latune.load(tmp_path / "drawing").sample(6).save(tmp_path / "new.png")
    with Image.open(tmp_path / "new.png") as sheet:
        assert sheet.size[0] > 60


def test_interpolation(music, drawing, ticks, pictures, tmp_path):
    made = music.interpolate(ticks[:2], ticks[2:4], 3)
    ends = music.encode(ticks[:2]), music.encode(ticks[2:4])
    between = music.decode(interpolate_codes(*ends, 3))
    assert np.array_equal(made.items.reshape(3, 2, 24)[:, :, 1:], between[:, :, 1:])
    made.save(tmp_path / "between.mid")
    strip = drawing.interpolate(pictures[:1], pictures[1:2], 4, way="spherical")
    assert strip.items.shape == (1, 4, *pictures.shape[1:])
    assert len(strip.values) == 4
    strip.save(tmp_path / "strip.png")


def test_songs(song_run, songs, tmp_path):
    model = latune.load(song_run.folder)
    tokens = songs.items[songs.splits["test"][:2]]
    result = model.edit(tokens, drums_notes=100.0, way="joint")
    assert result.items.shape == tokens.shape
    result.save(tmp_path / "song.mid")
    assert model.encode(tmp_path / "song.mid").shape[1] == 8
    assert model.interpolate(tokens[:1], tokens[1:], 3).items.shape == (3, 256, 4)
    with pytest.raises(InputError, match="leave out knobs"):
        model.sample(2, drums_notes=100.0)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"note_densty": 0.2}, r"There is no knob 'note_densty' \(did you mean 'note_density'\?\): expected one of"),
        ({"note_density": 5.0}, r"note_density=5 cannot be reached: the nearest that was reached is 0\."),
        ({"note_density": "much"}, r"note_density='much': expected a number\.$"),
        ({"note_density": np.nan}, r"note_density=nan: expected a number\.$"),
        ({"note_density": [0.1, 0.2]}, "one per measure needs a run that was trained on phrases"),
        ({}, "Expected a value for at least one knob: rhythmic_complexity, "),
        ({"note_density": 0.2, "hold": "slant"}, "There is no attribute 'slant' to hold: expected one of"),
        ({"note_density": 0.2, "way": "fast"}, r"way='fast': expected path, exact, joint or alone\.$"),
    ],
)
def test_requests_that_cannot_be_met(music, ticks, values, words):
    with pytest.raises(InputError, match=words):
        music.edit(ticks, **values)


@pytest.mark.parametrize("x", [np.zeros((2, 24)), np.zeros((2, 20), int), np.zeros((1, 2, 24), int)])
def test_arrays_of_another_kind(music, x):
    with pytest.raises(
        InputError, match=r"Expected a file, a tune, or ticks as whole numbers of shape \(M, 24\), got "
    ):
        music.encode(x)


def test_numbers_of_numpy_are_numbers(music, ticks):
    assert music.edit(ticks, note_density=np.float32(0.25)).requested["note_density"][0] == 0.25


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(RunError, match=r"expected a run folder, or NAME/REPOSITORY on the hub\.$"):
        latune.load(tmp_path / "nothing")
    with pytest.raises(RunError, match=r"is not a run folder: expected run\.json in it\.$"):
        latune.load(tmp_path)
