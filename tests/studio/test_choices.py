"""Items of a gallery: tunes get their names, pictures come from all classes."""

from dataclasses import replace

import numpy as np
import pytest

from latune.attributes import Attribute, AttributeTable
from latune.data.dataset import Dataset
from latune.data.midi import TABLE
from latune.data.picture_codec import PictureCodec
from latune.data.store import data_home
from latune.music.measure import transposed
from latune.studio.picture_choice import PICTURES, choose_pictures
from latune.studio.song_choice import choose_songs
from latune.studio.tune_choice import tune_names


def with_keys(synthetic, names):
    """Four tunes, of which the first and the third occur in three keys, as training tunes do."""
    ticks = synthetic.codec.ticks(synthetic.items)
    parts = []
    for tune, keys in zip(range(4), (3, 1, 3, 1), strict=True):
        own = ticks[synthetic.groups == tune]
        parts += [transposed(own, shift) for shift in range(keys)]
    items = synthetic.codec.vocabulary.tokens_from_ticks(np.concatenate(parts))
    sequences = np.repeat(np.arange(len(parts), dtype=np.int32), [len(part) for part in parts])
    values = np.zeros((len(items), len(synthetic.table)), np.float32)
    return Dataset("keys", items, values, sequences, {}, synthetic.codec, {"tunes": names}, sequences=sequences)


def test_names_of_tunes(synthetic):
    dataset = with_keys(synthetic, ["bach/bwv347", "corpus/ryan/a.abc: Lark", "bach/bwv40.8", "b"])
    lark = "a.abc: Lark"
    assert tune_names(dataset) == dict(enumerate([*["BWV 347"] * 3, lark, *["BWV 40.8"] * 3, "b"]))


def test_no_name_rather_than_a_wrong_one(synthetic):
    assert tune_names(with_keys(synthetic, ["one", "two", "three"])) == {}
    assert tune_names(replace(with_keys(synthetic, ["1", "2", "3", "4"]), sequences=None)) == {}


@pytest.fixture(scope="module")
def shapes():
    """3000 pictures of three shapes, of which hearts are rare, with a size that is seldom large."""
    generator = np.random.default_rng(0)
    shape = generator.choice([1, 2, 3], 3000, p=[0.6, 0.39, 0.01])
    size = generator.beta(1, 12, 3000)
    unit = "1 square, 2 ellipse, 3 heart"
    kinds = Attribute("shape", unit, 1, 3, kind="categorical"), Attribute("size", "share", 0, 1)
    codec = PictureCodec((1, 4, 4), 255, "none", AttributeTable(kinds))
    items = generator.integers(0, 256, (3000, 1, 4, 4)).astype(np.uint8)
    values = np.column_stack([shape, size]).astype(np.float32)
    numbers = np.arange(3000)
    return Dataset("shapes", items, values, numbers.astype(np.int32), {"test": numbers}, codec)


def test_pictures_of_all_shapes_that_differ_in_size(shapes):
    chosen = choose_pictures(shapes, seed=0)
    shape = np.array([name.split(",")[0] for name in chosen.names])
    hearts = int((shapes.attributes[:, 0] == 3).sum())
    assert {name: int((shape == name).sum()) for name in set(shape)} == {"square": 40, "ellipse": 40, "heart": hearts}
    places = np.array([int(name.rsplit(" ", 1)[1]) for name in chosen.names])
    assert np.array_equal(chosen.items, shapes.items[places])
    size = shapes.attributes[places[shape == "square"], 1]
    of_all = shapes.attributes[shapes.attributes[:, 0] == 1, 1]
    assert size.std() > 1.3 * of_all.std()  # as different as can be, not as frequent as they are


def test_the_choice_is_that_of_the_seed(shapes):
    first, again, other = (choose_pictures(shapes, seed) for seed in (1, 1, 2))
    assert first.names == again.names != other.names
    assert len(first.names) <= PICTURES


def test_equal_pictures_are_chosen_once(shapes):
    same = replace(shapes, attributes=np.ones_like(shapes.attributes))
    assert len(choose_pictures(same, 0).names) == 1


def test_phrases_of_a_song_that_follow_each_other(songs):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    place = np.arange(len(songs.items)) % 2
    columns = {"song": songs.groups, "file": [f"disco/{group:03}.mid" for group in songs.groups]}
    columns |= {"start_bar": 16 * place, "program_drums": np.zeros(len(place), np.uint8)}
    path = data_home() / songs.name / TABLE
    parquet.write_table(pyarrow.table(columns), path)
    try:
        chosen = choose_songs(songs)
        columns["start_bar"] = 4 * place  # they overlap
        parquet.write_table(pyarrow.table(columns), path)
        overlapping = choose_songs(songs)
    finally:
        path.unlink()
    first = songs.split("test")[0]
    assert chosen.names[:2] == (
        f"disco/{songs.groups[first]:03}, phrase 1",
        f"disco/{songs.groups[first]:03}, phrase 2",
    )
    assert [tune.count for tune in chosen.tunes] == [2] * len(chosen.tunes)
    assert [tune.count for tune in overlapping.tunes] == [1] * len(overlapping.tunes)
