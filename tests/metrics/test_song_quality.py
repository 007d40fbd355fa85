"""Scores of phrases by hand: bars of four steps, one or two tracks."""

import numpy as np
import pytest

from latune.errors import InputError
from latune.metrics import (
    drum_regularity,
    empty_bar_ratio,
    groove_similarity,
    interpolation_monotonicity,
    key_consistency,
    note_length_histogram,
    note_length_overlap,
    pitch_class_entropy,
)


def track(pitches, begins):
    """One phrase of one track, from pitches ("." is silence) and marks where notes begin."""
    pitch = np.array([[[-1 if p == "." else int(p)] for p in pitches.split()]], np.int16)
    onset = np.array([[[b == "x"] for b in begins.replace(" ", "")]])
    return pitch, onset


def test_pitch_class_entropy():
    pitch, onset = track("60 72 48 60  60 62 64 65  60 60 62 62  . . . .", "xxxx xxxx x.x. ....")
    assert pitch_class_entropy(pitch, onset, 4) == pytest.approx((0 + 2 + 1) / 3)
    uneven = track("60 60 60 62", "xxxx")
    assert pitch_class_entropy(*uneven, 4) == pytest.approx(0.811278, abs=1e-6)
    assert np.isnan(pitch_class_entropy(*track(". . . .", "...."), 4))


def test_groove_similarity():
    _, onset = track("1 1 1 1 " * 3, "x.x. x.x. .x..")
    assert groove_similarity(onset, 4) == pytest.approx((1 + 0.25) / 2)
    both = np.concatenate([onset, ~onset], axis=2)
    assert groove_similarity(both, 4).shape == (1, 2)
    with pytest.raises(InputError, match="at least two bars"):
        groove_similarity(onset, 12)


def test_empty_bars():
    pitch, _ = track("60 . . .  . . . .  . . . 1  . . . .", "x... .... ...x ....")
    assert empty_bar_ratio(pitch, 4) == pytest.approx(0.5)
    assert empty_bar_ratio(pitch, 2) == pytest.approx(0.75)


def test_note_lengths():
    pitch, onset = track("60 60 60 62 62 . 60 60 60 60 60 60", "x..x....".replace(" ", "") + "....")
    onset[0, 6] = onset[0, 9] = True  # a note of 3, one of 2, one of 3 that is struck again for 3
    histogram = note_length_histogram(pitch, onset, 4)
    assert histogram[0, 0].tolist() == [0, 0.25, 0.75, 0]
    assert note_length_histogram(pitch, onset, 2)[0, 0].tolist() == [0, 1]
    assert note_length_histogram(*track(". . . .", "...."), 4).sum() == 0


def test_overlap_of_note_lengths():
    one = np.array([[[0.5, 0.5, 0.0]], [[0.0, 0.0, 0.0]]])
    assert note_length_overlap(one, np.array([[0.25, 0.25, 0.5]]))[0, 0] == pytest.approx(0.5)
    assert np.isnan(note_length_overlap(one, np.array([[0.25, 0.25, 0.5]]))[1, 0])
    assert note_length_overlap(one[:1], one[:1])[0, 0] == 1
    with pytest.raises(InputError, match="must be of shapes"):
        note_length_overlap(one, np.zeros(3))


def test_key_consistency():
    scale = np.array([62, 64, 66, 67, 69, 71, 73, 74], np.int16)  # D major
    pitch = np.repeat(scale, 2).reshape(1, 16, 1)
    assert key_consistency(pitch)[0] == 1
    pitch[0, :2] = 63
    assert key_consistency(pitch)[0] == pytest.approx(14 / 16)
    assert key_consistency(np.arange(60, 72, dtype=np.int16).reshape(1, 12, 1))[0] == pytest.approx(7 / 12)
    assert np.isnan(key_consistency(np.full((1, 4, 2), -1)))


def test_drum_regularity():
    steady = track("36 42 38 42 " * 3, "xxxx" * 3)
    assert drum_regularity(*steady, 4) == 1
    other = track("36 42 38 42  36 36 38 .  . . . .  . . . .", "xxxx xxx. .... ....")
    # The first two bars share 2 of 5 hits, the third has none of the second, the last two have nothing.
    assert drum_regularity(*other, 4) == pytest.approx((2 / 5 + 0) / 2)
    assert np.isnan(drum_regularity(*track(". . . . . . . .", "........"), 4))


def test_straight_paths_are_monotone():
    first, last = np.zeros(8, np.uint8), np.ones(8, np.uint8)
    straight = np.stack([np.where(np.arange(8) < 2 * step, last, first) for step in range(5)])
    back = straight[[0, 3, 2, 1, 4]]
    away = np.stack([first, first + 2, first + 3, last])  # as far from both ends all the way
    assert interpolation_monotonicity(straight[None])[0] == pytest.approx(1)
    assert interpolation_monotonicity(back[None])[0] == pytest.approx(0.6)
    assert 0 < interpolation_monotonicity(away[None])[0] < 1
    assert np.isnan(interpolation_monotonicity(np.stack([first, last, first])[None])[0])


def test_paths_of_random_items_have_only_their_ends_in_order():
    paths = np.random.default_rng(0).integers(0, 130, (300, 7, 16, 4))
    assert interpolation_monotonicity(paths).mean() == pytest.approx(0.43, abs=0.03)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p, o: pitch_class_entropy(p[0], o[0], 4), "pitches must be of shape"),
        (lambda p, o: pitch_class_entropy(p, o, 3), "in bars of 3"),
        (lambda p, o: pitch_class_entropy(p, o[:, :4], 4), "must have the pitches' shape"),
        (lambda p, o: groove_similarity(o.astype(int), 4), "onsets must be booleans"),
        (lambda p, o: empty_bar_ratio(p.astype(np.uint8), 4), "pitches must be signed integers"),
        (lambda p, o: interpolation_monotonicity(np.zeros((2, 2, 4))), "at least 3 items"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call(*track("60 60 60 60 62 62 62 62", "x...x..."))
