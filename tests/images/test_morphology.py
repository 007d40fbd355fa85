"""Morphology: golden values, scikit-image as a second opinion, and shapes whose measures are known."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

pytest.importorskip("numba")

from latune.errors import InputError, RecipeError
from latune.images.morphology import DIGIT_ATTRIBUTES, MORPHOLOGY_NAMES, measure_morphology, plain
from latune.images.morphology_tables import kept_neighbourhoods, tie_breakers

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "golden" / "morphology.npz"


def _coordinates(size=28):
    return np.mgrid[:size, :size].astype(float)


def _disc(radius, size=28, centre=13.5):
    y, x = _coordinates(size)
    return (255 * np.clip(radius + 0.5 - np.hypot(y - centre, x - centre), 0, 1)).astype(np.uint8)


def _bar(top, bottom, left, right, size=28):
    picture = np.zeros((size, size), np.uint8)
    picture[top:bottom, left:right] = 255
    return picture


def _leaning(shear, size=28):
    """A stroke 5 pixels wide and 18 high whose middle moves left by `shear` pixels with every row downwards."""
    y, x = _coordinates(size)
    distance = np.abs(x - (13.5 - shear * (y - 13.5)))
    return (255 * np.clip(3 - distance, 0, 1) * (np.abs(y - 13.5) < 9)).astype(np.uint8)


def _one(picture, name):
    return measure_morphology(picture[None], [name])[0, 0]


def _scribbles(count, height, width, seed=0):
    """Pictures of a few thick random strokes with grey edges."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    pictures = np.zeros((count, height, width))
    for picture in pictures:
        for _ in range(3):
            (y0, y1), (x0, x1) = generator.uniform(0, height, 2), generator.uniform(0, width, 2)
            along = np.clip(((y - y0) * (y1 - y0) + (x - x0) * (x1 - x0)) / ((y1 - y0) ** 2 + (x1 - x0) ** 2), 0, 1)
            distance = np.hypot(y - y0 - along * (y1 - y0), x - x0 - along * (x1 - x0))
            np.maximum(picture, 255 * np.clip(generator.uniform(1.5, 3) - distance, 0, 1), out=picture)
    return pictures.astype(np.uint8)


def _noise(count, height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, height, width), dtype=np.uint8)


@pytest.fixture(scope="module")
def golden():
    if not GOLDEN.exists():
        pytest.skip(f"{GOLDEN} is not there: it holds MNIST digits and stays out of the repository")
    with np.load(GOLDEN) as stored:
        return dict(stored)


class TestGolden:
    def test_plain_digits_are_equal_in_every_pixel(self, golden):
        assert np.array_equal(plain(golden["raw"]), golden["plain"])

    def test_all_measures_agree(self, golden):
        ours = measure_morphology(golden["plain"])
        for column, name in enumerate(MORPHOLOGY_NAMES):
            assert np.abs(ours[:, column] - golden[name]).max() < 1e-6, name


class TestAgainstScikitImage:
    """The definition, written with scikit-image and loops."""

    @staticmethod
    def _large(picture):
        transform = pytest.importorskip("skimage.transform")
        return (transform.pyramid_expand(picture, 4, sigma=8 / 6, order=3) * 255).astype(np.uint8)

    @staticmethod
    def _bright(large):
        low, high = int(large.min()), int(large.max())
        return large >= low + 0.5 * (high - low)

    def _measures(self, picture):
        morphology = pytest.importorskip("skimage.morphology")
        large = self._large(picture)
        bright = self._bright(large)
        lines, distance = morphology.medial_axis(bright, return_distance=True, rng=42)
        straight = (lines[:, :-1] & lines[:, 1:]).sum() + (lines[:-1] & lines[1:]).sum()
        diagonal = (lines[:-1, :-1] & lines[1:, 1:]).sum() + (lines[:-1, 1:] & lines[1:, :-1]).sum()
        mass = large / large.sum()
        y, x = np.mgrid[: large.shape[0], : large.shape[1]]
        y = y - (mass * y).sum()
        lean = (mass * y * (x - (mass * x).sum())).sum() / (mass * y * y).sum()
        across = [mass[x + 0.5 < t + lean * y].sum() for t in range(large.shape[1])]
        down = [mass[:t].sum() for t in range(large.shape[0])]
        widths, heights = (np.interp([0.01, 0.99], sums, np.arange(len(sums))) for sums in (across, down))
        return [
            bright.sum() / 16,
            (straight + np.sqrt(2) * diagonal) / 4,
            distance[lines].mean() * 2 / 4,
            np.arctan(-lean),
            (widths[1] - widths[0]) / 4,
            (heights[1] - heights[0]) / 4,
        ]

    @pytest.mark.parametrize("shape", [(28, 28), (13, 30), (40, 24), (3, 5)])
    @pytest.mark.parametrize("draw", [_scribbles, _noise])
    def test_measures_agree(self, draw, shape):
        pictures = draw(6, *shape)
        assert np.abs(measure_morphology(pictures) - [self._measures(picture) for picture in pictures]).max() < 1e-6

    @pytest.mark.parametrize("shape", [(28, 28), (13, 30), (40, 24), (3, 5)])
    def test_plain_pictures_agree(self, shape):
        transform = pytest.importorskip("skimage.transform")
        pictures = np.concatenate([_scribbles(10, *shape), _noise(10, *shape)])
        pictures = pictures[np.ptp(pictures, axis=(1, 2)) > 0]  # constant ones are black by our definition
        for picture, ours in zip(pictures, plain(pictures), strict=True):
            bright = self._bright(self._large(picture)).astype(float)
            theirs = (transform.pyramid_reduce(bright, 4, sigma=8 / 6, order=3) * 255).astype(np.uint8)
            # In all-white areas a value may be a whole level or the last bit less.
            assert np.abs(theirs.astype(int) - ours).max() <= 1
            assert (theirs != ours).mean() < 0.01

    @pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
    def test_skeletons_are_equal(self, share):
        morphology = pytest.importorskip("skimage.morphology")
        from latune.images.morphology_kernels import skeleton

        generator = np.random.default_rng(1)
        for _ in range(20):
            bright = np.zeros((30, 41), np.uint8)
            y, x = sorted(generator.choice(31, 2, False)), sorted(generator.choice(42, 2, False))  # may touch the edges
            bright[y[0] : y[1], x[0] : x[1]] = generator.random((y[1] - y[0], x[1] - x[0])) < share
            if not bright.any():
                continue
            theirs, distance = morphology.medial_axis(bright, return_distance=True, rng=42)
            lines, squared, top, left = skeleton(bright, kept_neighbourhoods(), tie_breakers(bright.size))
            h, w = lines.shape[0] - 2, lines.shape[1] - 2
            box = np.s_[top + 1 : top + 1 + h, left + 1 : left + 1 + w]
            assert np.array_equal(lines[1:-1, 1:-1], theirs[box])
            assert lines.sum() == theirs.sum()
            assert np.allclose(np.sqrt(squared[1:-1, 1:-1]), distance[box])


