"""Songs as files: what is written is read again; sound with and without a soundfont."""

import io
import wave

import numpy as np
import pytest

from latune.errors import InputError
from latune.music.songs import sound
from latune.music.songs.phrases import phrases_of
from latune.music.songs.reading import read_song
from latune.music.songs.song import Part, Song
from latune.music.songs.sound import song_wav
from latune.music.songs.synthesis import GENRES, synthetic_song
from latune.music.songs.tokens import HOLD, SILENCE, SILENT, STEPS, onsets, sounding, tokens_of
from latune.music.songs.writing import song_bytes, song_of, write_song
from latune.music.soundfont import can_render, find_soundfont


def samples_of(data):
    with wave.open(io.BytesIO(data)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
        return samples / 32768, file.getframerate()


@pytest.fixture
def phrase():
    return phrases_of(synthetic_song(2, 3)).tokens[0]


@pytest.mark.parametrize("genre", range(len(GENRES)))
def test_songs_are_read_as_they_were_written(genre):
    song = synthetic_song(genre, 3)
    again = read_song(song_bytes(song), "song.mid")
    assert again.steps == song.steps
    assert again.tempo == pytest.approx(song.tempo, abs=0.01)
    for part, other in zip(song.parts, again.parts, strict=True):
        assert (part.program, part.is_drum, part.name) == (other.program, other.is_drum, other.name)
        for name in ("start", "end", "pitch"):
            assert np.array_equal(getattr(part, name), getattr(other, name))


def test_tokens_are_read_as_they_were_written(phrase):
    song = song_of(phrase, 97.0, (0, 35, 4, 61))
    again = read_song(song_bytes(song), "phrase.mid")
    found = phrases_of(again)
    assert np.array_equal(found.tokens, phrase[None])
    assert found.programs.tolist() == [[0, 35, 4, 61]]
    assert again.tempo == pytest.approx(97.0, abs=0.01)


def test_a_note_lasts_until_silence_or_the_next_note():
    tokens = np.full((32, 4), HOLD, np.uint8)
    tokens[0], tokens[4, 1], tokens[10, 1], tokens[12, 1], tokens[16, 1] = SILENCE, 40, 40, SILENCE, 45
    bass = song_of(tokens).parts[1]
    assert (bass.start.tolist(), bass.end.tolist(), bass.pitch.tolist()) == ([4, 10, 16], [10, 12, 32], [40, 40, 45])
    assert [len(part.pitch) for part in song_of(tokens).parts] == [0, 3, 0, 0]


def test_nothing_is_held_from_phrase_to_phrase():
    tokens = np.full((2, 16, 4), HOLD, np.uint8)
    tokens[0, 0] = 60
    song = song_of(tokens)
    assert song.steps == 32
    for part in song.parts:
        assert (part.start.tolist(), part.end.tolist()) == ([0], [16])


def test_channels_programs_and_velocities(phrase):
    symusic = pytest.importorskip("symusic")
    data = song_bytes(song_of(phrase))
    assert b"\x99" in data  # a note on channel 10
    score = symusic.Score.from_midi(data)
    assert [(t.is_drum, t.program, t.name) for t in score.tracks] == [
        (True, 0, "drums"),
        (False, 33, "bass"),
        (False, 29, "guitar"),
        (False, 48, "strings"),
    ]
    assert [(s.time, s.numerator, s.denominator) for s in score.time_signatures] == [(0, 4, 4)]
    for track in score.tracks:
        notes = track.notes.numpy()
        assert 40 <= notes["velocity"].min() <= notes["velocity"].max() <= 110
    bass = score.tracks[1].notes.numpy()
    on_bar = bass["time"] % 1920 == 0
    assert bass["velocity"][on_bar].min() > bass["velocity"][~on_bar].max()


def test_what_is_no_song(phrase):
    with pytest.raises(InputError, match=r"Expected tokens 0 to 129 .* got shape \(256, 3\)"):
        song_of(phrase[:, :3])
    with pytest.raises(InputError, match="The tempo is 0"):
        song_of(phrase, 0)
    with pytest.raises(InputError, match=r"The programs are \(0, 33, 29, 128\)"):
        song_of(phrase, 120, (0, 33, 29, 128))


def test_files(phrase, tmp_path):
    song = song_of(phrase)
    assert write_song(song, tmp_path / "song.mid") == ()
    assert (tmp_path / "song.mid").read_bytes() == song_bytes(song)
    (remark,) = write_song(song_of(phrase[:32], 200), tmp_path / "song.WAV")
    assert remark.startswith("Played")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["song.WAV", "song.mid"]
    with pytest.raises(InputError, match=r"song\.abc': expected a name that ends in \.mid, \.midi or \.wav"):
        write_song(song, tmp_path / "song.abc")
    with pytest.raises(InputError, match="The sound would last"):
        write_song(song_of(phrase, 0.5), tmp_path / "long.wav")


@pytest.fixture
def gap():
    """Drums and a bass in the first of two bars of four seconds each."""
    pitches = np.full((32, 4), SILENT)
    pitches[[0, 4, 8, 12], 0] = [36, 42, 38, 42]
    pitches[:16, 1] = 45
    return song_of(tokens_of(pitches), 60)


def check_sound(data):
    samples, rate = samples_of(data)
    assert len(samples) / rate == pytest.approx(9.5, abs=0.05)
    loudness = [np.abs(samples[round(k * rate) : round((k + 1) * rate)]).max() for k in range(8)]
    assert min(loudness[:4]) > 0.1
    assert max(loudness[6:]) < 0.05
    assert np.abs(samples).max() == pytest.approx(0.8, abs=0.001)


def test_a_song_with_a_soundfont(gap):
    if not can_render() or find_soundfont() is None:
        pytest.skip("no soundfont on this machine: pip install 'latune[sound]'")
    data, remark = song_wav(gap)
    assert remark == f"Played with the soundfont {find_soundfont()}."
    check_sound(data)


def test_a_song_without_a_soundfont(gap, monkeypatch):
    monkeypatch.setattr(sound, "can_render", lambda: False)
    data, remark = song_wav(gap)
    assert remark.startswith("Played by the built-in synthesiser")
    check_sound(data)
    silence = Song(tuple(song_of(np.full((16, 4), HOLD, np.uint8)).parts), 16, 120.0)
    assert not samples_of(song_wav(silence)[0])[0].any()


def test_chords_without_a_soundfont(monkeypatch):
    monkeypatch.setattr(sound, "can_render", lambda: False)
    start, end, pitch = np.zeros(3, np.int32), np.array([8, 4, 2], np.int32), np.array([57, 61, 64], np.int16)
    samples, rate = samples_of(song_wav(Song((Part(24, False, "guitar", start, end, pitch),), 16, 60.0))[0])
    spectrum = np.abs(np.fft.rfft(samples[: rate // 2, 0] * np.hanning(rate // 2)))
    for note in pitch.tolist():
        bin_of = round(440 * 2 ** ((note - 69) / 12) / 2)
        assert spectrum[bin_of - 2 : bin_of + 3].max() > 0.2 * spectrum.max()


def test_onsets_stay_where_they_are(phrase):
    song = song_of(phrase)
    starts = np.zeros((STEPS, 4), bool)
    for place, part in enumerate(song.parts):
        starts[part.start, place] = True
        assert (sounding(phrase)[part.start, place] == part.pitch).all()
    assert np.array_equal(starts, onsets(phrase))
