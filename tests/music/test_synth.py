"""The synthesiser: right pitch, right time, no clicks."""

import io
import wave

import numpy as np
import pytest

from latune.errors import InputError
from latune.music.measure import REST, Events
from latune.music.synth import SAMPLE_RATE, synthesise, wav_bytes


def events(*pairs):
    """Events of (pitch, quarters), one after the other."""
    durations = np.array([duration for _, duration in pairs], dtype=float)
    onsets = np.cumsum(durations) - durations
    return Events(onsets, durations, np.array([pitch for pitch, _ in pairs], dtype=np.int16))


@pytest.mark.parametrize("pitch", [45, 60, 69, 81])
def test_the_fundamental_is_the_pitch(pitch):
    samples = synthesise(events((pitch, 2)), 60)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    frequency = spectrum.argmax() * SAMPLE_RATE / len(samples)
    assert frequency == pytest.approx(440 * 2 ** ((pitch - 69) / 12), abs=1)


def test_length_level_and_silence():
    samples = synthesise(events((69, 1), (REST, 2), (72, 1)), 120)
    assert samples.dtype == np.float32
    assert len(samples) / SAMPLE_RATE == pytest.approx(2, abs=0.1)
    assert np.abs(samples).max() == pytest.approx(0.8)
    assert not samples[int(0.7 * SAMPLE_RATE) : int(1.4 * SAMPLE_RATE)].any()
    assert samples[0] == 0
    assert samples[-1] == 0


def test_no_clicks():
    """The steepest step is that of the tone itself, not of an edge."""
    held = synthesise(events((60, 4)), 120)
    repeated = synthesise(events(*[(60, 0.25)] * 16), 120)
    assert np.abs(np.diff(repeated)).max() < 1.5 * np.abs(np.diff(held)).max()


def test_rests_only_and_nothing():
    assert not synthesise(events((REST, 4)), 100).any()
    assert not synthesise(events(), 100).any()


def test_harmonics_stay_below_half_the_sample_rate():
    assert np.isfinite(synthesise(events((127, 1)), 100, sample_rate=8000)).all()


def test_wav_round_trip():
    samples = np.array([0, 0.5, -0.5, 1, -1, 2, -2], np.float32)
    with wave.open(io.BytesIO(wav_bytes(samples, 8000))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        read = np.frombuffer(file.readframes(100), "<i2") / 32767
    np.testing.assert_allclose(read, np.clip(samples, -1, 1), atol=1e-4)


@pytest.mark.parametrize(
    ("tempo", "rate", "sentence"),
    [
        (0, 22050, "The tempo is 0: expected a positive number"),
        (float("nan"), 22050, "The tempo is nan"),
        (100, 10, "The sample rate is 10: expected 4000 to 192000"),
        (0.001, 22050, "The sound would last 240000 seconds: expected at most 3600"),
    ],
)
def test_bad_arguments(tempo, rate, sentence):
    with pytest.raises(InputError, match=sentence):
        synthesise(events((60, 4)), tempo, rate)
