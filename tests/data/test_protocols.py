"""Protocols: what is trained on and what is tested, without a group on both sides."""

from dataclasses import replace

import numpy as np
import pytest

from latune.attributes import AttributeTable
from latune.data.dataset import Dataset
from latune.data.packed_items import PackedItems
from latune.data.picture_codec import PictureCodec
from latune.data.protocols import Protocol, fold_of_items, with_protocol
from latune.data.sprites import SPRITE_TABLE, _groups
from latune.errors import RecipeError
from latune.images.sprites import SPRITES, sprite_factors
from latune.recipes.items import items_of
from latune.recipes.recipe import DataConfig

HELD_OUT = [
    Protocol("holdout"),
    Protocol("kfold", fold=3),
    Protocol("heldout_shape", heldout=3),
    Protocol("heldout_quadrant"),
]


def sprites_of(numbers):
    """Sprites with one byte for a picture: protocols read factors and groups alone."""
    codec = PictureCodec((1, 2, 4), 1, "sprites", SPRITE_TABLE)
    items = PackedItems((numbers % 256).astype(np.uint8)[:, None], (1, 2, 4))
    description = {"splits": {}, "overlap": {"test_items": 1}}
    return Dataset("sprites", items, sprite_factors(numbers), _groups(numbers), {}, codec, description)


@pytest.fixture(scope="module")
def all_sprites():
    return sprites_of(np.arange(SPRITES))


