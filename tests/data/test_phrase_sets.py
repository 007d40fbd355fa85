"""Phrases: windows stay within tunes and splits, and their attributes are those of their measures."""

from dataclasses import replace

import numpy as np
import pytest

from latune.data.augmentation import Crossover
from latune.data.codec_registry import codec_from_dict
from latune.data.phrase_codec import PhraseCodec
from latune.data.phrases import phrase_dataset, windows
from latune.data.store import load_dataset, store_dataset
from latune.errors import DataError, RecipeError


@pytest.fixture(scope="module")
def tunes(synthetic):
    """The synthetic measures, which know which of them follow each other."""
    return replace(synthetic, name="tunes", sequences=synthetic.groups)


@pytest.mark.parametrize("hop", [1, 3])
def test_windows_never_cross_sequences(hop):
    sequences = np.repeat([4, 0, 7, 2], [5, 1, 4, 6]).astype(np.int32)
    found = windows(sequences, 4, hop)
    assert np.all(np.diff(found, axis=1) == 1)
    assert np.all(sequences[found] == sequences[found][:, :1])
    assert found[:, 0].tolist() == ([0, 1, 6, 10, 11, 12] if hop == 1 else [0, 6, 10])


def test_windows_of_nothing():
    assert windows(np.zeros(0, np.int32), 4, 1).shape == (0, 4)
    assert windows(np.zeros(3, np.int32), 4, 1).shape == (0, 4)


def test_phrases_inherit_splits_and_groups(tunes):
    phrases = phrase_dataset(tunes, 4)
    assert phrases.items.shape[1:] == (4, 24)
    for name in ("train", "validation", "test"):
        inherited = set(phrases.groups[phrases.split(name)])
        assert inherited == set(tunes.groups[tunes.split(name)])
    assert sum(len(phrases.split(name)) for name in phrases.splits) == len(phrases.items)
    assert phrases.description["phrases"]["measures_in_no_phrase"] == 0


def test_short_sequences_are_left_out_and_counted(tunes):
    sequences = np.arange(len(tunes.items)) // 3
    sequences[-2:] = sequences[-3]  # the last one has five measures, the others three
    phrases = phrase_dataset(replace(tunes, sequences=sequences.astype(np.int32)), 4)
    assert len(phrases.items) == 2
    assert phrases.description["phrases"]["short_sequences_left_out"] > 100


def test_attributes_of_the_whole_are_means_and_of_each_are_its_own(tunes):
    phrases = phrase_dataset(tunes, 4)
    codec = phrases.codec
    assert codec.table.names[: len(tunes.table)] == tunes.table.names
    assert np.allclose(codec.measure(phrases.items[:20]), phrases.attributes[:20], atol=1e-5)
    density = codec.measure(phrases.items, ["note_density"])[:, 0]
    each = codec.measure(phrases.items, [f"note_density_{number}" for number in (1, 2, 3, 4)])
    assert np.allclose(density, each.mean(axis=1))
    third = tunes.codec.measure(np.asarray(phrases.items)[:, 2], ["note_density"])[:, 0]
    assert np.array_equal(each[:, 2], third)


def test_scores_of_phrases(tunes):
    phrases = phrase_dataset(tunes, 4)
    items = np.asarray(phrases.items[:10])
    broken = items.copy()
    broken[:, 1, 0] = (broken[:, 1, 0] + 1) % phrases.codec.symbols
    scores = phrases.codec.compare(broken, items)
    assert np.allclose(scores["token_accuracy"], 95 / 96)
    assert np.all(scores["exact_items"] == 0)
    assert np.allclose(scores["exact_measures"], 3 / 4)
    assert np.allclose(phrases.codec.similarity(broken, items), 95 / 96)


def test_codec_round_trip(tunes):
    codec = PhraseCodec(tunes.codec, 5)
    again = codec_from_dict(codec.to_dict())
    assert again.to_dict() == codec.to_dict()
    assert again.item_shape == (5, 24)
    assert again.table.names == codec.table.names


def test_sequences_are_stored(tunes, data_folder):
    store_dataset(tunes)
    assert np.array_equal(load_dataset("tunes").sequences, tunes.sequences)


def test_crossed_phrases_are_measured_anew(tunes):
    phrases = phrase_dataset(tunes, 4)
    items, attributes = Crossover(phrases, "train", 1.0, 0).epoch(0)
    assert items.shape == phrases.items[phrases.split("train")].shape
    assert np.allclose(attributes, phrases.codec.measure(items), atol=1e-5)


def test_refusals(synthetic, tunes, ellipses):
    with pytest.raises(DataError, match="prepare chorales --again"):
        phrase_dataset(replace(synthetic, sequences=None), 4)
    with pytest.raises(RecipeError, match="2 to 16"):
        phrase_dataset(tunes, 17)
    with pytest.raises(RecipeError, match="not measures"):
        phrase_dataset(ellipses, 4)
