"""Songs prepared in pieces: guarded reading, resuming after a kill, several processes, damaged files."""

import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from latune.data.song_guard import GuardedReader, read_phrases
from latune.data.song_merge import merge_pieces
from latune.data.song_pieces import PieceOptions, is_prepared, prepare_piece, read_files
from latune.data.song_workers import prepare_pieces
from latune.data.tune_sources import tune_files
from latune.errors import InputError
from latune.music.songs.phrases import PhraseOptions
from latune.music.songs.synthesis import synthetic_song
from latune.music.songs.writing import song_bytes

pytest.importorskip("symusic")
pytest.importorskip("pyarrow")

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
REAL = SHARED / "midi_multitrack" / "open_licence.zip"
BROKEN = SHARED / "midi_broken" / "midi_broken.zip"

SLOW = """
import os, sys, time
from latune.data.song_guard import read_phrases, serve

def read(data, name, options):
    if "slow" in name:
        time.sleep(60)
    if "crash" in name:
        os._exit(3)
    if "odd" in name:
        raise KeyError(name)
    print("noise")
    return read_phrases(data, name, options)

serve(read)
"""


@dataclass(frozen=True)
class Bytes:
    """A file in memory."""

    name: str
    content: bytes

    def data(self, archives):
        return self.content


def songs(count):
    return [Bytes(f"{seed:02d}.mid", song_bytes(synthetic_song(seed % 4, seed))) for seed in range(count)]


@pytest.fixture(scope="module")
def files():
    return [*songs(6), Bytes("broken.mid", b"MThd"), Bytes("empty.mid", b"")]


def content(folder, count):
    """Everything that the pieces hold, as comparable values."""
    merged = merge_pieces(folder, count)
    rows = [(row.name, row.md5, row.reason) for row in merged.files]
    tokens = np.concatenate(list(merged.tokens()))
    return rows, merged.songs.tolist(), merged.groups.tolist(), merged.start_bars.tolist(), tokens.tobytes()


def no_reader(options, seconds):
    raise AssertionError("nothing is read again")


class TestGuard:
    @pytest.fixture
    def slow_reader(self, tmp_path):
        script = tmp_path / "slow.py"
        script.write_text(SLOW)
        with GuardedReader(PhraseOptions(), 2.0, (sys.executable, str(script))) as reader:
            yield reader

    def test_equals_reading_here(self):
        data = songs(1)[0].content
        with GuardedReader(PhraseOptions(hop=2), 20.0) as reader:
            guarded = reader.read(data, "a.mid")
        here = read_phrases(data, "a.mid", PhraseOptions(hop=2))
        assert guarded.tempo == here.tempo
        for name in ("tokens", "start_bars", "programs"):
            assert np.array_equal(getattr(guarded.phrases, name), getattr(here.phrases, name))

    def test_slow_crashing_and_odd_files_cost_nothing_but_themselves(self, slow_reader):
        data = songs(1)[0].content
        expected = len(slow_reader.read(data, "a.mid").phrases.tokens)
        start = time.monotonic()
        with pytest.raises(InputError, match=r"^The file took longer than 2 s to read\.$"):
            slow_reader.read(data, "slow.mid")
        assert time.monotonic() - start < 30
        assert len(slow_reader.read(data, "b.mid").phrases.tokens) == expected
        with pytest.raises(InputError, match=r"^The file made the reader crash\.$"):
            slow_reader.read(data, "crash.mid")
        with pytest.raises(InputError, match=r"^The reader failed with KeyError\.$"):
            slow_reader.read(data, "odd.mid")
        assert len(slow_reader.read(data, "c.mid").phrases.tokens) == expected

    def test_a_piece_goes_on_behind_a_file_that_hangs(self, tmp_path):
        script = tmp_path / "slow.py"
        script.write_text(SLOW)
        reader = partial(GuardedReader, command=(sys.executable, str(script)))
        one, two = songs(2)
        files = [one, replace(one, name="slow.mid"), replace(one, name="crash.mid"), two]
        prepare_piece(files, tmp_path, 0, PieceOptions(seconds=2.0, reader=reader))
        reasons = [row.reason for row in read_files(tmp_path, 0)]
        expected = ["", "The file took longer than 2 s to read.", "The file made the reader crash.", ""]
        assert reasons == expected


