"""ABC: every construct against values worked out by hand, whole tunes, and what is refused."""

import random
import time
from pathlib import Path

import numpy as np
import pytest

from latune.errors import InputError
from latune.music.abc_reading import AbcRefusal, AbcTune, parse_abc, read_abc
from latune.music.bars import Bar, play_order

TUNES = Path(__file__).parents[1] / "data" / "tunes"
FRERE_JACQUES = """X:1
T:Frere Jacques
M:4/4
L:1/4
Q:1/4=120
K:F
|: F G A F :: A B c2 :: c/d/c/B/ A F :: F C F2 :|
"""
ODE_TO_JOY = """X:2
T:Ode to Joy
M:4/4
L:1/4
K:D
|: F F G A | A G F E | D D E F |1 F>E E2 :|2 E>D D2 ||
E E F D | E F/G/ F D | E F/G/ F E | D E A, F- |
F F G A | A G F E | D D E F | E>D D2 |]
"""


def tune(music, metre="4/4", unit="1/8", key="C", header=""):
    (found,) = read_abc(f"X:1\nT:A\nM:{metre}\nL:{unit}\n{header}K:{key}\n{music}\n".encode(), "a.abc")
    assert isinstance(found, AbcTune), found.reason
    return found


def problem(music, **kwargs):
    metre, unit = kwargs.get("metre", "4/4"), kwargs.get("unit", "1/8")
    (found,) = read_abc(f"X:1\nT:A\nM:{metre}\nL:{unit}\nK:C\n{music}\n".encode(), "a.abc")
    assert isinstance(found, AbcRefusal)
    return found.problem


def pitches(music, **kwargs):
    return tune(music, **kwargs).reading.pitches.tolist()


def lengths(music, **kwargs):
    """Lengths of the notes in eighths."""
    reading = tune(music, **kwargs).reading
    return (2 * (reading.ends - reading.onsets)).round(9).tolist()


def bars(music, **kwargs):
    return tune(music, **kwargs).reading.bars


def order(music, **kwargs):
    """Numbers of the measures, from 1, as they are played."""
    return [number + 1 for number in play_order(bars(music, **kwargs))]


class TestPitch:
    def test_octaves(self):
        assert pitches("C,, C, C c c' c'', c|", unit="1/16") == [36, 48, 60, 72, 84, 84, 72]

    def test_accidentals_last_to_the_bar_line_in_every_octave(self):
        assert pitches("^F F f =f F _B|F B ^^c __e|") == [66, 66, 78, 77, 65, 70, 65, 71, 74, 74]

    @pytest.mark.parametrize(
        ("key", "fifths", "expected"),
        [
            ("C", 0, [60, 62, 64, 65, 67, 69, 71]),
            ("G", 1, [60, 62, 64, 66, 67, 69, 71]),
            ("G Major", 1, [60, 62, 64, 66, 67, 69, 71]),
            ("Eb", -3, [60, 62, 63, 65, 67, 68, 70]),
            ("Em", 1, [60, 62, 64, 66, 67, 69, 71]),
            ("E minor", 1, [60, 62, 64, 66, 67, 69, 71]),
            ("EM", 1, [60, 62, 64, 66, 67, 69, 71]),
            ("A Dorian", 1, [60, 62, 64, 66, 67, 69, 71]),
            ("Ador", 1, [60, 62, 64, 66, 67, 69, 71]),
            ("DMix clef=treble", 1, [60, 62, 64, 66, 67, 69, 71]),
            ("Bphr", 1, [60, 62, 64, 66, 67, 69, 71]),
            ("Flyd", 0, [60, 62, 64, 65, 67, 69, 71]),
            ("Bloc", 0, [60, 62, 64, 65, 67, 69, 71]),
            ("F#m", 3, [61, 62, 64, 66, 68, 69, 71]),
            ("none", 0, [60, 62, 64, 65, 67, 69, 71]),
            ("HP", 0, [60, 62, 64, 65, 67, 69, 71]),
            ("Hp", 2, [61, 62, 64, 66, 67, 69, 71]),
            ("Dm ^c", None, [61, 62, 64, 65, 67, 69, 70]),
            ("D exp _e ^f", None, [60, 62, 63, 66, 67, 69, 71]),
        ],
    )
    def test_keys(self, key, fifths, expected):
        found = tune("CDEFGAB|", key=key)
        assert found.reading.pitches.tolist() == expected
        assert found.reading.fifths == fifths

    def test_key_changes(self):
        assert pitches("F4 [K:D] F4|\nK:Bb\nB4 [K:clef=bass] B4|") == [65, 66, 70, 70]

    def test_a_tie_carries_its_accidental_over_the_bar_line(self):
        found = tune("^F8-|F4 F4|").reading
        assert found.pitches.tolist() == [66, 65]
        assert found.ends.tolist() == [6, 8]


