"""MusicXML documents and their drawings."""

import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from latune.errors import InputError
from latune.music.engrave import engrave
from latune.music.measure import HOLD, REST, events_from_ticks
from latune.music.metre import COMMON_TIME
from latune.music.musicxml import musicxml_document
from latune.music.notation import beams, notate
from latune.music.spelling import estimate_fifths, key_alterations, spell
from latune.music.tune import tune_from_ticks

verovio = pytest.importorskip("verovio")

any_ticks = arrays(
    np.int16,
    st.tuples(st.integers(1, 3), st.just(24)),
    elements=st.one_of(st.just(HOLD), st.just(HOLD), st.just(REST), st.integers(12, 127)),
)


def measure(**events):
    """One measure; t0=60 puts pitch 60 at tick 0."""
    ticks = np.full((1, 24), HOLD, np.int16)
    for name, pitch in events.items():
        ticks[0, int(name[1:])] = pitch
    return ticks


def values(ticks):
    return [(sign.value + "." * sign.dots, sign.length) for sign in notate(tune_from_ticks(ticks))[0]]


@given(any_ticks)
@settings(max_examples=150, deadline=None)
def test_signs_fill_each_measure_and_keep_the_events(ticks):
    plain = {"whole": 48, "half": 24, "quarter": 12, "eighth": 6, "16th": 3, "32nd": 1.5}
    for signs in notate(tune_from_ticks(ticks)):
        assert signs[0].start == 0
        assert [sign.end for sign in signs[:-1]] == [sign.start for sign in signs[1:]]
        assert signs[-1].end == COMMON_TIME.twelfths
        for sign in signs:
            factor = (1.5 if sign.dots else 1) * (2 / 3 if sign.bracket else 1)
            assert sign.length == pytest.approx(plain[sign.value] * factor)
            assert sign.bracket is None or sign.bracket.start <= sign.start < sign.end <= sign.bracket.end
        for sign, words in zip(signs, beams(signs), strict=True):
            assert len(words) in (0, sign.flags)
    starts = [
        measure * 4 + sign.start / 12
        for measure, signs in enumerate(notate(tune_from_ticks(ticks)))
        for sign in signs
        if not sign.goes_on_from
    ]
    np.testing.assert_allclose(starts, events_from_ticks(ticks).onsets)


@given(any_ticks)
@settings(max_examples=40, deadline=None)
def test_verovio_hears_every_sign_at_its_time(ticks):
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    assert toolkit.loadData(musicxml_document(tune_from_ticks(ticks)))
    timemap = toolkit.renderToTimemap({"includeRests": True})
    timemap = json.loads(timemap) if isinstance(timemap, str) else timemap
    heard = sorted(entry["qstamp"] for entry in timemap for _ in entry.get("on", []) + entry.get("restsOn", []))
    written = [m * 4 + sign.start / 12 for m, signs in enumerate(notate(tune_from_ticks(ticks))) for sign in signs]
    np.testing.assert_allclose(heard, written, atol=1e-4)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ({"t0": 60}, [("whole", 48)]),
        ({"t0": 60, "t9": 62}, [("quarter.", 18), ("eighth", 6), ("half", 24)]),
        ({"t0": 60, "t3": 62, "t9": 64}, [("eighth", 6), ("quarter", 12), ("eighth", 6), ("half", 24)]),
        ({"t0": 60, "t5": 62, "t6": 64}, [("eighth.", 9), ("16th", 3), ("half.", 36)]),
        (
            {"t0": 60, "t15": 62},
            [("half", 24), ("eighth", 6), ("quarter.", 18)],
        ),
        ({"t0": REST, "t9": 60, "t12": REST}, [("quarter", 12), ("eighth", 6), ("eighth", 6), ("half", 24)]),
        ({"t0": 60, "t2": 62, "t4": 64, "t6": 65}, [("eighth", 4)] * 3 + [("half.", 36)]),
        ({"t0": 60, "t4": 64, "t6": 65}, [("quarter", 8), ("eighth", 4), ("half.", 36)]),
        ({"t0": 60, "t1": 62, "t2": 64, "t6": 65}, [("16th.", 3), ("32nd", 1), ("quarter", 8), ("half.", 36)]),
        ({"t0": 60, "t3": 62, "t4": 64, "t6": 65}, [("eighth", 6), ("16th", 2), ("eighth", 4), ("half.", 36)]),
    ],
)
def test_note_values_are_the_usual_ones(events, expected):
    assert values(measure(**events)) == expected


def test_ties_across_the_bar_line():
    ticks = np.full((2, 24), HOLD, np.int16)
    ticks[0, [0, 18]] = (60, 66)
    ticks[1, 12] = 66
    notes = list(ET.fromstring(musicxml_document(tune_from_ticks(ticks, fifths=0))).iter("note"))
    assert [[tie.get("type") for tie in note.iter("tied")] for note in notes] == [[], ["start"], ["stop"], []]
    assert [note.findtext("accidental") for note in notes] == [None, "sharp", None, "sharp"]