class TestDrawnShapes:
    def test_area_of_a_disc(self):
        assert _one(_disc(9), "area") == pytest.approx(np.pi * 9**2, rel=0.02)

    def test_a_disc_of_twice_the_radius_has_four_times_the_area(self):
        assert _one(_disc(10), "area") / _one(_disc(5), "area") == pytest.approx(4, rel=0.03)

    def test_length_and_thickness_of_a_straight_stroke(self):
        # The medial axis of a rectangle runs along its middle (here 20 - 4 pixels) and may fork into its four corners
        # (4 / sqrt(2) each), where the distance to the dark falls.
        stroke = _bar(4, 24, 12, 16)
        assert 16 < _one(stroke, "length") < 16 + 4 * 4 / np.sqrt(2)
        assert _one(stroke, "thickness") == pytest.approx(4, rel=0.1)

    def test_a_longer_stroke_is_longer_by_as_much(self):
        assert _one(_bar(3, 25, 12, 16), "length") - _one(_bar(7, 21, 12, 16), "length") == pytest.approx(8, abs=0.5)

    def test_thickness_grows_with_the_stroke(self):
        thickness = [_one(_bar(4, 24, 14 - half, 14 + half), "thickness") for half in (1, 2, 3, 4)]
        assert np.all(np.diff(thickness) > 1)

    def test_width_and_height_of_a_box(self):
        box = _bar(5, 23, 9, 19)
        assert _one(box, "width") == pytest.approx(10, abs=0.7)
        assert _one(box, "height") == pytest.approx(18, abs=0.7)
        assert _one(box, "slant") == pytest.approx(0, abs=1e-9)

    @pytest.mark.parametrize("shear", [-0.5, -0.2, 0, 0.2, 0.5])
    def test_slant_of_a_sheared_stroke(self, shear):
        assert _one(_leaning(shear), "slant") == pytest.approx(np.arctan(shear), abs=0.02)

    @pytest.mark.parametrize("shear", [-0.4, 0.4])
    def test_width_does_not_grow_with_the_slant(self, shear):
        assert _one(_leaning(shear), "width") == pytest.approx(_one(_leaning(0), "width"), abs=0.3)

    @pytest.mark.parametrize("shift", [(1, 0), (0, 1), (-2, 3)])
    def test_a_shifted_picture_measures_the_same(self, shift):
        pictures = np.pad(_scribbles(20, 20, 20), ((0, 0), (12, 12), (12, 12)))
        moved = np.roll(pictures, shift, axis=(1, 2))
        assert np.abs(measure_morphology(pictures) - measure_morphology(moved)).max() < 1e-3

    def test_a_mirrored_picture_leans_the_other_way(self):
        pictures = _scribbles(20, 28, 28)
        slant = measure_morphology(pictures, ["slant"])
        assert np.abs(measure_morphology(pictures[:, :, ::-1], ["slant"]) + slant).max() < 1e-6

    def test_plain_pictures_stay_close_to_crisp_ones(self):
        crisp = _bar(4, 24, 10, 16)
        assert np.abs(plain(crisp[None])[0].astype(int) - crisp).mean() < 3

    def test_plain_makes_grey_strokes_bright(self):
        assert plain(_disc(8)[None] // 3).max() > 250


class TestEdgeCases:
    @pytest.mark.parametrize("value", [0, 1, 128, 255])
    def test_constant_pictures_measure_0_and_become_black(self, value):
        pictures = np.full((2, 28, 28), value, np.uint8)
        assert not measure_morphology(pictures).any()
        assert not plain(pictures).any()

    @pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (5, 64)])
    def test_any_size_gives_finite_values(self, shape):
        pictures = np.concatenate([_noise(4, *shape), np.zeros((1, *shape), np.uint8)])
        assert np.isfinite(measure_morphology(pictures)).all()
        assert plain(pictures).shape == pictures.shape

    @pytest.mark.parametrize("value", [1, 2, 3, 255])
    def test_a_single_pixel_gives_finite_values(self, value):
        picture = np.zeros((1, 28, 28), np.uint8)
        picture[0, 0, 27] = picture[0, 14, 14] = value
        assert np.isfinite(measure_morphology(picture)).all()

    @settings(max_examples=60, deadline=None)
    @given(arrays(np.uint8, st.tuples(st.just(1), st.integers(1, 12), st.integers(1, 12))))
    def test_values_are_finite_and_in_bounds(self, pictures):
        area, length, thickness, slant, width, height = measure_morphology(pictures)[0]
        size = pictures[0].size
        assert 0 <= area <= size
        assert 0 <= length <= 4 * 4 * size
        assert 0 <= thickness <= 2 * (sum(pictures.shape[1:]) + 1)
        assert abs(slant) < np.pi / 2
        assert 0 <= width <= pictures.shape[2]
        assert 0 <= height <= pictures.shape[1]

    def test_no_pictures(self):
        assert measure_morphology(np.zeros((0, 28, 28), np.uint8)).shape == (0, 6)
        assert plain(np.zeros((0, 28, 28), np.uint8)).shape == (0, 28, 28)

    @pytest.mark.parametrize("names", [["width"], ["thickness", "area"], ["slant", "length"], []])
    def test_a_part_of_the_measures_is_the_same_as_in_all(self, names):
        pictures = _scribbles(10, 28, 28)
        columns = [MORPHOLOGY_NAMES.index(name) for name in names]
        assert np.array_equal(measure_morphology(pictures, names), measure_morphology(pictures)[:, columns])

    def test_workers_change_nothing_and_progress_is_reported(self):
        pictures = _scribbles(300, 28, 28)
        steps = []
        together = measure_morphology(pictures, workers=3, report=lambda done, total: steps.append((done, total)))
        assert np.array_equal(together, measure_morphology(pictures))
        assert np.array_equal(plain(pictures, workers=3), plain(pictures))
        assert steps[-1] == (300, 300)
        assert [done for done, _ in steps] == sorted(done for done, _ in steps)

    def test_other_integers_and_orders_are_read(self):
        pictures = _scribbles(5, 28, 28)
        other = np.asfortranarray(pictures.astype(np.int16))
        assert np.array_equal(measure_morphology(other), measure_morphology(pictures))

    def test_the_table_measures_the_same(self):
        pictures = _scribbles(5, 28, 28)
        assert DIGIT_ATTRIBUTES.names == MORPHOLOGY_NAMES
        assert np.array_equal(DIGIT_ATTRIBUTES.measure(pictures), measure_morphology(pictures))

    def test_bad_input_is_named(self):
        with pytest.raises(RecipeError, match="'colour'"):
            measure_morphology(_scribbles(1, 28, 28), ["colour"])
        with pytest.raises(InputError, match="shape"):
            measure_morphology(np.zeros((28, 28), np.uint8))
        with pytest.raises(InputError, match="float64"):
            measure_morphology(np.zeros((1, 28, 28)))
        with pytest.raises(InputError, match="-1 to 0"):
            measure_morphology(np.full((1, 28, 28), 0) - np.eye(28, dtype=np.int64))
        with pytest.raises(InputError, match="2048"):
            plain(np.zeros((1, 3000, 28), np.uint8))


def test_ties_are_broken_as_numpy_shuffles():
    from latune.images.morphology_kernels import _shuffled

    stream = tie_breakers(5000)
    for count in (1, 2, 3, 64, 65, 1000, 4999):
        ordered = _shuffled(np.arange(count, dtype=np.int32), stream)
        assert np.array_equal(ordered, np.argsort(np.random.default_rng(42).permutation(np.arange(count))))


def test_the_module_loads_numba_late_and_works_without_a_place_for_its_cache():
    script = """
import sys
from latune.images import morphology
assert "numba" not in sys.modules and "torch" not in sys.modules
from numba.core import caching
caching.CacheImpl._locator_classes = []
for kind in caching.CacheImpl.__subclasses__():
    kind._locator_classes = []
from latune.images import morphology_kernels
assert type(morphology_kernels.skeleton._cache).__name__ == "NullCache"
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)
