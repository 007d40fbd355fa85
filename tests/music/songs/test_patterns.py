"""Average patterns of bars."""

import numpy as np

from latune.music.songs.patterns import bar_patterns
from latune.music.songs.tokens import SILENCE, SILENT, STEPS, tokens_of, transposed


def phrase():
    pitches = np.full((STEPS, 4), SILENT)
    pitches[::8, 0] = 36  # a bass drum on one and three
    pitches[4::16, 0] = 38  # a snare on two
    pitches[:, 1] = np.repeat(np.tile([36, 48], 8), 16)  # octaves, a bar each
    return tokens_of(pitches)[None]


def test_patterns_by_hand():
    found = bar_patterns(phrase())
    assert found.shape == (1, 128)
    rhythm, low, snare, other = np.split(found[0, :112], [64, 80, 96])
    drums = rhythm.reshape(16, 4)[:, 0]
    assert np.flatnonzero(drums).tolist() == [0, 4, 8]
    assert drums[[0, 4, 8]].tolist() == [1, 1, 1]
    assert np.flatnonzero(low).tolist() == [0, 8]
    assert np.flatnonzero(snare).tolist() == [4]
    assert not other.any()
    sounds, mean, deviation, leap = found[0, 112:].reshape(4, 4)
    assert sounds.tolist() == [3 / 16, 1, 0, 0]
    assert (mean[1], deviation[1], leap[1]) == (3.5, 0.5, 1.0)


def test_the_key_shifts_registers_alone():
    moved = bar_patterns(transposed(phrase(), 5)) - bar_patterns(phrase())
    changed = np.flatnonzero(np.abs(moved[0]) > 1e-12)
    assert changed.tolist() == [117]
    assert np.isclose(moved[0, 117], 5 / 12)


def test_silence_is_finite():
    silent = np.full((2, STEPS, 4), SILENCE)
    assert not bar_patterns(silent).any()
