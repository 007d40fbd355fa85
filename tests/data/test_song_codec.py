"""Phrases of songs as items: scores of reconstruction, baselines, likeness to music, and the way through JSON."""

import json

import numpy as np
import pytest

from latune.attributes import Attribute
from latune.data.codec_registry import codec_from_dict
from latune.data.song_codec import SongCodec, majority_tokens
from latune.errors import InputError
from latune.music.songs.phrases import phrases_of
from latune.music.songs.synthesis import GENRES, synthetic_song
from latune.music.songs.tokens import HOLD, SILENCE, STEPS, SYMBOLS, TRACKS, plain

CODEC = SongCodec()


@pytest.fixture(scope="module")
def phrases():
    return np.stack([phrases_of(synthetic_song(genre, 0)).tokens[0] for genre in range(len(GENRES))])


@pytest.fixture(scope="module")
def noise():
    rng = np.random.default_rng(0)
    tokens = rng.integers(0, SYMBOLS, (8, STEPS, 4)).astype(np.uint8)
    return plain(np.where(rng.random(tokens.shape) < 0.4, tokens, HOLD))


def test_what_an_item_is(phrases):
    assert phrases.shape[1:] == CODEC.item_shape == (256, 4)
    assert CODEC.symbols == 130
    assert CODEC.cuts == tuple(range(16, 256, 16))
    assert CODEC.measurable
    assert not CODEC.binary
    assert CODEC.measure(phrases).shape == (8, 30)


def test_an_item_is_equal_to_itself(phrases):
    scores = CODEC.compare(phrases, phrases)
    assert next(iter(scores)) == "token_accuracy"
    assert all((values == 1).all() for values in scores.values())
    assert (CODEC.similarity(phrases, phrases) == 1).all()


def test_scores_by_hand(phrases):
    item = np.full((1, STEPS, 4), HOLD, np.uint8)
    item[:, 0] = SILENCE
    item[:, ::16, 1] = 40
    decoded = item.copy()
    decoded[:, 16:32, 1] = HOLD  # a note lost
    decoded[:, 32, 1] = 41  # a note with another pitch
    decoded[:, 50, 3] = 70  # a note too many
    scores = {name: float(values[0]) for name, values in CODEC.compare(decoded, item).items()}
    assert scores == pytest.approx(
        {
            "token_accuracy": 1 - 3 / 1024,
            "accuracy_drums": 1.0,
            "accuracy_bass": 1 - 2 / 256,
            "accuracy_guitar": 1.0,
            "accuracy_strings": 1 - 1 / 256,
            "onset_f1": 2 * 15 / (16 + 16),
            "note_f1": 2 * 14 / (16 + 16),
            "exact_bars": 13 / 16,
            "exact_items": 0.0,
        }
    )
    assert CODEC.similarity(decoded, item) == pytest.approx(scores["token_accuracy"])


def test_baselines(phrases):
    expected = [np.bincount(phrases[:, :, track].ravel()).argmax() for track in range(4)]
    assert majority_tokens(phrases).tolist() == expected
    of_tracks = CODEC.track_baselines(phrases, phrases)
    for place, track in enumerate(TRACKS):
        assert np.array_equal(of_tracks[f"accuracy_{track}"], (phrases[..., place] == expected[place]).mean(axis=1))
    assert CODEC.baseline(phrases, phrases) == pytest.approx(np.mean(list(of_tracks.values()), axis=0))
    assert CODEC.baseline(phrases, phrases).mean() > 0.4


def test_the_majority_is_counted_in_pieces(phrases):
    many = np.tile(phrases, (1025, 1, 1))
    assert len(many) > 8192
    assert np.array_equal(majority_tokens(many), majority_tokens(phrases))


def test_empty_phrases(phrases):
    silent = np.full((1, STEPS, 4), HOLD, np.uint8)
    assert CODEC.empty(np.concatenate([silent, phrases[:1]])).tolist() == [True, False]


def test_through_json(phrases):
    again = codec_from_dict(json.loads(json.dumps(CODEC.to_dict())))
    assert isinstance(again, SongCodec)
    assert np.array_equal(again.measure(phrases), CODEC.measure(phrases))


def test_own_attributes(phrases):
    def busiest_track(tokens):
        return (tokens < SILENCE).sum(axis=1).argmax(axis=1).astype(float)

    codec = CODEC.with_attributes([Attribute("busiest_track", "track", 0, 3, measure=busiest_track)])
    values = codec.measure(phrases, ["all_notes", "busiest_track"])
    assert np.array_equal(values[:, 1], busiest_track(phrases))
    assert np.array_equal(values[:, 0], CODEC.measure(phrases, ["all_notes"])[:, 0])
    assert len(codec.table) == 31
    assert len(CODEC.table) == 30
    with pytest.raises(InputError, match="'busiest_track' has the name of another one"):
        codec.with_attributes([Attribute("busiest_track", "track", 0, 3)])


def test_music_is_unlike_noise(phrases, noise):
    music, random = (CODEC.quality(items, phrases) for items in (phrases, noise))
    assert list(music) == list(random)
    assert len(music) == 4 + 4 + 3 + 2 + 3
    for name in ("key_consistency", "drum_regularity", "groove_similarity_drums", "note_length_overlap_strings"):
        assert music[name].mean() > random[name].mean() + 0.1, name
    assert music["key_consistency"].min() > 0.99
    assert all((music[f"empty_bars_{track}"] == 0).all() for track in TRACKS)
    assert "note_length_overlap_bass" not in CODEC.quality(phrases)


def test_silence_has_no_quality():
    silent = np.full((2, STEPS, 4), HOLD, np.uint8)
    scores = CODEC.quality(silent)
    assert (scores["empty_bars_drums"] == 1).all()
    for name in ("key_consistency", "drum_regularity", "pitch_class_entropy_bass"):
        assert np.isnan(scores[name]).all()
