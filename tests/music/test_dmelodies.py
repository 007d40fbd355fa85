"""dMelodies: equal to the published data set in every value, and the way back from any eighths."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latune.errors import InputError
from latune.music.dmelodies import (
    FACTOR_SIZES,
    FACTORS,
    MELODIES,
    ONSETS,
    SILENT,
    melody_factors,
    render_melodies,
)
from latune.music.dmelody_matching import match_melodies

REFERENCE = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "dmelodies" / "dmelodies_reference.npz"
# Of the whole published set, computed with its authors' own functions.
PITCHES_SHA256 = "14142ced64df879067ad86faf01f7a4b47830b8e22bc244fa4276be0a141d23d"
FACTORS_SHA256 = "683560823471ad2920298b45618b074b24c07fcab6e139e0f1ea97f3cd53b0a6"


@pytest.fixture(scope="module")
def all_factors():
    return melody_factors()


@pytest.fixture(scope="module")
def all_pitches(all_factors):
    return render_melodies(all_factors)


def some(count, seed=0):
    """Factors and pitches of random melodies."""
    factors = melody_factors(np.random.default_rng(seed).choice(MELODIES, count, replace=False))
    return factors, render_melodies(factors)


def spoiled(pitches, share, seed=0):
    """Melodies with a share of their eighths replaced by anything."""
    generator = np.random.default_rng(seed)
    anything = np.where(generator.random(pitches.shape) < 0.3, SILENT, generator.integers(58, 112, pitches.shape))
    return np.where(generator.random(pitches.shape) < share, anything, pitches).astype(np.int16)


def test_the_whole_set_is_the_published_one(all_factors, all_pitches):
    assert len(all_factors) == np.prod(FACTOR_SIZES) == MELODIES
    assert hashlib.sha256(all_factors.astype("<i4").tobytes()).hexdigest() == FACTORS_SHA256
    assert hashlib.sha256(all_pitches.astype("<i2").tobytes()).hexdigest() == PITCHES_SHA256


@pytest.mark.skipif(not REFERENCE.exists(), reason=f"the reference melodies {REFERENCE} are not here")
def test_reference_melodies_there_and_back():
    with np.load(REFERENCE) as reference:
        numbers, latents, pitches = reference["index"], reference["latents"], reference["midi"]
    assert len(numbers) == 4000
    assert np.array_equal(melody_factors(numbers), latents)
    assert np.array_equal(render_melodies(latents), pitches)
    match = match_melodies(pitches)
    assert np.array_equal(match.factors, latents)
    assert (match.agreement == 1).all()


def test_a_melody_by_hand():
    # D minor in octave 5, rests at the end of bar 1 and at the start of bar 2, chords up, down, up, down.
    pitches = render_melodies(np.array([[2, 1, 1, 0, 27, 0, 1, 0, 1]]))[0]
    assert pitches.tolist() == [74, 77, 81, 86, 82, 79, -1, -1, -1, -1, 81, 85, 88, 81, 77, 74]


def test_rhythms_in_lexicographic_order():
    assert ONSETS.tolist() == sorted(ONSETS.tolist())
    assert len({tuple(row) for row in ONSETS.tolist()}) == 28


def test_the_way_back_is_exact():
    factors, pitches = some(50_000)
    match = match_melodies(pitches)
    assert np.array_equal(match.factors, factors)
    assert (match.agreement == 1).all()


@pytest.mark.parametrize("share", [0.1, 0.4, 1.0])
def test_no_melody_fits_better(all_factors, all_pitches, share):
    """Against every melody of the set: first the rhythm, then the pitches, then the order of the set."""
    for eighths in spoiled(some(4, seed=3)[1], share, seed=4):
        same_rhythm = ((all_pitches >= 0) == (eighths >= 0)).sum(axis=1)
        same_pitch = ((all_pitches == eighths) & (eighths >= 0)).sum(axis=1)
        best = int(np.argmax(100 * same_rhythm + same_pitch))
        match = match_melodies(eighths[None])
        assert match.factors[0].tolist() == all_factors[best].tolist()
        assert match.agreement[0] == pytest.approx(np.mean(all_pitches[best] == eighths))


def test_one_wrong_note_changes_no_factor():
    factors, pitches = some(300)
    eighth = np.argmax(pitches >= 0, axis=1)  # the first note
    wrong = pitches.copy()
    wrong[np.arange(300), eighth] = 127
    match = match_melodies(wrong)
    assert np.array_equal(match.factors, factors)
    assert (match.agreement == 15 / 16).all()


@given(
    st.lists(st.lists(st.integers(-3, 127), min_size=16, max_size=16), min_size=1, max_size=5),
)
@settings(max_examples=50, deadline=None)
def test_any_eighths_have_factors(rows):
    match = match_melodies(np.array(rows))
    assert ((match.factors >= 0) & (match.factors < FACTOR_SIZES)).all()
    assert ((match.agreement >= 0) & (match.agreement <= 1)).all()


def test_silence_and_chunks():
    silent = np.full((3, 16), -1)
    assert match_melodies(silent).factors.tolist() == [[0] * 9] * 3
    assert match_melodies(silent[:0]).factors.shape == (0, 9)
    _, pitches = some(9000)
    pitches = spoiled(pitches, 0.2)
    whole, parts = match_melodies(pitches), [match_melodies(part).factors for part in np.split(pitches, 9)]
    assert np.array_equal(whole.factors, np.concatenate(parts))


@pytest.mark.parametrize("column", range(9))
def test_refuses_factors_outside_their_range(column):
    factors = np.zeros((2, 9), int)
    factors[1, column] = FACTOR_SIZES[column]
    with pytest.raises(InputError, match=f"factor '{FACTORS[column]}' {FACTOR_SIZES[column]}: expected 0 to"):
        render_melodies(factors)


def test_refuses_other_shapes():
    with pytest.raises(InputError, match=r"expected integers \(N, 9\)"):
        render_melodies(np.zeros((2, 8), int))
    with pytest.raises(InputError, match=r"expected integers \(N, 9\)"):
        render_melodies(np.zeros((2, 9)))
    with pytest.raises(InputError, match=r"expected \(N, 16\)"):
        match_melodies(np.zeros((2, 24), int))
    with pytest.raises(InputError, match="melody number 1354752: expected 0 to 1354751"):
        melody_factors(np.array([0, MELODIES]))
