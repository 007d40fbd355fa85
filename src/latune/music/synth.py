"""A small synthesiser, so that a tune can be heard without a soundfont."""

from __future__ import annotations

import io
import math
import wave

import numpy as np
from numpy.typing import NDArray

from latune.errors import InputError
from latune.music.measure import Events

__all__ = ["PEAK", "SAMPLE_RATE", "seconds_of", "synthesise", "wav_bytes"]

SAMPLE_RATE = 22050  # Hz
_HARMONICS = np.array([1.0, 0.5, 0.3, 0.18, 0.1, 0.06])  # amplitudes; the sound is between plucked and organ-like
_ATTACK, _RELEASE = 0.008, 0.06  # seconds
_DECAY = 0.9  # seconds until a held note has fallen to 1/e of what decays
_SUSTAIN = 0.35  # share that does not decay
PEAK = 0.8  # of full scale
_MOST_SECONDS = 3600


def synthesise(events: Events, tempo: float, sample_rate: int = SAMPLE_RATE) -> NDArray[np.float32]:
    """Play one voice.

    Args:
        events: Notes and rests.
        tempo: Quarters per minute.
        sample_rate: Samples per second.

    Returns:
        Mono samples from -1 to 1, shape (T,); the last release rings on after the last event.

    Raises:
        InputError: The tempo or the sample rate is out of range, or the sound would last over an hour.
    """
    seconds = seconds_of(events, tempo)
    if not 4000 <= sample_rate <= 192000:
        raise InputError(f"The sample rate is {sample_rate}: expected 4000 to 192000 samples per second.")
    samples = np.zeros(math.ceil((seconds + _RELEASE) * sample_rate) + 1, dtype=np.float32)
    for index in np.flatnonzero(events.pitches >= 0):
        start = round(events.onsets[index] * 60 / tempo * sample_rate)
        tone = _tone(int(events.pitches[index]), float(events.durations[index]) * 60 / tempo, sample_rate)
        end = min(start + len(tone), len(samples))
        samples[start:end] += tone[: end - start]
    loudest = float(np.abs(samples).max(initial=0.0))
    return samples * np.float32(PEAK / loudest) if loudest > 0 else samples


def seconds_of(events: Events, tempo: float) -> float:
    """How long a voice lasts at so many quarters per minute.

    Raises:
        InputError: The tempo is not positive, or it lasts over an hour.
    """
    if not (math.isfinite(tempo) and tempo > 0):
        raise InputError(f"The tempo is {tempo}: expected a positive number of quarters per minute.")
    seconds = events.length * 60 / tempo
    if seconds > _MOST_SECONDS:
        raise InputError(f"The sound would last {seconds:.0f} seconds: expected at most {_MOST_SECONDS}.")
    return seconds


def _tone(pitch: int, seconds: float, sample_rate: int) -> NDArray[np.float32]:
    """One note: harmonics below half the sample rate under an envelope that begins and ends at zero."""
    time = np.arange(max(2, round((seconds + _RELEASE) * sample_rate)), dtype=np.float32) / np.float32(sample_rate)
    frequency = 440.0 * 2.0 ** ((pitch - 69) / 12)
    audible = np.arange(1, len(_HARMONICS) + 1) * frequency < 0.45 * sample_rate
    amplitudes = _HARMONICS[audible]
    # One sine; the harmonics follow from sin((n+1)x) = 2 cos(x) sin(nx) - sin((n-1)x).
    phase = 2 * np.pi * ((frequency * time.astype(np.float64)) % 1.0)
    sine, twice_cosine = np.sin(phase), 2 * np.cos(phase)
    previous, current, tone = np.zeros_like(sine), sine, np.zeros_like(sine)
    for amplitude in amplitudes:
        tone += amplitude * current
        previous, current = current, twice_cosine * current - previous
    fade_in = np.minimum(time / _ATTACK, 1)
    fade_out = np.minimum((time[-1] - time) / _RELEASE, 1)
    decay = _SUSTAIN + (1 - _SUSTAIN) * np.exp(-time / _DECAY)
    return np.asarray(tone * fade_in * fade_out * decay, dtype=np.float32)


def wav_bytes(samples: NDArray[np.float32], sample_rate: int = SAMPLE_RATE) -> bytes:
    """Samples from -1 to 1, shape (T,) or (T, channels), as a WAV file of 16 bits each; louder ones are clipped."""
    whole = np.round(np.clip(samples, -1, 1) * 32767).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(samples.shape[1] if samples.ndim == 2 else 1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(whole.tobytes())
    return buffer.getvalue()
