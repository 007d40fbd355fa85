"""Regions: which items lie in which, what the relations say, and the protocol that makes classes of them."""

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from latune.attributes import AttributeTable
from latune.data.dataset import Dataset
from latune.data.packed_items import PackedItems
from latune.data.picture_codec import PictureCodec
from latune.data.protocols import Protocol, with_protocol
from latune.data.regions import SCENE_GRID, SPRITE_GRID, Regions, Relation, regions_from_dict, regions_of
from latune.data.shapes3d import SCENE_TABLE
from latune.data.sprites import SMALL_SPRITE_TABLE, SPRITE_TABLE, _groups
from latune.data.symbols import CLASS_NAMES, SYMBOL_ATTRIBUTES
from latune.errors import InputError, RecipeError, RunError
from latune.images import scenes, sprites
from latune.recipes.items import items_of
from latune.recipes.recipe import DataConfig

FILE = Path("regions.json")


def pictures_of(name, table, factors, groups=None, classes=None, description=None):
    """Items of one byte with these factors: regions read factors, groups and classes alone."""
    items = PackedItems(np.zeros((len(factors), 1), np.uint8), (1, 2, 4))
    groups = np.arange(len(factors), dtype=np.int32) if groups is None else groups
    codec = PictureCodec((1, 2, 4), 1, "none", table)
    return Dataset(name, items, factors.astype(np.float32), groups, {}, codec, description or {}, classes)


@pytest.fixture(scope="module")
def all_sprites():
    numbers = np.arange(sprites.SPRITES)
    return pictures_of("sprites", SPRITE_TABLE, sprites.sprite_factors(numbers), _groups(numbers))


@pytest.fixture(scope="module")
def view(all_sprites):
    return with_protocol(all_sprites, Protocol("regions"))


@pytest.fixture(scope="module")
def all_scenes():
    return pictures_of("shapes3d", SCENE_TABLE, scenes.scene_factors())


def symbols_of(each, names=CLASS_NAMES):
    classes = np.repeat(np.arange(len(names), dtype=np.int16), each)
    factors = np.ones((len(classes), len(SYMBOL_ATTRIBUTES.names)))
    description = {"class_names": list(names)}
    return pictures_of("symbols", SYMBOL_ATTRIBUTES, factors, classes=classes, description=description)


def tables_of(dataset):
    regions, _ = regions_of(dataset)
    return {relation.name: relation.table for relation in regions.relations}


def test_sprites_that_lie_in_regions(all_sprites):
    regions, region_of_item = regions_of(all_sprites)
    assert region_of_item.dtype == np.int16
    assert np.bincount(region_of_item[region_of_item >= 0], minlength=27).tolist() == [450] * 27
    assert (region_of_item >= 0).sum() == 12_150
    # The published rule, on the numbers of the values.
    shape, scale, turn, x, y = (
        np.arange(sprites.SPRITES) // base % size
        for base, size in zip(sprites.FACTOR_BASES, sprites.FACTOR_SIZES, strict=True)
    )
    kept = (abs(scale - 3) <= 1) & ((turn <= 2) | (abs(turn - 39) <= 2))
    bands = []
    for place in (x, y):
        near = [place <= 4, abs(place - 15) <= 2, abs(place - 31) <= 4]
        kept &= np.any(near, axis=0)
        bands.append(np.argmax(near, axis=0))
    assert np.array_equal(region_of_item >= 0, kept)
    assert np.array_equal(region_of_item[kept], (9 * shape + 3 * bands[0] + bands[1])[kept])
    assert regions.entities == 27


