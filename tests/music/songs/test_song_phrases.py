"""Songs cut into phrases: tracks by program, one note at a time, triples, windows and the silence test."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from latune.errors import InputError
from latune.music.songs.lines import single_line, track_of
from latune.music.songs.phrases import PhraseOptions, phrases_of
from latune.music.songs.silence import silent_bars
from latune.music.songs.song import Part, Song
from latune.music.songs.tokens import HOLD, SILENCE, SILENT, STEPS, TRACKS, onsets, plain, sounding


def part(program, notes, is_drum=False):
    """A part of notes (start, end, pitch)."""
    start, end, pitch = np.array(sorted(notes), np.int64).reshape(-1, 3).T
    return Part(program, is_drum, "", start.astype(np.int32), end.astype(np.int32), pitch.astype(np.int16))


def walking(pitch, steps, every=4):
    """A note every few steps, no phrase of 40 bars twice."""
    return [(start, start + every, pitch + start // every % 29) for start in range(0, steps, every)]


def song(bars=16, **others):
    """A song with a part for every track; `others` are lists of parts that take their place."""
    steps = 16 * bars
    parts = {
        "drums": [part(0, walking(36, steps), is_drum=True)],
        "bass": [part(33, walking(30, steps))],
        "guitar": [part(27, walking(50, steps))],
        "strings": [part(48, walking(70, steps))],
    } | others
    return Song(tuple(one for track in TRACKS for one in parts[track]), steps, 120.0)


@pytest.mark.parametrize(
    ("program", "track"),
    [(0, "guitar"), (31, "guitar"), (32, "bass"), (39, "bass"), (40, "strings"), (127, "strings")],
)
def test_tracks_by_program(program, track):
    assert track_of(part(program, [(0, 1, 60)])) == track
    assert track_of(part(program, [(0, 1, 60)], is_drum=True)) == "drums"


class TestLines:
    def test_the_lowest_note_that_sounds(self):
        line = single_line([part(0, [(0, 4, 60), (1, 3, 55), (3, 5, 64), (6, 7, 50)])], 8)
        assert line.pitches.tolist() == [60, 55, 55, 60, 64, SILENT, 50, SILENT]
        assert line.struck.tolist() == [1, 1, 0, 0, 0, 0, 1, 0]

    def test_the_highest_note_that_sounds(self):
        line = single_line([part(0, [(0, 4, 60), (1, 3, 55), (3, 5, 64), (6, 7, 50)])], 8, highest=True)
        assert line.pitches.tolist() == [60, 60, 60, 64, 64, SILENT, 50, SILENT]

    def test_several_strings_parts_are_merged(self):
        violin, cello = part(40, [(0, 2, 76), (4, 6, 77)]), part(42, [(1, 4, 48)])
        line = single_line([violin, cello], 6)
        assert line.pitches.tolist() == [76, 48, 48, 48, 77, 77]
        assert line.program == 40

    def test_hits_last_one_step(self):
        line = single_line([part(0, [(0, 4, 38), (0, 1, 36), (2, 9, 42)], is_drum=True)], 9, hits=True)
        assert line.pitches.tolist() == [36, SILENT, 42, *[SILENT] * 6]

    @given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9), st.integers(0, 127)), min_size=1, max_size=30))
    def test_against_notes_one_by_one(self, notes):
        one = part(0, [(start, start + length, pitch) for start, length, pitch in notes])
        line = single_line([one], 40)
        for step in range(40):
            sound = [p for s, e, p in zip(one.start, one.end, one.pitch, strict=True) if s <= step < e]
            lowest = min(sound, default=SILENT)
            assert line.pitches[step] == lowest
            assert line.struck[step] == any((one.start == step) & (one.pitch == lowest))


class TestSilence:
    @given(arrays(bool, (400, 2), elements=st.sampled_from([False] * 11 + [True])), st.integers(0, 144))
    def test_against_slices(self, marks, start):
        window = marks[start : start + STEPS]
        counts = silent_bars(marks, np.array([start]))[0]
        for track in range(2):
            spans = [not window[a : a + 16, track].any() for a in range(STEPS - 15)]
            assert len(spans) == 241
            assert (counts[track] == 0) == (not any(spans))
            greedy = taken = 0
            while taken < len(spans):
                found, step = spans[taken], 1
                greedy, step = (greedy + 1, 16) if found else (greedy, 1)
                taken += step
            assert counts[track] == greedy
        bars = [not window[a : a + 16, 0].any() for a in range(0, STEPS, 16)]
        assert silent_bars(marks, np.array([start]), aligned=True)[0, 0] == sum(bars)

    def test_any_offset_is_stricter(self):
        marks = np.ones((STEPS, 1), bool)
        marks[8:24] = False
        assert silent_bars(marks, np.array([0])).tolist() == [[1]]
        assert silent_bars(marks, np.array([0]), aligned=True).tolist() == [[0]]


class TestPhrases:
    @pytest.mark.parametrize("bars", [16, 17, 40])
    def test_one_phrase_per_window(self, bars):
        phrases = phrases_of(song(bars))
        count = (16 * bars - STEPS) // 16 + 1
        assert phrases.tokens.shape == (count, STEPS, 4)
        assert phrases.tokens.dtype == np.uint8
        assert phrases.start_bars.tolist() == list(range(count))
        assert phrases.programs.tolist() == [[0, 33, 27, 48]] * count

    def test_hop(self):
        assert phrases_of(song(40), PhraseOptions(hop=8)).start_bars.tolist() == [0, 8, 16, 24]

    def test_tokens_say_what_the_song_has(self):
        whole = song(20)
        tokens = phrases_of(whole).tokens
        assert np.array_equal(plain(tokens), tokens)
        for number, phrase in enumerate(sounding(tokens)):
            for track in range(1, 4):
                steps = np.arange(16 * number, 16 * number + STEPS)
                assert phrase[:, track].tolist() == whole.parts[track].pitch[steps // 4].tolist()
        assert tokens[0, :4, 0].tolist() == [36, SILENCE, HOLD, HOLD]

    def test_a_note_that_is_struck_again_keeps_its_onset(self):
        steady = [(start, start + 4, 40) for start in range(0, STEPS, 4)]
        tokens = phrases_of(song(bass=[part(33, steady)])).tokens[0, :, 1]
        assert tokens.tolist() == [40, HOLD, HOLD, HOLD] * 64

    def test_what_sounds_over_the_beginning_of_a_phrase_begins_there(self):
        long = [(0, 24, 40), *walking(30, 16 * 18)[6:]]
        tokens = phrases_of(song(18, bass=[part(33, long)])).tokens
        assert tokens[1, 0, 1] == 40
        assert onsets(tokens[1, :8, 1]).tolist() == [True] + [False] * 7

    def test_pitches_of_chords(self):
        chords = [part(27, [note for s, e, p in walking(50, STEPS) for note in ((s, e, p), (s, e, p + 24))])]
        low, high = (
            sounding(phrases_of(song(guitar=chords, bass=chords_of_bass()), PhraseOptions(pitch=pitch)).tokens)[0]
            for pitch in ("lowest", "highest")
        )
        assert np.array_equal(low[:, 2] + 24, high[:, 2])
        assert np.array_equal(low[:, 1], high[:, 1])

    def test_triples_are_capped_and_drawn_with_a_seed(self):
        guitars = [part(k, walking(50 + k, STEPS)) for k in range(3)]
        basses = [part(32 + k, walking(20 + k, STEPS)) for k in range(3)]
        many = song(guitar=guitars, bass=basses)
        assert len(phrases_of(many, PhraseOptions(triples=100)).tokens) == 9
        few = phrases_of(many)
        assert len(few.tokens) == 4
        assert np.array_equal(few.tokens, phrases_of(many).tokens)
        others = [phrases_of(many, PhraseOptions(seed=seed)).programs.tolist() for seed in range(5)]
        assert any(other != few.programs.tolist() for other in others)

    def test_equal_phrases_occur_once(self):
        same = [part(33, walking(30, STEPS)), part(34, walking(30, STEPS))]
        assert len(phrases_of(song(bass=same)).tokens) == 1

    def test_silent_windows_are_left_out(self):
        bars = 40
        gap = [note for note in walking(30, 16 * bars) if not 16 * 18 <= note[0] < 16 * 19]
        pause = song(bars, bass=[part(33, gap)])
        assert phrases_of(pause).start_bars.tolist() == [0, 1, 2, *range(19, 25)]
        assert len(phrases_of(pause, PhraseOptions(max_silent_bars=1)).tokens) == 25

    @pytest.mark.parametrize("track", TRACKS)
    def test_a_missing_track_is_named(self, track):
        with pytest.raises(InputError, match=f"^The song has no {track}: expected a part .*\\.$"):
            phrases_of(song(**{track: []}))
        with pytest.raises(InputError, match=f"no {track}"):  # a part without notes is none
            phrases_of(song(**{track: [part({"bass": 33, "strings": 48}.get(track, 0), [], track == "drums")]}))

    def test_too_short_or_silent_songs_are_refused(self):
        with pytest.raises(InputError, match="has 15 bars: expected at least 16"):
            phrases_of(song(15))
        with pytest.raises(InputError, match="no 16 bars in which all tracks play"):
            phrases_of(song(40, bass=[part(33, [(0, 8, 30)])]))

    @pytest.mark.parametrize("options", [{"triples": 0}, {"hop": 0}, {"pitch": "middle"}, {"max_silent_bars": 16}])
    def test_options_out_of_range(self, options):
        with pytest.raises(InputError, match="Phrases: expected"):
            PhraseOptions(**options)


def chords_of_bass():
    """A bass of octaves, of which the lower note counts whatever is asked for."""
    return [part(33, [note for s, e, p in walking(30, STEPS) for note in ((s, e, p), (s, e, p + 12))])]
