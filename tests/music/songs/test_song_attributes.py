"""The thirty sweep attributes on a phrase made by hand."""

import numpy as np
import pytest

from latune.data.song_codec import SongCodec
from latune.errors import RecipeError
from latune.music.songs import attributes
from latune.music.songs.attributes import SONG_ATTRIBUTES
from latune.music.songs.tokens import HOLD, SILENCE, STEPS, SYMBOLS, tokens_of

BY_HAND = {
    "drums": (4, 248, 4, 42, 36, 39.0),
    "bass": (3, 253, 0, 43, 33, 38.0),
    "guitar": (0, 255, 1, -1, 128, 0.0),
    "strings": (2, 253, 1, 127, 60, 93.5),
    "all": (9, 1009, 6, 127, 33, (38.0 + 0 + 93.5) / 3),
}
STATISTICS = ("notes", "holds", "silences", "highest", "lowest", "mean_pitch")


@pytest.fixture
def phrase():
    pitches = np.full((STEPS, 4), -1)
    pitches[[0, 4, 8, 12], 0] = [36, 42, 36, 42]
    pitches[:100, 1], pitches[100:200, 1], pitches[200:, 1] = 33, 43, 38
    pitches[10:20, 3], pitches[20:, 3] = 60, 127
    return tokens_of(pitches)


def test_by_hand(phrase):
    measured = SongCodec().measure(phrase[None])[0]
    expected = {
        f"{track}_{name}": value for track, row in BY_HAND.items() for name, value in zip(STATISTICS, row, strict=True)
    }
    assert SONG_ATTRIBUTES.names == tuple(expected)
    assert dict(zip(SONG_ATTRIBUTES.names, measured, strict=True)) == pytest.approx(expected)


def test_together_and_one_by_one():
    tokens = np.random.default_rng(0).integers(0, SYMBOLS, (9, STEPS, 4)).astype(np.uint8)
    together = SongCodec().measure(tokens)
    assert np.array_equal(together, SONG_ATTRIBUTES.measure(tokens))
    assert np.array_equal(SongCodec().measure(tokens, ["all_lowest", "bass_notes"]), together[:, [28, 6]])
    for attribute, column in zip(SONG_ATTRIBUTES, together.T, strict=True):
        assert attribute.low <= column.min() <= column.max() <= attribute.high


def test_every_step_is_a_note_a_hold_or_a_silence():
    tokens = np.random.default_rng(1).integers(0, SYMBOLS, (5, STEPS, 4)).astype(np.uint8)
    counts = SongCodec().measure(tokens, [f"all_{name}" for name in STATISTICS[:3]])
    assert (counts.sum(axis=1) == 4 * STEPS).all()


@pytest.mark.parametrize("count", [0, 2, 3, 7])
def test_many_phrases_are_as_each_alone(count, monkeypatch):
    tokens = np.random.default_rng(0).integers(0, SYMBOLS, (count, STEPS, 4)).astype(np.uint8)
    expected = [SongCodec().measure(one[None])[0] for one in tokens]
    monkeypatch.setattr(attributes, "AT_ONCE", 3)
    assert np.array_equal(SongCodec().measure(tokens), np.reshape(expected, (count, 30)))


def test_pitch_zero_counts():
    tokens = np.full((1, STEPS, 4), HOLD, np.uint8)
    tokens[0, 0] = SILENCE
    tokens[0, 8, 1] = 0
    names = ["bass_notes", "bass_highest", "bass_lowest", "bass_mean_pitch"]
    assert SongCodec().measure(tokens, names)[0].tolist() == [1, 0, 0, 0]


def test_unknown_names():
    with pytest.raises(RecipeError, match="Unknown attribute 'piano_notes'"):
        SongCodec().measure(np.zeros((1, STEPS, 4), np.uint8), ["piano_notes"])