def test_accidentals_hold_until_the_bar_line():
    ticks = np.tile(measure(t0=66, t6=66, t12=65, t18=78), (2, 1))
    notes = ET.fromstring(musicxml_document(tune_from_ticks(ticks, fifths=0))).iter("note")
    assert [note.findtext("accidental") for note in notes] == ["sharp", None, "natural", "sharp"] * 2


@pytest.mark.parametrize("fifths", range(-7, 8))
def test_spelling_gives_the_pitch_back(fifths):
    steps = dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))
    for pitch in range(12, 128):
        step, alteration, octave = spell(pitch, fifths)
        assert (octave + 1) * 12 + steps[step] + alteration == pitch
        assert 0 <= octave <= 9
        assert abs(alteration) <= 2
    scale = [(2 * i - (i > 2) - (i > 6)) + 60 + 7 * fifths % 12 for i in range(7)]
    assert all(spell(pitch, fifths)[1] == key_alterations(fifths)[spell(pitch, fifths)[0]] for pitch in scale)


def test_the_key_is_estimated():
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12, 7, 4, 0], dtype=np.int16)
    weights = np.array([2, 1, 1, 1, 2, 1, 1, 2, 1, 1, 4.0])
    for tonic, fifths in ((60, 0), (62, 2), (65, -1), (66, 6), (58, -2), (55, 1)):
        assert estimate_fifths(scale + tonic, weights) == fifths
    minor = np.array([0, 2, 3, 5, 7, 8, 11, 12, 7, 3, 0], dtype=np.int16)
    for tonic, fifths in ((57, 0), (62, -1), (64, 1), (60, -3)):
        assert estimate_fifths(minor + tonic, weights) == fifths
    assert estimate_fifths(np.array([REST], np.int16), np.ones(1)) == 0


class TestDrawing:
    tune = np.concatenate([measure(t0=60, t6=62, t8=64, t10=65, t12=66, t18=REST), measure(t0=67)] * 3)

    def test_it_shows_every_note_the_labels_and_the_title(self):
        labels = ["note_density = 0.25", None, "x & y", None, None, None]
        svg = engrave(tune_from_ticks(self.tune, "A <tune>"), labels=labels)
        root = ET.fromstring(svg)
        assert len(re.findall(r'class="note( |")', svg)) == 18
        words = "".join(root.itertext())
        assert all(word in words for word in ("note_density = 0.25", "x & y", "A <tune>"))
        assert len(re.findall(r'class="system( |")', svg)) == 2

    def test_lines_have_the_width_and_the_crop_is_tight(self):
        wide = ET.fromstring(engrave(tune_from_ticks(self.tune), measures_per_line=3, width=800))
        assert float(wide.get("width")) == 800
        assert float(wide.get("height")) < 300
        single = ET.fromstring(engrave(tune_from_ticks(self.tune[:1]), width=800))
        assert float(single.get("width")) < 400
        assert single.get("viewBox") == f"0 0 {single.get('width')} {single.get('height')}"

    def test_the_same_ticks_give_the_same_drawing(self):
        assert engrave(tune_from_ticks(self.tune)) == engrave(tune_from_ticks(self.tune))

    @given(any_ticks)
    @settings(max_examples=10, deadline=None)
    def test_any_ticks_can_be_drawn(self, ticks):
        assert engrave(tune_from_ticks(ticks)).startswith("<svg width=")

    def test_long_tunes_are_drawn_to_the_end(self):
        svg = engrave(tune_from_ticks(np.tile(self.tune, (60, 1))), measures_per_line=1)
        assert svg.count('class="system"') == 360
        assert len(re.findall(r'class="note( |")', svg)) == 18 * 60
        height = float(ET.fromstring(svg).get("height"))
        lowest = max(float(y) for y in re.findall(r"translate\(\d+, (\d+)\)", svg))
        assert 10_000 < height < 50_000
        assert lowest < height * 25  # verovio has 25 units to the pixel

    def test_it_is_silent(self, capfd):
        engrave(tune_from_ticks(self.tune))
        assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"ticks": np.zeros((2, 23), np.int16)}, r"the shape \(2, 23\): expected \(2, 24\)"),
        ({"ticks": np.zeros((0, 24), np.int16)}, "at least one measure"),
        ({"labels": ["a", "b"]}, "There are 2 labels: expected one for each of the 1 measures"),
        ({"fifths": 8}, "The key signature is 8: expected -7"),
        ({"ticks": measure(t0=3)}, "MIDI pitch 3 cannot be written in MusicXML"),
        ({"measures_per_line": 0}, "expected at least 1 measure"),
        ({"width": 5}, "100 pixels"),
    ],
)
def test_bad_arguments(arguments, sentence):
    def draw(ticks=None, fifths=None, **layout):
        return engrave(tune_from_ticks(measure(t0=60) if ticks is None else ticks, fifths=fifths), **layout)

    with pytest.raises(InputError, match=sentence):
        draw(**arguments)
