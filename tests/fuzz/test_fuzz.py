"""Damaged files of every kind are read, or refused in one sentence; so are those that once were neither."""

import pytest
from fuzz_campaign import REGRESSIONS, try_file, try_seeds
from fuzz_readers import READERS

NEEDED = {
    "midi": ["symusic"],
    "song": ["symusic"],
    "musicxml": ["music21"],
    "mxl": ["music21"],
    "kern": ["music21"],
    "png": ["PIL"],
}
COUNT = 60
KEPT = sorted(path for path in REGRESSIONS.glob("*/*") if path.is_file())


@pytest.mark.parametrize("name", READERS)
def test_examples_are_read(name, tmp_path):
    for package in NEEDED.get(name, []):
        pytest.importorskip(package)
    path = tmp_path / f"example{READERS[name].suffix}"
    read = 0
    for example in READERS[name].examples(tmp_path):
        path.write_bytes(example)
        assert try_file(name, path) is None
        READERS[name].read(path) if read == 0 else None
        read += 1
    assert read > 0


@pytest.mark.parametrize("name", READERS)
def test_damaged_files(name, tmp_path):
    for package in NEEDED.get(name, []):
        pytest.importorskip(package)
    findings = []
    assert try_seeds(name, range(COUNT), tmp_path, findings) == COUNT
    assert [finding.what for finding in findings] == []


@pytest.mark.parametrize("path", KEPT, ids=[f"{path.parent.name}/{path.name}" for path in KEPT])
def test_earlier_findings(path):
    for package in NEEDED.get(path.parent.name, []):
        pytest.importorskip(package)
    assert try_file(path.parent.name, path) is None
