"""Crossover: halves of neighbours, measured anew, the same for the same seed and epoch."""

import numpy as np
import pytest

from latune.data.augmentation import NEIGHBOURS, Crossover
from latune.errors import RecipeError


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
