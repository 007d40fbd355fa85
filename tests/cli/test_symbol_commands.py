"""The commands on symbols: classes have names."""

import json

import pytest
from outcomes import refuse, succeed

pytest.importorskip("numba")


def test_prepare_and_show(latune, monkeypatch, tmp_path):
    monkeypatch.setenv("LATUNE_DATA", str(tmp_path / "data"))
    shown = succeed(latune("data", "prepare", "symbols"))
    assert "not the published symbols" in shown
    assert "2334 items in" in shown
    assert "expected a folder with Handwritten_Math_Symbols" in refuse(
        latune("data", "prepare", "symbols", "--source", tmp_path, "--again")
    )
    shown = succeed(latune("data", "show", "symbols", "--output", tmp_path / "sheet.png"))
    assert [row for row in shown.splitlines() if "times" in row and "143" in row]
    assert (tmp_path / "sheet.png").is_file()
    told = json.loads(succeed(latune("data", "show", "symbols", "--json")))
    assert told["classes"]["times"] == {"train": 143, "validation": 18, "test": 18}
    assert list(told["classes"]) == told["class_names"]
