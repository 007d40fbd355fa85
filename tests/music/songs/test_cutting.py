"""Whole songs as consecutive phrases."""

import numpy as np
import pytest

from latune.errors import InputError
from latune.music.songs.cutting import cut_song
from latune.music.songs.song import Part, Song
from latune.music.songs.tokens import BARS, SILENT, STEPS, STEPS_PER_BAR, sounding


def part(program, notes, is_drum=False):
    start, end, pitch = (np.array(column) for column in zip(*notes, strict=True))
    return Part(program, is_drum, "", start.astype(np.int32), end.astype(np.int32), pitch.astype(np.int16))


def test_a_song_of_20_bars_is_two_phrases():
    steps = 20 * STEPS_PER_BAR
    bass = part(33, [(step, step + 4, 40) for step in range(0, steps, 4)])
    cut = cut_song(Song((bass,), steps, 90.0))
    assert cut.tokens.shape == (2, STEPS, 4)
    pitches = sounding(cut.tokens)[..., 1]
    assert (pitches[0] == 40).all()
    assert (pitches[1, : 4 * STEPS_PER_BAR] == 40).all()
    assert (pitches[1, 4 * STEPS_PER_BAR :] == SILENT).all()
    assert (cut.tempo, cut.programs[1]) == (90.0, 33)
    assert any("12 silent bars" in remark for remark in cut.remarks)
    assert sum("that track is silent" in remark for remark in cut.remarks) == 3


def test_a_note_over_the_border_begins_anew():
    held = part(33, [(STEPS - 8, STEPS + 8, 40)])
    tokens = cut_song(Song((held,), 2 * STEPS, 120.0)).tokens
    assert sounding(tokens)[0, -1, 1] == sounding(tokens)[1, 0, 1] == 40


def test_of_several_parts_the_fullest_is_taken_and_strings_are_merged():
    few, many = part(25, [(0, 16, 60)]), part(0, [(step, step + 1, 64) for step in range(16)])
    low, high = part(48, [(0, 16, 50)]), part(60, [(0, 32, 70)])
    cut = cut_song(Song((few, many, low, high), BARS * STEPS_PER_BAR, 120.0))
    assert set(sounding(cut.tokens)[0, :16, 2].tolist()) == {64}
    assert sounding(cut.tokens)[0, [0, 20], 3].tolist() == [50, 70]
    assert "Of 2 parts of guitar the one with most notes is taken." in cut.remarks


def test_a_song_without_notes():
    with pytest.raises(InputError, match="no notes"):
        cut_song(Song((), STEPS, 120.0))
