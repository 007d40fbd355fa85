"""The 24-tick grid: round trips, vocabularies, and what does not fit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from latune.errors import InputError
from latune.music.measure import (
    END,
    HIGHEST_PITCH,
    HOLD,
    LOWEST_PITCH,
    REST,
    START,
    TICK_DURATIONS,
    TICK_POSITIONS,
    Events,
    Vocabulary,
    events_from_ticks,
    midi_vocabulary,
    ticks_from_events,
)

SYMBOL = st.one_of(st.just(HOLD), st.just(REST), st.integers(0, 127))
TICKS = st.integers(1, 4).flatmap(lambda measures: arrays(np.int16, (measures, 24), elements=SYMBOL))


def events(*notes):
    onsets, durations, pitches = zip(*notes, strict=True)
    return Events(np.array(onsets, float), np.array(durations, float), np.array(pitches, np.int16))


def test_grid():
    assert TICK_POSITIONS[:7].tolist() == pytest.approx([0, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1])
    assert np.cumsum(TICK_DURATIONS)[:-1].tolist() == pytest.approx(TICK_POSITIONS[1:].tolist())
    assert TICK_DURATIONS.sum() == pytest.approx(4)


@given(TICKS)
@settings(deadline=None)
def test_ticks_survive_events(ticks):
    expected = ticks.copy()
    if expected[0, 0] == HOLD:
        expected[0, 0] = REST  # nothing is there to be held
    back = ticks_from_events(events_from_ticks(ticks))
    assert np.array_equal(back, expected)


@given(TICKS)
@settings(deadline=None)
def test_events_have_no_gaps(ticks):
    read = events_from_ticks(ticks)
    assert read.onsets[0] == 0
    assert np.allclose(read.onsets[1:], (read.onsets + read.durations)[:-1])
    assert read.length == pytest.approx(4 * len(ticks))


def test_padding_reads_as_rest():
    ticks = np.array([[START] * 24, [60] + [END] * 23], np.int16)
    read = events_from_ticks(ticks)
    assert read.pitches.tolist() == [REST] * 24 + [60] + [REST] * 23


def test_no_measures():
    assert len(events_from_ticks(np.empty((0, 24), np.int16))) == 0
    assert ticks_from_events(events_from_ticks(np.empty((0, 24), np.int16))).tolist() == [[REST] + [HOLD] * 23]


def test_gaps_and_the_rest_of_the_last_measure_become_rests():
    ticks = ticks_from_events(events((1, 0.5, 60), (2, 1 / 3, 62), (4, 1, 64)))
    expected = np.full((2, 24), HOLD)
    expected[0, [0, 6, 9, 12, 14]] = (REST, 60, REST, 62, REST)
    expected[1, [0, 6]] = (64, REST)
    assert np.array_equal(ticks, expected)


@pytest.mark.parametrize("shift", [-9e-6, 9e-6])
def test_onsets_within_the_published_tolerance_are_on_the_grid(shift):
    assert ticks_from_events(events((1 / 3 + shift, 1, 60)))[0, 2] == 60


@pytest.mark.parametrize("onset", [1 / 8, 5 / 12, 1.1, 2.95, 1 / 3 + 1e-3])
def test_off_the_grid(onset):
    with pytest.raises(InputError, match=rf"quarter {onset:.4f} is off the grid: expected a multiple"):
        ticks_from_events(events((0, 0.1, 60), (onset, 1, 62)))


def test_chord():
    with pytest.raises(InputError, match="begin at the same time: expected one voice"):
        ticks_from_events(events((0, 1, 60), (0, 1, 64)))


@pytest.mark.parametrize(("padded", "size"), [(False, 32), (True, 34)])
def test_midi_vocabulary_round_trip(padded, size):
    vocabulary = midi_vocabulary(padded)
    assert len(vocabulary) == size
    tokens = np.arange(size, dtype=np.uint8)
    assert np.array_equal(vocabulary.tokens_from_ticks(vocabulary.ticks_from_tokens(tokens)), tokens)
    assert np.array_equal(vocabulary.tokens_from_symbols(vocabulary.symbols), tokens)


@given(arrays(np.int16, (3, 24), elements=st.one_of(st.just(HOLD), st.just(REST), st.integers(55, 84))))
def test_ticks_survive_tokens(ticks):
    vocabulary = midi_vocabulary()
    tokens = vocabulary.tokens_from_ticks(ticks)
    assert tokens.dtype == np.uint8
    assert np.array_equal(vocabulary.ticks_from_tokens(tokens), ticks)


def test_enharmonic_names_share_a_pitch_and_the_first_one_is_read_back():
    vocabulary = Vocabulary("spelled", ("__", "rest", "A#4", "B-4"), (HOLD, REST, 70, 70))
    assert vocabulary.ticks_from_tokens(np.array([2, 3])).tolist() == [70, 70]
    assert vocabulary.tokens_from_ticks(np.array([70])).tolist() == [2]


@pytest.mark.parametrize("pitch", [0, LOWEST_PITCH - 1, HIGHEST_PITCH + 1, 127, START])
def test_pitch_outside_the_vocabulary(pitch):
    with pytest.raises(InputError, match=f"pitch {pitch} is outside the vocabulary: expected 55 to 84"):
        midi_vocabulary().tokens_from_ticks(np.array([[60, pitch]]))


def test_unknown_symbol():
    with pytest.raises(InputError, match=r"symbol 'H4' is not in the vocabulary of 32 symbols\."):
        midi_vocabulary().tokens_from_symbols(["60", "H4"])
