"""Pictures of two regions that belong together: found although nobody says what else varies."""

import numpy as np
import pytest

from latune.data.picture_matching import matched_pictures, shift_between


def _blobs(places, sizes, channels=1, side=32):
    """Squares of some size at some place (left, top)."""
    pictures = np.zeros((len(places), channels, side, side))
    for picture, (left, top), size in zip(pictures, places, sizes, strict=True):
        picture[:, top : top + size, left : left + size] = 1
    return pictures


@pytest.mark.parametrize(("down", "right"), [(0, 0), (3, -5), (-7, 2), (10, 10)])
def test_the_shift_between_two_pictures_is_found(down, right):
    source = np.random.default_rng(0).random((2, 32, 24))
    assert shift_between(source, np.roll(source, (down, right), axis=(1, 2))) == (down, right)


def test_partners_have_the_same_place_and_size_within_their_regions():
    generator = np.random.default_rng(1)
    places, sizes = generator.integers(0, 5, (40, 2)), generator.integers(5, 9, 40)
    sources = _blobs(places, sizes)
    order = generator.permutation(40)
    targets = _blobs(places[order] + [18, 0], sizes[order])  # the same ones, far to the right
    pairs = matched_pictures(sources, targets)
    assert np.array_equal(pairs[:, 0], np.arange(40))
    own = np.column_stack([places, sizes])
    assert np.array_equal(own[pairs[:, 0]], own[order][pairs[:, 1]])


def test_what_all_pictures_of_a_region_have_does_not_count():
    generator = np.random.default_rng(2)
    room = 4 * generator.random((3, 8, 8))  # what all have
    background = room + generator.random((30, 3, 8, 8))  # what varies
    object_there = np.zeros((3, 8, 8))
    object_there[:, 3:5, 3:5] = 1
    order = generator.permutation(30)
    pairs = matched_pictures(background, background[order] + object_there)
    assert np.array_equal(order[pairs[:, 1]], pairs[:, 0])


def test_each_picture_has_one_partner_where_there_are_fewer():
    generator = np.random.default_rng(3)
    pairs = matched_pictures(generator.random((7, 1, 4, 4)), generator.random((5, 1, 4, 4)))
    assert len(pairs) == 5
    assert len(set(pairs[:, 0])) == len(set(pairs[:, 1])) == 5
