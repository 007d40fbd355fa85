"""Real folk tunes: how many are read, and whether abc2midi plays the same."""

import random
import re
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest

from latune.errors import InputError
from latune.music.abc_reading import AbcTune, read_abc
from latune.music.abc_writing import abc_document
from latune.music.bars import play_order
from latune.music.metre import TWELFTHS, metre_from_name
from latune.music.score import tune_from_reading

symusic = pytest.importorskip("symusic")

FOLK = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "folk"
ARCHIVES = sorted(FOLK.glob("*_abc.zip"))
CONVERTER = Path(symusic.__file__).parent / "bin" / "abc2midi"
ORNAMENTS = re.compile(r'"[^"\n]*"|!\w*!|\{[^}]*\}|[.~THLMOPSuvk](?![:\w]*:)')

pytestmark = pytest.mark.skipif(not ARCHIVES, reason=f"the collection {FOLK} is not here")


@pytest.fixture(scope="module")
def texts():
    """300 tunes as text, without what abc2midi plays beyond the notes."""
    found = []
    for path in ARCHIVES:
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                whole = archive.read(name).decode("latin-1").replace("\r", "")
                found += re.findall(r"^X:.*?^K:.*?(?=\n[ \t]*\n|\Z)", whole, re.MULTILINE | re.DOTALL)
    return [_plain(text) for text in random.Random(0).sample(found, 300)]


def _plain(text):
    header, key, body = re.split(r"^(K:.*\n)", text + "\n", maxsplit=1, flags=re.MULTILINE)
    lines = [line for line in header.splitlines() if not line.startswith(("%", "I:", "R:", "P:"))]
    music = [
        line if re.match(r"[A-Za-z]:", line) else ORNAMENTS.sub("", line.split("%")[0]) for line in body.splitlines()
    ]
    return "\n".join([*lines, key + "%%MIDI chordattack 0", *music]) + "\n"


@pytest.fixture(scope="module")
def tunes(texts):
    found = [read_abc(text.encode(), "a.abc") for text in texts]
    assert all(len(tunes) == 1 for tunes in found)
    return [tunes[0] for tunes in found]


def test_nearly_all_are_read(tunes):
    assert sum(isinstance(tune, AbcTune) for tune in tunes) >= 285


def test_abc2midi_plays_the_same(texts, tunes, tmp_path):
    same_notes, compared = [], 0
    for text, found in zip(texts, tunes, strict=True):
        if not isinstance(found, AbcTune) or len(found.reading.metres) > 1:
            continue
        compared += 1
        onsets, pitches = _played(text, tmp_path)
        own_onsets, own_pitches = _own(found.reading)
        if own_pitches == pitches:
            same_notes.append(np.allclose(own_onsets - own_onsets[0], np.array(onsets) - onsets[0], atol=0.1))
    assert compared > 280
    # The others: repeats that begin at a double bar line, which abc2midi plays from the last repeat mark.
    assert len(same_notes) / compared > 0.94
    assert np.mean(same_notes) > 0.99


def _own(reading):
    """Onsets in quarters and pitches in the order of play."""
    full = metre_from_name(reading.metres[0]).quarters
    measures = np.floor(reading.onsets / full + 1e-9)
    onsets, pitches, time = [], [], 0.0
    for number in play_order(reading.bars):
        bar, inside = reading.bars[number], measures == number
        onsets += (time + reading.onsets[inside] - number * full - bar.begins / TWELFTHS).tolist()
        pitches += reading.pitches[inside].tolist()
        time += (bar.ends - bar.begins) / TWELFTHS
    return np.array(onsets), pitches


def _played(text, folder):
    """Onsets in quarters and pitches that abc2midi plays, the highest of each chord."""
    source, target = folder / "a.abc", folder / "a.mid"
    source.write_text(text + "\n", encoding="utf-8")
    options = ["-quiet", "-NFNP", "-NFER", "-NGRA", "-NGUI"]
    subprocess.run([CONVERTER, source, "-o", target, *options], capture_output=True, timeout=20, check=False)
    score = symusic.Score(target)
    track = next(track for track in score.tracks if len(track.notes))
    highest = {}
    for note in track.notes:
        highest[note.time] = max(note.pitch, highest.get(note.time, 0))
    times = sorted(highest)
    return [time / score.ticks_per_quarter for time in times], [highest[time] for time in times]


def test_they_are_written_and_read_back(tunes):
    same = 0
    for found in tunes:
        if not isinstance(found, AbcTune):
            continue
        try:
            tune, _ = tune_from_reading(found.reading, "a.abc")
        except InputError:
            continue
        (again,) = read_abc(abc_document(tune).encode(), "b.abc")
        second, _ = tune_from_reading(again.reading, "b.abc")
        assert second.bars == tune.bars
        np.testing.assert_array_equal(second.ticks, tune.ticks)
        same += 1
    assert same > 270
