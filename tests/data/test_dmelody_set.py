"""The data set of melodies: items, factors, splits and their codec."""

import numpy as np
import pytest

from latune.attributes import Attribute
from latune.data.codec_registry import codec_from_dict
from latune.data.dmelody_codec import DMELODY_TABLE, REST_TOKEN, DMelodyCodec
from latune.data.registry import DATASETS, prepare_dataset
from latune.data.store import load_dataset
from latune.errors import RecipeError
from latune.music.dmelodies import FACTOR_SIZES, FACTORS, MELODIES, melody_factors, render_melodies
from latune.music.measure import REST, events_from_ticks

CODEC = DMelodyCodec()


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATUNE_DATA", str(tmp_path_factory.mktemp("dmelodies")))
        prepare_dataset("dmelodies")
        yield load_dataset("dmelodies")


def some(count):
    factors = melody_factors(np.random.default_rng(0).choice(MELODIES, count, replace=False))
    return factors, CODEC.tokens(render_melodies(factors))


def test_items_and_factors(dataset):
    assert dataset.items.shape == (MELODIES, 16)
    assert dataset.items.dtype == np.uint8
    assert np.array_equal(np.unique(dataset.items), np.arange(CODEC.symbols))  # every symbol occurs
    assert dataset.table.names == FACTORS
    chosen = np.random.default_rng(1).choice(MELODIES, 5000, replace=False)
    assert np.array_equal(dataset.attributes[chosen], CODEC.measure(dataset.items[chosen]))
    assert [attribute.high + 1 for attribute in dataset.table] == list(FACTOR_SIZES)
    assert np.array_equal(dataset.attributes.max(axis=0) + 1, FACTOR_SIZES)


def test_splits_cover_every_melody_once(dataset):
    parts = [dataset.split(name) for name in ("train", "validation", "test")]
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(MELODIES))
    assert len(parts[0]) == round(0.7 * MELODIES)
    assert dataset.description["overlap"] == {"test_items": len(parts[2]), "test_items_also_in_train": 0}
    for part in parts:  # every split holds every value of every factor, about equally often
        values = np.asarray(dataset.attributes[np.random.default_rng(0).permutation(part)[:20_000]])
        for column, size in enumerate(FACTOR_SIZES):
            shares = np.bincount(values[:, column].astype(int), minlength=size) / len(values)
            assert np.abs(shares * size - 1).max() < 0.25


def test_says_where_it_comes_from(dataset):
    assert "2007.15067" in dataset.description["source"]
    assert "CC BY-NC-SA 4.0" in dataset.description["licence"]
    assert DATASETS["dmelodies"].options == ()


def test_codec_round_trip():
    factors, items = some(500)
    codec = codec_from_dict(CODEC.to_dict())
    assert isinstance(codec, DMelodyCodec)
    assert np.array_equal(codec.tokens(codec.pitches(items)), items)
    assert np.array_equal(codec.measure(items), factors)
    assert np.array_equal(codec.measure(items, ["arp_chord1", "tonic"]), factors[:, [5, 0]])
    with pytest.raises(RecipeError, match="Unknown attribute 'contour'"):
        codec.measure(items, ["contour"])


def test_ticks_are_two_measures_of_eighths():
    _, items = some(50)
    ticks = CODEC.ticks(items)
    assert ticks.shape == (50, 2, 24)
    for measures, pitches in zip(ticks, CODEC.pitches(items), strict=True):
        events = events_from_ticks(measures)
        assert np.array_equal(events.onsets, np.arange(16) / 2)
        assert np.array_equal(events.durations, np.full(16, 0.5))
        assert np.array_equal(events.pitches, np.where(pitches < 0, REST, pitches))


def test_scores():
    _, items = some(40)
    decoded = items.copy()
    scores = CODEC.compare(decoded, items)
    assert next(iter(scores)) == "token_accuracy"
    assert all((values == 1).all() for values in scores.values())
    decoded[:, 0] = np.where(items[:, 0] == REST_TOKEN, 7, REST_TOKEN)  # one eighth is wrong: seven notes, or five
    scores = CODEC.compare(decoded, items)
    assert (scores["token_accuracy"] == 15 / 16).all()
    assert (scores["exact_items"] == 0).all()
    assert (scores["onset_f1"] < 1).all()
    assert (scores["nearest_melody"] < 1).all()
    assert np.array_equal(CODEC.similarity(items, decoded), scores["token_accuracy"])
    assert np.array_equal(CODEC.baseline(items, items), np.full(40, 0.25))  # four of sixteen eighths rest


def test_what_the_codec_says_of_items():
    assert (CODEC.item_shape, CODEC.symbols, CODEC.cuts) == ((16,), 51, (4, 8, 12))
    assert {attribute.kind for attribute in DMELODY_TABLE} == {"ordinal", "categorical"}


def test_own_attributes_read_ticks():
    factors, items = some(30)
    climb = Attribute("climb", "semitones", -50, 50, measure=lambda ticks: (ticks.max(axis=1) - 60).astype(float))
    codec = CODEC.with_attributes([climb])
    values = codec.measure(items, ["climb", "octave"])
    assert np.array_equal(values, np.column_stack([codec.pitches(items).max(axis=1) - 60, factors[:, 1]]))
    assert codec.to_dict() == CODEC.to_dict()
    assert len(CODEC.table) == 9
