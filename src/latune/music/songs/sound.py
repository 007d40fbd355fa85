"""A song as sound: by sampled instruments where the machine has them, else by the built-in synthesiser."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from latune.music.measure import REST, Events
from latune.music.songs.drums import BASS_DRUMS, CYMBALS
from latune.music.songs.lines import track_of
from latune.music.songs.midi import song_bytes
from latune.music.songs.song import Part, Song
from latune.music.sound import without_soundfont
from latune.music.soundfont import TAIL, can_render, find_soundfont, play_midi
from latune.music.synth import PEAK, SAMPLE_RATE, seconds_of, synthesise, wav_bytes

__all__ = ["song_wav"]

_STEPS_PER_QUARTER = 4
_LEVELS = {"drums": 0.9, "bass": 0.8, "guitar": 0.4, "strings": 0.55}  # in the built-in synthesiser
_STROKE = 0.25  # seconds of a drum


def song_wav(song: Song) -> tuple[bytes, str]:
    """Play a song.

    Args:
        song: Its parts play with their programs, drums with the drum kit.

    Returns:
        A WAV file of 16 bits per sample, and a sentence that says what played it.

    Raises:
        InputError: The soundfont cannot be read, or the sound would last over an hour.
        MissingExtraError: There is a soundfont, but symusic is not installed.
    """
    seconds = seconds_of(_silence(song), song.tempo)
    soundfont = find_soundfont()
    if soundfont is not None and can_render():
        samples, rate = play_midi(song_bytes(song, TAIL), seconds, soundfont)
        return wav_bytes(samples, rate), f"Played with the soundfont {soundfont}."
    return wav_bytes(_synthesised(song, seconds)), without_soundfont()


def _silence(song: Song) -> Events:
    return Events(np.zeros(1), np.array([song.steps / _STEPS_PER_QUARTER]), np.array([REST], np.int16))


def _synthesised(song: Song, seconds: float) -> NDArray[np.float32]:
    """Mono samples (T,) of all parts together."""
    whole = np.zeros(math.ceil((seconds + TAIL) * SAMPLE_RATE), np.float32)
    for part in song.parts:
        if len(part.pitch):
            samples = _drum_samples(part, song.tempo) if part.is_drum else synthesise(_events(part), song.tempo)
            count = min(len(samples), len(whole))
            whole[:count] += np.float32(_LEVELS[track_of(part)]) * samples[:count]
    loudest = float(np.abs(whole).max(initial=0.0))
    return whole * np.float32(PEAK / loudest) if loudest > 0 else whole


def _events(part: Part) -> Events:
    last = int(np.argmax(part.end))  # the end of the last event is that of the sound
    order = np.append(np.delete(np.arange(len(part.end)), last), last)
    onsets, lengths = part.start[order] / _STEPS_PER_QUARTER, (part.end - part.start)[order] / _STEPS_PER_QUARTER
    return Events(onsets, lengths, part.pitch[order])


def _drum_samples(part: Part, tempo: float) -> NDArray[np.float32]:
    """Every stroke is a falling tone, a burst of noise, or some of both."""
    starts = np.round(part.start / _STEPS_PER_QUARTER * 60 / tempo * SAMPLE_RATE).astype(int)
    samples = np.zeros(int(starts.max()) + round(_STROKE * SAMPLE_RATE), np.float32)
    strokes = {pitch: _stroke(pitch) for pitch in set(part.pitch.tolist())}
    for start, pitch in zip(starts.tolist(), part.pitch.tolist(), strict=True):
        samples[start : start + len(strokes[pitch])] += strokes[pitch]
    return samples


def _stroke(pitch: int) -> NDArray[np.float32]:
    time = np.arange(round(_STROKE * SAMPLE_RATE)) / SAMPLE_RATE
    noise = np.random.default_rng(0).uniform(-1, 1, len(time))
    if pitch in BASS_DRUMS:
        sound = np.sin(2 * np.pi * (50 * time - 4 * np.exp(-time / 0.03))) * np.exp(-time / 0.08)
    elif pitch in CYMBALS:
        sound = 0.3 * np.diff(noise, prepend=0.0) * np.exp(-time / 0.03)
    else:
        sound = (0.6 * noise + 0.4 * np.sin(2 * np.pi * 190 * time)) * np.exp(-time / 0.06)
    return np.asarray(sound, np.float32)
