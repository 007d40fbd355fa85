"""Drawn signs: what they look like in numbers, and what varies."""

import numpy as np
import pytest

from latune.errors import InputError
from latune.images.morphology import measure_morphology
from latune.images.symbols import OPERATORS, SIZE, draw_symbols


@pytest.mark.parametrize("kind", OPERATORS)
def test_pictures(kind):
    pictures = draw_symbols(kind, 300, seed=0)
    assert pictures.shape == (300, SIZE, SIZE)
    assert pictures.dtype == np.uint8
    assert np.array_equal(pictures[:, :, [0, -1]], np.zeros((300, SIZE, 2)))  # nothing is cut at the edge
    assert np.array_equal(pictures[:, [0, -1]], np.zeros((300, 2, SIZE)))
    assert (pictures.max(axis=(1, 2)) == 255).all()
    assert ((pictures > 0) & (pictures < 255)).any(axis=(1, 2)).all()  # grey edges
    assert len(np.unique(pictures.reshape(300, -1), axis=0)) == 300


@pytest.mark.parametrize("kind", OPERATORS)
def test_the_seed_decides(kind):
    pictures = draw_symbols(kind, 5, seed=3)
    assert np.array_equal(pictures, draw_symbols(kind, 5, seed=3))
    assert not np.array_equal(pictures, draw_symbols(kind, 5, seed=4))


def _ends(kind):
    """Share of ink (up, right, down, left, and the four diagonals) in eighths around the middle of the ink."""
    pictures = draw_symbols(kind, 200, seed=1, thickness=4).astype(float)
    y, x = np.mgrid[:SIZE, :SIZE]
    total = pictures.sum(axis=(1, 2))
    middle = [(pictures * place).sum(axis=(1, 2)) / total for place in (y, x)]
    down, across = y - middle[0][:, None, None], x - middle[1][:, None, None]
    eighth = np.round(np.arctan2(down, across) / (np.pi / 4)).astype(int) % 8
    outer = pictures * (np.hypot(down, across) > 5)
    return np.array([(outer * (eighth == k)).sum() for k in range(8)]) / outer.sum()


def test_strokes_go_where_they_should():
    straight, diagonal = [0, 2, 4, 6], [1, 3, 5, 7]
    assert _ends("+")[straight].min() > 0.15
    assert _ends("times")[diagonal].min() > 0.15
    assert _ends("-")[[0, 4]].min() > 0.4


@pytest.mark.parametrize("kind", OPERATORS)
def test_strokes_are_as_thick_as_asked_for(kind):
    pytest.importorskip("numba")
    for asked in (3.0, 6.0):
        measured = measure_morphology(draw_symbols(kind, 100, 0, asked), ["thickness"])
        assert np.median(measured) == pytest.approx(asked, rel=0.15)
    each = np.linspace(2, 8, 100)
    measured = measure_morphology(draw_symbols(kind, 100, 0, each), ["thickness"])[:, 0]
    assert np.corrcoef(each, measured)[0, 1] > 0.9


@pytest.mark.parametrize("width", [1.5, 9.0])
def test_no_sign_is_cut_however_thick(width):
    for kind in OPERATORS:
        pictures = draw_symbols(kind, 200, 5, width)
        assert pictures[:, [0, -1]].max() == 0
        assert pictures[:, :, [0, -1]].max() == 0


def test_refused():
    with pytest.raises(InputError, match="Unknown sign 'div': expected one of \\+, -, times"):
        draw_symbols("div", 3, 0)
    with pytest.raises(InputError, match="0 or more, got -1"):
        draw_symbols("+", -1, 0)
    with pytest.raises(InputError, match="expected one number or 3 numbers, got an array of shape \\(2,\\)"):
        draw_symbols("+", 3, 0, [3.0, 4.0])
    with pytest.raises(InputError, match="The thickness must be finite"):
        draw_symbols("+", 3, 0, np.nan)
    assert draw_symbols("+", 0, 0).shape == (0, SIZE, SIZE)
