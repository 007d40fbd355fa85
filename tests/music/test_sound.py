"""Sound: which soundfont is taken, that it plays what is written, and what plays without one."""

import importlib.util
import io
import wave

import numpy as np
import pytest

from latune.errors import InputError
from latune.music import sound, soundfont
from latune.music.measure import HOLD, REST, Events
from latune.music.sound import tune_wav
from latune.music.soundfont import VARIABLE, can_render, find_soundfont, render
from latune.music.tune import tune_from_ticks

REAL = importlib.util.find_spec


def events(*pairs):
    durations = np.array([duration for _, duration in pairs], dtype=float)
    onsets = np.cumsum(durations) - durations
    return Events(onsets, durations, np.array([pitch for pitch, _ in pairs], dtype=np.int16))


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine without soundfonts; its folder of them, and that of the package that brings one."""
    package = tmp_path / "pretty_midi"
    package.mkdir()
    (package / "__init__.py").touch()
    folders = (tmp_path / "sf2", tmp_path / "soundfonts")
    for folder in folders:
        folder.mkdir()
    spec = importlib.util.spec_from_file_location(
        "pretty_midi", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(soundfont, "_FOLDERS", folders)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec if name == "pretty_midi" else REAL(name))
    return tmp_path


@pytest.fixture
def font(monkeypatch):
    """A soundfont of this machine."""
    pytest.importorskip("midirenderer")
    pytest.importorskip("symusic")
    monkeypatch.delenv(VARIABLE, raising=False)
    found = find_soundfont()
    if found is None:
        pytest.skip("no soundfont on this machine: pip install pretty_midi")
    return found


@pytest.fixture
def tune():
    ticks = np.full((2, 24), HOLD, np.int16)
    ticks[0, 0], ticks[1, 0], ticks[1, 12] = 69, REST, 72
    return tune_from_ticks(ticks, tempo=240)


def test_order_of_soundfonts(machine, monkeypatch):
    assert find_soundfont() is None
    (machine / "soundfonts" / "large.sf2").write_bytes(bytes(100))
    (machine / "sf2" / "small.sf2").write_bytes(bytes(10))
    (machine / "sf2" / "other.sf3").write_bytes(bytes(1))
    (machine / "sf2" / "lost.sf2").symlink_to(machine / "nowhere")
    assert find_soundfont() == machine / "sf2" / "small.sf2"
    (machine / "pretty_midi" / "TimGM6mb.sf2").write_bytes(bytes(50))
    assert find_soundfont() == machine / "pretty_midi" / "TimGM6mb.sf2"
    monkeypatch.setenv(VARIABLE, str(machine / "soundfonts" / "large.sf2"))
    assert find_soundfont() == machine / "soundfonts" / "large.sf2"
    monkeypatch.setenv(VARIABLE, "lost.sf2")
    with pytest.raises(InputError, match=r"LATUNE_SOUNDFONT is 'lost\.sf2': expected the path of a soundfont"):
        find_soundfont()


@pytest.mark.parametrize(("pitch", "program"), [(57, 0), (69, 0), (69, 73), (81, 40)])
def test_a_soundfont_plays_the_pitch(font, pitch, program):
    samples, rate = render(events((pitch, 2)), 60, font, program)
    assert samples.dtype == np.float32
    assert samples.shape == (3.5 * rate, 2)
    assert np.abs(samples).max() == pytest.approx(0.8)
    sounding = samples[:rate].sum(axis=1)
    spectrum = np.abs(np.fft.rfft(sounding * np.hanning(rate)))
    frequency = 440 * 2 ** ((pitch - 69) / 12)
    harmonic = np.argmax(spectrum) / frequency
    assert harmonic == pytest.approx(max(1, round(harmonic)), abs=0.02 * max(1, round(harmonic)))
    assert spectrum[round(frequency) - 3 : round(frequency) + 4].max() > 0.05 * spectrum.max()


def test_a_soundfont_keeps_time(font):
    samples, rate = render(events((69, 1), (REST, 2), (72, 1)), 120, font)
    loudness = [np.abs(samples[round(k * rate / 2) : round((k + 1) * rate / 2)]).max() for k in range(7)]
    assert loudness[2] < 0.02 < 0.2 < min(loudness[0], loudness[3])
    assert loudness[6] < 0.02
    assert np.array_equal(samples, render(events((69, 1), (REST, 2), (72, 1)), 120, font)[0])
    assert not render(events((REST, 4)), 120, font)[0].any()


def test_programs_sound_different(font):
    piano, flute = (render(events((69, 1)), 60, font, program)[0] for program in (0, 73))
    assert np.abs(piano - flute).max() > 0.1


def test_what_a_soundfont_cannot_play(font, tmp_path):
    (tmp_path / "text.sf2").write_text("no soundfont")
    with pytest.raises(InputError, match=r"text\.sf2 cannot be played: expected a soundfont \(\.sf2\), got \""):
        render(events((69, 1)), 60, tmp_path / "text.sf2")
    with pytest.raises(InputError, match=r"lost\.sf2 cannot be played"):
        render(events((69, 1)), 60, tmp_path / "lost.sf2")
    with pytest.raises(InputError, match="The program is 128: expected a General MIDI program from 0 to 127"):
        render(events((69, 1)), 60, font, 128)
    with pytest.raises(InputError, match="The sound would last 24000 seconds"):
        render(events((69, 400)), 1, font)


def read(data):
    with wave.open(io.BytesIO(data)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
        return samples / 32768, file.getframerate()


def test_a_tune_with_a_soundfont(font, tune):
    data, remark = tune_wav(tune)
    samples, rate = read(data)
    assert remark == f"Played with the soundfont {font}."
    assert samples.shape[1] == 2
    assert len(samples) / rate == pytest.approx(8 * 60 / 240 + 1.5, abs=0.01)
    assert np.abs(samples).max() == pytest.approx(0.8, abs=0.001)


@pytest.mark.parametrize("missing", ["soundfont", "midirenderer"])
def test_a_tune_without_one(machine, monkeypatch, tune, missing):
    monkeypatch.setattr(sound, "can_render", lambda: missing != "midirenderer")
    data, remark = tune_wav(tune)
    samples, rate = read(data)
    assert remark.startswith("Played by the built-in synthesiser; for a sampled piano: pip install 'latune[sound]'")
    assert (VARIABLE in remark) == (missing == "soundfont")
    assert samples.shape[1] == 1
    assert len(samples) / rate == pytest.approx(2.06, abs=0.01)
    assert np.abs(samples).max() == pytest.approx(0.8, abs=0.001)


def test_rendering_needs_packages(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "midirenderer" else REAL(name))
    assert not can_render()
