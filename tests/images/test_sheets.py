"""Sheets, PNG and GIF: what is written is what was laid out, whole or not at all."""

import numpy as np
import pytest
from PIL import Image

from latune.errors import InputError
from latune.images.reading import read_pictures
from latune.images.sheets import enlarge, sheet, write_gif, write_png
from latune.images.writing import write_pictures

PICTURES = np.random.default_rng(0).integers(0, 256, (2, 3, 3, 4, 5), np.uint8)


@pytest.mark.parametrize(("channels", "gap"), [(1, 0), (1, 2), (3, 1)])
def test_sheet(tmp_path, channels, gap):
    pictures = PICTURES[:, :, :channels]
    page = sheet(pictures, gap, brightness=7)
    assert page.shape[:2] == (2 * (4 + gap) + gap, 3 * (5 + gap) + gap)
    page = page[..., None] if channels == 1 else page
    top, left = gap + 1 * (4 + gap), gap + 2 * (5 + gap)
    assert np.array_equal(page[top : top + 4, left : left + 5], np.moveaxis(pictures[1, 2], 0, -1))
    if gap:
        assert (page[0] == 7).all()
    write_png(tmp_path / "a.png", page.squeeze())
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), page.squeeze())
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_enlarge():
    assert enlarge(np.array([[1, 2]], np.uint8), 2).tolist() == [[1, 1, 2, 2]] * 2


@pytest.mark.parametrize("channels", [1, 3])
def test_gif(tmp_path, channels):
    frames = [sheet(np.full((1, 1, channels, 8, 8), 60 * k, np.uint8)) for k in range(4)]
    write_gif(tmp_path / "a.gif", frames, milliseconds=120)
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 4
        assert image.info["loop"] == 0
        for k in range(4):
            image.seek(k)
            assert image.info["duration"] == 120
            assert np.asarray(image.convert("L"))[5, 5] == pytest.approx(60 * k, abs=2)


def test_pictures_are_read_as_they_were_written(tmp_path):
    for channels in (1, 3):
        images = PICTURES[0, :, :channels]
        write_pictures(tmp_path / "a.npz", images)
        assert np.array_equal(read_pictures(tmp_path / "a.npz", channels == 3), images)
        write_pictures(tmp_path / "a.png", images[:1])
        assert np.array_equal(read_pictures(tmp_path / "a.png", channels == 3), images[:1])
    assert {path.name for path in tmp_path.iterdir()} == {"a.npz", "a.png"}


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("a.png", "expected a name that ends in .npz for 3 pictures"),
        ("a.gif", "expected a name that ends in .png, .npz"),
        ("nowhere/a.npz", "Cannot write"),
    ],
)
def test_refused_files(tmp_path, name, part):
    with pytest.raises(InputError, match=part):
        write_pictures(tmp_path / name, PICTURES[0])
    with pytest.raises(InputError, match="Cannot write"):
        write_png(tmp_path / "nowhere" / "a.png", PICTURES[0, 0, 0])
    with pytest.raises(InputError, match="at least one frame"):
        write_gif(tmp_path / "a.gif", [])
    assert list(tmp_path.iterdir()) == []
