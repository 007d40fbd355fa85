"""Lower bounds on what must change, beside the true minimum over all measures of one beat."""

from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latune.music.attributes import music_attributes
from latune.music.measure import HOLD, REST
from latune.music.metre import Metre
from latune.music.minimal_change import least_changes

METRE = Metre(3, 8)  # one beat of six ticks
SYMBOLS = (HOLD, REST, 60, 62, 67, 79)
NAMES = music_attributes(METRE).names
BOUNDED = ("note_density", "rhythmic_entropy", "rhythmic_complexity", "pitch_range", "contour")
MEASURES = np.array(list(product(SYMBOLS, repeat=METRE.ticks)), np.int16)  # all that there are: 46,656
MEASURE = st.integers(0, len(MEASURES) - 1)


@cache
def values_of(name):
    return music_attributes(METRE)[name].measure(MEASURES)


def least(measure, name, target, tolerance):
    """The smallest number of ticks in which any measure within the tolerance differs."""
    hits = np.abs(values_of(name) - target) <= tolerance + 1e-9
    return (MEASURES[hits] != MEASURES[measure]).sum(axis=1).min()


def bound(ticks, name, target, tolerance):
    ticks = np.asarray(ticks, np.int16).reshape(-1, METRE.ticks)
    values = music_attributes(METRE).measure(ticks, [name])[:, 0]
    limits = (np.full(len(ticks), target + side * tolerance) for side in (-1, 1))
    return least_changes(ticks, name, values, *limits, METRE)


@settings(max_examples=300, deadline=None)
@given(measure=MEASURE, name=st.sampled_from(NAMES), other=MEASURE, tolerance=st.floats(0, 0.3))
def test_never_more_than_it_takes(measure, name, other, tolerance):
    target = values_of(name)[other]
    truth, found = least(measure, name, target, tolerance), bound(MEASURES[measure], name, target, tolerance)[0]
    assert found <= truth
    assert (found == 0) == (truth == 0)


@settings(max_examples=100, deadline=None)
@given(measure=MEASURE, name=st.sampled_from(("note_density", "rhythmic_entropy")), other=MEASURE)
def test_numbers_of_notes_are_exact(measure, name, other):
    target = values_of(name)[other]
    assert bound(MEASURES[measure], name, target, 0.0)[0] == least(measure, name, target, 0.0)


@pytest.mark.parametrize("name", BOUNDED)
def test_bounds_say_more_than_that_something_must_change(name):
    """On random measures and targets; so that a bound cannot become empty unnoticed."""
    generator = np.random.default_rng(0)
    ticks, others = generator.choice(SYMBOLS, (2, 300, METRE.ticks), p=[0.6, 0.2, 0.05, 0.05, 0.05, 0.05])
    attribute = music_attributes(METRE)[name].measure
    values, targets = attribute(ticks.astype(np.int16)), attribute(others.astype(np.int16))
    found = least_changes(ticks.astype(np.int16), name, values, targets, targets, METRE)
    assert np.array_equal(found > 0, values != targets)
    assert found.max() >= 2


@pytest.mark.parametrize(
    ("name", "target", "tolerance", "expected"),
    [
        ("note_density", 1 / 6, 0.0, 3),
        ("note_density", 1 / 6, 1 / 6, 2),
        ("note_density", 5 / 6, 0.0, 1),
        ("pitch_range", 2 / 26, 0.0, 2),  # 60 62 | 67 79: two must go
        ("pitch_range", 7 / 26, 0.0, 1),
        ("pitch_range", 24 / 26, 0.0, 1),
        ("contour", 0.0, 0.0, 1),
        ("contour", 19 / 26, 0.0, 0),
        ("mean_pitch", 60.0, 1.0, 1),
        ("mean_pitch", 67.0, 0.5, 0),
        ("rhythmic_complexity", 0.0, 0.0, 4),
    ],
)
def test_known_measures(name, target, tolerance, expected):
    assert bound([60, 62, 67, 79, HOLD, HOLD], name, target, tolerance)[0] == expected


def test_silence_needs_two_notes_for_a_step():
    silence = [REST, *[HOLD] * 5]
    assert bound(silence, "contour", 0.2, 0.05)[0] == bound(silence, "pitch_range", 0.2, 0.05)[0] == 2
    assert bound([60, *[HOLD] * 5], "contour", 0.2, 0.05)[0] == 1