class TestTime:
    def test_lengths(self):
        assert lengths("A2 A A/ A/2 A// A3/2 A/4 A3/4 A3//|") == [2, 1, 0.5, 0.5, 0.25, 1.5, 0.25, 0.75, 0.75]

    def test_unit_from_the_metre(self):
        for metre, eighths in (("2/4", 0.5), ("3/4", 1), ("6/8", 1), ("4/4", 1)):
            (found,) = read_abc(f"X:1\nM:{metre}\nK:C\nA|".encode(), "a.abc")
            assert 2 * found.reading.ends[0] == eighths

    def test_unit_changes(self):
        assert lengths("A A [L:1/4] A A|\nL:1/16\nA A|") == [1, 1, 2, 2, 0.5, 0.5]

    def test_broken_rhythm(self):
        assert lengths('A>B c<d|A>>B c<<d|A2 > B2 {g}c>"G"d|') == [
            *(1.5, 0.5, 0.5, 1.5),
            *(1.75, 0.25, 0.25, 1.75),
            *(3, 1, 1.5, 0.5),
        ]
        assert lengths("A>>>B z>B|") == [1.875, 0.125, 0.5]

    def test_tuplets(self):
        assert lengths("(3ABc d|") == pytest.approx([2 / 3, 2 / 3, 2 / 3, 1])
        assert lengths("(2AB c|", metre="6/8") == [1.5, 1.5, 1]
        assert lengths("(4ABcd e|", metre="6/8") == [0.75] * 4 + [1]
        assert lengths("(5ABcde f|", metre="6/8") == pytest.approx([0.6] * 5 + [1])
        assert lengths("(5ABcde f|") == pytest.approx([0.4] * 5 + [1])
        assert lengths("(3:2:4A2B2c/d/ e|", unit="1/16") == pytest.approx([2 / 3, 2 / 3, 1 / 6, 1 / 6, 0.5])
        assert lengths("(3::2AB c|") == pytest.approx([2 / 3, 2 / 3, 1])
        assert lengths("(3A>Bc d|") == pytest.approx([1, 1 / 3, 2 / 3, 1])

    def test_ties_and_slurs(self):
        assert lengths("A2-A2 A-B|A4 A4-|A8|") == [4, 1, 1, 4, 12]
        assert lengths("(A2 A2) (3(ABc) A2 -|A2 B6|") == pytest.approx([2, 2, 2 / 3, 2 / 3, 2 / 3, 4, 6])

    def test_rests(self):
        found = tune("z2 A2 x2 z2|Z2|A8|").reading
        assert found.onsets.tolist() == [1, 12]
        assert found.rest_onsets.tolist() == [0, 3, 4, 8]
        assert len(found.bars) == 4

    def test_chords_keep_the_highest_note(self):
        found = tune("[C2E2G2] [ceg]3/2 [C-E-]|")
        assert found.reading.pitches.tolist() == [67, 79, 64]
        assert lengths("[C2E2G2] [ceg]3/2 [^Ce]/|") == [2, 1.5, 0.5]
        assert lengths("[A,E]4-[A,E]4|") == [8]
        assert found.reading.remarks == ("Reduced 3 chords to the highest note.",)

    @pytest.mark.parametrize(
        ("field", "tempo"),
        [
            ("1/4=90", 90),
            ("3/8=60", 90),
            ('"Slow" 1/2=40 "so"', 80),
            ("120", 60),
            ("C=120", 60),
            ("C3=40", 60),
            ("1/4 1/8=60", 90),
            ('"Allegro"', None),
            ("1/0=3", None),
        ],
    )
    def test_tempo(self, field, tempo):
        assert tune("A8|", header=f"Q:{field}\n").reading.tempo == tempo


