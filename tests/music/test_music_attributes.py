"""Attributes of a measure: golden values, the published examples, and plain loops beside the vectorised code."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from latune.errors import RecipeError
from latune.music.attributes import (
    MUSIC_ATTRIBUTES,
    beat_strength,
    complexity_weights,
    contour,
    music_attributes,
    note_density,
    rhythmic_complexity,
    syncopation,
)
from latune.music.measure import END, HOLD, REST, START
from latune.music.metre import METRES, Metre, metre_from_name

GOLDEN = np.load(Path(__file__).parents[1] / "data" / "music_attributes.npz")
SYMBOL = st.one_of(st.just(HOLD), st.just(HOLD), st.sampled_from([REST, START, END]), st.integers(0, 127))
TICKS = arrays(np.int16, (5, 24), elements=SYMBOL)
RHYTHM = arrays(np.int16, (5, 24), elements=st.one_of(st.just(HOLD), st.just(REST), st.integers(20, 107)))


def measure_of(*onsets, pitch=60):
    ticks = np.full((1, 24), HOLD, np.int16)
    ticks[0, list(onsets)] = pitch
    return ticks


@pytest.mark.parametrize("name", ["rhythmic_complexity", "pitch_range", "note_density", "contour"])
def test_golden(name):
    assert np.abs(MUSIC_ATTRIBUTES[name].measure(GOLDEN["midi"]) - GOLDEN[name]).max() < 1e-6


@pytest.mark.parametrize(
    ("onsets", "complexity", "density"),
    [
        (range(0, 24, 6), 0.0644117, 4 / 24),
        (range(0, 24, 3), 0.1363800, 8 / 24),
        ([6 * beat + tick for beat in range(4) for tick in (0, 1, 3, 5)], 0.4242533, 16 / 24),
        ([6 * beat + tick for beat in range(4) for tick in (0, 2, 4)], 0.6401583, 12 / 24),
        (range(24), 1.0, 1.0),
        ([], 0.0, 0.0),
    ],
    ids=["quarters", "eighths", "sixteenths", "triplets", "all ticks", "silence"],
)
def test_published_examples(onsets, complexity, density):
    ticks = measure_of(*onsets)
    assert rhythmic_complexity(ticks)[0] == pytest.approx(complexity, abs=5e-8)
    assert note_density(ticks)[0] == pytest.approx(density)


def test_only_notes_count():
    silent = np.array([[REST] + [HOLD] * 23, [START] * 24, [END] * 24, [HOLD] * 24], np.int16)
    of_notes = [name for name in MUSIC_ATTRIBUTES.names if name != "beat_strength"]
    assert np.array_equal(MUSIC_ATTRIBUTES.measure(silent, of_notes), np.zeros((4, len(of_notes))))


def test_beat_strength_counts_rests_too():
    ticks = np.array([[REST] + [HOLD] * 23, [60] * 24, [HOLD] * 24], np.int16)
    assert beat_strength(ticks) == pytest.approx([1, 4 * 1.182, 0], abs=1e-5)
    assert beat_strength(ticks[:2, :12], Metre(6, 8)) == pytest.approx([1, 2 * 1.324], abs=1e-5)


@pytest.mark.parametrize("name", METRES)
def test_every_metre_has_the_attributes(name):
    metre = metre_from_name(name)
    table = music_attributes(metre)
    full = np.full((1, metre.ticks), 60, np.int16)
    downbeat = np.full((1, metre.ticks), HOLD, np.int16)
    downbeat[0, 0] = 60
    assert table.measure(full, ["rhythmic_complexity", "note_density"]).tolist() == [[1.0, 1.0]]
    assert complexity_weights(metre).sum() == pytest.approx(1)
    offbeat = np.roll(downbeat, 3 if not metre.is_compound else 1, axis=1)
    low, high = (table.measure(ticks, ["rhythmic_complexity"])[0, 0] for ticks in (downbeat, offbeat))
    assert low < high
    assert table.measure(downbeat, ["syncopation"])[0, 0] == 0


def test_syncopation_of_a_jig():
    ticks = np.full((2, 12), HOLD, np.int16)
    ticks[0, [0, 2, 4, 6, 8, 10]] = 60  # on the eighths
    ticks[1, [0, 4]] = 60  # the second note sounds across the second beat
    assert syncopation(ticks, Metre(6, 8)).tolist() == [0, 0.5]


@given(TICKS)
@settings(deadline=None)
def test_values_stay_in_their_range(ticks):
    for attribute in MUSIC_ATTRIBUTES:
        values = attribute.measure(ticks)
        assert values.shape == (5,)
        assert values.dtype == np.float64
        assert (values >= attribute.low).all(), attribute.name
        assert (values <= attribute.high + 1e-12).all(), attribute.name


@given(RHYTHM, st.integers(-20, 20))
@settings(deadline=None)
def test_transposition(ticks, shift):
    moved = np.where(ticks >= 0, ticks + shift, ticks)
    for attribute in MUSIC_ATTRIBUTES:
        expected = attribute.measure(ticks)
        if attribute.name == "mean_pitch":
            expected = expected + shift * (ticks >= 0).any(axis=1)
        assert np.allclose(attribute.measure(moved), expected), attribute.name


@given(RHYTHM)
@settings(deadline=None)
def test_reversed_pitches_turn_the_contour_round(ticks):
    turned = ticks.copy()
    for row in turned:
        row[row >= 0] = row[row >= 0][::-1]
    assert np.allclose(contour(turned), -contour(ticks))


# One measure at a time, without vectors: what each definition says.


def loop_rhythmic_entropy(ticks):
    count = sum(tick >= 0 for tick in ticks)
    return -sum(1 / count * math.log(1 / count) for _ in range(count)) if count else 0.0


def loop_interval_entropy(ticks):
    pitches = [int(tick) for tick in ticks if tick >= 0]
    if len(pitches) < 2:
        return 0.0
    counts = [0] * 12
    for first, second in pairwise(pitches):
        counts[abs(second - first) % 12] += 1
    total = sum(math.exp(count) for count in counts)
    shares = [math.exp(count) / total for count in counts]
    return -sum(share * math.log(share) for share in shares)


def loop_syncopation(ticks):
    def level(tick):
        return {0: 0, 12: 1, 6: 2, 18: 2}.get(tick, 3 if tick % 6 == 3 else 4)

    strengths = []
    for onset in range(24):
        if ticks[onset] < 0:
            continue
        strongest, tick = 0, onset + 1
        while tick < 24 and ticks[tick] == HOLD:
            strongest = max(strongest, level(onset) - level(tick))
            tick += 1
        strengths.append(strongest)
    return sum(strengths) / len(strengths) if strengths else 0.0


def loop_mean_pitch(ticks):
    pitches = [int(tick) for tick in ticks if tick >= 0]
    return sum(pitches) / len(pitches) if pitches else 0.0


@given(TICKS)
@settings(deadline=None)
@pytest.mark.parametrize(
    ("name", "loop"),
    [
        ("rhythmic_entropy", loop_rhythmic_entropy),
        ("interval_entropy", loop_interval_entropy),
        ("syncopation", loop_syncopation),
        ("mean_pitch", loop_mean_pitch),
    ],
)
def test_against_a_plain_loop(name, loop, ticks):
    expected = [loop(row.tolist()) for row in ticks]
    assert np.allclose(MUSIC_ATTRIBUTES[name].measure(ticks), expected, atol=1e-9)


def test_syncopation_examples():
    on_the_beats = measure_of(0, 6, 12, 18)
    off_the_beats = measure_of(3, 9, 15, 21)
    across_the_half = measure_of(9)  # sounds across beat 3
    assert syncopation(on_the_beats)[0] == 0
    assert syncopation(off_the_beats)[0] == pytest.approx((1 + 2 + 1 + 0) / 4)
    assert syncopation(across_the_half)[0] == 2


def test_table_measures_what_is_asked_for():
    values = MUSIC_ATTRIBUTES.measure(GOLDEN["midi"][:7], ["contour", "note_density"])
    assert np.allclose(values, np.column_stack([GOLDEN["contour"][:7], GOLDEN["note_density"][:7]]))
    assert MUSIC_ATTRIBUTES.measure(GOLDEN["midi"][:7], []).shape == (7, 0)


def test_unknown_attribute_names_those_that_exist():
    with pytest.raises(RecipeError, match="Unknown attribute 'denstiy': expected one of rhythmic_complexity, "):
        MUSIC_ATTRIBUTES.index("denstiy")
