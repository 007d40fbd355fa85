"""The golden files of the page's measures say what Python measures: whoever changes a measure writes them anew."""

import base64
import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from latune.data.codec_registry import codec_from_dict

GOLDEN = Path(__file__).resolve().parents[2] / "studio" / "src" / "measures" / "golden"
HINT = "run studio/scripts/measures_golden.py and port the change to studio/src/measures"


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_golden_values_are_what_python_measures(path):
    if path.stem in ("digits", "pictures", "sprites"):
        pytest.importorskip("numba", reason="pictures are measured by compiled loops")
    for case in json.loads(path.read_text(encoding="utf-8")):
        codec, items = opened(case)
        values = unpacked(case["values"], "<f8").reshape(-1, case["count"]).T
        # Single precision: a sum of beat strengths depends on the processor.
        np.testing.assert_allclose(codec.measure(items), values, atol=5e-6, rtol=0, err_msg=f"{case['name']}: {HINT}")
        similarity = codec.similarity(items, np.roll(items, -1, axis=0))
        np.testing.assert_allclose(similarity, unpacked(case["similarity"], "<f8"), err_msg=case["name"])
        np.testing.assert_array_equal(codec.empty(items), unpacked(case["empty"], np.uint8), err_msg=case["name"])


def test_there_are_golden_files_and_they_stay_small():
    sizes = [path.stat().st_size for path in GOLDEN.glob("*.json")]
    assert len(sizes) == 8
    assert sum(sizes) < 400_000


def opened(case):
    """The codec and the items of a case."""
    attributes = [
        {"name": name, "unit": "", "low": None, "high": None, "description": ""} for name in case["attributes"]
    ]
    described = case["codec"] | ({"attributes": attributes} if case["codec"]["kind"] == "picture" else {})
    codec = codec_from_dict(described)
    assert list(codec.table.names) == case["attributes"]
    stored = unpacked(case["items"], np.uint8)
    items = np.unpackbits(stored) if case["bits"] else stored
    return codec, items.reshape(case["count"], *codec.item_shape)


def unpacked(text, dtype):
    """The array that was packed, flat."""
    size = np.dtype(dtype).itemsize
    planes = np.frombuffer(gzip.decompress(base64.b64decode(text)), np.uint8).reshape(size, -1)
    return np.ascontiguousarray(planes.T).reshape(-1).view(dtype)
