"""Augmentation: items of an epoch made and measured anew, the same for the same seed and epoch."""

import numpy as np
import pytest
import torch

import small_songs
from latune.data.augmentation import NEIGHBOURS, Crossover, Transposition
from latune.data.batches import Batches
from latune.errors import RecipeError
from latune.music.songs.tokens import DRUMS, SILENT, sounding


def test_items_are_joined_from_neighbours_at_a_beat(synthetic):
    items, _ = Crossover(synthetic, "train", 1.0, seed=0).epoch(0)
    base = np.asarray(synthetic.items[synthetic.split("train")])
    assert items.shape == base.shape
    assert (items != base).any()
    for number, item in enumerate(items):
        nearby = base[max(0, number - NEIGHBOURS) : number + NEIGHBOURS + 1]
        joined = [
            (item[:cut] == base[number][:cut]).all() and (item[cut:] == other[cut:]).all()
            for cut in synthetic.codec.cuts
            for other in nearby
        ]
        assert any(joined)


def test_attributes_are_those_of_the_new_items(synthetic):
    items, attributes = Crossover(synthetic, "train", 0.5, seed=0).epoch(3)
    np.testing.assert_allclose(attributes, synthetic.codec.measure(items), rtol=1e-6)


def test_share_seed_and_epoch_decide(synthetic):
    base = np.asarray(synthetic.items[synthetic.split("train")])
    assert (Crossover(synthetic, "train", 0.0, seed=0).epoch(0)[0] == base).all()
    first = Crossover(synthetic, "train", 0.5, seed=1).epoch(2)[0]
    assert (first == Crossover(synthetic, "train", 0.5, seed=1).epoch(2)[0]).all()
    assert (first != Crossover(synthetic, "train", 0.5, seed=1).epoch(3)[0]).any()
    assert (first != Crossover(synthetic, "train", 0.5, seed=2).epoch(2)[0]).any()


def test_items_without_cuts_are_refused(synthetic, monkeypatch):
    monkeypatch.setattr(type(synthetic.codec), "cuts", ())
    with pytest.raises(RecipeError, match="crossover"):
        Crossover(synthetic, "train", 0.5, seed=0)


def test_phrases_in_other_keys():
    songs = small_songs.small_songs()
    transposition = Transposition(songs, "train", seed=0)
    moved, attributes = transposition.epoch(1)
    base = songs.items[songs.split("train")]
    before, after = sounding(base), sounding(moved)
    assert np.array_equal(after[..., DRUMS], before[..., DRUMS])
    both = (before[..., 1:] != SILENT) & (after[..., 1:] != SILENT)
    shifts = np.where(both, after[..., 1:] - before[..., 1:], 99)
    keys = [np.unique(phrase[phrase != 99]) for phrase in shifts]
    assert {len(key) for key in keys} == {1}  # every phrase has one key
    assert {int(key[0]) for key in keys} <= set(range(-5, 7))
    assert len({int(key[0]) for key in keys}) > 6
    assert np.allclose(attributes, songs.codec.measure(moved))
    assert np.array_equal(transposition.epoch(1)[0], moved)
    assert not np.array_equal(transposition.epoch(2)[0], moved)


def test_transposed_phrases_keep_their_genre():
    songs = small_songs.small_songs()
    batch = Batches(songs, "train", 8, 0, torch.device("cpu"), augmentation=Transposition(songs, "train", 0)).at(0)
    assert (batch.labels.sum(dim=1) == 1).all()


def test_only_songs_are_transposed(synthetic):
    with pytest.raises(RecipeError, match=r"data\.transpose: 'chorales' holds no phrases of songs"):
        Transposition(synthetic, "train", 0)
