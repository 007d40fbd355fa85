"""Pictures in the form that a run knows, and back."""

import numpy as np
import pytest

from latune.attributes import Attribute, AttributeTable
from latune.control.pictures import edit_pictures, items_from_pictures, pictures_from_items
from latune.data.picture_codec import PictureCodec
from latune.errors import InputError
from latune.images.morphology import DIGIT_ATTRIBUTES, plain

TABLE = AttributeTable([Attribute("scale", "", 0.5, 1.0)])


def stroke(height=28, width=28):
    images = np.zeros((2, 1, height, width), np.uint8)
    images[:, :, height // 4 : -height // 4, width // 2 - 2 : width // 2 + 2] = 180
    return images


def test_digits_become_plain_and_bright_on_dark():
    pytest.importorskip("numba")
    codec = PictureCodec((1, 28, 28), 255, "morphology", DIGIT_ATTRIBUTES)
    images = stroke()
    images[1] = 255 - images[1]
    items, remarks = items_from_pictures(images, codec)
    assert np.array_equal(items[:, 0], plain(np.where([[[False]], [[True]]], 255 - images[:, 0], images[:, 0])))
    assert items.max() == 255
    assert remarks == ["1 of 2 inverted: expected bright on dark."]
    assert np.array_equal(pictures_from_items(items, codec), items)


def test_two_values_are_cut_at_half_brightness():
    codec = PictureCodec((1, 64, 64), 1, "sprites", TABLE)
    images = stroke(64, 64)
    images[0, 0, 0, :3] = 127, 128, 0
    items, remarks = items_from_pictures(images, codec)
    assert np.array_equal(items, images >= 128)
    assert remarks == []
    assert np.array_equal(pictures_from_items(items, codec), (images >= 128) * 255)


def test_other_sizes_and_grounds_stay_as_they_are():
    codec = PictureCodec((3, 32, 32), 255, "none", TABLE)
    images = np.full((1, 3, 16, 64), 250, np.uint8)
    items, remarks = items_from_pictures(images, codec)
    assert items.shape == (1, 3, 32, 32)
    assert (items == 250).all()
    assert remarks == ["Brought from 16x64 to 32x32 pixels for the model."]


def test_a_run_on_music_edits_no_pictures(editor):
    with pytest.raises(InputError, match="not trained on pictures"):
        edit_pictures(editor, stroke(), {"contour": 0.1})