class TestWhatIsPassedOver:
    def test_texts_decorations_and_graces(self):
        found = tune('"Am"!trill!A2 .B~c {fg}{/a}Td uv"^up"e +fermata+f *g`|', header="R:hornpipe\nw:la la\n")
        assert found.reading.pitches.tolist() == [69, 71, 72, 74, 76, 77, 79]
        assert found.has_chord_symbols
        assert found.reading.remarks == ("Dropped 2 groups of grace notes.",)
        assert not tune("A8|").has_chord_symbols

    def test_line_ends_fields_comments_and_directives(self):
        music = (
            "AB!\ncd\\\nef | % comment\n%%MIDI transpose 12\nw:words to|sing\nN:note\n%%begintext\nGGG|\n%%endtext\nga|"
        )
        assert pitches(music) == [69, 71, 72, 74, 76, 77, 79, 81]

    def test_a_line_of_music_may_look_like_a_field(self):
        assert pitches("A8|\nB:|\nC:||") == [69, 71, 60]

    def test_an_ending_behind_a_continued_line(self):
        assert order("A8|\\\n1 B8:|2 c8|]") == [1, 2, 1, 3]

    def test_other_voices_and_overlays(self):
        found = tune("V:1\nA4 A4|\nV:2\nK:Bb\nC8|[V:1] B4 & c4 d4|c8|", header="V:1\nV:2\n")
        assert found.reading.pitches.tolist() == [69, 69, 71, 72]
        assert found.voices == 3
        assert found.reading.remarks == ("1 of 2 voices is not used.", "Dropped 1 overlay.")
        assert tune("A8|").voices == 1

    def test_unknown_characters_jumps_and_parts(self):
        found = tune("A?B !D.C.! c§|", header="P:AAB\n")
        assert found.reading.remarks == (
            "Ignored 1 jump such as D.C.",
            "Ignored the order of parts 'AAB'.",
            "Skipped 2 characters that are not ABC music, the first: '?'.",
        )


class TestBars:
    def test_a_pick_up_fills_the_end_and_the_last_measure_the_beginning(self):
        assert bars("G2|A8|B6|]") == (Bar(36, 48), Bar(0, 48), Bar(0, 36))
        assert tune("G2|A8|").reading.onsets.tolist() == [3, 4]

    def test_pick_ups_within_repeats(self):
        assert bars("|:G2|A8|B6:||:c2|d8|e6:|") == (
            Bar(36, 48, repeat_start=True),
            Bar(0, 48),
            Bar(0, 36, repeat_end=2),
            Bar(36, 48, repeat_start=True),
            Bar(0, 48),
            Bar(0, 36, repeat_end=2),
        )

    def test_a_pick_up_of_a_section_need_not_complete_anything(self):
        assert [bar.begins for bar in bars("A8||G2|A8|B4||c2|d8|]")] == [0, 36, 0, 0, 36, 0]

    def test_bar_lines_within_a_measure(self):
        assert bars("|:A8|A4||A4|A4:|:B4|B8|]") == (
            Bar(0, 48, repeat_start=True),
            Bar(0, 24),
            Bar(24, 48),
            Bar(0, 24, repeat_end=2),
            Bar(24, 48, repeat_start=True),
            Bar(0, 48),
        )
        assert [(bar.begins, bar.ends) for bar in bars("A8|A2||A4:|A2|B8|")][1:4] == [(0, 12), (12, 36), (36, 48)]

    def test_a_short_measure_between_plain_bar_lines(self):
        assert [(bar.begins, bar.ends) for bar in bars("A8|A6|A8|A8|]")] == [(0, 48), (0, 36), (0, 48), (0, 48)]

    def test_parts_are_sections(self):
        assert [bar.begins for bar in bars("P:A\nG2|A8|A6\nP:B\nc2|d8|")] == [36, 0, 0, 36, 0]

    def test_repeats(self):
        assert order("|:A8|B8:|c8|") == [1, 2, 1, 2, 3]
        assert order("A8|B8:|c8:|d8|") == [1, 2, 1, 2, 3, 3, 4]
        assert order("A8::B8:|:c8:||:d8:|") == [1, 1, 2, 2, 3, 3, 4, 4]
        assert order("|::A8::|B8|") == [1, 1, 1, 2]
        assert order("|: A8 : | B8 |") == [1, 1, 2]
        assert order("A8|B8|:|") == [1, 2, 1, 2]
        assert order("A8|[K:G] : B8 :|") == [1, 2, 2]

    def test_a_repeat_without_its_beginning_goes_back_to_the_double_bar(self):
        assert order("A8||B8|c8:|") == [1, 2, 3, 2, 3]
        assert order("|:A8||B8|c8:|") == [1, 2, 3, 1, 2, 3]

    def test_endings(self):
        assert order("|:A8|1B8:|2c8|]d8|") == [1, 2, 1, 3, 4]
        assert order("A8|[1B8|c8:| [2 d8|e8|f8||g8:|") == [1, 2, 3, 1, 4, 5, 6, 7, 7]
        assert order("|:A8[1,3B8:|[2 c8:|[4d8|]") == [1, 2, 1, 3, 1, 2, 1, 4]
        assert order("|:A8[1-3B8:|[4d8|]") == [1, 2, 1, 2, 1, 2, 1, 3]
        assert order("|:A8|1B8|2c8||d8:|") == [1, 2, 1, 3, 4, 4]
        assert order("|:A8|1B8:|c8|d8:|") == [1, 2, 1, 3, 4, 3, 4]
        assert order("A8|1B8:|2c8|]d8|1e8:|2f8|]") == [1, 2, 1, 3, 4, 5, 4, 6]

    def test_all_endings_begin_at_the_same_place(self):
        assert [(b.begins, b.ends) for b in bars("|:c2|A8|1B6:|2B6||")] == [(36, 48), (0, 48), (0, 36), (0, 36)]
        assert [(b.begins, b.ends) for b in bars("|:A8|A4[1B4:|[2c4||")] == [(0, 48), (0, 24), (24, 48), (24, 48)]

    def test_ties_end_at_repeat_marks(self):
        found = tune("|:A8-:|A8-|1A8-:|2A8|]").reading
        assert found.onsets.tolist() == [0, 4, 12]
        assert found.ends.tolist() == [4, 12, 16]
        assert found.remarks == ("Ended 2 ties at repeat marks.",)

    def test_metre_changes_are_listed(self):
        reading = tune("A8|[M:3/4]A6|\nM:C|\nA8|").reading
        assert reading.metres == ("4/4", "3/4", "2/2")
        assert [bar.ends for bar in reading.bars] == [48, 36, 48]
        assert tune("M:6/8\nA3 A3|").reading.metres == ("6/8",)