def test_sprites_at_one_orientation():
    numbers = np.arange(sprites.SPRITES)
    upright = numbers[numbers // 1024 % 40 == 0]
    factors = sprites.sprite_factors(upright)[:, [0, 1, 3, 4]]
    _, region_of_item = regions_of(pictures_of("sprites-small", SMALL_SPRITE_TABLE, factors))
    assert np.bincount(region_of_item[region_of_item >= 0]).tolist() == [75] * 27


def test_scenes_that_lie_in_regions(all_scenes):
    regions, region_of_item = regions_of(all_scenes)
    assert np.bincount(region_of_item[region_of_item >= 0]).tolist() == [3_000] * 120
    hue, scale, shape = (np.arange(scenes.SCENES) // base % size for base, size in ((480, 10), (60, 8), (15, 4)))
    band = np.select([scale <= 1, (scale == 3) | (scale == 4), scale >= 6], [0, 1, 2], -1)
    assert np.array_equal(region_of_item, np.where(band < 0, -1, 12 * hue + 3 * shape + band))
    assert regions.entities == 120


@pytest.mark.parametrize(("grid", "images"), [(SPRITE_GRID, sprites), (SCENE_GRID, scenes)], ids=["sprites", "scenes"])
def test_factors_have_the_values_of_the_pictures(grid, images):
    for factor in grid.factors:
        values = images.FACTOR_VALUES[images.FACTORS.index(factor.attribute)]
        assert np.allclose(np.linspace(factor.low, factor.high, factor.count), values)
        assert len(values) == factor.count


def test_names_and_numbers_of_sprites():
    names = SPRITE_GRID.regions().names
    assert names == tuple(f"{x}{y}{shape}" for shape in "SEH" for x in "<x>" for y in "^xv")
    assert len(set(names)) == 27
    for number, name in enumerate(names):
        x, y, shape = name
        assert 9 * "SEH".index(shape) + 3 * "<x>".index(x) + "^xv".index(y) == number


def test_names_and_numbers_of_scenes():
    names = SCENE_GRID.regions().names
    assert len(set(names)) == 120
    assert names[0] == "HU0,SH0,SC0"
    for number, name in enumerate(names):
        hue, shape, scale = (int(word[2:]) for word in name.split(","))
        assert 12 * hue + 3 * shape + scale == number


def test_relations_of_sprites():
    tables = {relation.name: relation.table for relation in SPRITE_GRID.regions().relations}
    assert list(tables) == ["left", "right", "up", "down", "shape"]
    for shape, x, y in itertools.product(range(3), repeat=3):
        targets = {
            "left": (shape, [2, 0, 1][x], y),
            "right": (shape, [1, 2, 0][x], y),
            "up": (shape, x, [2, 0, 1][y]),
            "down": (shape, x, [1, 2, 0][y]),
            "shape": ([1, 2, 0][shape], x, y),
        }
        for name, (a, b, c) in targets.items():
            assert tables[name][9 * shape + 3 * x + y] == 9 * a + 3 * b + c
    assert all(table.shape == (27,) and table.dtype == np.int32 for table in tables.values())


def test_relations_of_scenes():
    tables = {relation.name: relation.table for relation in SCENE_GRID.regions().relations}
    assert list(tables) == ["more_hue", "less_hue", "bigger", "smaller", "shape"]
    for hue, shape, scale in itertools.product(range(10), range(4), range(3)):
        targets = {
            "more_hue": (9 if hue == 9 else hue + 1, shape, scale),
            "less_hue": (0 if hue == 0 else hue - 1, shape, scale),
            "bigger": (hue, shape, [1, 2, 2][scale]),
            "smaller": (hue, shape, [0, 0, 1][scale]),
            "shape": (hue, [1, 2, 3, 0][shape], scale),
        }
        for name, (a, b, c) in targets.items():
            assert tables[name][12 * hue + 3 * shape + scale] == 12 * a + 3 * b + c
    assert all(table.shape == (120,) and table.dtype == np.int32 for table in tables.values())


def test_relations_of_symbols():
    dataset = symbols_of(10)
    regions, region_of_item = regions_of(dataset)
    assert regions.names == CLASS_NAMES
    assert regions.entities == 10
    assert np.array_equal(region_of_item, dataset.classes)
    assert [(relation.name, relation.operator) for relation in regions.relations] == [
        ("add", CLASS_NAMES.index("+")),
        ("sub", CLASS_NAMES.index("-")),
        ("mul", CLASS_NAMES.index("times")),
    ]
    for left, right in itertools.product(range(10), repeat=2):
        results = left + right, left - right, left * right
        for relation, result in zip(regions.relations, results, strict=True):
            assert relation.table[left, right] == int(str(result + 10)[-1])  # the last digit of 1 to 91
    assert all(relation.binary and relation.table.shape == (10, 10) for relation in regions.relations)


def test_classes_of_other_data_are_regions_without_relations():
    regions, region_of_item = regions_of(symbols_of(12, ("cat", "dog")))
    assert (regions.names, regions.relations, regions.entities) == (("cat", "dog"), (), 2)
    assert np.bincount(region_of_item).tolist() == [12, 12]


def test_parts_of_the_protocol(all_sprites, view):
    parts = [view.splits[name] for name in ("train", "validation", "test")]
    assert all(part.dtype == np.int32 and (np.diff(part) > 0).all() for part in parts)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.flatnonzero(view.classes >= 0))
    groups = [np.unique(all_sprites.groups[part]) for part in parts]
    assert len(np.unique(np.concatenate(groups))) == sum(map(len, groups))
    for part, share in zip(parts, (0.8, 0.1, 0.1), strict=True):
        counts = np.bincount(view.classes[part], minlength=27)
        assert np.abs(counts - 450 * share).max() <= 4  # whole groups of one or two
        assert len(part) == pytest.approx(12_150 * share, abs=4)


def test_a_turn_and_its_repetition_share_a_part(all_sprites, view):
    part_of_item = np.full(sprites.SPRITES, -1)
    for number, part in enumerate(view.splits.values()):
        part_of_item[part] = number
    first = np.flatnonzero(np.arange(sprites.SPRITES) // 1024 % 40 == 0)
    assert np.array_equal(part_of_item[first], part_of_item[first + 39 * 1024])
    assert (part_of_item[first] >= 0).sum() == 27 * 75


def test_what_the_view_says(all_sprites, view):
    assert view.rows is all_sprites.rows
    assert view.attributes is all_sprites.attributes
    assert all_sprites.classes is None
    assert view.classes.dtype == np.int16
    assert view.class_names == SPRITE_GRID.regions().names
    json.dumps(view.description)
    assert view.description["protocol"] == "regions"
    regions, region_of_item = regions_of(view)
    assert len(regions.relations) == 5
    assert np.array_equal(region_of_item, view.classes)


def test_a_recipe_asks_for_regions(all_sprites, view):
    same = items_of(all_sprites, DataConfig(name="sprites", protocol="regions"))
    other = items_of(all_sprites, DataConfig(name="sprites", protocol="regions", split_seed=1))
    assert np.array_equal(same.split("test"), view.split("test"))
    assert not np.array_equal(other.split("test"), view.split("test"))
    assert other.description["protocol"] == "regions-seed-1"
    for wrong in ({"fold": 1}, {"heldout": 1}, {"folds": 5}):
        with pytest.raises(ValueError, match="alone"):
            DataConfig(name="sprites", protocol="regions", **wrong)


def test_stored_splits_of_classes_are_dealt_anew():
    view = with_protocol(symbols_of(40), Protocol("regions"))
    assert [np.bincount(view.classes[part]).tolist() for part in view.splits.values()] == [
        [32] * 13,
        [4] * 13,
        [4] * 13,
    ]


def test_data_without_regions(synthetic):
    with pytest.raises(
        RecipeError, match=r"^data.protocol: regions needs classes, sprites or scenes, and '.*' has none"
    ):
        with_protocol(synthetic, Protocol("regions"))


def test_other_values_are_no_sprites(all_sprites):
    moved = np.array(all_sprites.attributes[:1000])
    moved[7, 4] += 0.01
    with pytest.raises(RecipeError, match="'own' has none"):
        regions_of(pictures_of("own", SPRITE_TABLE, moved))
    fewer = AttributeTable([SPRITE_TABLE["shape"], SPRITE_TABLE["posx"]])
    with pytest.raises(RecipeError, match="'own' has none"):
        regions_of(pictures_of("own", fewer, all_sprites.attributes[:1000][:, [0, 3]]))


def test_a_region_with_too_few_items():
    dataset = symbols_of(20)
    rare = replace(dataset, classes=np.where(np.arange(260) == 0, 0, np.maximum(dataset.classes, 1)).astype(np.int16))
    with pytest.raises(
        RecipeError, match=r"^data.protocol: region '0' of 'symbols' has too few items for a \w+ part\.$"
    ):
        with_protocol(rare, Protocol("regions"))


def test_no_item_in_a_region(all_sprites):
    outside = pictures_of("sprites", SPRITE_TABLE, all_sprites.attributes[:1000])  # of the smallest scale
    with pytest.raises(RecipeError, match="0 groups, too few for 10 folds"):
        with_protocol(outside, Protocol("regions"))


@pytest.mark.parametrize(
    "regions", [SPRITE_GRID.regions(), SCENE_GRID.regions(), regions_of(symbols_of(1))[0]], ids=lambda r: r.names[0]
)
def test_regions_come_back_from_json(regions):
    content = json.loads(json.dumps(regions.to_dict()))
    again = regions_from_dict(content, FILE)
    assert again.to_dict() == regions.to_dict()
    assert all(relation.table.dtype == np.int32 for relation in again.relations)


def damaged(**changes):
    return {**SPRITE_GRID.regions().to_dict(), **changes}


def relation(**changes):
    return {"name": "left", "table": list(range(27)), "operator": None, **changes}


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {"names": ["a"]},
        damaged(names="abc"),
        damaged(names=[]),
        damaged(names=["a"] * 27),
        damaged(names=[1] * 27),
        damaged(entities="27"),
        damaged(entities=True),
        damaged(entities=28),
        damaged(entities=20),
        damaged(relations={}),
        damaged(relations=[{}]),
        damaged(relations=[3]),
        damaged(relations=[relation(name=1)]),
        damaged(relations=[relation(operator=1)]),
        damaged(relations=[relation(operator=99)]),
        damaged(relations=[relation(operator=1.0)]),
        damaged(relations=[relation(), relation()]),
        damaged(relations=[relation(), relation(name="add", table=[[0] * 27] * 27, operator=1)]),
        damaged(relations=[relation(table=[[0] * 27] * 27)]),
        damaged(relations=[relation(table=[[0] * 20] * 20, operator=1)]),
        *(
            damaged(relations=[relation(table=table)])
            for table in (
                [0] * 26,
                [-1] * 27,
                [27] * 27,
                [0.5] * 27,
                ["a"] * 27,
                [[0], 1],
                [2**32] * 27,
                [2**70] * 27,
                3,
            )
        ),
    ],
)
def test_damaged_regions(content):
    with pytest.raises(RunError, match=r"^regions\.json is damaged: .*\.$"):
        regions_from_dict(content, FILE)


def test_regions_that_do_not_fit():
    with pytest.raises(InputError, match=r"^Relation 'next': expected a table \(2,\), got \(3,\)\.$"):
        Regions(("a", "b"), (Relation("next", np.zeros(3, np.int32)),), 2)
    with pytest.raises(InputError, match=r"^Relation 'next': expected targets from 0 to 1\.$"):
        Regions(("a", "b"), (Relation("next", np.array([1, 2], np.int32)),), 2)
