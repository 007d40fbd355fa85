"""The real corpus, read once: counts as in the specification, no leak in the default split."""

import numpy as np
import pytest

from latune.data.chorales import _read_chorale, build_chorales, build_parity_chorales
from latune.data.store import load_dataset
from latune.music.measure import END, HIGHEST_PITCH, HOLD, LOWEST_PITCH, START, midi_vocabulary, ticks_from_events
from latune.music.tune import tune_from_ticks

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stored(chorale_folder):
    """A function from a name to the data set as it was stored."""

    def load(name):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LATUNE_DATA", str(chorale_folder))
            return load_dataset(name)

    return load


@pytest.fixture(scope="module")
def default(stored):
    return stored("chorales")


@pytest.fixture(scope="module")
def parity(stored):
    return stored("chorales-parity")


def intervals(ticks):
    """A melody without its pitch level."""
    return np.where(ticks >= 0, ticks - ticks[ticks >= 0][0], ticks).tobytes()


def test_accepted_and_rejected(chorale_corpus, default):
    accepted, rejected = chorale_corpus
    assert (len(accepted), len(rejected)) == (346, 25)
    assert sum("parts: expected 4" in row["reason"] for row in rejected) == 20
    assert sum("off the grid" in row["reason"] for row in rejected) == 4
    assert sum(chorale.metres == ("4/4",) for chorale in accepted) == len(default.description["tunes"]) == 308
    assert len(default.description["rejected"]) == 371 - 308
    assert all(row["reason"].endswith(".") for row in default.description["rejected"])


def test_parity_counts(parity, chorale_corpus):
    ticks = parity.codec.ticks(parity.items)
    assert len(ticks) == 108_052
    assert (ticks == START).all(axis=1).sum() == 6_290 == sum(len(chorale.shifts) for chorale in chorale_corpus[0])
    assert (ticks == START).any(axis=1).sum() == 6_290
    assert (ticks == END).any(axis=1).sum() == 4_228
    assert parity.codec.symbols == 77
    untransposed = sum(1 + int(np.ceil(chorale.length / 4)) for chorale in chorale_corpus[0])
    assert untransposed == 6_006
    assert len(np.unique(parity.items, axis=0)) == pytest.approx(26_952, abs=5)
    assert np.mean(ticks == HOLD) == pytest.approx(0.787, abs=5e-4)
    assert len(parity.splits["train"]) == 75_636
    assert len(parity.splits["validation"]) == pytest.approx(21_610, abs=1)
    assert len(parity.splits["test"]) == 5_403
    assert parity.description["overlap"]["test_items_also_in_train"] / 5_403 == pytest.approx(0.84, abs=0.01)


@pytest.mark.parametrize("name", ["default", "parity"])
def test_stored_attributes_are_those_of_the_items(name, request):
    dataset = request.getfixturevalue(name)
    assert np.allclose(dataset.attributes, dataset.codec.measure(dataset.items), atol=1e-5)
    pitches = dataset.codec.ticks(dataset.items)
    pitches = pitches[pitches >= 0]
    assert pitches.min() >= LOWEST_PITCH
    assert pitches.max() <= HIGHEST_PITCH


def test_tune_items_tune_is_the_identity(chorale_corpus):
    vocabulary = midi_vocabulary()
    for chorale in chorale_corpus[0]:
        tune = tune_from_ticks(chorale.ticks)
        back = tune_from_ticks(vocabulary.ticks_from_tokens(vocabulary.tokens_from_ticks(tune.performed)))
        np.testing.assert_array_equal(back.ticks, chorale.ticks)
        np.testing.assert_array_equal(ticks_from_events(back.events), chorale.ticks)


def test_default_has_no_padding(default):
    assert default.codec.symbols == 32
    assert default.codec.ticks(default.items).min() > START


def test_splits_cut_no_group(default):
    parts = [set(default.groups[part].tolist()) for part in default.splits.values()]
    assert sum(len(part) for part in parts) == len(set().union(*parts)) == len(set(default.groups.tolist()))
    everything = np.sort(np.concatenate(list(default.splits.values())))
    assert np.array_equal(everything, np.arange(len(default.items)))


def test_no_test_melody_is_trained_on_in_any_transposition(default, chorale_corpus):
    fours = [chorale for chorale in chorale_corpus[0] if chorale.metres == ("4/4",)]
    split_of_group = {int(g): name for name, part in default.splits.items() for g in np.unique(default.groups[part])}
    start, melodies = 0, {"train": set(), "validation": set(), "test": set()}
    for chorale in fours:  # items lie in the order of the corpus
        split = split_of_group[int(default.groups[start])]
        copies = len(chorale.shifts) if split == "train" else 1
        copy = default.codec.ticks(default.items[start : start + len(chorale.ticks)])
        assert intervals(copy) == intervals(chorale.ticks)
        melodies[split].add(intervals(chorale.ticks))
        start += copies * len(chorale.ticks)
    assert start == len(default.items)
    assert not melodies["test"] & melodies["train"]
    assert not melodies["validation"] & melodies["train"]


def test_transpositions_are_all_there(default, chorale_corpus):
    """The training part holds every training tune in every key of the range, the others as written."""
    ticks = default.codec.ticks(default.items)
    fours = {intervals(c.ticks): c for c in chorale_corpus[0] if c.metres == ("4/4",)}
    held_out = sum(len(default.splits[name]) for name in ("validation", "test"))
    assert held_out < sum(len(c.ticks) for c in fours.values()) < len(default.splits["train"])
    trained = ticks[default.splits["train"]]
    pitches = trained[trained >= 0]
    assert (pitches.min(), pitches.max()) == (LOWEST_PITCH, HIGHEST_PITCH)


def test_a_second_preparation_is_identical(chorale_corpus, default, parity):
    for again, before in ((build_chorales(*chorale_corpus), default), (build_parity_chorales(*chorale_corpus), parity)):
        for array in ("items", "attributes", "groups"):
            assert np.array_equal(getattr(again, array), getattr(before, array))
        assert all(np.array_equal(again.splits[name], part) for name, part in before.splits.items())
        assert again.codec.to_dict() == before.codec.to_dict()
        assert before.description == before.description | again.description  # storing adds to it
    for chorale in chorale_corpus[0][::25]:  # reading itself, this time in this process
        read = _read_chorale(chorale.name)
        assert np.array_equal(read.ticks, chorale.ticks)
        assert (read.names, read.metres, read.length) == (chorale.names, chorale.metres, chorale.length)
