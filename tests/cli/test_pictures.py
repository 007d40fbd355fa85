"""The commands on pictures: prepare, list, show, measure, train, edit."""

import csv
import io
import json

import numpy as np
import pytest
from outcomes import refuse, succeed
from PIL import Image

from latune.control import editor
from latune.images.reading import read_pictures
from latune.training import reader

pytest.importorskip("numba")

COUNT = 120
RECIPE = """
name: tests/ellipses
data: {name: ellipses}
model: {name: picture_conv, latent_size: 4, channels: [4, 8], hidden_sizes: [32]}
method: {name: ar_vae, beta: 1.0, reconstruction: sum}
attributes: {names: [width, height], gamma: 10.0, delta: 1.0}
training: {steps: 40, batch_size: 32, learning_rate: 0.003}
evaluation: {items: 10, targets: 3, sweep: 3, bootstrap: 5}
"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A folder of bright ellipses, a table of their widths and heights, and an empty folder of data sets."""
    folder = tmp_path_factory.mktemp("ellipses")
    (folder / "pictures").mkdir()
    generator = np.random.default_rng(0)
    y, x = np.mgrid[:32, :32] - 15.5
    rows = [["file", "width", "height"]]
    for k in range(COUNT):
        width, height = generator.uniform(10, 28, 2)
        reach = np.hypot(2 * x / width, 2 * y / height)
        grey = np.clip((1 - reach) * min(width, height) * 127 + 127, 0, 255).astype(np.uint8)
        Image.fromarray(grey).save(folder / "pictures" / f"{k:03}.png")
        rows.append([f"{k:03}.png", f"{width:.4f}", f"{height:.4f}"])
    with (folder / "table.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    (folder / "recipe.yaml").write_text(RECIPE)
    return folder


@pytest.fixture
def own_data(monkeypatch, pictures):
    """The commands find their data sets in a folder of this module."""
    monkeypatch.setenv("LATUNE_DATA", str(pictures / "data"))
    return pictures / "data"


@pytest.fixture
def ellipses(latune, own_data, pictures):
    """The ellipses as a data set."""
    options = ("--source", pictures / "pictures", "--attributes", pictures / "table.csv", "--size", 32)
    shown = succeed(latune("data", "prepare", "images", *options, "--name", "ellipses"))
    assert shown == f"{COUNT} items in {own_data / 'ellipses'}\n"


def test_embedded_digits(latune, own_data):
    shown = succeed(latune("data", "prepare", "digits"))
    assert shown.startswith("This is the small embedded set (scikit-learn's 1,797 digits of 8x8 pixels, enlarged), not")
    assert "--source FOLDER" in shown
    assert "1797 items in" in shown
    listed = {row["name"]: row["prepared"] for row in json.loads(succeed(latune("data", "list", "--json")))}
    assert listed["digits"]
    shown = succeed(latune("data", "show", "digits", "--by", "slant"))
    assert "not MNIST" in shown
    assert "thickness" in shown
    assert "Sheet: digits.png" in shown
    assert read_pictures(own_data.parent / "pictures" / "000.png").shape == (1, 1, 32, 32)
    assert "Unknown attribute 'weight'" in refuse(latune("data", "show", "digits", "--by", "weight"))


def test_own_pictures(latune, ellipses, tmp_path):
    listed = json.loads(succeed(latune("data", "list", "--json")))
    assert {"name": "ellipses", "prepared": True, "description": "Your own."} in listed
    assert "ellipses" in succeed(latune("data", "list"))
    shown = succeed(latune("data", "show", "ellipses", "--by", "width", "--output", tmp_path / "sheet.png"))
    assert "Items: train 96, validation 6, test 18. 0 of 18 test items also occur in training." in shown
    page = read_pictures(tmp_path / "sheet.png")[0, 0]
    times = 1024 // (16 * 32)
    assert page.shape == (32 * times + 4, 16 * (32 * times + 2) + 2)
    middle = page[page.shape[0] // 2] > 200  # bright pixels in the middle row: widths
    widths = [middle[2 + k * (32 * times + 2) :][: 32 * times].sum() for k in range(16)]
    assert np.all(np.diff(widths) >= -2 * times)
    assert widths[-1] > widths[0] + 10
    assert json.loads(succeed(latune("data", "show", "ellipses", "--json")))["splits"]["test"] == 18
    refused = latune("data", "prepare", "images", "--name", "ellipses", "--source", tmp_path, "--attributes", "x")
    assert "prepared from something else: add --again" in refuse(refused)
    assert refuse(latune("data", "prepare", "sprites", "--size", 32)).startswith("Data set 'sprites' does not take")


def test_measure_pictures(latune, tmp_path, pictures):
    stroke = np.zeros((28, 28), np.uint8)
    stroke[4:24, 12:15] = 255
    Image.fromarray(stroke).save(tmp_path / "a.png")
    Image.fromarray(255 - stroke).save(tmp_path / "b.png")
    np.savez(tmp_path / "c.npz", np.stack([stroke, stroke.T]))
    (tmp_path / "d.idx").write_bytes(bytes((0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28)) + stroke.tobytes() * 2)
    files = [tmp_path / name for name in ("a.png", "b.png", "c.npz", "d.idx")]
    result = latune("measure", *files, "--csv")
    rows = list(csv.DictReader(io.StringIO(succeed(result))))
    assert [row["picture"] for row in rows] == ["1", "1", "1", "2", "1", "2"]
    heights = [float(row["height"]) for row in rows]
    assert heights == pytest.approx([20, 20, 20, 4, 20, 20], abs=0.5)
    assert result.errors.strip() == f"{tmp_path / 'b.png'}: 1 of 1 inverted: expected bright strokes on dark."
    (entry,) = json.loads(succeed(latune("measure", tmp_path / "c.npz", "--json")))
    assert [one["height"] for one in entry["pictures"]] == heights[2:4]
    assert list(entry["pictures"][0]) == ["area", "length", "thickness", "slant", "width", "height"]
    (tmp_path / "bad.png").write_bytes(b"no")
    result = latune("measure", tmp_path / "bad.png", tmp_path / "c.npz")
    assert "Means over pictures" in succeed(result)
    assert result.errors.startswith(f"Left out: {tmp_path / 'bad.png'}: expected a PNG or JPEG picture")
    assert "measure them one after the other" in refuse(latune("measure", tmp_path / "a.png", "a.mid"))
    assert "lost.png does not exist" in refuse(latune("measure", "lost.png"))
    Image.new("L", (2000, 100)).save(tmp_path / "large.png")
    assert refuse(latune("measure", tmp_path / "large.png")).startswith(str(tmp_path / "large.png"))


@pytest.fixture
def picture_run(latune, ellipses, pictures, monkeypatch):
    """A run on the ellipses, trained for a moment."""
    monkeypatch.setattr(reader, "FEWEST_STEPS", 40)
    monkeypatch.setattr(reader, "EPOCHS", 1)
    monkeypatch.setattr(editor, "GAINS", (1.0, 2.0))
    monkeypatch.setattr(editor, "GAIN_ITEMS", 32)
    out = pictures / "run"
    if not (out / "knobs.json").is_file():
        succeed(latune("train", pictures / "recipe.yaml", "--out", out))
    return out


def test_edit_pictures(latune, picture_run, pictures, tmp_path):
    picture = pictures / "pictures" / "003.png"
    for options in ((), ("--exact",), ("--alone",), ("--hold", "height")):
        path = tmp_path / "out.png"
        arguments = ("edit", picture_run, picture, "--knob", "width=20", *options, "--output", path)
        shown = succeed(latune(*arguments))
        assert f"Written: {path}" in shown
        assert "within 10 %" in shown
        assert "1 picture\n" in shown
        assert read_pictures(path).shape == (1, 1, 32, 32)
    np.savez(tmp_path / "in.npz", images=np.zeros((3, 40, 20), np.uint8))
    request = (
        "edit",
        picture_run,
        tmp_path / "in.npz",
        "--knob",
        "width=200",
        "--output",
        tmp_path / "out.npz",
        "--json",
    )
    content = json.loads(succeed(latune(*request, "--unmeasured")))
    assert content["remarks"][0] == "Brought from 40x20 to 32x32 pixels for the model."
    assert content["remarks"][1].startswith("width=200 lies outside what the model knows (")
    assert [len(content[key]) for key in ("before", "after")] == [3, 3]
    assert read_pictures(tmp_path / "out.npz").shape == (3, 1, 32, 32)
    (tmp_path / "out.npz").unlink()
    assert "width=200 cannot be reached: the nearest that was reached is" in refuse(latune(*request))
    assert not (tmp_path / "out.npz").exists()
    (answer,) = json.loads(succeed(latune(*request, "--nearest")))["answers"]
    assert (answer["name"], answer["wanted"], answer["within_10_percent"]) == ("width", [200.0], 0)


def test_refused_edits(latune, picture_run, pictures, trained_run, tmp_path):
    picture = pictures / "pictures" / "003.png"

    def refused(source, *options, run=picture_run):
        before = set(tmp_path.iterdir())
        message = refuse(latune("edit", run, source, *options))
        assert set(tmp_path.iterdir()) == before
        return message

    wide = ("--knob", "width=20")
    assert refused(picture, "--knob", "wide=20", "--output", "a.png") == (
        "There is no knob 'wide' (did you mean 'width'?): expected one of width, height."
    )
    assert "both turned and held" in refused(picture, *wide, "--hold", "width", "--output", "a.png")
    assert "expected a name that ends in .png, .npz" in refused(picture, *wide, "--output", "a.mid")
    assert "expected .mid, .midi," in refused(
        picture, "--knob", "contour=1", "--output", "a.png", run=trained_run.folder
    )
    assert "expected a name that ends in .png, .jpg" in refused(tmp_path / "a.mid", *wide, "--output", "a.png")
    np.savez(tmp_path / "in.npz", images=np.zeros((3, 32, 32), np.uint8))
    assert "expected a name that ends in .npz for 3 pictures" in refused(
        tmp_path / "in.npz", *wide, "--output", "a.png"
    )
