"""MIDI to songs: what is read comes back on the grid, what is not 4/4 or absurd is refused with a reason."""

import numpy as np
import pytest

from latune.errors import InputError
from latune.music.songs.reading import DEFAULT_TEMPO, LARGEST, read_song

symusic = pytest.importorskip("symusic")

QUARTER = 480
STEP = QUARTER // 4


def midi(*tracks, signatures=(), tempos=(), quarter=QUARTER):
    """Bytes of a file: tracks (program, is_drum, name, notes of (tick, duration, pitch))."""
    score = symusic.Score(quarter)
    for tick, beats, unit in signatures:
        score.time_signatures.append(symusic.TimeSignature(tick, beats, unit))
    for tick, qpm in tempos:
        score.tempos.append(symusic.Tempo(tick, float(qpm)))
    for program, is_drum, name, notes in tracks:
        track = symusic.Track(name=name, program=program, is_drum=is_drum)
        for tick, duration, pitch in notes:
            track.notes.append(symusic.Note(tick, duration, pitch, 80))
        score.tracks.append(track)
    return bytes(score.dumps_midi())


def notes_of(part):
    return list(zip(part.start.tolist(), part.end.tolist(), part.pitch.tolist(), strict=True))


def test_parts_with_their_notes():
    guitar = [(0, 4 * STEP, 60), (0, 2 * STEP, 64), (8 * STEP, STEP, 67)]
    data = midi((27, False, "Rhythm", guitar), (0, True, "Kit", [(0, STEP, 36)]), signatures=[(0, 4, 4)])
    song = read_song(data, "a.mid")
    assert sorted((part.program, part.is_drum, part.name) for part in song.parts if not part.is_drum) == [
        (27, False, "Rhythm")
    ]
    rhythm, kit = sorted(song.parts, key=lambda part: part.is_drum)
    assert sorted(notes_of(rhythm)) == [(0, 2, 64), (0, 4, 60), (8, 9, 67)]
    assert kit.is_drum
    assert notes_of(kit) == [(0, 1, 36)]
    assert song.steps == 16  # whole bars
    assert (rhythm.start.dtype, rhythm.end.dtype, rhythm.pitch.dtype) == (np.int32, np.int32, np.int16)


def test_the_grid_rounds_and_no_note_vanishes():
    notes = [(STEP // 2 - 1, 2 * STEP, 60), (5 * STEP + STEP // 2, 1, 61), (9 * STEP - 3, 3 * STEP, 62)]
    part = read_song(midi((0, False, "", notes)), "a.mid").parts[0]
    assert notes_of(part) == [(0, 2, 60), (6, 7, 61), (9, 12, 62)]


@pytest.mark.parametrize("quarter", [24, 96, 100, 480, 960])
def test_the_grid_follows_the_ticks(quarter):
    notes = [(k * quarter, quarter, 60 + k) for k in range(8)]
    part = read_song(midi((0, False, "", notes), quarter=quarter), "a.mid").parts[0]
    assert notes_of(part) == [(4 * k, 4 * k + 4, 60 + k) for k in range(8)]


@pytest.mark.parametrize("signatures", [(), [(0, 4, 4)], [(0, 4, 4), (64 * STEP, 4, 4)]])
def test_only_4_4_or_no_metre(signatures):
    data = midi((0, False, "", [(64 * STEP, STEP, 60)]), signatures=signatures)
    assert read_song(data, "a.mid").parts[0].start.tolist() == [64]


@pytest.mark.parametrize("signatures", [[(0, 3, 4)], [(0, 2, 2)], [(0, 4, 4), (16 * STEP, 3, 4)], [(0, 4, 8)]])
def test_other_metres_are_refused(signatures):
    with pytest.raises(InputError, match=r"'a\.mid' has bars in \d/\d: expected 4/4 throughout\.$"):
        read_song(midi((0, False, "", [(0, STEP, 60)]), signatures=signatures), "a.mid")


def test_the_first_beat_is_the_first_time_signature():
    notes = [(STEP, STEP, 50), (4 * STEP, STEP, 60), (8 * STEP, STEP, 61)]
    song = read_song(midi((0, False, "", notes), signatures=[(4 * STEP, 4, 4)]), "a.mid")
    assert notes_of(song.parts[0]) == [(0, 1, 60), (4, 5, 61)]


def test_tempo_at_the_beginning():
    track = (0, False, "", [(0, STEP, 60)])
    assert read_song(midi(track, tempos=[(0, 90), (960, 140)]), "a.mid").tempo == pytest.approx(90, abs=0.01)
    assert read_song(midi(track, tempos=[(960, 140)]), "a.mid").tempo == DEFAULT_TEMPO
    assert read_song(midi(track), "a.mid").tempo == DEFAULT_TEMPO


def test_a_riff_wrapper_is_opened():
    data = midi((0, False, "", [(0, STEP, 60)]))
    wrapped = b"RIFF" + (len(data) + 12).to_bytes(4, "little") + b"RMIDdata" + len(data).to_bytes(4, "little") + data
    assert notes_of(read_song(wrapped, "a.rmi").parts[0]) == [(0, 1, 60)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is not MIDI"),
        (b"<html>", "is not MIDI"),
        (b"MThd\0\0\0\6\0\1", "is damaged"),
        (bytes(LARGEST + 1), "is too large: expected at most 8 MiB"),
    ],
)
def test_what_is_no_midi_is_refused(data, reason):
    with pytest.raises(InputError, match=rf"The file 'a\.mid' {reason}.*\.$"):
        read_song(data, "a.mid")


def test_no_notes_and_absurd_lengths_are_refused():
    with pytest.raises(InputError, match="has no notes"):
        read_song(midi((0, False, "", [])), "a.mid")
    with pytest.raises(InputError, match="25,001 sixteenths: expected at most 20,000"):
        read_song(midi((0, False, "", [(0, STEP, 60), (25_000 * STEP, STEP, 60)])), "a.mid")
