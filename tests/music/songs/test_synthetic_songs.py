"""Synthetic songs: every bar is full, seeds count, genres can be told apart, though not by one number."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from latune.errors import InputError
from latune.music.songs.attributes import SONG_ATTRIBUTES, measure_song_attributes
from latune.music.songs.lines import track_of
from latune.music.songs.phrases import phrases_of
from latune.music.songs.styles import STYLES
from latune.music.songs.synthesis import GENRES, synthetic_song
from latune.music.songs.tokens import TRACKS, onsets

SEEDS = 24
TRAINING = 16  # seeds of each genre


@pytest.fixture(scope="module")
def songs():
    return {(genre, seed): synthetic_song(genre, seed) for genre in range(len(GENRES)) for seed in range(SEEDS)}


@pytest.fixture(scope="module")
def phrases(songs):
    """Every eighth phrase of every song; its genre; whether it is for training."""
    tokens, genres, training = [], [], []
    for (genre, seed), song in songs.items():
        found = phrases_of(song).tokens[::8]
        tokens.append(found)
        genres += [genre] * len(found)
        training += [seed < TRAINING] * len(found)
    return np.concatenate(tokens), np.array(genres), np.array(training)


def test_all_tracks_sound_in_every_bar(songs):
    for song in songs.values():
        bars = song.steps // 16
        assert 24 <= bars <= 40
        assert [track_of(part) for part in song.parts] == list(TRACKS)
        assert len(phrases_of(song).start_bars) > 0
        for part in song.parts:
            sounding = np.zeros(song.steps + 1, int)
            ends = part.start + 1 if part.is_drum else part.end
            np.add.at(sounding, part.start, 1)
            np.add.at(sounding, ends, -1)
            filled = np.concatenate([[0], np.cumsum(np.cumsum(sounding)[:-1] > 0)])
            assert (filled[16:] > filled[:-16]).all()  # any sixteen steps in a row


def test_no_window_is_lost(songs):
    """Windows are dropped only where the song repeats itself to the letter."""
    for song in list(songs.values())[::7]:
        starts = phrases_of(song).start_bars
        assert len(starts) > (song.steps // 16 - 15) / 2
        assert starts[0] == 0


def test_notes_are_in_order_and_in_range(songs):
    for song in songs.values():
        for part in song.parts:
            assert (np.diff(part.start) >= 0).all()
            assert (part.end > part.start).all()
            assert part.end.max() <= song.steps
            assert 0 <= part.pitch.min() <= part.pitch.max() < 128


def test_equal_seeds_give_equal_songs():
    one, same, other = synthetic_song(2, 5), synthetic_song(2, 5), synthetic_song(2, 6)
    for part, again in zip(one.parts, same.parts, strict=True):
        assert np.array_equal(part.pitch, again.pitch)
        assert np.array_equal(part.start, again.start)
    assert not np.array_equal(one.parts[3].pitch, other.parts[3].pitch)


def test_genres_are_told_apart_by_their_rhythms(phrases):
    tokens, genres, training = phrases
    rhythms = onsets(tokens).reshape(len(tokens), 16, 16, 4).mean(axis=1).reshape(len(tokens), -1)
    classifier = LogisticRegression(C=10, max_iter=1000).fit(rhythms[training], genres[training])
    assert classifier.score(rhythms[~training], genres[~training]) >= 0.9


def test_no_attribute_tells_genres_apart_alone(phrases):
    tokens, genres, training = phrases
    values = measure_song_attributes(tokens, SONG_ATTRIBUTES.names)
    for name, column in zip(SONG_ATTRIBUTES.names, values.T, strict=True):
        tree = DecisionTreeClassifier(max_leaf_nodes=32, min_samples_leaf=4, random_state=0)
        tree.fit(column[training, None], genres[training])
        assert tree.score(column[~training, None], genres[~training]) < 0.8, name


def test_no_pitch_belongs_to_one_genre(phrases):
    tokens, genres, _ = phrases
    for track in range(len(TRACKS)):
        uses = np.stack([np.bincount(tokens[genres == g, :, track].ravel(), minlength=130) for g in range(len(GENRES))])
        shares = uses[:, :128] / uses.sum(axis=0)[:128].clip(1)
        common = uses.sum(axis=0)[:128] > 200
        assert shares[:, common].max() < 0.9


def test_phrases_repeat_themselves(phrases):
    tokens, _, _ = phrases
    bars = tokens.reshape(len(tokens), 16, -1)
    kinds = [len(np.unique(phrase, axis=0)) for phrase in bars]
    assert np.mean(kinds) < 14
    assert min(kinds) > 4


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_bars_are_written_in_sixteen_letters(style):
    beats = [line for beat in style.beats for line in (beat.kick, beat.second, beat.cymbal)]
    for lines, letters in (
        (beats, "x."),
        (style.bass, "RTFSO-."),
        (style.guitar, "C1234-."),
        (style.tune, "x-."),
    ):
        for line in lines:
            assert len(line) == 16
            assert set(line) <= set(letters)
            assert ".-" not in line
            assert line[0] != "-"


def test_what_there_is_not():
    with pytest.raises(InputError, match="The genre is 8: expected 0 to 7"):
        synthetic_song(len(GENRES), 0)
    with pytest.raises(InputError, match="The seed of a song is -1"):
        synthetic_song(0, -1)
