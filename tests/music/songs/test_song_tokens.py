"""Tokens of songs: there and back, runs of silence, notes struck again, other keys."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from latune.music.songs.tokens import (
    DRUMS,
    HOLD,
    SILENCE,
    SILENT,
    STEPS,
    SYMBOLS,
    onsets,
    plain,
    sounding,
    tokens_of,
    transposed,
)

rolls = arrays(np.int16, (STEPS, 4), elements=st.sampled_from([SILENT, 0, 36, 60, 61, 127]))
anything = arrays(np.uint8, (3, 40, 4), elements=st.integers(0, SYMBOLS - 1))


@given(rolls)
def test_what_sounds_comes_back(pitches):
    tokens = tokens_of(pitches)
    assert np.array_equal(sounding(tokens), pitches)
    assert np.array_equal(plain(tokens), tokens)
    assert not (tokens[0] == HOLD).any()


@given(anything)
def test_plain_tokens_say_the_same(tokens):
    same = plain(tokens)
    assert np.array_equal(sounding(same), sounding(tokens))
    assert np.array_equal(onsets(same), onsets(tokens))
    assert np.array_equal(plain(same), same)


def test_silence_and_holds_by_hand():
    pitches = np.array([SILENT, SILENT, 60, 60, SILENT, SILENT, SILENT, 62])
    tokens = tokens_of(pitches)
    assert tokens.tolist() == [SILENCE, HOLD, 60, HOLD, SILENCE, HOLD, HOLD, 62]
    struck = np.array([0, 0, 1, 1, 1, 0, 0, 1], bool)  # silence cannot be struck
    assert tokens_of(pitches, struck).tolist() == [SILENCE, HOLD, 60, 60, SILENCE, HOLD, HOLD, 62]


def test_a_leading_hold_is_silence():
    assert sounding(np.array([[HOLD], [HOLD], [5], [HOLD]])).ravel().tolist() == [SILENT, SILENT, 5, 5]


def test_a_note_as_long_as_the_phrase():
    tokens = tokens_of(np.full((STEPS, 1), 60))
    assert tokens.ravel().tolist() == [60] + [HOLD] * (STEPS - 1)
    assert (sounding(tokens) == 60).all()


def test_transposition_leaves_drums_and_its_argument_alone():
    tokens = tokens_of(np.tile(np.array([[36, 3, 60, 125]]), (8, 1)))
    before = tokens.copy()
    moved = transposed(np.stack([tokens, tokens]), np.array([-5, 3]))
    assert np.array_equal(tokens, before)
    assert (moved[:, :, DRUMS] == tokens[:, DRUMS]).all()
    assert sounding(moved)[:, 0].tolist() == [[36, SILENT, 55, 120], [36, 6, 63, SILENT]]


@pytest.mark.parametrize("semitones", [-5, 0, 6])
def test_a_phrase_has_one_key(semitones):
    pitches = np.random.default_rng(0).integers(40, 80, (STEPS, 4))
    moved = sounding(transposed(tokens_of(pitches), semitones))
    assert np.array_equal(moved[:, 1:], pitches[:, 1:] + semitones)
    assert np.array_equal(moved[:, DRUMS], pitches[:, DRUMS])
