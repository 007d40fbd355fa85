"""ABC that is written: read back the same, by our reader and by abc2midi, and pleasant to read."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from latune.errors import InputError
from latune.music.abc_reading import read_abc
from latune.music.abc_writing import abc_document
from latune.music.bars import Bar
from latune.music.measure import HOLD, REST
from latune.music.metre import metre_from_name
from latune.music.score import tune_from_reading
from latune.music.tune import tune_from_ticks

METRES = ("2/4", "3/4", "4/4", "2/2", "6/8", "9/8", "3/8")


def read_back(tune):
    (found,) = read_abc(abc_document(tune).encode(), "a.abc")
    return tune_from_reading(found.reading, "a.abc")[0]


@st.composite
def sections(draw, metre):
    """Bars of one part: perhaps with a pick-up, repeated, and with endings."""
    full = metre.twelfths
    pick_up = draw(st.sampled_from([0, 0, 6, metre.beat_twelfths if metre.beats > 1 else 6]))
    repeated = draw(st.booleans())
    middle = [Bar(0, full)] * draw(st.integers(1, 4))
    last = Bar(0, full - pick_up)
    first = [Bar(full - pick_up, full)] if pick_up else []
    endings = draw(st.sampled_from([(), ((1,), (2,)), ((1, 3), (2,), (4,))])) if repeated else ()
    if endings:
        passes = max(max(ending) for ending in endings)
        ends = [Bar(0, last.ends, False, passes, ending) for ending in endings[:-1]]
        bars = [*first, *middle, *ends, Bar(0, last.ends, False, 0, endings[-1])]
    else:
        bars = [*first, *middle, Bar(0, last.ends, False, draw(st.sampled_from([2, 2, 3])) if repeated else 0)]
    bars[0] = Bar(bars[0].begins, bars[0].ends, repeated, bars[0].repeat_end)
    return bars


@st.composite
def tunes(draw):
    metre = metre_from_name(draw(st.sampled_from(METRES)))
    bars = tuple(bar for _ in range(draw(st.integers(1, 3))) for bar in draw(sections(metre)))
    pitch = st.integers(0, 127)
    sparse = st.one_of(st.just(HOLD), st.just(HOLD), st.just(REST), pitch)
    dense = st.one_of(pitch, st.sampled_from([HOLD, REST]))
    ticks = draw(arrays(np.int16, (len(bars), metre.ticks), elements=draw(st.sampled_from([sparse, dense]))))
    ticks[-1, 0] = draw(pitch)
    fifths = draw(st.one_of(st.none(), st.integers(-7, 7)))
    return tune_from_ticks(ticks, "A 100% tune", 92.5, fifths, metre, bars)


@settings(max_examples=150, deadline=None)
@given(tunes())
def test_what_is_written_is_read_back(tune):
    again = read_back(tune)
    assert again.bars == tune.bars
    assert (again.title, again.tempo, again.metre) == (tune.title, tune.tempo, tune.metre)
    assert tune.fifths is None or again.fifths == tune.fifths
    np.testing.assert_array_equal(again.ticks, _begun_anew(tune))


def _begun_anew(tune):
    """The ticks, in which what sounds over a repeat mark begins anew behind it, which no tie crosses."""
    ticks = tune.ticks.copy()
    sounding = REST
    for number, bar in enumerate(tune.bars):
        first, *_ = written = np.flatnonzero(tune.written[number])
        crossed = bar.repeat_start or (number > 0 and tune.bars[number - 1].repeat_end)
        if crossed and ticks[number, first] == HOLD:
            ticks[number, first] = sounding
        begun = ticks[number, written]
        sounding = begun[begun != HOLD][-1] if (begun != HOLD).any() else sounding
    return ticks


def test_the_text():
    ticks = np.full((5, 24), HOLD, np.int16)
    ticks[0, 18], ticks[0, 21] = 67, 69
    ticks[1, [0, 6, 8, 10, 12, 15, 18, 20]] = (71, 72, 74, 72, 70, 71, 66, 65)
    ticks[2, [0, 12]] = (67, REST)
    ticks[3, 0] = 67
    ticks[4, 0] = 79
    bars = (
        Bar(36, 48, repeat_start=True),
        Bar(0, 48),
        Bar(0, 48),
        Bar(0, 36, repeat_end=2, endings=(1,)),
        Bar(0, 36, endings=(2,)),
    )
    tune = tune_from_ticks(ticks, "A tune", 120, 1, bars=bars)
    assert abc_document(tune) == (
        "X:1\nT:A tune\nM:4/4\nL:1/8\nQ:1/4=120\nK:G\n|: GA | B2 (3cdc _B=B (3:2:2F=F2 | G4 z4 | [1 G6 :|\n[2 g6 |]\n"
    )


def test_accidentals_hold_in_every_octave_and_no_longer_than_the_measure():
    ticks = np.full((2, 24), HOLD, np.int16)
    ticks[0, ::6] = (66, 66, 78, 77)
    ticks[1, ::6] = (65, 66, 77, 65)
    text = abc_document(tune_from_ticks(ticks, fifths=0)).splitlines()[-1]
    assert text == "^F2 F2 ^f2 =f2 | F2 ^F2 =f2 =F2 |]"


def test_what_cannot_be_written():
    with pytest.raises(InputError, match=r"^The tune is empty: expected at least one measure\.$"):
        abc_document(tune_from_ticks(np.empty((0, 24), np.int16)))
    with pytest.raises(InputError, match=r"^The key signature is 8: expected -7 \(flats\) to 7 \(sharps\)\.$"):
        abc_document(tune_from_ticks(np.full((1, 24), 60, np.int16), fifths=8))


def test_abc2midi_plays_what_is_written(tmp_path):
    symusic = pytest.importorskip("symusic")
    converter = Path(symusic.__file__).parent / "bin" / "abc2midi"
    generator = np.random.default_rng(0)
    for name in METRES:
        metre = metre_from_name(name)
        ticks = np.where(generator.random((8, metre.ticks)) < 0.4, generator.integers(48, 90, (8, metre.ticks)), HOLD)
        ticks[:, 0] = 60
        tune = tune_from_ticks(ticks.astype(np.int16), metre=metre, fifths=int(generator.integers(-4, 5)))
        source, target = tmp_path / "a.abc", tmp_path / "a.mid"
        source.write_text(abc_document(tune) + "\n")
        subprocess.run([converter, source, "-o", target, "-quiet"], check=True, capture_output=True, timeout=20)
        score = symusic.Score(target)
        notes = sorted((note.time / score.ticks_per_quarter, note.pitch) for note in score.tracks[0].notes)
        assert [pitch for _, pitch in notes] == tune.events.pitches.tolist()
        np.testing.assert_allclose([time for time, _ in notes], tune.events.onsets, atol=0.01)
