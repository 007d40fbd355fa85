"""Strips and grids of pictures as files."""

import numpy as np
import pytest
from PIL import Image

from latune.errors import InputError
from latune.images.reading import read_pictures
from latune.images.strips import GRID_SUFFIXES, check_suffix, grid, write_grid, write_strips

STRIPS = np.random.default_rng(0).integers(0, 256, (2, 5, 1, 8, 6), dtype=np.uint8)


def test_strip_as_png(tmp_path):
    write_strips(tmp_path / "strip.PNG", STRIPS)
    page = np.asarray(Image.open(tmp_path / "strip.PNG"))
    times = 1024 // (5 * 6)
    high, wide = 8 * times + 2, 6 * times + 2
    assert page.shape == (2 * high + 2, 5 * wide + 2)
    assert np.array_equal(page[2 + high :: times][:8, 2 + 3 * wide :: times][:, :6], STRIPS[1, 3, 0])


def test_strip_as_gif_goes_forth_and_back(tmp_path):
    write_strips(tmp_path / "strip.gif", STRIPS)
    with Image.open(tmp_path / "strip.gif") as film:
        assert film.n_frames == 8
        assert film.info["duration"] == 120
        frames = []
        for number in range(film.n_frames):
            film.seek(number)
            frames.append(np.asarray(film.convert("L")))
    assert all(np.array_equal(frames[k], frames[8 - k]) for k in range(1, 4))
    assert not np.array_equal(frames[0], frames[1])


def test_strip_and_grid_as_arrays(tmp_path):
    write_strips(tmp_path / "strip.npz", STRIPS)
    assert np.array_equal(read_pictures(tmp_path / "strip.npz"), STRIPS.reshape(10, 1, 8, 6))
    write_grid(tmp_path / "grid.npz", STRIPS[0])
    assert np.array_equal(read_pictures(tmp_path / "grid.npz"), STRIPS[0])


@pytest.mark.parametrize(("count", "shape"), [(1, (1, 1)), (2, (1, 2)), (5, (2, 3)), (9, (3, 3))])
def test_grid_is_nearly_square(count, shape):
    images = np.full((count, 3, 4, 4), 7, np.uint8)
    laid = grid(images)
    assert laid.shape == (*shape, 3, 4, 4)
    flat = laid.reshape(-1, 3, 4, 4)
    assert (flat[:count] == 7).all()
    assert (flat[count:] == 128).all()


def test_colours(tmp_path):
    images = np.zeros((4, 3, 4, 4), np.uint8)
    images[:, 0] = 200
    write_grid(tmp_path / "grid.png", images)
    page = np.asarray(Image.open(tmp_path / "grid.png"))
    assert page.shape[2] == 3
    assert page[10, 10].tolist() == [200, 0, 0]


def test_other_suffixes(tmp_path):
    with pytest.raises(InputError, match=r"a\.gif: expected a name that ends in \.png, \.npz\."):
        check_suffix(tmp_path / "a.gif", GRID_SUFFIXES)
    with pytest.raises(InputError, match=r"a\.mid: expected a name that ends in \.png, \.gif, \.npz\."):
        write_strips(tmp_path / "a.mid", STRIPS)
    assert list(tmp_path.iterdir()) == []
