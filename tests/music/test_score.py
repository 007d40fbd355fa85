"""Reading and writing tunes: round trips, what is dropped, and every error's sentence."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from latune.errors import InputError, MissingExtraError
from latune.music.measure import END, HOLD, REST, START, events_from_ticks, ticks_from_events
from latune.music.melody import Reading, single_voice
from latune.music.metre import Metre
from latune.music.musicxml import LOWEST_WRITTEN
from latune.music.score import read_measures, read_tune, tune_from_ticks, write_tune

symusic = pytest.importorskip("symusic")
pytest.importorskip("music21")

TUNES = Path(__file__).parents[1] / "data" / "tunes"
ROUND_TRIP = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def tunes(draw):
    """Arbitrary ticks, as a network may emit them, with at least one note."""
    measures = draw(st.integers(1, 4))
    pitch = st.integers(LOWEST_WRITTEN, 127)
    sparse = st.one_of(st.just(HOLD), st.just(HOLD), st.just(REST), pitch)
    dense = st.one_of(pitch, st.sampled_from([HOLD, REST, START, END]))
    ticks = draw(arrays(np.int16, (measures, 24), elements=draw(st.sampled_from([sparse, dense]))))
    ticks[draw(st.integers(0, measures - 1)), draw(st.integers(0, 23))] = draw(pitch)
    return ticks


def without_padding(ticks):
    """What a file can hold: padding is rest, and so is a hold before the first event."""
    ticks = np.where(np.isin(ticks, (START, END)), REST, ticks)
    ticks[0, 0] = REST if ticks[0, 0] == HOLD else ticks[0, 0]
    return ticks


def with_rests_merged(ticks):
    flat = without_padding(ticks).ravel()
    resting = False
    for i, tick in enumerate(flat):
        if tick == REST and resting:
            flat[i] = HOLD
        resting = tick == REST or (resting and tick == HOLD)
    return flat.reshape(ticks.shape)


def quarters(*pitches):
    """Ticks of one measure with four quarters."""
    ticks = np.full((1, 24), HOLD, np.int16)
    ticks[0, ::6] = pitches
    return ticks


def write_midi(path, notes, quarter=480, metre=(4, 4), drums=False, metres=()):
    """A MIDI file with one track of (onset, duration, pitch) in ticks."""
    score = symusic.Score(quarter)
    for time, beats, unit in ((0, *metre), *metres):
        score.time_signatures.append(symusic.TimeSignature(time, beats, unit))
    track = symusic.Track(name="", program=0, is_drum=drums)
    for onset, duration, pitch in notes:
        track.notes.append(symusic.Note(onset, duration, pitch, 80))
    score.tracks.append(track)
    path.write_bytes(score.dumps_midi())
    return path


class TestRoundTrip:
    @ROUND_TRIP
    @given(tunes(), st.sampled_from([".musicxml", ".xml", ".mxl"]), st.one_of(st.none(), st.integers(-7, 7)))
    def test_musicxml_is_lossless(self, tmp_path, ticks, suffix, fifths):
        path = tmp_path / f"tune{suffix}"
        write_tune(tune_from_ticks(ticks, "A tune", 92.5, fifths), path)
        read, tune = read_measures(path)
        np.testing.assert_array_equal(read, without_padding(ticks))
        assert (tune.title, tune.tempo, tune.remarks) == ("A tune", 92.5, ())
        assert fifths is None or tune.fifths == fifths

    @ROUND_TRIP
    @given(tunes(), st.one_of(st.none(), st.integers(-7, 7)))
    def test_midi_merges_rests_only(self, tmp_path, ticks, fifths):
        path = tmp_path / "tune.mid"
        write_tune(tune_from_ticks(ticks, "A tune", 92.5, fifths), path)
        read, tune = read_measures(path)
        np.testing.assert_array_equal(read, with_rests_merged(ticks))
        assert (tune.title, tune.tempo, tune.fifths, tune.remarks) == ("A tune", 92.5, fifths, ())

    def test_the_lowest_octave_goes_through_midi(self, tmp_path):
        write_tune(tune_from_ticks(quarters(0, 11, 12, 127)), tmp_path / "low.midi")
        np.testing.assert_array_equal(read_measures(tmp_path / "low.midi")[0], quarters(0, 11, 12, 127))

    def test_titles_beyond_ascii_and_xml(self, tmp_path):
        for suffix in (".mid", ".musicxml"):
            path = tmp_path / f"Übung{suffix}"
            write_tune(tune_from_ticks(quarters(60, 62, 64, 65), "Für <Elise> & \x01♪"), path)
            assert read_tune(path).title.replace("\x01", "") == "Für <Elise> & ♪"

    def test_without_a_title_the_file_name_stands_in(self, tmp_path):
        for suffix in (".mid", ".musicxml"):
            write_tune(tune_from_ticks(quarters(60, 62, 64, 65)), tmp_path / f"song{suffix}")
            assert read_tune(tmp_path / f"song{suffix}").title == "song"

    def test_a_tune_of_rests_can_be_written(self, tmp_path):
        ticks = np.full((2, 24), HOLD, np.int16)
        for name in ("rests.mid", "rests.xml"):
            write_tune(tune_from_ticks(ticks), tmp_path / name)
            with pytest.raises(InputError, match="has no notes"):
                read_tune(tmp_path / name)


class TestAbc:
    def test_repeats_triplets_and_what_is_ignored(self):
        ticks, tune = read_measures(TUNES / "two_endings.abc")
        first = np.full(24, HOLD, np.int16)
        first[[0, 6, 8, 10, 12, 18]] = (67, 67, 69, 71, 72, 74)
        expected = np.full((4, 24), HOLD, np.int16)
        expected[[0, 2]] = first
        expected[1, [0, 12]] = (76, REST)  # the fermata does not lengthen
        expected[3, 0] = 79
        np.testing.assert_array_equal(ticks, expected)
        assert (tune.title, tune.tempo, tune.fifths) == ("Two endings", 90, 1)
        assert tune.remarks == ("Dropped 1 group of grace notes.",)

    def test_pick_up_ties_and_first_tune_only(self):
        ticks, tune = read_measures(TUNES / "pick_up.abc")
        expected = np.full((3, 24), HOLD, np.int16)
        expected[0, [0, 18, 22]] = (REST, 69, 73)  # broken rhythm: C sharp on the last quarter of the beat
        expected[0, 22], expected[0, 23] = HOLD, 73
        expected[1, [0, 12]] = (74, 77)
        expected[2, 12] = 69
        np.testing.assert_array_equal(ticks, expected)
        assert tune.title == "Pick-up, and a second tune"
        assert (tune.tempo, tune.fifths) == (100, -1)
        assert tune.remarks == ("1 of 2 tunes is not used.",)

    def test_directives_and_hornpipe_swing_have_no_effect(self, tmp_path):
        path = tmp_path / "tune.abc"
        path.write_text("X:1\nT:A\nR:hornpipe\nM:C|\nL:1/8\n%%MIDI transpose 12\nK:C\nCDEF GABc|\n")
        ticks, _ = read_measures(path)
        np.testing.assert_array_equal(ticks[0, ::3], (60, 62, 64, 65, 67, 69, 71, 72))

    def test_latin_1(self, tmp_path):
        path = tmp_path / "tune.abc"
        path.write_bytes("X:1\nT:Für mich\nM:4/4\nL:1/4\nK:C\nCDEF|\n".encode("latin-1"))
        assert read_tune(path).title == "Für mich"

    def test_nothing_is_printed(self, tmp_path, capfd):
        path = tmp_path / "tune.abc"
        path.write_text("X:1\nT:A\nM:4/4\nL:1/4\nK:C\nCD?EF$|G-\n")
        assert read_tune(path).remarks[0] == "Skipped 1 character that is not ABC music, the first: '?'."
        read_tune(TUNES / "pick_up.musicxml")
        assert capfd.readouterr() == ("", "")


class TestMusicXml:
    def test_pick_up_repeat_tie_grace_voices_and_parts(self):
        tune = read_tune(TUNES / "pick_up.musicxml")
        once = [(72, 1), (77, 2), (81, 3), (77, 2)]
        found = list(zip(tune.events.pitches.tolist(), tune.events.durations.tolist(), strict=True))
        assert found[0] == (REST, 3)
        assert found[1:5] == once
        assert found[5:9] == once
        assert (tune.title, tune.tempo, tune.fifths) == ("Pick-up", 120, -1)
        assert tune.remarks == (
            "1 of 2 parts is not used.",
            "Dropped 1 grace note.",
            "Dropped 1 note below the highest voice.",
        )

    def test_bad_repeat_marks_are_told(self, tmp_path):
        text = (TUNES / "pick_up.musicxml").read_text()
        jump = "<direction><direction-type><words>D.S. al Coda</words></direction-type></direction>"
        path = tmp_path / "odd.musicxml"
        path.write_text(text.replace('<measure number="2">', f'<measure number="2">{jump}', 1))
        assert "The repeat marks are not well-formed and were ignored." in read_tune(path).remarks


class TestMidi:
    def test_polyphony_keeps_the_highest_voice(self, tmp_path):
        chords = [(beat * 480, 480, pitch) for beat in range(4) for pitch in (48, 55, 72 - beat)]
        ticks, tune = read_measures(write_midi(tmp_path / "chords.mid", chords))
        np.testing.assert_array_equal(ticks, quarters(72, 71, 70, 69))
        assert tune.remarks == ("Dropped 8 notes below the highest voice.",)

    def test_a_held_note_hides_what_moves_below_it(self, tmp_path):
        notes = [(0, 1920, 72), (480, 480, 60), (1920, 480, 60)]
        _, tune = read_measures(write_midi(tmp_path / "pedal.mid", notes))
        assert tune.events.pitches.tolist() == [72, 60, REST]

    def test_legato_overlap_does_not_drop_notes(self, tmp_path):
        notes = [(beat * 480, 520, 72 - beat) for beat in range(4)]
        ticks, tune = read_measures(write_midi(tmp_path / "legato.mid", notes))
        np.testing.assert_array_equal(ticks[0], quarters(72, 71, 70, 69)[0])
        assert tune.remarks == ()

    def test_onsets_move_to_the_grid(self, tmp_path):
        notes = [(0, 440, 60), (490, 430, 62), (950, 440, 64), (1440, 440, 65)]
        ticks, tune = read_measures(write_midi(tmp_path / "played.mid", notes))
        np.testing.assert_array_equal(ticks, quarters(60, 62, 64, 65))
        assert tune.remarks == ("Moved 2 onsets to the nearest grid position (largest shift 0.02 quarters).",)

    def test_notes_too_short_for_the_grid(self, tmp_path):
        notes = [(0, 40, 60), (40, 40, 62), (80, 400, 64)]
        tune = read_tune(write_midi(tmp_path / "fast.mid", notes))
        assert tune.remarks[0] == "Dropped 1 note too short for the grid of sixteenths and triplets."

    def test_triplets_are_exact(self, tmp_path):
        notes = [(160 * i, 160, 60 + i) for i in range(12)]
        ticks, tune = read_measures(write_midi(tmp_path / "triplets.mid", notes))
        assert np.flatnonzero(ticks[0] >= 0).tolist() == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22]
        assert tune.remarks == ()

    def test_a_pick_up_written_as_a_short_measure(self, tmp_path):
        path = write_midi(tmp_path / "up.mid", [(0, 480, 60), (480, 1920, 64)], metre=(1, 4), metres=[(480, 4, 4)])
        tune = read_tune(path)
        assert list(zip(tune.events.pitches.tolist(), tune.events.durations.tolist(), strict=True)) == [
            (REST, 3),
            (60, 1),
            (64, 4),
        ]

    def test_cut_time_and_a_later_empty_metre_pass(self, tmp_path):
        path = write_midi(tmp_path / "cut.mid", [(0, 1920, 60)], metre=(2, 2), metres=[(1920, 3, 4)])
        assert len(read_measures(path)[0]) == 1

    def test_further_tracks_are_told(self, tmp_path):
        path = write_midi(tmp_path / "a.mid", [(0, 480, 60)])
        score = symusic.Score.from_midi(path.read_bytes())
        for drums in (True, False):
            track = symusic.Track(name="other", program=0, is_drum=drums)
            track.notes.append(symusic.Note(0, 480, 40, 80))
            score.tracks.insert(0, track) if drums else score.tracks.append(track)
        path.write_bytes(score.dumps_midi())
        tune = read_tune(path)
        assert tune.events.pitches[0] == 60
        assert tune.remarks == ("2 of 3 tracks are not used.",)

    def test_a_riff_wrapper_is_opened(self, tmp_path):
        inner = write_midi(tmp_path / "a.mid", [(0, 1920, 60)]).read_bytes()
        path = tmp_path / "wrapped.mid"
        path.write_bytes(b"RIFF" + bytes(4) + b"RMIDdata" + len(inner).to_bytes(4, "little") + inner)
        assert read_tune(path).events.pitches.tolist() == [60]


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_any_notes_become_one_voice_without_gaps(data):
    count = data.draw(st.integers(1, 30))
    onsets = data.draw(arrays(np.float64, count, elements=st.floats(0, 12)))
    lengths = data.draw(arrays(np.float64, count, elements=st.floats(0, 5)))
    pitches = data.draw(arrays(np.int16, count, elements=st.integers(0, 127)))
    rests = data.draw(arrays(np.float64, 3, elements=st.floats(0, 20)))
    events = single_voice(Reading(onsets, onsets + lengths, pitches, rests)).events
    np.testing.assert_allclose(events.onsets[1:], (events.onsets + events.durations)[:-1])
    assert events.onsets[0] == 0
    assert events.length % 4 == 0
    assert (events.durations > 1e-6).all()
    ticks = ticks_from_events(events)
    np.testing.assert_allclose(events_from_ticks(ticks).onsets, events.onsets)
    assert set(events.pitches[events.pitches >= 0]) <= set(pitches)


class TestWriting:
    def test_nothing_is_left_when_the_rename_fails(self, tmp_path, monkeypatch):
        path = tmp_path / "tune.mid"
        path.write_bytes(b"before")

        def refuse(self, target):
            assert self.parent == tmp_path
            assert self.stat().st_size > 50  # complete before it is renamed
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "replace", refuse)
        with pytest.raises(InputError, match=r'the system reports "No space left on device"\.$'):
            write_tune(tune_from_ticks(quarters(60, 62, 64, 65)), path)
        assert path.read_bytes() == b"before"
        assert list(tmp_path.iterdir()) == [path]

    def test_only_the_target_remains(self, tmp_path):
        for _ in range(2):
            write_tune(tune_from_ticks(quarters(60, 62, 64, 65)), tmp_path / "tune.mid")
        assert [path.name for path in tmp_path.iterdir()] == ["tune.mid"]

    @pytest.mark.parametrize("name", ["tune.txt", "tune"])
    def test_unknown_suffix(self, tmp_path, name):
        with pytest.raises(InputError, match=r"expected \.mid, \.midi, .* \.svg, \.pdf or \.wav for writing\.$"):
            write_tune(tune_from_ticks(quarters(60, 62, 64, 65)), tmp_path / name)

    def test_missing_folder_and_folder_as_target(self, tmp_path):
        tune = tune_from_ticks(quarters(60, 62, 64, 65))
        with pytest.raises(InputError, match=r"cannot be written: expected a folder .* \"No such file"):
            write_tune(tune, tmp_path / "none" / "tune.mid")
        (tmp_path / "folder.mid").mkdir()
        with pytest.raises(InputError, match="cannot be written"):
            write_tune(tune, tmp_path / "folder.mid")

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
    def test_unwritable_folder(self, tmp_path):
        tmp_path.chmod(0o500)
        with pytest.raises(InputError, match="Permission denied"):
            write_tune(tune_from_ticks(quarters(60, 62, 64, 65)), tmp_path / "tune.mid")

    def test_tempo_and_pitch_out_of_range(self, tmp_path):
        with pytest.raises(InputError, match="The tempo is nan: expected"):
            write_tune(tune_from_ticks(quarters(60, 62, 64, 65), tempo=float("nan")), tmp_path / "a.mid")
        with pytest.raises(InputError, match="MIDI pitch 11 cannot be written in MusicXML: expected 12 to 127"):
            write_tune(tune_from_ticks(quarters(60, 11, 64, 65)), tmp_path / "a.xml")
        assert list(tmp_path.iterdir()) == []

    def test_ticks_of_another_metre(self):
        with pytest.raises(InputError, match=r"the shape \(1, 24\): expected \(1, 18\)"):
            tune_from_ticks(quarters(60, 62, 64, 65), metre=Metre(3, 4))


ABC = "X:1\nT:A\nM:4/4\nL:1/4\nK:C\n"
XML = (
    '<score-partwise><part-list><score-part id="P1"/></part-list>'
    '<part id="P1"><measure number="1">{}</measure></part></score-partwise>'
)
NOTE = "<note><pitch><step>C</step><octave>{}</octave></pitch><duration>{}</duration></note>"
TIME = "<attributes><divisions>1</divisions><time><beats>{}</beats><beat-type>4</beat-type></time></attributes>"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.txt", b"x", r"ends in '.txt': expected .mid, .midi, .abc, .xml, .musicxml, .mxl or .krn"),
        ("noname", b"x", r"has no suffix: expected .mid"),
        ("a.mid", b"", "is empty: expected a MIDI, MusicXML, ABC or kern file"),
        ("a.mid", b"<html>", "is not MIDI: expected it to begin with 'MThd', found '<html>'"),
        ("a.mid", b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk", "is damaged: expected complete MIDI, but the reader stopped"),
        ("a.abc", b"hello", "is not ABC: expected a tune with the lines 'X:' and 'K:', found none"),
        ("a.abc", ABC.encode(), "has no notes: expected a melody"),
        (
            "a.abc",
            ABC.replace("4/4", "7/8").encode() + b"CDE|",
            "The metre 7/8 is not supported: expected one such as 2/4",
        ),
        ("a.abc", ABC.encode() + b"CDEF|" * 100_001, "is too large: expected a tune of at most 500,000 characters"),
        ("a.xml", b"MThd", "is not MusicXML: expected well-formed XML, the parser reported"),
        ("a.xml", b"<a/>", "is not MusicXML: expected the root <score-partwise>, found <a>"),
        ("a.mxl", b"PK\3\4", r"is damaged: expected a compressed MusicXML archive, found one that does not open"),
        ("a.xml", XML.format("").encode(), "has no notes: expected a part with a melody"),
        (
            "a.xml",
            XML.format(NOTE.format("x", 4)).encode(),
            "is damaged: expected well-formed MusicXML, but the reader",
        ),
        ("a.xml", XML.format(TIME.format(11) + NOTE.format(4, 3)).encode(), "The metre 11/4 is not supported"),
        ("a.xml", XML.format(TIME.format(4) + NOTE.format(4, 10**6)).encode(), "is too long: expected at most 10,000"),
    ],
)
def test_every_refusal_is_one_sentence(tmp_path, name, content, sentence):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_tune(path)
    message = str(caught.value)
    assert re.search(sentence, message), message
    assert str(path) in message
    assert message.endswith(".")
    assert "\n" not in message


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(InputError, match=r"a\.mid' does not exist: expected a MIDI, MusicXML, ABC or kern file\.$"):
        read_tune(tmp_path / "a.mid")
    (tmp_path / "b.mid").mkdir()
    with pytest.raises(InputError, match=r"b\.mid' is a folder: expected"):
        read_tune(str(tmp_path / "b.mid"))
    with pytest.raises(InputError, match=r"does not exist|cannot be read"):
        read_tune("nul\0l.mid")


def test_huge_files(tmp_path):
    path = tmp_path / "big.mid"
    with path.open("wb") as file:
        file.truncate(40 * 2**20)
    with pytest.raises(InputError, match="is too large: expected at most 32 MiB, found 40 MiB"):
        read_tune(path)
    far = write_midi(tmp_path / "far.mid", [(0, 480, 60), (1920 * 10_000, 480, 60)])
    with pytest.raises(InputError, match=r"is too long: expected at most 10,000 measures, found 10,001\.$"):
        read_tune(far)
    repeats = '<barline><repeat direction="backward" times="99999999"/></barline>'
    path = tmp_path / "repeats.xml"
    path.write_text(XML.format(TIME.format(4) + NOTE.format(4, 4) + repeats))
    with pytest.raises(InputError, match=r"is too large: expected at most 10,000 measures, found 99,999,999\.$"):
        read_tune(path)


def test_drums_and_other_metres(tmp_path):
    with pytest.raises(InputError, match="has only drums: expected a track with a melody"):
        read_tune(write_midi(tmp_path / "drums.mid", [(0, 480, 38)], drums=True))
    assert read_tune(write_midi(tmp_path / "jig.mid", [(0, 480, 60)], metre=(6, 8))).metre == Metre(6, 8)
    changes = write_midi(tmp_path / "changes.mid", [(0, 480, 60), (1920, 480, 60)], metres=[(1920, 3, 4)])
    with pytest.raises(InputError, match="changes its metre from 4/4 to 3/4: expected one metre"):
        read_tune(changes)


def test_heavy_packages_are_imported_on_use_only():
    code = "import sys, latune.music.score, latune.music.engrave\n"
    code += "print({'symusic', 'music21', 'verovio'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(("name", "package"), [("up.mid", "symusic"), ("pick_up.musicxml", "music21")])
def test_a_missing_package_is_named(tmp_path, monkeypatch, name, package):
    path = write_midi(tmp_path / "up.mid", [(0, 480, 60)]) if name == "up.mid" else TUNES / name
    for module in [module for module in sys.modules if module.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf"'{package}': pip install 'latune\[music\]'"):
        read_tune(path)


def test_abc_has_no_tracks():
    with pytest.raises(InputError, match="is ABC, which has no tracks: expected no --track"):
        read_tune(TUNES / "two_endings.abc", track="2")
