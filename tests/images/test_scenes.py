"""Drawn scenes: order of the factors, colours, what hides what, and the real pictures of 3D Shapes."""

import colorsys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from latune.errors import InputError

pytest.importorskip("numba")

from latune.images.scenes import (
    FACTOR_BASES,
    FACTOR_SIZES,
    FACTOR_VALUES,
    SCENES,
    SHAPES,
    draw_scenes_in_order,
    render_scenes,
    scene_factors,
)

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "shapes3d_samples" / "shapes3d_samples.npz"
CUBE, CYLINDER, SPHERE, CAPSULE = range(4)
CORNER, FLOOR, WALL, MIDDLE = (0, 32), (50, 62), (30, 62), (42, 32)  # rows and columns at orientation 0
# Number of a real picture, and the scale and orientation (indices) found by search.
FOUND = {
    0: (6, 4), 3: (4, 8), 9: (5, 6), 11: (6, 0), 12: (0, 10), 13: (3, 8), 17: (1, 14), 19: (6, 2), 24: (1, 6),
    27: (2, 14), 44: (0, 14), 46: (7, 8), 47: (0, 13),
}  # fmt: skip


def scene(floor_hue=0.3, wall_hue=0.6, object_hue=0.0, scale=1.0, shape=SPHERE, orientation=0.0):
    return render_scenes([[floor_hue, wall_hue, object_hue, scale, shape, orientation]])[0].astype(int)


def hue_at(picture, place):
    return colorsys.rgb_to_hsv(*picture[:, place[0], place[1]] / 255)[0]


def object_pixels(**factors):
    """Where the picture changes with the colour of the object."""
    return (scene(object_hue=0.0, **factors) != scene(object_hue=0.5, **factors)).any(axis=0)


def test_every_combination_has_one_number():
    factors = scene_factors()
    assert factors.shape == (SCENES, 6)
    steps = np.stack([np.searchsorted(v, c) for v, c in zip(FACTOR_VALUES, factors.T, strict=True)], axis=1)
    assert np.array_equal(steps @ np.array(FACTOR_BASES), np.arange(SCENES))
    assert np.array_equal(np.array(FACTOR_BASES), [np.prod(FACTOR_SIZES[k + 1 :], dtype=int) for k in range(6)])
    assert np.array_equal(
        factors[[0, 1, 15, -1]][:, 3:], [[0.75, 0, -30], [0.75, 0, -30 + 30 / 7], [0.75, 1, -30], [1.25, 3, 30]]
    )


def test_pieces_are_the_pictures_in_order():
    generator = np.random.default_rng(0)
    numbers = 480 * generator.integers(0, 1000, 4000) + generator.integers(0, 9, 4000)  # few objects in all colours
    pieces = list(draw_scenes_in_order(numbers, workers=2))
    assert [len(piece) for piece in pieces] == [3840, 160]
    drawn = np.concatenate(pieces)
    assert drawn.dtype == np.uint8
    assert np.array_equal(drawn[::40], render_scenes(scene_factors(numbers[::40])))
    assert np.array_equal(drawn[3999], render_scenes(scene_factors(numbers[3999:]))[0])
    assert list(draw_scenes_in_order([])) == []


def test_neighbours_in_the_grid_differ():
    numbers = np.random.default_rng(1).integers(0, SCENES, 60)
    pictures = render_scenes(scene_factors(numbers)).astype(int)
    for size, base in zip(FACTOR_SIZES, FACTOR_BASES, strict=True):
        last = numbers // base % size == size - 1
        beside = render_scenes(scene_factors(np.where(last, numbers - base, numbers + base))).astype(int)
        assert (np.abs(beside - pictures).max(axis=(1, 2, 3)) > 20).all()


@pytest.mark.parametrize("hue", [0.0, 0.1, 0.5, 0.77, 0.9])
def test_each_hue_colours_its_own_surface(hue):
    assert hue_at(scene(floor_hue=hue), FLOOR) == pytest.approx(hue, abs=0.01)
    assert hue_at(scene(wall_hue=hue), WALL) == pytest.approx(hue, abs=0.01)
    assert hue_at(scene(object_hue=hue, shape=CUBE), MIDDLE) == pytest.approx(hue, abs=0.01)
    picture = scene(hue, hue, hue)
    assert picture[:, CORNER[0], CORNER[1]].tolist() == [153, 226, 249]  # the sky has no factor


def test_hues_go_round():
    assert np.array_equal(scene(0.3, 0.6, 0.0), scene(1.3, -0.4, 1.0))


@pytest.mark.parametrize("shape", range(4))
def test_the_object_hides_the_room(shape):
    seen = object_pixels(shape=shape)
    assert seen[MIDDLE]
    assert not any(seen[place] for place in (CORNER, FLOOR, WALL))
    floor = (scene(floor_hue=0.3, shape=shape) != scene(floor_hue=0.8, shape=shape)).any(axis=0)
    wall = (scene(wall_hue=0.6, shape=shape) != scene(wall_hue=0.1, shape=shape)).any(axis=0)
    assert (seen & floor & wall).sum() < 10  # where all three meet
    assert not (floor | wall)[MIDDLE]
    lowest = np.flatnonzero(seen.any(axis=1))[-1]
    assert floor[lowest].any()  # it stands on the floor


