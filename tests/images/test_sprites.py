"""The drawing of sprites against real frames, known facts, and a plain point-in-polygon drawing."""

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latune.errors import InputError, MissingExtraError

pytest.importorskip("numba")

from latune.images.sprites import (
    FACTOR_BASES,
    FACTOR_SIZES,
    FACTOR_VALUES,
    SHAPES,
    SPRITES,
    compiled,
    draw_all_sprites,
    outline,
    render_sprites,
    sprite_factors,
)

FRAMES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "dsprites" / "dsprites_gif_frames.npz"
shapes = st.integers(1, 3)
scales = st.floats(0.3, 1.0)
angles = st.floats(-10.0, 10.0)
places = st.integers(0, 1024).map(lambda number: number / 1024)  # whole steps, so that shifted ones are exact


def unpack(rows):
    return np.unpackbits(rows, axis=1).reshape(-1, 64, 64)


def inside_polygon(corners):
    """Plain drawing: every pixel's centre against every edge of the rounded polygon, in exact integers."""
    fixed = np.rint(256 * corners).astype(np.int64)
    centre = 256 * np.arange(64) + 128
    x, y = centre[None, :], centre[:, None]
    inside = np.zeros((64, 64), bool)
    for (x0, y0), (x1, y1) in zip(fixed, np.roll(fixed, -1, axis=0), strict=True):
        low, high = min(y0, y1), max(y0, y1)
        side = (x - x0) * (y1 - y0) - (x1 - x0) * (y - y0)
        inside ^= (low <= y) & (y < high) & (side * np.sign(y1 - y0) >= 0)
    return inside.astype(np.uint8)


@pytest.mark.skipif(not FRAMES.exists(), reason=f"the real frames {FRAMES} are not here")
def test_real_frames_are_exact():
    with np.load(FRAMES) as frames:
        images, classes = frames["imgs"], frames["latents_classes"][:, 1:].astype(np.int64)
    assert len(images) == 320
    indices = classes @ np.array(FACTOR_BASES)
    assert np.array_equal(unpack(draw_all_sprites(indices)), images)
    assert np.array_equal(render_sprites(sprite_factors(indices)), images)


def test_mean_pixel_of_a_sample():
    generator = np.random.default_rng(0)
    rows = draw_all_sprites(generator.choice(SPRITES, 40_000, replace=False))
    assert np.bitwise_count(rows).sum() / rows.size / 8 == pytest.approx(0.0425008, abs=3e-4)


def test_square_widths():
    pictures = render_sprites([(1, scale, 0, 0, 0) for scale in FACTOR_VALUES[1]])
    for picture, width in zip(pictures, (10, 12, 14, 16, 18, 20), strict=True):
        rows, columns = np.nonzero(picture)
        assert np.ptp(rows) + 1 == np.ptp(columns) + 1 == width
        assert picture.sum() == width**2


def test_turned_squares_have_nearly_one_area():
    turned = FACTOR_VALUES[2][1:-1]
    areas = render_sprites([(1, 1, angle, 0, 0) for angle in turned]).sum(axis=(1, 2))
    assert areas.min() >= 364
    assert areas.max() <= 372


def test_last_orientation_repeats_the_first():
    first = np.arange(0, SPRITES, 40960)[:, None] + np.arange(0, 1024, 33)
    assert np.array_equal(draw_all_sprites(first.ravel()), draw_all_sprites(first.ravel() + 39 * 1024))