@pytest.fixture(scope="module")
def sprites():
    """Every third orientation: those that are the same turn, 0 and 39, among them."""
    numbers = np.arange(SPRITES)
    return sprites_of(numbers[numbers // 1024 % 40 % 3 == 0])


COUNT = 3 * 6 * 14 * 32 * 32


def parts_of(view):
    return [np.asarray(view.splits[name]) for name in ("train", "validation", "test")]


@pytest.mark.parametrize("protocol", HELD_OUT, ids=lambda protocol: protocol.name)
def test_parts_of_the_sprites(sprites, protocol):
    view = with_protocol(sprites, protocol)
    train, validation, test = parts_of(view)
    assert np.array_equal(np.sort(np.concatenate([train, validation, test])), np.arange(COUNT))
    groups = [np.unique(sprites.groups[part]) for part in (train, validation, test)]
    assert len(np.unique(np.concatenate(groups))) == sum(map(len, groups))
    assert len(validation) in (2048, 2049)
    assert all(part.dtype == np.int32 and (np.diff(part) > 0).all() for part in (train, validation, test))
    assert view.rows is sprites.rows
    assert view.attributes is sprites.attributes
    assert view.description == {
        "splits": {"train": len(train), "validation": len(validation), "test": len(test)},
        "protocol": protocol.key,
    }


def test_ten_folds_of_all_sprites(all_sprites):
    sprites = all_sprites
    fold = fold_of_items(sprites, 10)
    assert len(fold) == 737_280
    assert np.bincount(fold).tolist() == [73_728] * 10
    order = np.argsort(sprites.groups, kind="stable")
    same_group = np.diff(sprites.groups[order]) == 0
    assert same_group.sum() == 18_432
    assert (np.diff(fold[order])[same_group] == 0).all()
    shape, scale = sprites.attributes[:, 0].astype(int), np.round(10 * sprites.attributes[:, 1]).astype(int)
    stratum = (shape - 1) * 6 + scale - 5
    counts = np.bincount(stratum * 10 + fold)
    assert len(counts) == 180
    assert np.abs(counts - 40_960 / 10).max() <= 3


def test_a_fold_is_what_the_view_tests(sprites):
    fold = fold_of_items(sprites, 10)
    view = with_protocol(sprites, Protocol("kfold", fold=7))
    assert np.array_equal(view.split("test"), np.flatnonzero(fold == 7))
    assert np.array_equal(with_protocol(sprites, Protocol("holdout")).split("test"), np.flatnonzero(fold == 0))
    other = with_protocol(sprites, Protocol("kfold", fold=7, seed=1))
    assert abs(len(other.split("test")) - COUNT / 10) < 1
    assert not np.array_equal(other.split("test"), view.split("test"))


def test_full(sprites):
    train, validation, test = parts_of(with_protocol(sprites, Protocol("full")))
    assert np.array_equal(train, np.arange(COUNT))
    assert np.array_equal(test, train)
    assert len(np.unique(validation)) == 2048
    assert validation.mean() == pytest.approx(COUNT / 2, rel=0.05)


@pytest.mark.parametrize("shape", [1, 2, 3])
def test_heldout_shape(sprites, shape):
    train, validation, test = parts_of(with_protocol(sprites, Protocol("heldout_shape", heldout=shape)))
    assert (sprites.attributes[test, 0] == shape).all()
    assert len(test) == COUNT // 3
    assert not (sprites.attributes[np.concatenate([train, validation]), 0] == shape).any()


@pytest.mark.parametrize(("quadrant", "right", "down"), [(1, 0, 0), (2, 1, 0), (3, 0, 1), (None, 1, 1)])
def test_heldout_quadrant(sprites, quadrant, right, down):
    view = with_protocol(sprites, Protocol("heldout_quadrant", heldout=quadrant))
    inside = ((sprites.attributes[:, 3] > 0.5) == right) & ((sprites.attributes[:, 4] > 0.5) == down)
    assert inside.sum() == COUNT // 4
    assert np.array_equal(view.split("test"), np.flatnonzero(inside))
    assert not inside[view.split("train")].any()
    assert not inside[view.split("validation")].any()


def test_default_is_the_data_set_itself(synthetic):
    assert with_protocol(synthetic, Protocol()) is synthetic


def test_full_tests_what_it_trains_on(synthetic):
    view = with_protocol(synthetic, Protocol("full"))
    assert view.occur_in(view.split("test"), "train").all()
    assert np.array_equal(view.split("validation"), np.arange(500))  # fewer than 2,048: all of them


def test_folds_of_tunes_are_whole_tunes_of_nearly_equal_size(synthetic):
    tested = []
    for fold in range(6):  # 20 tunes of 25 measures
        train, validation, test = parts_of(with_protocol(synthetic, Protocol("kfold", folds=6, fold=fold)))
        assert len(test) in (75, 100)
        assert len(validation) == 25
        assert len(train) == 500 - len(test) - 25
        assert not set(synthetic.groups[test]) & set(synthetic.groups[np.concatenate([train, validation])])
        tested.append(test)
    assert np.array_equal(np.sort(np.concatenate(tested)), np.arange(500))


def test_groups_of_different_sizes(synthetic):
    groups = np.repeat(np.arange(30, dtype=np.int32), np.arange(30) + 2)[:490]
    assert len(groups) == 490
    uneven = replace(
        synthetic, items=synthetic.items[:490], attributes=synthetic.attributes[:490], groups=groups, splits={}
    )
    sizes = np.bincount(fold_of_items(uneven, 5))
    assert sizes.sum() == 490
    assert np.ptp(sizes) <= 6


def test_classes_are_spread_evenly(ellipses):
    classes = np.repeat([0, 1, 2], [120, 80, 40]).astype(np.int16)
    fold = fold_of_items(replace(ellipses, classes=classes), 4)
    assert [np.bincount(fold[classes == one]).tolist() for one in range(3)] == [[30] * 4, [20] * 4, [10] * 4]


def test_named_attributes_are_spread_evenly(ellipses):
    high = (np.arange(240) % 6 < 2).astype(np.float32)
    attributes = np.concatenate([high[:, None], np.asarray(ellipses.attributes)[:, 1:]], axis=1)
    named = replace(ellipses, attributes=attributes)
    fold = fold_of_items(named, 4, ["slant"])
    assert np.bincount(fold[high == 1]).tolist() == [20] * 4
    assert np.array_equal(fold, fold_of_items(named, 4))  # an attribute of two values needs no name
    with pytest.raises(RecipeError, match="Unknown attribute 'colour'"):
        fold_of_items(named, 4, ["colour"])


def test_a_group_that_is_half_inside_is_not_trained_on(ellipses):
    table = AttributeTable([*ellipses.table, replace(ellipses.table["slant"], name="shape")])
    shape = (np.arange(240) >= 101).astype(np.float32)
    groups = (np.arange(240) // 2).astype(np.int32)  # items 100 and 101 belong together
    attributes = np.concatenate([ellipses.attributes, shape[:, None]], axis=1)
    paired = replace(ellipses, attributes=attributes, groups=groups, codec=replace(ellipses.codec, table=table))
    train, validation, test = parts_of(with_protocol(paired, Protocol("heldout_shape")))
    assert np.array_equal(test, np.arange(101, 240))
    assert np.array_equal(np.sort(np.concatenate([train, validation])), np.arange(100))


@pytest.mark.parametrize(
    ("protocol", "message"),
    [
        (Protocol("heldout_shape"), "heldout_shape needs the attribute 'shape', which 'ellipses' lacks"),
        (Protocol("heldout_quadrant"), "heldout_quadrant needs the attribute 'posx', which 'ellipses' lacks"),
        (Protocol("kfold", folds=300, fold=0), "'ellipses' has 240 groups, too few for 300 folds"),
        (Protocol("kfold"), "data.fold: expected 0 to 9, got None"),
    ],
)
def test_a_protocol_that_does_not_fit(ellipses, protocol, message):
    with pytest.raises(RecipeError, match=f"{message}\\.$"):
        with_protocol(ellipses, protocol)


def test_a_shape_that_does_not_exist(sprites):
    with pytest.raises(RecipeError, match=r"expected one of 1, 2, 3, of which 'sprites' has several, got 4\.$"):
        with_protocol(sprites, Protocol("heldout_shape", heldout=4))
    with pytest.raises(RecipeError, match=r"expected one of 1, 2, 3, 4, of which 'sprites' has several, got 5\.$"):
        with_protocol(sprites, Protocol("heldout_quadrant", heldout=5))


def test_phrases_follow_the_protocol(synthetic):
    phrased = replace(synthetic, sequences=np.asarray(synthetic.groups))
    view = items_of(phrased, DataConfig(name="chorales", measures=4, protocol="kfold", fold=2, folds=5))
    assert sum(len(part) for part in view.splits.values()) == len(view.items) == 20 * 22
    assert len(view.split("test")) == 4 * 22
    assert not set(view.groups[view.split("test")]) & set(view.groups[view.split("train")])


def test_keys_tell_protocols_apart():
    assert Protocol("kfold", fold=0).key == "kfold-fold-0"
    assert Protocol("kfold", folds=5, fold=0, stratify=("shape", "scale")).key == (
        "kfold-folds-5-fold-0-stratify-shape_scale"
    )
    assert Protocol("heldout_shape", heldout=1).key == "heldout_shape-heldout-1"