@pytest.mark.parametrize("shape", range(4))
def test_larger_objects_hide_more(shape):
    seen = [object_pixels(shape=shape, scale=scale) for scale in FACTOR_VALUES[3]]
    areas = [int(pixels.sum()) for pixels in seen]
    assert all(a < b for a, b in pairwise(areas))
    assert areas[-1] / areas[0] == pytest.approx((1.25 / 0.75) ** 2, rel=0.25)


def test_shapes_have_their_outlines():
    boxes = {}
    for shape, name in enumerate(SHAPES):
        seen = object_pixels(shape=shape)
        rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
        boxes[name] = len(rows) / len(columns), seen.sum() / (len(rows) * len(columns))
    assert boxes["capsule"][0] == pytest.approx(2, abs=0.2)
    assert all(boxes[name][0] == pytest.approx(1, abs=0.15) for name in ("cube", "cylinder", "sphere"))
    assert boxes["sphere"][1] == pytest.approx(np.pi / 4, abs=0.08)
    assert boxes["cube"][1] > 0.95


def test_the_shadow_lies_on_the_floor_beside_the_object():
    with_object, seen = scene(scale=1.0), object_pixels(scale=1.0)
    without = scene(scale=0.1)
    darker = (without - with_object).max(axis=0) > 60
    shadow = darker & ~seen
    assert 30 < shadow.sum() < 400
    rows, columns = np.nonzero(shadow)
    assert rows.min() > 40  # below the wall
    assert columns.mean() > 32  # the lamp is at the left


def test_the_camera_goes_round():
    left, middle, right = (scene(orientation=angle) for angle in (-30, 0, 30))
    walls = [np.unique(picture[2, 26, [1, 62]]) for picture in (left, right)]
    assert all(len(tones) == 2 for tones in walls)  # a corner is in sight: two walls of different brightness
    assert abs(middle[2, 26, 1] - middle[2, 26, 62]) < 30
    assert not np.array_equal(left, right[:, :, ::-1])  # the lamp stays where it is


def test_values_between_those_of_the_set():
    near, between, far = (scene(scale=scale) for scale in (0.9, 0.95, 1.0))
    assert 0 < np.abs(near - between).mean() < np.abs(near - far).mean()
    turned = scene(orientation=1.0)
    assert 0 < np.abs(turned - scene()).mean() < np.abs(scene(orientation=5.0) - scene()).mean()


def test_edges_are_smooth():
    picture = scene(wall_hue=0.0, object_hue=1 / 3, shape=SPHERE)
    between = (picture[0] > 40) & (picture[0] < 200) & (picture[1] > 40) & (picture[1] < 200)
    assert between.sum() > 10  # pixels on the outline show both colours


@pytest.mark.parametrize(
    ("factors", "part"),
    [
        ([[0.0] * 5], r"shape \(N, 6\), got \(1, 5\)"),
        ([0.0] * 6, r"got \(6,\)"),
        ([[0, 0, 0, 1, 4, 0]], r"'shape' must be one of 0 \(cube\).*got 4"),
        ([[0, 0, 0, 1, 0.5, 0]], "'shape' must be one of .* got 0.5"),
        ([[0, 0, float("nan"), 1, 0, 0]], "finite"),
        ([[0, 0, 0, 0, 0, 0]], "'scale' must lie in 0.1 to 2, got 0"),
        ([[0, 0, 0, 1, 0, 61]], "'orientation' must lie in -60 to 60, got 61"),
    ],
)
def test_wrong_factors(factors, part):
    with pytest.raises(InputError, match=part):
        render_scenes(factors)


@pytest.mark.parametrize(
    ("indices", "part"), [([SCENES], "0..479999"), ([-1], "got -1"), ([0.5], "integers"), (3, "integers")]
)
def test_wrong_numbers(indices, part):
    with pytest.raises(InputError, match=part):
        scene_factors(indices)
    with pytest.raises(InputError, match=part):
        draw_scenes_in_order(indices)


def test_no_scenes():
    assert render_scenes(np.empty((0, 6))).shape == (0, 3, 64, 64)


@pytest.mark.skipif(not SAMPLES.is_file(), reason=f"needs real pictures of 3D Shapes in {SAMPLES}")
def test_real_pictures():
    with np.load(SAMPLES) as samples:
        images, hues, shapes = (samples[name] for name in ("images", "floor_wall_object_hue", "shape"))
    for number, (scale, orientation) in FOUND.items():
        numbers = [*hues[number], scale, shapes[number], orientation]
        factors = [values[k] for values, k in zip(FACTOR_VALUES, numbers, strict=True)]
        drawn = render_scenes([factors])[0].transpose(1, 2, 0).astype(int)
        error = np.abs(drawn - images[number])[1:-1, 1:-1]  # the outermost pixels were not recovered exactly
        assert error.mean() < 2.6
        assert (error.max(axis=2) > 32).mean() < 0.03
        others = [[*hues[number] / 10, *f] for f in ((0.75, shapes[number], 0), (1.25, shapes[number], 0))]
        assert error.mean() < min(
            np.abs(p.transpose(1, 2, 0).astype(int) - images[number]).mean() for p in render_scenes(others)
        )