def test_heart_points_down_and_turns_anticlockwise():
    upright, turned = render_sprites([(3, 1, 0, 0.5, 0.5), (3, 1, np.pi / 2, 0.5, 0.5)])
    rows = upright.sum(axis=1)[upright.any(axis=1)]
    assert rows[0] > 2 > rows[-1] - 2  # two broad bows above, the tip below
    assert rows[: len(rows) // 2].sum() > rows[len(rows) // 2 :].sum()
    columns = turned.sum(axis=0)[turned.any(axis=0)]  # the tip has gone to the right
    assert columns[: len(columns) // 2].sum() > columns[len(columns) // 2 :].sum()


def test_order_of_the_set():
    assert np.prod(FACTOR_SIZES) == SPRITES == 737_280
    assert len(SHAPES) == FACTOR_SIZES[0]
    assert tuple(len(values) for values in FACTOR_VALUES) == FACTOR_SIZES
    indices = np.random.default_rng(0).choice(SPRITES, 500)
    classes = np.stack(np.unravel_index(indices, FACTOR_SIZES), axis=1)
    assert np.array_equal(classes @ np.array(FACTOR_BASES), indices)
    factors = sprite_factors(indices)
    assert factors.dtype == np.float32
    expected = np.stack([values[column] for values, column in zip(FACTOR_VALUES, classes.T, strict=True)], axis=1)
    assert np.array_equal(factors, expected.astype(np.float32))
    assert np.array_equal(unpack(draw_all_sprites(indices)), render_sprites(expected))


def test_all_factors_have_the_official_number_and_ends():
    factors = sprite_factors()
    assert factors.shape == (SPRITES, 5)
    assert factors[0].tolist() == [1, 0.5, 0, 0, 0]
    assert np.allclose(factors[-1], [3, 1, 2 * np.pi, 1, 1])


@pytest.mark.parametrize("workers", [1, 3])
def test_workers_chunks_and_report(workers):
    indices = np.arange(0, SPRITES, 37)
    told = []
    rows = draw_all_sprites(indices, workers, lambda done, total: told.append((done, total)))
    assert rows.shape == (len(indices), 512)
    assert rows.dtype == np.uint8
    assert told[-1] == (len(indices), len(indices))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert np.array_equal(rows[20_000:20_010], draw_all_sprites(indices[20_000:20_010]))


def test_packing_round_trip():
    pictures = render_sprites(sprite_factors(np.arange(0, SPRITES, 5001)))
    assert set(np.unique(pictures)) == {0, 1}
    assert np.array_equal(unpack(np.packbits(pictures.reshape(-1, 4096), axis=1)), pictures)
    assert draw_all_sprites([]).shape == (0, 512)
    assert render_sprites(np.empty((0, 5))).shape == (0, 64, 64)


@given(shapes, st.floats(0.01, 12), angles, st.floats(-2, 3), st.floats(-2, 3))
@settings(max_examples=60, deadline=None)
def test_any_factors_as_by_point_in_polygon(shape, scale, angle, x, y):
    (picture,) = render_sprites([(shape, scale, angle, x, y)])
    assert np.array_equal(picture, inside_polygon(outline(shape, scale, angle, x, y)))


@pytest.mark.parametrize("x", [0.0, 0.015625, 1 / 3, 0.5])
def test_centres_and_corners_on_lines(x):
    # With half a side of 9.6, these scales put corners and edges on pixel centres and on pixel borders.
    for scale in (0.5 / 9.6, 4.5 / 9.6, 5 / 9.6, 1.0):
        for angle in (0.0, np.pi / 4, np.pi / 2):
            (picture,) = render_sprites([(1, scale, angle, x, x)])
            assert np.array_equal(picture, inside_polygon(outline(1, scale, angle, x, x)))


@given(shapes, scales, angles, places, places, st.integers(-2, 2), st.integers(-2, 2))
@settings(max_examples=60, deadline=None)
def test_moving_by_whole_pixels_moves_the_picture(shape, scale, angle, x, y, right, down):
    still, moved = render_sprites([(shape, scale, angle, x, y), (shape, scale, angle, x + right / 32, y + down / 32)])
    assert np.array_equal(np.roll(still, (down, right), axis=(0, 1)), moved)


def test_continuous_factors_differ_gradually():
    scales = np.linspace(0.5, 1, 50)
    areas = render_sprites([(2, scale, 0.3, 0.4, 0.6) for scale in scales]).sum(axis=(1, 2))
    assert np.abs(areas - scales**2 * np.pi * 12.76822 * 7.21948).max() < 8


def test_sprites_are_cut_off_at_the_border():
    corner, outside, far, full = render_sprites(
        [(1, 1, 0, -0.5, -0.5), (3, 1, 1, 2.5, 0.5), (2, 1, 1, -1e4, 1e4), (1, 1e3, 0.2, 0.5, 0.5)]
    )
    assert corner.sum() == 10 * 10
    assert corner[:10, :10].all()
    assert not outside.any()
    assert not far.any()
    assert full.all()


def test_bad_factors_are_refused():
    for shape in (0, 4, 1.5, np.nan):
        with pytest.raises(InputError, match="shape"):
            render_sprites([(shape, 1, 0, 0, 0)])
    for wrong in ([(1, np.nan, 0, 0, 0)], [(1, 1, np.inf, 0, 0)], [(1, 1e9, 0, 0, 0)], [(1, 1, 0, 0, -1e9)], [1, 1]):
        with pytest.raises(InputError):
            render_sprites(wrong)
    for wrong in ([-1], [SPRITES], [0.5], [[1]]):
        with pytest.raises(InputError):
            draw_all_sprites(wrong)


def test_compiles_without_a_folder_for_the_cache(monkeypatch):
    import numba

    real = numba.njit

    def njit(*positional, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return real(*positional, **options)

    monkeypatch.setattr(numba, "njit", njit)
    assert compiled(abs_or_zero)(-3) == 3


def test_without_numba_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(MissingExtraError, match=r"latune\[images\]"):
        compiled(abs_or_zero)(-3)


def abs_or_zero(number):
    return abs(number)


def test_torch_is_not_imported():
    importlib.import_module("latune.images.sprite_matching")
    command = "import sys, latune.images.sprite_matching; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", command], check=False).returncode == 0