class TestPieces:
    def test_what_is_prepared_is_not_read_again(self, tmp_path, files):
        options = PieceOptions(files=3)
        assert prepare_pieces(files, tmp_path, options) == 3
        before = content(tmp_path, 3)
        told = []
        report = lambda done, total: told.append((done, total))  # noqa: E731
        prepare_pieces(files, tmp_path, replace(options, reader=no_reader), report=report)
        assert prepare_piece(files[:3], tmp_path, 0, replace(options, reader=no_reader)) == 3
        assert content(tmp_path, 3) == before
        assert [row[2] != "" for row in before[0]] == [False] * 6 + [True] * 2

    def test_a_piece_that_lacks_its_last_file_is_made_again(self, tmp_path, files):
        options = PieceOptions(files=3)
        prepare_pieces(files, tmp_path, options)
        before = content(tmp_path, 3)
        (tmp_path / "piece-00001-files.parquet").unlink()
        (tmp_path / "piece-00001.npy").write_bytes(b"half")
        prepare_pieces(files, tmp_path, options)
        assert content(tmp_path, 3) == before
        assert len(list(tmp_path.iterdir())) == 9  # nothing temporary is left

    def test_several_processes_give_the_same(self, tmp_path, files):
        for name, workers in (("one", 1), ("two", 2)):
            (tmp_path / name).mkdir()
            prepare_pieces(files, tmp_path / name, PieceOptions(files=4), workers)
        assert content(tmp_path / "one", 2) == content(tmp_path / "two", 2)

    @pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
    @pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
    def test_a_killed_preparation_goes_on(self, tmp_path, workers):
        source, killed, whole = (tmp_path / name for name in ("source", "killed", "whole"))
        for folder in (source, killed, whole):
            folder.mkdir()
        for file in songs(6):
            (source / file.name).write_bytes(file.content)
        script = (
            "import sys; from pathlib import Path; from latune.data.song_pieces import PieceOptions\n"
            "from latune.data.song_workers import prepare_pieces; from latune.data.tune_sources import tune_files\n"
            f"if __name__ == '__main__': prepare_pieces(tune_files(Path({str(source)!r}), ('.mid',)),"
            f" Path({str(killed)!r}), PieceOptions(files=2), {workers})"
        )
        process = subprocess.Popen([sys.executable, "-c", script], start_new_session=True)
        while process.poll() is None and not is_prepared(killed, 0):
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        files = tune_files(source, (".mid",))
        done = sum(is_prepared(killed, number) for number in range(3))
        assert done >= 1
        for folder in (killed, whole):
            assert prepare_pieces(files, folder, PieceOptions(files=2)) == 3
        assert content(killed, 3) == content(whole, 3)


def mutated(data, seed):
    """The bytes with some of them changed, and cut off now and then."""
    generator = random.Random(seed)
    changed = bytearray(data)
    for _ in range(generator.choice([1, 2, 5, 20, 100])):
        changed[generator.randrange(len(changed))] = generator.randrange(256)
    return bytes(changed[: generator.randrange(1, len(changed))] if generator.random() < 0.2 else changed)


def members(path):
    with zipfile.ZipFile(path) as archive:
        return [Bytes(name, archive.read(name)) for name in archive.namelist() if not name.endswith("/")]


@pytest.mark.skipif(not BROKEN.exists() or not REAL.exists(), reason=f"the collections in {SHARED} are not here")
def test_broken_files_and_mutations_are_read_or_refused(tmp_path):
    real = members(REAL)
    changed = [Bytes(f"{seed}.mid", mutated(real[seed % len(real)].content, seed)) for seed in range(500)]
    files = [*members(BROKEN), *changed]
    assert len(files) == 658
    prepare_piece(files, tmp_path, 0, PieceOptions(seconds=10.0))
    rows = read_files(tmp_path, 0)
    assert [row.name for row in rows] == [file.name for file in files]
    assert all(row.reason.endswith(".") for row in rows if row.reason)
    assert not any("longer than" in row.reason or "crash" in row.reason for row in rows)
    assert 50 < sum(not row.reason for row in rows) < 200  # neither everything nor nothing