class TestFiles:
    def test_several_tunes(self):
        data = (FRERE_JACQUES + "\nsome text | with bars\n\n" + ODE_TO_JOY).replace("\n", "\r\n").encode()
        first, second = read_abc(b"\xef\xbb\xbf" + data, "a.abc")
        assert (first.number, first.reading.title, first.reading.tempo) == ("1", "Frere Jacques", 120)
        assert (second.number, second.notes, second.rests) == ("2", 50, 0)
        reading = parse_abc(data, "a.abc")
        assert reading.title == "Frere Jacques"
        assert reading.remarks == ("1 of 2 tunes is not used.",)

    def test_whole_tunes(self):
        first = tune("|: F G A F :: A B c2 :: c/d/c/B/ A F :: F C F2 :|", unit="1/4", key="F").reading
        assert first.pitches.tolist() == [65, 67, 69, 65, 69, 70, 72, 72, 74, 72, 70, 69, 65, 65, 60, 65]
        assert play_order(first.bars) == [0, 0, 1, 1, 2, 2, 3, 3]
        (second,) = read_abc(ODE_TO_JOY.encode(), "a.abc")
        reading = second.reading
        assert [number + 1 for number in play_order(reading.bars)] == [1, 2, 3, 4, 1, 2, 3, 5, *range(6, 14)]
        assert reading.onsets[12:18].tolist() == [12, 13.5, 14, 16, 17.5, 18]
        tied = np.flatnonzero(reading.onsets == 35)[0]
        assert (reading.ends[tied], reading.pitches[tied]) == (37, 66)

    def test_latin_1_and_carriage_returns(self):
        (found,) = read_abc("X:1\rT:Für mich 100\\% % so\rM:4/4\rL:1/4\rK:C\rCDEF|\r".encode("latin-1"), "a.abc")
        assert found.reading.title == "Für mich 100%"

    def test_without_a_number_and_with_empty_lines_in_the_header(self):
        (first,) = read_abc(b"M:4/4\nL:1/4\n\nT:A\nK:C\nCDEF|\n\nA note: all is well.\n", "a.abc")
        assert first.number == ""
        assert first.reading.onsets.tolist() == [0, 1, 2, 3]
        (second,) = read_abc(b"X:1\n\nM:4/4\nK:C\n\nCDEF GABc|\n", "a.abc")
        assert second.notes == 8

    def test_a_refused_tune_leaves_the_others(self):
        first, second = read_abc(b"X:7\nT:Broken\nM:4/4\nL:1/4\nK:C\nCDEFG|\n\nX:8\nM:4/4\nK:C\nC8|\n", "a.abc")
        assert first.reason == (
            "The tune X:7 \"Broken\" in the file 'a.abc' has a measure longer than its metre 4/4:"
            " expected at most 4 quarters in measure 1, found 5."
        )
        assert second.notes == 1

    @pytest.mark.parametrize(
        ("music", "sentence"),
        [
            ("CDEF GABc d|", "has a measure longer than its metre 4/4: expected at most 4 quarters in measure 1"),
            ("M:none\nC|", "has the metre 'none': expected a time signature such as 4/4 or 6/8."),
            ("M:5/64\nC|", "has the metre 5/64: expected one of whole sixteenths."),
            ("[K:Q]C|", "has the key 'Q': expected one such as G, F#m or D mixolydian."),
            ("L:x\nC|", "has the unit note length 'x': expected one such as 1/8."),
            ('C "Am D|', "has a quotation mark without its partner: expected two, found '\"Am D|'."),
            ("C/17|", "has a length of 1/17 units: expected one out of halves, thirds, ..."),
            ("C1234567890|", "has a note of length '1234567890': expected one such as 3/2."),
            ("c''''''|", "has a note outside MIDI: expected pitches from 0 to 127, found 144."),
            ("Z99999|", "has a rest of 99999 measures: expected at most 10,000."),
            ("Z9999|Z9999|", "is too long: expected at most 10,000 measures, found 19,998."),
            ("(0abc|", "has the tuplet '(0': expected one such as (3."),
            ("z8|", "has no notes: expected a melody."),
        ],
    )
    def test_every_refusal(self, music, sentence):
        assert sentence in problem(music)

    def test_headers_that_are_refused(self):
        for header, sentence in (
            ("X:1\nK:C\n", "has no metre: expected a line 'M:' before the key."),
            ("X:1\nM:4/4\n", "has no key: expected a line 'K:' before the music."),
        ):
            (found,) = read_abc(f"{header}C|".encode(), "a.abc")
            assert found.problem == sentence
        with pytest.raises(InputError, match=r"^The file 'a.abc' is not ABC: expected a tune"):
            parse_abc(b"hello", "a.abc")
        with pytest.raises(InputError, match=r"^The file 'a.abc' has no metre"):
            parse_abc(b"X:1\nK:C\nC|", "a.abc")

    def test_mutated_tunes_are_read_or_refused(self):
        rng = random.Random(0)
        whole = (FRERE_JACQUES + "\n" + ODE_TO_JOY).encode() + (TUNES / "two_endings.abc").read_bytes()
        pieces = [
            b"|:",
            b":|",
            b"[1",
            b"(3",
            b">",
            b"-",
            b"{",
            b'"',
            b"&",
            b"[V:2]",
            b"\nM:",
            b"[",
            b"]",
            b"Z99",
            b"\n\n",
        ]
        read = 0
        for _ in range(300):
            data = bytearray(whole)
            for _ in range(rng.randint(1, 6)):
                position = rng.randrange(len(data))
                if rng.random() < 0.3:
                    del data[position : position + rng.randint(1, 9)]
                else:
                    data[position:position] = rng.choice(pieces) if rng.random() < 0.7 else rng.randbytes(2)
            for found in read_abc(bytes(data), "a.abc"):
                read += isinstance(found, AbcTune)
                assert isinstance(found, AbcTune) or (found.reason.endswith(".") and "\n" not in found.reason)
        assert 100 < read < 900

    @pytest.mark.parametrize("piece", ["[K:", "{a", "[a", "A:|[1", "A/8||", "| ", "[ ", "(3", "A>"])
    def test_long_nonsense_takes_no_long_time(self, piece):
        start = time.perf_counter()
        read_abc(b"X:1\nM:4/4\nK:C\n" + (piece * (40_000 // len(piece))).encode(), "a.abc")
        assert time.perf_counter() - start < 3
