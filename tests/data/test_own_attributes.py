"""Own attributes as columns of a data set, for every kind of item."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from latune.attributes import Attribute
from latune.data import own_attributes
from latune.data.augmentation import Crossover
from latune.data.dataset import Dataset
from latune.data.own_attributes import with_plugins
from latune.data.packed_items import PackedItems
from latune.data.phrases import phrase_dataset
from latune.data.picture_codec import PictureCodec
from latune.data.sprites import SMALL_SPRITE_TABLE
from latune.data.store import load_dataset, store_dataset
from latune.errors import DataError, InputError, RecipeError
from latune.plugins import Plugin


def first_note(ticks):
    return ticks.max(axis=-1) % 12


def ink_left_half(pictures):
    """Share of the brightness that lies in the left half."""
    ink = pictures.sum(axis=(1, 2), dtype=float)
    return ink[:, : ink.shape[1] // 2].sum(axis=1) / np.maximum(ink.sum(axis=1), 1)


def plugin(function, name="mine"):
    return Plugin(Path("mine.py"), "0", (Attribute(name, "units", 0, 12, measure=function),))


def extend(dataset, function):
    return with_plugins(dataset, [plugin(function)])


def test_a_column_of_measures(synthetic):
    told = []
    extended = with_plugins(synthetic, [plugin(first_note)], lambda *progress: told.append(progress))
    assert extended.table.names == (*synthetic.table.names, "mine")
    assert np.array_equal(extended.attributes[:, :-1], synthetic.attributes)
    expected = synthetic.codec.ticks(synthetic.items).max(axis=1) % 12
    assert np.array_equal(extended.attributes[:, -1], expected)
    assert told == [(500, 500)]
    assert np.allclose(extended.codec.measure(synthetic.items), extended.attributes, atol=1e-6)
    assert np.array_equal(extended.codec.measure(synthetic.items, ["mine"])[:, 0], expected)
    assert extended.codec.to_dict() == synthetic.codec.to_dict()
    assert synthetic.table.names == load_dataset("chorales").table.names
    assert with_plugins(synthetic, []) is synthetic


def test_a_column_of_pictures(ellipses):
    extended = extend(ellipses, ink_left_half)
    names = ["mine", "width", "slant"]
    measured = extended.codec.measure(ellipses.items, names)
    assert np.allclose(measured[:, 0], ink_left_half(ellipses.items))
    assert np.array_equal(measured[:, 1:], ellipses.codec.measure(ellipses.items, names[1:]))
    assert np.allclose(extended.attributes, extended.codec.measure(ellipses.items), atol=1e-5)
    assert extended.codec.to_dict() == ellipses.codec.to_dict()
    with pytest.raises(RecipeError, match="Unknown attribute 'depth'"):
        extended.codec.measure(ellipses.items, ["mine", "depth"])


def test_binary_pictures_are_measured_part_by_part(monkeypatch):
    """No more pictures are unpacked at a time than the limit allows."""
    pictures = (np.random.default_rng(0).random((50, 1, 8, 8)) > 0.5).astype(np.uint8)
    codec = PictureCodec((1, 8, 8), 1, "none", SMALL_SPRITE_TABLE)
    numbers = np.arange(50)
    columns = np.zeros((50, len(SMALL_SPRITE_TABLE)), np.float32)
    packed = PackedItems.pack(pictures)
    dataset = Dataset("bits", packed, columns, numbers.astype(np.int32), {"train": numbers}, codec)
    monkeypatch.setattr(own_attributes, "PART_ELEMENTS", 20 * 64)
    sizes, told = [], []

    def ink(items):
        assert items.dtype == np.uint8
        sizes.append(len(items))
        return items.mean(axis=(1, 2, 3))

    extended = with_plugins(dataset, [plugin(ink)], lambda *progress: told.append(progress))
    assert max(sizes) == 20
    assert told == [(20, 50), (40, 50), (50, 50)]
    assert np.allclose(extended.attributes[:, -1], pictures.mean(axis=(1, 2, 3)))


def test_pictures_whose_attributes_a_reader_estimates(ellipses):
    read = np.tile([1.0, 2.0, 3.0], (len(ellipses.items), 1))
    codec = replace(ellipses.codec, measurement="none", reader=lambda pictures: read[: len(pictures)])
    extended = codec.with_attributes(plugin(ink_left_half).attributes)
    measured = extended.measure(ellipses.items, ["height", "mine", "slant"])
    assert np.array_equal(measured[:, [0, 2]], read[:, [2, 0]])
    assert np.allclose(measured[:, 1], ink_left_half(ellipses.items))


def test_phrases_have_it_of_every_measure(synthetic):
    sequences = replace(synthetic, sequences=synthetic.groups)
    phrases = phrase_dataset(extend(sequences, first_note), 2)
    assert {"mine", "mine_1", "mine_2"} <= set(phrases.table.names)
    assert phrases.plugins[0].attributes[0].name == "mine"
    assert np.allclose(phrases.codec.measure(phrases.items[:9]), phrases.attributes[:9], atol=1e-5)
    rebuilt = type(phrases.codec).from_dict(phrases.codec.to_dict()).with_attributes(plugin(first_note).attributes)
    assert rebuilt.table.names == phrases.table.names
    later = extend(phrase_dataset(sequences, 2), first_note)
    assert later.table.names == phrases.table.names
    assert np.allclose(later.attributes, phrases.attributes, atol=1e-5)


def test_a_name_that_exists(synthetic):
    with pytest.raises(InputError, match="Your own attribute 'contour' has the name of another one"):
        with_plugins(synthetic, [plugin(first_note, "contour")])
    with pytest.raises(InputError, match="Your own attribute 'mine' has the name"):
        extend(extend(synthetic, first_note), first_note)


def test_every_item_needs_a_value(synthetic):
    lacking = np.zeros(500)
    lacking[7] = np.nan
    with pytest.raises(DataError, match="Attribute 'mine' of item 7 of data set 'chorales' is not a number"):
        extend(synthetic, lambda ticks: lacking[: len(ticks)])


@pytest.mark.parametrize(
    "function",
    [
        lambda ticks: ticks.max(axis=1) / ticks.max(),
        lambda ticks: np.arange(len(ticks)) + len(ticks),
    ],
)
def test_values_must_not_depend_on_other_items(synthetic, function):
    with pytest.raises(DataError, match=r"Attribute 'mine' of the first item is .* measured alone and .* among others"):
        extend(synthetic, function)


def test_own_columns_are_not_stored(synthetic):
    with pytest.raises(DataError, match="own attributes are measured when it is opened, never stored"):
        store_dataset(extend(synthetic, first_note))


def test_crossed_items_that_lack_an_attribute_stay_uncrossed(synthetic):
    known = {items.tobytes() for items in synthetic.codec.ticks(synthetic.items)}

    def only_of_real_measures(ticks):
        return np.array([1.0 if np.ascontiguousarray(row).tobytes() in known else np.nan for row in ticks])

    items, values = Crossover(extend(synthetic, only_of_real_measures), "train", 1.0, 0).epoch(0)
    assert np.isfinite(values).all()
    assert {row.tobytes() for row in synthetic.codec.ticks(items)} <= known
    plain, _ = Crossover(synthetic, "train", 1.0, 0).epoch(0)
    assert not {row.tobytes() for row in synthetic.codec.ticks(plain)} <= known
    assert np.allclose(values[:, :-1], synthetic.codec.measure(items), atol=1e-6)
