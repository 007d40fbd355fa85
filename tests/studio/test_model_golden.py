"""What is stored for the page's tests is what Python computes today."""

import json

import numpy as np
import pytest
from model_golden import GENRE_NAMES, GOLDEN, genre_case, knob_case, path_cases, plain, stored_tools, turned_cases


def _stored(name):
    return json.loads((GOLDEN / name).read_text(encoding="utf-8"))


def _same(given, stored, tolerance=1e-5):
    """Equal, numbers nearly so."""
    if isinstance(stored, dict):
        assert given.keys() == stored.keys()
        for key in stored:
            _same(given[key], stored[key], tolerance)
    elif isinstance(stored, list):
        assert len(given) == len(stored)
        for one, other in zip(given, stored, strict=True):
            _same(one, other, tolerance)
    elif isinstance(stored, float):
        assert given == pytest.approx(stored, rel=tolerance, abs=tolerance)
    else:
        assert given == stored


@pytest.mark.parametrize("seed", range(6))
def test_knobs_move_as_stored(seed):
    _same(plain(knob_case(seed)), _stored("knobs.json")[seed])


@pytest.mark.parametrize(("seed", "kind"), [(0, "plane"), (1, "orthonormal"), (2, "styles")])
def test_genres_are_exchanged_as_stored(seed, kind):
    case = _stored("genres.json")[seed]
    assert tuple(case["genres"]["names"]) == GENRE_NAMES
    _same(plain(genre_case(seed, kind)), case)


def test_edits_are_as_stored():
    pytest.importorskip("onnxruntime")
    cases = _stored("melodies/cases.json")
    knobs, codec, encode, decode = stored_tools(GOLDEN / "melodies")
    items = np.array(cases["items"], np.uint8)
    codes = encode(items)
    _same(plain(codes), cases["codes"], 1e-4)
    assert decode(codes).tolist() == cases["decoded"]
    _same(plain(turned_cases(knobs, decode, codes)), cases["turned"], 1e-4)
    _same(plain(path_cases(knobs, codec, decode, items, codes)), cases["paths"], 1e-4)
