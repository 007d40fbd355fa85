"""Files of music that the page writes open in the programs of others, and are read back by latune as they were."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latune.music.score import read_tune
from latune.music.songs.cutting import cut_song
from latune.music.songs.reading import read_song

STUDIO = Path(__file__).parents[2] / "studio"
GOLDEN = STUDIO / "src" / "music" / "golden"


def test_golden_values_are_those_of_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the page is compared with follows from the code of today."""
    spec = importlib.util.spec_from_file_location("music_golden", GOLDEN / "write.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "HERE", tmp_path)
    module.main()
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == sorted(path.name for path in GOLDEN.glob("*.json"))
    for name in written:
        assert _json(tmp_path / name) == _json(GOLDEN / name), name


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files that the page's own code wrote."""
    if shutil.which("node") is None:
        pytest.skip("Node is not there")
    if not (STUDIO / "node_modules" / "vitest").is_dir():
        pytest.skip("the page's packages are not installed (npm ci)")
    folder = tmp_path_factory.mktemp("music")
    command = ["node", "node_modules/vitest/vitest.mjs", "run", "src/music/reading.test.ts", "-t", "writes files"]
    environment = os.environ | {"LATUNE_MUSIC_FILES": str(folder)}
    result = subprocess.run(command, cwd=STUDIO, env=environment, capture_output=True, text=True, timeout=240)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


def _json(path: Path) -> Any:
    return json.loads(path.read_text())


@pytest.mark.parametrize("suffix", ["mid", "musicxml"])
def test_latune_reads_the_tune_as_it_was(files: Path, suffix: str) -> None:
    """Every tick, the tempo and the title."""
    tune, expected = read_tune(files / f"tune.{suffix}"), _json(files / "tune.json")
    assert tune.ticks.ravel().tolist() == expected["ticks"]
    assert tune.tempo == pytest.approx(expected["tempo"])
    assert tune.title == expected["title"]
    assert tune.remarks == ()


def test_music21_reads_the_musicxml(files: Path) -> None:
    """A second reader finds the same pitches, and measures that are full."""
    music21 = pytest.importorskip("music21")
    part = music21.converter.parse(files / "tune.musicxml").parts[0]
    pitches = [note.pitch.midi for note in part.flatten().notes if note.tie is None or note.tie.type == "start"]
    assert pitches == [tick for tick in _json(files / "tune.json")["ticks"] if tick >= 0]
    assert [measure.barDurationProportion() for measure in part.getElementsByClass("Measure")] == [1, 1]


def test_song_comes_back(files: Path) -> None:
    """All four tracks, token by token."""
    song = cut_song(read_song((files / "song.mid").read_bytes(), "song.mid"))
    assert song.tokens.reshape(len(song.tokens), -1).tolist() == _json(files / "song.json")


def test_wav_is_sound(files: Path) -> None:
    """Two channels of 16 bits, neither silent nor clipped, as long as the tune and its tail."""
    with wave.open(str(files / "tune.wav")) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (2, 2, 44100)
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").reshape(-1, 2)
    assert len(samples) / 44100 == pytest.approx(8 * 60 / 90 + 1.5, abs=0.01)
    loudest = np.abs(samples.astype(int)).max(axis=0)
    assert (loudest > 8000).all()
    assert loudest.max() < 32767
