"""Coherence measures on constructed tunes, where the right value is known."""

import numpy as np
import pytest

from latune.errors import InputError
from latune.music import coherence
from latune.music.measure import HOLD, REST, TICKS_PER_BEAT

C_MAJOR = (60, 62, 64, 65, 67, 69, 71, 72)


def _measure(*pitches):
    """Quarter notes, one per beat; None rests."""
    ticks = np.full(24, HOLD, np.int16)
    for beat, pitch in enumerate(pitches):
        ticks[beat * TICKS_PER_BEAT] = REST if pitch is None else pitch
    return ticks


def _tune(seed=0, measures=8):
    generator = np.random.default_rng(seed)
    return np.stack([_measure(*generator.choice(C_MAJOR, 4)) for _ in range(measures)])


def test_a_tune_against_itself_is_wholly_coherent():
    tune = _tune()
    tune[3] = tune[0]
    assert coherence.repetition(tune, tune) == coherence.Repetition(1.0, 0.0)
    assert coherence.similarity_change(tune, tune) == 0
    assert coherence.similarity_change(tune, tune, "rhythm") == 0
    assert coherence.pitch_class_distance(tune, tune) == 0
    assert coherence.in_key_share(tune, tune) == 1


def test_repetition_counts_pairs_that_were_and_are_equal():
    a, b, c = _measure(60, 62, 64, 65), _measure(67, 67, 69, 71), _measure(72, 71, 69, 67)
    original = np.stack([a, b, a, c, a])  # three equal pairs, seven different ones
    edited = np.stack([a, b, a, b, c])  # one of the three kept, one of the seven invented
    found = coherence.repetition(edited, original)
    assert (found.kept, found.invented) == (pytest.approx(1 / 3), pytest.approx(1 / 7))


def test_rhythm_repetition_ignores_pitches_but_not_rests():
    original = np.stack([_measure(60, 62, 64, 65), _measure(72, 71, 69, 67), _measure(60, None, 64, 65)])
    found = coherence.repetition(original, original, "rhythm")
    assert found.kept == 1
    assert np.isnan(coherence.repetition(original, original).kept)  # no two measures are equal note for note
    same_rhythm = coherence.self_similarity(original, "rhythm")
    assert same_rhythm[0, 1] == 1
    assert same_rhythm[0, 2] == pytest.approx(3 / 4)


def test_measures_without_notes_do_not_count():
    original = np.stack([_measure(None), _measure(None), _measure(60, 62, 64, 65)])
    assert np.isnan(coherence.repetition(original, original).invented)


def test_similarity_is_between_0_and_1_and_symmetric():
    tune = _tune(seed=4)
    matrix = coherence.self_similarity(tune)
    assert np.array_equal(matrix, matrix.T)
    assert np.all((matrix >= 0) & (matrix <= 1))
    assert np.all(np.diag(matrix) == 1)


def test_shapes_must_agree():
    with pytest.raises(InputError, match="shape"):
        coherence.repetition(_tune(measures=3), _tune(measures=4))


def test_intervals_reach_across_bar_lines():
    tune = np.stack([_measure(60, 62, None, 64), _measure(None, 77, 76, 74)])
    steps, crossing = coherence.melodic_intervals(tune)
    assert steps.tolist() == [2, 2, 13, -1, -2]
    assert crossing.tolist() == [False, False, True, False, False]
    assert coherence.bar_line_intervals(tune).tolist() == [13]
    assert coherence.interval_histogram(tune).sum() == 5


def test_key_statistics_of_a_scale_and_of_chromatic_notes():
    scale = np.stack([_measure(60, 64, 67, 60), _measure(65, 62, 60, 67), _measure(64, 62, 67, 60)])
    assert coherence.key_clarity(scale) > 0.8
    chromatic = scale.copy()
    chromatic[0, 0] = 61
    assert coherence.in_key_share(chromatic, scale) == pytest.approx(11 / 12)
    assert coherence.key_clarity(chromatic) < coherence.key_clarity(scale)
    assert coherence.pitch_class_distance(chromatic, scale) == pytest.approx(1 / 12)
    assert np.isnan(coherence.key_clarity(np.stack([_measure(None)])))


def test_transposition_keeps_clarity_and_structure():
    tune = _tune(seed=7)
    higher = np.where(tune >= 0, tune + 5, tune).astype(np.int16)
    assert coherence.key_clarity(higher) == pytest.approx(coherence.key_clarity(tune))
    assert coherence.similarity_change(higher, tune) == 0
    assert np.array_equal(coherence.interval_histogram(higher), coherence.interval_histogram(tune))


def test_durations_are_counted_across_bar_lines():
    tied = np.stack([_measure(60), np.full(24, HOLD, np.int16), _measure(62, None)])
    counts = coherence.duration_histogram(tied)
    assert counts.sum() == 2
    assert counts[96] == 1  # eight quarters
    assert counts[12] == 1
    assert coherence.pitch_class_weights(tied)[[0, 2]].tolist() == [8, 1]


def test_jensen_shannon_distance():
    one, other = np.array([1.0, 0, 0]), np.array([0, 2.0, 0])
    assert coherence.jensen_shannon(one, 3 * one) == 0
    assert coherence.jensen_shannon(one, other) == pytest.approx(1)
    assert coherence.jensen_shannon(one, one + other) == pytest.approx(coherence.jensen_shannon(one + other, one))
    assert np.isnan(coherence.jensen_shannon(one, np.zeros(3)))
