"""Metres, written measures with repeats and pick-ups, and their way through files."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from latune.errors import InputError
from latune.music.bars import Bar, place_bars, play_order
from latune.music.measure import HOLD, REST, events_from_ticks, ticks_from_events
from latune.music.metre import METRES, Metre, metre_from_name
from latune.music.score import read_tune, write_tune
from latune.music.tune import full_bars, tune_from_ticks

FULL = 48


def bar(*, begins=0, ends=FULL, start=False, end=0, endings=()):
    return Bar(begins, ends, start, end, endings)


class TestMetre:
    @pytest.mark.parametrize("name", METRES)
    def test_ticks_fill_the_measure(self, name):
        metre = metre_from_name(name)
        numerator, denominator = map(int, name.split("/"))
        assert metre.quarters == numerator * 4 / denominator
        assert metre.ticks == 6 * metre.beats == len(metre.positions) == len(metre.durations)
        assert metre.durations.sum() == pytest.approx(metre.quarters)
        assert (metre.durations > 0).all()

    def test_compound_beats_are_dotted(self):
        assert (Metre(6, 8).beats, Metre(6, 8).ticks) == (2, 12)
        assert Metre(6, 8).positions.tolist() == [k / 4 for k in range(12)]
        assert Metre(2, 4).ticks == 12
        assert not Metre(6, 8).has_grid_of(Metre(2, 4))
        assert metre_from_name("C|").has_grid_of(metre_from_name("C"))

    @pytest.mark.parametrize("name", ["7/8", "5/8", "0/4", "4/0", "4/3", "4/16", "99/4", "none", "", "4", "-3/4"])
    def test_metres_without_a_grid_are_refused(self, name):
        with pytest.raises(InputError, match="expected one such as 2/4"):
            metre_from_name(name)


class TestPlayOrder:
    @pytest.mark.parametrize(
        ("bars", "order"),
        [
            ([bar(), bar()], [0, 1]),
            ([bar(), bar(end=2), bar()], [0, 1, 0, 1, 2]),
            ([bar(), bar(start=True), bar(end=2), bar()], [0, 1, 2, 1, 2, 3]),
            ([bar(end=3)], [0, 0, 0]),
            ([bar(), bar(endings=(1,), end=2), bar(endings=(2,)), bar()], [0, 1, 0, 2, 3]),
            ([bar(), bar(endings=(1,)), bar(endings=(1,), end=2), bar(endings=(2,))], [0, 1, 2, 0, 3]),
            ([bar(), bar(endings=(1, 3), end=4), bar(endings=(2, 4), end=3)], [0, 1, 0, 2, 0, 1, 0, 2]),
            ([bar(end=2), bar(end=2)], [0, 0, 1, 1]),
            ([bar(start=True), bar(start=True), bar(end=2)], [0, 1, 2, 1, 2]),
        ],
    )
    def test_repeats_and_endings(self, bars, order):
        assert play_order(bars) == order

    @given(
        st.lists(
            st.builds(
                bar,
                start=st.booleans(),
                end=st.integers(0, 5),
                endings=st.lists(st.integers(1, 5), max_size=3).map(tuple),
            ),
            max_size=12,
        )
    )
    def test_any_marks_end(self, bars):
        assert all(0 <= number < len(bars) for number in play_order(bars))


def test_short_measures_are_placed():
    def places(lengths, opens, breaks=None):
        return place_bars(lengths, 48, opens, breaks or opens)

    opens = [True, False, False, True, False, False]
    assert places([12, 48, 36, 12, 48, 40], opens) == [(36, 48), (0, 48), (0, 36), (36, 48), (0, 48), (0, 40)]
    assert places([48, 36, 12], [True, False, False]) == [(0, 48), (0, 36), (36, 48)]
    assert places([48, 15, 33, 48], [True, True, True, False]) == [(0, 48), (0, 15), (15, 48), (0, 48)]
    assert places([3, 45, 48], [True, False, False], [True, True, False]) == [(0, 3), (3, 48), (0, 48)]
    assert places([12, 36, 48], [True, False, False]) == [(36, 48), (0, 36), (0, 48)]
    assert places([50], [True]) is None


def test_incomplete_measures_are_joined_when_played():
    ticks = np.full((3, 24), HOLD, np.int16)
    ticks[0, [0, 18]] = REST, 60
    ticks[1, 0] = 62
    ticks[2, [0, 18]] = 64, REST
    bars = (bar(begins=36), bar(), bar(ends=36, end=2))
    tune = tune_from_ticks(ticks, bars=bars)
    assert [pitch for pitch in tune.events.pitches.tolist() if pitch >= 0] == [60, 62, 64, 60, 62, 64]
    assert len(tune.performed) == 5  # the second pick-up completes the last measure of the first pass
    assert tune.events.onsets.tolist() == [0, 3, 4, 8, 11, 12, 16, 19]


metres = st.sampled_from([metre_from_name(name) for name in METRES])


@st.composite
def tunes(draw, most=4):
    metre = draw(metres)
    count = draw(st.integers(1, most))
    elements = st.one_of(st.just(HOLD), st.just(HOLD), st.just(REST), st.integers(40, 90))
    ticks = draw(arrays(np.int16, (count, metre.ticks), elements=elements))
    bars = list(full_bars(count, metre))
    if count > 1 and draw(st.booleans()):
        bars[0] = Bar(metre.twelfths - int(draw(st.sampled_from(range(3, metre.twelfths, 3)))), metre.twelfths)
    if draw(st.booleans()):
        bars[-1] = Bar(bars[-1].begins, metre.twelfths, False, 2)
    return tune_from_ticks(ticks, "A tune", 96, 1, metre, tuple(bars))


@given(tunes())
@settings(max_examples=200)
def test_events_and_ticks_are_the_same(tune):
    again = ticks_from_events(events_from_ticks(tune.performed, tune.metre), tune.metre)
    np.testing.assert_array_equal(again, np.where((tune.performed == HOLD) & first_tick(tune), REST, tune.performed))


def first_tick(tune):
    first = np.zeros(tune.performed.shape, bool)
    first[0, 0] = True
    return first


@given(tunes(3))
@settings(max_examples=60, deadline=None)
def test_musicxml_keeps_what_is_written(tmp_path_factory, tune):
    path = tmp_path_factory.mktemp("xml") / "tune.musicxml"
    write_tune(tune, path)
    if not (tune.ticks >= 0).any():
        return
    again = read_tune(path)
    assert (again.metre, again.bars, again.fifths) == (tune.metre, tune.bars, 1)
    np.testing.assert_array_equal(again.ticks, tune.ticks)
    assert again.remarks == ()


@given(tunes(3))
@settings(max_examples=60, deadline=None)
def test_midi_keeps_what_is_played(tmp_path_factory, tune):
    path = tmp_path_factory.mktemp("midi") / "tune.mid"
    write_tune(tune, path)
    if not (tune.ticks >= 0).any():
        return
    again = read_tune(path)
    assert again.metre == tune.metre
    notes, others = (
        [
            row
            for row in zip(
                t.events.onsets.tolist(), t.events.durations.tolist(), t.events.pitches.tolist(), strict=True
            )
            if row[2] >= 0
        ]
        for t in (tune, again)
    )
    assert again.bars[0].begins == tune.bars[0].begins
    np.testing.assert_allclose(notes, others, atol=1e-9)


def test_a_repeat_with_endings_survives_musicxml(tmp_path):
    ticks = np.full((4, 24), HOLD, np.int16)
    ticks[:, ::6] = np.arange(16).reshape(4, 4) + 60
    bars = (bar(start=True), bar(endings=(1,), end=2), bar(endings=(2,)), bar())
    path = tmp_path / "endings.musicxml"
    write_tune(tune_from_ticks(ticks, bars=bars), path)
    again = read_tune(path)
    assert again.bars == bars
    assert list(itertools.islice(again.events.pitches.tolist(), 0, None, 4)) == [60, 64, 60, 68, 72]


def test_a_pick_up_within_a_tune_survives_musicxml(tmp_path):
    ticks = np.full((5, 24), HOLD, np.int16)
    ticks[:, [0, 21, 22]] = (60, 62, 64)
    bars = (bar(), bar(), bar(begins=42), bar(), bar())
    path = tmp_path / "sections.musicxml"
    tune = tune_from_ticks(ticks, bars=bars)
    write_tune(tune, path)
    again = read_tune(path)
    assert again.bars == bars
    np.testing.assert_array_equal(again.ticks, tune.ticks)


@pytest.mark.parametrize("name", ["4/4", "3/4", "6/8", "9/8", "2/4"])
def test_other_programs_play_our_musicxml_as_we_do(tmp_path, name):
    music21, verovio = pytest.importorskip("music21"), pytest.importorskip("verovio")
    metre = metre_from_name(name)
    generator = np.random.default_rng(3)
    full = metre.twelfths
    short = {"begins": 0, "ends": full - 6}  # a pick-up of an eighth completes it
    bars = (
        Bar(full - 6, full),
        Bar(0, full),
        Bar(**short, repeat_end=2),
        Bar(full - 6, full),
        Bar(0, full),
        Bar(**short, endings=(1,), repeat_end=2),
        Bar(**short, endings=(2,)),
    )
    ticks = generator.integers(58, 82, (len(bars), metre.ticks))
    ticks[:, 1:] = np.where(generator.random((len(bars), metre.ticks - 1)) < 0.4, ticks[:, 1:], HOLD)
    tune = tune_from_ticks(ticks.astype(np.int16), "A tune", 96, 2, metre, bars)
    path = tmp_path / "tune.musicxml"
    write_tune(tune, path)
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    assert toolkit.loadFile(str(path))
    played = music21.converter.parse(path, forceSource=True).parts[0].expandRepeats().flatten().notes
    found = [(float(note.offset), note.pitch.midi) for note in played if note.tie is None or note.tie.type == "start"]
    events = tune.events
    pick_up = bars[0].begins / 12
    notes = zip((events.onsets - pick_up).tolist(), events.pitches.tolist(), strict=True)
    expected = [(onset, pitch) for onset, pitch in notes if pitch >= 0]
    assert [pitch for _, pitch in found] == [pitch for _, pitch in expected]
    assert [onset for onset, _ in found] == pytest.approx([onset for onset, _ in expected])


def test_an_ending_without_a_number_is_none(tmp_path):
    path = tmp_path / "endings.musicxml"
    ticks = np.full((2, 24), 60, np.int16)
    write_tune(tune_from_ticks(ticks, bars=(bar(endings=(1,), end=2), bar(endings=(2,)))), path)
    path.write_text(path.read_text().replace('<ending number="1"', '<ending number="0"'))
    assert read_tune(path).bars[0].endings == ()


def test_what_is_held_from_a_measure_that_is_never_played_is_a_rest():
    ticks = np.full((2, 24), HOLD, np.int16)
    ticks[0, 0], ticks[1, 12] = 60, 62
    tune = tune_from_ticks(ticks, bars=(bar(endings=(2,)), bar()))
    assert tune.performed.tolist() == [[REST, *[HOLD] * 11, 62, *[HOLD] * 11]]
    assert tune.events.pitches.tolist() == [REST, 62]
