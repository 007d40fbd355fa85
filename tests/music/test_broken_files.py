"""Broken and real files: each is read, or refused in one sentence, and soon."""

import random
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from latune.errors import InputError
from latune.music.measure import HOLD
from latune.music.score import read_measures, read_tune, tune_from_ticks, write_tune

pytest.importorskip("symusic")
pytest.importorskip("music21")

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
BROKEN = SHARED / "midi_broken" / "midi_broken.zip"
CHORALES = sorted((SHARED / "bach_chorales").glob("*.zip"))
SECONDS = 5.0


def read_or_refuse(path):
    """The ticks, or None if the file is refused; nothing else may happen."""
    start = time.perf_counter()
    try:
        ticks, _ = read_measures(path)
    except InputError as error:
        ticks = None
        message = str(error)
        assert str(path) in message
        assert message.endswith(".")
        assert "\n" not in message
    assert time.perf_counter() - start < SECONDS
    return ticks


@pytest.mark.skipif(not BROKEN.exists(), reason=f"the collection {BROKEN} is not here")
def test_broken_midi_collection(tmp_path):
    with zipfile.ZipFile(BROKEN) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        archive.extractall(tmp_path)
    assert len(names) == 158
    read = [read_or_refuse(tmp_path / name) is not None for name in names]
    assert 80 < sum(read) < 130  # neither everything nor nothing


def example(path):
    ticks = np.full((4, 24), HOLD, np.int16)
    ticks[:, ::3] = np.random.default_rng(0).integers(55, 85, (4, 8))
    write_tune(tune_from_ticks(ticks, "An example", 96, 1), path)
    return path.read_bytes()


@pytest.mark.parametrize(("suffix", "count"), [(".mid", 100), (".musicxml", 60), (".mxl", 60), (".abc", 60)])
def test_mutated_bytes(tmp_path, suffix, count):
    path = tmp_path / f"mutated{suffix}"
    tunes = Path(__file__).parents[1] / "data" / "tunes"
    valid = example(path) if suffix != ".abc" else (tunes / "two_endings.abc").read_bytes()
    rng = random.Random(0)
    for _ in range(count):
        data = bytearray(valid)
        for _ in range(rng.randint(1, 8)):
            position = rng.randrange(len(data))
            match rng.randrange(3):
                case 0:
                    data[position] = rng.randrange(256)
                case 1:
                    del data[position : position + rng.randint(1, 4)]
                case _:
                    data[position:position] = rng.randbytes(rng.randint(1, 4))
        path.write_bytes(data)
        read_or_refuse(path)


@pytest.mark.parametrize("suffix", [".mid", ".musicxml", ".mxl", ".abc"])
def test_cut_and_random_bytes(tmp_path, suffix):
    path = tmp_path / f"cut{suffix}"
    tunes = Path(__file__).parents[1] / "data" / "tunes"
    valid = example(path) if suffix != ".abc" else (tunes / "two_endings.abc").read_bytes()
    for length in np.linspace(1, len(valid) - 1, 15).astype(int).tolist():
        path.write_bytes(valid[:length])
        read_or_refuse(path)
        path.write_bytes(random.Random(length).randbytes(length))
        assert read_or_refuse(path) is None


def test_harmful_xml(tmp_path):
    path = tmp_path / "a.xml"
    entities = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghij", "bcdefghijk", strict=True))
    texts = (
        f'<!DOCTYPE s [<!ENTITY a "ha">{entities}]><score-partwise>&k;</score-partwise>',
        '<!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/hostname">]><score-partwise>&a;</score-partwise>',
        "<score-partwise>" + "<a>" * 50_000 + "</a>" * 50_000 + "</score-partwise>",
    )
    for text in texts:
        path.write_text(text)
        assert read_or_refuse(path) is None
    with zipfile.ZipFile(tmp_path / "a.mxl", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("score.xml", bytes(70 * 2**20))
    with pytest.raises(InputError, match="is too large: expected at most 64 MiB of MusicXML"):
        read_tune(tmp_path / "a.mxl")


@pytest.mark.skipif(not CHORALES, reason=f"the collection {SHARED / 'bach_chorales'} is not here")
def test_chorales(tmp_path):
    """Twenty real chorales are read, and written and read again without a change."""
    with zipfile.ZipFile(CHORALES[0]) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".mxl"))
        chosen = random.Random(0).sample(names, 20)
        archive.extractall(tmp_path, chosen)
    for name in chosen:
        ticks, tune = read_measures(tmp_path / name)
        assert len(ticks) >= 4
        assert "3 of 4 parts are not used." in tune.remarks
        assert 55 <= ticks[ticks >= 0].min() <= ticks.max() <= 84
        write_tune(tune, tmp_path / "again.musicxml")
        np.testing.assert_array_equal(read_measures(tmp_path / "again.musicxml")[0], ticks)
        write_tune(tune, tmp_path / "again.mid")
        again = read_measures(tmp_path / "again.mid")[0]
        np.testing.assert_array_equal(again[again >= 0], ticks[ticks >= 0])
